// How long the window takes to show a recording, a large one say (tests/bench/large_recording.cpp),
// and whether it stays responsive meanwhile.
//
//     LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a -s "-screen 0 1600x1000x24" build/window_bench RUN [work]
//
// "work": only reading alone, frames, and steps of the time slider. With
//     LP_PERF=no_rast,no_shade,no_tex,no_blend,no_rast_linear
// in front, Mesa's software OpenGL draws next to nothing, so that what it takes is hardly counted;
// that works for "work" alone, which does not look at the pixels.
//
// A step's "clock" ends with the first frame that shows all of it, in the order that the wall had:
// where the wall is sorted by what changes with the step, its new order comes later ("order of
// another step": the whole layer is counted, and other images may come into view).
//
// A picture counts as shown when patches of its first row are on the screen. "Stall" is the
// longest time in which the GUI thread did nothing else, drawing by a software OpenGL included.
// "Frame" is the CPU time of our code in a frame of the canvas, without OpenGL's drawing.
#include <QApplication>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTest>
#include <QTimer>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gui/canvas/canvas_widget.h"
#include "gui/runs/recording_source.h"
#include "gui/window/application.h"
#include "gui/window/main_window.h"

namespace {

using limoe::gui::MainWindow;

double peakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::atof(line.c_str() + 6) / 1024;
    }
  }
  return 0;
}

/// Mean colour of a rectangle that lies within the picture.
std::array<double, 3> meanOf(const QImage& picture, const QRect& rect) {
  std::array<double, 3> sum{};
  for (int y = rect.top(); y <= rect.bottom(); ++y) {
    for (int x = rect.left(); x <= rect.right(); ++x) {
      const QRgb color = picture.pixel(x, y);
      sum[0] += qRed(color);
      sum[1] += qGreen(color);
      sum[2] += qBlue(color);
    }
  }
  for (double& value : sum) {
    value /= rect.width() * rect.height();
  }
  return sum;
}

