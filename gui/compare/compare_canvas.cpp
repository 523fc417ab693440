#include "gui/compare/compare_canvas.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QWheelEvent>
#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

#include "gui/canvas/canvas_input.h"
#include "gui/canvas/canvas_notes.h"
#include "gui/canvas/canvas_scene.h"
#include "gui/canvas/imgui_host.h"
#include "gui/canvas/imgui_wall_pen.h"
#include "gui/compare/disagreement.h"
#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

constexpr int kGap = 6;  ///< between columns
constexpr int kFramesAfterInput = 2;

double threadMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

}  // namespace

ColumnSpan columnSpan(std::size_t index, std::size_t count, int width) {
  const auto columns = static_cast<int>(std::max<std::size_t>(count, 1));
  const int each = std::max(1, (width - (columns - 1) * kGap) / columns);
  return {static_cast<int>(index) * (each + kGap), each};
}

QColor CompareCanvas::differsColor() {
  return QColor(0xc2, 0x18, 0x5b);
}

QColor CompareCanvas::agreesColor(const QColor& background) {
  QColor pale = background;
  pale.setAlphaF(0.55F);
  return pale;
}

struct CompareCanvas::State {
  struct Column {
    Column(QWidget& widget, CompareColumn& of, const ImGuiHost& host)
        : run(of), scene(of.state, host), input(widget, of.state, scene, host) {}

    CompareColumn& run;
    CanvasScene scene;
    CanvasInput input;
  };

  State(CompareCanvas& canvas, CompareRuns& the_runs)
      : widget(canvas), runs(the_runs), host(canvas) {}

  CompareCanvas& widget;
  CompareRuns& runs;
  ImGuiHost host;
  std::vector<std::unique_ptr<Column>> columns;
  std::optional<std::size_t> pointed;  ///< column under the pointer
  std::optional<std::size_t> pressed;  ///< column that a drag began in
  std::size_t current = 0;             ///< that the keyboard acts in
  std::size_t other = 1;               ///< what the reference flips to
  bool flipped = false;
  struct Alone {
    std::size_t column;
    WallSight sight;
  };
  std::optional<Alone> alone;
  int frames_wanted = 0;
  double frame_milliseconds = 0;
  QMetaObject::Connection context_dies;

  void requestFrames(int frames = kFramesAfterInput) {
    frames_wanted = std::max(frames_wanted, frames);
    widget.update();
  }

  void clearColumns() {
    pointed.reset();
    pressed.reset();
    current = 0;
    other = 1;
    if (host.hasGl()) {
      widget.makeCurrent();
      for (const auto& column : columns) {
        column->scene.textures().clear();
      }
      widget.doneCurrent();
    }
    columns.clear();
  }

  void makeColumns() {
    clearColumns();
    for (std::size_t c = 0; c < runs.count(); ++c) {
      columns.push_back(std::make_unique<Column>(widget, runs.column(c), host));
      Column& column = *columns.back();
      if (c == 0) {
        column.scene.setDigests(&column.run.digests);
      } else {
        column.scene.setLeader(&columns[0]->scene);
      }
      QObject::connect(&column.scene.flips(), &FlipCounts::changed, &widget,
                       [this] { widget.update(); });
      QObject::connect(&column.run.common, &RunSource::dataChanged, &widget, [this, c] {
        if (c < columns.size() && columns[c]->scene.source() != nullptr) {
          columns[c]->scene.runChanged();
          requestFrames();
        }
      });
      QObject::connect(&column.run.common, &RunSource::failed, &widget,
                       [this, c](const QString& message) {
                         if (c < columns.size()) {
                           columns[c]->scene.setFailure(message);
                           widget.update();
                         }
                       });
    }
    openScenes();
  }

  void openScenes() {
    if (host.hasGl()) {
      widget.makeCurrent();
    }
    for (const auto& column : columns) {
      column->scene.textures().clear();
      column->scene.open(&column->run.common);
    }
    if (host.hasGl()) {
      widget.doneCurrent();
    }
    arrange();
    fit();
  }

