// Goes through everything that can be looked at in a run, as a user might, and says how long each
// thing took until it was there and which event held the GUI thread longest meanwhile (CPU time).
// For runs too large for a test; a picture of each station is saved where a folder is given.
//
//     LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a -s "-screen 0 1600x1000x24" build/window_tour RUN [DIR]
//
// With a software OpenGL the events that draw are long for its sake; the frame's own time ("frame")
// says how much of that is ours.
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QMetaEnum>
#include <QPushButton>
#include <QScrollBar>
#include <QTest>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <utility>

#include "gui/canvas/canvas_widget.h"
#include "gui/inspect/digests.h"
#include "gui/inspect/layer_view.h"
#include "gui/inspect/token_similar_view.h"
#include "gui/window/application.h"
#include "gui/window/main_window.h"

namespace {

using limoe::gui::CanvasMode;
using limoe::gui::LayerView;
using limoe::gui::MainWindow;
using limoe::gui::OverlayColor;
using limoe::gui::TokenFilter;
using limoe::gui::TokenRef;
using limoe::gui::WallOrder;

/// CPU time of this thread: what others do on the machine does not count.
double threadMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

/// Knows which event took longest since it was last asked.
class TimedApplication : public QApplication {
 public:
  using QApplication::QApplication;

  bool notify(QObject* receiver, QEvent* event) override {
    if (depth_ > 0) {
      return QApplication::notify(receiver, event);
    }
    // Either may be gone afterwards.
    const std::string name = receiver->metaObject()->className();
    const int type = event->type();
    const double begin = threadMilliseconds();
    ++depth_;
    const bool accepted = QApplication::notify(receiver, event);
    --depth_;
    const double took = threadMilliseconds() - begin;
    const bool draws =
        type == QEvent::UpdateRequest || type == QEvent::Expose || type == QEvent::Paint;
    auto& longest = draws ? longest_drawing_ : longest_other_;
    if (took > longest.first) {
      const char* known = QMetaEnum::fromType<QEvent::Type>().valueToKey(type);
      longest = {took, name + (known ? std::string(" ") + known : std::string())};
    }
    return accepted;
  }

  /// Milliseconds and receiver with event.
  using Longest = std::pair<double, std::string>;
  Longest takeDrawing() { return std::exchange(longest_drawing_, {}); }
  Longest takeOther() { return std::exchange(longest_other_, {}); }

 private:
  int depth_ = 0;
  Longest longest_drawing_, longest_other_;
};

class Tour {
 public:
  Tour(TimedApplication& application, MainWindow& window, QString pictures)
      : application_(application), window_(window), pictures_(std::move(pictures)) {
    QObject::connect(window.canvas(), &QOpenGLWidget::frameSwapped, &window,
                     [this] { frame_ = std::max(frame_, window_.canvas()->frameMilliseconds()); });
  }

  /// Does `action` and waits until `done` and everything has been read.
  void visit(
      const char* name, const std::function<void()>& action,
      const std::function<bool()>& done = [] { return true; }) {
    constexpr qint64 kPatienceMs = 120'000;
    application_.takeDrawing();
    application_.takeOther();
    frame_ = 0;
    QElapsedTimer time;
    time.start();
    const double begin = threadMilliseconds();
    action();
    const double acted = threadMilliseconds() - begin;
    bool was_done = false;
    while (!was_done && time.elapsed() < kPatienceMs) {
      QTest::qWait(4);
      was_done = done() && isSettled();
    }
    const auto other = application_.takeOther();
    const auto drawing = application_.takeDrawing();
    std::printf("%-30s %6lld ms   act %5.0f   event %5.0f %-38s draw %5.0f   frame %5.1f%s\n", name,
                static_cast<long long>(time.elapsed()), acted, other.first, other.second.c_str(),
                drawing.first, frame_, was_done ? "" : "   NOT DONE");
    std::fflush(stdout);
    if (!pictures_.isEmpty()) {
      QTest::qWait(250);
      window_.grab().save(QString("%1/%2-%3.png")
                              .arg(pictures_)
                              .arg(++stations_, 2, 10, QChar('0'))
                              .arg(QString(name).replace(' ', '_').replace('/', '_')));
    }
  }

  void raise(const char* dock) { window_.findChild<QDockWidget*>(dock)->raise(); }
  bool says(const char* words) const {
    return window_.canvas()->statusText().contains(QString::fromUtf8(words));
  }
  void showNewest() {
    state().setFollowsNewest(true);
    state().showNewest(std::ssize(window_.shownSource()->data()->snapshot_steps));
  }
  MainWindow& window() { return window_; }
  limoe::gui::ViewState& state() { return window_.viewState(); }

 private:
  bool isSettled() const {
    return window_.isSettled() && !says("reading") && !says("ordering") && !says("looking") &&
           !says("counting");
  }

