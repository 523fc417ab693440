#include "gui/runs/worker_process.h"

#include <signal.h>

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QStandardPaths>
#include <utility>

namespace limoe::gui {
namespace {

constexpr int kPollMs = 500;
constexpr qint64 kTailBytes = 4096;
constexpr qsizetype kTailLines = 12;

QString logInFolder(const QString& run_folder) {
  return run_folder + "/worker.log";
}
QString logBesideFolder(const QString& run_folder) {
  return run_folder + ".worker.log";
}

/// When the system started that process, in clock ticks since boot, or empty where it is gone or
/// only waits to be buried: tells a process from a later one with the same id.
QString startTimeOf(qint64 pid) {
  QFile file(QString("/proc/%1/stat").arg(pid));
  if (!file.open(QIODevice::ReadOnly)) {
    return {};
  }
  // proc(5): "pid (name) state ppid …"; the name may hold spaces and brackets; field 22 counts
  // from the pid.
  const QByteArray text = file.readAll();
  const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
  const bool ended = fields.value(0) == "Z" || fields.value(0) == "X";
  return ended ? QString() : QString::fromLatin1(fields.value(19));
}

/// Progress on one line ends in carriage returns: what a terminal would show of it is the last.
QString asTerminalShows(const QString& line) {
  const QStringList states = line.split('\r', Qt::SkipEmptyParts);
  return states.isEmpty() ? QString() : states.last();
}

}  // namespace

QString NewRun::name() const {
  return QFileInfo(folder).fileName();
}

QStringList NewRun::trainArguments() const {
  return QStringList{"train"} + options + QStringList{"--out", folder};
}

QString findWorkerProgram() {
  const QString beside =
      QStandardPaths::findExecutable("limoe", {QCoreApplication::applicationDirPath()});
  return beside.isEmpty() ? QStandardPaths::findExecutable("limoe") : beside;
}

QString freeRunFolder(const QString& folder, const QString& name) {
  const QString first = QDir(folder).absoluteFilePath(name);
  QString candidate = first;
  for (int i = 2; QFileInfo::exists(candidate); ++i) {
    candidate = QString("%1-%2").arg(first).arg(i);
  }
  return candidate;
}

QString readWorkerLogTail(const QString& run_folder) {
  QFile file(logInFolder(run_folder));
  if (!file.exists()) {
    file.setFileName(logBesideFolder(run_folder));
  }
  if (!file.open(QIODevice::ReadOnly)) {
    return {};
  }
  file.seek(std::max<qint64>(0, file.size() - kTailBytes));
  QStringList lines;
  for (const QString& line : QString::fromUtf8(file.readAll()).split('\n')) {
    const QString shown = asTerminalShows(line).trimmed();
    if (!shown.isEmpty()) {
      lines << shown;
    }
  }
  return lines.mid(std::max<qsizetype>(0, lines.size() - kTailLines)).join('\n');
}

/// What the reader thread needs to start and watch the process.
struct WorkerProcess::Watch {
  WorkerProcess* const owner;  ///< used in letters only
  const std::shared_ptr<Mailbox> mailbox;
  const QString program;
  const NewRun run;
  qint64 pid = 0;
  QString start_time;

  void start() {
    QString failure;
    const QString parent_folder = QFileInfo(run.folder).absolutePath();
    QProcess process;
    process.setProgram(program);
    process.setArguments(run.trainArguments());
    const QString log = logBesideFolder(run.folder);
    process.setStandardOutputFile(log);
    process.setStandardErrorFile(log, QIODevice::Append);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    // OpenMP threads that spin while they wait would take the window's core.
    environment.insert("OMP_WAIT_POLICY", "PASSIVE");
    process.setProcessEnvironment(environment);
    if (program.isEmpty()) {
      failure =
          "The worker program limoe was found neither beside limoe-scope nor on the PATH. Build "
          "it, or name it with --worker.";
    } else if (!QDir().mkpath(parent_folder)) {
      failure = QString("Cannot make the folder %1 for the run.").arg(parent_folder);
    } else if (!process.startDetached(&pid)) {
      failure = QString("Cannot start %1: %2").arg(program, process.errorString());
    } else {
      start_time = startTimeOf(pid);
    }
    if (!failure.isEmpty()) {
      mailbox->send([self = owner, failure] { self->takeLook(false, {}, failure); });
    }
  }

  bool isAlive() const { return !start_time.isEmpty() && startTimeOf(pid) == start_time; }

  void look() const {
    // Before the log is read, so that the log of a dead worker is complete.
    const bool alive = isAlive();
    if (QFileInfo::exists(run.folder + "/config.json") &&
        !QFileInfo::exists(logInFolder(run.folder))) {
      QFile::rename(logBesideFolder(run.folder), logInFolder(run.folder));
    }
    mailbox->send([self = owner, alive, tail = readWorkerLogTail(run.folder)] {
      self->takeLook(alive, tail, {});
    });
  }
};

WorkerProcess::WorkerProcess(std::shared_ptr<ReaderThread> reader, const QString& program,
                             const NewRun& run, QObject* parent)
    : QObject(parent),
      reader_(std::move(reader)),
      watch_(std::make_shared<Watch>(this, Mailbox::of(this), program, run)),
      run_(run) {
  reader_->post(ReaderThread::Urgency::Now, [watch = watch_] { watch->start(); });
  connect(&poll_timer_, &QTimer::timeout, this, &WorkerProcess::poll);
  poll_timer_.start(kPollMs);
}

void WorkerProcess::interrupt() {
  reader_->post(ReaderThread::Urgency::Now, [watch = watch_] {
    if (watch->isAlive()) {
      kill(static_cast<pid_t>(watch->pid), SIGINT);
    }
  });
}

void WorkerProcess::poll() {
  if (!looking_) {
    looking_ = true;
    reader_->post(ReaderThread::Urgency::Now, [watch = watch_] { watch->look(); });
  }
}

void WorkerProcess::takeLook(bool alive, const QString& tail, const QString& failure) {
  looking_ = false;
  if (!alive_) {
    return;
  }
  if (tail != log_tail_) {
    log_tail_ = tail;
    Q_EMIT logChanged();
  }
  if (!alive) {
    alive_ = false;
    poll_timer_.stop();
    Q_EMIT ended(failure);
  }
}

}  // namespace limoe::gui
