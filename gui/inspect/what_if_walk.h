// Walks over a recording that see whole routing groups, and walks whose decisions are routed anew.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "gui/inspect/what_if.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

struct GroupItem {
  int64_t snapshot = 0;
  int64_t layer = 0;
  int64_t group = 0;
  bool operator==(const GroupItem&) const = default;
};

struct GroupRequest {
  std::vector<GroupItem> items;  ///< in the order of the visits
  bool texts = false;
  /// As WalkRequest::visit; `recorded` holds the group's samples with probabilities. One group is
  /// in the memory at a time.
  std::function<void(const GroupItem&, const probe::ProbeSet& texts,
                     const probe::LayerSlice& recorded)>
      visit;
  std::function<void(double done)> progress;
  std::function<void(QString failure)> finished;
};

/// A walk that reads groups, in pieces that lie within one page of samples each.
WalkRequest groupWalk(const ProbeGroups& groups, GroupRequest request);

/// The walk over a recording that answers `request` with decisions under `rules`, [items]: the
/// rule of each, or none where it is as recorded. Samples whose group is not whole are not routed.
/// A group is read once for all items that follow each other in it.
WalkRequest reroutedWalk(const probe::Layout& layout, const ProbeGroups& groups,
                         WalkRequest request, std::vector<std::optional<RoutingRule>> rules);

}  // namespace limoe::gui
