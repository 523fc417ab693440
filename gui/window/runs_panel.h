// The list of runs: those in the runs folder and those opened from elsewhere, and below each what
// it has routed for the user.
#pragma once

#include <QWidget>
#include <vector>

#include "gui/runs/run_catalog.h"

class QLabel;
class QPushButton;
class QTreeWidget;

namespace limoe::gui {

class RunsPanel : public QWidget {
  Q_OBJECT
 public:
  explicit RunsPanel(QWidget* parent = nullptr);

  /// Shows `runs`, marking the one with path `shown`. The current line stays as it is.
  void setRuns(const std::vector<RunEntry>& runs, const QString& shown, const QString& folder);

 Q_SIGNALS:
  void chosen(QString path);
  void compareAsked(QStringList paths);  ///< of selected runs, the shown one first where it is one

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void layColumns();
  QStringList selectedRuns() const;
  void offerComparison();

  QTreeWidget* list_;
  QLabel* empty_;
  QPushButton* compare_;
  QString shown_;
};

/// "training", "finished", "ended early" – or "unreadable".
QString stateWord(const RunEntry& run);
QString stateWord(probe::RunState state);

}  // namespace limoe::gui
