#include "gui/compare/shift_watch.h"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <utility>

namespace limoe::gui {
namespace {

bool isTyping() {
  const QWidget* focus = QApplication::focusWidget();
  return qobject_cast<const QLineEdit*>(focus) != nullptr ||
         qobject_cast<const QAbstractSpinBox*>(focus) != nullptr;
}

}  // namespace

ShiftWatch::ShiftWatch(QWidget* widget) : QObject(widget), widget_(widget) {
  qApp->installEventFilter(this);
}

bool ShiftWatch::eventFilter(QObject* watched, QEvent* event) {
  bool now = held_;
  switch (event->type()) {
    case QEvent::KeyPress: {
      // With another key it is a shortcut.
      const auto* key = static_cast<QKeyEvent*>(event);
      const bool alone = (key->modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier)) == 0;
      if (key->key() == Qt::Key_Shift) {
        now = alone && widget_->isActiveWindow() && !isTyping();
      }
      break;
    }
    case QEvent::KeyRelease:
      now = now && static_cast<QKeyEvent*>(event)->key() != Qt::Key_Shift;
      break;
    case QEvent::WindowDeactivate:
      now = false;
      break;
    default:
      break;
  }
  if (std::exchange(held_, now) != now) {
    Q_EMIT held(now);
  }
  return QObject::eventFilter(watched, event);
}

}  // namespace limoe::gui
