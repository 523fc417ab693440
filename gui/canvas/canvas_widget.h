// The canvas in the middle of the window: image wall, layers or filmstrip of one image, with
// overlay, tool strip and hover read-out, drawn by Dear ImGui in a QOpenGLWidget. Tab goes to the
// strip's controls; the other keys are listed in canvas_input.h.
#pragma once

#include <QOpenGLWidget>
#include <memory>
#include <optional>

#include "gui/canvas/wall_place.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

class Digests;
class WallCamera;

/// What the wall looks at, for whoever lays another over it.
struct WallSight {
  QRectF area;  ///< between strip and status line, in the widget's logical pixels
  std::shared_ptr<const WallCamera> camera;
  int64_t image_width = 0;  ///< pixels of an image
};

class CanvasWidget : public QOpenGLWidget {
  Q_OBJECT
 public:
  explicit CanvasWidget(ViewState& state, QWidget* parent = nullptr);
  ~CanvasWidget() override;

  /// The run to show; nullptr shows how to open one. Must outlive the canvas or be replaced first.
  void setSource(RunSource* source);

  /// What the wall is ordered and filtered by; nullptr: neither is possible. Shared with other
  /// views, works on the same source.
  void setDigests(Digests* digests);

  void fitToWindow();  ///< F: the whole wall
  void actualSize();   ///< Ctrl+0: one image pixel per screen pixel
  /// Down (up where below 0) by so many screens; stops at the first and the last row.
  void scroll(double screens);

  int controlsHeight() const;  ///< logical pixels of tool strip and status line

  /// Which part of the wall is on the screen; of what setWallPlace() was given, that same while the
  /// user has not moved.
  WallPlace wallPlace() const;
  /// As soon as there is a wall to look at.
  void setWallPlace(const WallPlace& place);

  /// nullopt where no wall is shown.
  std::optional<WallSight> sight() const;

  /// Where a token is on the screen, in this widget's logical pixels; empty where it is not
  /// visible. For tests and for tools that point at something.
  std::optional<QRectF> tokenRect(const TokenRef& token) const;
  /// The same in one place of many: of the wall, the layers or the steps, counted from 0.
  std::optional<QRectF> tokenRectIn(int64_t place, const TokenRef& token) const;
  /// Everything the status line says.
  QString statusText() const;
  /// What is read out beside the pointer, a line for each fact; empty where nothing is.
  QString hoverText() const;

  /// CPU time of the newest frame in our code: wall, strip and read-out up to the finished draw
  /// lists, OpenGL's drawing not counted. For the bench.
  double frameMilliseconds() const;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void initializeGL() override;
  void paintGL() override;
  bool event(QEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> canvas_;
};

}  // namespace limoe::gui
