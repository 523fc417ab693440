#include "gui/window/open_runs.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTimer>
#include <algorithm>
#include <utility>

#include "gui/runs/own_recording.h"

namespace limoe::gui {
namespace {

/// A worker may end before the reader has looked again: so long its recording may still appear.
constexpr int kPatienceMs = 3000;

/// One name for a run, whether its folder or a part of its recording was named.
QString runPath(const QString& path) {
  static const QRegularExpression part("/recording(-\\d+)?\\.h5$");
  return QDir::cleanPath(QFileInfo(path).absoluteFilePath()).remove(part);
}

int64_t lastRecordedStep(const RunData& data) {
  if (data.curves && !data.curves->steps.empty()) {
    return static_cast<int64_t>(data.curves->steps.back());
  }
  return data.snapshot_steps.empty() ? 0 : data.snapshot_steps.back();
}

}  // namespace

bool OpenRun::isLive() const {
  return source->isLive() || (worker && worker->isAlive() && !source->data());
}

QString OpenRun::title() const {
  const auto own = ownRecording(path);
  return own ? own->runName() + QString::fromUtf8(" · ") + own->shortTitle() : name;
}

OpenRuns::OpenRuns(std::shared_ptr<ReaderThread> reader, QObject* parent)
    : QObject(parent), reader_(std::move(reader)), mailbox_(Mailbox::of(this)) {}

OpenRuns::~OpenRuns() = default;

std::vector<OpenRun*> OpenRuns::live() const {
  std::vector<OpenRun*> live;
  for (const auto& run : runs_) {
    if (run->isLive()) {
      live.push_back(run.get());
    }
  }
  return live;
}

OpenRun* OpenRuns::open(const QString& path) {
  const QString wanted = runPath(path);
  for (const auto& run : runs_) {
    if (run->path == wanted) {
      return run.get();
    }
  }
  return add(wanted, RecordingSource::IfMissing::Fail);
}

OpenRun* OpenRuns::start(const NewRun& new_run, const QString& worker_program) {
  OpenRun* run = add(runPath(new_run.folder), RecordingSource::IfMissing::Wait);
  run->was_live = true;
  run->worker = std::make_unique<WorkerProcess>(reader_, worker_program, new_run);
  connect(run->worker.get(), &WorkerProcess::logChanged, this, [this, run] {
    if (!run->source->data()) {
      Q_EMIT changed(run);
    }
  });
  connect(run->worker.get(), &WorkerProcess::ended, this,
          [this, run](const QString& failure) { takeEnd(run, failure); });
  return run;
}

OpenRun* OpenRuns::add(const QString& path, RecordingSource::IfMissing if_missing) {
  runs_.push_back(std::make_unique<OpenRun>());
  OpenRun* run = runs_.back().get();
  run->path = path;
  const auto own = ownRecording(path);
  run->name = own ? own->title() : QFileInfo(path).fileName();
  run->source = std::make_unique<RecordingSource>(reader_, path, if_missing);
  connect(run->source.get(), &RunSource::dataChanged, this, [this, run] { takeData(run); });
  connect(run->source.get(), &RunSource::failed, this,
          [this, run](const QString& message) { takeFailure(run, message); });
  return run;
}

void OpenRuns::close(OpenRun* run) {
  const auto place = std::find_if(runs_.begin(), runs_.end(),
                                  [run](const auto& candidate) { return candidate.get() == run; });
  // Often called from one of its own signals: silenced now, gone when that has returned.
  OpenRun* closing = place->release();
  runs_.erase(place);
  closing->source->disconnect(this);
  if (closing->worker) {
    closing->worker->disconnect(this);
  }
  QTimer::singleShot(0, this, [owned = std::shared_ptr<OpenRun>(closing)] {});
}

void OpenRuns::takeData(OpenRun* run) {
  const RunData& data = *run->source->data();
  run->name = data.name;
  const bool live = run->source->isLive();
  if (live && !run->control) {
    run->control = std::make_unique<ControlClient>(*reader_, data.folder);
  }
  const bool first_look = !std::exchange(run->is_open, true);
  if (first_look) {
    Q_EMIT opened(run);
  }
  Q_EMIT changed(run);
  if (first_look && !run->was_live && data.state == probe::RunState::Died) {
    Q_EMIT warned(QString("Run %1 ended early: its worker is gone. The recording is complete up to "
                          "step %2.")
                      .arg(run->name)
                      .arg(lastRecordedStep(data)));
  }
  if (std::exchange(run->was_live, live) && data.state == probe::RunState::Died) {
    tellDeath(run);
  }
}

void OpenRuns::takeFailure(OpenRun* run, const QString& message) {
  if (run->source->data()) {
    Q_EMIT warned(message);
  } else {
    Q_EMIT openFailed(run, message, run->worker ? run->worker->logTail() : QString());
  }
}

void OpenRuns::takeEnd(OpenRun* run, const QString& failure) {
  if (!failure.isEmpty()) {
    Q_EMIT openFailed(run, failure, {});
    return;
  }
  QTimer::singleShot(kPatienceMs, run->worker.get(), [this, run] {
    if (!run->source->data()) {
      Q_EMIT openFailed(run,
                        QString("The worker of run %1 ended before its recording began: %2")
                            .arg(run->name, run->worker->logTail().section('\n', -1)),
                        run->worker->logTail());
    }
  });
}

void OpenRuns::tellDeath(OpenRun* run) {
  const int64_t recorded = lastRecordedStep(*run->source->data());
  const QString at = run->last_known_step >= 0
                         ? QString(" at step %1").arg(std::max(run->last_known_step, recorded))
                         : QString();
  const QString message = QString(
                              "The worker of run %1 ended unexpectedly%2. The recording is "
                              "complete up to step %3.")
                              .arg(run->name, at)
                              .arg(recorded);
  reader_->post(ReaderThread::Urgency::Now, [this, mailbox = mailbox_, message, path = run->path,
                                             folder = run->source->data()->folder] {
    const QString log = readWorkerLogTail(folder);
    mailbox->send([this, message, path, log] {
      for (const auto& open : runs_) {
        if (open->path == path) {
          Q_EMIT died(open.get(), message, log);
          return;
        }
      }
    });
  });
}

}  // namespace limoe::gui
