// What the expert strip and the modality chart say about an expert, computed from the counts in the
// recording. Values only, no widgets.
//
// Axis letters: L MoE layers · E experts · N probe samples · K choices per token.
#pragma once

#include <QString>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "gui/view/run_source.h"
#include "gui/view/token_filter.h"

namespace limoe::gui {

/// One label among the image tokens of one expert.
struct LabelShare {
  QString name;
  uint64_t tokens = 0;    ///< kept image tokens of this label that the expert processes
  uint64_t of_label = 0;  ///< kept image tokens of this label in the layer
  double share = 0;       ///< tokens / of_label
  double lift = 0;        ///< share / (the expert's part of all kept image tokens)
};

/// One expert of one layer over the whole probe.
struct ExpertCounts {
  uint64_t image = 0;  ///< kept choices of image tokens
  uint64_t text = 0;   ///< kept choices of text tokens
  double share = 0;    ///< of all kept choices of the layer; 0 where there are none
  /// Labels taken more often than by chance (lift > 1), most patches beyond chance first.
  std::vector<LabelShare> labels;

  uint64_t total() const { return image + text; }
};

/// [E] the word pieces that each expert of a layer takes more often than by chance, most beyond
/// chance first, counted as labels are, over text tokens; empty while they are being counted.
using WordTable = std::vector<std::vector<LabelShare>>;
/// nullptr where they are not counted.
using TopWords = std::function<std::shared_ptr<const WordTable>(int64_t snapshot, int64_t layer)>;

/// Sums of one layer over the tokens that match the filter in force, shaped as a snapshot's;
/// nullptr while they are being counted.
using FilteredSums =
    std::function<std::shared_ptr<const probe::Snapshot>(int64_t snapshot, int64_t layer)>;

/// [E] for one layer; empty where the layer is not in the snapshot (a dense model).
std::vector<ExpertCounts> expertCounts(const RunData& run, const probe::Snapshot& summary,
                                       int64_t layer);

/// The capacity factor in force at `step`: the recording's own, then each recorded change of
/// moe.capacity_factor up to and with that step.
double capacityFactorAt(const RunData& run, int64_t step);

/// Priority in force at `step`: the configuration's, then each recorded change of moe.priority up
/// to and with that step. Empty where the configuration has no router or could not be read.
std::optional<model::Priority> priorityAt(const RunData& run, int64_t step);

/// Tokens one expert could process over the whole probe in the snapshot of `step`: the sum over
/// routing groups of C = max(1, ceil(K·N_group·capacityFactorAt(step) / E)). `text_tokens` is [N],
/// the valid text tokens of each sample. In a two-tower model a layer's groups hold one modality
/// only. Empty where `text_tokens` does not cover all samples yet, or the last group was routed
/// with samples that are not recorded.
std::optional<int64_t> probeCapacity(const RunData& run, int64_t layer, int64_t step,
                                     const std::vector<int64_t>& text_tokens);

/// The layer that is shown where `layer` was asked for: the nearest there is; −1 for a dense model.
int64_t shownLayer(const RunData& run, int64_t layer);

/// Two towers: whether the layer is the text tower's. Image towers' layers come first, as many.
bool isTextTower(const RunData& run, int64_t layer);

/// "image tower" or "text tower"; empty where there is only one tower.
QString towerName(const RunData& run, int64_t layer);

/// "MoE layer 2 (block 3)", with the tower where there are two.
QString layerTitle(const RunData& run, int64_t layer);

/// "step 500"; "no snapshot yet" where the index is out of range.
QString stepTitle(const RunData& run, int64_t snapshot);

/// What a view says while it has no data: no run is open, or its recording is still to come.
QString noDataTitle(const RunSource* source);

/// "kept tokens over 64 probe samples, evaluation routing"
QString countingRule(const RunData& run);
/// The same of the tokens that match a filter.
QString countingRule(const RunData& run, const TokenFilter& filter);

}  // namespace limoe::gui
