#include "gui/charts/curves_view.h"

#include <QEvent>
#include <QMouseEvent>
#include <QPointer>
#include <QScopedValueRollback>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "gui/charts/curve_keys.h"
#include "gui/charts/curve_panel.h"
#include "gui/charts/curve_tools.h"
#include "gui/charts/expert_counts.h"
#include "gui/charts/qcustomplot_include.h"

namespace limoe::gui {
namespace {

constexpr double kEventReach = 5;  ///< px around an event mark that show its text

}  // namespace

struct CurvesView::State {
  State(CurvesView& the_view, ViewState& view_state) : view(the_view), state(view_state) {}

  CurvesView& view;
  ViewState& state;
  QPointer<RunSource> source;
  std::optional<PlotStyle> fixed_style;
  PlotStyle style;
  CurveTools* tools = nullptr;
  QCustomPlot* plot = nullptr;
  FlowRow* note = nullptr;
  QCPMarginGroup* sides = nullptr;  ///< panels begin and end at the same place
  std::vector<CurveGroup> groups;
  std::vector<PanelSpec> fixed_panels;  ///< instead of a group, where not empty
  QString wanted_group;                 ///< stays chosen while another run without it is shown
  std::vector<std::unique_ptr<CurvePanel>> panels;
  bool follows = true;
  bool setting_ranges = false;
  QPoint pressed_at;
  /// What a double click goes back to: its first click has already chosen a step.
  int64_t snapshot_before_click = -1;
  bool followed_before_click = true;
  bool after_double_click = false;  ///< its second release is no click of its own

  void build();
  void restyle();
  void takeData();
  void takeGroups(const RunData& run);
  void rebuildPanels();
  void connectPanel(CurvePanel& panel);
  void applySmoothing();
  void setRanges();
  void applyScale();
  void setNote();
  void markStep();
  void zoomed(const QCPRange& steps);
  void zoomBy(double factor);
  void panBy(double part);
  void clicked(const QPointF& position);
  void doubleClicked();
  void hovered(QMouseEvent* event);
  CurvePanel* panelAt(const QPointF& position) const;
  void collapseTexts();
  void takeLayout();
  std::shared_ptr<const RunData> run() const { return source ? source->data() : nullptr; }
};

void CurvesView::State::build() {
  auto* layout = new QVBoxLayout(&view);
  layout->setContentsMargins(6, 4, 6, 4);
  layout->setSpacing(2);
  tools = new CurveTools(&view);
  layout->addWidget(tools);
  plot = new QCustomPlot(&view);
  plot->setNoAntialiasingOnDrag(false);
  plot->plotLayout()->clear();
  plot->setInteraction(QCP::iRangeZoom);
  // One path through a long noisy curve takes the rasteriser ten times as long as its segments.
  plot->setPlottingHint(QCP::phFastPolylines);
  // Drawn with the rest of the window: a chart that is painted at once paints all of the window.
  plot->setPlottingHint(QCP::phImmediateRefresh, false);
  plot->setSelectionRectMode(QCP::srmZoom);
  plot->setAccessibleDescription(
      tr("Click: look at the snapshot nearest to that step. Drag: zoom. Wheel: zoom the steps. "
         "Double click: show everything and follow the run. Keys: + and – zoom, Shift+arrows pan, "
         "Home shows everything."));
  new CurveKeys(*plot, {.zoom = [this](double factor) { zoomBy(factor); },
                        .pan = [this](double part) { panBy(part); },
                        .show_all = [this] { view.followNewest(); }});
  note = new FlowRow(plot);
  sides = new QCPMarginGroup(plot);
  plot->plotLayout()->addElement(0, 0, note);
  layout->addWidget(plot, 1);
}

void CurvesView::State::restyle() {
  style = fixed_style.value_or(screenStyle(view));
  plot->setBackground(QBrush(style.background));
  if (!fixed_style) {
    setLeastSize(*plot, style);
  }
  plot->plotLayout()->setRowSpacing(style.px(4));
  plot->plotLayout()->setMargins(style.around());
  note->setLook(style, style.small, style.muted);
  plot->selectionRect()->setPen(QPen(style.muted, style.line));
  plot->selectionRect()->setBrush(Qt::NoBrush);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    panels[i]->setStyle(style, static_cast<int>(panels.size()), i + 1 == panels.size());
  }
}

