// One training run from the first step to the last: data, model, recording and control together.
#pragma once

#include <atomic>
#include <memory>

#include "model/config.h"
#include "routing_probe/recording/run_folder.h"
#include "routing_probe/worker/run_setup.h"

namespace limoe::probe {

/// Trains until all steps are done, `interrupted` is set or a stop command comes; everything is
/// saved then, and the held-out measures are printed. Returns the process's exit status.
/// `lock` is held until the end. Throws what the user has to hear of: NonFiniteError (after a
/// checkpoint of the last good weights), RecordingError, std::runtime_error.
int runTraining(const RunFolder& folder, std::unique_ptr<RunLock> lock,
                const model::RunConfig& config, const ResumePoint& from,
                const std::atomic<bool>& interrupted);

}  // namespace limoe::probe
