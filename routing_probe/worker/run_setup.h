// What has to be there before the first step: folder, lock, configuration, data, tokenizer.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/data/dataset.h"
#include "model/data/tokenizer.h"
#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::probe {

/// Makes the folder of a new run with its configuration in it, which makes it a run that can be
/// gone on with; before that, `fill` may put into it what it begins with (the checkpoints folder is
/// there). Throws std::runtime_error where a run, or any part of one, is there already (unless
/// `force`: then its recordings, checkpoints and settings are removed; other files stay) or where
/// it cannot be written (then nothing of it is left); RecordingError where a worker holds it; what
/// `fill` throws.
std::unique_ptr<RunLock> claimNewRun(const RunFolder& folder, const model::RunConfig& config,
                                     bool force, const std::function<void()>& fill = {});

/// Removes what claimNewRun() made, and checkpoints and tokenizer, where the run does not begin.
void abandonNewRun(const RunFolder& folder);

/// Takes hold of a run that is there. Throws std::runtime_error where there is none, RecordingError
/// where a worker holds it.
std::unique_ptr<RunLock> claimExistingRun(const RunFolder& folder);

/// Part number and first step of what a resumed run writes next.
struct ResumePoint {
  int64_t part = 1;
  int64_t first_step = 0;
  std::filesystem::path checkpoint;   ///< weights; empty: from the beginning
  std::string run_id;                 ///< of the earlier parts
  std::optional<ParentRun> parent;    ///< of a fork
  std::string changes;                ///< of a fork that begins: what is not as in its parent
  std::vector<std::string> warnings;  ///< what was passed over, and why
};

/// Where a run goes on: its newest checkpoint that is whole, or the beginning where it was ended
/// before the first. Throws std::runtime_error where there are only damaged ones.
ResumePoint resumePointOf(const RunFolder& folder);

/// The configuration that was in force at the resume point. Throws SafetensorsError, ConfigError.
model::RunConfig configAt(const RunFolder& folder, const ResumePoint& point);

/// A checkpoint as a point to go on from, on its own. Throws std::runtime_error where it is damaged
/// or its optimiser state, which has the configuration, is not beside it.
ResumePoint pointAt(const std::filesystem::path& checkpoint);

/// Where a recording that begins at `from` comes from.
Origin originAt(const model::RunConfig& config, const ResumePoint& from, int64_t group_pairs);

/// The run's tokenizer: read from its folder, or trained on captions of the training data and
/// written there. Throws std::runtime_error.
model::Tokenizer runTokenizer(const RunFolder& folder, const model::RunConfig& config,
                              const model::Dataset& train);

/// The tokenizer of a run that is there already. Throws std::runtime_error.
model::Tokenizer existingTokenizer(const RunFolder& folder, const model::RunConfig& config);

/// In the metadata of the checkpoint that a fork begins with: its parent, so that a fork that ended
/// before it recorded anything knows it, too.
inline constexpr const char* kParentKey = "parent";
std::string parentText(const ParentRun& parent);

/// `text` to `path`, whole or not at all. Throws std::runtime_error naming the file.
void writeTextFile(const std::filesystem::path& path, const std::string& text);

/// Now, UTC, as "2026-11-23T18:15:00Z"; and an identifier that no other run has.
std::string utcNow();
std::string newRunId();

}  // namespace limoe::probe
