#include "gui/inspect/what_if_outcomes.h"

#include <algorithm>

#include "gui/inspect/what_if_walk.h"

namespace limoe::gui {
namespace {

constexpr std::size_t kMostMade = 96;
constexpr std::size_t kMostWanted = 256;

}  // namespace

WhatIfOutcomes::WhatIfOutcomes(QObject* parent) : QObject(parent) {}

WhatIfOutcomes::~WhatIfOutcomes() = default;

void WhatIfOutcomes::setSource(RunSource* recording) {
  if (source_) {
    source_->disconnect(this);
  }
  source_ = recording;
  forget();
  if (recording) {
    connect(recording, &RunSource::dataChanged, this, &WhatIfOutcomes::sourceChanged);
    sourceChanged();
  }
}

void WhatIfOutcomes::forget() {
  walk_.reset();
  making_.reset();
  made_.clear();
  wanted_.clear();
  failed_.clear();
  stamp_ = {};
  rules_.clear();
}

void WhatIfOutcomes::sourceChanged() {
  const auto run = source_->data();
  if (!run) {
    return;
  }
  if (!stamp_.holdsIn(*run)) {
    forget();
  }
  stamp_ = DecisionsStamp(*run);
  rules_ = whatIfObstacle(*run).isEmpty() ? recordedRules(*run) : std::vector<RoutingRule>();
}

bool WhatIfOutcomes::isThere(const Key& key) const {
  const auto run = source_ ? source_->data() : nullptr;
  return run && key.snapshot >= 0 && key.snapshot < std::ssize(rules_) && key.layer >= 0 &&
         key.layer < run->layout.layers;
}

std::shared_ptr<const LayerOutcome> WhatIfOutcomes::layer(int64_t snapshot, int64_t layer,
                                                          const WhatIfSettings& settings) {
  const Key key{snapshot, layer, settings};
  if (!isThere(key)) {
    return nullptr;
  }
  const auto made =
      std::find_if(made_.begin(), made_.end(), [&](const auto& m) { return m.first == key; });
  if (made != made_.end()) {
    const auto outcome = made->second;
    std::rotate(made_.begin(), made, made + 1);
    return outcome;
  }
  const bool known = making_ == key ||
                     std::find(wanted_.begin(), wanted_.end(), key) != wanted_.end() ||
                     !failure(snapshot, layer, settings).isEmpty();
  if (!known) {
    enqueue(key);
    startNext();
  }
  return nullptr;
}

QString WhatIfOutcomes::failure(int64_t snapshot, int64_t layer,
                                const WhatIfSettings& settings) const {
  const Key key{snapshot, layer, settings};
  const auto found = std::find_if(failed_.begin(), failed_.end(),
                                  [&key](const auto& failed) { return failed.first == key; });
  return found == failed_.end() ? QString() : found->second;
}

void WhatIfOutcomes::enqueue(const Key& key) {
  const auto outdated = [&key](const Key& other) { return other.settings != key.settings; };
  std::erase_if(wanted_, outdated);
  std::erase_if(failed_, [&](const auto& failed) { return outdated(failed.first); });
  if (making_ && outdated(*making_)) {
    making_.reset();
    walk_.reset();
  }
  // Behind the layers of the same snapshot that stand in front.
  const auto place = std::find_if(wanted_.begin(), wanted_.end(), [&key](const Key& other) {
    return other.snapshot != key.snapshot;
  });
  wanted_.insert(place, key);
  if (wanted_.size() > kMostWanted) {
    wanted_.pop_back();
  }
}

void WhatIfOutcomes::startNext() {
  while (!wanted_.empty() && !isThere(wanted_.front())) {
    wanted_.pop_front();
  }
  if (wanted_.empty() || walk_) {
    return;
  }
  const Key key = wanted_.front();
  wanted_.pop_front();
  making_ = key;
  progress_ = 0;
  const auto run = source_->data();
  const auto at = static_cast<std::size_t>(key.snapshot);
  auto builder = std::make_shared<LayerOutcomeBuilder>(
      run->layout, key.snapshot, run->snapshot_steps[at], key.layer, rules_[at],
      changedRule(rules_[at], key.settings, run->layout.experts));
  const ProbeGroups groups(*run);
  GroupRequest request;
  for (int64_t group = 0; group < groups.count(); ++group) {
    if (groups.isWhole(group)) {
      request.items.push_back({key.snapshot, key.layer, group});
    }
  }
  request.texts = true;
  request.visit = [builder](const GroupItem&, const probe::ProbeSet& texts,
                            const probe::LayerSlice& recorded) { builder->add(texts, recorded); };
  request.progress = [this](double done) {
    progress_ = done;
    Q_EMIT progressed();
  };
  request.finished = [this, key, builder](const QString& failure) {
    take(key, builder->take(), failure);
  };
  walk_ = source_->walk(groupWalk(groups, std::move(request)));
}

void WhatIfOutcomes::take(const Key& key, std::shared_ptr<const LayerOutcome> outcome,
                          const QString& failure) {
  making_.reset();
  walk_.reset();
  if (failure.isEmpty()) {
    made_.emplace_front(key, std::move(outcome));
    if (made_.size() > kMostMade) {
      made_.pop_back();
    }
  } else {
    failed_.emplace_back(key, failure);
  }
  startNext();
  if (failure.isEmpty()) {
    Q_EMIT ready();
  } else {
    Q_EMIT failed(failure);
  }
  Q_EMIT progressed();
}

}  // namespace limoe::gui
