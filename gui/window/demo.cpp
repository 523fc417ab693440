#include "gui/window/demo.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <QApplication>
#include <QDir>
#include <QEventLoop>
#include <QFileInfo>
#include <QProcess>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "gui/figures/run_figures.h"
#include "gui/runs/recording_source.h"
#include "gui/window/application.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {
namespace {

volatile sig_atomic_t worker_pid = 0;

void passOn(int signal_number) {
  if (worker_pid > 0) {
    kill(static_cast<pid_t>(worker_pid), signal_number);
  }
}

void print(std::FILE* stream, const QString& text) {
  std::fprintf(stream, "%s\n", qUtf8Printable(text));
}

/// Exit status of the worker; 1 with a message where it could not run or was killed.
int trainInForeground(const QString& program, const NewRun& run) {
  QProcess worker;
  worker.setProgram(program);
  worker.setArguments(run.trainArguments());
  worker.setProcessChannelMode(QProcess::ForwardedChannels);
  worker.setInputChannelMode(QProcess::ForwardedInputChannel);
  worker.setChildProcessModifier([] {
    // Its own group: a Ctrl+C at the terminal reaches it once, through us, and not twice.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
  });
  worker.start();
  if (!worker.waitForStarted()) {
    print(stderr, QString("limoe-scope: cannot start %1: %2").arg(program, worker.errorString()));
    return 1;
  }
  worker_pid = static_cast<sig_atomic_t>(worker.processId());
  struct sigaction pass = {};
  pass.sa_handler = passOn;
  pass.sa_flags = SA_RESTART;
  sigaction(SIGINT, &pass, nullptr);
  sigaction(SIGTERM, &pass, nullptr);
  worker.waitForFinished(-1);
  worker_pid = 0;
  if (worker.exitStatus() == QProcess::CrashExit) {
    print(
        stderr,
        QString("limoe-scope: the worker was killed. What it recorded is in %1.").arg(run.folder));
    return 1;
  }
  if (worker.exitCode() != 0) {
    print(stderr, QString("limoe-scope: the worker ended with status %1; its message is above.")
                      .arg(worker.exitCode()));
  }
  return worker.exitCode();
}

/// Waits until all of the recording has been read. Throws std::runtime_error where it cannot be.
void waitForData(RecordingSource& source) {
  QEventLoop loop;
  QString failure;
  // Curves come piece by piece, and each is told.
  QObject::connect(&source, &RunSource::dataChanged, &loop, &QEventLoop::quit);
  QObject::connect(&source, &RunSource::failed, &loop, [&](const QString& message) {
    failure = message;
    loop.quit();
  });
  while (!source.isIdle() && failure.isEmpty()) {
    loop.exec();
  }
  if (!source.data()) {
    throw std::runtime_error(failure.toStdString());
  }
}

QStringList writeFigures(const QString& folder) {
  ViewState state;
  RecordingSource source(std::make_shared<ReaderThread>(), folder);
  waitForData(source);
  state.showNewest(static_cast<int64_t>(source.data()->snapshot_steps.size()));
  state.setLayer(std::max<int64_t>(source.data()->layout.layers - 1, 0));
  return writeRunFigures(source, state, folder);
}

}  // namespace

DemoFolder chooseDemoFolder(const QString& runs_folder) {
  const QString free = freeRunFolder(runs_folder, "demo");
  QString folder = QDir(runs_folder).absoluteFilePath("demo");
  for (int i = 2; folder != free; ++i) {
    if (probe::RunLock::isHeld(probe::RunFolder{folder.toStdString()})) {
      return {folder, true};
    }
    folder = QDir(runs_folder).absoluteFilePath(QString("demo-%1").arg(i));
  }
  return {free, false};
}

NewRun demoRun(const QString& folder) {
  NewRun run;
  run.folder = folder;
  // It is short, and there to see how routing changes: that may cost more than recording usually
  // does.
  run.options = {"--preset", "tiny",     "--setting", "limoe",
                 "--record", "every=20", "--record",  "recall_every=100"};
  return run;
}

int runDemoWithoutDisplay(const CommandLine& line, int argc, char** argv) {
  const DemoFolder demo = chooseDemoFolder(line.runs_folder);
  if (demo.is_training) {
    print(stderr, QString("limoe-scope: a worker is training %1 already. Stop it first, or choose "
                          "another folder with --runs.")
                      .arg(demo.path));
    return 1;
  }
  if (line.worker_program.isEmpty()) {
    print(stderr,
          "limoe-scope: the worker program limoe was found neither beside limoe-scope nor "
          "on the PATH. Build it, or name it with --worker.");
    return 1;
  }
  if (!QDir().mkpath(line.runs_folder)) {
    print(stderr, QString("limoe-scope: cannot make the folder %1.").arg(line.runs_folder));
    return 1;
  }
  print(stdout, QString("No display: training the demo in %1 (Ctrl+C ends it with everything "
                        "saved).")
                    .arg(demo.path));
  std::fflush(stdout);
  {
    QCoreApplication core(argc, argv);
    if (const int status = trainInForeground(line.worker_program, demoRun(demo.path))) {
      return status;
    }
  }
  qputenv("QT_QPA_PLATFORM", "offscreen");
  prepareApplication();
  QApplication application(argc, argv);
  setUpApplication(application);
  try {
    const QStringList figures = writeFigures(demo.path);
    print(stdout, QString("\nRecording  %1/recording.h5").arg(demo.path));
    for (const QString& figure : figures) {
      print(stdout, QString("Figure     %1").arg(figure));
    }
    print(stdout, QString("\nOn a machine with a display: limoe-scope %1").arg(demo.path));
  } catch (const std::exception& failure) {
    print(stderr, QString("limoe-scope: %1").arg(failure.what()));
    return 1;
  }
  return 0;
}

}  // namespace limoe::gui
