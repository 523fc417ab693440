// The values that may change while a model trains, editable together: Apply sends what differs.
// Below them what was changed so far, each to be undone.
#pragma once

#include <QLineEdit>
#include <QWidget>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "gui/steer/change_history.h"

class QAction;
class QComboBox;
class QFormLayout;
class QLabel;
class QPushButton;
class QScrollArea;

namespace limoe::gui {

class ChangeList;
struct ConfigKey;
struct RunData;

class LiveValues : public QWidget {
  Q_OBJECT
 public:
  explicit LiveValues(QWidget* parent = nullptr);

  /// Current values by dotted key, as the worker told them; empty: no worker. Fields that the user
  /// has edited keep what was typed.
  void setCurrent(const nlohmann::json& live);
  /// The worker has taken over `values`, which applied() carried.
  void accept(const nlohmann::json& values);
  /// The run that is shown, nullptr: none, with the changes that its recording tells.
  void setRun(const RunData* run);

  QAction* undoAction() const;
  QAction* redoAction() const;

 Q_SIGNALS:
  void applied(nlohmann::json values);  ///< only those that differ

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void addNumber(QFormLayout* form, const ConfigKey& key);
  void makeFields();
  void connectFields();
  void send(const nlohmann::json& values);
  nlohmann::json changes() const;
  void revert();
  void refresh();

  ChangeHistory history_;
  std::map<std::string, QLineEdit*> numbers_;  ///< by dotted key
  QComboBox* priority_;
  QLabel* hint_;
  QScrollArea* scroll_;
  QWidget* fields_;
  QPushButton* apply_;
  QPushButton* revert_;
  ChangeList* change_list_;
  nlohmann::json current_ = nlohmann::json::object();
};

}  // namespace limoe::gui
