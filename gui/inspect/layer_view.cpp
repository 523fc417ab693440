#include "gui/inspect/layer_view.h"

#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <optional>
#include <utility>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view_lines.h"
#include "gui/inspect/layer_view_measures.h"
#include "gui/inspect/layer_view_notes.h"
#include "gui/inspect/layer_view_state.h"
#include "gui/inspect/layer_view_tools.h"
#include "gui/inspect/layer_view_trend.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/decisions_stamp.h"

namespace limoe::gui {

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
  connect(lines, &LayerLines::expertChosen, &view, [this](int64_t layer, int64_t expert) {
    state.setLayer(layer);
    if (state.selectedExpert() != expert) {
      state.toggleSelectedExpert(expert);
    }
  });
  connect(trend, &LayerTrend::snapshotChosen, &view,
          [this](int64_t snapshot) { state.setSnapshot(snapshot); });
}

void LayerView::State::forget() {
  shown_page.reset();
  shown_digest.reset();
  points = {};
  bests.forget();
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
  tools->setColumns({}, 0);
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
    tools->setColumns(counts, 0);
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
  const bool other = tools->names() != shown_names || tools->kind() != shown_kind ||
                     wanted.layer != shown_layer || !map->cursor();
  shown_kind = tools->kind();
  shown_layer = wanted.layer;
  shown_value = tools->value();
  shown_order = tools->order();
  shown_names = tools->names();
  tools->setColumns(counts, made.kinds.size());
  HeatMap of_kinds = made.map;
  made.map.values.clear();
  kinds = std::move(made);
  map->setMap(std::move(of_kinds));
  setShown(run, map, how);
  if (found && (other || selects_best)) {
    goToBest(std::exchange(selects_best, false));
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
