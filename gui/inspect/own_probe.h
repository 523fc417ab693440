// The user's own images and captions, routed by the worker of a run: by the one that trains it, or
// by one that is started on its newest checkpoint. What comes of it is a recording beside the run.
#pragma once

#include <QObject>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "gui/runs/control_client.h"
#include "gui/runs/reader_thread.h"

namespace limoe::gui {

/// An image, a caption, or both.
struct OwnSample {
  QString image;                   ///< absolute path; empty: a caption alone
  std::optional<QString> caption;  ///< none: an image alone
};

class OwnProbe : public QObject {
  Q_OBJECT
 public:
  static constexpr int kMostSamples = 256;  ///< that a worker takes at once

  /// `worker_program`: a path of `limoe`, as findWorkerProgram() gives it; may be empty.
  OwnProbe(std::shared_ptr<ReaderThread> reader, const QString& worker_program,
           QObject* parent = nullptr);
  ~OwnProbe() override;

  /// Begins and returns; one of finished() and failed() follows, later, unless cancel() comes
  /// before. Does nothing while busy. Where the living worker ends meanwhile, its checkpoint is
  /// used.
  void start(const QString& run_folder, bool worker_lives, const std::vector<OwnSample>& samples);
  bool isBusy() const { return busy_; }
  void cancel();

 Q_SIGNALS:
  void progress(QString doing);
  /// `recording`: its absolute path, RUN/probes/own-STEP.h5. `remarks`: what the user should know:
  /// files that could not be read, unknown words, captions that were cut.
  void finished(QString recording, QStringList remarks);
  void failed(QString why);

 private:
  void askWorker();
  void takeAnswer(const ControlClient::Outcome& outcome);
  void useCheckpoint(const QString& remark);
  void readProgress();
  void takeEnd(int exit_code, QProcess::ExitStatus status);
  void succeed(const nlohmann::json& reply);
  void fail(const QString& why);

  std::shared_ptr<ReaderThread> reader_;
  QString worker_program_;
  QString run_folder_;
  nlohmann::json samples_;
  QStringList remarks_;  ///< of this side
  bool busy_ = false;
  int generation_ = 0;  ///< answers to earlier questions are not for this one

  std::unique_ptr<ControlClient> client_;
  std::optional<int64_t> number_;  ///< of the probe, as the worker counts
  int silences_ = 0;
  QTimer ask_timer_;

  std::unique_ptr<QProcess> process_;
  QString errors_;  ///< what the process has printed
};

}  // namespace limoe::gui
