// Batches in a seeded order, prepared ahead of the training by threads of their own.
//
// Axis letters: B pairs in a batch · H, W pixels · T text positions.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/config.h"
#include "model/data/dataset.h"
#include "model/data/tokenizer.h"

namespace limoe::model {

/// What the model is fed, as plain arrays.
struct Batch {
  int64_t index = 0;                ///< number of this batch since the start of training, from 0
  int64_t pairs = 0;                ///< B
  std::vector<float> images;        ///< [B, 3, H, W] in [−1, 1]: x / 127.5 − 1
  std::vector<int64_t> token_ids;   ///< [B, T], 0 at padding
  std::vector<uint8_t> token_mask;  ///< [B, T], 1 = a token
};

/// Puts samples into a batch; used by the loader's threads and for held-out data.
/// Throws std::invalid_argument where an image is not [H, W] of the model, naming its source.
Batch makeBatch(const std::vector<Sample>& samples, const Tokenizer& tokenizer,
                const ModelConfig& model);

/// Sample indices of batch `batch_index`: every epoch is a permutation that depends on seed and
/// epoch alone; a remainder smaller than a batch at the end of an epoch is left out. [B].
/// Throws std::invalid_argument where the data has fewer samples than a batch.
std::vector<int64_t> batchIndices(int64_t batch_index, int64_t batch_size, int64_t dataset_size,
                                  int64_t seed);

class BatchLoader {
 public:
  /// Starts `threads` threads that prepare batches from number `first_batch` on. `dataset` and
  /// `tokenizer` must outlive the loader. At most 4 batches (or one per thread) are held ahead.
  /// Throws std::invalid_argument where there are no threads or fewer samples than a batch.
  BatchLoader(const Dataset& dataset, const Tokenizer& tokenizer, const ModelConfig& model,
              int64_t batch_size, int64_t seed, int64_t threads, int64_t first_batch);
  ~BatchLoader();  ///< stops the threads
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// The next batch, in order whatever the number of threads. Waits where none is ready. Rethrows
  /// what a loader thread threw, after the batches before the one that failed; from then on every
  /// call throws it.
  Batch next();
  /// Seconds that next() has waited in all: the training was faster than the loading.
  double waitedSeconds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limoe::model
