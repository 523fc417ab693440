#include "gui/steer/run_queue.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QThread>
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "gui/runs/control_client.h"
#include "model/config_json.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {
namespace {

constexpr int kLookMs = 1000;
/// A worker that was started just before the program ended holds its run only a moment later.
constexpr int kPatience = 4;  // looks

QString fileIn(const QString& runs_folder) {
  return runs_folder + "/queue.json";
}

bool isHeld(const QString& folder) {
  try {
    return probe::RunLock::isHeld(probe::RunFolder{folder.toStdString()});
  } catch (const std::exception&) {
    return false;
  }
}

/// The last line that says something, without the program's name before it.
QString lastWords(const QString& folder) {
  QString line = readWorkerLogTail(folder).section('\n', -1);
  for (const char* prefix : {"limoe: ", "error: "}) {
    line = line.startsWith(prefix) ? line.mid(QString(prefix).size()) : line;
  }
  return line.isEmpty() ? QString("the worker said nothing") : line;
}

/// How a run has ended whose worker is gone. `unbegun`: where the worker left nothing at all. Reads
/// the disk.
std::pair<QueueState, QString> outcomeOf(const QString& folder,
                                         const std::pair<QueueState, QString>& unbegun) {
  if (!QFileInfo::exists(folder) && readWorkerLogTail(folder).isEmpty()) {
    return unbegun;
  }
  try {
    const probe::RecordingReader reader(folder.toStdString());
    const auto steps =
        model::runConfigFromLayers({model::parseJson(reader.origin().config_json, "config")})
            .train.steps;
    const int64_t step =
        reader.stepCount() > 0 ? reader.readSteps(reader.stepCount() - 1, 1).front().step : 0;
    if (reader.state() == probe::RunState::Live) {  // another worker's
      return {QueueState::Failed, QString("did not begin: %1").arg(lastWords(folder))};
    }
    if (reader.state() == probe::RunState::Died) {
      return {
          QueueState::Failed,
          QString("ended early at step %1 of %2: %3").arg(step).arg(steps).arg(lastWords(folder))};
    }
    if (step < steps) {
      return {QueueState::Stopped, QString("stopped at step %1 of %2").arg(step).arg(steps)};
    }
    return {QueueState::Finished, QString("finished, %1 steps").arg(steps)};
  } catch (const std::exception&) {
    return {QueueState::Failed, QString("did not begin: %1").arg(lastWords(folder))};
  }
}

}  // namespace

/// A run that trains: started here, or found again.
struct RunQueue::Worker {
  QString folder;
  std::unique_ptr<WorkerProcess> process;  ///< null: found again
  std::unique_ptr<ControlClient> control;  ///< once it was told to stop
  bool interrupted = false;                ///< a second time would kill it
  int looks_without_it = 0;                ///< found again: so often nobody held its run
};

RunQueue::RunQueue(std::shared_ptr<ReaderThread> reader, const QString& runs_folder,
                   const QString& worker_program, QObject* parent)
    : QObject(parent),
      reader_(std::move(reader)),
      mailbox_(Mailbox::of(this)),
      runs_folder_(QDir(runs_folder).absolutePath()),
      worker_program_(worker_program) {
  connect(&look_timer_, &QTimer::timeout, this, &RunQueue::look);
  load();
}

RunQueue::~RunQueue() = default;

int RunQueue::coresEach() const {
  return std::max(1, QThread::idealThreadCount() / queue_.at_once);
}

int RunQueue::count(QueueState state) const {
  return static_cast<int>(
      std::count_if(queue_.entries.begin(), queue_.entries.end(),
                    [state](const QueueEntry& entry) { return entry.state == state; }));
}

QStringList RunQueue::names(QueueState state) const {
  QStringList names;
  for (const QueueEntry& entry : queue_.entries) {
    if (entry.state == state) {
      names << entry.run.name();
    }
  }
  return names;
}

QStringList RunQueue::folders(QueueState state) const {
  QStringList folders;
  for (const QueueEntry& entry : queue_.entries) {
    if (entry.state == state) {
      folders << entry.run.folder;
    }
  }
  return folders;
}

QueueEntry* RunQueue::find(const QString& folder) {
  const auto found = std::find_if(queue_.entries.begin(), queue_.entries.end(),
                                  [&](const auto& entry) { return entry.run.folder == folder; });
  return found == queue_.entries.end() ? nullptr : &*found;
}

