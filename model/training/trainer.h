// Training without threads: one object with step(), so that it can be tested and driven by
// anything.
//
// Axis letters: B pairs · T text positions · L MoE layers · E experts · H, W pixels.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

#include "model/config.h"
#include "model/data/batch_loader.h"
#include "model/limoe.h"
#include "model/losses.h"
#include "model/training/adamw.h"

namespace limoe::model {

struct StepResult {
  int64_t step = 0;  ///< optimiser steps done, this one included
  double loss = 0;
  double contrastive = 0;
  double aux_total = 0;
  std::array<double, kAuxLossCount> aux{};       ///< raw, averaged over layers
  std::array<double, kAuxLossCount> weighted{};  ///< what each adds to the loss
  double learning_rate = 0;
  double logit_scale = 0;     ///< s, the logarithm
  double gradient_norm = 0;   ///< before clipping
  double image_accuracy = 0;  ///< of the batch: images whose own caption is nearest
  double text_accuracy = 0;
  std::vector<RoutingTrace> layers;  ///< [L] detached
};

/// Tensors of a batch, on the CPU.
ModelInputs inputsOf(const Batch& batch, const ModelConfig& model);

/// Linear warm-up to `learning_rate`, then half a cosine down to `final_learning_rate`.
/// `step` counts from 0.
double scheduledLearningRate(const TrainConfig& train, int64_t step);

class Trainer {
 public:
  explicit Trainer(const RunConfig& config);

  int64_t stepsDone() const { return optimiser_->steps(); }
  const RunConfig& config() const { return config_; }
  Limoe& model() { return *model_; }

  /// One optimiser step. Throws NonFiniteError, and leaves the weights as they were, where the
  /// loss or the gradient is not finite.
  StepResult step(const Batch& batch);

  /// Takes effect at the next step. Only what withLiveChanges() allows may differ.
  void setConfig(const RunConfig& config);

  /// Writes `folder`/step-XXXXXXXX.safetensors (weights) and .optimizer.safetensors (optimiser
  /// state, the run's configuration, the step). Order of the data and noise follow from seed and
  /// step, so nothing else is needed to go on as if nothing had happened.
  /// Returns the weights' path. Throws SafetensorsError.
  std::filesystem::path saveCheckpoint(const std::filesystem::path& folder,
                                       double wall_seconds) const;
  /// Sets weights, optimiser and step from the weights' path; returns the wall seconds saved with
  /// them. Throws SafetensorsError.
  double loadCheckpoint(const std::filesystem::path& weights);

 private:
  RunConfig config_;
  std::shared_ptr<Limoe> model_;
  std::unique_ptr<AdamW> optimiser_;
};

/// The checkpoints in `folder` (paths of the weights) whose optimiser state is there too, the
/// newest first.
std::vector<std::filesystem::path> checkpointsIn(const std::filesystem::path& folder);

/// The optimiser state that belongs to the weights of a checkpoint.
std::filesystem::path optimiserPath(std::filesystem::path weights);

}  // namespace limoe::model
