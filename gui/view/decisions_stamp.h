// Which decisions something was made of, for whoever keeps it.
#pragma once

#include <QString>
#include <cstdint>
#include <vector>

#include "gui/view/run_source.h"

namespace limoe::gui {

class DecisionsStamp {
 public:
  DecisionsStamp() = default;  ///< of nothing: holds everywhere
  explicit DecisionsStamp(const RunData& run);

  /// Whether what was made of the stamp's decisions is true of `run`, too: snapshots have only been
  /// added. It is not where a resumed run took some back, or may have trained the same steps again
  /// in a new part, nor where a what-if was switched on, off or over.
  bool holdsIn(const RunData& run) const;

 private:
  QString source_;              ///< run, part and what-if; null: of nothing
  std::vector<int64_t> steps_;  ///< of the snapshots
};

}  // namespace limoe::gui