void RunQueue::add(const NewRun& run) {
  queue_.entries.push_back({run, QueueState::Waiting, {}});
  fill();
  tell();
}

void RunQueue::remove(std::size_t index) {
  if (queue_.entries.at(index).state != QueueState::Training) {
    queue_.entries.erase(queue_.entries.begin() + static_cast<std::ptrdiff_t>(index));
    tell();
  }
}

void RunQueue::move(std::size_t index, int by) {
  const auto other = static_cast<std::ptrdiff_t>(index) + by;
  if (other >= 0 && other < std::ssize(queue_.entries)) {
    std::swap(queue_.entries[index], queue_.entries[static_cast<std::size_t>(other)]);
    tell();
  }
}

void RunQueue::clearOver() {
  std::erase_if(queue_.entries, [](const QueueEntry& entry) { return entry.isOver(); });
  tell();
}

void RunQueue::setAtOnce(int runs) {
  const int bounded = std::clamp(runs, 1, kMostAtOnce);
  if (bounded != queue_.at_once) {
    queue_.at_once = bounded;
    fill();
    tell();
  }
}

void RunQueue::start() {
  started_ = true;
  fill();
  tell();
}

void RunQueue::pause() {
  started_ = false;
  tell();
}

void RunQueue::fill() {
  while (started_ && count(QueueState::Training) < queue_.at_once) {
    const auto next =
        std::find_if(queue_.entries.begin(), queue_.entries.end(),
                     [](const QueueEntry& entry) { return entry.state == QueueState::Waiting; });
    if (next == queue_.entries.end()) {
      break;
    }
    launch(*next);
  }
  if (count(QueueState::Waiting) == 0 && count(QueueState::Training) == 0) {
    started_ = false;  // what is added later waits for the user again
  }
}

void RunQueue::launch(QueueEntry& entry) {
  NewRun run = entry.run;
  if (run.threads == 0 && queue_.at_once > 1) {
    // Recorded with the configuration: sums depend on how many threads there are.
    run.options << "--set" << QString("train.threads=%1").arg(coresEach());
  }
  entry.state = QueueState::Training;
  entry.message.clear();
  auto worker = std::make_unique<Worker>();
  worker->folder = run.folder;
  worker->process = std::make_unique<WorkerProcess>(reader_, worker_program_, run);
  connect(worker->process.get(), &WorkerProcess::ended, this,
          [this, folder = run.folder](const QString& failure) { settle(folder, failure); });
  workers_.push_back(std::move(worker));
}

void RunQueue::settle(const QString& folder, const QString& failure) {
  if (!failure.isEmpty()) {
    // Later: this is told by the worker's own signal, and the worker goes.
    QTimer::singleShot(
        0, this, [this, folder, failure] { takeOutcome(folder, QueueState::Failed, failure); });
    return;
  }
  const auto worker = std::find_if(workers_.begin(), workers_.end(),
                                   [&](const auto& each) { return each->folder == folder; });
  std::pair<QueueState, QString> unbegun = {QueueState::Failed, "the worker ended without a word"};
  if (worker != workers_.end() && !(*worker)->process) {
    unbegun = {QueueState::Waiting, {}};  // the program before this one ended first
  } else if (worker != workers_.end() && (*worker)->control) {
    unbegun = {QueueState::Stopped, "stopped before it began"};
  }
  reader_->post(ReaderThread::Urgency::Now, [this, mailbox = mailbox_, folder, unbegun] {
    const auto [state, message] = outcomeOf(folder, unbegun);
    mailbox->send(
        [this, folder, state = state, message = message] { takeOutcome(folder, state, message); });
  });
}

void RunQueue::takeOutcome(const QString& folder, QueueState state, const QString& message) {
  std::erase_if(workers_, [&](const auto& worker) { return worker->folder == folder; });
  if (QueueEntry* entry = find(folder)) {
    entry->state = state;
    entry->message = message;
  }
  fill();
  tell();
}

