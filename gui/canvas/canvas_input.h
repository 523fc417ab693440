// What mouse and keys do on the canvas.
//
// Mouse: click selects a token (and, in Layers and Steps, that layer or step), drag pans, wheel
// zooms to the pointer, double-click fits. Keys, while the canvas has the focus: Alt+arrows move
// the selected token, Up and Down go to the image before and after, Enter goes into the image
// (Layers, then Steps), Backspace and Escape come back to the wall.
#pragma once

#include <QPointF>
#include <optional>

#include "gui/canvas/canvas_scene.h"
#include "gui/view/view_state.h"

class QKeyEvent;
class QMouseEvent;
class QWheelEvent;
class QWidget;

namespace limoe::gui {

class CanvasInput {
 public:
  CanvasInput(QWidget& widget, ViewState& state, CanvasScene& scene, const ImGuiHost& host)
      : widget_(widget), state_(state), scene_(scene), host_(host) {}

  /// Forgets what was begun: another run was opened.
  void reset();

  void mousePressed(const QMouseEvent& event);
  void mouseMoved(const QMouseEvent& event);
  void mouseReleased();
  void mouseLeft() { pointer_.reset(); }
  void wheelTurned(const QWheelEvent& event);
  /// Whether the key means something here and not to the window.
  bool takesKey(const QKeyEvent& event) const;
  void keyPressed(const QKeyEvent& event);

  /// −1: the image before in the wall's order, 1: the one after; stops at the first and the last.
  void goToImage(int step);

  const std::optional<QPointF>& pointer() const { return pointer_; }
  /// What the pointer is on; nothing while it drags or a list is open.
  std::optional<CanvasScene::Spot> hovered() const;

 private:
  bool belongsToControls(const QPointF& position) const;
  void click(const QPointF& at);
  void moveSelection(int key);
  bool isOnWall() const { return scene_.views().mode() == CanvasMode::Wall; }

  QWidget& widget_;
  ViewState& state_;
  CanvasScene& scene_;
  const ImGuiHost& host_;
  std::optional<QPointF> pointer_;
  std::optional<QPointF> pressed_at_;  ///< on the wall, with a button that pans
  QPointF pan_from_;                   ///< the view's offset then
  bool dragging_ = false;
  bool click_selects_ = false;
};

}  // namespace limoe::gui
