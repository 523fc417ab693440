// The pages of the layer view besides the heat map of kinds.
#include <algorithm>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view_measures.h"
#include "gui/inspect/layer_view_notes.h"
#include "gui/inspect/layer_view_state.h"
#include "gui/inspect/layer_view_tools.h"

namespace limoe::gui {

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

}  // namespace limoe::gui
