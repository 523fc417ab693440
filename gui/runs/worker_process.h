// A worker (`limoe train …`) started from the window, which it may outlive.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <memory>

#include "gui/runs/mailbox.h"
#include "gui/runs/reader_thread.h"

namespace limoe::gui {

/// What to train, as the command line of `limoe train` names it.
struct NewRun {
  QString folder;  ///< absolute path of the run's folder, which must not hold a run
  /// Of `limoe train`, without --out: "--preset", "tiny", "--set", "aux.weight=0.1", …; none: as
  /// the program has it.
  QStringList options;
  int threads = 0;  ///< of the training step, as the options say; 0: as many as there are cores

  QString name() const;
  QStringList trainArguments() const;  ///< "train", "--preset", …
};

/// The `limoe` beside this program, else the one on the PATH; empty where there is none.
QString findWorkerProgram();

/// The first of folder/name, folder/name-2, … that does not exist yet.
QString freeRunFolder(const QString& folder, const QString& name);

/// All that touches the disk or the system happens on the reader thread.
class WorkerProcess : public QObject {
  Q_OBJECT
 public:
  /// Starts `program` (a path of `limoe`) in a session of its own, its output going to worker.log.
  WorkerProcess(std::shared_ptr<ReaderThread> reader, const QString& program, const NewRun& run,
                QObject* parent = nullptr);

  const NewRun& run() const { return run_; }
  bool isAlive() const { return alive_; }  ///< true from the beginning until ended()
  /// The last lines that the worker printed.
  const QString& logTail() const { return log_tail_; }
  /// As Ctrl+C: the worker ends after its step with everything saved.
  void interrupt();

 Q_SIGNALS:
  void logChanged();
  /// However it ended, also if it could not be started: then `failure` says why.
  void ended(QString failure);

 private:
  struct Watch;
  void poll();
  void takeLook(bool alive, const QString& tail, const QString& failure);

  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Watch> watch_;
  NewRun run_;
  bool alive_ = true;
  bool looking_ = false;
  QString log_tail_;
  QTimer poll_timer_;
};

/// The last lines of a run's worker.log, or of the log beside the folder while there is none in it.
/// Reads the disk.
QString readWorkerLogTail(const QString& run_folder);

}  // namespace limoe::gui
