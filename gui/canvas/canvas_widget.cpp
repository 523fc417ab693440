#include "gui/canvas/canvas_widget.h"

#include <QApplication>
#include <QFontInfo>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QPalette>
#include <QPointer>
#include <QStringList>
#include <QTimer>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>

#include "gui/canvas/canvas_input.h"
#include "gui/canvas/canvas_notes.h"
#include "gui/canvas/canvas_scene.h"
#include "gui/canvas/imgui_host.h"
#include "gui/canvas/tool_strip.h"

namespace limoe::gui {
namespace {

/// ImGui answers input one frame late (hover, sizes of new windows).
constexpr int kFramesAfterInput = 2;
constexpr float kMostStrip = 0.45F;  ///< of the canvas' height

/// CPU time of this thread: what others do on the machine does not count.
double threadMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

}  // namespace

struct CanvasWidget::State {
  State(CanvasWidget& canvas, ViewState& state)
      : widget(canvas),
        view_state(state),
        host(canvas),
        scene(state, host),
        input(canvas, state, scene, host) {}

  CanvasWidget& widget;
  ViewState& view_state;
  QPointer<Digests> digests;
  ImGuiHost host;
  CanvasScene scene;
  CanvasInput input;
  StripMemory strip;
  StatusTexts status;
  double strip_height = 40;
  bool may_fit = true;  ///< until the first quiet frame after the widget got another size
  bool held = false;    ///< bars above it come or go: images keep their place in the window
  QPoint origin;        ///< in the window
  int seen_width = 0;
  int frames_wanted = 0;
  bool watches_clicks = false;
  double frame_milliseconds = 0;
  QMetaObject::Connection context_dies;
  std::optional<WallPlace> wanted_place;  ///< of the wall, once there is one
  WallPlace given_place;                  ///< the one before, and the view that came of it
  std::optional<WallView> given_view;

  void requestFrames(int frames = kFramesAfterInput) {
    frames_wanted = std::max(frames_wanted, frames);
    widget.update();
  }

  /// Between strip and status line.
  void updateArea() {
    if (scene.hasWall()) {
      status = scene.status();
    }
    const auto font_pixels = static_cast<float>(QFontInfo(widget.font()).pixelSize());
    const double below =
        scene.hasWall() ? static_cast<double>(statusLineHeight(font_pixels, status)) : 0;
    scene.setArea({0, strip_height, static_cast<double>(widget.width()),
                   std::max(1.0, widget.height() - strip_height - below)},
                  may_fit && !held);
  }

  QPoint placeInWindow() const { return widget.mapTo(widget.window(), QPoint(0, 0)); }

  /// Where a bar above it made it lower or higher, images stay where they are in the window, whole
  /// or not; where the user made room for it or took some, what was fitted is so again.
  void resized() {
    const bool by_bars = widget.width() == seen_width && placeInWindow().y() != origin.y();
    if (by_bars && !held) {
      held = true;  // until the layouts have done what they have posted
      QTimer::singleShot(0, &widget, [this] {
        keepPlace();
        held = false;
      });
    }
    if (held) {
      return keepPlace();
    }
    may_fit = true;
    updateArea();
    origin = placeInWindow();
    seen_width = widget.width();
  }

  void keepPlace() {
    updateArea();
    const QPoint before = std::exchange(origin, placeInWindow());
    scene.shift(before - origin);
    requestFrames();
  }

  void fit() {
    if (scene.hasWall()) {
      updateArea();
      scene.camera().fit(scene.run().layout, scene.area());
    }
  }

  void showActualSize() {
    if (scene.hasWall()) {
      updateArea();
      scene.camera().zoomTo(1 / widget.devicePixelRatioF(), scene.area().center(),
                            scene.run().layout, scene.area());
    }
  }

  void placeWall() {
    if (!wanted_place || scene.views().mode() != CanvasMode::Wall || scene.isEmpty()) {
      return;
    }
    given_place = *std::exchange(wanted_place, std::nullopt);
    WallCamera& camera = scene.camera();
    const probe::Layout& layout = scene.run().layout;
    if (given_place.columns) {
      camera.setColumns(given_place.columns, layout, scene.area());
    }
    if (given_place.zoom) {
      camera.zoomTo(*given_place.zoom, scene.area().center(), layout, scene.area());
      camera.moveTo(scene.area().center() - given_place.middle * camera.view().zoom, layout,
                    scene.area());
    }
    given_view = camera.view();
  }

