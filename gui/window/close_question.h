// Closing the window while workers train: asks what becomes of them, and stops them if wanted.
#pragma once

#include <QObject>
#include <QTimer>

#include "gui/steer/run_queue.h"
#include "gui/window/open_runs.h"

class QMessageBox;
class QProgressDialog;
class QWidget;

namespace limoe::gui {

class CloseQuestion : public QObject {
  Q_OBJECT
 public:
  CloseQuestion(OpenRuns& runs, RunQueue& queue, QWidget* window);

  /// Of a run that is open, or of one that the queue has started.
  bool isWorkerAlive() const { return !names().isEmpty(); }
  /// Shows the question unless it is on the screen already.
  void ask();

 Q_SIGNALS:
  void mayClose();
  void failed(QString message);  ///< a worker could not be told; the window stays

 private:
  QStringList names() const;  ///< of the runs that train
  void stopWorkers();
  void checkStopped();
  void endWaiting();

  OpenRuns& runs_;
  RunQueue& queue_;
  QWidget* window_;
  QMessageBox* question_ = nullptr;
  QProgressDialog* waiting_ = nullptr;
  QTimer check_timer_;
};

}  // namespace limoe::gui
