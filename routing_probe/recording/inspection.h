// Goes through everything in one recording file and tells what is sound and what is not.
//
// Internal to routing_recording.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/salvage.h"
#include "routing_probe/recording/value_check.h"
#include "routing_probe/recording/work_progress.h"

namespace limoe::probe {

/// What a file holds that is sound. Rows are rows of the file; what is not listed is lost, and
/// `faults` says so in words.
struct Findings {
  std::vector<std::string> faults;
  std::vector<std::string> notes;  ///< worth knowing, no fault
  std::vector<int64_t> step_rows;
  std::vector<int64_t> steps;  ///< as many
  std::vector<int64_t> snapshot_rows;
  std::vector<int64_t> snapshot_steps;  ///< as many
  std::vector<int64_t> event_rows;
  /// All but the images; what is lost is empty, kNoLabel or, for a token's id, 0.
  ProbeSet probe;
  std::vector<int64_t> lost_images;
  /// By row, what the decisions add up to where the recorded sums are lost or differ: [L]. Sums
  /// that stay as they are recorded are empty.
  std::map<int64_t, std::vector<LayerCounts>> recounted;
};

/// Reads all of it, one layer or 1024 steps at a time.
Findings inspect(const Salvage& salvage, const WorkProgress& progress);

}  // namespace limoe::probe
