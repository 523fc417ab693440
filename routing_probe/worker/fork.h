// A new run that begins with a checkpoint of another one (`limoe train --fork`).
//
// The fork is a run of its own: it has a copy of the checkpoint and the tokenizer, so that it can
// be resumed whatever becomes of its parent. Order of the data and noise follow from seed and step
// alone, so a fork with its parent's settings computes what the parent computes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/config.h"
#include "routing_probe/recording/run_folder.h"
#include "routing_probe/worker/run_setup.h"

namespace limoe::probe {

struct ForkSource {
  RunFolder folder;         ///< the parent's
  ResumePoint point;        ///< its checkpoint; run_id is the parent's, empty where unknown
  model::RunConfig config;  ///< in force at the checkpoint

  int64_t step() const { return point.first_step - 1; }
};

/// `run` is a run's folder, or FOLDER@STEP; without a step its newest whole checkpoint is taken.
/// The run may be training. Throws std::runtime_error where there is no such run or checkpoint,
/// naming those that there are.
ForkSource forkSourceOf(const std::string& run);

/// Throws ConfigError with everything that a fork cannot change: what shapes the model's
/// parameters or gives them their meaning, and the data; or where no step is left to train.
void requireForkable(const ForkSource& source, const model::RunConfig& config);

/// What differs, as "aux.weight 0.04 → 0.1, train.steps 400 → 800"; empty where nothing does.
std::string differencesText(const model::RunConfig& before, const model::RunConfig& after);

/// Makes the fork's folder with checkpoint, tokenizer and configuration in it, and sets `from` to
/// where it begins. Throws as claimNewRun() does, std::runtime_error also where `folder` is the
/// parent's, SafetensorsError.
std::unique_ptr<RunLock> claimFork(const RunFolder& folder, const ForkSource& source,
                                   const model::RunConfig& config, bool force, ResumePoint& from);

}  // namespace limoe::probe
