// How often two experts are both among the K choices of a token, counted over the whole probe. A
// router with K = 1 has no such pairs.
//
// Axis letters: E experts · K choices per token · m modality (probe::kImage, probe::kText).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "gui/inspect/specialisation.h"
#include "gui/inspect/walk_cache.h"

namespace limoe::gui {

/// Of the tokens that match the filter; choices count whether there was room or not.
struct Coactivation {
  int64_t snapshot = 0;
  int64_t step = 0;
  int64_t layer = 0;
  TokenFilter filter;
  /// [m] of [E, E]: tokens that choose both; on the diagonal tokens that choose the expert.
  std::array<CountTable, 2> tokens;
};

/// Adds up pages; the order does not matter.
class CoactivationBuilder {
 public:
  CoactivationBuilder(const probe::Layout& layout, int64_t snapshot, int64_t step, int64_t layer,
                      const TokenFilter& filter);

  /// `texts` may be empty where the filter has neither word nor label.
  void add(const probe::ProbeSet& texts, const probe::LayerSlice& slice);
  /// What was added; the builder is spent.
  std::shared_ptr<const Coactivation> take();

 private:
  void addToken(const probe::Decisions& decisions, std::size_t token, CountTable& tokens) const;

  probe::Layout layout_;
  std::shared_ptr<Coactivation> found_;
};

/// Made in the background and kept, as Digests are.
class Coactivations : public WalkCache {
  Q_OBJECT
 public:
  explicit Coactivations(QObject* parent = nullptr) : WalkCache({}, parent) {}

  /// nullptr where it is being made (ready() follows; ask again then) or K = 1.
  std::shared_ptr<const Coactivation> of(int64_t snapshot, int64_t layer,
                                         const TokenFilter& filter);

 protected:
  bool isThere(const Question& question, const RunData& run) const override;
  Plan plan(const Question& question, const RunData& run) const override;
};

}  // namespace limoe::gui
