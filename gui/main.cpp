// limoe-scope: sees what the experts of a LIMoE model have specialised in.
#include <dlfcn.h>

#include <QApplication>
#include <QSettings>
#include <cstdio>

#include "gui/window/application.h"
#include "gui/window/command_line.h"
#include "gui/window/demo.h"
#include "gui/window/main_window.h"
#include "gui/window/screenshot.h"

namespace {

constexpr int kWrongArguments = 2;

/// Whether the X server of $DISPLAY answers; Qt aborts the program where it does not.
bool xServerAnswers() {
  void* xcb = dlopen("libxcb.so.1", RTLD_NOW);
  if (xcb == nullptr) {
    return false;
  }
  const auto open = reinterpret_cast<void* (*)(const char*, int*)>(dlsym(xcb, "xcb_connect"));
  const auto fault = reinterpret_cast<int (*)(void*)>(dlsym(xcb, "xcb_connection_has_error"));
  const auto close = reinterpret_cast<void (*)(void*)>(dlsym(xcb, "xcb_disconnect"));
  void* connection = open(nullptr, nullptr);
  const bool answers = fault(connection) == 0;
  close(connection);
  return answers;
}

/// Qt's platforms without a screen have no OpenGL, so no canvas either.
bool hasDisplay() {
  const QByteArray platform = qgetenv("QT_QPA_PLATFORM");
  if (platform.startsWith("offscreen") || platform.startsWith("minimal")) {
    return false;
  }
  if (!qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY")) {
    return true;
  }
  return !qEnvironmentVariableIsEmpty("DISPLAY") && xServerAnswers();
}

limoe::gui::CommandLine readArguments(int argc, char** argv) {
  // The parser wants an application; which kind of one is needed it has to tell first.
  const QCoreApplication core(argc, argv);
  QCoreApplication::setApplicationName("limoe-scope");
  return limoe::gui::parseCommandLine(core.arguments());
}

int showWindow(QApplication& application, const limoe::gui::CommandLine& line) {
  limoe::gui::WindowOptions options;
  options.runs_folder = line.runs_folder;
  options.worker_program = line.worker_program;
  if (line.screenshot.isEmpty()) {
    // A screenshot shows the default layout, whatever the user has made of the window and the run.
    options.settings_file = QSettings(QSettings::IniFormat, QSettings::UserScope,
                                      application.organizationName(), application.applicationName())
                                .fileName();
  }
  options.sessions = line.screenshot.isEmpty();
  options.appearance = line.appearance;
  limoe::gui::MainWindow window(options);
  if (line.compare) {
    window.comparePaths(line.paths);
  } else {
    window.openPaths(line.paths);
  }
  if (line.demo) {
    const limoe::gui::DemoFolder demo = limoe::gui::chooseDemoFolder(line.runs_folder);
    if (demo.is_training) {
      window.openPaths({demo.path});
    } else {
      window.startRun(limoe::gui::demoRun(demo.path));
    }
  }
  if (line.screenshot.isEmpty()) {
    window.show();
    return application.exec();
  }
  window.resize(line.size);
  window.show();
  const limoe::gui::Screenshot screenshot(window, line);
  return application.exec();
}

}  // namespace

int main(int argc, char** argv) {
  const limoe::gui::CommandLine line = readArguments(argc, argv);
  if (!line.to_print.isEmpty()) {
    std::fputs(qUtf8Printable(line.to_print), stdout);
    return 0;
  }
  if (!line.fault.isEmpty()) {
    std::fprintf(stderr, "limoe-scope: %s\nTry limoe-scope --help.\n", qUtf8Printable(line.fault));
    return kWrongArguments;
  }
  if (!hasDisplay()) {
    if (line.demo) {
      return limoe::gui::runDemoWithoutDisplay(line, argc, argv);
    }
    std::fputs(
        "limoe-scope: there is no display. On a machine without one, run it in a virtual one:\n"
        "  xvfb-run -a limoe-scope --screenshot FILE runs/demo\n"
        "or train and draw figures without a window: limoe-scope --demo\n",
        stderr);
    return 1;
  }
  limoe::gui::prepareApplication();
  QApplication application(argc, argv);
  limoe::gui::setUpApplication(application);
  return showWindow(application, line);
}
