#include "gui/canvas/wall_pages.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gui/canvas/flip_counts.h"

namespace limoe::gui {
namespace {

/// Pages kept besides those on the screen: scrolling back and forth asks for nothing.
constexpr std::size_t kSparePages = 4;

/// The part of `values`, [n, …], that belongs to one of the n.
template <typename T>
std::vector<T> partOf(const std::vector<T>& values, int64_t n, int64_t index) {
  const int64_t each = std::ssize(values) / std::max<int64_t>(n, 1);
  return {values.begin() + index * each, values.begin() + (index + 1) * each};
}

probe::Decisions partOf(const probe::Decisions& all, int64_t n, int64_t index) {
  return {partOf(all.expert, n, index), partOf(all.gate, n, index),
          partOf(all.kept, n, index),   partOf(all.runner_up, n, index),
          partOf(all.margin, n, index), partOf(all.probability, n, index)};
}

std::shared_ptr<const probe::ProbeSet> partOf(const probe::ProbeSet& all, int64_t index) {
  const int64_t n = std::ssize(all.captions);
  return std::make_shared<const probe::ProbeSet>(probe::ProbeSet{
      partOf(all.images, n, index), partOf(all.captions, n, index), partOf(all.token_ids, n, index),
      partOf(all.pieces, n, index), partOf(all.labels, n, index), partOf(all.sources, n, index)});
}

std::shared_ptr<const probe::LayerSlice> partOf(const probe::LayerSlice& all, int64_t index) {
  const int64_t n = all.samples;
  return std::make_shared<const probe::LayerSlice>(
      probe::LayerSlice{all.first_sample + index, 1, partOf(all.image, n, index),
                        partOf(all.text, n, index), partOf(all.order, n, index)});
}

}  // namespace

void WallPages::forgetDecisions() {
  for (auto& [id, held] : pages_) {
    held.page.snapshot = -1;
  }
}

const WallPage& WallPages::page(const PlaceWish& wish, RunSource& source, const RunData& run,
                                const WallGeometry& geometry, const TokenFilter& filter,
                                FlipCounts* flips) {
  Held& held = pages_[wish.id];
  if (held.last_frame == frame_) {
    return held.page;
  }
  const int64_t number = wish.sample / RunSource::kPageSamples;
  const int64_t first = wish.single ? wish.sample : number * RunSource::kPageSamples;
  if (held.first_sample != first || held.page.single != wish.single) {
    held = {};
    held.first_sample = first;
    held.page.single = wish.single;
  }
  held.last_frame = frame_;
  if (!held.page.probe) {
    readProbe(held, wish, source, run, geometry);
  }
  pending_ = !readDecisions(held, wish, source, run) || !held.page.probe || pending_;
  if (filter.isEmpty()) {
    held.page.matches.reset();
    held.filter = {};
  } else if (held.page.slice && held.page.probe && (!held.page.matches || held.filter != filter)) {
    match(held, run, filter);
  }
  held.page.flips.reset();
  if (flips && wish.snapshot >= 0) {
    const int64_t samples =
        wish.single ? 1 : std::min(RunSource::kPageSamples, run.layout.samples - first);
    // A count belongs to a layer: coming back to it, it is still there.
    held.page.flips =
        flips->at({(wish.layer << 40) + wish.id, wish.snapshot, wish.layer, first, samples});
    held.page.flips_step =
        held.page.flips && held.page.flips->snapshot < std::ssize(run.snapshot_steps)
            ? run.snapshot_steps[static_cast<std::size_t>(held.page.flips->snapshot)]
            : -1;
  }
  return held.page;
}

void WallPages::readProbe(Held& held, const PlaceWish& wish, RunSource& source, const RunData& run,
                          const WallGeometry& geometry) {
  WallPage& page = held.page;
  page.probe = source.probePage(wish.sample / RunSource::kPageSamples);
  if (!page.probe) {
    return;
  }
  if (page.single) {
    page.probe = partOf(*page.probe, wish.sample % RunSource::kPageSamples);
  }
  const auto samples = std::ssize(page.probe->captions);
  for (int64_t index = 0; index < samples; ++index) {
    page.captions.push_back(layoutCaption(geometry, *page.probe, index, run.layout.text_length));
  }
}

bool WallPages::readDecisions(Held& held, const PlaceWish& wish, RunSource& source,
                              const RunData& run) const {
  WallPage& page = held.page;
  if (wish.snapshot < 0) {
    page.slice.reset();
    page.matches.reset();
    page.snapshot = -1;
    return true;
  }
  const int64_t step = run.snapshot_steps[static_cast<std::size_t>(wish.snapshot)];
  if (page.slice && page.snapshot == wish.snapshot && page.layer == wish.layer &&
      page.step == step) {
    return true;
  }
  auto slice = source.layerPage(wish.snapshot, wish.layer, wish.sample / RunSource::kPageSamples);
  if (!slice) {
    return false;
  }
  page.slice =
      page.single ? partOf(*slice, wish.sample % RunSource::kPageSamples) : std::move(slice);
  page.matches.reset();
  page.snapshot = wish.snapshot;
  page.step = step;
  page.layer = wish.layer;
  return true;
}

void WallPages::match(Held& held, const RunData& run, const TokenFilter& filter) {
  const WallPage& page = held.page;
  const TokenMatcher matcher(filter, run.layout, *page.probe, *page.slice);
  auto matches = std::make_shared<TokenMatches>();
  for (int64_t index = 0; index < page.slice->samples; ++index) {
    for (int64_t p = 0; p < run.layout.patches(); ++p) {
      matches->image.push_back(matcher.matches(index, probe::kImage, p));
    }
    for (int64_t t = 0; t < run.layout.text_length; ++t) {
      matches->text.push_back(matcher.matches(index, probe::kText, t));
    }
  }
  held.page.matches = std::move(matches);
  held.filter = filter;
}

void WallPages::endFrame() {
  if (pages_.size() <= kSparePages) {
    return;
  }
  std::vector<std::pair<int64_t, int64_t>> unseen;  // frame in which it was seen last, id
  for (const auto& [id, held] : pages_) {
    if (held.last_frame != frame_) {
      unseen.emplace_back(held.last_frame, id);
    }
  }
  std::sort(unseen.begin(), unseen.end());
  const std::size_t surplus = std::min(unseen.size(), pages_.size() - kSparePages);
  for (std::size_t oldest = 0; oldest < surplus; ++oldest) {
    pages_.erase(unseen[oldest].second);
  }
}

const WallPage* WallPages::find(int64_t id) const {
  const auto found = pages_.find(id);
  return found == pages_.end() ? nullptr : &found->second.page;
}

}  // namespace limoe::gui
