// The fixed held-out samples whose routing is recorded, and what the model is worth on them.
//
// Axis letters as in recording.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/data/dataset.h"
#include "model/data/tokenizer.h"
#include "model/limoe.h"
#include "routing_probe/recording/recording.h"

namespace limoe::probe {

/// Of how many rows the diagonal is the largest entry, as a share, among the `depth` largest (a tie
/// counts as a miss). `similarity` [n, n].
double recallAt(int64_t depth, const torch::Tensor& similarity);

/// Of images [n, Z] that belong to a class (`classes` [n], −1: to none), the share whose own
/// class's row of `prompts` [C, Z] is the nearest by inner product (a tie counts as a miss). NaN
/// where none belongs to any.
double zeroShotAccuracy(const torch::Tensor& images, const std::vector<int64_t>& classes,
                        const torch::Tensor& prompts);

/// Pairs in a routing group of the probe: as configured, else as many as in training.
int64_t groupPairsOf(const model::RunConfig& config);

class HeldOutProbe {
 public:
  /// Takes the first record.probe_samples samples for the recording and the first
  /// record.recall_samples for recall. `tokenizer` must outlive the probe.
  HeldOutProbe(const model::RunConfig& config, const model::Dataset& held_out,
               const model::Tokenizer& tokenizer);

  const Layout& layout() const { return layout_; }
  const ProbeSet& probeSet() const { return probe_; }
  int64_t groupPairs() const { return group_pairs_; }

  /// Routes the recorded samples in evaluation mode, in groups of groupPairs() pairs, and measures.
  /// Recall needs many more samples: NaN where it is not wanted. `step` is only written into the
  /// result.
  Snapshot route(model::Limoe& model, int64_t step, bool with_recall) const;

 private:
  std::vector<float> recall(const torch::Tensor& image_embeddings,
                            const torch::Tensor& text_embeddings) const;
  double zeroShot(model::Limoe& model, const torch::Tensor& image_embeddings) const;
  void addRoutingMetrics(Snapshot& snapshot) const;

  model::RunConfig config_;
  const model::Tokenizer& tokenizer_;
  std::vector<model::Sample> samples_;
  std::vector<model::ZeroShotClass> classes_;
  std::vector<std::string> layer_names_;
  Layout layout_;
  ProbeSet probe_;
  int64_t group_pairs_ = 0;
};

}  // namespace limoe::probe
