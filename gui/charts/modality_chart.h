// For every expert of a layer: how much it processes and which part of it is image and text.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/charts/expert_counts.h"
#include "gui/charts/plot_style.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

class QCustomPlot;

namespace limoe::gui {

/// Shows the snapshot and layer of `state`; follows both. The counting rule is printed on it.
class ModalityChart : public QWidget {
  Q_OBJECT
 public:
  explicit ModalityChart(ViewState& state, QWidget* parent = nullptr);
  ~ModalityChart() override;
  void setSource(RunSource* source);
  /// Where the sums of a layer come from while a filter is set.
  void setFilteredSums(FilteredSums sums);
  void refresh();             ///< filtered sums that were asked for have come
  QCustomPlot* plot() const;  ///< for figures and tests

  /// All MoE layers side by side instead of the layer of the view state.
  void setAllLayers(bool all);
  bool allLayers() const;
  /// A fixed look for figures; without it the chart follows the widget's palette and font.
  void setStyle(const PlotStyle& style);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> chart_;
};

}  // namespace limoe::gui
