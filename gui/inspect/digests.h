// Digests of layers, made in the background when a view asks for one and kept while they may be
// asked for again. Shared by all views of a window.
#pragma once

#include <memory>
#include <vector>

#include "gui/inspect/layer_digest.h"
#include "gui/inspect/walk_cache.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

class Digests : public WalkCache {
  Q_OBJECT
 public:
  using WalkCache::WalkCache;

  /// nullptr where it is being made (ready() follows; ask again then) or there is no such layer.
  std::shared_ptr<const LayerDigest> layer(int64_t snapshot, int64_t layer,
                                           const TokenFilter& filter);

 protected:
  bool isThere(const Key& key, const RunData& run) const override;
  Plan plan(const Key& key, const RunData& run) const override;
};

/// Items that read a layer of a snapshot page by page.
std::vector<WalkItem> pagesOf(const probe::Layout& layout, int64_t snapshot, int64_t layer);

}  // namespace limoe::gui