void CurvesView::State::takeGroups(const RunData& run) {
  groups = curveGroups(run);
  QStringList names;
  for (const CurveGroup& group : groups) {
    names << group.name;
  }
  tools->offerGroups(names);
}

void CurvesView::State::takeData() {
  const std::shared_ptr<const RunData> data = run();
  if (!data) {
    panels.clear();
    setNote();
    plot->replot(QCustomPlot::rpQueuedReplot);
    return;
  }
  if (panels.empty()) {
    takeGroups(*data);
    rebuildPanels();
    return;
  }
  for (const auto& panel : panels) {
    panel->update(*data);
    panel->markEvents(data->events);
  }
  setRanges();
  markStep();
  setNote();
  plot->replot(QCustomPlot::rpQueuedReplot);
}

void CurvesView::State::rebuildPanels() {
  const std::shared_ptr<const RunData> data = run();
  // All groups are over the same steps: a zoom is kept from one to the next.
  const QCPRange zoom = panels.empty() ? QCPRange() : panels.front()->horizontal()->range();
  follows = follows || panels.empty();
  panels.clear();
  plot->plotLayout()->take(note);
  plot->plotLayout()->simplify();
  const int index = tools->groupIndex();
  std::vector<PanelSpec> specs = fixed_panels;
  const bool trained = data && !data->layout.scalar_names.empty();
  if (trained && specs.empty() && index >= 0 && index < std::ssize(groups)) {
    specs = groups[static_cast<std::size_t>(index)].panels;
  }
  for (const PanelSpec& spec : specs) {
    const int row = static_cast<int>(panels.size()) * 2;
    panels.push_back(std::make_unique<CurvePanel>(*plot, spec, row));
    panels.back()->rect()->setMarginGroup(QCP::msLeft | QCP::msRight, sides);
    connectPanel(*panels.back());
  }
  plot->plotLayout()->addElement(static_cast<int>(panels.size()) * 2, 0, note);
  for (const auto& panel : panels) {
    panel->setLogarithmic(tools->isLogarithmic());
    panel->setSmoothing(tools->weight());
    panel->update(*data);
    if (!follows) {
      const QScopedValueRollback guard(setting_ranges, true);
      panel->horizontal()->setRange(zoom);
      panel->showAllValues();
    }
  }
  restyle();
  if (!panels.empty()) {
    takeData();
  } else {
    setNote();
  }
  plot->replot(QCustomPlot::rpQueuedReplot);
}

void CurvesView::State::connectPanel(CurvePanel& panel) {
  panel.rect()->setRangeZoom(Qt::Horizontal);
  panel.rect()->setRangeZoomAxes(panel.horizontal(), panel.vertical());
  QObject::connect(panel.horizontal(), qOverload<const QCPRange&>(&QCPAxis::rangeChanged), &view,
                   [this](const QCPRange& range) { zoomed(range); });
}

void CurvesView::State::zoomed(const QCPRange& steps) {
  if (setting_ranges) {
    return;
  }
  follows = false;
  setting_ranges = true;
  for (const auto& panel : panels) {
    panel->horizontal()->setRange(steps);
  }
  setting_ranges = false;
  plot->replot(QCustomPlot::rpQueuedReplot);
}

/// Around the step that is looked at, where it is in view.
void CurvesView::State::zoomBy(double factor) {
  if (panels.empty()) {
    return;
  }
  QCPAxis* steps = panels.front()->horizontal();
  const auto marked = panels.front()->markedStep();
  steps->scaleRange(factor,
                    marked && steps->range().contains(*marked) ? *marked : steps->range().center());
}

void CurvesView::State::panBy(double part) {
  if (!panels.empty()) {
    QCPAxis* steps = panels.front()->horizontal();
    steps->moveRange(part * steps->range().size());
  }
}

void CurvesView::State::applySmoothing() {
  for (const auto& panel : panels) {
    panel->setSmoothing(tools->weight());
  }
  restyle();
  setNote();
  plot->replot(QCustomPlot::rpQueuedReplot);
}

void CurvesView::State::setRanges() {
  if (!follows) {
    return;
  }
  setting_ranges = true;
  std::optional<QCPRange> steps;
  for (const auto& panel : panels) {
    if (const auto own = panel->stepRange()) {
      steps = steps ? steps->expanded(*own) : *own;
    }
  }
  for (const auto& panel : panels) {
    if (steps) {
      panel->horizontal()->setRange(
          steps->size() > 0 ? *steps : QCPRange(steps->lower - 1, steps->upper + 1));
    }
    panel->showAllValues();
  }
  setting_ranges = false;
}

