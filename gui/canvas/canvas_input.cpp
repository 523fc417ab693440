#include "gui/canvas/canvas_input.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <QWidget>
#include <algorithm>
#include <cmath>

#include "gui/canvas/token_moves.h"

namespace limoe::gui {
namespace {

constexpr double kZoomPerNotch = 1.2;

bool isArrow(int key) {
  return key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down;
}

/// Keypads set a modifier of their own.
Qt::KeyboardModifiers modifiersOf(const QKeyEvent& event) {
  return event.modifiers() & ~Qt::KeypadModifier;
}

}  // namespace

void CanvasInput::reset() {
  pressed_at_.reset();
  dragging_ = false;
}

std::optional<CanvasScene::Spot> CanvasInput::hovered() const {
  return pointer_ && !dragging_ && !host_.hasPopup() ? scene_.spotAt(*pointer_) : std::nullopt;
}

/// Whether ImGui, not the wall, gets what happens at `position`.
bool CanvasInput::belongsToControls(const QPointF& position) const {
  return !scene_.hasWall() || scene_.isEmpty() || host_.hasPopup() ||
         !scene_.area().contains(position);
}

void CanvasInput::mousePressed(const QMouseEvent& event) {
  widget_.setFocus(Qt::MouseFocusReason);
  const bool pans = event.button() == Qt::LeftButton || event.button() == Qt::MiddleButton;
  if (!pans || belongsToControls(event.position())) {
    return;
  }
  if (event.type() == QEvent::MouseButtonDblClick && event.button() == Qt::LeftButton) {
    scene_.camera().fit(scene_.run().layout, scene_.area());
    return;
  }
  pressed_at_ = event.position();
  pan_from_ = scene_.camera().view().offset;
  dragging_ = false;
  click_selects_ = event.button() == Qt::LeftButton;
}

void CanvasInput::mouseMoved(const QMouseEvent& event) {
  pointer_ = event.position();
  if (pressed_at_ && scene_.hasWall()) {
    const QPointF moved = event.position() - *pressed_at_;
    if (!dragging_ && moved.manhattanLength() >= QApplication::startDragDistance()) {
      dragging_ = true;
      widget_.setCursor(Qt::ClosedHandCursor);
    }
    if (dragging_) {
      scene_.camera().moveTo(pan_from_ + moved, scene_.run().layout, scene_.area());
    }
  } else if (!belongsToControls(event.position())) {
    widget_.unsetCursor();
  }
}

void CanvasInput::mouseReleased() {
  if (!pressed_at_) {
    return;
  }
  const QPointF at = *pressed_at_;
  const bool clicked = !dragging_ && click_selects_;
  pressed_at_.reset();
  if (dragging_) {
    dragging_ = false;
    widget_.unsetCursor();
  }
  if (clicked) {
    click(at);
  }
}

void CanvasInput::click(const QPointF& at) {
  const auto spot = scene_.spotAt(at);
  if (!spot) {
    state_.clearSelection();
    return;
  }
  const SampleViews views = scene_.views();
  const int64_t slot = spot->slot;
  const CanvasMode mode = views.mode();
  if (spot->token) {
    state_.setSelectedToken(spot->token);
  } else if (mode == CanvasMode::Wall) {
    state_.clearSelection();
  }
  if (mode == CanvasMode::Layers) {
    state_.setLayer(slot);
  } else if (mode == CanvasMode::Steps) {
    state_.setSnapshot(slot);
  }
}

void CanvasInput::wheelTurned(const QWheelEvent& event) {
  if (belongsToControls(event.position())) {
    return;
  }
  pointer_ = event.position();
  WallCamera& camera = scene_.camera();
  const double notches = event.angleDelta().y() / 120.0;
  camera.zoomTo(camera.view().zoom * std::pow(kZoomPerNotch, notches), event.position(),
                scene_.run().layout, scene_.area());
  if (pressed_at_) {
    pressed_at_ = event.position();
    pan_from_ = camera.view().offset;
  }
}

bool CanvasInput::takesKey(const QKeyEvent& event) const {
  if (!scene_.hasWall() || scene_.run().layout.layers == 0) {
    // Alt+arrows and Up, Down work without routing, too.
    return scene_.hasWall() && isArrow(event.key()) &&
           (modifiersOf(event) == Qt::AltModifier ||
            (modifiersOf(event) == Qt::NoModifier &&
             (event.key() == Qt::Key_Up || event.key() == Qt::Key_Down)));
  }
  if (modifiersOf(event) == Qt::AltModifier) {
    return isArrow(event.key());
  }
  if (modifiersOf(event) != Qt::NoModifier) {
    return false;
  }
  switch (event.key()) {
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return true;
    case Qt::Key_Backspace:
      return !isOnWall();
    case Qt::Key_Escape:
      // A selection is cleared first, by the window.
      return !isOnWall() && !state_.selectedToken() && !state_.selectedExpert();
    default:
      return false;
  }
}

void CanvasInput::keyPressed(const QKeyEvent& event) {
  if (modifiersOf(event) == Qt::AltModifier) {
    moveSelection(event.key());
    return;
  }
  switch (event.key()) {
    case Qt::Key_Up:
      goToImage(-1);
      break;
    case Qt::Key_Down:
      goToImage(1);
      break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      state_.setCanvasMode(isOnWall() ? CanvasMode::Layers : CanvasMode::Steps);
      break;
    default:
      state_.setCanvasMode(CanvasMode::Wall);
      break;
  }
}

void CanvasInput::goToImage(int step) {
  const WallArrangement& wall = scene_.wall();
  if (wall.count() == 0) {
    return;
  }
  const auto selected = state_.selectedToken();
  const auto slot = wall.slotOf(selected ? selected->sample : state_.shownSample());
  // From an image that the filter leaves out, or from nowhere: to the first.
  const bool begins = !slot || (isOnWall() && !selected);
  const int64_t to = begins ? 0 : std::clamp<int64_t>(*slot + step, 0, wall.count() - 1);
  const int64_t sample = wall.sampleAt(to);
  if (selected && selected->modality == probe::kImage) {
    state_.setSelectedToken(TokenRef{sample, probe::kImage, selected->position});
  } else if (isOnWall() || selected) {
    state_.setSelectedToken(TokenRef{sample, probe::kImage, 0});
  } else {
    state_.setShownSample(sample);
  }
  if (isOnWall()) {
    scene_.reveal(to);
  }
}

void CanvasInput::moveSelection(int key) {
  const SampleViews views = scene_.views();
  if (views.count() == 0) {
    return;
  }
  const auto selected = state_.selectedToken();
  const auto slot = selected ? views.slotOf(selected->sample) : std::nullopt;
  CanvasScene::Spot to;
  if (slot) {
    const Direction direction = key == Qt::Key_Left    ? Direction::Left
                                : key == Qt::Key_Right ? Direction::Right
                                : key == Qt::Key_Up    ? Direction::Up
                                                       : Direction::Down;
    to = neighbour(scene_, {*slot, selected}, direction);
  } else {
    // The first patch in view.
    to.slot = views.mode() == CanvasMode::Wall ? scene_.firstVisible()
                                               : views.slotOf(views.sample()).value_or(0);
    to.token = TokenRef{views.at(to.slot).sample, probe::kImage, 0};
  }
  state_.setSelectedToken(to.token);
  scene_.reveal(to.slot);
}

}  // namespace limoe::gui
