// The changes of a run's live values, the newest first, each with a button that takes it back.
#pragma once

#include <QWidget>
#include <vector>

#include "gui/steer/change_history.h"

class QAction;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace limoe::gui {

class ChangeList : public QWidget {
  Q_OBJECT
 public:
  explicit ChangeList(QWidget* parent);

  /// `current`: the live values as they are; empty: no worker, so nothing can be taken back.
  void setChanges(const ChangeHistory& history, const nlohmann::json& current);

  QAction* undoAction() const { return undo_; }
  QAction* redoAction() const { return redo_; }

 Q_SIGNALS:
  void asked(nlohmann::json values);  ///< to be sent to the worker

 private:
  QAction* makeAction(const char* name, const QString& text, const QKeySequence& key);
  QToolButton* makeButton(const char* name, const QString& sign, QAction* action);
  QWidget* makeRow(const ChangeHistory::Entry& entry, const nlohmann::json& current);
  void setAction(QAction* action, const ChangeHistory::Entry* entry, const QString& verb,
                 const QString& nothing, bool live);

  QAction* undo_;
  QAction* redo_;
  nlohmann::json undo_values_, redo_values_;
  QLabel* title_;
  QVBoxLayout* rows_;
  std::vector<ChangeHistory::Entry> shown_;
  nlohmann::json shown_current_;
};

}  // namespace limoe::gui
