// A user's own images and captions, routed like the held-out samples of a run and kept in a
// recording of their own: one snapshot, no steps.
//
// - The pairs are routed in the run's groups (probe_group_pairs, its capacity factor; both are
//   recorded): they take the first places of its probe's first group, and the run's held-out pairs
//   keep the places behind them. So capacity means what it meant in training, and the run's first
//   held-out pairs, given back in their order, go where the run's own recording says. The pairs
//   that fill a group are not recorded, so the places (snapshots/order) of such a group have gaps.
//   In one group of a few pairs alone, the patches of a picture would crowd one another out of the
//   experts that they share.
// - A sample of the model is an image and a caption; patches and words never attend to each other,
//   they only compete for places. An image alone gets the caption "", which the model reads as one
//   unknown token; a caption alone gets a plain grey picture (128). Both are routed and recorded,
//   and probe/source says of every such sample what it is.
// - Whole distributions are always recorded; labels and recall are not known.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/data/dataset.h"
#include "model/data/tokenizer.h"
#include "model/limoe.h"
#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/run_folder.h"
#include "routing_probe/recording/work_progress.h"
#include "routing_probe/worker/held_out_probe.h"
#include "routing_probe/worker/own_samples.h"

namespace limoe::probe {

class OwnProbe {
 public:
  /// Reads the images and looks at the captions. `held_out` (of the run; nullptr where its data is
  /// not there: then a group is only as large as the pairs given) and `tokenizer` must outlive
  /// this. What `progress` throws is passed on. Throws std::runtime_error with all remarks where
  /// no sample can be used.
  OwnProbe(const std::vector<OwnSample>& samples, const model::RunConfig& config,
           const model::Dataset* held_out, const model::Tokenizer& tokenizer,
           const WorkProgress& progress);
  ~OwnProbe();

  int64_t samples() const { return probe_->layout().samples; }
  int64_t groupPairs() const { return probe_->groupPairs(); }
  /// What the user should know, each a sentence: files that could not be read and why, words that
  /// the tokenizer does not know, captions that were cut.
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// In evaluation mode, with the model's present capacity factor and priority.
  Snapshot route(model::Limoe& model, int64_t step) const;

  /// Writes a finished recording, never over another file: to `out`, or where that is empty to the
  /// first free name of RUN/probes/own-STEP.h5, own-STEP-2.h5, … Returns its absolute path. Throws
  /// RecordingError; nothing is left then.
  std::filesystem::path save(const Snapshot& snapshot, const Origin& origin,
                             const RunFolder& folder, const std::filesystem::path& out) const;

 private:
  class Pairs;
  std::unique_ptr<Pairs> pairs_;
  std::unique_ptr<HeldOutProbe> probe_;
  std::vector<std::string> remarks_;
};

}  // namespace limoe::probe
