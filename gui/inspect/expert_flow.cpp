#include "gui/inspect/expert_flow.h"

#include <algorithm>

#include "gui/charts/expert_counts.h"

namespace limoe::gui {

ExpertFlowBuilder::ExpertFlowBuilder(const probe::Layout& layout, int64_t snapshot, int64_t step,
                                     int64_t layer, const TokenFilter& filter,
                                     FilterLayer filter_layer)
    : layout_(layout), flow_(std::make_shared<ExpertFlow>()) {
  flow_->snapshot = snapshot;
  flow_->step = step;
  flow_->layer = layer;
  flow_->filter = filter;
  flow_->filter_layer = filter_layer;
  flow_->experts = layout.experts;
  const auto experts = static_cast<std::size_t>(layout.experts);
  for (std::size_t m = 0; m < 2; ++m) {
    flow_->counts[m].resize(experts * experts);
    flow_->ended[m].resize(experts);
    flow_->entered[m].resize(experts);
  }
}

void ExpertFlowBuilder::add(const probe::ProbeSet& texts, const probe::LayerSlice& slice_of_l,
                            const probe::LayerSlice& slice_of_next) {
  const bool filters_from = flow_->filter_layer == FilterLayer::From;
  const TokenMatcher matcher(flow_->filter, layout_, texts,
                             filters_from ? slice_of_l : slice_of_next);
  const auto experts = static_cast<std::size_t>(layout_.experts);
  for (const int modality : {probe::kImage, probe::kText}) {
    const bool image = modality == probe::kImage;
    const auto m = static_cast<std::size_t>(modality);
    const probe::Decisions& from = image ? slice_of_l.image : slice_of_l.text;
    const probe::Decisions& to = image ? slice_of_next.image : slice_of_next.text;
    const int64_t units = image ? layout_.patches() : layout_.text_length;
    for (int64_t token = 0; token < slice_of_l.samples * units; ++token) {
      const auto choice = static_cast<std::size_t>(token * layout_.top_k);
      const std::size_t a = from.expert[choice];
      const std::size_t b = to.expert[choice];
      if (a >= experts || b >= experts ||
          !matcher.matches(token / units, modality, token % units)) {
        continue;
      }
      const bool kept_from = from.kept[choice] != 0;
      const bool kept_to = to.kept[choice] != 0;
      flow_->counts[m][a * experts + b] += kept_from && kept_to ? 1 : 0;
      flow_->ended[m][a] += kept_from && !kept_to ? 1 : 0;
      flow_->entered[m][b] += !kept_from && kept_to ? 1 : 0;
    }
  }
}

std::shared_ptr<const ExpertFlow> ExpertFlowBuilder::take() {
  return std::move(flow_);
}

bool hasNextLayer(const RunData& run, int64_t layer) {
  return layer >= 0 && layer + 1 < run.layout.layers &&
         towerName(run, layer) == towerName(run, layer + 1);
}

Question Flows::question(int64_t snapshot, int64_t layer, const TokenFilter& filter,
                         FilterLayer filter_layer) {
  // Words and labels are the same in both layers.
  const FilterLayer counts = filter.needsRouting() ? filter_layer : FilterLayer::From;
  return {snapshot, layer, filter, static_cast<int>(counts), {}, {}};
}

std::shared_ptr<const ExpertFlow> Flows::flow(int64_t snapshot, int64_t layer,
                                              const TokenFilter& filter, FilterLayer filter_layer) {
  return std::static_pointer_cast<const ExpertFlow>(
      value(question(snapshot, layer, filter, filter_layer)));
}

bool Flows::isThere(const Question& question, const RunData& run) const {
  return WalkCache::isThere(question, run) && hasNextLayer(run, question.layer);
}

WalkCache::Plan Flows::plan(const Question& question, const RunData& run) const {
  struct Pages {
    ExpertFlowBuilder builder;
    probe::LayerSlice from;  ///< of the page whose other layer comes next
  };
  const int64_t step = run.snapshot_steps[static_cast<std::size_t>(question.snapshot)];
  auto pages = std::make_shared<Pages>(
      Pages{ExpertFlowBuilder(run.layout, question.snapshot, step, question.layer, question.filter,
                              static_cast<FilterLayer>(question.kind)),
            {}});
  Plan plan;
  for (int64_t first = 0; first < run.layout.samples; first += RunSource::kPageSamples) {
    const int64_t samples = std::min(RunSource::kPageSamples, run.layout.samples - first);
    plan.request.items.push_back({question.snapshot, question.layer, first, samples});
    plan.request.items.push_back({question.snapshot, question.layer + 1, first, samples});
  }
  plan.request.texts = question.filter.needsTexts();
  plan.request.visit = [pages, layer = question.layer](const WalkItem& item,
                                                       const probe::ProbeSet& texts,
                                                       const probe::LayerSlice& slice) {
    if (item.layer == layer) {
      pages->from = slice;
    } else {
      pages->builder.add(texts, pages->from, slice);
    }
  };
  plan.take = [pages] { return pages->builder.take(); };
  return plan;
}

}  // namespace limoe::gui
