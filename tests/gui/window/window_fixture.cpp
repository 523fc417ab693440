#include "tests/gui/window/window_fixture.h"

#include <signal.h>

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTest>

#include "gui/window/message_bar.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui::test {

bool waitUntil(const std::function<bool()>& condition, int ms) {
  return QTest::qWaitFor(condition, ms);
}

void killWorker(const QString& run_folder) {
  QFile file(run_folder + "/pid");
  if (!file.open(QIODevice::ReadOnly)) {
    return;
  }
  const int pid = file.readAll().toInt();
  if (pid > 1 && probe::RunLock::isHeld(probe::RunFolder{run_folder.toStdString()})) {
    kill(pid, SIGKILL);
  }
}

WindowTest::WindowTest() {
  WindowOptions options;
  options.runs_folder = folder.filePath("runs");
  options.worker_program = LIMOE_FAKE_WORKER;
  window = std::make_unique<MainWindow>(options);
}

WindowTest::~WindowTest() {
  for (const QString& run : started_) {
    killWorker(run);
  }
}

QString WindowTest::runFolder(const QString& name) const {
  return folder.filePath("runs/" + name);
}

QString WindowTest::makeRun(const QString& name, const probe::test::SyntheticOptions& options) {
  // Written elsewhere and moved: a file that this very process has open for reading, as the window
  // does, cannot be closed by its writer.
  const QString elsewhere = folder.filePath("making-" + name);
  probe::test::writeSyntheticRecording(elsewhere.toStdString(), options);
  QDir().mkpath(folder.filePath("runs"));
  QDir().rename(elsewhere, runFolder(name));
  return runFolder(name);
}

void WindowTest::show() {
  window->resize(1280, 800);
  window->show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(window.get()));
  window->activateWindow();
  ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
}

void WindowTest::open(const QString& path) {
  window->openPaths({path});
  const QString name = QFileInfo(path).fileName();
  ASSERT_TRUE(waitUntil([&] {
    return window->shownSource() && data() && (data()->name == name || name.endsWith(".h5")) &&
           window->isSettled();
  }));
}

void WindowTest::startLiveRun(const QString& name) {
  NewRun run;
  run.folder = runFolder(name);
  started_ << run.folder;
  window->startRun(run);
  ASSERT_TRUE(waitUntil([this] {
    return window->shownSource() && data() && data()->snapshot_steps.size() >= 2;
  })) << messages().toStdString();
}

void WindowTest::press(int key, Qt::KeyboardModifiers modifiers) {
  QTest::keyClick(window.get(), static_cast<Qt::Key>(key), modifiers);
}

void WindowTest::pressHere(int key, Qt::KeyboardModifiers modifiers) {
  ASSERT_NE(QApplication::focusWidget(), nullptr);
  QTest::keyClick(QApplication::focusWidget(), static_cast<Qt::Key>(key), modifiers);
}

void WindowTest::type(const QString& text) {
  ASSERT_NE(QApplication::focusWidget(), nullptr);
  QTest::keyClicks(QApplication::focusWidget(), text);
}

QString WindowTest::messages() const {
  return window->findChild<MessageBar*>()->texts().join('\n');
}

}  // namespace limoe::gui::test
