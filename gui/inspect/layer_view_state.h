// What the parts of the layer view share; it is in layer_view.cpp, what its pages show in
// layer_view_pages.cpp, and what is said of a cell in layer_view_readout.cpp.
#pragma once

#include <QPointer>
#include <memory>
#include <optional>

#include "gui/inspect/layer_view.h"
#include "gui/inspect/layer_view_best.h"
#include "gui/inspect/layer_view_coactivation.h"
#include "gui/inspect/layer_view_maps.h"
#include "gui/inspect/layer_view_trend.h"

class QStackedWidget;

namespace limoe::gui {

class LayerLines;
class LayerTools;
class MeasuresPanel;
class WalkBar;

struct LayerView::State {
  State(LayerView& the_view, ViewState& view_state, Digests& the_digests, Flows& the_flows)
      : view(the_view),
        state(view_state),
        digests(the_digests),
        flows(the_flows),
        bests(view_state, the_digests) {}

  LayerView& view;
  ViewState& state;
  Digests& digests;
  Flows& flows;
  Coactivations coactivations;
  BestExperts bests;
  QPointer<RunSource> source;

  LayerTools* tools = nullptr;
  WalkBar* bar = nullptr;
  QStackedWidget* content = nullptr;
  HeatMapView* map = nullptr;
  MeasuresPanel* measures = nullptr;
  LayerTrend* trend = nullptr;
  LayerLines* lines = nullptr;

  /// What is looked for; what is shown is about the same page, though perhaps of another step.
  struct Wanted {
    int page = 0;
    int64_t snapshot = -1;
    int64_t layer = 0;
    TokenFilter filter;
  };
  Wanted wanted;
  std::optional<int> shown_page;                    ///< whose numbers are on the screen
  std::shared_ptr<const LayerDigest> shown_digest;  ///< of the page of kinds or of measures
  std::optional<MapKind> shown_kind;
  int64_t shown_layer = -1;
  CellValue shown_value = CellValue::Share;
  ColumnOrder shown_order = ColumnOrder::Count;
  QString shown_names;
  KindCounts counts;  ///< of counts_of
  std::shared_ptr<const LayerDigest> counts_of;
  KindMap kinds;              ///< what the map shows; its `map` without values
  bool selects_best = false;  ///< when what is looked for has been counted
  bool typed = false;         ///< names by hand, which may be of another kind than is shown

  TrendPoints points;  ///< over time

  void build();
  void connectAll();
  void forget();
  void refresh();
  void refreshPage(const RunData& run);
  void refreshKinds(const RunData& run);
  void showKinds(const RunData& run, KindMap made, const std::optional<Found>& found);
  void refreshFlow(const RunData& run);
  void refreshCoactivation(const RunData& run);
  void refreshMeasures(const RunData& run);
  void refreshTrend(const RunData& run);
  QString title(const RunData& run) const;
  void setShown(const RunData& run, QWidget* what, const QString& how_counted);
  void say(const QString& message);
  void showMessage(const QString& message);
  void wait(const RunData& run, WalkCache& maker, const Question& question);
  void sayWait(const RunData& run);
  void refreshReadout();
  std::vector<BestExperts::Part> bestOfColumn(const RunData& run, std::size_t column);
  void goToBest(bool selects);
  void choose(const HeatPlace& place, bool again);
  std::optional<TokenFilter> offered() const;
};

}  // namespace limoe::gui
