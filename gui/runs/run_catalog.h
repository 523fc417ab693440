// The runs in a folder with what they routed for the user, as a list with the state of each; looks
// again every few seconds.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <memory>
#include <vector>

#include "gui/runs/mailbox.h"
#include "gui/runs/own_recording.h"
#include "gui/runs/reader_thread.h"
#include "routing_probe/recording/recording_reader.h"

namespace limoe::gui {

/// One line of the list of runs.
struct RunEntry {
  QString name;
  QString path;    ///< absolute: the run's folder, or a recording that lies elsewhere
  QString run;     ///< of a recording of the user's own images: path of the run that routed them
  QString run_id;  ///< the same wherever the folder lies; empty: not known
  QString parent;  ///< of a fork: path of the run that it began with; empty: it is none
  QString parent_run_id;
  int64_t parent_step = 0;
  QString setting;    ///< named setting of the auxiliary losses
  int64_t step = 0;   ///< newest recorded
  int64_t steps = 0;  ///< planned
  probe::RunState state = probe::RunState::Finished;
  QString activity;  ///< of its worker, as it tells: training, paused, waiting …; empty: not known
  QString fault;     ///< why it cannot be read; empty if it can

  bool operator==(const RunEntry&) const = default;
};

/// Puts there what a recording says of where it comes from.
void setOrigin(RunEntry& entry, const probe::Origin& origin);

/// The line of a recording of the user's own images at `path`.
RunEntry ownEntry(const OwnRecording& own, const QString& path);

class RunCatalog : public QObject {
  Q_OBJECT
 public:
  /// `folder` holds the runs' folders; it need not exist.
  RunCatalog(std::shared_ptr<ReaderThread> reader, const QString& folder,
             QObject* parent = nullptr);

  const std::vector<RunEntry>& runs() const { return runs_; }
  const QString& folder() const { return folder_; }
  void refresh();  ///< looks at the disk now
  /// Runs elsewhere, of which only what they routed for the user is listed.
  void setOthers(const QStringList& paths);

 Q_SIGNALS:
  void changed();

 private:
  struct Scan;
  void takeScan(const std::vector<RunEntry>& runs);

  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Scan> scan_;
  QString folder_;
  QStringList others_;
  std::vector<RunEntry> runs_;
  bool scanning_ = false;
  bool scan_again_ = false;  ///< asked for while one was under way
  QTimer timer_;
};

}  // namespace limoe::gui
