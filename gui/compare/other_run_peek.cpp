#include "gui/compare/other_run_peek.h"

#include <QEvent>

#include "gui/canvas/canvas_widget.h"
#include "gui/compare/compare_canvas.h"

namespace limoe::gui {

OtherRunPeek::OtherRunPeek(CanvasWidget& wall, ViewState& shared, QObject* parent)
    : QObject(parent), wall_(wall), runs_(shared), canvas_(new CompareCanvas(runs_, &wall)) {
  canvas_->setObjectName("otherRunPeek");
  canvas_->setAccessibleName(tr("The other run, while Shift is held"));
  canvas_->setFocusPolicy(Qt::NoFocus);
  // What the mouse does it does to the wall below.
  canvas_->setAttribute(Qt::WA_TransparentForMouseEvents);
  canvas_->hide();
  runs_.setActive(false);
  wall.installEventFilter(this);
}

OtherRunPeek::~OtherRunPeek() {
  delete canvas_;  // looks at the runs
}

void OtherRunPeek::setRuns(RunSource* shown, RunSource* other) {
  if (shown == shown_ && other == other_) {
    return;
  }
  end();
  shown_ = shown;
  other_ = other;
  if (given_) {
    runs_.setSources({});
    given_ = false;
  }
}

void OtherRunPeek::begin() {
  if (isShown() || shown_ == nullptr || other_ == nullptr || !wall_.isVisible() || !wall_.sight()) {
    return;
  }
  runs_.setActive(true);
  if (!given_) {  // not before somebody wants to see it
    runs_.setSources({shown_, other_});
    given_ = true;
  }
  follow();
  canvas_->show();
  canvas_->raise();
}

void OtherRunPeek::end() {
  if (isShown()) {
    canvas_->hide();
    runs_.setActive(false);
  }
}

bool OtherRunPeek::isShown() const {
  return canvas_ && !canvas_->isHidden();
}

void OtherRunPeek::follow() {
  const auto sight = wall_.sight();
  if (!sight) {
    end();
    return;
  }
  canvas_->setGeometry(sight->area.toAlignedRect());
  canvas_->showAlone(1, *sight);
}

bool OtherRunPeek::eventFilter(QObject* watched, QEvent* event) {
  // The wall below has moved, or is another.
  if (event->type() == QEvent::Paint && isShown()) {
    QMetaObject::invokeMethod(
        this,
        [this] {
          if (isShown()) {
            follow();
          }
        },
        Qt::QueuedConnection);
  }
  return QObject::eventFilter(watched, event);
}

}  // namespace limoe::gui