  void updateAreas() {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      columns[c]->scene.setArea(areaOf(c));
    }
    if (alone && alone->column < columns.size() && columns[alone->column]->scene.hasWall()) {
      follow(*columns[alone->column], *alone->sight.camera, alone->sight.area,
             static_cast<double>(alone->sight.image_width));
    } else {
      syncFrom(0);
    }
  }

  QRectF areaOf(std::size_t column) const {
    const ColumnSpan span =
        alone ? ColumnSpan{0, widget.width()} : columnSpan(column, columns.size(), widget.width());
    return QRectF(span.left, 0, span.width, std::max(1, widget.height()));
  }

  void arrange() {
    for (const auto& column : columns) {
      column->scene.arrange();
    }
    updateAreas();
    requestFrames();
  }

  static double imageWidth(const Column& column) {
    return static_cast<double>(std::max<int64_t>(column.scene.run().layout.image_width, 1));
  }

  void follow(Column& column, const WallCamera& leader, const QRectF& leader_area,
              double leader_width) {
    column.scene.camera().follow(leader, leader_width / imageWidth(column),
                                 column.scene.area().topLeft() - leader_area.topLeft());
  }

  /// Everybody looks where that column looks.
  void syncFrom(std::size_t leader) {
    if (leader >= columns.size() || !columns[leader]->scene.hasWall()) {
      return;
    }
    const Column& from = *columns[leader];
    for (const auto& column : columns) {
      if (column.get() != &from && column->scene.hasWall()) {
        follow(*column, from.scene.camera(), from.scene.area(), imageWidth(from));
      }
    }
  }

  void fit() {
    if (!columns.empty() && columns[0]->scene.hasWall()) {
      CanvasScene& scene = columns[0]->scene;
      updateAreas();
      scene.camera().fit(scene.run().layout, scene.area());
      syncFrom(0);
      requestFrames();
    }
  }

  std::optional<std::size_t> columnAt(const QPointF& position) const {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (areaOf(c).contains(position)) {
        return c;
      }
    }
    return std::nullopt;
  }

  std::size_t shownIn(std::size_t column) const {
    if (!flipped || column != pointed.value_or(current) || columns.size() < 2) {
      return column;
    }
    return column == 0 ? std::min(other, columns.size() - 1) : 0;
  }

  // ---- drawing

  void paint() {
    const double begin = threadMilliseconds();
    const QColor back = canvasBackground(widget.palette());
    QOpenGLFunctions* gl = QOpenGLContext::currentContext()->functions();
    gl->glClearColor(static_cast<float>(back.redF()), static_cast<float>(back.greenF()),
                     static_cast<float>(back.blueF()), 1);
    gl->glClear(GL_COLOR_BUFFER_BIT);
    host.beginFrame();
    updateAreas();
    paintColumns();
    frame_milliseconds = threadMilliseconds() - begin;
    host.endFrame();
    const bool textures = std::ranges::any_of(
        columns, [](const auto& column) { return column->scene.textures().needsFrame(); });
    if (textures || --frames_wanted > 0) {
      widget.update();
    }
    frames_wanted = std::max(frames_wanted, 0);
  }

  /// The column that a place of the screen shows, moved there while `use` looks at it.
  template <typename Use>
  void withShown(std::size_t place, const Use& use) {
    Column& shown = *columns[shownIn(place)];
    Column& own = *columns[place];
    const bool moved = &shown != &own && shown.scene.hasWall() && own.scene.hasWall();
    const QRectF home = shown.scene.area();
    const WallCamera camera = shown.scene.camera();
    if (moved) {
      shown.scene.setArea(own.scene.area());
      follow(shown, own.scene.camera(), own.scene.area(), imageWidth(own));
    }
    use(moved ? shown : own);
    if (moved) {
      shown.scene.setArea(home);
      shown.scene.camera() = camera;
    }
  }

  void paintColumns() {
    ImDrawList& list = *ImGui::GetBackgroundDrawList();
    const auto hovered = hoveredSpot();
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (alone && c != alone->column) {
        continue;
      }
      withShown(c, [&](Column& column) {
        if (column.scene.hasWall() && !column.scene.isEmpty()) {
          column.scene.draw(list, widget.palette(), hovered);
          paintDisagreement(list, column);
        } else {
          paintNotice(list, c, column);
        }
        if (alone || &column != columns[c].get()) {
          paintFlipTitle(list, c, column);
        }
      });
    }
    paintSeparators(list);
    paintReadout(hovered);
  }

  void paintDisagreement(ImDrawList& list, Column& column) {
    if (!runs.showsDisagreement() || !column.run.problem.isEmpty()) {
      return;
    }
    const std::size_t index = indexOf(column);
    const auto counts = DisagreementMap(runs, index);
    if (counts.isEmpty()) {
      return;
    }
    drawDisagreement(list, column.scene, counts, canvasBackground(widget.palette()));
  }

  std::size_t indexOf(const Column& column) const {
    const auto found = std::ranges::find_if(
        columns, [&](const auto& candidate) { return candidate.get() == &column; });
    return static_cast<std::size_t>(found - columns.begin());
  }

  /// Words in the middle of a column that has no wall.
  void paintNotice(ImDrawList& list, std::size_t place, const Column& column) const {
    QString words = column.run.problem;
    if (words.isEmpty()) {
      const Notice notice = column.scene.notice();
      const bool searching = !runs.commonSamples() && column.run.data();
      words = searching ? tr("Looking for the images that all runs have …") : notice.headline;
    }
    const QRectF area = areaOf(place);
    const QByteArray text = words.toUtf8();
    ImFont* font = host.fontFor(1.15F * ImGui::GetFontSize());
    const float size = host.fontSize(font);
    const float wrap = static_cast<float>(area.width()) * 0.85F;
    const ImVec2 extent = font->CalcTextSizeA(size, 1e6F, wrap, text.constData());
    list.AddText(font, size,
                 {static_cast<float>(area.center().x()) - 0.5F * extent.x,
                  static_cast<float>(area.center().y()) - 0.5F * extent.y},
                 ImGui::GetColorU32(ImGuiCol_Text), text.constData(), nullptr, wrap);
  }

  /// Whose wall it is while Shift is held.
  void paintFlipTitle(ImDrawList& list, std::size_t place, const Column& column) const {
    const QRectF area = areaOf(place);
    QString words = column.run.name();
    const auto common = runs.commonSamples();
    const auto whole = runs.column(0).run ? runs.column(0).run->data() : nullptr;
    if (alone && common && whole && *common < whole->layout.samples) {
      words += tr(" · only the %1 images in common").arg(*common);
    }
    const QByteArray text = words.toUtf8();
    const ImVec2 extent = ImGui::CalcTextSize(text.constData());
    const float pad = 0.4F * extent.y;
    const ImVec2 from(static_cast<float>(area.left()) + pad, pad);
    const QPalette palette = widget.palette();
    list.AddRectFilled(from, {from.x + extent.x + 2 * pad, from.y + extent.y + pad},
                       toImColor(palette.color(QPalette::Highlight).rgba()), 4);
    list.AddText({from.x + pad, from.y + 0.5F * pad},
                 toImColor(palette.color(QPalette::HighlightedText).rgba()), text.constData());
    list.AddRect({static_cast<float>(area.left()) + 1, 1},
                 {static_cast<float>(area.right()) - 1, static_cast<float>(area.bottom()) - 1},
                 toImColor(palette.color(QPalette::Highlight).rgba()), 0, 0, 2);
  }

  void paintSeparators(ImDrawList& list) const {
    if (alone) {
      return;
    }
    for (std::size_t c = 1; c < columns.size(); ++c) {
      const auto left = static_cast<float>(areaOf(c).left());
      list.AddRectFilled({left - kGap, 0}, {left, static_cast<float>(widget.height())},
                         toImColor(widget.palette().color(QPalette::Window).rgba()));
    }
  }

  std::optional<CanvasScene::Spot> hoveredSpot() const {
    return pointed ? columns[*pointed]->input.hovered() : std::nullopt;
  }

  std::optional<TokenReadout> readout() {
    const auto hovered = hoveredSpot();
    std::optional<TokenReadout> readout;
    if (!hovered) {
      return readout;
    }
    withShown(*pointed, [&](Column& column) {
      readout = column.scene.readout(*hovered);
      if (readout) {
        const QString pair = runs.pairInWords(indexOf(column), readout->expert);
        readout->title = column.run.name() + QStringLiteral(" · ") + readout->title;
        if (!pair.isEmpty()) {
          readout->lines.prepend({tr("Match"), pair});
        }
      }
    });
    return readout;
  }

  void paintReadout(const std::optional<CanvasScene::Spot>& hovered) {
    const auto words = readout();
    if (!hovered || !words) {
      return;
    }
    withShown(*pointed, [&](Column& column) {
      const QColor color =
          column.run.state.colorOfExpert(words->expert, column.scene.run().layout.experts);
      drawReadout(*words, color, *columns[*pointed]->input.pointer(), widget.size());
    });
  }

  // ---- input

  void mouse(const QMouseEvent& event) {
    const auto under = columnAt(event.position());
    if (event.type() == QEvent::MouseMove) {
      point(pressed ? pressed : under);
      if (pointed) {
        columns[*pointed]->input.mouseMoved(event);
      }
    } else if (event.type() == QEvent::MouseButtonRelease) {
      if (pressed) {
        columns[*pressed]->input.mouseReleased();
      }
      pressed.reset();
    } else if (under) {
      point(under);
      current = *under;
      pressed = under;
      columns[*under]->input.mousePressed(event);
    }
    if (pointed) {
      syncFrom(*pointed);
    }
  }

  void point(std::optional<std::size_t> column) {
    if (pointed && pointed != column) {
      columns[*pointed]->input.mouseLeft();
      if (*pointed > 0) {
        other = *pointed;  // back on the reference, Shift shows what was looked at last
      }
    }
    pointed = column;
  }

  void wheel(const QWheelEvent& event) {
    if (const auto under = columnAt(event.position())) {
      point(under);
      columns[*under]->input.wheelTurned(event);
      syncFrom(*under);
    }
  }

  bool key(const QKeyEvent& event) {
    switch (event.key()) {  // these lead to other modes of the single wall
      case Qt::Key_Return:
      case Qt::Key_Enter:
      case Qt::Key_Backspace:
      case Qt::Key_Escape:
        return false;
      default:
        break;
    }
    if (current >= columns.size() || !columns[current]->scene.hasWall() ||
        !columns[current]->input.takesKey(event)) {
      return false;
    }
    if (event.type() == QEvent::KeyPress) {
      columns[current]->input.keyPressed(event);
      syncFrom(current);
    }
    return true;
  }
};

