// Rows of a recording that is read with Salvage, as the plain arrays of recording.h.
//
// Internal to routing_recording.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/salvage.h"

namespace limoe::probe {

/// Rows of a table whose row has the shape `row`, or `count` rows of `absent` where the dataset is
/// lost. Throws RecordingError where it is there, but unreadable.
template <typename T>
std::vector<T> tableRows(const Salvage& salvage, const std::string& dataset, int64_t first,
                         int64_t count, const std::vector<int64_t>& row, T absent) {
  int64_t width = 1;
  for (const int64_t size : row) {
    width *= size;
  }
  if (width == 0 || count == 0) {
    return {};
  }
  if (!salvage.has(dataset)) {
    return std::vector<T>(static_cast<size_t>(count * width), absent);
  }
  std::vector<int64_t> offset(1 + row.size(), 0);
  std::vector<int64_t> block = {count};
  offset.front() = first;
  block.insert(block.end(), row.begin(), row.end());
  return salvage.read<T>(dataset, offset, block);
}

/// Rows [first, first + count) of the steps; NaN and 0 for datasets that are lost.
std::vector<StepRow> readSteps(const Salvage& salvage, int64_t first, int64_t count);
std::vector<Event> readEvents(const Salvage& salvage, int64_t first, int64_t count);

/// Everything of the snapshot in `row` but its layers and embeddings; of what is lost, counts are
/// empty and metrics NaN, and `lost` (which may be null) gets the reason. Throws RecordingError
/// where its step cannot be read.
Snapshot readSummary(const Salvage& salvage, int64_t row, std::vector<std::string>* lost);

/// [N, 2, Z]; NaN where lost, empty where none are recorded.
std::vector<float> readEmbeddings(const Salvage& salvage, int64_t row);

/// [N, T]: which positions hold tokens, as the decisions say: those are guarded by checksums,
/// token_ids are not. Empty where no snapshot can tell.
std::vector<bool> maskOfDecisions(const Salvage& salvage);

}  // namespace limoe::probe
