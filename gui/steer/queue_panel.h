// The queue of runs: what waits, what trains, how each ended; start, pause, order, how many at
// once.
#pragma once

#include <QWidget>

class QPushButton;
class QSpinBox;
class QToolButton;
class QTreeWidget;

namespace limoe::gui {

class ElidedLabel;
class RunQueue;

/// Hidden while the queue is empty.
class QueuePanel : public QWidget {
  Q_OBJECT
 public:
  explicit QueuePanel(QWidget* parent);
  ~QueuePanel() override;
  /// `queue` may go before this panel.
  void setQueue(RunQueue* queue);

 Q_SIGNALS:
  void chosen(QString path);  ///< a run that has begun

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QToolButton* makeButton(const char* name, const QString& text, const QString& accessible);
  void makeList();
  void makeButtons();
  void refresh();
  void refreshButtons();
  void removeOrStop();
  void moveCurrent(int by);
  int current() const;

  RunQueue* queue_ = nullptr;
  ElidedLabel* title_;
  QPushButton* start_;
  QSpinBox* at_once_;
  ElidedLabel* cores_;
  QTreeWidget* list_;
  QToolButton* up_;
  QToolButton* down_;
  QToolButton* remove_;
  QToolButton* clear_;
  ElidedLabel* message_;
};

}  // namespace limoe::gui
