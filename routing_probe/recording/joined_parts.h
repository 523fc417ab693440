// The parts of a run, opened, and which of their rows make up the run.
//
// Internal to routing_recording.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "routing_probe/recording/recording_part.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::probe {

/// A row of the joined run: where it lies.
struct RowPlace {
  size_t part = 0;
  int64_t row = 0;
};

/// Functions throw RecordingError.
struct JoinedParts {
  RunFolder folder;
  std::filesystem::path single;  ///< a file outside the naming of runs, opened alone
  std::vector<std::unique_ptr<RecordingPart>> parts;
  // Rows visible of each part: [parts]; the events' rows themselves, since they need not ascend.
  std::vector<int64_t> step_rows;
  std::vector<int64_t> snapshot_rows;
  std::vector<RowPlace> events;
  std::vector<int64_t> snapshot_steps;
  RunState run_state = RunState::Died;
  // Growth that was seen while nobody held the run. Once proves nothing: those can be the last rows
  // of a writer that died just before.
  int growths_unheld = 0;
  std::chrono::steady_clock::time_point grown;

  std::vector<std::filesystem::path> partPaths() const;
  bool openNewParts();
  void join();
  void dropRepeatedEvents(size_t part);
  int64_t firstSuperseded(size_t part,
                          const std::vector<int64_t>& (RecordingPart::*rows)() const) const;
  RunState currentState(bool held) const;
  void noteGrowth(bool held, bool grew);
  bool lockHeld() const { return single.empty() && RunLock::isHeld(folder); }
  const RecordingPart& newest() const { return *parts.back(); }
  RowPlace placeOf(const std::vector<int64_t>& rows, int64_t index) const;
};

}  // namespace limoe::probe
