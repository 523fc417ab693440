#include "gui/runs/piece_requests.h"

#include <algorithm>

namespace limoe::gui {
namespace {

/// The smallest images fill a screen with a few thousand.
constexpr std::size_t kMostRequests = 16384;
constexpr std::size_t kMostAtOnce = 64;
/// Drawing a frame, which asks again, may take as long as several arrivals.
constexpr int64_t kRoundsWanted = 16;
/// Summaries, of which a chart over all steps wants each, let go first what was asked for so many
/// rounds earlier: it is on the screen.
constexpr int64_t kSummaryRounds = 8;
/// Bounds what a busy GUI thread finds in its mailbox.
constexpr int64_t kMostUntaken = 12;

bool isOneReading(const PieceKey& a, const PieceKey& b) {
  return std::get<0>(a) == std::get<0>(b) && std::get<1>(a) == std::get<1>(b) &&
         std::get<2>(a) == std::get<2>(b);
}

}  // namespace

void PieceRequests::want(const PieceKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = requests_.find(key);
  if (found == requests_.end() && requests_.size() >= kMostRequests) {
    return;
  }
  Request& request = found == requests_.end() ? requests_[key] : found->second;
  if (request.round != round_) {
    request.round = round_;
    request.turn = ++turn_;
  }
}

void PieceRequests::came(const std::vector<PieceKey>& keys) {
  const std::lock_guard lock(mutex_);
  for (const PieceKey& key : keys) {
    requests_.erase(key);
  }
  std::erase_if(requests_, [this](const auto& request) {
    return !request.second.is_read && request.second.round + kRoundsWanted < round_;
  });
  ++round_;
  --untaken_;
}

void PieceRequests::forget(const std::function<bool(const PieceKey&)>& which) {
  const std::lock_guard lock(mutex_);
  std::erase_if(requests_, [&which](const auto& request) { return which(request.first); });
}

bool PieceRequests::rest() {
  const std::lock_guard lock(mutex_);
  reading_ = std::any_of(requests_.begin(), requests_.end(),
                         [](const auto& request) { return !request.second.is_read; });
  return reading_;
}

void PieceRequests::stop() {
  const std::lock_guard lock(mutex_);
  reading_ = false;
}

bool PieceRequests::isEmpty() const {
  const std::lock_guard lock(mutex_);
  return requests_.empty();
}

bool PieceRequests::beginReading() {
  const std::lock_guard lock(mutex_);
  if (reading_ || requests_.empty() || untaken_ >= kMostUntaken) {
    return false;
  }
  reading_ = true;
  return true;
}

std::vector<PieceKey> PieceRequests::next() {
  using Waiting = std::pair<const PieceKey, Request>;
  const std::lock_guard lock(mutex_);
  std::vector<Waiting*> waiting;
  for (Waiting& request : requests_) {
    if (!request.second.is_read) {
      waiting.push_back(&request);
    }
  }
  if (waiting.empty()) {
    return {};
  }
  const auto round_of = [](const Waiting* request) {
    const bool summary = std::get<PieceKind>(request->first) == PieceKind::Summary;
    return request->second.round - (summary ? kSummaryRounds : 0);
  };
  const auto sooner = [&round_of](const Waiting* a, const Waiting* b) {
    return round_of(a) != round_of(b) ? round_of(a) > round_of(b) : a->second.turn < b->second.turn;
  };
  const PieceKey first = (*std::min_element(waiting.begin(), waiting.end(), sooner))->first;
  std::erase_if(waiting, [&](const Waiting* w) { return !isOneReading(w->first, first); });
  const std::size_t taken = std::min(waiting.size(), kMostAtOnce);
  std::partial_sort(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken),
                    waiting.end(), sooner);
  std::vector<PieceKey> keys;
  for (std::size_t i = 0; i < taken; ++i) {
    waiting[i]->second.is_read = true;
    keys.push_back(waiting[i]->first);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

bool PieceRequests::send(const std::vector<PieceKey>& unread) {
  const std::lock_guard lock(mutex_);
  for (const PieceKey& key : unread) {
    if (const auto found = requests_.find(key); found != requests_.end()) {
      found->second.is_read = false;
    }
  }
  reading_ = ++untaken_ < kMostUntaken;
  return reading_;
}

}  // namespace limoe::gui
