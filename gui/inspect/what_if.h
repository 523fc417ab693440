// What a recording's probe would have been routed to under another capacity factor, priority or
// number of experts per token: the recorded probabilities, through the one routing rule
// (model/routing.h). No model is needed. Values only.
//
// What this cannot tell: in a later layer the model would have computed other probabilities from
// the other routing of the layers before. Each layer is routed anew by itself.
//
// Axis letters: N probe samples · P patches · T text positions · E experts · K choices per token ·
// m modality.
#pragma once

#include <QString>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"
#include "gui/view/view_state.h"
#include "model/config.h"

namespace limoe::gui {

/// What a routing group is routed by.
struct RoutingRule {
  int64_t top_k = 1;           ///< K
  double capacity_factor = 1;  ///< C = max(1, ceil(K·N·capacity_factor / E))
  model::Priority priority = model::Priority::Bpr;
  bool operator==(const RoutingRule&) const = default;
};

/// What the user asks; what is not set stays as it was recorded, at each snapshot.
struct WhatIfSettings {
  static constexpr int64_t kMostTopK = 8;

  std::optional<int64_t> top_k;
  std::optional<double> capacity_factor;
  std::optional<model::Priority> priority;

  bool operator==(const WhatIfSettings&) const = default;
  bool isEmpty() const { return *this == WhatIfSettings(); }
};

/// The rule in force at a snapshot of that step: K as recorded, capacity factor and priority with
/// the changes made while it trained. Empty where it is not known (see whatIfObstacle).
std::optional<RoutingRule> recordedRule(const RunData& run, int64_t step);
/// Of every snapshot, [S]; empty where it is not known.
std::vector<RoutingRule> recordedRules(const RunData& run);

/// K is held to 1 … experts.
RoutingRule changedRule(const RoutingRule& recorded, const WhatIfSettings& settings,
                        int64_t experts);

/// "BPR" or "vanilla".
QString priorityName(model::Priority priority);
/// "capacity factor 0.5 · K = 2 · vanilla priority"; empty where nothing is set.
QString inWords(const WhatIfSettings& settings);

/// Why no what-if can be computed for this run, with the remedy; empty where it can.
QString whatIfObstacle(const RunData& run);

/// The groups in which the worker routes the probe: Origin::probe_group_pairs pairs each, over all
/// held-out samples that it looks at. It may look at more than it records (for recall): a group
/// that has such samples is not whole here, and cannot be routed again.
class ProbeGroups {
 public:
  ProbeGroups() = default;
  explicit ProbeGroups(const RunData& run);

  struct Range {
    int64_t first = 0;
    int64_t count = 0;
    int64_t end() const { return first + count; }
  };

  int64_t count() const { return (samples_ + pairs_ - 1) / pairs_; }  ///< groups with samples here
  int64_t groupOf(int64_t sample) const { return sample / pairs_; }
  Range range(int64_t group) const;  ///< its recorded samples
  bool isWhole(int64_t group) const;
  int64_t wholeSamples() const;  ///< in whole groups; those come first

 private:
  int64_t samples_ = 0;  ///< N
  int64_t routed_ = 0;   ///< samples the worker routes
  int64_t pairs_ = 1;
};

/// Routes one whole group anew. `recorded` holds its samples with probabilities; which positions
/// are tokens is as recorded. The result has rule.top_k choices a token, gates in float32, and no
/// probabilities. Image tokens come first, sample by sample, then text tokens: the order in which
/// the worker lines up a group. Throws std::runtime_error without probabilities.
probe::LayerSlice reroute(const probe::Layout& layout, const probe::LayerSlice& recorded,
                          const RoutingRule& rule);

/// A slice of the same samples in which nothing is routed.
probe::LayerSlice unrouted(const probe::Layout& layout, int64_t first_sample, int64_t samples,
                           int64_t top_k);

/// How a token fares. An expert processes a token where one of its choices was kept.
enum class TokenChange {
  None,       ///< the same experts process it
  Dropped,    ///< an expert processed it, none does
  Rescued,    ///< no expert processed it, one does
  Elsewhere,  ///< experts process it in both, not the same ones
};

struct ChangedToken {
  TokenRef token;
  std::vector<uint16_t> recorded;   ///< experts that processed it, in the order of its choices
  std::vector<uint16_t> processed;  ///< those that would
};

/// Tokens of one modality and one name that fare differently in the same way.
struct ChangedTokens {
  static constexpr std::size_t kMostExamples = 20;

  int modality = probe::kImage;
  TokenChange change = TokenChange::None;
  std::string name;  ///< the word piece as recorded, or the patches' label; empty: no label
  uint64_t count = 0;
  /// The first of each sample, in the order of the probe.
  std::vector<ChangedToken> examples;
};

struct ModalityOutcome {
  uint64_t tokens = 0;
  uint64_t recorded_choices = 0, recorded_kept = 0;
  uint64_t choices = 0, kept = 0;
  uint64_t dropped = 0, rescued = 0, elsewhere = 0;  ///< tokens, by TokenChange

  uint64_t count(TokenChange change) const;
  ModalityOutcome& operator+=(const ModalityOutcome& other);
};

struct ExpertOutcome {
  std::array<uint64_t, 2> recorded{};  ///< [m] kept choices
  std::array<uint64_t, 2> kept{};      ///< [m] kept choices under the rule
};

/// One layer of one snapshot, over the samples in whole groups.
struct LayerOutcome {
  static constexpr std::size_t kMostNames = 40;  ///< by modality and change

  int64_t snapshot = 0;
  int64_t step = 0;
  int64_t layer = 0;
  RoutingRule recorded_rule, rule;
  int64_t samples = 0;
  std::array<ModalityOutcome, 2> modality;  ///< [m]
  std::vector<ExpertOutcome> experts;       ///< [E]
  /// Tokens that one expert could process, over all groups.
  uint64_t recorded_capacity = 0, capacity = 0;
  std::vector<uint32_t> label_tokens;  ///< [E, labels] kept choices of patches under the rule
  /// By change, then modality, most tokens first; the commonest names of each.
  std::vector<ChangedTokens> changed;
};

/// Adds up groups, in the order of the probe.
class LayerOutcomeBuilder {
 public:
  LayerOutcomeBuilder(const probe::Layout& layout, int64_t snapshot, int64_t step, int64_t layer,
                      const RoutingRule& recorded_rule, const RoutingRule& rule);

  /// A whole group with its texts, as recorded (with probabilities).
  void add(const probe::ProbeSet& texts, const probe::LayerSlice& recorded);
  /// The outcome of what was added; the builder is spent.
  std::shared_ptr<const LayerOutcome> take();

 private:
  void addModality(int modality, const probe::ProbeSet& texts, const probe::LayerSlice& recorded,
                   const probe::LayerSlice& changed);
  void addChanged(TokenChange change, const std::string& name, ChangedToken token);

  probe::Layout layout_;
  std::shared_ptr<LayerOutcome> outcome_;
  /// [change][m] by name.
  std::array<std::array<std::unordered_map<std::string, ChangedTokens>, 2>, 4> changed_;
};

}  // namespace limoe::gui