  WallPlace wallPlace() const {
    if (wanted_place) {
      return *wanted_place;
    }
    const WallCamera& camera = scene.wallCamera();
    const WallView& view = camera.view();
    WallPlace place{camera.chosenColumns(), std::nullopt, {}};
    if (!camera.isFitted()) {
      place.zoom = view.zoom;
      place.middle = view.toWall(scene.area().center());
    }
    const bool still = given_view && given_view->offset == view.offset &&
                       given_view->zoom == view.zoom && given_place.columns == place.columns &&
                       given_place.zoom.has_value() == place.zoom.has_value();
    return still ? given_place : place;
  }

  // ---- drawing

  void paint() {
    const double begin = threadMilliseconds();
    if (!held) {
      origin = placeInWindow();
    }
    clearBackground();
    host.beginFrame();
    StripRequests requests;
    if (scene.hasWall()) {
      paintWall(requests);
    } else {
      updateArea();
      drawNotice(host, scene.notice(), widget.size());
    }
    frame_milliseconds = threadMilliseconds() - begin;
    host.endFrame();
    watchOtherClicks();
    carryOut(requests);
    if (scene.textures().needsFrame() || --frames_wanted > 0) {
      widget.update();
    } else if (scene.hasWall()) {
      may_fit = false;
    }
    frames_wanted = std::max(frames_wanted, 0);
  }

  /// A list of the strip closes wherever else in the program one clicks; ImGui hears of clicks on
  /// the canvas alone.
  void watchOtherClicks() {
    if (std::exchange(watches_clicks, host.hasPopup()) == host.hasPopup()) {
      return;
    }
    if (watches_clicks) {
      QApplication::instance()->installEventFilter(&widget);
    } else {
      QApplication::instance()->removeEventFilter(&widget);
    }
  }

  void paintWall(StripRequests& requests) {
    const auto width = static_cast<float>(widget.width());
    const SampleViews views = scene.views();
    const StripFacts facts{views.mode(),   scene.camera().columns(), views.count(),
                           views.sample(), scene.flipsEnd(),         scene.flipsStanding()};
    strip_height =
        static_cast<double>(drawToolStrip(width, kMostStrip * static_cast<float>(widget.height()),
                                          scene.run(), view_state, facts, strip, requests));
    updateArea();
    placeWall();
    const auto hovered = input.hovered();
    if (scene.isEmpty()) {
      paintEmpty(requests);
    } else {
      scene.draw(*ImGui::GetBackgroundDrawList(), widget.palette(), hovered);
    }
    status = scene.status();
    drawStatusLine(static_cast<float>(widget.height()), width, status);
    const auto readout = hovered ? scene.readout(*hovered) : std::nullopt;
    if (readout) {
      drawReadout(*readout, view_state.colorOfExpert(readout->expert, scene.run().layout.experts),
                  *input.pointer(), widget.size());
    }
  }

  void paintEmpty(StripRequests& requests) {
    const float below = drawNotice(host, scene.notice(), widget.size());
    if (scene.views().mode() == CanvasMode::Wall &&
        drawNoticeButton("Clear the filter", "Show all images and tokens again", below,
                         widget.size())) {
      requests.state_changes.emplace_back([this] { view_state.setFilter({}); });
    }
  }

  void clearBackground() const {
    const QColor color = canvasBackground(widget.palette());
    QOpenGLFunctions* gl = QOpenGLContext::currentContext()->functions();
    gl->glClearColor(static_cast<float>(color.redF()), static_cast<float>(color.greenF()),
                     static_cast<float>(color.blueF()), 1);
    gl->glClear(GL_COLOR_BUFFER_BIT);
  }

  /// After the frame and outside painting: other views answer to these changes.
  void carryOut(const StripRequests& requests) {
    if (requests.columns || requests.fit) {
      scene.camera().setColumns(requests.columns, scene.run().layout, scene.area());
    }
    if (requests.actual_size) {
      showActualSize();
    }
    if (requests.stop_flips) {
      scene.flips().stop();
    }
    if (requests.go_on_flips) {
      scene.flips().goOn();
    }
    if (requests.columns || requests.fit || requests.actual_size) {
      requestFrames();
    }
    if (requests.image_step != 0) {
      QMetaObject::invokeMethod(
          &widget, [this, step = requests.image_step] { input.goToImage(step); },
          Qt::QueuedConnection);
    }
    for (const auto& change : requests.state_changes) {
      QMetaObject::invokeMethod(&widget, change, Qt::QueuedConnection);
    }
  }

