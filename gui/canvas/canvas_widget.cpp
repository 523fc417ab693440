#include "gui/canvas/canvas_widget.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QMouseEvent>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QPalette>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "gui/canvas/canvas_notes.h"
#include "gui/canvas/image_textures.h"
#include "gui/canvas/imgui_host.h"
#include "gui/canvas/imgui_wall_pen.h"
#include "gui/canvas/token_readout.h"
#include "gui/canvas/tool_strip.h"
#include "gui/canvas/wall_camera.h"
#include "gui/canvas/wall_pages.h"
#include "gui/canvas/wall_scene.h"

namespace limoe::gui {
namespace {

/// ImGui answers input one frame late (hover, sizes of new windows).
constexpr int kFramesAfterInput = 2;
constexpr double kZoomPerNotch = 1.2;

}  // namespace

struct CanvasWidget::State {
  State(CanvasWidget& canvas, ViewState& state) : widget(canvas), view_state(state), host(canvas) {}

  CanvasWidget& widget;
  ViewState& view_state;
  RunSource* source = nullptr;
  std::shared_ptr<const RunData> run;
  QString failure;

  ImGuiHost host;
  ImageTextures textures;
  WallPages pages;
  WallCamera camera;
  double strip_height = 40;
  int frames_wanted = 0;
  double frame_milliseconds = 0;

  std::optional<QPointF> pointer;
  std::optional<QPointF> pressed_at;  ///< on the wall, with a button that pans
  QPointF pan_from;                   ///< the view's offset then
  bool dragging = false;
  bool click_selects = false;
  QMetaObject::Connection context_dies;

  // ---- what there is

  bool hasWall() const { return run && run->layout.samples > 0; }
  const WallView& view() const { return camera.view(); }
  WallGeometry geometry() const { return camera.geometry(run->layout); }
  QRectF wallArea() const {
    const double status = run ? static_cast<double>(statusHeight()) : 0;
    return {0, strip_height, static_cast<double>(widget.width()),
            std::max(1.0, widget.height() - strip_height - status)};
  }
  float statusHeight() const {
    return static_cast<float>(QFontInfo(widget.font()).pixelSize()) + 10;
  }
  /// The snapshot to show, or −1. The list can have shrunk before the view state heard of it.
  int64_t snapshot() const {
    const auto count = static_cast<int64_t>(run->snapshot_steps.size());
    return run->layout.layers == 0 ? -1 : std::min(view_state.snapshot(), count - 1);
  }
  int64_t layer() const {
    return std::clamp<int64_t>(view_state.layer(), 0, std::max<int64_t>(run->layout.layers - 1, 0));
  }
  QColor background() const {
    const QColor window = widget.palette().color(QPalette::Window);
    return window.lightness() < 128 ? window.darker(125) : window.darker(106);
  }
  QColor ink() const { return widget.palette().color(QPalette::WindowText); }

  void requestFrames(int frames = kFramesAfterInput) {
    frames_wanted = std::max(frames_wanted, frames);
    widget.update();
  }

  // ---- the view

  void fit() {
    if (hasWall()) {
      camera.fit(run->layout, wallArea());
    }
  }

  void showActualSize() {
    if (hasWall()) {
      const QRectF area = wallArea();
      camera.zoomTo(1 / widget.devicePixelRatioF(), area.center(), run->layout, area);
    }
  }

  // ---- tokens

  std::optional<TokenRef> tokenAt(const QPointF& position) const {
    if (!hasWall() || !wallArea().contains(position)) {
      return std::nullopt;
    }
    const WallGeometry wall = geometry();
    const QPointF point = view().toWall(position);
    const auto slot = wall.slotAt(point);
    if (!slot) {
      return std::nullopt;
    }
    if (const auto patch = wall.patchAt(*slot, point)) {
      return TokenRef{*slot, probe::kImage, *patch};
    }
    const Caption* caption = captionOf(*slot);
    if (caption) {
      const QPointF inside = point - wall.captionRect(*slot).topLeft();
      for (const auto& word : caption->words) {
        if (word.rect.contains(inside)) {
          return TokenRef{*slot, probe::kText, word.position};
        }
      }
    }
    return std::nullopt;
  }

  const Caption* captionOf(int64_t sample) const {
    const WallPage* page = pages.find(sample / RunSource::kPageSamples);
    return page && page->probe
               ? &page->captions[static_cast<std::size_t>(sample % RunSource::kPageSamples)]
               : nullptr;
  }

  /// On the screen, whether visible or not.
  std::optional<QRectF> rectOf(const TokenRef& token) const {
    if (!hasWall() || token.sample < 0 || token.sample >= run->layout.samples) {
      return std::nullopt;
    }
    const WallGeometry wall = geometry();
    if (token.modality == probe::kImage) {
      return view().toScreen(wall.patchRect(token.sample, token.position));
    }
    if (const Caption* caption = captionOf(token.sample)) {
      for (const auto& word : caption->words) {
        if (word.position == token.position) {
          return view().toScreen(word.rect.translated(wall.captionRect(token.sample).topLeft()));
        }
      }
    }
    return std::nullopt;
  }

