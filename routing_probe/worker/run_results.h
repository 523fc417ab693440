// What a run is worth, in numbers that runs are compared by; read from its recording.
//
// All of training's measures are of the batches that were trained on, all others of the held-out
// probe at the last snapshot.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

namespace limoe::probe {

/// One number of a run. `how` says in a sentence how it is counted; `decimals` suit its size.
struct Measure {
  const char* key;    ///< in CSV files
  const char* title;  ///< in tables
  const char* how;
  int decimals;
};

inline constexpr std::size_t kMeasureCount = 16;
inline constexpr std::array<Measure, kMeasureCount> kMeasures = {{
    {"contrastive", "contrastive loss", "mean over the last tenth of the steps", 3},
    {"recall_at_1/image_to_text", "recall@1 image→text", "held out, at the end", 3},
    {"recall_at_1/text_to_image", "recall@1 text→image", "held out, at the end", 3},
    {"zero_shot_accuracy", "zero-shot accuracy",
     "held out, at the end: images whose class's prompt is nearest", 3},
    {"success/image", "image success",
     "choices kept of those made, mean of the MoE layers, over the last tenth of the steps", 3},
    {"success/text", "text success", "likewise, of text tokens", 3},
    {"lowest_success/image", "image success, lowest", "the lowest mean of any 20 successive steps",
     3},
    {"lowest_success/text", "text success, lowest", "likewise, of text tokens", 3},
    {"dead_experts", "dead experts",
     "of all MoE layers together: that kept no token of the probe at the end", 1},
    {"label_information", "label information",
     "of the MoE layer with most: mutual information of expert and patch label / the label's "
     "entropy, at the end",
     3},
    {"largest_gradient", "largest gradient norm", "before clipping, of the steps after the warm-up",
     1},
    {"loss_spikes", "loss spikes",
     "steps whose contrastive loss is above the mean of the 20 before by more than 3 of their "
     "standard deviations",
     1},
    {"parameters", "parameters", "of the model in all", 0},
    {"parameters_per_token", "applied per token",
     "parameters without the experts that a token does not use; of two towers the one that it "
     "passes",
     0},
    {"pairs_per_second", "pairs/s", "median over the steps, on the machine that trained", 1},
    {"steps", "steps", "optimiser steps done", 0},
}};

struct RunResult {
  std::array<double, kMeasureCount> values{};  ///< as kMeasures; NaN where it is not known
  int64_t steps = 0;
  bool finished = false;  ///< the recording was closed properly, and all steps are done
};

/// Reads the recording of a run (a folder). Throws RecordingError, ConfigError.
RunResult resultOf(const std::filesystem::path& run);

}  // namespace limoe::probe
