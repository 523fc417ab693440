#include "gui/inspect/walk_cache.h"

#include <algorithm>
#include <atomic>
#include <iterator>

namespace limoe::gui {
namespace {

constexpr std::size_t kMostRemembered = 16;  ///< of what was stopped, and of what failed

template <typename Entries>
auto find(Entries& entries, const Question& question) {
  return std::find_if(entries.begin(), entries.end(),
                      [&](const auto& entry) { return entry.question == question; });
}

}  // namespace

/// Outlives its walks, so that it can be gone on with. A walk that was ended may still be in a
/// visit; its successor begins with the same item and leaves it out if that visit was done.
struct WalkCache::Course {
  Plan plan;
  std::atomic<std::size_t> visited{0};  ///< items; written by the thread that visits

  static WalkRequest rest(const std::shared_ptr<Course>& course) {
    WalkRequest request = course->plan.request;
    const std::size_t begin = course->visited;
    request.items.erase(request.items.begin(),
                        request.items.begin() + static_cast<std::ptrdiff_t>(begin));
    request.visit = [course, next = std::make_shared<std::size_t>(begin)](
                        const WalkItem& item, const probe::ProbeSet& texts,
                        const probe::LayerSlice& slice) {
      if ((*next)++ == course->visited) {
        course->plan.request.visit(item, texts, slice);
        ++course->visited;
      }
    };
    return request;
  }
};

WalkCache::WalkCache(const Policy& policy, QObject* parent) : QObject(parent), policy_(policy) {}

WalkCache::~WalkCache() = default;

void WalkCache::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  source_ = source;
  forget();
  seen_.reset();
  stamp_ = {};
  if (source) {
    connect(source, &RunSource::dataChanged, this, [this] {
      const auto now = source_->data();
      const bool replaced = now && !stamp_.holdsIn(*now);
      look();
      if (replaced) {
        Q_EMIT ready();  // what was given out is of other decisions
      }
    });
  }
}

void WalkCache::forget() {
  walk_.reset();
  making_.reset();
  made_.clear();
  wanted_.clear();
  stopped_.clear();
  failed_.clear();
}

void WalkCache::look() {
  const auto run = source_ ? source_->data() : nullptr;
  if (!run || run == seen_) {
    return;
  }
  seen_ = run;
  if (!stamp_.holdsIn(*run)) {
    forget();
  }
  stamp_ = DecisionsStamp(*run);
  const auto snapshots = std::ssize(run->snapshot_steps);
  if (snapshots != snapshots_) {
    failed_.clear();
    holdStopsAtNewest(snapshots);
  }
  snapshots_ = snapshots;
}

void WalkCache::holdStopsAtNewest(int64_t snapshots) {
  std::deque<Entry> next;
  for (const Entry& entry : stopped_) {
    const int64_t snapshot = entry.question.snapshot;
    if (snapshot >= 0 && snapshot == snapshots_ - 1 && snapshots > snapshots_) {
      next.push_back({entry.question, nullptr, 0, {}});
      next.back().question.snapshot = snapshots - 1;
    }
  }
  stopped_.insert(stopped_.begin(), next.begin(), next.end());
  stopped_.resize(std::min(stopped_.size(), kMostRemembered));
}

bool WalkCache::isThere(const Question& question, const RunData& run) const {
  return question.snapshot >= 0 && question.snapshot < std::ssize(run.snapshot_steps) &&
         question.layer >= 0 && question.layer < run.layout.layers;
}

bool WalkCache::belongTogether(const Question& a, const Question& b) const {
  return policy_.order == Order::InTurn ? a.settings == b.settings : a == b;
}

Standing WalkCache::standing(const Question& question) const {
  using Kind = Standing::Kind;
  if (find(made_, question) != made_.end()) {
    return {Kind::Made, 1, {}};
  }
  if (making_ && making_->question == question) {
    return {Kind::Waiting, making_->done, {}};
  }
  if (const auto found = find(wanted_, question); found != wanted_.end()) {
    return {Kind::Waiting, found->done, {}};
  }
  if (const auto found = find(failed_, question); found != failed_.end()) {
    return {Kind::Failed, 0, found->failure};
  }
  if (const auto found = find(stopped_, question); found != stopped_.end()) {
    return {Kind::Stopped, found->done, {}};
  }
  const bool stopped = std::any_of(stopped_.begin(), stopped_.end(), [&](const Entry& entry) {
    return belongTogether(entry.question, question);
  });
  return {stopped ? Kind::Stopped : Kind::Unasked, 0, {}};
}

