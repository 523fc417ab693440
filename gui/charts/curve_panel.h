// One panel of the curves view: curves that share a vertical axis, raw behind smoothed, with the
// marks of events and of the step looked at.
#pragma once

#include <QString>
#include <optional>
#include <vector>

#include "gui/charts/curve_groups.h"
#include "gui/charts/curve_series.h"
#include "gui/charts/flow_row.h"
#include "gui/charts/plot_style.h"
#include "gui/charts/qcustomplot_include.h"

namespace limoe::gui {

/// Of an axis of steps: whole ones, large ones shortened (500, 2.5k, 20k, 1.5M).
QSharedPointer<QCPAxisTicker> stepTicker();

/// Owned by CurvesView; its parts of the plot are owned by the plot and removed with the panel.
class CurvePanel {
 public:
  /// Adds legend and axis rectangle at rows `row` and `row + 1` of the plot's layout.
  CurvePanel(QCustomPlot& plot, PanelSpec spec, int row);
  ~CurvePanel();
  CurvePanel(const CurvePanel&) = delete;
  CurvePanel& operator=(const CurvePanel&) = delete;

  QCPAxisRect* rect() const { return rect_; }
  QCPAxis* horizontal() const { return rect_->axis(QCPAxis::atBottom); }
  QCPAxis* vertical() const { return rect_->axis(QCPAxis::atLeft); }
  bool isSmoothed() const;  ///< false where all curves are held-out measures, a few points each

  /// `panels`: how many there are below one another; the last one has the labels of the steps.
  void setStyle(const PlotStyle& style, int panels, bool is_last);
  /// Keeps room for so many lines of legend, so that panels side by side begin at one height.
  void setLegendLines(int lines);
  void setSmoothing(double weight);
  void setLogarithmic(bool logarithmic);

  /// Takes what has come since the last call; starts anew where earlier rows were superseded.
  void update(const RunData& run);
  void markEvents(const std::vector<probe::Event>& events);
  void markStep(std::optional<double> step);
  std::optional<double> markedStep() const;

  /// First and last step with data, and smallest and largest drawable value; empty without data.
  std::optional<QCPRange> stepRange() const;
  std::optional<QCPRange> valueRange() const;

  /// The vertical axis, with a margin; stays where there is nothing to draw.
  void showAllValues();
  /// As many ticks as the panel's height has room for; whether that has changed.
  bool fitTicks();
  /// Gives the graphs the points that the present axes and width can show.
  void thin();

  /// "loss 1.234 (smoothed 1.250)" for each curve at the recorded step nearest to `step`, which is
  /// set to it. Empty without data.
  QStringList readOut(double* step) const;

 private:
  struct Curve {
    CurveSpec spec;
    /// Recall is not measured at every snapshot: of metrics only what was measured is here.
    std::vector<double> steps, raw, average;
    std::size_t rows = 0;  ///< of the run that are taken up, measured or not
    double last_step = 0, last_value = 0;
    Smoother smoother{0};
    /// Of `raw`, kept up to date so that following a long run costs only what is new.
    double lowest = 0, lowest_positive = 0, highest = 0;
    QCPGraph* raw_graph = nullptr;
    QCPGraph* average_graph = nullptr;
  };
  void clear(Curve& curve) const;
  void append(Curve& curve, double step, double value) const;
  void smoothAgain(Curve& curve) const;
  bool continues(const Curve& curve, const RunData& run) const;

  QCustomPlot& plot_;
  PanelSpec spec_;
  PlotStyle style_;
  FlowRow* legend_ = nullptr;
  QCPAxisRect* rect_ = nullptr;
  std::vector<Curve> curves_;
  std::vector<QCPItemStraightLine*> event_marks_;
  std::vector<double> event_steps_;
  QCPItemStraightLine* step_mark_ = nullptr;
  double weight_ = 0;
  bool logarithmic_ = false;
  int most_ticks_ = 5;
  /// What the graphs were thinned for; thinning again is needed when any of it changes.
  struct Thinned {
    double lower = 0, upper = 0;
    int width = 0;
    bool logarithmic = false;
    bool operator==(const Thinned&) const = default;
  };
  std::optional<Thinned> thinned_;
};

}  // namespace limoe::gui