void CurvesView::State::applyScale() {
  for (const auto& panel : panels) {
    panel->setLogarithmic(tools->isLogarithmic());
    panel->showAllValues();
  }
  restyle();
  plot->replot(QCustomPlot::rpQueuedReplot);
}

void CurvesView::State::setNote() {
  const std::shared_ptr<const RunData> data = run();
  if (fixed_style) {
    note->setText({});
    return;
  }
  if (!data) {
    note->setText(noDataTitle(source));
    return;
  }
  if (std::ranges::none_of(panels,
                           [](const auto& panel) { return panel->stepRange().has_value(); })) {
    note->setText(data->layout.scalar_names.empty()
                      ? tr("%1: routed, not trained – there are no curves.").arg(data->name)
                      : tr("%1: nothing has been recorded for these curves yet.").arg(data->name));
    return;
  }
  const bool averaged =
      std::ranges::any_of(panels, [](const auto& panel) { return panel->isSmoothed(); });
  const QString how = averaged ? tr("faint: every step; bold: debiased moving average, w = %1")
                                     .arg(tools->weight(), 0, 'g', 3)
                               : tr("not smoothed");
  note->setText(tr("%1 · %2").arg(data->name, how));
}

void CurvesView::State::markStep() {
  const std::shared_ptr<const RunData> data = run();
  const int64_t snapshot = state.snapshot();
  std::optional<double> step;
  if (!fixed_style && data && snapshot >= 0 && snapshot < std::ssize(data->snapshot_steps)) {
    step = static_cast<double>(data->snapshot_steps[static_cast<std::size_t>(snapshot)]);
  }
  for (const auto& panel : panels) {
    panel->markStep(step);
  }
}

CurvePanel* CurvesView::State::panelAt(const QPointF& position) const {
  for (const auto& panel : panels) {
    if (panel->rect()->rect().contains(position.toPoint())) {
      return panel.get();
    }
  }
  return nullptr;
}

/// In a low chart the curves come first, then what they are called.
void CurvesView::State::collapseTexts() {
  if (fixed_style || panels.empty()) {
    return;
  }
  const int line = QFontMetrics(style.small).height();
  // Of the panels: legends, gaps and the labels of the last one's steps.
  const auto count = static_cast<int>(panels.size());
  const int fixed = count * (line + 2 * style.px(4)) + 2 * line + style.px(6);
  collapseRows(*plot, {note}, fixed, count * 4 * line);
}

void CurvesView::State::takeLayout() {
  bool other_ticks = false;
  for (const auto& panel : panels) {
    panel->thin();
    other_ticks = (!fixed_style && panel->fitTicks()) || other_ticks;
  }
  if (other_ticks) {
    plot->replot(QCustomPlot::rpQueuedReplot);
  }
}

void CurvesView::State::clicked(const QPointF& position) {
  const std::shared_ptr<const RunData> data = run();
  const CurvePanel* panel = panelAt(position);
  if (!data || panel == nullptr || data->snapshot_steps.empty()) {
    return;
  }
  const double step = panel->horizontal()->pixelToCoord(position.x());
  const auto& steps = data->snapshot_steps;
  const auto nearest = std::ranges::min_element(
      steps, {}, [step](int64_t s) { return std::abs(static_cast<double>(s) - step); });
  snapshot_before_click = state.snapshot();
  followed_before_click = state.followsNewest();
  state.setSnapshot(nearest - steps.begin());
}

void CurvesView::State::doubleClicked() {
  if (followed_before_click) {
    state.setFollowsNewest(true);
    if (const auto data = run()) {
      state.showNewest(std::ssize(data->snapshot_steps));
    }
  } else {
    state.setSnapshot(snapshot_before_click);
  }
  view.followNewest();
}

