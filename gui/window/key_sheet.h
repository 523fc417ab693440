// The sheet of all keys, made from the menus themselves, and what the mouse does.
#pragma once

#include <QDialog>
#include <QString>
#include <utility>
#include <vector>

class QMenuBar;

namespace limoe::gui {

struct KeyGroup {
  QString title;                                   ///< of the menu
  std::vector<std::pair<QString, QString>> lines;  ///< key, what it does
};

/// The keys of the menus' actions, sub-menus included; ten digits of one kind become one line.
std::vector<KeyGroup> keyGroups(const QMenuBar& menus);

/// Shown non-modally; deletes itself when it is closed.
class KeySheet : public QDialog {
  Q_OBJECT
 public:
  KeySheet(const std::vector<KeyGroup>& groups, QWidget* parent);
};

}  // namespace limoe::gui
