#include "gui/inspect/layer_view.h"

#include <QPointer>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <optional>
#include <utility>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view_best.h"
#include "gui/inspect/layer_view_coactivation.h"
#include "gui/inspect/layer_view_lines.h"
#include "gui/inspect/layer_view_measures.h"
#include "gui/inspect/layer_view_notes.h"
#include "gui/inspect/layer_view_tools.h"
#include "gui/inspect/layer_view_trend.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/decisions_stamp.h"

namespace limoe::gui {

struct LayerView::State {
  State(LayerView& the_view, ViewState& view_state, Digests& the_digests, Flows& the_flows)
      : view(the_view),
        state(view_state),
        digests(the_digests),
        flows(the_flows),
        bests(view_state, the_digests) {}

  LayerView& view;
  ViewState& state;
  Digests& digests;
  Flows& flows;
  Coactivations coactivations;
  BestExperts bests;
  QPointer<RunSource> source;

  LayerTools* tools = nullptr;
  WalkBar* bar = nullptr;
  QStackedWidget* content = nullptr;
  HeatMapView* map = nullptr;
  MeasuresPanel* measures = nullptr;
  LayerTrend* trend = nullptr;
  LayerLines* lines = nullptr;

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
  QString shown_names;
  KindCounts counts;  ///< of counts_of
  std::shared_ptr<const LayerDigest> counts_of;
  KindMap kinds;              ///< what the map shows; its `map` without values
  bool selects_best = false;  ///< when what is looked for has been counted
  bool typed = false;         ///< names by hand, which may be of another kind than is shown

  TrendPoints points;  ///< over time

  void build();
  void connectAll();
  void forget();
  void refresh();
  void refreshPage(const RunData& run);
  void refreshKinds(const RunData& run);
  void showKinds(const RunData& run, KindMap made, const std::optional<Found>& found);
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
  QString bestOfColumn(const RunData& run, std::size_t column);
  void goToBest(bool selects);
  void choose(const HeatPlace& place, bool again);
  std::optional<TokenFilter> offered() const;
};

void LayerView::State::build() {
  auto* layout = new QVBoxLayout(&view);
  layout->setContentsMargins(6, 2, 6, 2);
  layout->setSpacing(2);
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
  lines = new LayerLines(&view);
  bar = lines->bar();
  layout->addWidget(lines);
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
      } else if (shown_page && bar->standing().kind == Standing::Kind::Stopped) {
        refreshReadout();  // says so
      }
    });
  }
  connect(map, &HeatMapView::cursorMoved, &view, [this] { refreshReadout(); });
  connect(map, &HeatMapView::chosen, &view,
          [this](const HeatPlace& place, bool repeated) { choose(place, repeated); });
  connect(tools, &LayerTools::namesEntered, &view, [this] { goToBest(true); });
  connect(tools, &LayerTools::namesTyped, &view, [this] {
    typed = true;
    selects_best = false;
    refresh();
  });
  connect(lines, &LayerLines::offerTaken, &view, [this] {
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
  points = {};
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
  lines->setNote(how_counted);
  refreshReadout();
}

/// Instead of numbers.
void LayerView::State::say(const QString& message) {
  bar->rest();
  showMessage(message);
}

void LayerView::State::showMessage(const QString& message) {
  shown_page.reset();
  kinds = {};
  shown_kind.reset();
  tools->setColumns({}, 0, 0);
  map->setStale(false);
  map->setMessage(message);
  content->setCurrentWidget(map);
  lines->setNote({});
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
      tools->value() == shown_value && tools->order() == shown_order &&
      tools->names() == shown_names) {
    map->setRows(std::move(experts));  // only the selection or a name has changed
    return setShown(run, map, lines->note());
  }
  if (digest != counts_of || tools->kind() != counts.kind) {
    counts = KindCounts(*digest, run.layout, tools->kind());
    counts_of = digest;
  }
  std::optional<Found> found;
  if (!tools->names().isEmpty()) {
    found = findKinds(counts, tools->names(), kMostColumns);
  }
  if (std::exchange(typed, false) && found && found->kinds.empty()) {
    if (const auto kind = kindWith(*digest, run.layout, tools->names())) {
      return tools->look(*kind, tools->names());  // a word is typed where labels are shown
    }
  }
  KindMap made =
      kindMap(*digest, counts, tools->value(), tools->order(), found, std::move(experts));
  tools->setTitle(title(run));
  if (made.map.isEmpty()) {
    const bool none = counts.occurring() == 0;
    selects_best = false;
    say(none ? noKinds(*digest, run.layout, tools->kind()) : noneFound(counts, tools->names()));
    tools->setColumns(counts.titles, 0, counts.occurring());
    lines->setNote(filterNote(wanted.filter, run.layout) +
                   tr("Counted: %1.").arg(countingRule(run)));
    return;
  }
  shown_digest = digest;
  showKinds(run, std::move(made), found);
}

