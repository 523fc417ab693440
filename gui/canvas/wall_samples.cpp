#include "gui/canvas/wall_samples.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gui/canvas/flip_counts.h"

namespace limoe::gui {
namespace {

/// Places kept besides those on the screen: scrolling back and forth asks for nothing.
constexpr std::size_t kSparePlaces = 128;

}  // namespace

void WallSamples::forgetDecisions() {
  for (auto& [id, held] : places_) {
    held.content.snapshot = -1;
  }
}

const WallSample& WallSamples::at(const PlaceWish& wish, RunSource& source, const RunData& run,
                                  const WallGeometry& geometry, const TokenFilter& filter,
                                  FlipCounts* flips) {
  Held& held = places_[wish.id];
  WallSample& content = held.content;
  if (held.last_frame == frame_) {
    return content;
  }
  if (content.sample != wish.sample) {
    held = {};
    content.sample = wish.sample;
  }
  held.last_frame = frame_;
  if (!content.probe) {
    content.probe = source.sample(wish.sample);
    if (content.probe) {
      content.caption = layoutCaption(geometry, *content.probe, 0, run.layout.text_length);
    }
  }
  const Reading decisions = readDecisions(content, wish, source, run);
  const bool no_image = !content.probe && source.cannotReadSample(wish.sample);
  pending_ = pending_ || decisions == Reading::Pending || (!content.probe && !no_image);
  unreadable_ += no_image || decisions == Reading::Impossible ? 1 : 0;
  if (filter.isEmpty()) {
    content.matches.reset();
    held.filter = {};
  } else if (content.slice && content.probe && (!content.matches || held.filter != filter)) {
    match(held, run, filter);
  }
  content.flips.reset();
  if (flips && wish.snapshot >= 0) {
    countFlips(content, wish, run, *flips);
  }
  return content;
}

WallSamples::Reading WallSamples::readDecisions(WallSample& content, const PlaceWish& wish,
                                                RunSource& source, const RunData& run) {
  const auto drop = [&content] {
    content.slice.reset();
    content.matches.reset();
    content.snapshot = -1;
  };
  if (wish.snapshot < 0) {
    drop();
    return Reading::Done;
  }
  const int64_t step = run.snapshot_steps[static_cast<std::size_t>(wish.snapshot)];
  if (content.slice && content.snapshot == wish.snapshot && content.layer == wish.layer &&
      content.step == step && (!wish.gates || hasGates(*content.slice))) {
    return Reading::Done;
  }
  auto slice = wish.gates ? source.decisions(wish.snapshot, wish.layer, wish.sample)
                          : source.choices(wish.snapshot, wish.layer, wish.sample);
  const bool cannot_be_read =
      !slice && (wish.gates ? source.cannotReadDecisions(wish.snapshot, wish.layer, wish.sample)
                            : source.cannotReadChoices(wish.snapshot, wish.layer, wish.sample));
  if (cannot_be_read) {
    drop();  // those of another step would stand for them
    return Reading::Impossible;
  }
  if (!slice) {
    return Reading::Pending;
  }
  content.slice = std::move(slice);
  content.matches.reset();
  content.snapshot = wish.snapshot;
  content.step = step;
  content.layer = wish.layer;
  return Reading::Done;
}

void WallSamples::match(Held& held, const RunData& run, const TokenFilter& filter) {
  const WallSample& content = held.content;
  const TokenMatcher matcher(filter, run.layout, *content.probe, *content.slice);
  // Where gates are still being read, nothing is known to match.
  const bool is_known = !filter.gate_below || hasGates(*content.slice);
  auto matches = std::make_shared<TokenMatches>();
  for (int64_t p = 0; p < run.layout.patches(); ++p) {
    matches->image.push_back(is_known && matcher.matches(0, probe::kImage, p));
  }
  for (int64_t t = 0; t < run.layout.text_length; ++t) {
    matches->text.push_back(is_known && matcher.matches(0, probe::kText, t));
  }
  held.content.matches = std::move(matches);
  held.filter = filter;
}

void WallSamples::countFlips(WallSample& content, const PlaceWish& wish, const RunData& run,
                             FlipCounts& flips) {
  // A count belongs to a layer: coming back to it, it is still there.
  content.flips = flips.at({(wish.layer << 40) + wish.id, wish.snapshot, wish.layer, wish.sample});
  content.flips_step = content.flips && content.flips->snapshot < std::ssize(run.snapshot_steps)
                           ? run.snapshot_steps[static_cast<std::size_t>(content.flips->snapshot)]
                           : -1;
}

void WallSamples::endFrame() {
  if (places_.size() <= kSparePlaces) {
    return;
  }
  std::vector<std::pair<int64_t, int64_t>> unseen;  // frame in which it was seen last, id
  for (const auto& [id, held] : places_) {
    if (held.last_frame != frame_) {
      unseen.emplace_back(held.last_frame, id);
    }
  }
  if (unseen.size() <= kSparePlaces) {
    return;
  }
  std::sort(unseen.begin(), unseen.end());
  for (std::size_t oldest = 0; oldest < unseen.size() - kSparePlaces; ++oldest) {
    places_.erase(unseen[oldest].second);
  }
}

const WallSample* WallSamples::find(int64_t id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : &found->second.content;
}

}  // namespace limoe::gui
