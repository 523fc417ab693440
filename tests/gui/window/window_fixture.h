// A window with a runs folder of its own that nothing outlives.
#pragma once

#include <gmock/gmock.h>

#include <QTemporaryDir>
#include <functional>
#include <memory>

#include "gui/canvas/canvas_widget.h"
#include "gui/window/main_window.h"
#include "tests/recording/synthetic_recording.h"

namespace limoe::gui::test {

/// Runs the event loop until `condition` holds; false where it does not within `ms`.
bool waitUntil(const std::function<bool()>& condition, int ms = 10'000);

/// Sends SIGKILL to the fake worker of that run, as if the system had run out of memory.
void killWorker(const QString& run_folder);

class WindowTest : public testing::Test {
 protected:
  WindowTest();
  ~WindowTest() override;

  /// A finished synthetic run in the runs folder: 5 snapshots (steps 0, 25, … 100), 2 layers,
  /// 4 experts.
  QString makeRun(const QString& name, const probe::test::SyntheticOptions& options = {});
  void show();
  /// Opens and waits until it is drawn.
  void open(const QString& path);
  /// Starts the fake worker in the runs folder and waits for its first snapshots.
  void startLiveRun(const QString& name);
  void press(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
  /// To whatever has the keyboard, as a user's key does.
  void pressHere(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
  void type(const QString& text);
  template <typename T>
  T* find(const char* name) const {
    return window->findChild<T*>(name);
  }
  QString runFolder(const QString& name) const;
  QString messages() const;  ///< of the message bar, joined

  std::shared_ptr<const RunData> data() const { return window->shownSource()->data(); }

  QTemporaryDir folder;
  std::unique_ptr<MainWindow> window;
  QStringList started_;
};

}  // namespace limoe::gui::test
