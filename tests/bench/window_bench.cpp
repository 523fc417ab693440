// How long the window takes to show a large recording (tests/bench/large_recording.cpp), and
// whether it stays responsive meanwhile.
//
//     LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a build/window_bench RUN
//
// A picture counts as shown when the pixels of its first patch are on the screen. "Stall" is the
// longest time in which the GUI thread did nothing else.
#include <QApplication>
#include <QElapsedTimer>
#include <QTest>
#include <QTimer>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include "gui/canvas/canvas_widget.h"
#include "gui/window/application.h"
#include "gui/window/main_window.h"
#include "tests/bench/large_probe.h"

namespace {

using limoe::gui::MainWindow;
namespace bench = limoe::probe::bench;

double peakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::atof(line.c_str() + 6) / 1024;
    }
  }
  return 0;
}

/// Whether image `sample` is on the screen: the colour of a patch at its middle.
bool isShown(MainWindow& window, int64_t sample) {
  constexpr int64_t kPatch = 0;
  constexpr int kTolerance = 8;  // the image's noise, and filtering
  const auto rect = window.canvas()->tokenRect({sample, limoe::probe::kImage, kPatch});
  if (!rect) {
    return false;
  }
  bench::LargeSizes sizes;
  const auto image = bench::largeImages(sizes, sample, 1);
  const int64_t width = sizes.patch_columns * sizes.patch_pixels;
  const auto middle =
      static_cast<std::size_t>((sizes.patch_pixels / 2 * width + sizes.patch_pixels / 2) * 3);
  const QImage frame = window.canvas()->grabFramebuffer();
  const QColor color = frame.pixelColor((rect->center() * frame.devicePixelRatio()).toPoint());
  return std::abs(color.red() - image[middle]) <= kTolerance &&
         std::abs(color.green() - image[middle + 1]) <= kTolerance &&
         std::abs(color.blue() - image[middle + 2]) <= kTolerance;
}

/// Does `action` and prints how long it took until `done`, and the longest stall.
void measure(const char* what, const std::function<void()>& action,
             const std::function<bool()>& done) {
  constexpr qint64 kPatienceMs = 60'000;
  qint64 stall = 0;
  QElapsedTimer since_beat;
  QTimer beat;
  QObject::connect(&beat, &QTimer::timeout, [&] { stall = std::max(stall, since_beat.restart()); });
  since_beat.start();
  beat.start(0);
  QElapsedTimer time;
  time.start();
  action();
  stall = std::max(stall, since_beat.restart());
  while (!done() && time.elapsed() < kPatienceMs) {
    since_beat.restart();  // looking at the screen is not the window's doing
    QTest::qWait(2);
  }
  std::printf("%-28s %6lld ms   stall %4lld ms   %4.0f MB%s\n", what,
              static_cast<long long>(time.elapsed()), static_cast<long long>(stall),
              peakMegabytes(), time.elapsed() >= kPatienceMs ? "   NOT DONE" : "");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  limoe::gui::prepareApplication();
  QApplication application(argc, argv);
  limoe::gui::setUpApplication(application);
  if (argc != 2) {
    std::fprintf(stderr, "usage: window_bench RUN\n");
    return 2;
  }
  MainWindow window({});
  window.resize(1600, 1000);
  window.show();
  window.viewState().setOverlayVisible(false);
  if (!QTest::qWaitForWindowExposed(&window)) {
    return 1;
  }
  const auto settled = [&] {
    window.canvas()->grabFramebuffer();  // the views ask for what they need while they draw
    return window.isSettled();
  };
  measure(
      "open to the first picture", [&] { window.openPaths({argv[1]}); },
      [&] { return window.shownSource() && window.shownSource()->data() && isShown(window, 0); });
  measure(
      "everything of it read", [] {}, settled);
  const int64_t last = window.shownSource()->data()->layout.samples - 1;
  measure(
      "to the last image", [&] { window.canvas()->scroll(1e9); },
      [&] { return isShown(window, last); });
  measure(
      "the rest of that screen", [] {}, settled);
  measure(
      "another layer", [&] { window.viewState().setLayer(7); }, settled);
  measure(
      "another step", [&] { window.viewState().setSnapshot(0); }, settled);
  measure(
      "back to the first image", [&] { window.canvas()->scroll(-1e9); },
      [&] { return isShown(window, 0); });
  measure(
      "200 screens in a row",
      [&] {
        for (int i = 0; i < 200; ++i) {
          window.canvas()->scroll(1);
          QTest::qWait(10);
        }
      },
      settled);
  return 0;
}