/// Whether image `sample` is on the screen: some of its patches have their mean colour there.
bool isShown(MainWindow& window, int64_t sample) {
  constexpr double kTolerance = 6;  // filtering, and pixels of neighbours at the patch's sides
  const auto& layout = window.shownSource()->data()->layout;
  const auto probe = window.shownSource()->sample(sample);
  if (!probe) {
    return false;
  }
  const QImage image(probe->images.data(), static_cast<int>(layout.image_width),
                     static_cast<int>(layout.image_height),
                     static_cast<int>(layout.image_width) * 3, QImage::Format_RGB888);
  const QImage frame = window.canvas()->grabFramebuffer();
  const int width = image.width() / static_cast<int>(layout.patch_columns);
  const int height = image.height() / static_cast<int>(layout.patch_rows);
  int alike = 0;
  for (const int64_t patch : {int64_t{0}, layout.patch_columns / 2, layout.patch_columns - 1}) {
    const auto place = window.canvas()->tokenRect({sample, limoe::probe::kImage, patch});
    if (!place) {
      continue;
    }
    const double ratio = frame.devicePixelRatio();
    const QRect rect =
        QRectF(place->topLeft() * ratio, place->size() * ratio).toAlignedRect() & frame.rect();
    const auto wanted = meanOf(image, {static_cast<int>(patch) * width, 0, width, height});
    const auto seen = meanOf(frame, rect);
    const auto is_near = [](double a, double b) { return std::abs(a - b) <= kTolerance; };
    alike += std::equal(wanted.begin(), wanted.end(), seen.begin(), is_near) ? 1 : 0;
  }
  return alike >= 2;
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

/// Images on the screen, of a wall in the order recorded that stands at its beginning.
std::vector<int64_t> imagesInView(MainWindow& window) {
  constexpr int64_t kFirst = 1000;
  std::vector<int64_t> images;
  for (int64_t sample = 0; sample < kFirst; ++sample) {
    if (window.canvas()->tokenRect({sample, limoe::probe::kImage, 0})) {
      images.push_back(sample);
    }
  }
  return images;
}

/// Zooms in until there are at most so many.
void showImages(MainWindow& window, std::size_t most) {
  limoe::gui::CanvasWidget& canvas = *window.canvas();
  for (int turn = 0; turn < 40 && imagesInView(window).size() > most; ++turn) {
    const QPointF corner(canvas.width() / 2.0, 60);
    QWheelEvent wheel(corner, canvas.mapToGlobal(corner), {}, {0, 30}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&canvas, &wheel);
    canvas.scroll(-1e9);
  }
}

void print(const std::string& what, std::vector<double> times) {
  if (times.empty()) {
    std::printf("%-42s none\n", what.c_str());
    return;
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::printf("%-42s median %7.2f   p99 %7.2f   max %7.2f ms   of %zu   %4.0f MB\n", what.c_str(),
              at(0.5), at(0.99), times.back(), times.size(), peakMegabytes());
  std::fflush(stdout);
}

/// Times of the frames that are drawn while `action` runs.
std::vector<double> framesOf(MainWindow& window, const std::function<void()>& action) {
  std::vector<double> times;
  const auto connection = QObject::connect(window.canvas(), &QOpenGLWidget::frameSwapped, [&] {
    times.push_back(window.canvas()->frameMilliseconds());
  });
  action();
  QObject::disconnect(connection);
  return times;
}

/// Whether everything that the canvas shows is what the view asks for.
bool isUpToDate(MainWindow& window) {
  return !window.canvas()->statusText().contains(QStringLiteral("reading"));
}

/// CPU time of this thread: what others do on the machine does not count.
double threadMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

struct Times {
  std::vector<double> clock, processor, canvas;

  void print(const std::string& what) const {
    ::print(what, clock);
    ::print("      GUI thread's processor time", processor);
    ::print("      of it frames of the canvas", canvas);
  }
};

/// From `action` until what it asks for has come and been drawn.
void take(Times& times, MainWindow& window, const std::function<void()>& action) {
  constexpr qint64 kPatienceMs = 20'000;
  double canvas = 0;
  bool drawn = false;
  const auto connection = QObject::connect(window.canvas(), &QOpenGLWidget::frameSwapped, [&] {
    canvas += window.canvas()->frameMilliseconds();
    drawn = true;
  });
  QElapsedTimer time;
  time.start();
  const double begin = threadMilliseconds();
  action();
  window.canvas()->update();
  while ((!drawn || !isUpToDate(window)) && time.elapsed() < kPatienceMs) {
    QTest::qWait(1);
  }
  times.clock.push_back(static_cast<double>(time.nsecsElapsed()) * 1e-6);
  times.processor.push_back(threadMilliseconds() - begin);
  times.canvas.push_back(canvas);
  QObject::disconnect(connection);
}

void measureSteps(MainWindow& window, const char* wall) {
  limoe::gui::ViewState& state = window.viewState();
  const auto data = window.shownSource()->data();
  const auto steps = static_cast<int64_t>(data->snapshot_steps.size());
  Times times, layers;
  for (int64_t layer = 0; layer < data->layout.layers; ++layer) {
    take(layers, window, [&] { state.setLayer(layer); });
    for (int64_t step = 1; step <= steps && steps > 1; ++step) {
      take(times, window, [&] { state.setSnapshot(step % steps); });
    }
  }
  layers.print(std::string("another layer, ") + wall);
  times.print(std::string("step of the time slider, ") + wall);
}

void measureFrames(MainWindow& window, const char* wall) {
  const auto at_rest = framesOf(window, [&] {
    for (int frame = 0; frame < 60; ++frame) {
      window.canvas()->update();
      QTest::qWait(5);
    }
  });
  print(std::string("frame at rest, ") + wall, at_rest);
  const auto scrolling = framesOf(window, [&] {
    for (int frame = 0; frame < 300; ++frame) {
      window.canvas()->scroll(0.15);
      QTest::qWait(5);
    }
  });
  print(std::string("frame while scrolling, ") + wall, scrolling);
  const auto jumping = framesOf(window, [&] {
    for (int screen = 0; screen < 40; ++screen) {
      window.canvas()->scroll(7);
      QTest::qWait(120);
    }
  });
  print(std::string("frame after a jump, ") + wall, jumping);
  window.canvas()->scroll(-1e9);
}

/// Waits until `piece` of each sample is there; returns milliseconds.
double timeUntilRead(const std::vector<int64_t>& samples,
                     const std::function<bool(int64_t)>& piece) {
  QElapsedTimer time;
  time.start();
  // All are asked for each time: what nobody asks for again is not read.
  const auto all_there = [&] {
    return std::count_if(samples.begin(), samples.end(), piece) == std::ssize(samples);
  };
  while (!all_there()) {
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
  }
  return static_cast<double>(time.nsecsElapsed()) * 1e-6;
}

/// The reader alone, without a window: 64 samples of a layer and step, as little of them as the
/// wall needs, and everything that was not read before; then their images.
void measureReading(const char* run) {
  constexpr int64_t kSamples = 64;
  limoe::gui::RecordingSource source(std::make_shared<limoe::gui::ReaderThread>(), run);
  if (!QTest::qWaitFor([&] { return source.data() && source.isIdle(); }, 20'000)) {
    return;
  }
  const auto data = source.data();
  const int64_t samples_there = std::min(kSamples, data->layout.samples);
  std::mt19937_64 random(5);
  const auto any = [&] {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(data->layout.samples));
  };
  for (const bool scattered : {false, true}) {
    std::vector<double> choices, processor, decisions, images;
    for (int64_t layer = 0; layer < data->layout.layers; ++layer) {
      for (int64_t step = 0; step < std::ssize(data->snapshot_steps); ++step) {
        std::vector<int64_t> samples;
        const int64_t first = std::min(any(), data->layout.samples - samples_there);
        for (int64_t i = 0; i < samples_there; ++i) {
          samples.push_back(scattered ? any() : first + i);
        }
        const std::clock_t begin = std::clock();
        choices.push_back(timeUntilRead(
            samples, [&](int64_t n) { return source.choices(step, layer, n) != nullptr; }));
        processor.push_back(static_cast<double>(std::clock() - begin) * 1e3 / CLOCKS_PER_SEC);
        decisions.push_back(timeUntilRead(
            samples, [&](int64_t n) { return source.decisions(step, layer, n) != nullptr; }));
        images.push_back(
            timeUntilRead(samples, [&](int64_t n) { return source.sample(n) != nullptr; }));
      }
    }
    const std::string which = scattered ? ", all over the run" : ", neighbours";
    print("read: choices of 64 images" + which, choices);
    print("      processor time of it", processor);
    print("read: all of their decisions" + which, decisions);
    print("read: the 64 images" + which, images);
  }
}

/// As a user works with 64 images in view and the overlay on: as recorded, and in another order.
void measureWork(MainWindow& window) {
  limoe::gui::ViewState& state = window.viewState();
  window.canvas()->scroll(-1e9);
  state.setOverlayVisible(true);
  showImages(window, 64);
  const auto& layout = window.shownSource()->data()->layout;
  std::printf("\n%zu images of %lld patches in view, overlay on\n", imagesInView(window).size(),
              static_cast<long long>(layout.patches()));
  measureFrames(window, "as recorded");
  measureSteps(window, "as recorded");
  state.setLayer(0);
  state.toggleSelectedExpert(0);
  const auto is_ordered = [&] {
    return window.canvas()->statusText().contains(QStringLiteral("order: share of"));
  };
  measure(
      "ordered by share of e0", [&] { state.setWallOrder(limoe::gui::WallOrder::ExpertShare); },
      is_ordered);
  Times first_screen, orders;
  take(first_screen, window, [] {});
  first_screen.print("its first screen");
  measureFrames(window, "sorted");
  measureSteps(window, "sorted");
  for (int64_t step = 0; step < std::ssize(window.shownSource()->data()->snapshot_steps); ++step) {
    measure(
        "order of another step", [&] { state.setSnapshot(step); },
        [&] { return is_ordered() && isUpToDate(window); });
  }
  state.setWallOrder(limoe::gui::WallOrder::Recorded);
}

}  // namespace

namespace {

void measureOpening(MainWindow& window, const char* run) {
  const auto settled = [&] {
    window.canvas()->grabFramebuffer();  // the views ask for what they need while they draw
    return window.isSettled();
  };
  measure(
      "open to the first picture", [&] { window.openPaths({run}); },
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
      "another layer",
      [&] { window.viewState().setLayer(window.shownSource()->data()->layout.layers / 2); },
      settled);
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
}

bool measureWindow(const char* run, bool work_only) {
  limoe::gui::WindowOptions options;
  options.sessions = false;  // that of an earlier run would change what is shown
  MainWindow window(options);
  window.resize(1600, 1000);
  window.show();
  window.viewState().setOverlayVisible(false);
  if (!QTest::qWaitForWindowExposed(&window)) {
    return false;
  }
  if (work_only) {
    window.openPaths({run});
    if (!QTest::qWaitFor([&] { return window.shownSource() && window.isSettled(); }, 20'000)) {
      return false;
    }
  } else {
    measureOpening(window, run);
  }
  measureWork(window);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  limoe::gui::prepareApplication();
  QApplication application(argc, argv);
  limoe::gui::setUpApplication(application);
  const bool work_only = argc == 3 && std::string(argv[2]) == "work";
  if (argc != 2 && !work_only) {
    std::fprintf(stderr, "usage: window_bench RUN [work]\n");
    return 2;
  }
  measureReading(argv[1]);
  return measureWindow(argv[1], work_only) ? 0 : 1;
}
