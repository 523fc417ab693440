// How large a run will be, by arithmetic alone.
#pragma once

#include <QString>
#include <cstdint>

#include "model/config.h"

namespace limoe::gui {

struct RunSizes {
  int64_t parameters = 0;
  int64_t parameters_per_token = 0;  ///< applied
  int64_t group_pairs = 0;           ///< of a routing group in training
  int64_t group_image_tokens = 0;
  int64_t group_text_tokens = 0;  ///< at most: captions of full length
  /// C with captions of full length: tokens of a group that an expert takes at most. 0: dense.
  int64_t capacity = 0;
  int64_t text_capacity = 0;  ///< two towers: of the text tower, `capacity` then the image tower's
  double snapshot_bytes = 0;  ///< before compression
  bool has_probabilities = false;
  int64_t snapshots = 0;  ///< until the run's last step
};

RunSizes runSizes(const model::RunConfig& config);

/// In words: the model, its capacity, its recording, each with how it was counted.
QString describe(const RunSizes& sizes);

}  // namespace limoe::gui
