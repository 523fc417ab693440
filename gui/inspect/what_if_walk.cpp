#include "gui/inspect/what_if_walk.h"

#include <algorithm>
#include <utility>

#include "gui/view/sample_parts.h"

namespace limoe::gui {
namespace {

/// Joins the pieces of a group. Reader thread only.
struct GroupReading {
  GroupRequest request;
  ProbeGroups groups;
  std::size_t next = 0;  ///< item that is being read
  probe::ProbeSet texts;
  probe::LayerSlice recorded;

  void take(const probe::ProbeSet& piece_texts, const probe::LayerSlice& piece) {
    append(recorded, piece);
    append(texts, piece_texts);
    const GroupItem& item = request.items[next];
    if (recorded.samples == groups.range(item.group).count) {
      request.visit(item, texts, recorded);
      recorded = {};
      texts = {};
      ++next;
    }
  }
};

/// Cuts the items that were asked for out of groups. Reader thread only.
struct Rerouting {
  probe::Layout layout;
  ProbeGroups groups;
  WalkRequest request;
  std::vector<std::optional<RoutingRule>> rules;  ///< [items]
  std::size_t next = 0;                           ///< item that is being put together
  probe::ProbeSet texts;
  probe::LayerSlice slice;

  /// The group's decisions under the rule of the item.
  probe::LayerSlice decisions(const GroupItem& group, const probe::LayerSlice& recorded) const {
    const auto& rule = rules[next];
    if (!rule) {
      return recorded;
    }
    probe::LayerSlice changed =
        groups.isWhole(group.group)
            ? reroute(layout, recorded, *rule)
            : unrouted(layout, recorded.first_sample, recorded.samples, rule->top_k);
    if (request.probabilities) {
      changed.image.probability = recorded.image.probability;
      changed.text.probability = recorded.text.probability;
    }
    return changed;
  }

  void take(const GroupItem& group, const probe::ProbeSet& group_texts,
            const probe::LayerSlice& recorded) {
    const probe::LayerSlice changed = decisions(group, recorded);
    const int64_t end = recorded.first_sample + recorded.samples;
    while (next < request.items.size()) {
      const WalkItem& item = request.items[next];
      const int64_t first = item.first_sample + slice.samples;  // still to come
      if (item.snapshot != group.snapshot || item.layer != group.layer ||
          first < recorded.first_sample || first >= end) {
        return;
      }
      const int64_t last = std::min(end, item.first_sample + item.samples);
      append(slice, cut(changed, first - recorded.first_sample, last - first));
      if (request.texts) {
        append(texts,
               cut(group_texts, recorded.samples, first - recorded.first_sample, last - first));
      }
      if (slice.samples < item.samples) {
        return;
      }
      if (!request.probabilities) {
        slice.image.probability.clear();
        slice.text.probability.clear();
      }
      request.visit(item, texts, slice);
      slice = {};
      texts = {};
      ++next;
    }
  }
};

}  // namespace

WalkRequest groupWalk(const ProbeGroups& groups, GroupRequest request) {
  WalkRequest walk;
  walk.probabilities = true;
  walk.texts = request.texts;
  walk.progress = std::move(request.progress);
  walk.finished = std::move(request.finished);
  constexpr int64_t kPage = RunSource::kPageSamples;
  for (const GroupItem& item : request.items) {
    const ProbeGroups::Range range = groups.range(item.group);
    for (int64_t first = range.first; first < range.end();) {
      const int64_t end = std::min((first / kPage + 1) * kPage, range.end());
      walk.items.push_back({item.snapshot, item.layer, first, end - first});
      first = end;
    }
  }
  auto reading = std::make_shared<GroupReading>();
  reading->request = std::move(request);
  reading->groups = groups;
  walk.visit = [reading](const WalkItem&, const probe::ProbeSet& texts,
                         const probe::LayerSlice& piece) { reading->take(texts, piece); };
  return walk;
}

WalkRequest reroutedWalk(const probe::Layout& layout, const ProbeGroups& groups,
                         WalkRequest request, std::vector<std::optional<RoutingRule>> rules) {
  GroupRequest reading;
  reading.texts = request.texts;
  reading.progress = request.progress;
  reading.finished = request.finished;
  for (const WalkItem& item : request.items) {
    const int64_t last = groups.groupOf(item.first_sample + item.samples - 1);
    for (int64_t group = groups.groupOf(item.first_sample); group <= last; ++group) {
      const GroupItem wanted{item.snapshot, item.layer, group};
      if (reading.items.empty() || reading.items.back() != wanted) {
        reading.items.push_back(wanted);
      }
    }
  }
  auto course = std::make_shared<Rerouting>();
  course->layout = layout;
  course->groups = groups;
  course->request = std::move(request);
  course->rules = std::move(rules);
  reading.visit = [course](const GroupItem& group, const probe::ProbeSet& texts,
                           const probe::LayerSlice& recorded) {
    course->take(group, texts, recorded);
  };
  return groupWalk(groups, std::move(reading));
}

}  // namespace limoe::gui