void RunQueue::look() {
  QStringList found_again;
  for (const auto& worker : workers_) {
    if (!worker->process && worker->looks_without_it < kPatience) {
      found_again << worker->folder;
    }
  }
  if (found_again.isEmpty()) {
    look_timer_.stop();
    return;
  }
  if (std::exchange(looking_, true)) {
    return;
  }
  reader_->post(ReaderThread::Urgency::Soon, [this, mailbox = mailbox_, found_again] {
    QStringList gone;
    for (const QString& folder : found_again) {
      if (!isHeld(folder)) {
        gone << folder;
      }
    }
    mailbox->send([this, gone] {
      looking_ = false;
      for (const auto& worker : workers_) {
        if (!gone.contains(worker->folder)) {
          worker->looks_without_it = 0;
        } else if (++worker->looks_without_it == kPatience) {
          settle(worker->folder, {});
        }
      }
    });
  });
}

void RunQueue::stop(std::size_t index) {
  const QString folder = queue_.entries.at(index).run.folder;
  const auto worker = std::find_if(workers_.begin(), workers_.end(),
                                   [&](const auto& each) { return each->folder == folder; });
  if (worker == workers_.end() || (*worker)->interrupted) {
    return;
  }
  if (!(*worker)->control) {
    (*worker)->control = std::make_unique<ControlClient>(*reader_, folder);
  }
  (*worker)->control->send("stop", [this, folder](const ControlClient::Outcome& outcome) {
    if (outcome.error.isEmpty()) {
      return;
    }
    for (const auto& each : workers_) {
      if (each->folder == folder && each->process && !outcome.answered) {
        if (!std::exchange(each->interrupted, true)) {
          each->process->interrupt();  // it has no socket before its recording
        }
        return;
      }
    }
    Q_EMIT warned(QString("Run %1 could not be stopped: %2.")
                      .arg(QFileInfo(folder).fileName(), outcome.error));
  });
}

void RunQueue::stopAll() {
  started_ = false;
  for (std::size_t i = 0; i < queue_.entries.size(); ++i) {
    if (queue_.entries[i].state == QueueState::Training) {
      stop(i);
    }
  }
  tell();
}

void RunQueue::load() {
  reader_->post(ReaderThread::Urgency::Soon, [this, mailbox = mailbox_, folder = runs_folder_] {
    StoredQueue stored;
    QString fault;
    QFile file(fileIn(folder));
    if (file.exists()) {
      try {
        if (!file.open(QIODevice::ReadOnly)) {
          throw std::runtime_error(file.errorString().toStdString());
        }
        stored = queueFromJson(file.readAll(), folder);
      } catch (const std::exception& failure) {
        fault = QString(
                    "The queue of runs in %1 cannot be read: %2. It is kept as queue.json.bak "
                    "once the queue changes.")
                    .arg(fileIn(folder), failure.what());
      }
    }
    mailbox->send([this, stored, fault] { takeStored(stored, fault); });
  });
}

void RunQueue::takeStored(const StoredQueue& stored, const QString& fault) {
  const std::vector<QueueEntry> added_meanwhile = std::move(queue_.entries);
  queue_ = stored;
  for (const QueueEntry& entry : stored.entries) {
    if (entry.state == QueueState::Training) {
      workers_.push_back(std::make_unique<Worker>());
      workers_.back()->folder = entry.run.folder;
    }
  }
  queue_.entries.insert(queue_.entries.end(), added_meanwhile.begin(), added_meanwhile.end());
  loaded_ = true;
  unreadable_ = !fault.isEmpty();
  look_timer_.start(kLookMs);
  if (!fault.isEmpty()) {
    Q_EMIT warned(fault);
  }
  added_meanwhile.empty() ? void(Q_EMIT changed()) : tell();
}

void RunQueue::save() {
  if (!loaded_) {
    return;  // what is stored comes first
  }
  reader_->post(ReaderThread::Urgency::Now, [this, mailbox = mailbox_, folder = runs_folder_,
                                             text = toJson(queue_, runs_folder_),
                                             keep_old = std::exchange(unreadable_, false)] {
    const QString path = fileIn(folder);
    if (keep_old) {
      QFile::remove(path + ".bak");
      QFile::rename(path, path + ".bak");
    }
    QDir().mkpath(folder);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit()) {
      mailbox->send([this, path, why = file.errorString()] {
        Q_EMIT warned(QString("The queue of runs cannot be kept in %1: %2. It is lost when the "
                              "program ends.")
                          .arg(path, why));
      });
    }
  });
}

void RunQueue::tell() {
  save();
  Q_EMIT changed();
}

}  // namespace limoe::gui
