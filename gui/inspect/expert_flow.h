// Which experts of the next MoE layer the tokens of each expert go to, counted over the whole
// probe.
//
// Counting rule: kept first choices. A token that expert a kept in layer l (as its first choice)
// and expert b kept in layer l + 1 counts once for a → b.
//
// Axis letters: E experts · m modality (probe::kImage, probe::kText).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "gui/inspect/walk_cache.h"
#include "gui/view/run_source.h"
#include "gui/view/token_filter.h"

namespace limoe::gui {

/// In which of the two layers the filter's expert, "dropped" and gate are looked at.
enum class FilterLayer { From, To };

struct ExpertFlow {
  int64_t snapshot = 0;
  int64_t step = 0;
  int64_t layer = 0;  ///< l, from layer l to layer l + 1
  TokenFilter filter;
  FilterLayer filter_layer = FilterLayer::From;
  int64_t experts = 0;  ///< E
  /// [m][E · E] row-major: from (layer l), to (layer l + 1).
  std::array<std::vector<uint64_t>, 2> counts;
  std::array<std::vector<uint64_t>, 2> ended;    ///< [m][E] by from: kept in l, dropped in l + 1
  std::array<std::vector<uint64_t>, 2> entered;  ///< [m][E] by to: dropped in l, kept in l + 1

  uint64_t count(int modality, int64_t from, int64_t to) const {
    return counts[static_cast<std::size_t>(modality)]
                 [static_cast<std::size_t>(from * experts + to)];
  }
};

/// Adds up pages of two layers; the order does not matter.
class ExpertFlowBuilder {
 public:
  ExpertFlowBuilder(const probe::Layout& layout, int64_t snapshot, int64_t step, int64_t layer,
                    const TokenFilter& filter, FilterLayer filter_layer = FilterLayer::From);

  /// Three times the same samples; `texts` may be empty where the filter has neither word nor
  /// label.
  void add(const probe::ProbeSet& texts, const probe::LayerSlice& slice_of_l,
           const probe::LayerSlice& slice_of_next);
  /// What was added; the builder is spent.
  std::shared_ptr<const ExpertFlow> take();

 private:
  probe::Layout layout_;
  std::shared_ptr<ExpertFlow> flow_;
};

/// Flows, made in the background and kept, as Digests are.
class Flows : public WalkCache {
  Q_OBJECT
 public:
  explicit Flows(QObject* parent = nullptr) : WalkCache({}, parent) {}

  /// From `layer` to the next. nullptr where it is being made (ready() follows; ask again then) or
  /// there are no such two layers; those of two towers do not follow one another (hasNextLayer).
  std::shared_ptr<const ExpertFlow> flow(int64_t snapshot, int64_t layer, const TokenFilter& filter,
                                         FilterLayer filter_layer = FilterLayer::From);
  static Question question(int64_t snapshot, int64_t layer, const TokenFilter& filter,
                           FilterLayer filter_layer = FilterLayer::From);

 protected:
  bool isThere(const Question& question, const RunData& run) const override;
  Plan plan(const Question& question, const RunData& run) const override;
};

/// Whether the tokens of MoE layer `layer` go on to layer + 1.
bool hasNextLayer(const RunData& run, int64_t layer);

}  // namespace limoe::gui
