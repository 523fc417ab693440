#include "gui/inspect/layer_view.h"

#include <QHBoxLayout>
#include <QPointer>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view_coactivation.h"
#include "gui/inspect/layer_view_measures.h"
#include "gui/inspect/layer_view_notes.h"
#include "gui/inspect/layer_view_tools.h"
#include "gui/inspect/layer_view_trend.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/decisions_stamp.h"

namespace limoe::gui {
namespace {

constexpr int kWholeNote = 300;       ///< height from which the note may take several lines
constexpr int kMostAskedAtOnce = 64;  ///< summaries for the curves over time

}  // namespace

struct LayerView::State {
  State(LayerView& the_view, ViewState& view_state, Digests& the_digests, Flows& the_flows)
      : view(the_view), state(view_state), digests(the_digests), flows(the_flows) {}

  LayerView& view;
  ViewState& state;
  Digests& digests;
  Flows& flows;
  Coactivations coactivations;
  QPointer<RunSource> source;

  LayerTools* tools = nullptr;
  WalkBar* bar = nullptr;
  QStackedWidget* content = nullptr;
  HeatMapView* map = nullptr;
  MeasuresPanel* measures = nullptr;
  LayerTrend* trend = nullptr;
  ElidedLabel *readout = nullptr, *note = nullptr;
  QPushButton* offer = nullptr;

  /// What is looked for; what is shown is about the same page, though perhaps of another step.
  struct Wanted {
    int page = 0;
    int64_t snapshot = -1;
    int64_t layer = 0;
    TokenFilter filter;
  };
  Wanted wanted;
  std::optional<int> shown_page;                    ///< whose numbers are on the screen
  std::shared_ptr<const LayerDigest> shown_digest;  ///< of the page of kinds or of measures
  std::optional<MapKind> shown_kind;
  CellValue shown_value = CellValue::Share;
  ColumnOrder shown_order = ColumnOrder::Count;
  std::vector<std::size_t> kinds;  ///< [columns of the map]

  // Over time, of trend_layer.
  int64_t trend_layer = -1;
  DecisionsStamp trend_stamp;
  std::vector<bool> trend_known;  ///< [S]
  std::vector<TrendPanel> trend_panels;

  void build();
  void connectAll();
  void forget();
  void refresh();
  void refreshPage(const RunData& run);
  void refreshKinds(const RunData& run);
  void refreshFlow(const RunData& run);
  void refreshCoactivation(const RunData& run);
  void refreshMeasures(const RunData& run);
  void refreshTrend(const RunData& run);
  QString title(const RunData& run) const;
  void setShown(const RunData& run, QWidget* what, const QString& how_counted);
  void say(const QString& message);
  void showMessage(const QString& message);
  void wait(const RunData& run, WalkCache& maker, const Question& question);
  void sayWait(const RunData& run);
  void refreshReadout();
  void choose(const HeatPlace& place, bool again);
  std::optional<TokenFilter> offered() const;
};

void LayerView::State::build() {
  auto* layout = new QVBoxLayout(&view);
  layout->setContentsMargins(6, 4, 6, 4);
  layout->setSpacing(3);
  tools = new LayerTools(&view);
  layout->addWidget(tools);
  content = new QStackedWidget(&view);
  map = new HeatMapView(content);
  map->setObjectName(QStringLiteral("map"));
  measures = new MeasuresPanel(content);
  trend = new LayerTrend(content);
  content->addWidget(map);
  content->addWidget(measures);
  content->addWidget(trend);
  layout->addWidget(content, 1);
  auto* line = new QHBoxLayout;
  readout = new ElidedLabel(&view);
  readout->setObjectName(QStringLiteral("readout"));
  offer = new QPushButton(&view);
  offer->setObjectName(QStringLiteral("offer"));
  offer->setAccessibleName(tr("Filter by this column"));
  offer->setToolTip(offer->accessibleName());
  offer->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Ignored);  // no taller than the line
  const int height = offer->fontMetrics().height() + 4;
  readout->setMinimumHeight(height);  // also without the button: the map keeps its size
  offer->setMinimumHeight(height);
  line->addWidget(readout, 1);
  line->addWidget(offer);
  bar = new WalkBar(&view, WalkBar::Look::Line);
  bar->setMaximumHeight(height);
  line->addWidget(bar);
  layout->addLayout(line);
  note = new ElidedLabel(&view);
  note->setObjectName(QStringLiteral("note"));
  note->setForegroundRole(QPalette::PlaceholderText);
  layout->addWidget(note);
}

