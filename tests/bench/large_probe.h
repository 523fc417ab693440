// A recording as large as LIMoE's authors might make: 50,000 images of 196 patches, 12 MoE layers
// of 32 experts. Every value follows from a hash of its place, so that it can be written piece by
// piece and checked anywhere. Its bytes compress about as badly as a real run's.
#pragma once

#include <cstdint>
#include <vector>

#include "routing_probe/recording/recording.h"

namespace limoe::probe::bench {

struct LargeSizes {
  int64_t samples = 50'000;
  int64_t layers = 12;
  int64_t experts = 32;
  int64_t patch_rows = 14;
  int64_t patch_columns = 14;
  int64_t patch_pixels = 16;
  int64_t text_length = 16;
  int64_t group_pairs = 64;
  int64_t snapshots = 2;
  int64_t steps = 20'000;

  int64_t patches() const { return patch_rows * patch_columns; }
  /// Tokens of sample n's caption; the other positions are padding.
  int64_t textTokens(int64_t sample) const { return text_length - sample % 4; }
};

/// One token's decision, K = 1. `unit`: patch, or text position.
struct LargeToken {
  uint16_t expert;
  float gate;
  uint8_t kept;
  uint16_t runner_up;
  float margin;
};
LargeToken largeToken(const LargeSizes& sizes, int modality, int64_t snapshot, int64_t layer,
                      int64_t sample, int64_t unit);

Layout largeLayout(const LargeSizes& sizes);
Origin largeOrigin(const LargeSizes& sizes);
/// Everything but the images.
ProbeSet largeProbe(const LargeSizes& sizes);
/// [count, H, W, 3]
std::vector<uint8_t> largeImages(const LargeSizes& sizes, int64_t first, int64_t count);
StepRow largeStep(const LargeSizes& sizes, int64_t step);
int64_t largeSnapshotStep(const LargeSizes& sizes, int64_t snapshot);
/// Without layers.
Snapshot largeSummary(const LargeSizes& sizes, int64_t snapshot);
/// Samples [first, first + count) of one layer.
LayerSlice largeLayer(const LargeSizes& sizes, int64_t snapshot, int64_t layer, int64_t first,
                      int64_t count);

}  // namespace limoe::probe::bench