CompareCanvas::CompareCanvas(CompareRuns& runs, QWidget* parent)
    : QOpenGLWidget(parent), canvas_(std::make_unique<State>(*this, runs)) {
  setObjectName("compareCanvas");
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Image walls of the compared runs"));
  setToolTip({});
  connect(&runs, &CompareRuns::columnsAboutToChange, this, [this] { canvas_->clearColumns(); });
  connect(&runs, &CompareRuns::columnsChanged, this, [this] { canvas_->makeColumns(); });
  connect(&runs, &CompareRuns::samplesChanged, this, [this] { canvas_->openScenes(); });
  connect(&runs, &CompareRuns::changed, this, [this] { canvas_->arrange(); });
}

CompareCanvas::~CompareCanvas() {
  disconnect(canvas_->context_dies);
  canvas_->runs.disconnect(this);
  canvas_->clearColumns();
  if (canvas_->host.hasGl()) {
    makeCurrent();
    canvas_->host.destroyGl();
    doneCurrent();
  }
}

void CompareCanvas::fitToWindow() {
  canvas_->fit();
}

void CompareCanvas::actualSize() {
  if (!canvas_->columns.empty() && canvas_->columns[0]->scene.hasWall()) {
    CanvasScene& scene = canvas_->columns[0]->scene;
    scene.camera().zoomTo(1 / devicePixelRatioF(), scene.area().center(), scene.run().layout,
                          scene.area());
    canvas_->syncFrom(0);
    canvas_->requestFrames();
  }
}

