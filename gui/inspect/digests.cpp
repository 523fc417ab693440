#include "gui/inspect/digests.h"

#include <algorithm>

namespace limoe::gui {
namespace {

/// A slice in which every patch and every text token is one, and no expert has any.
probe::LayerSlice unrouted(const probe::Layout& layout, const WalkItem& item,
                           const probe::ProbeSet& texts) {
  probe::LayerSlice slice;
  slice.first_sample = item.first_sample;
  slice.samples = item.samples;
  slice.image.expert.assign(static_cast<std::size_t>(item.samples * layout.patches()), 0);
  for (const int32_t id : texts.token_ids) {
    slice.text.expert.push_back(id < 0 ? probe::kNoExpert : uint16_t{0});
  }
  for (probe::Decisions* decisions : {&slice.image, &slice.text}) {
    decisions->gate.assign(decisions->expert.size(), 1);
    decisions->kept.assign(decisions->expert.size(), 1);
  }
  return slice;
}

}  // namespace

std::vector<WalkItem> pagesOf(const probe::Layout& layout, int64_t snapshot, int64_t layer) {
  std::vector<WalkItem> items;
  for (int64_t first = 0; first < layout.samples; first += RunSource::kPageSamples) {
    items.push_back(
        {snapshot, layer, first, std::min(RunSource::kPageSamples, layout.samples - first)});
  }
  return items;
}

std::shared_ptr<const LayerDigest> Digests::layer(int64_t snapshot, int64_t layer,
                                                  const TokenFilter& filter) {
  return answer(question(snapshot, layer, filter));
}

std::shared_ptr<const LayerDigest> Digests::texts(const TokenFilter& filter) {
  return answer(textsQuestion(filter));
}

std::shared_ptr<const LayerDigest> Digests::answer(const Question& question) {
  return std::static_pointer_cast<const LayerDigest>(value(question));
}

bool Digests::isThere(const Question& question, const RunData& run) const {
  return question.layer == kTexts || WalkCache::isThere(question, run);
}

WalkCache::Plan Digests::plan(const Question& question, const RunData& run) const {
  const bool routed = question.layer != kTexts;
  probe::Layout layout = run.layout;
  if (!routed) {
    layout.experts = 0;
    layout.top_k = 1;
  }
  const int64_t step =
      routed ? run.snapshot_steps[static_cast<std::size_t>(question.snapshot)] : kTexts;
  auto builder = std::make_shared<LayerDigestBuilder>(layout, question.snapshot, step,
                                                      question.layer, question.filter);
  Plan plan;
  plan.request.items = pagesOf(run.layout, question.snapshot, question.layer);
  plan.request.decisions = routed;
  plan.request.probabilities = routed && run.layout.probabilities;
  plan.request.texts = true;
  plan.request.visit = [builder, layout, routed](const WalkItem& item, const probe::ProbeSet& texts,
                                                 const probe::LayerSlice& slice) {
    builder->add(texts, routed ? slice : unrouted(layout, item, texts));
  };
  plan.take = [builder] { return builder->take(); };
  return plan;
}

}  // namespace limoe::gui