  /// Whether the key was ours: of a shortcut to be, a press or a release.
  bool key(const QKeyEvent& event) {
    const bool pressed = event.type() == QEvent::KeyPress;
    if (event.key() == Qt::Key_Escape && !host.isNavigating() && host.hasPopup()) {
      if (pressed) {
        host.closePopups();
      }
      return true;
    }
    if (host.isNavigating()) {
      switch (event.key()) {
        case Qt::Key_Escape:
          if (!host.hasPopup()) {
            if (pressed) {
              host.navigate(nullptr);
            }
            return true;
          }
          [[fallthrough]];
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Up:
        case Qt::Key_Down:
        case Qt::Key_Space:
        case Qt::Key_Return:
        case Qt::Key_Enter:
          host.feed(event);
          return true;
        default:
          return false;
      }
    }
    if (event.key() == Qt::Key_Tab && event.modifiers() == Qt::NoModifier && scene.hasWall()) {
      if (pressed) {
        host.navigate(kStripWindow);
      }
      return true;
    }
    if (!input.takesKey(event)) {
      return false;
    }
    if (pressed) {
      input.keyPressed(event);
    }
    return true;
  }

  void arrange() {
    updateArea();
    scene.arrange();
    requestFrames();
  }
};

CanvasWidget::CanvasWidget(ViewState& state, QWidget* parent)
    : QOpenGLWidget(parent), canvas_(std::make_unique<State>(*this, state)) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Image wall"));
  connect(&state, &ViewState::changed, this, [this] { canvas_->arrange(); });
  connect(&canvas_->scene.flips(), &FlipCounts::changed, this, [this] { update(); });
}

CanvasWidget::~CanvasWidget() {
  disconnect(canvas_->context_dies);
  if (canvas_->host.hasGl()) {
    makeCurrent();
    canvas_->scene.textures().clear();
    canvas_->host.destroyGl();
    doneCurrent();
  }
}

void CanvasWidget::setSource(RunSource* source) {
  if (canvas_->scene.source()) {
    canvas_->scene.source()->disconnect(this);
  }
  canvas_->input.reset();
  canvas_->wanted_place.reset();
  canvas_->given_view.reset();
  canvas_->may_fit = true;
  if (canvas_->host.hasGl()) {
    makeCurrent();
    canvas_->scene.textures().clear();
    doneCurrent();
  }
  canvas_->scene.open(source);
  if (source) {
    connect(source, &RunSource::dataChanged, this, [this] {
      canvas_->scene.runChanged();
      canvas_->requestFrames();
    });
    connect(source, &RunSource::pageReady, this, [this] { update(); });
    connect(source, &RunSource::failed, this, [this](const QString& message) {
      canvas_->scene.setFailure(message);
      update();
    });
  }
  canvas_->requestFrames();
}

void CanvasWidget::setDigests(Digests* digests) {
  if (canvas_->digests) {
    canvas_->digests->disconnect(this);
  }
  canvas_->digests = digests;
  canvas_->scene.setDigests(digests);
  if (digests) {
    connect(digests, &Digests::ready, this, [this] { canvas_->arrange(); });
    connect(digests, &Digests::progressed, this, [this] { update(); });
    connect(digests, &QObject::destroyed, this, [this] { canvas_->scene.setDigests(nullptr); });
  }
  canvas_->arrange();
}

void CanvasWidget::fitToWindow() {
  canvas_->fit();
  canvas_->requestFrames();
}

void CanvasWidget::scroll(double screens) {
  if (canvas_->scene.hasWall()) {
    canvas_->updateArea();
    canvas_->scene.camera().scroll(screens, canvas_->scene.run().layout, canvas_->scene.area());
    canvas_->requestFrames();
  }
}

void CanvasWidget::actualSize() {
  canvas_->showActualSize();
  canvas_->requestFrames();
}

int CanvasWidget::controlsHeight() const {
  return static_cast<int>(height() - std::lround(canvas_->scene.area().height()));
}

WallPlace CanvasWidget::wallPlace() const {
  return canvas_->wallPlace();
}

void CanvasWidget::setWallPlace(const WallPlace& place) {
  canvas_->wanted_place = place;
  canvas_->requestFrames();
}