void CompareCanvas::scroll(double screens) {
  if (!canvas_->columns.empty() && canvas_->columns[0]->scene.hasWall()) {
    CanvasScene& scene = canvas_->columns[0]->scene;
    scene.camera().scroll(screens, scene.run().layout, scene.area());
    canvas_->syncFrom(0);
    canvas_->requestFrames();
  }
}

void CompareCanvas::setFlipped(bool flipped) {
  if (std::exchange(canvas_->flipped, flipped) != flipped) {
    canvas_->requestFrames();
  }
}

void CompareCanvas::showAlone(std::size_t column, const WallSight& sight) {
  const bool same = canvas_->alone && canvas_->alone->column == column &&
                    canvas_->alone->sight.area == sight.area &&
                    canvas_->alone->sight.camera->view() == sight.camera->view() &&
                    canvas_->alone->sight.camera->columns() == sight.camera->columns();
  if (!same) {  // else two walls that draw one another again would never rest
    canvas_->alone = State::Alone{column, sight};
    canvas_->requestFrames();
  }
}

std::size_t CompareCanvas::shownIn(std::size_t column) const {
  return canvas_->shownIn(column);
}

std::optional<QRectF> CompareCanvas::tokenRect(std::size_t column, const TokenRef& token) const {
  if (column >= canvas_->columns.size() || !canvas_->columns[column]->scene.hasWall()) {
    return std::nullopt;
  }
  const CanvasScene& scene = canvas_->columns[column]->scene;
  const auto slot = scene.views().slotOf(token.sample);
  const auto rect = slot ? scene.rectOf(*slot, token) : std::nullopt;
  return rect && scene.area().contains(rect->center()) ? rect : std::nullopt;
}

