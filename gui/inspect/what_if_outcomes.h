// Outcomes of a what-if by layer, computed in the background when somebody asks and kept while they
// may be asked for again.
#pragma once

#include <memory>

#include "gui/inspect/walk_cache.h"
#include "gui/inspect/what_if.h"

namespace limoe::gui {

class WhatIfOutcomes : public WalkCache {
  Q_OBJECT
 public:
  explicit WhatIfOutcomes(QObject* parent = nullptr)
      : WalkCache({Order::InTurn, 96, 256}, parent) {}

  /// nullptr where it is being computed (ready() follows; ask again then) or cannot be (failed()
  /// follows, once; standing() says why).
  std::shared_ptr<const LayerOutcome> layer(int64_t snapshot, int64_t layer,
                                            const WhatIfSettings& settings);
  static Question question(int64_t snapshot, int64_t layer, const WhatIfSettings& settings) {
    return {snapshot, layer, {}, 0, {}, settings};
  }

 protected:
  bool isThere(const Question& question, const RunData& run) const override;
  Plan plan(const Question& question, const RunData& run) const override;
};

}  // namespace limoe::gui
