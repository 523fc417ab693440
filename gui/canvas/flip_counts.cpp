#include "gui/canvas/flip_counts.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

namespace limoe::gui {
namespace {

/// Places kept although they are not on the screen: scrolling back counts nothing again.
constexpr std::size_t kMostPlaces = 64;

bool isOf(const FlipPage& page, const FlipCounts::Place& place) {
  return page.layer == place.layer && page.first_sample == place.first_sample &&
         page.samples == place.samples;
}

void countOn(std::vector<uint16_t>& counts, std::vector<uint16_t>& last,
             const std::vector<uint16_t>& experts, int64_t top_k, bool backwards) {
  const std::size_t tokens = experts.size() / static_cast<std::size_t>(top_k);
  const bool first = last.size() != tokens;
  counts.resize(tokens);
  last.resize(tokens);
  for (std::size_t token = 0; token < tokens; ++token) {
    const uint16_t expert = experts[token * static_cast<std::size_t>(top_k)];
    uint16_t& count = counts[token];
    if (!first && expert != last[token]) {
      if (backwards) {
        count = static_cast<uint16_t>(std::max(count - 1, 0));
      } else if (count < std::numeric_limits<uint16_t>::max()) {
        ++count;
      }
    }
    last[token] = expert;
  }
}

}  // namespace

void countOn(FlipPage& page, int64_t snapshot, const probe::LayerSlice& slice, int64_t top_k) {
  const bool backwards = snapshot < page.snapshot;
  countOn(page.image, page.image_expert, slice.image.expert, top_k, backwards);
  countOn(page.text, page.text_expert, slice.text.expert, top_k, backwards);
  page.snapshot = snapshot;
}

FlipCounts::FlipCounts(QObject* parent) : QObject(parent) {}

FlipCounts::~FlipCounts() = default;

void FlipCounts::setSource(RunSource* source) {
  source_ = source;
  forget();
}

void FlipCounts::forget() {
  walk_.reset();
  work_.reset();
  places_.clear();
  progress_ = 1;
  failure_.clear();
}

std::shared_ptr<const FlipPage> FlipCounts::at(const Place& place) {
  Held& held = places_[place.id];
  held.wanted = place;
  held.last_frame = frame_;
  if (held.page && !isOf(*held.page, place)) {
    held.page.reset();
  }
  return held.page;
}

void FlipCounts::endFrame() {
  if (places_.size() > kMostPlaces) {
    std::erase_if(places_, [this](const auto& held) { return !isSeen(held.second); });
  }
  if (walk_) {
    const bool wanted = std::any_of(places_.begin(), places_.end(), [this](const auto& held) {
      return isSeen(held.second) && isOf(*work_, held.second.wanted);
    });
    if (!wanted) {
      walk_.reset();
      work_.reset();
    }
  }
  if (walk_ || !failure_.isEmpty() || !source_ || !source_->data()) {
    return;
  }
  for (const auto& [id, held] : places_) {
    if (isSeen(held) && held.wanted.snapshot >= 0 &&
        (!held.page || held.page->snapshot != held.wanted.snapshot)) {
      start(held.wanted);
      return;
    }
  }
  progress_ = 1;
}

void FlipCounts::start(const Place& place) {
  // From the nearest count there is, or from the beginning where that is nearer.
  auto begin = std::make_shared<FlipPage>();
  begin->layer = place.layer;
  begin->first_sample = place.first_sample;
  begin->samples = place.samples;
  int64_t reads = place.snapshot + 1;
  for (const auto& [id, held] : places_) {
    if (held.page && isOf(*held.page, place) &&
        std::abs(held.page->snapshot - place.snapshot) < reads) {
      reads = std::abs(held.page->snapshot - place.snapshot);
      *begin = *held.page;
    }
  }
  counting_ = place;
  work_ = std::move(begin);
  if (reads == 0) {
    finish({});
    return;
  }
  WalkRequest request;
  const int64_t step = work_->snapshot < place.snapshot ? 1 : -1;
  for (int64_t s = work_->snapshot + step; s != place.snapshot + step; s += step) {
    request.items.push_back({s, place.layer, place.first_sample, place.samples});
  }
  request.visit = [work = work_, top_k = source_->data()->layout.top_k](
                      const WalkItem& item, const probe::ProbeSet&,
                      const probe::LayerSlice& slice) {
    countOn(*work, item.snapshot, slice, top_k);
  };
  double done = 0;
  double all = 0;
  for (const auto& [id, held] : places_) {
    if (isSeen(held)) {
      all += 1;
      done += held.page && held.page->snapshot == held.wanted.snapshot ? 1 : 0;
    }
  }
  progress_ = done / all;
  request.progress = [this, done, all](double part) {
    progress_ = (done + part) / all;
    Q_EMIT changed();
  };
  request.finished = [this](const QString& failure) { finish(failure); };
  walk_ = source_->walk(std::move(request));
}

void FlipCounts::finish(const QString& failure) {
  const auto page = std::exchange(work_, nullptr);
  walk_.reset();
  if (!failure.isEmpty()) {
    failure_ = failure;
    Q_EMIT changed();
    return;
  }
  page->most = 0;
  for (const auto* counts : {&page->image, &page->text}) {
    if (!counts->empty()) {
      page->most = std::max(page->most, *std::max_element(counts->begin(), counts->end()));
    }
  }
  // Going back in time leaves less.
  const std::shared_ptr<const FlipPage> counted = page;
  for (auto& [id, held] : places_) {
    const bool nearer = !held.page || std::abs(held.page->snapshot - held.wanted.snapshot) >
                                          std::abs(counted->snapshot - held.wanted.snapshot);
    if (isOf(*counted, held.wanted) && (id == counting_.id || nearer)) {
      held.page = counted;
    }
  }
  Q_EMIT changed();
}

}  // namespace limoe::gui
