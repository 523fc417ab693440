// A run as it would be under another capacity factor, priority or number of experts per token:
// stands before a recording and hands the views decisions that were computed anew.
#pragma once

#include <QPointer>
#include <QString>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "gui/inspect/what_if.h"
#include "gui/inspect/what_if_outcomes.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// Without settings, and at snapshots that were recorded with the very same ones, everything is
/// passed through as it was recorded. Otherwise decisions(), walk() and the counts of summary()
/// (tokens, label tokens, success rates, label information; recall is NaN, only a model could tell)
/// are those of the what-if, data()'s name and what_if say so, and its layout has the new K.
/// Samples whose routing group was not recorded whole are not routed then.
///
/// RunData::metrics and curves stay those of the training.
class WhatIfSource : public RunSource {
  Q_OBJECT
 public:
  /// `recording` may die first; nothing is answered then.
  explicit WhatIfSource(RunSource* recording, QObject* parent = nullptr);
  ~WhatIfSource() override;

  RunSource* recording() const { return recording_; }
  const WhatIfSettings& settings() const { return settings_; }
  /// Computed from the recording, for whatever settings are asked for.
  WhatIfOutcomes& outcomes() { return outcomes_; }

  /// Emits dataChanged(). Where that changes K, views hold arrays of another shape: kChanged()
  /// comes first, and they must be given this source anew (setSource).
  void setSettings(const WhatIfSettings& settings);

  /// Whether nothing is being computed.
  bool isIdle() const { return !walk_ && outcomes_.isIdle(); }

  std::shared_ptr<const RunData> data() const override;
  std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) override;
  std::shared_ptr<const probe::LayerSlice> decisions(int64_t snapshot, int64_t layer,
                                                     int64_t sample) override;
  std::shared_ptr<const probe::LayerSlice> choices(int64_t snapshot, int64_t layer,
                                                   int64_t sample) override;
  std::shared_ptr<const probe::Snapshot> summary(int64_t snapshot) override;
  bool cannotReadSample(int64_t sample) const override;
  bool cannotReadDecisions(int64_t snapshot, int64_t layer, int64_t sample) const override;
  bool cannotReadChoices(int64_t snapshot, int64_t layer, int64_t sample) const override;
  std::unique_ptr<Walk> walk(WalkRequest request) override;

  /// What could not be read is tried again (F5).
  void retry() { unreadable_.clear(); }

 Q_SIGNALS:
  void settingsChanged();
  void kChanged();

 private:
  /// Snapshot, layer, page of kPageSamples samples: what is computed at once.
  using PageKey = std::tuple<int64_t, int64_t, int64_t>;
  struct Page {
    std::shared_ptr<const probe::LayerSlice> slice;
    int64_t last_used = 0;
  };

  void recordingChanged();
  void takeData();
  void forget();
  /// The rule of a snapshot; empty where its decisions are passed through.
  std::optional<RoutingRule> ruleAt(int64_t snapshot) const;
  void startNextPage();
  void remember(const PageKey& key, std::shared_ptr<const probe::LayerSlice> slice);
  std::shared_ptr<const probe::Snapshot> makeSummary(int64_t snapshot);

  QPointer<RunSource> recording_;
  WhatIfSettings settings_;
  WhatIfOutcomes outcomes_;
  std::shared_ptr<const RunData> recorded_;  ///< as the recording has it
  std::shared_ptr<const RunData> data_;      ///< as the views see it
  std::vector<RoutingRule> rules_;           ///< recorded ones, [S]; empty: everything passes

  std::map<PageKey, Page> pages_;
  int64_t uses_ = 0;
  std::deque<PageKey> wanted_;  ///< newest first
  std::set<PageKey> unreadable_;
  std::map<int64_t, std::shared_ptr<const probe::Snapshot>> summaries_;
  std::unique_ptr<Walk> walk_;
};

}  // namespace limoe::gui