void LayerView::State::connectAll() {
  const auto again = [this] { refresh(); };
  connect(&state, &ViewState::changed, &view, again);
  connect(tools, &LayerTools::pageChanged, &view, again);
  connect(tools, &LayerTools::changed, &view, again);
  for (WalkCache* maker : {static_cast<WalkCache*>(&digests), static_cast<WalkCache*>(&flows),
                           static_cast<WalkCache*>(&coactivations)}) {
    connect(maker, &WalkCache::ready, &view, again);
    connect(maker, &WalkCache::failed, &view, again);
    connect(maker, &WalkCache::progressed, &view, [this] {
      const std::shared_ptr<const RunData> run = source ? source->data() : nullptr;
      if (run && !shown_page && bar->standing().kind != Standing::Kind::Unasked) {
        sayWait(*run);
      }
    });
  }
  connect(map, &HeatMapView::cursorMoved, &view, [this] { refreshReadout(); });
  connect(map, &HeatMapView::chosen, &view,
          [this](const HeatPlace& place, bool repeated) { choose(place, repeated); });
  connect(offer, &QPushButton::clicked, &view, [this] {
    if (const auto filter = offered()) {
      state.setFilter(*filter);
    }
  });
  connect(trend, &LayerTrend::snapshotChosen, &view,
          [this](int64_t snapshot) { state.setSnapshot(snapshot); });
}

void LayerView::State::forget() {
  shown_page.reset();
  shown_digest.reset();
  trend_layer = -1;
}

void LayerView::State::refresh() {
  if (!view.isVisible()) {
    return;
  }
  const std::shared_ptr<const RunData> run = source ? source->data() : nullptr;
  if (!run) {
    tools->setTitle({});
    say(noDataTitle(source));
    return;
  }
  const int64_t layer = shownLayer(*run, state.layer());
  if (layer < 0) {
    tools->setTitle(run->name);
    say(tr("This is a dense model. It has no MoE layers, so there are no experts."));
    return;
  }
  wanted = {tools->page(), state.snapshot(), layer, state.filter()};
  if (wanted.snapshot < 0 || wanted.snapshot >= std::ssize(run->snapshot_steps)) {
    tools->setTitle(title(*run));
    say(tr("The first snapshot of the probe has not been recorded yet."));
    return;
  }
  if (shown_page && *shown_page != wanted.page) {
    map->setMessage({});  // nothing of another page is shown while this one's numbers come
    shown_page.reset();
  }
  refreshPage(*run);
}

void LayerView::State::refreshPage(const RunData& run) {
  switch (wanted.page) {
    case kHeatMap:
      return refreshKinds(run);
    case kFlow:
      return refreshFlow(run);
    case kCoactivation:
      return refreshCoactivation(run);
    case kMeasures:
      return refreshMeasures(run);
    default:
      return refreshTrend(run);
  }
}

QString LayerView::State::title(const RunData& run) const {
  return tr("%1 · %2 · %3")
      .arg(layerTitle(run, wanted.layer), stepTitle(run, wanted.snapshot), run.name);
}

void LayerView::State::setShown(const RunData& run, QWidget* what, const QString& how_counted) {
  shown_page = wanted.page;
  bar->rest();
  content->setCurrentWidget(what);
  map->setStale(false);
  measures->setStale(false);
  tools->setTitle(title(run));
  note->setWholeText(how_counted);
  refreshReadout();
}

/// Instead of numbers.
void LayerView::State::say(const QString& message) {
  bar->rest();
  showMessage(message);
}

void LayerView::State::showMessage(const QString& message) {
  shown_page.reset();
  kinds.clear();
  shown_kind.reset();
  map->setStale(false);
  map->setMessage(message);
  content->setCurrentWidget(map);
  note->setWholeText({});
  refreshReadout();
}

void LayerView::State::wait(const RunData& run, WalkCache& maker, const Question& question) {
  bar->follow(tr("Counting %1").arg(stepTitle(run, wanted.snapshot)), {{&maker, question}});
  if (!shown_page) {
    return sayWait(run);
  }
  // What is shown stays, pale and with its title, until the new numbers have come.
  map->setStale(true);
  measures->setStale(true);
}

/// Where there is nothing of before to show.
void LayerView::State::sayWait(const RunData& run) {
  const Standing now = bar->standing();
  tools->setTitle(title(run));
  showMessage(now.kind == Standing::Kind::Failed
                  ? tr("%1 could not be counted: %2").arg(title(run), now.failure)
              : now.kind == Standing::Kind::Stopped ? tr("Not counted to its end.")
                                                    : tr("Counting…"));
}

