// The sheet of all keys, made from the actions themselves.
#pragma once

#include <QAction>
#include <QDialog>
#include <QList>

namespace limoe::gui {

/// Shown non-modally; deletes itself when it is closed.
class KeySheet : public QDialog {
  Q_OBJECT
 public:
  KeySheet(const QList<QAction*>& actions, QWidget* parent);
};

}  // namespace limoe::gui