void CurvesView::State::hovered(QMouseEvent* event) {
  const std::shared_ptr<const RunData> data = run();
  const CurvePanel* panel = panelAt(event->position());
  if (!data || panel == nullptr || event->buttons() != Qt::NoButton) {
    QToolTip::hideText();
    return;
  }
  double step = panel->horizontal()->pixelToCoord(event->position().x());
  QStringList lines = panel->readOut(&step);
  if (!lines.isEmpty()) {
    lines.prepend(tr("step %1").arg(step, 0, 'f', 0));
  }
  for (const probe::Event& mark : data->events) {
    const double x = panel->horizontal()->coordToPixel(static_cast<double>(mark.step));
    if (std::abs(x - event->position().x()) <= kEventReach) {
      lines << tr("%1 at step %2: %3")
                   .arg(QString::fromStdString(mark.kind))
                   .arg(mark.step)
                   .arg(QString::fromStdString(mark.text));
    }
  }
  QToolTip::showText(event->globalPosition().toPoint(), lines.join('\n'), plot);
}

CurvesView::CurvesView(ViewState& state, QWidget* parent)
    : QWidget(parent), view_(std::make_unique<State>(*this, state)) {
  view_->build();
  view_->restyle();
  view_->applySmoothing();
  connect(&state, &ViewState::changed, this, [this, &state, marked = int64_t{-1}]() mutable {
    // Drawing all points again takes long, and of all that may have changed only the step shows.
    if (std::exchange(marked, state.snapshot()) != state.snapshot()) {
      view_->markStep();
      view_->plot->replot(QCustomPlot::rpQueuedReplot);
    }
  });
  connect(view_->tools, &CurveTools::groupChosen, this, [this] { view_->rebuildPanels(); });
  connect(view_->tools, &CurveTools::scaleChanged, this, [this] { view_->applyScale(); });
  connect(view_->tools, &CurveTools::weightChanged, this, [this] { view_->applySmoothing(); });
  QCustomPlot* plot = view_->plot;
  connect(plot, &QCustomPlot::beforeReplot, this, [this] { view_->collapseTexts(); });
  connect(plot, &QCustomPlot::afterLayout, this, [this] { view_->takeLayout(); });
  connect(plot, &QCustomPlot::mousePress, this,
          [this](QMouseEvent* event) { view_->pressed_at = event->position().toPoint(); });
  connect(plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
    const QPoint moved = event->position().toPoint() - view_->pressed_at;
    // As QCustomPlot tells a click from the drag of a zoom rectangle.
    if (event->button() == Qt::LeftButton && moved.manhattanLength() <= 3 &&
        !std::exchange(view_->after_double_click, false)) {
      view_->clicked(event->position());
    }
  });
  connect(plot, &QCustomPlot::mouseDoubleClick, this, [this] {
    view_->after_double_click = true;
    view_->doubleClicked();
  });
  connect(plot, &QCustomPlot::mouseMove, this,
          [this](QMouseEvent* event) { view_->hovered(event); });
}

CurvesView::~CurvesView() = default;

void CurvesView::setSource(RunSource* source) {
  if (view_->source) {
    view_->source->disconnect(this);
  }
  view_->source = source;
  view_->panels.clear();
  view_->follows = true;
  if (source != nullptr) {
    connect(source, &RunSource::dataChanged, this, [this] { view_->takeData(); });
  }
  view_->takeData();
}

QCustomPlot* CurvesView::plot() const {
  return view_->plot;
}

QStringList CurvesView::groups() const {
  QStringList names;
  for (const CurveGroup& group : view_->groups) {
    names << group.name;
  }
  return names;
}

QString CurvesView::group() const {
  return view_->tools->group();
}

void CurvesView::setGroup(const QString& name) {
  view_->tools->setGroup(name);
}

void CurvesView::setPanels(std::vector<PanelSpec> panels) {
  view_->fixed_panels = std::move(panels);
  view_->rebuildPanels();
}

void CurvesView::setSmoothing(double weight) {
  view_->tools->setWeight(weight);
}

double CurvesView::smoothing() const {
  return view_->tools->weight();
}

void CurvesView::setLogarithmic(bool logarithmic) {
  view_->tools->setLogarithmic(logarithmic);
}

bool CurvesView::followsNewest() const {
  return view_->follows;
}

void CurvesView::followNewest() {
  view_->follows = true;
  view_->setRanges();
  view_->plot->replot(QCustomPlot::rpQueuedReplot);
}

void CurvesView::setStyle(const PlotStyle& style, int legend_lines) {
  view_->fixed_style = style;
  for (const auto& panel : view_->panels) {
    panel->setLegendLines(legend_lines);
  }
  view_->restyle();
  view_->markStep();
  view_->setNote();
}

void CurvesView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    view_->restyle();
    view_->plot->replot(QCustomPlot::rpQueuedReplot);
  }
}

}  // namespace limoe::gui