void LayerView::State::refreshKinds(const RunData& run) {
  const auto digest = digests.layer(wanted.snapshot, wanted.layer, wanted.filter);
  if (!digest) {
    return wait(run, digests, Digests::question(wanted.snapshot, wanted.layer, wanted.filter));
  }
  std::vector<HeatLine> experts = expertLines(state, wanted.layer, run.layout.experts);
  if (shown_page == kHeatMap && digest == shown_digest && tools->kind() == shown_kind &&
      tools->value() == shown_value && tools->order() == shown_order) {
    map->setRows(std::move(experts));  // only the selection or a name has changed
    return setShown(run, map, note->text());
  }
  KindMap made = kindMap(*digest, run.layout, tools->kind(), tools->value(), tools->order(),
                         std::move(experts));
  tools->setTitle(title(run));
  if (made.map.isEmpty()) {
    say(noKinds(*digest, run.layout, tools->kind()));
    note->setWholeText(filterNote(wanted.filter, run.layout) +
                       tr("Counted: %1.").arg(countingRule(run)));
    return;
  }
  const QString how =
      kindNote(run, wanted.filter, made, tools->kind(), tools->value(), tools->order());
  kinds = std::move(made.kinds);
  shown_digest = digest;
  shown_kind = tools->kind();
  shown_value = tools->value();
  shown_order = tools->order();
  map->setMap(std::move(made.map));
  setShown(run, map, how);
}

void LayerView::State::refreshFlow(const RunData& run) {
  if (!hasNextLayer(run, wanted.layer)) {
    tools->setTitle(title(run));
    return say(noFlow(run, wanted.layer));
  }
  const auto flow = flows.flow(wanted.snapshot, wanted.layer, wanted.filter);
  if (!flow) {
    return wait(run, flows, Flows::question(wanted.snapshot, wanted.layer, wanted.filter));
  }
  shown_kind.reset();
  map->setMap(flowMap(*flow, tools->modality(), tools->value(),
                      expertLines(state, wanted.layer, run.layout.experts),
                      expertLines(state, wanted.layer + 1, run.layout.experts)));
  setShown(run, map, flowNote(run, *flow, tools->modality(), tools->value()));
}

void LayerView::State::refreshCoactivation(const RunData& run) {
  if (run.layout.top_k < 2) {
    tools->setTitle(title(run));
    return say(
        tr("This router gives every token one expert (K = 1), so no two experts are chosen "
           "by the same token."));
  }
  const auto found = coactivations.of(wanted.snapshot, wanted.layer, wanted.filter);
  if (!found) {
    return wait(run, coactivations,
                Digests::question(wanted.snapshot, wanted.layer, wanted.filter));
  }
  shown_kind.reset();
  map->setMap(coactivationMap(*found, tools->modality(), tools->value(),
                              expertLines(state, wanted.layer, run.layout.experts)));
  setShown(run, map, coactivationNote(run, *found, tools->modality(), tools->value()));
}

void LayerView::State::refreshMeasures(const RunData& run) {
  const auto digest = digests.layer(wanted.snapshot, wanted.layer, wanted.filter);
  measures->setDefinitionsShown(tools->definitionsShown());
  if (!digest) {
    return wait(run, digests, Digests::question(wanted.snapshot, wanted.layer, wanted.filter));
  }
  if (shown_page != kMeasures || digest != shown_digest) {
    measures->setMeasures(layerMeasures(*digest));
    shown_digest = digest;
  }
  setShown(run, measures, measuresNote(run, wanted.filter));
}

