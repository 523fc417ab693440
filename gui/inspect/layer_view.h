// One layer as a whole: what its experts take (heat maps of labels, word pieces and caption words),
// where their tokens go in the next layer, which experts are chosen together, and measures of how
// far they have specialised.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/inspect/digests.h"
#include "gui/inspect/expert_flow.h"
#include "gui/inspect/layer_view_find.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

class HeatMapView;

/// Shows the snapshot, layer and filter of `state` and follows them. Counts only what it shows, and
/// only while it is visible.
class LayerView : public QWidget {
  Q_OBJECT
 public:
  enum Page { kHeatMap, kFlow, kCoactivation, kMeasures, kTrend };

  /// `digests` and `flows` are fed by the window (setSource()) and outlive the view.
  LayerView(ViewState& state, Digests& digests, Flows& flows, QWidget* parent = nullptr);
  ~LayerView() override;
  void setSource(RunSource* source);

  Page page() const;
  void setPage(Page page);
  /// The heat map, with the keyboard where one types which columns to find.
  void showFind();
  /// The heat map with these columns; with `names` only those, and the expert that takes most of
  /// them is selected.
  void showColumns(MapKind kind, const QString& names = {});
  HeatMapView* heatMap() const;  ///< of the first three pages; for figures and tests

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> view_;
};

}  // namespace limoe::gui
