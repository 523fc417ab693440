// A recording whose every value is known by a formula: for tests of whatever reads recordings.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_writer.h"

namespace limoe::probe::test {

/// The recording's sizes. With sample n, patch p (row-major), text position t, layer l, snapshot s,
/// choice k, experts E:
///
/// - Image token: expert of choice k = (p + n + l + s + k) % E.
/// - Text token: expert of choice k = (2·t + n + l + s + k) % E. Sample n has
///   textTokens(n) = T − n % min(T, 4) tokens, the other positions are padding.
/// - Gate of choice k = g·2^−k with g = 0.375 + 0.125·((p + n) % 2), for text with t for p: exact
/// as
///   a half. Runner-up: choice K of the same formula, probability g·2^−(K+1); margin = gate of the
///   last choice minus that. (No runner-up and margin = gate of the last choice where K = E.)
/// - Dropped (kept = 0): image choices where (p + 2·n + s + k) % 7 == 0, text choices where
///   (t + n + s + k) % 5 == 0.
/// - Label of patch p of sample n: (p + n) % 5, one of sky, grass, road, house, car; no label where
///   (p + n) % 11 == 10.
/// - Order: within each group of group_pairs samples the images' tokens come first, sample by
///   sample and in token order, then the texts' likewise; all ones at padding.
/// - Image: the patch's flat colour is patchColor(n, p).
/// - Snapshot s is of step s·max(1, steps / max(1, snapshots − 1)), and step rows have steps 1 …
/// steps.
/// - Scalars: loss = 4·0.99^step, lr = 0.001; metrics: label_information/best from the counts.
struct SyntheticOptions {
  int64_t samples = 8;
  int64_t layers = 2;
  int64_t experts = 4;
  int64_t top_k = 1;
  int64_t patch_rows = 4;
  int64_t patch_columns = 4;
  int64_t text_length = 8;
  int64_t snapshots = 5;
  int64_t steps = 100;
  int64_t pixels = 8;  ///< of a patch's side
  int64_t group_pairs = 4;
  std::string config_json = "{}";  ///< also written as config.json
  bool labels = true;
  bool probabilities = false;
  bool embeddings = true;
};

/// Red, green, blue of a patch, each 0 … 255: (40·(n + p) + 30) % 256, (70·p + 90) % 256,
/// (110·n + 50) % 256.
struct PatchColor {
  uint8_t red, green, blue;
};
PatchColor patchColor(int64_t sample, int64_t patch);

int64_t textTokens(const SyntheticOptions& options, int64_t sample);
int64_t snapshotStep(const SyntheticOptions& options, int64_t snapshot);

/// The pieces, for tests that write bit by bit.
Layout syntheticLayout(const SyntheticOptions& options);
Origin syntheticOrigin(const SyntheticOptions& options, int64_t part = 1, int64_t first_step = 0);
ProbeSet syntheticProbe(const SyntheticOptions& options);
StepRow syntheticStep(const SyntheticOptions& options, int64_t step);
/// `number` is s; its step is snapshotStep() unless changed afterwards.
Snapshot syntheticSnapshot(const SyntheticOptions& options, int64_t number);

/// Makes the folder (where needed) with config.json and a finished recording.h5, which must not be
/// there yet. Throws RecordingError as RecordingWriter does.
void writeSyntheticRecording(const std::filesystem::path& run_folder,
                             const SyntheticOptions& options);

}  // namespace limoe::probe::test
