// What a recording holds, as plain arrays. Written by RecordingWriter (one worker process), read by
// RecordingReader (any number of processes, also while it is written).
//
// Axis letters: R steps · S snapshots · L MoE layers in model order (two towers: the image tower's,
// then the text tower's) · E experts · K choices per token · N probe samples · P patches · T text
// positions · H, W pixels · Z embedding width · m modality (0 image, 1 text). Arrays are row-major.
// The file format is described in the README, section "The recording".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace limoe::probe {

inline constexpr uint16_t kNoLabel = 65535;   ///< a patch without a label
inline constexpr uint16_t kNoExpert = 65535;  ///< a padded text position, or the other tower's
inline constexpr int kImage = 0;
inline constexpr int kText = 1;

/// Fixed when the recording is made; every array's shape follows from it.
struct Layout {
  int64_t layers = 0;      ///< L; 0 for a dense model
  int64_t experts = 0;     ///< E
  int64_t top_k = 1;       ///< K
  int64_t samples = 0;     ///< N
  int64_t patch_rows = 0;  ///< attribute patch_grid; P = patch_rows · patch_columns
  int64_t patch_columns = 0;
  int64_t text_length = 0;  ///< T
  int64_t image_height = 0;
  int64_t image_width = 0;
  int64_t embed_dim = 0;                  ///< Z
  std::vector<int64_t> blocks;            ///< [L] block index of each MoE layer
  std::vector<std::string> label_names;   ///< empty where the data has no labels
  std::vector<std::string> scalar_names;  ///< columns of steps/scalars
  std::vector<std::string> scalar_units;  ///< as many; "" where a number has no unit
  std::vector<std::string> metric_names;  ///< columns of snapshots/metrics
  bool probabilities = false;             ///< whether whole distributions are recorded
  bool embeddings = false;

  int64_t patches() const { return patch_rows * patch_columns; }
};

/// The checkpoint of another run that a run began with (a fork).
struct ParentRun {
  std::string run_id;  ///< as in the parent's recording; empty where it had no readable one
  std::string folder;  ///< the parent's folder, as seen from the fork's ("../a"), or absolute
  int64_t step = 0;    ///< optimiser steps done at the checkpoint

  bool operator==(const ParentRun&) const = default;
};

/// Where the recording comes from.
struct Origin {
  std::string config_json;  ///< the run's whole configuration
  std::string program;      ///< "limoe 0.1.0"
  std::string created;      ///< ISO 8601, UTC
  std::string run_id;       ///< unique to the run, the same in all its parts
  int64_t part = 1;
  int64_t first_step = 0;  ///< rows of earlier parts at or after this step are superseded
  double probe_capacity_factor = 0;
  int64_t probe_group_pairs = 0;
  std::optional<ParentRun> parent = std::nullopt;  ///< of a fork, the same in all its parts
};

/// The fixed samples whose every routing decision is recorded.
struct ProbeSet {
  std::vector<uint8_t> images;        ///< [N, H, W, 3] RGB as the model saw them
  std::vector<std::string> captions;  ///< [N] UTF-8
  std::vector<int32_t> token_ids;     ///< [N, T], −1 at padding
  std::vector<std::string> pieces;    ///< [N, T], "" at padding
  std::vector<uint16_t> labels;       ///< [N, P] index into label_names, or kNoLabel; may be empty
  std::vector<std::string> sources;   ///< [N] file name, or generator and index
};

/// One optimiser step.
struct StepRow {
  int64_t step = 0;
  double wall = 0;               ///< seconds since the run began, without pauses
  std::vector<float> scalars;    ///< [scalar_names]
  std::vector<uint32_t> chosen;  ///< [L, 2, E] choices made in this step's batch
  std::vector<uint32_t> kept;    ///< [L, 2, E] choices kept
  std::vector<float> entropy;    ///< [L, 2, 2] mean token entropy, entropy of the mean (nats)
};

struct Event {
  int64_t step = 0;
  double wall = 0;
  std::string kind;  ///< at most 32 bytes: setting, pause, resume, checkpoint, warning, error, …
  std::string text;  ///< at most 472 bytes, longer text is cut at a character
};

/// Decisions of one modality over some samples of one layer; U = P for images, T for text.
struct Decisions {
  std::vector<uint16_t> expert;     ///< [n, U, K], kNoExpert = not a token
  std::vector<float> gate;          ///< [n, U, K] probability of that expert, dropped choices too
  std::vector<uint8_t> kept;        ///< [n, U, K]
  std::vector<uint16_t> runner_up;  ///< [n, U] best expert not chosen (kNoExpert if K = E)
  std::vector<float> margin;        ///< [n, U] gate of the last choice minus runner-up probability
  std::vector<float> probability;   ///< [n, U, E], or empty
};

/// One MoE layer of one snapshot, for samples first_sample … first_sample + samples − 1.
struct LayerSlice {
  int64_t first_sample = 0;
  int64_t samples = 0;  ///< n
  Decisions image;
  Decisions text;
  /// [n, P + T] place of each token in the priority order of its group; all ones (UINT32_MAX) for
  /// positions that are not routed (padding, the other tower's).
  std::vector<uint32_t> order;
};

/// Where pieces come from that are too large for the memory together: images of samples
/// [first, first + count), [count, H, W, 3], and one layer of a snapshot over all N samples.
using ImageSource = std::function<std::vector<uint8_t>(int64_t first, int64_t count)>;
using LayerSource = std::function<LayerSlice(int64_t layer)>;

/// The whole probe, routed at one step.
struct Snapshot {
  int64_t step = 0;
  std::vector<LayerSlice> layers;      ///< [L], each over all N samples
  std::vector<uint32_t> tokens;        ///< [L, 2, E] kept tokens by modality and expert
  std::vector<uint32_t> label_tokens;  ///< [L, E, labels] kept image tokens by label
  std::vector<float> metrics;          ///< [metric_names]
  std::vector<float> embeddings;       ///< [N, 2, Z], or empty
};

}  // namespace limoe::probe
