#include "gui/inspect/what_if_outcomes.h"

#include <utility>

#include "gui/inspect/what_if_walk.h"

namespace limoe::gui {

std::shared_ptr<const LayerOutcome> WhatIfOutcomes::layer(int64_t snapshot, int64_t layer,
                                                          const WhatIfSettings& settings) {
  return std::static_pointer_cast<const LayerOutcome>(value(question(snapshot, layer, settings)));
}

bool WhatIfOutcomes::isThere(const Question& question, const RunData& run) const {
  return WalkCache::isThere(question, run) && whatIfObstacle(run).isEmpty();
}

WalkCache::Plan WhatIfOutcomes::plan(const Question& question, const RunData& run) const {
  const int64_t step = run.snapshot_steps[static_cast<std::size_t>(question.snapshot)];
  const RoutingRule recorded = recordedRule(run, step).value_or(RoutingRule());
  auto builder = std::make_shared<LayerOutcomeBuilder>(
      run.layout, question.snapshot, step, question.layer, recorded,
      changedRule(recorded, question.settings, run.layout.experts));
  const ProbeGroups groups(run);
  GroupRequest request;
  for (int64_t group = 0; group < groups.count(); ++group) {
    if (groups.isWhole(group)) {
      request.items.push_back({question.snapshot, question.layer, group});
    }
  }
  request.texts = true;
  request.visit = [builder](const GroupItem&, const probe::ProbeSet& texts,
                            const probe::LayerSlice& recorded_group) {
    builder->add(texts, recorded_group);
  };
  Plan plan;
  plan.request = groupWalk(groups, std::move(request));
  plan.take = [builder] { return builder->take(); };
  return plan;
}

}  // namespace limoe::gui
