// All commands of the window in one list, found by typing a few letters (Ctrl+Shift+P).
#pragma once

#include <QFrame>
#include <QPointer>
#include <QString>
#include <functional>
#include <vector>

class QLineEdit;
class QListView;
class QMenu;
class QMenuBar;
class QStandardItemModel;

namespace limoe::gui {

struct PaletteCommand {
  QString title;   ///< "View › Fit"
  QString detail;  ///< what it does or, where it cannot be done now, why
  QString key;     ///< empty: none
  bool enabled = true;
  bool checked = false;  ///< a switch that is on
  std::function<void()> run;
  QString where = {};  ///< "(block 3)": shown after the title, not looked at when one types
};

/// What the menus hold, sub-menus too, in their order. A menu that fills itself when it opens does
/// so now.
std::vector<PaletteCommand> commandsOf(QMenuBar& menus);

class CommandPalette : public QFrame {
  Q_OBJECT
 public:
  /// Commands that depend on what is typed (a step's number); they follow the others.
  using Typed = std::function<std::vector<PaletteCommand>(const QString&)>;

  explicit CommandPalette(QWidget* window);

  void open(std::vector<PaletteCommand> commands, Typed typed);
  /// Titles in the list, best first.
  QStringList titles() const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void find();
  void place();
  void runRow(int row);
  void dismiss();
  bool takeKey(int key);

  QLineEdit* typed_;
  QListView* list_;
  QStandardItemModel* model_;
  std::vector<PaletteCommand> commands_;  ///< of the menus, and so on
  std::vector<PaletteCommand> found_;     ///< in the order of the rows
  Typed typed_commands_;
  QPointer<QWidget> focus_before_;
};

}  // namespace limoe::gui
