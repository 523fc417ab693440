#include "gui/window/screenshot.h"

#include <QCoreApplication>
#include <QPixmap>
#include <cstdio>

#include "gui/window/main_window.h"

namespace limoe::gui {
namespace {

constexpr int kLookMs = 60;
/// The views ask for what they need while they draw: only a few quiet looks in a row mean that
/// nothing is missing any more.
constexpr int kQuietLooks = 6;
constexpr qint64 kLongestWaitMs = 120'000;

}  // namespace

Screenshot::Screenshot(MainWindow& window, const CommandLine& line)
    : QObject(&window), window_(window), line_(line) {
  connect(&window, &MainWindow::openFailed, this, &Screenshot::fail);
  connect(&timer_, &QTimer::timeout, this, &Screenshot::look);
  timer_.start(kLookMs);
  waited_.start();
}

void Screenshot::look() {
  if (waited_.elapsed() > kLongestWaitMs) {
    fail("the recording could not be drawn within two minutes");
    return;
  }
  if (!window_.isSettled()) {
    quiet_looks_ = 0;
    return;
  }
  if (!view_applied_) {
    view_applied_ = true;
    if (!applyView()) {
      return;
    }
  }
  window_.redraw();
  if (++quiet_looks_ > kQuietLooks) {
    timer_.stop();
    save();
  }
}

bool Screenshot::applyView() {
  const QString fault = window_.showStepAndLayer(line_.step, line_.layer);
  if (!fault.isEmpty()) {
    fail(fault);
  }
  return fault.isEmpty();
}

void Screenshot::fail(const QString& message) {
  timer_.stop();
  std::fprintf(stderr, "limoe-scope: %s\n", qUtf8Printable(message));
  QCoreApplication::exit(1);
}

void Screenshot::save() {
  if (!window_.grab().save(line_.screenshot, "PNG")) {
    fail(QString("cannot write %1: is the folder there, and may you write to it?")
             .arg(line_.screenshot));
    return;
  }
  QCoreApplication::exit(0);
}

}  // namespace limoe::gui
