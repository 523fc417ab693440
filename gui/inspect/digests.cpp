#include "gui/inspect/digests.h"

#include <algorithm>

namespace limoe::gui {

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
  return std::static_pointer_cast<const LayerDigest>(value({snapshot, layer, filter}));
}

bool Digests::isThere(const Key& key, const RunData& run) const {
  return key.snapshot >= 0 && key.snapshot < std::ssize(run.snapshot_steps) && key.layer >= 0 &&
         key.layer < run.layout.layers;
}

WalkCache::Plan Digests::plan(const Key& key, const RunData& run) const {
  auto builder = std::make_shared<LayerDigestBuilder>(
      run.layout, key.snapshot, run.snapshot_steps[static_cast<std::size_t>(key.snapshot)],
      key.layer, key.filter);
  Plan plan;
  plan.request.items = pagesOf(run.layout, key.snapshot, key.layer);
  plan.request.probabilities = run.layout.probabilities;
  plan.request.texts = true;
  plan.request.visit = [builder](const WalkItem&, const probe::ProbeSet& texts,
                                 const probe::LayerSlice& slice) { builder->add(texts, slice); };
  plan.take = [builder] { return builder->take(); };
  return plan;
}

}  // namespace limoe::gui
