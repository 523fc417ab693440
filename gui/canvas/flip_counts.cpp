#include "gui/canvas/flip_counts.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

namespace limoe::gui {
namespace {

/// Places kept although they are not on the screen: scrolling back counts nothing again.
constexpr std::size_t kMostPlaces = 64;
/// Layers of samples that are read before what they came to is shown.
constexpr std::size_t kReadsAtOnce = 200;

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
  works_.clear();
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

bool FlipCounts::isWanted(const FlipPage& page) const {
  return std::any_of(places_.begin(), places_.end(), [&](const auto& held) {
    return isSeen(held.second) && isOf(page, held.second.wanted);
  });
}

void FlipCounts::endFrame() {
  if (places_.size() > kMostPlaces) {
    std::erase_if(places_, [this](const auto& held) { return !isSeen(held.second); });
  }
  const bool is_wanted = std::any_of(works_.begin(), works_.end(),
                                     [this](const auto& work) { return isWanted(*work.second); });
  if (walk_ && !is_wanted) {
    walk_.reset();
    works_.clear();
  }
  if (!walk_ && failure_.isEmpty() && source_ && source_->data()) {
    start();
  }
}

std::shared_ptr<FlipPage> FlipCounts::beginningOf(const Place& place) const {
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
  return begin;
}

void FlipCounts::start() {
  WalkRequest request;
  double done = 0;
  double all = 0;
  for (const auto& [id, held] : places_) {
    const Place& place = held.wanted;
    if (!isSeen(held) || place.snapshot < 0) {
      continue;
    }
    all += 1;
    if (held.page && held.page->snapshot == place.snapshot) {
      done += 1;
      continue;
    }
    // Places that show the same samples at several steps go on from one another.
    const std::pair key(place.layer, place.first_sample);
    if (request.items.size() >= kReadsAtOnce || works_.contains(key)) {
      continue;
    }
    auto work = beginningOf(place);
    const int64_t step = work->snapshot <= place.snapshot ? 1 : -1;
    for (int64_t s = work->snapshot; s != place.snapshot;) {
      s += step;
      request.items.push_back({s, place.layer, place.first_sample, place.samples});
    }
    works_[key] = std::move(work);
  }
  progress_ = all > 0 ? done / all : 1;
  if (request.items.empty()) {
    if (!works_.empty()) {
      finish({});  // another place had it
    }
    return;
  }
  request.visit = [works = works_, top_k = source_->data()->layout.top_k](
                      const WalkItem& item, const probe::ProbeSet&,
                      const probe::LayerSlice& slice) {
    countOn(*works.at({item.layer, item.first_sample}), item.snapshot, slice, top_k);
  };
  const double counted = static_cast<double>(works_.size());
  request.progress = [this, done, counted, all](double part) {
    progress_ = (done + part * counted) / all;
    Q_EMIT changed();
  };
  request.finished = [this](const QString& failure) { finish(failure); };
  walk_ = source_->walk(std::move(request));
}

void FlipCounts::publish(const std::shared_ptr<FlipPage>& page) {
  page->most = 0;  // going back in time leaves less
  for (const auto* counts : {&page->image, &page->text}) {
    if (!counts->empty()) {
      page->most = std::max(page->most, *std::max_element(counts->begin(), counts->end()));
    }
  }
  for (auto& [id, held] : places_) {
    const auto away = [&held](const FlipPage& counted) {
      return std::abs(counted.snapshot - held.wanted.snapshot);
    };
    if (isOf(*page, held.wanted) && (!held.page || away(*page) < away(*held.page))) {
      held.page = page;
    }
  }
}

void FlipCounts::finish(const QString& failure) {
  const Works works = std::exchange(works_, {});
  walk_.reset();
  failure_ = failure;
  if (failure.isEmpty()) {
    for (const auto& [key, work] : works) {
      publish(work);
    }
  }
  Q_EMIT changed();
}

}  // namespace limoe::gui
