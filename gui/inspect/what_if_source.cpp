#include "gui/inspect/what_if_source.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include "gui/inspect/what_if_walk.h"
#include "gui/view/decisions_stamp.h"
#include "gui/view/sample_parts.h"
#include "routing_probe/recording/statistics.h"

namespace limoe::gui {
namespace {

constexpr std::size_t kCacheBytes = 48U << 20;
constexpr std::size_t kFewestPages = 8;
constexpr std::size_t kMostWanted = 128;
constexpr std::size_t kMostSummaries = 256;

std::size_t mostPages(const probe::Layout& layout) {
  const auto tokens =
      static_cast<std::size_t>(RunSource::kPageSamples * (layout.patches() + layout.text_length));
  const std::size_t bytes = tokens * (static_cast<std::size_t>(layout.top_k) * 7 + 10);
  return std::max(kFewestPages, kCacheBytes / std::max<std::size_t>(bytes, 1));
}

/// So that whoever adds up capacities finds the factor where changes of it are recorded.
probe::Event eventOf(const WhatIfSettings& settings, const RoutingRule& recorded) {
  QString text = QStringLiteral("what if: ") + inWords(settings);
  if (settings.capacity_factor) {
    text += QStringLiteral(" (moe.capacity_factor %1 → %2)")
                .arg(recorded.capacity_factor)
                .arg(QString::number(*settings.capacity_factor, 'g', 17));
  }
  return {0, 0, "setting", text.toStdString()};
}

/// Sets the i-th metric whose name begins with `prefix` to values[i].
void setMetrics(const probe::Layout& layout, std::string_view prefix,
                const std::vector<double>& values, std::vector<float>& metrics) {
  std::size_t next = 0;
  for (std::size_t column = 0; column < metrics.size(); ++column) {
    if (next < values.size() && layout.metric_names[column].starts_with(prefix)) {
      metrics[column] = static_cast<float>(values[next++]);
    }
  }
}

/// The worker's measures, of other counts: in its order and by its definitions (held_out_probe.h).
void setMetrics(const probe::Layout& layout,
                const std::vector<std::shared_ptr<const LayerOutcome>>& layers,
                std::vector<float>& metrics) {
  metrics.resize(layout.metric_names.size(), std::numeric_limits<float>::quiet_NaN());
  const double none = std::numeric_limits<double>::quiet_NaN();
  const auto labels = static_cast<int64_t>(layout.label_names.size());
  std::vector<double> information;
  for (const auto& layer : layers) {
    information.push_back(probe::labelInformation(layer->label_tokens, layout.experts, labels));
  }
  for (const int modality : {probe::kImage, probe::kText}) {
    std::vector<double> success;
    double sum = 0;
    double count = 0;
    for (const auto& layer : layers) {
      const ModalityOutcome& outcome = layer->modality[static_cast<std::size_t>(modality)];
      const bool any = outcome.choices > 0;
      success.push_back(any ? probe::successRate(outcome.kept, outcome.choices) : none);
      sum += any ? success.back() : 0;
      count += any ? 1 : 0;
    }
    const std::string name = modality == probe::kImage ? "success/image" : "success/text";
    setMetrics(layout, name + "/", success, metrics);
    for (std::size_t column = 0; column < metrics.size(); ++column) {
      if (layout.metric_names[column] == name) {
        metrics[column] = static_cast<float>(sum / count);
      }
    }
  }
  std::vector<double> all = {*std::max_element(information.begin(), information.end())};
  all.insert(all.end(), information.begin(), information.end());
  setMetrics(layout, "label_information/", all, metrics);
  for (std::size_t column = 0; column < metrics.size(); ++column) {
    const std::string& name = layout.metric_names[column];
    if (name.starts_with("recall") || name.starts_with("zero_shot")) {  // they need the model
      metrics[column] = std::numeric_limits<float>::quiet_NaN();
    }
  }
}

}  // namespace

WhatIfSource::WhatIfSource(RunSource* recording, QObject* parent)
    : RunSource(parent), recording_(recording) {
  connect(recording, &RunSource::dataChanged, this, &WhatIfSource::recordingChanged);
  outcomes_.setSource(recording);
  connect(recording, &RunSource::pageReady, this, &RunSource::pageReady);
  connect(recording, &RunSource::failed, this, &RunSource::failed);
  connect(&outcomes_, &WhatIfOutcomes::ready, this, [this] {
    if (!settings_.isEmpty()) {
      Q_EMIT pageReady();
    }
  });
  connect(&outcomes_, &WhatIfOutcomes::failed, this, [this](const QString& message) {
    if (!settings_.isEmpty()) {
      Q_EMIT failed(message);
    }
  });
  takeData();
}

WhatIfSource::~WhatIfSource() = default;

void WhatIfSource::recordingChanged() {
  takeData();
  Q_EMIT dataChanged();
}

void WhatIfSource::takeData() {
  const auto before = recorded_;
  recorded_ = recording_ ? recording_->data() : nullptr;
  data_ = recorded_;
  rules_.clear();
  if (!recorded_) {
    return;
  }
  if (before && !DecisionsStamp(*before).holdsIn(*recorded_)) {
    forget();
  }
  if (settings_.isEmpty() || !whatIfObstacle(*recorded_).isEmpty()) {
    return;
  }
  rules_ = recordedRules(*recorded_);
  auto changed = std::make_shared<RunData>(*recorded_);
  changed->name += QStringLiteral(" · what if");
  changed->what_if = inWords(settings_);
  const RoutingRule first = rules_.empty() ? RoutingRule() : rules_.front();
  changed->layout.top_k =
      changedRule({recorded_->layout.top_k, 1, {}}, settings_, recorded_->layout.experts).top_k;
  changed->events.push_back(eventOf(settings_, first));
  data_ = changed;
}

void WhatIfSource::forget() {
  walk_.reset();
  wanted_.clear();
  pages_.clear();
  unreadable_.clear();
  summaries_.clear();
}

void WhatIfSource::setSettings(const WhatIfSettings& settings) {
  if (settings == settings_) {
    return;
  }
  const int64_t before = data_ ? data_->layout.top_k : 0;
  settings_ = settings;
  forget();
  takeData();
  if (data_ && data_->layout.top_k != before) {
    Q_EMIT kChanged();
  }
  Q_EMIT settingsChanged();
  Q_EMIT dataChanged();
}

std::optional<RoutingRule> WhatIfSource::ruleAt(int64_t snapshot) const {
  if (snapshot < 0 || snapshot >= std::ssize(rules_)) {
    return std::nullopt;
  }
  const RoutingRule& recorded = rules_[static_cast<std::size_t>(snapshot)];
  const RoutingRule rule = changedRule(recorded, settings_, recorded_->layout.experts);
  return rule == recorded ? std::nullopt : std::optional(rule);
}

std::shared_ptr<const RunData> WhatIfSource::data() const {
  return recording_ ? data_ : nullptr;
}

std::shared_ptr<const probe::ProbeSet> WhatIfSource::sample(int64_t sample) {
  return recording_ ? recording_->sample(sample) : nullptr;
}

std::shared_ptr<const probe::LayerSlice> WhatIfSource::decisions(int64_t snapshot, int64_t layer,
                                                                 int64_t sample) {
  if (!recording_) {
    return nullptr;
  }
  if (!ruleAt(snapshot)) {
    return recording_->decisions(snapshot, layer, sample);
  }
  if (layer < 0 || layer >= recorded_->layout.layers || sample < 0 ||
      sample >= recorded_->layout.samples) {
    return nullptr;
  }
  const PageKey key{snapshot, layer, sample / kPageSamples};
  const auto found = pages_.find(key);
  if (found != pages_.end()) {
    found->second.last_used = ++uses_;
    return std::make_shared<const probe::LayerSlice>(
        cut(*found->second.slice, sample % kPageSamples, 1));
  }
  if (!unreadable_.contains(key)) {
    std::erase(wanted_, key);
    wanted_.push_front(key);
    if (wanted_.size() > kMostWanted) {
      wanted_.pop_back();
    }
    startNextPage();
  }
  return nullptr;
}

std::shared_ptr<const probe::LayerSlice> WhatIfSource::choices(int64_t snapshot, int64_t layer,
                                                               int64_t sample) {
  return recording_ && !ruleAt(snapshot) ? recording_->choices(snapshot, layer, sample)
                                         : decisions(snapshot, layer, sample);
}

void WhatIfSource::startNextPage() {
  while (!wanted_.empty() &&
         (pages_.contains(wanted_.front()) || std::get<0>(wanted_.front()) >= std::ssize(rules_))) {
    wanted_.pop_front();
  }
  if (wanted_.empty() || walk_) {
    return;
  }
  const PageKey key = wanted_.front();
  wanted_.pop_front();
  const auto [snapshot, layer, page] = key;
  // The page, and those around it that its groups hold whole: a large group is routed once for
  // all. No more than half of what is kept, lest they drive one another, or what is shown, out.
  const auto around = static_cast<int64_t>(mostPages(data_->layout) / 4);
  const ProbeGroups groups(*recorded_);
  const int64_t samples = recorded_->layout.samples;
  const auto end_of = [samples](int64_t number) {
    return std::min((number + 1) * kPageSamples, samples);
  };
  const int64_t first = groups.range(groups.groupOf(page * kPageSamples)).first;
  const int64_t end = groups.range(groups.groupOf(end_of(page) - 1)).end();
  WalkRequest request;
  for (int64_t p = first / kPageSamples; p * kPageSamples < end; ++p) {
    const bool whole = p * kPageSamples >= first && end_of(p) <= end;
    if (p == page || (whole && std::abs(p - page) <= around)) {
      request.items.push_back({snapshot, layer, p * kPageSamples, end_of(p) - p * kPageSamples});
    }
  }
  auto slices = std::make_shared<std::vector<std::shared_ptr<const probe::LayerSlice>>>();
  request.visit = [slices](const WalkItem&, const probe::ProbeSet&,
                           const probe::LayerSlice& slice) {
    slices->push_back(std::make_shared<const probe::LayerSlice>(slice));
  };
  request.finished = [this, key, slices](const QString& failure) {
    walk_.reset();
    const auto is_wanted = [&key](const auto& slice) {
      return slice->first_sample / kPageSamples == std::get<2>(key);
    };
    std::stable_partition(slices->begin(), slices->end(), std::not_fn(is_wanted));
    for (const auto& slice : *slices) {
      remember({std::get<0>(key), std::get<1>(key), slice->first_sample / kPageSamples}, slice);
    }
    if (!failure.isEmpty()) {
      unreadable_.insert(key);
      Q_EMIT failed(failure);
    }
    Q_EMIT pageReady();
    startNextPage();
  };
  walk_ = walk(std::move(request));
}

void WhatIfSource::remember(const PageKey& key, std::shared_ptr<const probe::LayerSlice> slice) {
  pages_[key] = {std::move(slice), ++uses_};
  while (pages_.size() > mostPages(data_->layout)) {
    pages_.erase(std::min_element(pages_.begin(), pages_.end(), [](const auto& a, const auto& b) {
      return a.second.last_used < b.second.last_used;
    }));
  }
}

std::shared_ptr<const probe::Snapshot> WhatIfSource::summary(int64_t snapshot) {
  if (!recording_) {
    return nullptr;
  }
  if (!ruleAt(snapshot)) {
    return recording_->summary(snapshot);
  }
  const auto found = summaries_.find(snapshot);
  return found != summaries_.end() ? found->second : makeSummary(snapshot);
}

std::shared_ptr<const probe::Snapshot> WhatIfSource::makeSummary(int64_t snapshot) {
  const auto recorded = recording_->summary(snapshot);
  const probe::Layout& layout = recorded_->layout;
  std::vector<std::shared_ptr<const LayerOutcome>> layers;
  for (int64_t layer = 0; layer < layout.layers; ++layer) {
    if (auto outcome = outcomes_.layer(snapshot, layer, settings_)) {
      layers.push_back(std::move(outcome));
    }
  }
  if (!recorded || std::ssize(layers) < layout.layers) {
    return nullptr;
  }
  auto summary = std::make_shared<probe::Snapshot>(*recorded);
  summary->tokens.clear();
  summary->label_tokens.clear();
  for (const auto& layer : layers) {
    for (const std::size_t modality : {std::size_t{probe::kImage}, std::size_t{probe::kText}}) {
      for (const ExpertOutcome& expert : layer->experts) {
        summary->tokens.push_back(static_cast<uint32_t>(expert.kept[modality]));
      }
    }
    summary->label_tokens.insert(summary->label_tokens.end(), layer->label_tokens.begin(),
                                 layer->label_tokens.end());
  }
  setMetrics(layout, layers, summary->metrics);
  if (summaries_.size() >= kMostSummaries) {
    summaries_.clear();
  }
  summaries_[snapshot] = summary;
  return summary;
}

bool WhatIfSource::cannotReadSample(int64_t sample) const {
  return recording_ && recording_->cannotReadSample(sample);
}

bool WhatIfSource::cannotReadDecisions(int64_t snapshot, int64_t layer, int64_t sample) const {
  if (ruleAt(snapshot)) {
    return unreadable_.contains({snapshot, layer, sample / kPageSamples});
  }
  return recording_ && recording_->cannotReadDecisions(snapshot, layer, sample);
}

bool WhatIfSource::cannotReadChoices(int64_t snapshot, int64_t layer, int64_t sample) const {
  return recording_ && !ruleAt(snapshot) ? recording_->cannotReadChoices(snapshot, layer, sample)
                                         : cannotReadDecisions(snapshot, layer, sample);
}

std::unique_ptr<Walk> WhatIfSource::walk(WalkRequest request) {
  if (!recording_) {
    return std::make_unique<Walk>();
  }
  std::vector<std::optional<RoutingRule>> rules;
  for (const WalkItem& item : request.items) {
    rules.push_back(ruleAt(item.snapshot));
  }
  const auto passes = [](const auto& rule) { return !rule; };
  if (std::all_of(rules.begin(), rules.end(), passes)) {
    return recording_->walk(std::move(request));
  }
  return recording_->walk(reroutedWalk(recorded_->layout, ProbeGroups(*recorded_),
                                       std::move(request), std::move(rules)));
}

}  // namespace limoe::gui