std::optional<WallSight> CanvasWidget::sight() const {
  const CanvasScene& scene = canvas_->scene;
  if (!scene.hasWall() || scene.isEmpty() || scene.views().mode() != CanvasMode::Wall) {
    return std::nullopt;
  }
  return WallSight{scene.area(), std::make_shared<const WallCamera>(scene.camera()),
                   scene.run().layout.image_width};
}

std::optional<QRectF> CanvasWidget::tokenRect(const TokenRef& token) const {
  if (!canvas_->scene.hasWall()) {
    return std::nullopt;
  }
  const auto slot = canvas_->scene.views().slotOf(token.sample);
  return slot ? tokenRectIn(*slot, token) : std::nullopt;
}

std::optional<QRectF> CanvasWidget::tokenRectIn(int64_t place, const TokenRef& token) const {
  const auto rect = canvas_->scene.rectOf(place, token);
  return rect && canvas_->scene.area().contains(rect->center()) ? rect : std::nullopt;
}

QString CanvasWidget::statusText() const {
  if (!canvas_->scene.hasWall()) {
    return canvas_->scene.notice().headline;
  }
  const StatusTexts texts = canvas_->scene.status();
  return (QStringList{texts.left} + texts.notes + QStringList{texts.right}).join(" · ");
}

QString CanvasWidget::hoverText() const {
  const auto hovered = canvas_->input.hovered();
  const auto readout = hovered ? canvas_->scene.readout(*hovered) : std::nullopt;
  if (!readout) {
    return {};
  }
  QStringList lines = {readout->title};
  for (const auto& [name, value] : readout->lines) {
    lines << name + QStringLiteral(": ") + value;
  }
  return lines.join(QLatin1Char('\n'));
}

double CanvasWidget::frameMilliseconds() const {
  return canvas_->frame_milliseconds;
}

QSize CanvasWidget::sizeHint() const {
  return {900, 700};
}
QSize CanvasWidget::minimumSizeHint() const {
  return {280, 200};
}

void CanvasWidget::initializeGL() {
  // Runs again whenever floating or docking gave the widget a new context.
  canvas_->host.createGl();
  disconnect(canvas_->context_dies);
  canvas_->context_dies = connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, [this] {
    makeCurrent();
    canvas_->scene.textures().clear();
    canvas_->host.destroyGl();
    doneCurrent();
  });
}

void CanvasWidget::paintGL() {
  canvas_->paint();
}

bool CanvasWidget::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::MouseButtonPress && watched->isWidgetType() && watched != this) {
    canvas_->host.closePopups();
    canvas_->requestFrames();
  }
  return QOpenGLWidget::eventFilter(watched, event);
}

bool CanvasWidget::event(QEvent* event) {
  State& canvas = *canvas_;
  switch (event->type()) {
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
      if (canvas.host.isNavigating()) {
        canvas.host.navigate(nullptr);
      }
      canvas.host.feed(*event);
      canvas.input.mousePressed(static_cast<const QMouseEvent&>(*event));
      break;
    case QEvent::MouseMove:
      canvas.host.feed(*event);
      canvas.input.mouseMoved(static_cast<const QMouseEvent&>(*event));
      break;
    case QEvent::MouseButtonRelease:
      canvas.host.feed(*event);
      canvas.input.mouseReleased();
      break;
    case QEvent::Wheel:
      canvas.host.feed(*event);
      canvas.input.wheelTurned(static_cast<const QWheelEvent&>(*event));
      break;
    case QEvent::Leave:
      canvas.host.feed(*event);
      canvas.input.mouseLeft();
      break;
    case QEvent::ShortcutOverride:
    case QEvent::KeyPress:
    case QEvent::KeyRelease:
      // Keys belong to the window's shortcuts, except a few, and all while something is typed in
      // the strip.
      if (canvas.host.wantsText()) {
        canvas.host.feed(*event);
        break;
      }
      if (!canvas.key(static_cast<const QKeyEvent&>(*event))) {
        return QOpenGLWidget::event(event);
      }
      break;
    case QEvent::FocusOut:
      canvas.host.navigate(nullptr);
      canvas.requestFrames();
      return QOpenGLWidget::event(event);
    case QEvent::PaletteChange:
      canvas.host.updateTheme();
      canvas.requestFrames();
      return QOpenGLWidget::event(event);
    case QEvent::FontChange:
    case QEvent::Resize:
      canvas.resized();
      canvas.requestFrames();
      return QOpenGLWidget::event(event);
    default:
      return QOpenGLWidget::event(event);
  }
  event->accept();
  canvas.requestFrames();
  return true;
}

}  // namespace limoe::gui
