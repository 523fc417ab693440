// Whether a recording is sound, said in words; and a sound one made of what is left of a damaged
// one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "routing_probe/recording/recording_error.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/work_progress.h"

namespace limoe::probe {

struct RecordingReport {
  RunState state = RunState::Died;
  std::vector<int64_t> steps;           ///< that are sound, ascending
  std::vector<int64_t> snapshot_steps;  ///< likewise
  int64_t events = 0;
  std::vector<std::string> faults;  ///< each a sentence without the file's name; none: sound
  std::vector<std::string> notes;   ///< worth knowing, no fault
  bool refused = false;             ///< the reader does not open it; notes or faults say why
  bool newer = false;               ///< of a version of the format that this program does not know
};

/// Reads everything that is committed in one recording file, one layer or 1024 steps at a time, and
/// checks it: that it is readable, that values can be true and that sums are what their parts add
/// up to. What is no recording at all has one fault. Throws RecordingError where there is no such
/// file, and what `progress` throws.
RecordingReport checkRecording(const std::filesystem::path& file, const WorkProgress& progress);

/// Writes `out`, a finished recording of everything in `file` that is sound; nothing else gets into
/// it, but what a recording cannot be without: grey images, empty captions, sources and pieces, the
/// id 0 for a lost token, no label for lost ones, "label 3" for a label's lost name; of steps 0 for
/// lost wall times and counts and NaN for lost scalars and entropies; of snapshots NaN for lost
/// metrics and embeddings, and counts made anew from the decisions. `faults` of the result says
/// what was lost or replaced; the recording's last event, "repaired", does too. A file that does
/// not open is tried once more on a copy beside `out` (removed afterwards) with a new superblock
/// and, where it was cut, zeros up to its old size. Throws RecordingError where nothing can be
/// saved, a worker is writing `file`, `out` exists or the disk is full, and what `progress` throws.
RecordingReport repairRecording(const std::filesystem::path& file, const std::filesystem::path& out,
                                const WorkProgress& progress);

}  // namespace limoe::probe
