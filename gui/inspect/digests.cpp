#include "gui/inspect/digests.h"

#include <algorithm>

namespace limoe::gui {
namespace {

constexpr std::size_t kMostMade = 8;
constexpr std::size_t kMostWanted = 3;

}  // namespace

std::vector<WalkItem> pagesOf(const probe::Layout& layout, int64_t snapshot, int64_t layer) {
  std::vector<WalkItem> items;
  for (int64_t first = 0; first < layout.samples; first += RunSource::kPageSamples) {
    items.push_back(
        {snapshot, layer, first, std::min(RunSource::kPageSamples, layout.samples - first)});
  }
  return items;
}

Digests::Digests(QObject* parent) : QObject(parent) {}

Digests::~Digests() = default;

void Digests::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  source_ = source;
  forget();
  if (source) {
    connect(source, &RunSource::dataChanged, this, &Digests::sourceChanged);
  }
}

void Digests::forget() {
  walk_.reset();
  making_.reset();
  made_.clear();
  wanted_.clear();
  steps_.clear();
}

void Digests::sourceChanged() {
  const auto run = source_->data();
  const bool other_decisions = run->what_if != what_if_;
  const auto& now = run->snapshot_steps;
  // A resumed run may have replaced snapshots: the same number is then another step.
  if (now.size() < steps_.size() || !std::equal(steps_.begin(), steps_.end(), now.begin()) ||
      other_decisions) {
    forget();
  }
  steps_ = now;
  what_if_ = run->what_if;
  if (other_decisions) {
    Q_EMIT ready();  // whoever asked before this was called has an old one
  }
}

bool Digests::isThere(const Key& key) const {
  const auto run = source_ ? source_->data() : nullptr;
  return run && key.snapshot >= 0 && key.snapshot < std::ssize(run->snapshot_steps) &&
         key.layer >= 0 && key.layer < run->layout.layers;
}

std::shared_ptr<const LayerDigest> Digests::layer(int64_t snapshot, int64_t layer,
                                                  const TokenFilter& filter) {
  const Key key{snapshot, layer, filter};
  if (!isThere(key)) {
    return nullptr;
  }
  const auto made =
      std::find_if(made_.begin(), made_.end(), [&](const auto& m) { return m.first == key; });
  if (made != made_.end()) {
    const auto digest = made->second;
    std::rotate(made_.begin(), made, made + 1);
    return digest;
  }
  if (making_ == key) {
    return nullptr;
  }
  std::erase(wanted_, key);
  wanted_.push_front(key);
  if (making_) {  // the user has moved on; the other view's question may still come back
    wanted_.insert(wanted_.begin() + 1, *making_);
    making_.reset();
    walk_.reset();
  }
  if (wanted_.size() > kMostWanted) {
    wanted_.resize(kMostWanted);
  }
  startNext();
  return nullptr;
}

void Digests::startNext() {
  while (!wanted_.empty() && !isThere(wanted_.front())) {
    wanted_.pop_front();
  }
  if (wanted_.empty() || walk_) {
    return;
  }
  making_ = wanted_.front();
  wanted_.pop_front();
  progress_ = 0;
  const auto run = source_->data();
  if (steps_.empty()) {
    steps_ = run->snapshot_steps;
    what_if_ = run->what_if;
  }
  const Key key = *making_;
  auto builder = std::make_shared<LayerDigestBuilder>(
      run->layout, key.snapshot, run->snapshot_steps[static_cast<std::size_t>(key.snapshot)],
      key.layer, key.filter);
  WalkRequest request;
  request.items = pagesOf(run->layout, key.snapshot, key.layer);
  request.probabilities = run->layout.probabilities;
  request.texts = true;
  request.visit = [builder](const WalkItem&, const probe::ProbeSet& texts,
                            const probe::LayerSlice& slice) { builder->add(texts, slice); };
  request.progress = [this](double done) {
    progress_ = done;
    Q_EMIT progressed();
  };
  request.finished = [this, key, builder](const QString& failure) {
    making_.reset();
    walk_.reset();
    if (failure.isEmpty()) {
      made_.emplace_front(key, builder->take());
      if (made_.size() > kMostMade) {
        made_.pop_back();
      }
    }
    startNext();
    if (failure.isEmpty()) {
      Q_EMIT ready();
    } else {
      Q_EMIT failed(failure);
    }
    Q_EMIT progressed();
  };
  walk_ = source_->walk(std::move(request));
}

}  // namespace limoe::gui