  TimedApplication& application_;
  MainWindow& window_;
  QString pictures_;
  int stations_ = 0;
  double frame_ = 0;
};

void visitWall(Tour& tour) {
  auto& state = tour.state();
  tour.visit("overlay off and on", [&] { state.setOverlayVisible(false); });
  tour.visit("overlay on", [&] { state.setOverlayVisible(true); });
  tour.visit("the wall's end", [&] { tour.window().canvas()->scroll(1e9); });
  tour.visit("the wall's middle", [&] {
    tour.window().canvas()->scroll(-1e9);
    tour.window().canvas()->scroll(300);
  });
  tour.visit("the wall's beginning", [&] { tour.window().canvas()->scroll(-1e9); });
  tour.visit("layer 8", [&] { state.setLayer(7); });
  tour.visit("first step", [&] { state.setSnapshot(0); });
  tour.visit("newest step", [&] { tour.showNewest(); });
  for (const auto& [name, color] : {std::pair("colour by gate", OverlayColor::Gate),
                                    {"colour by margin", OverlayColor::Margin},
                                    {"colour by flips", OverlayColor::Flips},
                                    {"colour by expert", OverlayColor::FirstChoice}}) {
    tour.visit(name, [&] { state.setOverlayColor(color); });
  }
}

void visitOrders(Tour& tour) {
  auto& state = tour.state();
  tour.visit(
      "order: dropped", [&] { state.setWallOrder(WallOrder::Dropped); },
      [&] { return tour.says("order: dropped"); });
  tour.visit("scrolled 100 screens", [&] { tour.window().canvas()->scroll(100); });
  tour.visit("another layer of it", [&] { state.setLayer(2); });
  tour.visit("another step of it", [&] { state.setSnapshot(0); });
  tour.visit(
      "order: a word", [&] { state.setWallOrder(WallOrder::Word, "the"); },
      [&] { return tour.says("order: captions"); });
  tour.visit(
      "order: share of expert 3",
      [&] {
        state.toggleSelectedExpert(3);
        state.setWallOrder(WallOrder::ExpertShare);
      },
      [&] { return tour.says("order: share"); });
  tour.visit("flips of it", [&] { state.setOverlayColor(OverlayColor::Flips); });
  state.setOverlayColor(OverlayColor::FirstChoice);
  tour.visit("order: entropy", [&] { state.setWallOrder(WallOrder::Entropy); });
  tour.visit("as recorded", [&] { state.setWallOrder(WallOrder::Recorded); });
  state.toggleSelectedExpert(3);
  tour.showNewest();
}

void visitFilters(Tour& tour) {
  auto& state = tour.state();
  const auto filter = [&](const char* name, const TokenFilter& wanted) {
    tour.visit(
        name, [&] { state.setFilter(wanted); }, [&] { return tour.says("images"); });
  };
  TokenFilter wanted;
  wanted.word = "the";
  filter("filter: word", wanted);
  wanted = {};
  wanted.expert = 3;
  filter("filter: expert", wanted);
  wanted = {};
  wanted.dropped = true;
  filter("filter: dropped", wanted);
  wanted = {};
  wanted.gate_below = 0.2;
  filter("filter: gate below 0.2", wanted);
  wanted = {};
  wanted.label = 1;
  filter("filter: label", wanted);
  wanted.expert = 5;
  wanted.dropped = true;
  filter("filter: label, expert, dropped", wanted);
  tour.visit("gallery under the filter", [&] {
    state.toggleSelectedExpert(5);
    tour.raise("galleryDock");
  });
  state.toggleSelectedExpert(5);
  tour.visit("no filter", [&] { state.setFilter({}); });
}

void visitModes(Tour& tour) {
  auto& state = tour.state();
  tour.visit("all layers of an image", [&] {
    state.setShownSample(43'210 % tour.window().shownSource()->data()->layout.samples);
    state.setCanvasMode(CanvasMode::Layers);
  });
  tour.visit("all steps of it", [&] { state.setCanvasMode(CanvasMode::Steps); });
  tour.visit("its flips", [&] { state.setOverlayColor(OverlayColor::Flips); });
  state.setOverlayColor(OverlayColor::FirstChoice);
  tour.visit("the wall again", [&] { state.setCanvasMode(CanvasMode::Wall); });
}

void visitPanels(Tour& tour) {
  auto& state = tour.state();
  tour.visit("a patch", [&] {
    state.setSelectedToken(TokenRef{12, limoe::probe::kImage, 30});
    tour.raise("tokenDock");
  });
  auto* similar = tour.window().findChild<limoe::gui::TokenSimilarView*>();
  auto* find = similar->findChild<QPushButton*>("findSimilar");
  tour.visit(
      "the patches most like it", [&] { find->click(); },
      [&] { return !similar->isSearching() && similar->found(); });
  tour.visit("a word", [&] { state.setSelectedToken(TokenRef{12, limoe::probe::kText, 3}); });
  tour.visit(
      "an expert's gallery",
      [&] {
        state.toggleSelectedExpert(7);
        tour.raise("galleryDock");
      },
      [&] { return tour.window().digests().progress() >= 1; });
  auto* layers = tour.window().findChild<LayerView*>();
  tour.visit("layer view", [&] { tour.raise("layerDock"); });
  for (const auto& [name, page] : {std::pair("flow", LayerView::kFlow),
                                   {"coactivation", LayerView::kCoactivation},
                                   {"measures", LayerView::kMeasures},
                                   {"trend", LayerView::kTrend}}) {
    tour.visit(
        name, [&] { layers->setPage(page); },
        [&] { return tour.window().digests().progress() >= 1; });
  }
  tour.visit("what if", [&] { tour.raise("whatIfDock"); });
  tour.visit("curves", [&] { tour.raise("curvesDock"); });
  state.clearSelection();
}

}  // namespace

int main(int argc, char** argv) {
  limoe::gui::prepareApplication();
  TimedApplication application(argc, argv);
  limoe::gui::setUpApplication(application);
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: window_tour RUN [DIR]\n");
    return 2;
  }
  limoe::gui::WindowOptions options;
  options.sessions = false;
  MainWindow window(options);
  window.resize(1600, 1000);
  window.show();
  if (!QTest::qWaitForWindowExposed(&window)) {
    return 1;
  }
  Tour tour(application, window, argc > 2 ? QString(argv[2]) : QString());
  tour.visit(
      "open", [&] { window.openPaths({argv[1]}); },
      [&] { return window.shownSource() && window.shownSource()->data(); });
  visitWall(tour);
  visitOrders(tour);
  visitFilters(tour);
  visitModes(tour);
  visitPanels(tour);
  return 0;
}
