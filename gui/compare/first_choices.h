// Which expert processes each token of one layer at one step, for the samples that runs have in
// common: what experts are matched by. Read in the background, a table of plain numbers then.
//
// Axis letters: n samples · P patches · T text positions · E experts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "gui/compare/expert_matching.h"
#include "gui/inspect/walk_cache.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// Kept first choices. probe::kNoExpert: no token there, or its first choice had no room, so that
/// no expert processes it as that.
struct ChoiceTable {
  int64_t experts = 0;
  int64_t samples = 0;      ///< n that were read
  int64_t all_samples = 0;  ///< that there are
  int64_t patches = 0, text_length = 0;
  std::vector<uint16_t> image;        ///< [n, P]
  std::vector<uint16_t> text;         ///< [n, T]
  std::array<uint64_t, 2> tokens{};   ///< by modality
  std::array<uint64_t, 2> dropped{};  ///< of them: first choice had no room
  /// Mean over the tokens of the entropy of their distribution over the experts, nats; NaN where
  /// distributions are not recorded, or without tokens.
  std::array<double, 2> token_entropy{};
};

/// Adds up pages in the order of the samples.
class ChoiceTableBuilder {
 public:
  ChoiceTableBuilder(const probe::Layout& layout, int64_t samples);
  void add(const probe::LayerSlice& slice);
  ChoiceTable take();

 private:
  void add(const probe::Decisions& decisions, int modality, std::vector<uint16_t>& to);

  ChoiceTable table_;
  int64_t top_k_;
  std::array<double, 2> entropy_sum_{};
  std::array<uint64_t, 2> distributions_{};
};

/// What two runs may be compared by. Samples count from the first in common.
struct Comparable {
  bool patches = true;      ///< they have the same grid
  std::vector<bool> texts;  ///< [n] the sample's caption is cut into the same pieces; empty: all
};

/// Tokens that both process, by their experts. [m] of [A, B]
struct TogetherCounts {
  std::array<CountTable, 2> by_modality;

  CountTable all() const;  ///< both modalities
};
TogetherCounts countTogether(const ChoiceTable& a, const ChoiceTable& b, const Comparable& by);

/// For each patch that all of `others` process together with the reference: whether one of them at
/// least has another expert. `others` are tables with their matches to the reference.
struct OtherRun {
  const ChoiceTable* table;
  const ExpertMatch* match;
};
MatchShare patchesThatAllAgreeOn(const ChoiceTable& reference, const std::vector<OtherRun>& others);

/// Tables of a run's layers, read when asked for. Question: snapshot and layer.
class ChoiceTables : public WalkCache {
  Q_OBJECT
 public:
  /// So many tokens of one layer are read at most: what a comparison holds and counts stays small,
  /// and a share of 50 % has a standard error of 0.08 % then.
  static constexpr int64_t kMostTokens = 400'000;

  explicit ChoiceTables(QObject* parent = nullptr);

  std::shared_ptr<const ChoiceTable> table(int64_t snapshot, int64_t layer);
  static Question question(int64_t snapshot, int64_t layer) {
    return {snapshot, layer, {}, 0, {}, {}};
  }
  /// Samples that are read of those a run has.
  static int64_t samplesRead(const probe::Layout& layout);

 protected:
  Plan plan(const Question& question, const RunData& run) const override;
};

}  // namespace limoe::gui
