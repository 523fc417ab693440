// Tool tips that are broken into lines: Qt does so for rich text only, and a long sentence would
// run past the window.
#pragma once

#include <QObject>

class QWidget;

namespace limoe::gui {

/// Installed as event filter of the application: shows the tool tips of widgets and of items in
/// lists and tables.
class WrappedTips : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
};

/// `widget` shows other tool tips at other places, by its own event(): they are left to it.
void answerToolTips(QWidget& widget);

}  // namespace limoe::gui
