// Mouse moves as events. QTest::mouseMove moves the display's pointer instead, and nothing happens
// where it already is.
#pragma once

#include <QApplication>
#include <QMouseEvent>
#include <QWidget>

namespace limoe::gui::testing {

inline void moveMouse(QWidget& widget, const QPoint& to, Qt::MouseButtons pressed) {
  QMouseEvent move(QEvent::MouseMove, to, widget.mapToGlobal(to), Qt::NoButton, pressed,
                   Qt::NoModifier);
  QApplication::sendEvent(&widget, &move);
}

}  // namespace limoe::gui::testing