std::shared_ptr<const void> WalkCache::value(const Question& question) {
  look();  // a view may hear of a resumed run before this object does
  const auto run = source_ ? source_->data() : nullptr;
  if (!run || !isThere(question, *run)) {
    return nullptr;
  }
  if (const auto made = find(made_, question); made != made_.end()) {
    auto value = made->value;
    std::rotate(made_.begin(), made, made + 1);
    return value;
  }
  if (standing(question).kind == Standing::Kind::Unasked) {
    enqueue({question, nullptr, 0, {}});
    startNext();
    // Later: whoever asks is in the middle of something.
    QMetaObject::invokeMethod(this, &WalkCache::progressed, Qt::QueuedConnection);
  }
  return nullptr;
}

void WalkCache::enqueue(Entry entry) {
  auto place = wanted_.begin();
  if (policy_.order == Order::InTurn) {
    endOlderSettings(entry.question.settings);
    place = std::find_if(wanted_.begin(), wanted_.end(), [&](const Entry& other) {
      return other.question.snapshot != entry.question.snapshot;
    });
  } else if (making_) {  // the user has moved on; the other view's question may still come back
    walk_.reset();
    wanted_.push_front(std::move(*making_));
    making_.reset();
    place = wanted_.begin();
  }
  wanted_.insert(place, std::move(entry));
  if (wanted_.size() > policy_.most_wanted) {
    wanted_.resize(policy_.most_wanted);
  }
}

void WalkCache::endOlderSettings(const WhatIfSettings& settings) {
  const auto outdated = [&](const Entry& entry) { return entry.question.settings != settings; };
  std::erase_if(wanted_, outdated);
  std::erase_if(failed_, outdated);
  std::erase_if(stopped_, outdated);
  if (making_ && outdated(*making_)) {
    walk_.reset();
    making_.reset();
  }
}

void WalkCache::startNext() {
  const auto run = source_ ? source_->data() : nullptr;
  while (!wanted_.empty() && !(run && isThere(wanted_.front().question, *run))) {
    wanted_.pop_front();
  }
  if (wanted_.empty() || walk_) {
    return;
  }
  making_ = std::move(wanted_.front());
  wanted_.pop_front();
  if (!making_->course) {
    making_->course = std::make_shared<Course>();
    making_->course->plan = plan(making_->question, *run);
  }
  WalkRequest request = Course::rest(making_->course);
  const double before = making_->done;
  request.progress = [this, before](double done) {
    making_->done = before + (1 - before) * done;
    Q_EMIT progressed();
  };
  request.finished = [this](const QString& failure) { finish(failure); };
  walk_ = source_->walk(std::move(request));
}

void WalkCache::finish(const QString& failure) {
  const Entry entry = std::move(*making_);
  making_.reset();
  walk_.reset();
  if (failure.isEmpty()) {
    made_.push_front({entry.question, entry.course->plan.take()});
    made_.resize(std::min(made_.size(), policy_.most_made));
  } else {
    failed_.push_front({entry.question, nullptr, 0, failure});
    failed_.resize(std::min(failed_.size(), kMostRemembered));
  }
  startNext();
  if (failure.isEmpty()) {
    Q_EMIT ready();
  } else {
    Q_EMIT failed(failure);
  }
  Q_EMIT progressed();
}

void WalkCache::stop(const Question& question) {
  const auto is_meant = [&](const Entry& entry) {
    return belongTogether(entry.question, question);
  };
  std::deque<Entry> ended;
  if (making_ && is_meant(*making_)) {
    walk_.reset();
    ended.push_back(std::move(*making_));
    making_.reset();
  }
  for (Entry& entry : wanted_) {
    if (is_meant(entry)) {
      ended.push_back(entry);
    }
  }
  std::erase_if(wanted_, is_meant);
  stopped_.insert(stopped_.begin(), ended.begin(), ended.end());
  stopped_.resize(std::min(stopped_.size(), kMostRemembered));
  startNext();
  Q_EMIT progressed();
}

void WalkCache::goOn(const Question& question) {
  const auto is_meant = [&](const Entry& entry) {
    return belongTogether(entry.question, question);
  };
  std::deque<Entry> again;
  std::copy_if(stopped_.begin(), stopped_.end(), std::back_inserter(again), is_meant);
  std::erase_if(stopped_, is_meant);
  std::erase_if(failed_, [&](const Entry& entry) { return entry.question == question; });
  for (Entry& entry : again) {
    enqueue(std::move(entry));
  }
  startNext();
  value(question);
  Q_EMIT progressed();
}

void WalkCache::drop(const Question& question) {
  const auto is_meant = [&](const Entry& entry) { return entry.question == question; };
  if (making_ && is_meant(*making_)) {
    walk_.reset();
    making_.reset();
  }
  std::erase_if(wanted_, is_meant);
  std::erase_if(stopped_, is_meant);
  std::erase_if(failed_, is_meant);
  startNext();
}

}  // namespace limoe::gui
