#include "gui/canvas/flip_counts.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <span>
#include <utility>

namespace limoe::gui {
namespace {

/// Places kept although they are not on the screen: scrolling back counts nothing again.
constexpr std::size_t kMostPlaces = 1024;
/// Layers of samples that are read before what they came to is shown.
constexpr std::size_t kReadsAtOnce = 200;
constexpr std::size_t kWorksAtOnce = 512;
constexpr qint64 kPatienceMs = 250;

bool isOf(const FlipSample& flips, const FlipCounts::Place& place) {
  return flips.layer == place.layer && flips.sample == place.sample;
}

/// `experts`, [tokens, K], from the sample's first token on.
void countOn(std::vector<uint16_t>& counts, std::vector<uint16_t>& last,
             std::span<const uint16_t> experts, int64_t top_k, bool backwards) {
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

void countOn(FlipSample& flips, int64_t snapshot, const probe::LayerSlice& slice, int64_t top_k) {
  const bool backwards = snapshot < flips.snapshot;
  const auto experts_of = [&](const probe::Decisions& decisions) {
    const auto each = decisions.expert.size() / static_cast<std::size_t>(slice.samples);
    const auto index = static_cast<std::size_t>(flips.sample - slice.first_sample);
    return std::span(decisions.expert).subspan(index * each, each);
  };
  countOn(flips.image, flips.image_expert, experts_of(slice.image), top_k, backwards);
  countOn(flips.text, flips.text_expert, experts_of(slice.text), top_k, backwards);
  flips.snapshot = snapshot;
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
  stopped_ = false;
  counting_.invalidate();
  failure_.clear();
}

void FlipCounts::stop() {
  walk_.reset();
  works_.clear();
  stopped_ = true;
  Q_EMIT changed();
}

void FlipCounts::goOn() {
  stopped_ = false;
  failure_.clear();
  Q_EMIT changed();
}

Standing FlipCounts::standing() const {
  if (!failure_.isEmpty()) {
    return {Standing::Kind::Failed, progress_, failure_};
  }
  if (stopped_ && progress_ < 1) {
    return {Standing::Kind::Stopped, progress_, {}};
  }
  const bool waits = walk_ && counting_.isValid() && counting_.elapsed() >= kPatienceMs;
  return {waits ? Standing::Kind::Waiting : Standing::Kind::Unasked, progress_, {}};
}

std::shared_ptr<const FlipSample> FlipCounts::at(const Place& place) {
  Held& held = places_[place.id];
  held.wanted = place;
  held.last_frame = frame_;
  if (held.flips && !isOf(*held.flips, place)) {
    held.flips.reset();
  }
  return held.flips;
}

void FlipCounts::endFrame() {
  if (places_.size() > kMostPlaces) {
    std::erase_if(places_, [this](const auto& held) { return !isSeen(held.second); });
  }
  const bool is_wanted = std::any_of(places_.begin(), places_.end(), [this](const auto& held) {
    return isSeen(held.second) && works_.contains(keyOf(held.second.wanted));
  });
  if (walk_ && !is_wanted) {
    walk_.reset();
    works_.clear();
  }
  if (!walk_ && failure_.isEmpty() && source_ && source_->data()) {
    start();
  }
}

std::shared_ptr<FlipSample> FlipCounts::beginningOf(const Place& place, const Counted& counted) {
  auto begin = std::make_shared<FlipSample>();
  begin->layer = place.layer;
  begin->sample = place.sample;
  int64_t reads = place.snapshot + 1;
  const FlipSample* nearest = nullptr;
  const auto [first, last] = counted.equal_range(keyOf(place));
  for (auto other = first; other != last; ++other) {
    const int64_t away = std::abs(other->second->snapshot - place.snapshot);
    if (away < reads) {
      reads = away;
      nearest = other->second;
    }
  }
  if (nearest) {
    *begin = *nearest;
  }
  return begin;
}

double FlipCounts::collectWorks() {
  Counted counted;
  for (const auto& [id, held] : places_) {
    if (held.flips) {
      counted.emplace(std::pair(held.flips->layer, held.flips->sample), held.flips.get());
    }
  }
  double done = 0;
  for (const auto& [id, held] : places_) {
    const Place& place = held.wanted;
    if (!isSeen(held) || place.snapshot < 0) {
      continue;
    }
    if (held.flips && held.flips->snapshot == place.snapshot) {
      done += 1;
      continue;
    }
    // Places that show the same sample at several steps go on from one another.
    const Key key = keyOf(place);
    if (works_.size() < kWorksAtOnce && !works_.contains(key)) {
      auto flips = beginningOf(place, counted);
      const int64_t from = flips->snapshot;
      works_[key] = {std::move(flips), from, place.snapshot};
    }
  }
  return done;
}

std::vector<WalkItem> FlipCounts::readsOfWorks() {
  std::vector<WalkItem> items;
  auto work = works_.begin();
  while (work != works_.end() && items.size() < kReadsAtOnce) {
    const auto [layer, first] = work->first;
    const int64_t from = work->second.from;
    const int64_t to = work->second.to;
    int64_t samples = 0;
    while (work != works_.end() && samples < RunSource::kPageSamples &&
           work->first == std::pair(layer, first + samples) && work->second.from == from &&
           work->second.to == to) {
      ++samples;
      ++work;
    }
    const int64_t step = from <= to ? 1 : -1;
    for (int64_t s = from; s != to;) {
      s += step;
      items.push_back({s, layer, first, samples});
    }
  }
  works_.erase(work, works_.end());
  return items;
}

void FlipCounts::start() {
  const double done = collectWorks();
  const auto wanted = std::count_if(places_.begin(), places_.end(), [this](const auto& held) {
    return isSeen(held.second) && held.second.wanted.snapshot >= 0;
  });
  const auto all = static_cast<double>(wanted);
  progress_ = all > 0 ? done / all : 1;
  if (progress_ >= 1) {
    counting_.invalidate();
  } else if (!counting_.isValid()) {
    counting_.start();
  }
  if (stopped_) {
    works_.clear();
    return;
  }
  WalkRequest request;
  request.items = readsOfWorks();
  if (request.items.empty()) {
    if (!works_.empty()) {
      finish({});  // another place had it
    }
    return;
  }
  request.visit = [works = works_, top_k = source_->data()->layout.top_k](
                      const WalkItem& item, const probe::ProbeSet&,
                      const probe::LayerSlice& slice) {
    for (int64_t n = item.first_sample; n < item.first_sample + item.samples; ++n) {
      countOn(*works.at({item.layer, n}).flips, item.snapshot, slice, top_k);
    }
  };
  const auto counted = static_cast<double>(works_.size());
  request.progress = [this, done, counted, all](double part) {
    progress_ = (done + part * counted) / all;
    Q_EMIT changed();
  };
  request.finished = [this](const QString& failure) { finish(failure); };
  walk_ = source_->walk(std::move(request));
}

void FlipCounts::publish(const Works& works) {
  for (const auto& [key, work] : works) {
    FlipSample& flips = *work.flips;
    flips.most = 0;  // going back in time leaves less
    for (const auto* counts : {&flips.image, &flips.text}) {
      if (!counts->empty()) {
        flips.most = std::max(flips.most, *std::max_element(counts->begin(), counts->end()));
      }
    }
  }
  for (auto& [id, held] : places_) {
    const auto away = [&held](const FlipSample& counted) {
      return std::abs(counted.snapshot - held.wanted.snapshot);
    };
    const auto work = works.find(keyOf(held.wanted));
    if (work != works.end() && (!held.flips || away(*work->second.flips) < away(*held.flips))) {
      held.flips = work->second.flips;
    }
  }
}

void FlipCounts::finish(const QString& failure) {
  const Works works = std::exchange(works_, {});
  walk_.reset();
  failure_ = failure;
  if (failure.isEmpty()) {
    publish(works);
  }
  Q_EMIT changed();
}

}  // namespace limoe::gui