void LayerView::State::showKinds(const RunData& run, KindMap made,
                                 const std::optional<Found>& found) {
  const QString how =
      kindNote(run, wanted.filter, made, found, tools->kind(), tools->value(), tools->order());
  const bool other_names = tools->names() != shown_names || tools->kind() != shown_kind;
  shown_kind = tools->kind();
  shown_value = tools->value();
  shown_order = tools->order();
  shown_names = tools->names();
  tools->setColumns(counts.titles, made.kinds.size(), made.occurring);
  HeatMap of_kinds = made.map;
  made.map.values.clear();
  kinds = std::move(made);
  map->setMap(std::move(of_kinds));
  setShown(run, map, how);
  if (found && other_names) {
    goToBest(std::exchange(selects_best, false));
  }
}

/// To the expert that takes most of what is looked for.
void LayerView::State::goToBest(bool selects) {
  const std::shared_ptr<const RunData> run = source ? source->data() : nullptr;
  if (!run || !shown_kind || shown_names.isEmpty() || map->map().isEmpty()) {
    return;
  }
  const std::size_t column = map->map().columns.size() - 1;
  const LayerBest best =
      bestExpert(*shown_digest, run->layout, *shown_kind, kinds.titlesOf(column));
  if (best.expert < 0) {
    return;
  }
  map->setCursorPlace({static_cast<std::size_t>(best.expert), column});
  if (selects && state.selectedExpert() != best.expert) {
    state.toggleSelectedExpert(best.expert);
  }
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
  points.gather(*source, run, wanted.layer);
  const auto known = std::ranges::count(points.known, true);
  const bool all = known == std::ssize(points.known);
  trend->setCurves(
      run.snapshot_steps, points.panels, wanted.snapshot,
      all ? QStringList{run.layout.label_names.empty() ? tr("the recording has no labels")
                                                       : tr("fewer than two labels were kept"),
                        tr("only one modality comes here")}
          : QStringList{tr("reading…"), tr("reading…")});
  setShown(run, trend,
           (all ? QString() : tr("Read: %1 of %2 steps. ").arg(known).arg(points.known.size())) +
               tr("Counted: %1%2.")
                   .arg(countingRule(run), wanted.filter.isEmpty()
                                               ? QString()
                                               : tr(", all of them: the filter does not apply to "
                                                    "this page")));
}

void LayerView::State::refreshReadout() {
  const std::shared_ptr<const RunData> run = source ? source->data() : nullptr;
  const auto cursor = map->cursor();
  if (content->currentWidget() != map || map->map().isEmpty() || !cursor || !run) {
    lines->setReadout({}, {});
    return lines->setOffer({}, {});
  }
  lines->setReadout(map->description(*cursor), bestOfColumn(*run, *cursor->column));
  const auto filter = offered();
  if (!filter) {
    return lines->setOffer({}, {});
  }
  const QString column = map->map().columns[*cursor->column].title;
  const bool on =
      *filter != state.filter() &&
      (shown_kind == MapKind::Labels ? filter->label.has_value() : !filter->word.isEmpty());
  lines->setOffer(
      on ? tr("Only %1").arg(column) : tr("Not only %1").arg(column),
      on ? (shown_kind == MapKind::Labels
                ? tr("Filter: wall, galleries and charts show only patches labelled “%1”")
                : tr("Filter: wall, galleries and charts show only images whose caption has “%1”"))
               .arg(column)
         : tr("End this part of the filter"));
}

/// Who takes most of the column in each MoE layer; empty where the map shows something else.
QString LayerView::State::bestOfColumn(const RunData& run, std::size_t column) {
  if (!shown_kind || !shown_digest || map->isStale()) {
    return {};
  }
  const QString words = bests.inWords(run, *shown_digest, *shown_kind, kinds.titlesOf(column));
  if (const auto question = bests.wanted()) {
    bar->follow(tr("Counting the other layers"), {{&digests, *question}});
  } else {
    bar->rest();
  }
  return words;
}

/// The filter that the button would set: on the label or word of the cursor's column, or off again.
std::optional<TokenFilter> LayerView::State::offered() const {
  const auto cursor = map->cursor();
  if (!cursor || content->currentWidget() != map || !shown_kind ||
      *cursor->column >= kinds.kinds.size() || shown_kind == MapKind::Pieces) {
    return std::nullopt;
  }
  TokenFilter filter = state.filter();
  if (shown_kind == MapKind::Labels) {
    const auto label = static_cast<int64_t>(kinds.kinds[*cursor->column]);
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

void LayerView::showFind() {
  setPage(kHeatMap);
  view_->tools->focusNames();
}

void LayerView::showColumns(MapKind kind, const QString& names) {
  setPage(kHeatMap);
  view_->selects_best = !names.isEmpty();
  view_->shown_names.clear();  // looked for anew, also where the same is shown
  view_->tools->look(kind, names);
  view_->refresh();
}

HeatMapView* LayerView::heatMap() const {
  return view_->map;
}

void LayerView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  view_->refresh();
}

}  // namespace limoe::gui
