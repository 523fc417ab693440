// Everything that decides what a run computes: the model, its losses, how it is trained, on what
// data, and what is recorded. The same JSON keys are used in files, on the command line, in the
// window, in checkpoints and in recordings.
//
// Plain C++: no LibTorch, so that the desktop program can use it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace limoe::model {

enum class Gelu { Tanh, Erf };
enum class Towers { One, Two };
/// In which order tokens claim their place in an expert (Riquelme et al. 2021, section 4.1).
enum class Priority {
  Vanilla,  ///< token order
  Bpr       ///< Batch Priority Routing: by descending largest gate
};

/// The auxiliary losses, in the order in which every table, file and chart lists them.
enum class AuxLoss { Importance, Load, Z, Gshard, LocalImage, LocalText, GlobalImage, GlobalText };
inline constexpr std::size_t kAuxLossCount = 8;
/// JSON keys and column names of the auxiliary losses, indexed by AuxLoss.
inline constexpr std::array<const char*, kAuxLossCount> kAuxLossNames = {
    "importance", "load",         "z",          "gshard", "local_image",
    "local_text", "global_image", "global_text"};

struct MoeConfig {
  std::vector<int64_t> blocks;   ///< which blocks have a MoE layer, ascending
  int64_t experts = 8;           ///< E
  int64_t top_k = 1;             ///< K, experts per token
  double capacity_factor = 1.0;  ///< C = max(1, ceil(K·N·capacity_factor / E))
  Priority priority = Priority::Bpr;
  double noise_std = 1.0;   ///< training noise on the logits is (noise_std / E)·normal(0,1)
  int64_t group_pairs = 0;  ///< pairs per routing group; 0: the whole local batch
};

struct AuxConfig {
  double weight = 0.04;  ///< total = contrastive + weight · mean over active losses of c·loss
  std::array<double, kAuxLossCount> coefficients{};  ///< c; a loss is active where c > 0
  int64_t min_experts_image = 0;                     ///< S of global_image: τ = log S
  int64_t min_experts_text = 0;                      ///< S of global_text

  double coefficient(AuxLoss loss) const { return coefficients[static_cast<std::size_t>(loss)]; }
};

struct ModelConfig {
  int64_t image_size = 96;
  int64_t patch_size = 8;
  int64_t text_length = 24;
  int64_t vocab_size = 512;
  int64_t width = 128;    ///< D
  int64_t mlp_dim = 512;  ///< M
  int64_t depth = 4;      ///< number of blocks
  int64_t heads = 4;
  int64_t embed_dim = 128;  ///< Z
  Gelu gelu = Gelu::Tanh;
  Towers towers = Towers::One;
  std::optional<MoeConfig> moe;  ///< empty: dense
  AuxConfig aux;

  int64_t patchesPerSide() const { return image_size / patch_size; }
  int64_t patches() const { return patchesPerSide() * patchesPerSide(); }  ///< P
  bool isMoeBlock(int64_t block) const;
  /// Number of MoE layers in model order (two towers: the image tower's, then the text tower's).
  int64_t moeLayers() const;
};

struct TrainConfig {
  int64_t steps = 400;
  int64_t batch_size = 32;
  double learning_rate = 1e-3;
  double final_learning_rate = 0.0;  ///< where the cosine ends
  int64_t warmup_steps = 100;
  double weight_decay = 0.05;
  double beta1 = 0.9;
  double beta2 = 0.98;
  double clip_norm = 1.0;  ///< 0: no clipping
  int64_t seed = 0;
  int64_t threads = 0;             ///< threads of the training step; 0: as many as there are cores
  int64_t loader_threads = 1;      ///< threads that draw, decode and tokenise
  int64_t checkpoint_every = 200;  ///< 0: only at the end
};

struct DataConfig {
  std::string source = "scenes";
  int64_t seed = 0;
  int64_t train_samples = 50000;
  int64_t held_out_samples = 1024;
};

struct RecordConfig {
  int64_t every = 50;             ///< steps between snapshots of the probe
  int64_t probe_samples = 64;     ///< held-out samples whose every decision is recorded
  int64_t probe_group_pairs = 0;  ///< pairs per routing group of the probe; 0: the batch size
  int64_t recall_samples = 256;   ///< held-out pairs among which recall is measured
  int64_t recall_every = 1000;    ///< steps between measurements of recall (and at the end)
  /// Whole distributions over experts: "all", "none" or "auto" (all while under 4 MB a snapshot).
  std::string probabilities = "auto";
  bool embeddings = true;
};

struct RunConfig {
  std::string preset = "tiny";    ///< where the sizes came from; informative after parsing
  std::string setting = "limoe";  ///< named auxiliary-loss setting; informative after parsing
  ModelConfig model;
  TrainConfig train;
  DataConfig data;
  RecordConfig record;
};

/// Every fault found in a configuration, each naming its key, what is wrong and what would be
/// right.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<std::string> faults);
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  std::vector<std::string> faults_;
};

/// Names of the presets ("tiny", "S/32", … "H/14") and of the settings ("none", "classic", …).
std::span<const std::string_view> presetNames();
std::span<const std::string_view> settingNames();

/// Soft minimum number of experts of the global losses for E experts (LIMoE, appendix: S_text = 9
/// and S_image = 20 for E = 32), scaled to E, halves rounded up, at least 1.
int64_t defaultMinExpertsImage(int64_t experts);
int64_t defaultMinExpertsText(int64_t experts);

}  // namespace limoe::model
