// The runs that are open in the window, each with what follows and steers it.
#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <vector>

#include "gui/runs/control_client.h"
#include "gui/runs/reader_thread.h"
#include "gui/runs/recording_source.h"
#include "gui/runs/worker_process.h"

namespace limoe::gui {

struct OpenRun {
  QString path;  ///< absolute: the run's folder, or a recording of another name
  QString name;
  std::unique_ptr<RecordingSource> source;
  std::unique_ptr<ControlClient> control;  ///< from when its worker was first seen to live
  std::unique_ptr<WorkerProcess> worker;   ///< if started from this window
  bool is_open = false;                    ///< its first data has come
  bool was_live = false;
  int64_t last_known_step = -1;  ///< as the worker told; −1: it has not

  /// Whether a worker trains it now, or prepares to.
  bool isLive() const;
  /// The name; of the user's own images, with the step that routed them.
  QString title() const;
};

class OpenRuns : public QObject {
  Q_OBJECT
 public:
  OpenRuns(std::shared_ptr<ReaderThread> reader, QObject* parent = nullptr);
  ~OpenRuns() override;

  /// A run's folder, or any part of its recording. Opening it again gives the same one.
  OpenRun* open(const QString& path);
  /// Starts a worker and opens the recording when it appears.
  OpenRun* start(const NewRun& run, const QString& worker_program);
  void close(OpenRun* run);

  const std::vector<std::unique_ptr<OpenRun>>& all() const { return runs_; }
  std::vector<OpenRun*> live() const;

 Q_SIGNALS:
  void opened(limoe::gui::OpenRun* run);   ///< its first data is there
  void changed(limoe::gui::OpenRun* run);  ///< its data or its worker's log
  /// It could not be opened or started; close() it. `log`: the end of the worker's, if there is
  /// one.
  void openFailed(limoe::gui::OpenRun* run, QString why, QString log);
  /// Its worker ended without closing the recording.
  void died(limoe::gui::OpenRun* run, QString message, QString log);
  void warned(QString message);

 private:
  OpenRun* add(const QString& path, RecordingSource::IfMissing if_missing);
  void takeData(OpenRun* run);
  void takeFailure(OpenRun* run, const QString& message);
  void takeEnd(OpenRun* run, const QString& failure);
  void tellDeath(OpenRun* run);

  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<std::unique_ptr<OpenRun>> runs_;
};

}  // namespace limoe::gui
