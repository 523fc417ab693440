// All values of a draft in one list that scrolls, each explained; a search shows some of them.
#pragma once

#include <QScrollArea>
#include <vector>

#include "gui/steer/config_keys.h"
#include "gui/steer/run_draft.h"

class QLabel;

namespace limoe::gui {

class ConfigRow;

class ConfigForm : public QScrollArea {
  Q_OBJECT
 public:
  ConfigForm(RunDraft& draft, QWidget* parent);

  /// Shows the draft as it is, and `check` beside the fields.
  void showDraft(const DraftCheck& check);
  /// Only values with these words in name, key or sentence, and where `only_changed` those that
  /// differ.
  void setFilter(const QString& text, bool only_changed);
  /// Scrolls there and gives it the keyboard.
  void goTo(const std::string& key);

 Q_SIGNALS:
  void edited();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Group {
    QLabel* title;
    std::vector<ConfigRow*> rows;
  };
  ConfigRow* makeRow(const ConfigKey& key, QWidget* parent);
  void layColumns();
  void applyFilter();

  RunDraft& draft_;
  std::vector<Group> groups_;
  QLabel* nothing_;
  QStringList words_;
  bool only_changed_ = false;
};

}  // namespace limoe::gui