  // ---- drawing

  void paint() {
    QElapsedTimer clock;
    clock.start();
    clearBackground();
    host.beginFrame();
    StripRequests requests;
    if (hasWall()) {
      const auto width = static_cast<float>(widget.width());
      strip_height =
          static_cast<double>(drawToolStrip(width, *run, view_state, camera.columns(), requests));
      camera.areaChanged(run->layout, wallArea());
      drawWallAndMarks();
      drawStatusLine(
          static_cast<float>(widget.height()) - statusHeight(), width,
          statusTexts(*run, view_state, view().zoom * host.pixelRatio(), pages.isPending()));
      drawPointersReadout();
    } else {
      drawNotice(host, notice(), widget.size());
    }
    frame_milliseconds = static_cast<double>(clock.nsecsElapsed()) * 1e-6;
    host.endFrame();
    carryOut(requests);
    if (textures.needsFrame() || --frames_wanted > 0) {
      widget.update();
    }
    frames_wanted = std::max(frames_wanted, 0);
  }

  void clearBackground() const {
    const QColor color = background();
    QOpenGLFunctions* gl = QOpenGLContext::currentContext()->functions();
    gl->glClearColor(static_cast<float>(color.redF()), static_cast<float>(color.greenF()),
                     static_cast<float>(color.blueF()), 1);
    gl->glClear(GL_COLOR_BUFFER_BIT);
  }

  void drawWallAndMarks() {
    const WallGeometry wall = geometry();
    const QRectF area = wallArea();
    ImDrawList& list = *ImGui::GetBackgroundDrawList();
    list.PushClipRect({0, static_cast<float>(area.top())},
                      {static_cast<float>(area.right()), static_cast<float>(area.bottom())});
    textures.beginFrame(view().zoom * static_cast<double>(host.pixelRatio()));
    pages.beginFrame(snapshot(), layer());
    const QColor back = background();
    const WallStyle style = wallStyle(view_state, run->layout, back, ink());
    const bool dark = back.lightness() < 128;
    ImGuiWallPen pen(list, host, textures, view(), run->layout,
                     dark ? back.lighter(140) : back.darker(108));
    const WallContent content{run->layout, [](int64_t slot) { return slot; },
                              [&](int64_t page) { return &pages.page(page, *source, *run, wall); }};
    const auto [first, last] = wall.slotsIn(view().toWall(area));
    drawWall(pen, wall, style, content, first, last);
    pages.endFrame();
    if (const auto token = hovered()) {
      drawFrame(list, *token, 1);
    }
    if (view_state.selectedToken()) {
      drawFrame(list, *view_state.selectedToken(), 2.5F);
    }
    list.PopClipRect();
  }

  std::optional<TokenRef> hovered() const {
    return pointer && !dragging && !host.hasPopup() ? tokenAt(*pointer) : std::nullopt;
  }

  void drawFrame(ImDrawList& list, const TokenRef& token, float thickness) const {
    if (const auto rect = rectOf(token)) {
      drawTokenFrame(list, *rect, thickness);
    }
  }

  void drawPointersReadout() const {
    const auto token = hovered();
    const WallPage* page = token ? pages.find(token->sample / RunSource::kPageSamples) : nullptr;
    if (page && page->probe) {
      drawReadout(describeToken(*run, *page, *token), run->layout.experts, *pointer, widget.size());
    }
  }

  Notice notice() const {
    const auto text = [](const char* words) { return QString::fromUtf8(words); };
    if (!source) {
      return {text("No run is open"),
              {text("Drop a recording or a run’s folder here, or open one with Ctrl+O."),
               text("Ctrl+N starts a new run and shows it while it learns.")}};
    }
    if (!failure.isEmpty()) {
      return {text("This run cannot be shown"), {failure}};
    }
    return {run ? text("This recording has no probe images") : text("Opening …"), {}};
  }

  /// After the frame and outside painting: other views answer to these changes.
  void carryOut(const StripRequests& requests) {
    if (requests.columns || requests.fit) {
      camera.setColumns(requests.columns, run->layout, wallArea());
    }
    if (requests.actual_size) {
      showActualSize();
    }
    if (requests.columns || requests.fit || requests.actual_size) {
      requestFrames();
    }
    for (const auto& change : requests.state_changes) {
      QMetaObject::invokeMethod(&widget, change, Qt::QueuedConnection);
    }
  }

  // ---- input

  /// Whether ImGui, not the wall, gets what happens at `position`.
  bool belongsToControls(const QPointF& position) const {
    return !hasWall() || host.hasPopup() || !wallArea().contains(position);
  }

  void mousePressed(const QMouseEvent& event) {
    widget.setFocus(Qt::MouseFocusReason);
    const bool pans = event.button() == Qt::LeftButton || event.button() == Qt::MiddleButton;
    if (!pans || belongsToControls(event.position())) {
      return;
    }
    if (event.type() == QEvent::MouseButtonDblClick && event.button() == Qt::LeftButton) {
      fit();
      return;
    }
    pressed_at = event.position();
    pan_from = view().offset;
    dragging = false;
    click_selects = event.button() == Qt::LeftButton;
  }

