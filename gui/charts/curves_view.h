// Training curves: every recorded scalar, grouped, raw behind smoothed, with event marks.
#pragma once

#include <QWidget>
#include <memory>

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

 private:
  struct State;
  std::unique_ptr<State> view_;
};

/// Debiased exponential moving average (Kingma & Ba 2014, section 3): s_t = w·s_{t−1} + (1−w)·x_t,
/// shown as s_t / (1 − w^t). NaN values are passed over and stay NaN. Over all points, before any
/// thinning.
std::vector<double> smoothed(const std::vector<double>& values, double weight);

}  // namespace limoe::gui
