#include "gui/inspect/walk_cache.h"

#include <algorithm>

namespace limoe::gui {
namespace {

constexpr std::size_t kMostMade = 8;
constexpr std::size_t kMostWanted = 3;
constexpr std::size_t kMostFailed = 16;

}  // namespace

WalkCache::WalkCache(QObject* parent) : QObject(parent) {}

WalkCache::~WalkCache() = default;

void WalkCache::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  source_ = source;
  forget();
  run_.clear();
  steps_.clear();
  if (source) {
    connect(source, &RunSource::dataChanged, this, [this] {
      failed_.clear();
      const QString before = run_;
      look();
      if (run_ != before) {
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
  failed_.clear();
}

void WalkCache::look() {
  const auto run = source_ ? source_->data() : nullptr;
  if (!run) {
    return;
  }
  const QString name = run->decisionsId();
  const auto& now = run->snapshot_steps;
  // A resumed run may have replaced snapshots: the same number is then another step, or the same
  // step was trained again, in another part.
  if (name != run_ || now.size() < steps_.size() ||
      !std::equal(steps_.begin(), steps_.end(), now.begin())) {
    forget();
  }
  run_ = name;
  steps_ = now;
}

std::shared_ptr<const void> WalkCache::value(const Key& wanted) {
  look();  // a view may hear of a resumed run before this object does
  const auto run = source_ ? source_->data() : nullptr;
  if (!run || !isThere(wanted, *run)) {
    return nullptr;
  }
  const auto made =
      std::find_if(made_.begin(), made_.end(), [&](const auto& m) { return m.first == wanted; });
  if (made != made_.end()) {
    const auto value = made->second;
    std::rotate(made_.begin(), made, made + 1);
    return value;
  }
  if (making_ == wanted || std::find(wanted_.begin(), wanted_.end(), wanted) != wanted_.end() ||
      std::find(failed_.begin(), failed_.end(), wanted) != failed_.end()) {
    return nullptr;
  }
  if (making_) {  // the user has moved on; the other view's question may still come back
    wanted_.push_front(*making_);
    making_.reset();
    walk_.reset();
  }
  wanted_.push_front(wanted);
  if (wanted_.size() > kMostWanted) {
    wanted_.resize(kMostWanted);
  }
  startNext();
  return nullptr;
}

void WalkCache::startNext() {
  const auto run = source_ ? source_->data() : nullptr;
  while (!wanted_.empty() && !(run && isThere(wanted_.front(), *run))) {
    wanted_.pop_front();
  }
  if (wanted_.empty() || walk_) {
    return;
  }
  making_ = wanted_.front();
  wanted_.pop_front();
  progress_ = 0;
  Plan made_by = plan(*making_, *run);
  made_by.request.progress = [this](double done) {
    progress_ = done;
    Q_EMIT progressed();
  };
  made_by.request.finished = [this, key = *making_, take = std::move(made_by.take)](
                                 const QString& failure) { finish(key, take, failure); };
  walk_ = source_->walk(std::move(made_by.request));
}

void WalkCache::finish(const Key& key, const std::function<std::shared_ptr<const void>()>& take,
                       const QString& failure) {
  making_.reset();
  if (failure.isEmpty()) {
    made_.emplace_front(key, take());
    if (made_.size() > kMostMade) {
      made_.pop_back();
    }
  } else {
    failed_.push_front(key);
    if (failed_.size() > kMostFailed) {
      failed_.pop_back();
    }
  }
  walk_.reset();
  startNext();
  if (failure.isEmpty()) {
    Q_EMIT ready();
  } else {
    Q_EMIT failed(failure);
  }
  Q_EMIT progressed();
}

}  // namespace limoe::gui