  void mouseMoved(const QMouseEvent& event) {
    pointer = event.position();
    if (pressed_at) {
      const QPointF moved = event.position() - *pressed_at;
      if (!dragging && moved.manhattanLength() >= QApplication::startDragDistance()) {
        dragging = true;
        widget.setCursor(Qt::ClosedHandCursor);
      }
      if (dragging) {
        camera.moveTo(pan_from + moved, run->layout, wallArea());
      }
    } else if (!belongsToControls(event.position())) {
      widget.unsetCursor();
    }
  }

  void mouseReleased() {
    if (!pressed_at) {
      return;
    }
    const QPointF at = *pressed_at;
    const bool clicked = !dragging && click_selects;
    pressed_at.reset();
    if (dragging) {
      dragging = false;
      widget.unsetCursor();
    }
    if (!clicked) {
      return;
    }
    if (const auto token = tokenAt(at)) {
      view_state.setSelectedToken(token);
    } else {
      view_state.clearSelection();
    }
  }

  void wheelTurned(const QWheelEvent& event) {
    if (belongsToControls(event.position())) {
      return;
    }
    pointer = event.position();
    const double notches = event.angleDelta().y() / 120.0;
    camera.zoomTo(view().zoom * std::pow(kZoomPerNotch, notches), event.position(), run->layout,
                  wallArea());
    if (pressed_at) {
      pressed_at = event.position();
      pan_from = view().offset;
    }
  }
};

CanvasWidget::CanvasWidget(ViewState& state, QWidget* parent)
    : QOpenGLWidget(parent), canvas_(std::make_unique<State>(*this, state)) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  connect(&state, &ViewState::changed, this, [this] { update(); });
}

CanvasWidget::~CanvasWidget() {
  disconnect(canvas_->context_dies);
  if (canvas_->host.hasGl()) {
    makeCurrent();
    canvas_->textures.clear();
    canvas_->host.destroyGl();
    doneCurrent();
  }
}

void CanvasWidget::setSource(RunSource* source) {
  if (canvas_->source) {
    canvas_->source->disconnect(this);
  }
  canvas_->source = source;
  canvas_->failure.clear();
  canvas_->pages.clear();
  canvas_->run = source ? source->data() : nullptr;
  canvas_->camera.reset();
  canvas_->pressed_at.reset();
  canvas_->dragging = false;
  if (canvas_->host.hasGl()) {
    makeCurrent();
    canvas_->textures.clear();
    doneCurrent();
  }
  canvas_->fit();
  if (source) {
    connect(source, &RunSource::dataChanged, this, [this] {
      const bool first = !canvas_->run;
      canvas_->run = canvas_->source->data();
      if (first) {
        canvas_->fit();
      }
      canvas_->requestFrames();
    });
    connect(source, &RunSource::pageReady, this, [this] { update(); });
    connect(source, &RunSource::failed, this, [this](const QString& message) {
      canvas_->failure = message;
      update();
    });
  }
  canvas_->requestFrames();
}

void CanvasWidget::fitToWindow() {
  canvas_->fit();
  canvas_->requestFrames();
}

void CanvasWidget::scroll(double screens) {
  if (canvas_->hasWall()) {
    canvas_->camera.scroll(screens, canvas_->run->layout, canvas_->wallArea());
    canvas_->requestFrames();
  }
}

void CanvasWidget::actualSize() {
  canvas_->showActualSize();
  canvas_->requestFrames();
}

std::optional<QRectF> CanvasWidget::tokenRect(const TokenRef& token) const {
  const auto rect = canvas_->rectOf(token);
  return rect && canvas_->wallArea().contains(rect->center()) ? rect : std::nullopt;
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
    canvas_->textures.clear();
    canvas_->host.destroyGl();
    doneCurrent();
  });
}

void CanvasWidget::paintGL() {
  canvas_->paint();
}

bool CanvasWidget::event(QEvent* event) {
  State& canvas = *canvas_;
  switch (event->type()) {
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
      canvas.host.feed(*event);
      canvas.mousePressed(static_cast<const QMouseEvent&>(*event));
      break;
    case QEvent::MouseMove:
      canvas.host.feed(*event);
      canvas.mouseMoved(static_cast<const QMouseEvent&>(*event));
      break;
    case QEvent::MouseButtonRelease:
      canvas.host.feed(*event);
      canvas.mouseReleased();
      break;
    case QEvent::Wheel:
      canvas.host.feed(*event);
      canvas.wheelTurned(static_cast<const QWheelEvent&>(*event));
      break;
    case QEvent::Leave:
      canvas.host.feed(*event);
      canvas.pointer.reset();
      break;
    case QEvent::ShortcutOverride:
    case QEvent::KeyPress:
    case QEvent::KeyRelease:
      // Keys belong to the window's shortcuts, except while a number is typed in the strip.
      if (!canvas.host.wantsText()) {
        return QOpenGLWidget::event(event);
      }
      canvas.host.feed(*event);
      break;
    case QEvent::PaletteChange:
      canvas.host.updateTheme();
      [[fallthrough]];
    case QEvent::FontChange:
    case QEvent::Resize:
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