void LayerView::State::refreshTrend(const RunData& run) {
  const auto& steps = run.snapshot_steps;
  if (trend_layer != wanted.layer || !trend_stamp.holdsIn(run)) {
    trend_layer = wanted.layer;
    trend_known.clear();
    trend_panels = trendPanels(0);
  }
  trend_stamp = DecisionsStamp(run);
  trend_known.resize(steps.size(), false);
  for (TrendPanel& panel : trend_panels) {
    panel.values.resize(steps.size(), std::numeric_limits<double>::quiet_NaN());
    panel.by_chance.resize(steps.size(), std::numeric_limits<double>::quiet_NaN());
  }
  int asked = 0;
  for (std::size_t s = 0; s < steps.size() && asked < kMostAskedAtOnce; ++s) {
    if (trend_known[s]) {
      continue;
    }
    const auto summary = source->summary(static_cast<int64_t>(s));
    if (summary) {
      addTrendPoint(run.layout, *summary, wanted.layer, s, trend_panels);
      trend_known[s] = true;
    } else {
      ++asked;
    }
  }
  const auto known = std::ranges::count(trend_known, true);
  const bool all = known == std::ssize(trend_known);
  trend->setCurves(
      steps, trend_panels, wanted.snapshot,
      all ? QStringList{run.layout.label_names.empty() ? tr("the recording has no labels")
                                                       : tr("fewer than two labels were kept"),
                        tr("only one modality comes here")}
          : QStringList{tr("reading…"), tr("reading…")});
  setShown(run, trend,
           (all ? QString() : tr("Read: %1 of %2 steps. ").arg(known).arg(trend_known.size())) +
               tr("Counted: %1%2.")
                   .arg(countingRule(run), wanted.filter.isEmpty()
                                               ? QString()
                                               : tr(", all of them: the filter does not apply to "
                                                    "this page")));
}

void LayerView::State::refreshReadout() {
  const bool is_map = content->currentWidget() == map && !map->map().isEmpty();
  readout->setVisible(is_map);
  const auto cursor = map->cursor();
  const auto filter = offered();
  offer->setVisible(filter.has_value());
  if (!is_map) {
    return;
  }
  if (!cursor) {
    readout->setWholeText(tr("Click a cell, or press Enter on it, to select its expert."));
    return;
  }
  readout->setWholeText(map->description(*cursor));
  if (filter) {
    const QString column = map->map().columns[*cursor->column].title;
    const bool on =
        *filter != state.filter() &&
        (shown_kind == MapKind::Labels ? filter->label.has_value() : !filter->word.isEmpty());
    offer->setText(on ? tr("Only %1").arg(column) : tr("Not only %1").arg(column));
    offer->setToolTip(
        on ? (shown_kind == MapKind::Labels
                  ? tr("Filter: wall, galleries and charts show only patches labelled “%1”")
                  : tr("Filter: wall, galleries and charts show only images whose caption has "
                       "“%1”"))
                 .arg(column)
           : tr("End this part of the filter"));
    offer->setAccessibleName(offer->toolTip());
  }
}

/// The filter that the button would set: on the label or word of the cursor's column, or off again.
std::optional<TokenFilter> LayerView::State::offered() const {
  const auto cursor = map->cursor();
  if (!cursor || content->currentWidget() != map || !shown_kind ||
      *cursor->column >= kinds.size() || shown_kind == MapKind::Pieces) {
    return std::nullopt;
  }
  TokenFilter filter = state.filter();
  if (shown_kind == MapKind::Labels) {
    const auto label = static_cast<int64_t>(kinds[*cursor->column]);
    filter.label = filter.label == label ? std::nullopt : std::optional(label);
  } else {
    const QString word = map->map().columns[*cursor->column].title;
    filter.word = filter.word == word ? QString() : word;
  }
  return filter;
}

void LayerView::State::choose(const HeatPlace& place, bool again) {
  const auto expert = static_cast<int64_t>(*place.row);
  // Another cell in the row of the selected expert is only looked at.
  if (again || state.selectedExpert() != expert) {
    state.toggleSelectedExpert(expert);
  }
}

LayerView::LayerView(ViewState& state, Digests& digests, Flows& flows, QWidget* parent)
    : QWidget(parent), view_(std::make_unique<State>(*this, state, digests, flows)) {
  view_->build();
  view_->connectAll();
}

LayerView::~LayerView() = default;

void LayerView::setSource(RunSource* source) {
  if (view_->source) {
    view_->source->disconnect(this);
  }
  view_->source = source;
  view_->coactivations.setSource(source);
  view_->forget();
  if (source != nullptr) {
    connect(source, &RunSource::dataChanged, this, [this] { view_->refresh(); });
    connect(source, &RunSource::pageReady, this, [this] {
      if (page() == kTrend) {
        view_->refresh();
      }
    });
  }
  view_->refresh();
}

LayerView::Page LayerView::page() const {
  return static_cast<Page>(view_->tools->page());
}

void LayerView::setPage(Page page) {
  view_->tools->setPage(page);
}

HeatMapView* LayerView::heatMap() const {
  return view_->map;
}

void LayerView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  view_->refresh();
}

void LayerView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  view_->note->setWordWrap(height() >= kWholeNote);
  view_->note->updateGeometry();
}

}  // namespace limoe::gui
