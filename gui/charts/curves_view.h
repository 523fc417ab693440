// Training curves: every recorded scalar, grouped, raw behind smoothed, with event marks.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/charts/curve_groups.h"
#include "gui/charts/curve_series.h"
#include "gui/charts/plot_style.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

class QCustomPlot;

namespace limoe::gui {

class CurvesView : public QWidget {
  Q_OBJECT
 public:
  explicit CurvesView(ViewState& state, QWidget* parent = nullptr);
  ~CurvesView() override;
  void setSource(RunSource* source);
  QCustomPlot* plot() const;  ///< for figures and tests

  /// The groups of the run (see curve_groups.h) by name, and the one shown.
  QStringList groups() const;
  QString group() const;
  void setGroup(const QString& name);  ///< nothing happens where there is no such group
  /// These curves of the run instead of a group, for figures.
  void setPanels(std::vector<PanelSpec> panels);
  void setSmoothing(double weight);  ///< w of the moving average, clamped to 0 … 0.999
  double smoothing() const;
  void setLogarithmic(bool logarithmic);
  /// Whether the axes show the whole run and grow with it; false once the user has zoomed.
  bool followsNewest() const;
  void followNewest();
  /// A fixed look for figures, with room for `legend_lines` lines of legend and without the note on
  /// smoothing and the mark of the step looked at, which a figure's caption replaces. Otherwise the
  /// view follows the widget's palette and font.
  void setStyle(const PlotStyle& style, int legend_lines);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> view_;
};

}  // namespace limoe::gui
