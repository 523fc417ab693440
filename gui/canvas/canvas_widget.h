// The canvas in the middle of the window: image wall with overlay, tool strip and hover read-out,
// drawn by Dear ImGui in a QOpenGLWidget.
#pragma once

#include <QOpenGLWidget>
#include <memory>
#include <optional>

#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

class CanvasWidget : public QOpenGLWidget {
  Q_OBJECT
 public:
  explicit CanvasWidget(ViewState& state, QWidget* parent = nullptr);
  ~CanvasWidget() override;

  /// The run to show; nullptr shows how to open one. Must outlive the canvas or be replaced first.
  void setSource(RunSource* source);

  void fitToWindow();  ///< F: the whole wall
  void actualSize();   ///< Ctrl+0: one image pixel per screen pixel
  /// Down (up where below 0) by so many screens; stops at the first and the last row.
  void scroll(double screens);

  /// Where a token is on the screen, in this widget's logical pixels; empty where it is not
  /// visible. For tests and for tools that point at something.
  std::optional<QRectF> tokenRect(const TokenRef& token) const;

  /// How long the newest frame took in our code: wall, strip and read-out up to the finished draw
  /// lists, OpenGL not counted. For the bench.
  double frameMilliseconds() const;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void initializeGL() override;
  void paintGL() override;
  bool event(QEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> canvas_;
};

}  // namespace limoe::gui
