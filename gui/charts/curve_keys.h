// What the keyboard does on the curves: zoom and pan along the steps, and show everything again.
#pragma once

#include <QObject>
#include <functional>

class QCustomPlot;
class QKeyEvent;
class QWidget;

namespace limoe::gui {

struct CurveMoves {
  std::function<void(double factor)> zoom;  ///< of the range of steps; below 1: closer
  std::function<void(double part)> pan;     ///< by that part of the range, to later steps
  std::function<void()> show_all;
};

/// Lets Tab reach `plot`, which then has a frame: + and − zoom, Shift+← and Shift+→ pan, Home shows
/// everything and follows the run.
class CurveKeys : public QObject {
  Q_OBJECT
 public:
  CurveKeys(QCustomPlot& plot, CurveMoves moves);

  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  bool take(const QKeyEvent& key, bool moves) const;

  CurveMoves moves_;
  QWidget* frame_;
};

}  // namespace limoe::gui
