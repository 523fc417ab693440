// What the layer view says of the cell that is looked at, and what a choice of it does.
#include <QStackedWidget>

#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view_lines.h"
#include "gui/inspect/layer_view_state.h"
#include "gui/inspect/layer_view_tools.h"
#include "gui/inspect/walk_bar.h"

namespace limoe::gui {

/// To the expert that takes most of what is looked for.
void LayerView::State::goToBest(bool selects) {
  const std::shared_ptr<const RunData> run = source ? source->data() : nullptr;
  if (!run || tools->names().isEmpty()) {
    return;
  }
  if (!shown_kind || map->map().isEmpty() || map->isStale() || tools->names() != shown_names || tools->kind() != *shown_kind) {
    selects_best = selects;  // what is asked for is still being counted
    return;
  }
  const std::size_t column = map->map().columns.size() - 1;
  const LayerBest best =
      bestExpert(*shown_digest, namesOf(*shown_digest, *shown_kind, kinds.kindsOf(column)));
  if (best.expert < 0) {
    return;
  }
  map->setCursorPlace({static_cast<std::size_t>(best.expert), column});
  if (selects && state.selectedExpert() != best.expert) {
    state.toggleSelectedExpert(best.expert);
  }
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
std::vector<BestExperts::Part> LayerView::State::bestOfColumn(const RunData& run,
                                                              std::size_t column) {
  if (!shown_kind || !shown_digest || map->isStale()) {
    return {};
  }
  auto parts = bests.ofColumn(
      run, *shown_digest, namesOf(*shown_digest, *shown_kind, kinds.kindsOf(column)));
  if (const auto question = bests.wanted()) {
    bar->follow(tr("Counting the other layers"), {{&digests, *question}});
  } else {
    bar->rest();
  }
  return parts;
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

}  // namespace limoe::gui
