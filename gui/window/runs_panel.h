// The list of runs: those in the runs folder and those opened from elsewhere, below each what it
// has routed for the user and its forks; and the queue of runs.
#pragma once

#include <QWidget>
#include <map>
#include <vector>

#include "gui/runs/run_catalog.h"

class QLabel;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace limoe::gui {

class QueuePanel;
class RunQueue;

class RunsPanel : public QWidget {
  Q_OBJECT
 public:
  explicit RunsPanel(QWidget* parent = nullptr);

  /// What is queued stands below the runs.
  void setQueue(RunQueue* queue);
  /// Shows `runs`, marking the one with path `shown`. The current line stays as it is.
  void setRuns(const std::vector<RunEntry>& runs, const QString& shown, const QString& folder);

 Q_SIGNALS:
  void chosen(QString path);
  void forkAsked(QString path);          ///< of the run
  void compareAsked(QStringList paths);  ///< of selected runs, the shown one first where it is one

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  using Children = std::map<int, std::vector<int>>;  ///< lines below each; −1: those at the top
  void fillBelow(QTreeWidgetItem* item, const std::vector<RunEntry>& runs, const Children& children,
                 int index, const QString& shown);
  void layColumns();
  void showMenu(const QPoint& place);
  QStringList selectedRuns() const;
  void offerComparison();

  QTreeWidget* list_;
  QLabel* empty_;
  QPushButton* compare_;
  QueuePanel* queue_;
  QString shown_;
};

/// "training", "finished", "ended early" – or "unreadable".
QString stateWord(const RunEntry& run);
QString stateWord(probe::RunState state);

}  // namespace limoe::gui
