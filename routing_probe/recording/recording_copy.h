// Writes a recording anew from one that is read: joins the parts of a run, saves what is left of a
// damaged file. Holds one layer of one snapshot at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/work_progress.h"

namespace limoe::probe {

/// What is to be copied. The functions take indices into the counts beside them and may throw
/// RecordingError, which ends the copy.
struct CopySource {
  Layout layout;
  Origin origin;
  ProbeSet probe;  ///< all but the images
  ImageSource images;
  int64_t steps = 0;
  std::function<std::vector<StepRow>(int64_t first, int64_t count)> read_steps;
  int64_t events = 0;
  std::function<std::vector<Event>(int64_t first, int64_t count)> read_events;
  int64_t snapshots = 0;
  std::function<Snapshot(int64_t snapshot)> read_summary;  ///< with embeddings, without layers
  std::function<LayerSlice(int64_t snapshot, int64_t layer)> read_layer;
  std::vector<Event> remarks;  ///< written after the events
};

/// Writes a finished recording `out`, which must not exist. It has another name until it is whole;
/// where anything throws (a full disk, `progress` to end the work) nothing is left. Throws
/// RecordingError.
void copyRecording(const CopySource& source, const std::filesystem::path& out,
                   const WorkProgress& progress);

struct JoinReport {
  int64_t parts = 0;
  int64_t steps = 0;
  int64_t snapshots = 0;
  bool without_probabilities = false;  ///< some parts had them, others not; they are left out
};

/// One finished recording `out` of all parts of a run, superseded rows left out; of a run that is
/// still trained, what was committed when `run` was opened. Its last event, "joined", says of what
/// it was made. Throws as copyRecording().
JoinReport joinRecording(const RecordingReader& run, const std::filesystem::path& out,
                         const WorkProgress& progress);

}  // namespace limoe::probe
