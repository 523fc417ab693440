// The walls of the compared runs side by side in one OpenGL widget: same images in the same places,
// one zoom and pan for all. While Shift is held, the column under the pointer shows the other run
// in the same place.
#pragma once

#include <QOpenGLWidget>
#include <memory>
#include <optional>

#include "gui/canvas/canvas_widget.h"
#include "gui/compare/compare_runs.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// Where column `index` of `count` is in a width: all are equally wide.
struct ColumnSpan {
  int left = 0;
  int width = 0;
};
ColumnSpan columnSpan(std::size_t index, std::size_t count, int width);

class CompareCanvas : public QOpenGLWidget {
  Q_OBJECT
 public:
  /// Strength of what differs and paleness of what agrees, and what was not counted.
  static QColor differsColor();
  static QColor agreesColor(const QColor& background);

  explicit CompareCanvas(CompareRuns& runs, QWidget* parent = nullptr);
  ~CompareCanvas() override;

  void fitToWindow();
  void actualSize();
  void scroll(double screens);

  /// Shift: whether the column under the pointer shows the other run.
  void setFlipped(bool flipped);
  /// This column alone in the whole widget, which lies over the area of another wall, at that
  /// wall's place and zoom.
  void showAlone(std::size_t column, const WallSight& sight);
  /// Which run a column shows now: its own, or while flipped another.
  std::size_t shownIn(std::size_t column) const;

  /// Where a token (of the samples in common) is in a column; empty where it is not visible.
  std::optional<QRectF> tokenRect(std::size_t column, const TokenRef& token) const;
  QString hoverText() const;
  double frameMilliseconds() const;  ///< CPU time of the newest frame up to the draw lists

  QSize sizeHint() const override { return {900, 500}; }
  QSize minimumSizeHint() const override { return {320, 160}; }

 protected:
  void initializeGL() override;
  void paintGL() override;
  bool event(QEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> canvas_;
};

}  // namespace limoe::gui
