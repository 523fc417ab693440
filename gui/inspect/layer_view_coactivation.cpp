#include "gui/inspect/layer_view_coactivation.h"

#include <utility>

#include "gui/inspect/digests.h"

namespace limoe::gui {

CoactivationBuilder::CoactivationBuilder(const probe::Layout& layout, int64_t snapshot,
                                         int64_t step, int64_t layer, const TokenFilter& filter)
    : layout_(layout), found_(std::make_shared<Coactivation>()) {
  found_->snapshot = snapshot;
  found_->step = step;
  found_->layer = layer;
  found_->filter = filter;
  const auto experts = static_cast<std::size_t>(layout.experts);
  found_->tokens.fill(CountTable(experts, experts));
}

void CoactivationBuilder::addToken(const probe::Decisions& decisions, std::size_t token,
                                   CountTable& tokens) const {
  const auto top_k = static_cast<std::size_t>(layout_.top_k);
  const uint16_t* chosen = &decisions.expert[token * top_k];
  for (std::size_t i = 0; i < top_k; ++i) {
    for (std::size_t j = 0; j < top_k; ++j) {
      if (chosen[i] < tokens.rows && chosen[j] < tokens.rows) {
        ++tokens.at(chosen[i], chosen[j]);
      }
    }
  }
}

void CoactivationBuilder::add(const probe::ProbeSet& texts, const probe::LayerSlice& slice) {
  const TokenMatcher matcher(found_->filter, layout_, texts, slice);
  for (const int modality : {probe::kImage, probe::kText}) {
    const bool image = modality == probe::kImage;
    const probe::Decisions& decisions = image ? slice.image : slice.text;
    const int64_t units = image ? layout_.patches() : layout_.text_length;
    CountTable& tokens = found_->tokens[static_cast<std::size_t>(modality)];
    for (int64_t token = 0; token < slice.samples * units; ++token) {
      if (matcher.matches(token / units, modality, token % units)) {
        addToken(decisions, static_cast<std::size_t>(token), tokens);
      }
    }
  }
}

std::shared_ptr<const Coactivation> CoactivationBuilder::take() {
  return std::move(found_);
}

std::shared_ptr<const Coactivation> Coactivations::of(int64_t snapshot, int64_t layer,
                                                      const TokenFilter& filter) {
  return std::static_pointer_cast<const Coactivation>(
      value(Digests::question(snapshot, layer, filter)));
}

bool Coactivations::isThere(const Question& question, const RunData& run) const {
  return run.layout.top_k > 1 && WalkCache::isThere(question, run);
}

WalkCache::Plan Coactivations::plan(const Question& question, const RunData& run) const {
  const int64_t step = run.snapshot_steps[static_cast<std::size_t>(question.snapshot)];
  auto builder = std::make_shared<CoactivationBuilder>(run.layout, question.snapshot, step,
                                                       question.layer, question.filter);
  Plan plan;
  plan.request.items = pagesOf(run.layout, question.snapshot, question.layer);
  plan.request.texts = question.filter.needsTexts();
  plan.request.visit = [builder](const WalkItem&, const probe::ProbeSet& texts,
                                 const probe::LayerSlice& slice) { builder->add(texts, slice); };
  plan.take = [builder] { return builder->take(); };
  return plan;
}

}  // namespace limoe::gui
