// The checkpoints of a run, as what forks begin with.
#pragma once

#include <QDateTime>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <memory>
#include <optional>
#include <vector>

#include "gui/runs/control_client.h"
#include "gui/runs/mailbox.h"
#include "gui/runs/reader_thread.h"
#include "gui/steer/run_draft.h"

namespace limoe::gui {

struct ForkPoints {
  std::vector<ForkPoint> points;  ///< the newest first
  QStringList faults;             ///< of checkpoints that cannot be read
};

/// Reads the disk: headers only.
ForkPoints readForkPoints(const QString& run_folder);

/// Has a worker save a checkpoint, and waits until it is there.
class CheckpointMaker : public QObject {
  Q_OBJECT
 public:
  /// Begins at once. `control` speaks to the worker of `run_folder`.
  CheckpointMaker(std::shared_ptr<ReaderThread> reader, ControlClient& control,
                  const QString& run_folder, QObject* parent);

 Q_SIGNALS:
  void made(int64_t step);
  void failed(QString message);

 private:
  void look();
  void takeLook(std::optional<int64_t> step);

  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Mailbox> mailbox_;
  QString run_folder_;
  QDateTime asked_;
  QTimer timer_;
  bool looking_ = false;
};

}  // namespace limoe::gui
