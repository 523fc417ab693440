#include "gui/inspect/token_reading.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

namespace limoe::gui {

/// Filled on the reader thread, emptied on the GUI thread while the walk goes on.
struct TokenReading::Incoming {
  std::mutex mutex;
  std::vector<TokenHistory::Entry> entries;
};

TokenReading::TokenReading(QObject* parent) : QObject(parent) {}

TokenReading::~TokenReading() = default;

void TokenReading::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  source_ = source;
  token_.reset();
  forget();
  if (source) {
    connect(source, &RunSource::dataChanged, this, &TokenReading::sourceChanged);
  }
  Q_EMIT changed();
}

void TokenReading::forget() {
  path_walk_.reset();
  history_walk_.reset();
  path_being_read_ = -1;
  path_.reset();
  history_ = {};
  stopped_ = false;
  failure_.clear();
}

void TokenReading::stop() {
  history_walk_.reset();
  stopped_ = true;
  Q_EMIT changed();
}

void TokenReading::goOn() {
  stopped_ = false;
  failure_.clear();
  read();
  Q_EMIT changed();
}

Standing TokenReading::standing() const {
  using Kind = Standing::Kind;
  const auto run = source_ ? source_->data() : nullptr;
  const auto all = run ? std::ssize(run->snapshot_steps) : 0;
  if (!token_ || history_.size() >= all) {
    return {all > 0 && token_ ? Kind::Made : Kind::Unasked, 1, {}};
  }
  const double done = static_cast<double>(history_.size()) / static_cast<double>(all);
  return {!failure_.isEmpty() ? Kind::Failed
          : stopped_          ? Kind::Stopped
          : history_walk_     ? Kind::Waiting
                              : Kind::Unasked,
          done, failure_};
}

void TokenReading::follow(const std::optional<TokenRef>& token, int64_t snapshot, int64_t layer) {
  if (token_ == token && snapshot_ == snapshot && layer_ == layer) {
    return;
  }
  if (token_ != token) {
    forget();
  } else if (layer_ != layer) {
    history_walk_.reset();
    history_ = {};
    stopped_ = false;
  }
  failure_.clear();
  token_ = token;
  snapshot_ = snapshot;
  layer_ = layer;
  read();
}

void TokenReading::sourceChanged() {
  const auto run = source_->data();
  if (!stamp_.holdsIn(*run)) {
    forget();
    Q_EMIT changed();
  }
  failure_.clear();
  read();
}

void TokenReading::read() {
  const auto run = source_ ? source_->data() : nullptr;
  stamp_ = run ? DecisionsStamp(*run) : DecisionsStamp();
  if (run && token_ && token_->sample >= 0 && token_->sample < run->layout.samples) {
    readPath(*run);
    readHistory(*run);
  }
}

void TokenReading::readPath(const RunData& run) {
  if (snapshot_ < 0 || snapshot_ >= std::ssize(run.snapshot_steps) || run.layout.layers == 0) {
    return;
  }
  const bool is_there = path_ && path_->snapshot == snapshot_;
  if (is_there || path_being_read_ == snapshot_) {
    if (is_there) {
      path_walk_.reset();
      path_being_read_ = -1;
    }
    return;
  }
  auto path = std::make_shared<TokenPath>();
  path->snapshot = snapshot_;
  path->step = run.snapshot_steps[static_cast<std::size_t>(snapshot_)];
  WalkRequest request;
  for (int64_t layer = 0; layer < run.layout.layers; ++layer) {
    request.items.push_back({snapshot_, layer, token_->sample, 1});
  }
  request.probabilities = run.layout.probabilities;
  request.visit = [path, token = *token_, layout = run.layout](
                      const WalkItem&, const probe::ProbeSet&, const probe::LayerSlice& slice) {
    path->layers.push_back(decisionOf(layout, slice, token));
  };
  request.finished = [this, path](const QString& failure) {
    path_walk_.reset();
    path_being_read_ = -1;
    if (failure.isEmpty()) {
      path_ = *path;
      Q_EMIT changed();
    } else {
      fail(failure);
    }
  };
  path_being_read_ = snapshot_;
  path_walk_ = source_->walk(std::move(request));
}

void TokenReading::readHistory(const RunData& run) {
  if (stopped_ || layer_ < 0 || layer_ >= run.layout.layers || history_walk_ ||
      history_.size() >= std::ssize(run.snapshot_steps)) {
    return;
  }
  auto incoming = std::make_shared<Incoming>();
  WalkRequest request;
  for (int64_t s = history_.size(); s < std::ssize(run.snapshot_steps); ++s) {
    request.items.push_back({s, layer_, token_->sample, 1});
  }
  request.visit = [incoming, token = *token_, layout = run.layout, steps = run.snapshot_steps](
                      const WalkItem& item, const probe::ProbeSet&,
                      const probe::LayerSlice& slice) {
    TokenHistory::Entry entry;
    entry.step = steps[static_cast<std::size_t>(item.snapshot)];
    const TokenDecision decision = decisionOf(layout, slice, token);
    if (decision.isRouted()) {
      const TokenDecision::Choice& first = decision.choices.front();
      entry.expert = first.expert;
      entry.gate = first.gate;
      entry.kept = first.kept;
    }
    const std::lock_guard lock(incoming->mutex);
    incoming->entries.push_back(entry);
  };
  request.progress = [this, incoming](double) { takeHistory(incoming); };
  request.finished = [this, incoming](const QString& failure) {
    history_walk_.reset();
    takeHistory(incoming);
    if (failure.isEmpty()) {
      read();  // the run may have grown meanwhile
    } else {
      fail(failure);
    }
  };
  history_walk_ = source_->walk(std::move(request));
}

void TokenReading::takeHistory(const std::shared_ptr<Incoming>& incoming) {
  {
    const std::lock_guard lock(incoming->mutex);
    std::move(incoming->entries.begin(), incoming->entries.end(),
              std::back_inserter(history_.entries));
    incoming->entries.clear();
  }
  Q_EMIT changed();
}

void TokenReading::fail(const QString& why) {
  failure_ = why;
  Q_EMIT changed();
}

}  // namespace limoe::gui
