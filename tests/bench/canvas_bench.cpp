// Time that the canvas spends on building a frame of 64 images of 144 patches, by overlay style,
// and as a ratio to the frame without overlay. Drawing by OpenGL is not counted.
//
//     xvfb-run -a build/canvas_bench
#include <QApplication>
#include <QTest>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "gui/canvas/canvas_widget.h"
#include "gui/window/application.h"
#include "tests/gui/canvas/fake_run_source.h"

namespace {

double medianFrame(limoe::gui::CanvasWidget& canvas) {
  constexpr int kFrames = 31;
  std::vector<double> times;
  for (int i = 0; i < kFrames; ++i) {
    canvas.grabFramebuffer();
    times.push_back(canvas.frameMilliseconds());
  }
  std::nth_element(times.begin(), times.begin() + kFrames / 2, times.end());
  return times[kFrames / 2];
}

}  // namespace

int main(int argc, char** argv) {
  limoe::gui::prepareApplication();
  QApplication application(argc, argv);
  limoe::gui::setUpApplication(application);
  limoe::gui::FakeRunSource source({.samples = 64, .image_size = 96, .text_length = 16});
  limoe::gui::ViewState state;
  limoe::gui::CanvasWidget canvas(state);
  canvas.resize(1000, 700);
  canvas.show();
  canvas.setSource(&source);
  state.showNewest(3);
  QTest::qWait(500);

  state.setOverlayVisible(false);
  const double bare = medianFrame(canvas);
  std::printf("%-10s %8s %8s\n", "overlay", "ms", "ratio");
  std::printf("%-10s %8.2f %8.2f\n", "none", bare, 1.0);
  state.setOverlayVisible(true);
  using Style = limoe::gui::OverlayStyle;
  for (const auto& [name, style] :
       {std::pair("fill", Style::Fill), {"outline", Style::Outline}, {"number", Style::Number}}) {
    state.setOverlayStyle(style);
    const double time = medianFrame(canvas);
    std::printf("%-10s %8.2f %8.2f\n", name, time, time / bare);
  }
  canvas.setSource(nullptr);
  return 0;
}