QString CompareCanvas::hoverText() const {
  const auto words = canvas_->readout();
  if (!words) {
    return {};
  }
  QStringList lines = {words->title};
  for (const auto& [name, value] : words->lines) {
    lines << name + QStringLiteral(": ") + value;
  }
  return lines.join(QLatin1Char('\n'));
}

double CompareCanvas::frameMilliseconds() const {
  return canvas_->frame_milliseconds;
}

void CompareCanvas::initializeGL() {
  canvas_->host.createGl();
  disconnect(canvas_->context_dies);
  canvas_->context_dies = connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, [this] {
    makeCurrent();
    for (const auto& column : canvas_->columns) {
      column->scene.textures().clear();
    }
    canvas_->host.destroyGl();
    doneCurrent();
  });
}

void CompareCanvas::paintGL() {
  canvas_->paint();
}

bool CompareCanvas::event(QEvent* event) {
  State& canvas = *canvas_;
  switch (event->type()) {
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
    case QEvent::MouseMove:
    case QEvent::MouseButtonRelease:
      canvas.mouse(static_cast<const QMouseEvent&>(*event));
      break;
    case QEvent::Wheel:
      canvas.wheel(static_cast<const QWheelEvent&>(*event));
      break;
    case QEvent::Leave:
      canvas.point(std::nullopt);
      break;
    case QEvent::ShortcutOverride:
    case QEvent::KeyPress:
      if (!canvas.key(static_cast<const QKeyEvent&>(*event))) {
        return QOpenGLWidget::event(event);
      }
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
