#include "model/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numbers>

#include "model/config_json.h"
#include "model/safetensors.h"

namespace limoe::model {
namespace {

constexpr double kMaxLogitScale = 4.605170185988092;  // log 100

/// A seed for one step's noise; neighbouring steps and runs get unrelated ones (splitmix64).
int64_t noiseSeed(int64_t seed, int64_t step) {
  uint64_t x = static_cast<uint64_t>(seed) * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(step);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<int64_t>((x ^ (x >> 31)) >> 1);
}

double gradientNorm(const Limoe& model) {
  torch::NoGradGuard no_grad;
  double sum = 0;
  for (const auto& parameter : model.parameters()) {
    if (parameter.grad().defined()) {
      const double norm = parameter.grad().norm().item<double>();
      sum += norm * norm;
    }
  }
  return std::sqrt(sum);
}

void scaleGradients(const Limoe& model, double factor) {
  torch::NoGradGuard no_grad;
  for (const auto& parameter : model.parameters()) {
    if (parameter.grad().defined()) {
      parameter.grad().mul_(factor);
    }
  }
}

std::vector<RoutingTrace> detached(std::vector<RoutingTrace> layers) {
  for (RoutingTrace& trace : layers) {
    for (torch::Tensor* tensor :
         {&trace.logits, &trace.noisy_logits, &trace.probabilities, &trace.gate}) {
      *tensor = tensor->detach();
    }
  }
  return layers;
}

StepResult valuesOf(const Losses& losses, const ModelConfig& config) {
  StepResult result;
  result.loss = losses.total.item<double>();
  result.contrastive = losses.contrastive.item<double>();
  result.aux_total = losses.aux_total.item<double>();
  double active = 0;
  for (const double c : config.aux.coefficients) {
    active += c > 0 ? 1 : 0;
  }
  for (std::size_t a = 0; a < kAuxLossCount; ++a) {
    if (losses.aux[a].defined()) {
      result.aux[a] = losses.aux[a].item<double>();
      const double coefficient = config.aux.coefficients[a];
      result.weighted[a] =
          coefficient > 0 ? config.aux.weight * coefficient * result.aux[a] / active : 0.0;
    }
  }
  const auto truth = torch::arange(losses.pair_logits.size(0), losses.pair_logits.device());
  const auto hits = [&truth](const torch::Tensor& nearest) {
    return nearest.eq(truth).to(torch::kFloat64).mean().item<double>();
  };
  result.image_accuracy = hits(losses.pair_logits.argmax(1));
  result.text_accuracy = hits(losses.pair_logits.argmax(0));
  return result;
}

void requireFinite(double value, const char* what, int64_t step) {
  if (!std::isfinite(value)) {
    throw NonFiniteError("step " + std::to_string(step) + ": the " + what + " is " +
                         (std::isnan(value) ? "NaN" : "infinite") +
                         "; the weights are those of the step before. Lower train.learning_rate, "
                         "set train.clip_norm, or weaken the auxiliary losses");
  }
}

}  // namespace

std::filesystem::path optimiserPath(std::filesystem::path weights) {
  return weights.replace_extension(".optimizer.safetensors");
}

ModelInputs inputsOf(const Batch& batch, const ModelConfig& model) {
  ModelInputs inputs;
  inputs.images =
      torch::tensor(batch.images).view({batch.pairs, 3, model.image_size, model.image_size});
  inputs.token_ids =
      torch::tensor(batch.token_ids, torch::kInt64).view({batch.pairs, model.text_length});
  inputs.token_mask = torch::tensor(batch.token_mask, torch::kUInt8)
                          .to(torch::kBool)
                          .view({batch.pairs, model.text_length});
  return inputs;
}

double scheduledLearningRate(const TrainConfig& train, int64_t step) {
  if (step < train.warmup_steps) {
    return train.learning_rate * static_cast<double>(step + 1) /
           static_cast<double>(train.warmup_steps);
  }
  const double length = static_cast<double>(std::max<int64_t>(train.steps - train.warmup_steps, 1));
  const double progress = std::min(1.0, static_cast<double>(step - train.warmup_steps) / length);
  return train.final_learning_rate + 0.5 * (train.learning_rate - train.final_learning_rate) *
                                         (1.0 + std::cos(std::numbers::pi * progress));
}

Trainer::Trainer(const RunConfig& config)
    : config_(config),
      model_(std::make_shared<Limoe>(config.model, config.train.seed)),
      optimiser_(std::make_unique<AdamW>(*model_, config.train)) {}

void Trainer::setConfig(const RunConfig& config) {
  config_ = config;
  model_->setConfig(config.model);
}

StepResult Trainer::step(const Batch& batch) {
  const int64_t step = stepsDone();
  ModelInputs inputs = inputsOf(batch, config_.model);
  inputs.noise = model_->drawNoise(inputs.token_mask, noiseSeed(config_.train.seed, step));
  optimiser_->zeroGradients();
  auto outputs = model_->forward(inputs);
  const Losses losses = computeLosses(outputs, model_->logit_scale, config_.model, true);
  StepResult result = valuesOf(losses, config_.model);
  requireFinite(result.loss, "loss", step + 1);
  losses.total.backward();

  result.gradient_norm = gradientNorm(*model_);
  requireFinite(result.gradient_norm, "gradient", step + 1);
  const double clip = config_.train.clip_norm;
  if (clip > 0 && result.gradient_norm > clip) {
    scaleGradients(*model_, clip / result.gradient_norm);
  }
  result.learning_rate = scheduledLearningRate(config_.train, step);
  optimiser_->step(result.learning_rate);
  {
    torch::NoGradGuard no_grad;
    model_->logit_scale.clamp_max_(kMaxLogitScale);
  }
  result.step = stepsDone();
  result.logit_scale = model_->logit_scale.item<double>();
  result.layers = detached(std::move(outputs.layers));
  return result;
}

std::filesystem::path Trainer::saveCheckpoint(const std::filesystem::path& folder,
                                              double wall_seconds) const {
  std::array<char, 64> file_name{};
  std::snprintf(file_name.data(), file_name.size(), "step-%08lld.safetensors",
                static_cast<long long>(stepsDone()));
  const auto path = folder / file_name.data();
  TensorFile optimiser;
  optimiser.tensors = optimiser_->state();
  optimiser.metadata["step"] = std::to_string(stepsDone());
  optimiser.metadata["run"] = toJson(config_).dump();
  optimiser.metadata["wall_seconds"] = nlohmann::json(wall_seconds).dump();
  // The weights last: a checkpoint is the weights' file, and with it the rest is there.
  writeSafetensors(optimiserPath(path), optimiser);
  writeSafetensors(path, parametersOf(*model_));
  return path;
}

double Trainer::loadCheckpoint(const std::filesystem::path& weights) {
  const auto optimiser_path = optimiserPath(weights);
  const TensorFile optimiser = readSafetensors(optimiser_path);
  const auto value = [&](const char* key) {
    const auto found = optimiser.metadata.find(key);
    if (found == optimiser.metadata.end()) {
      throw SafetensorsError(optimiser_path.string() + ": has no __metadata__." + key);
    }
    return std::strtod(found->second.c_str(), nullptr);
  };
  const double step = value("step");
  const double wall = value("wall_seconds");
  loadParameters(*model_, readSafetensors(weights), weights);
  try {
    torch::NoGradGuard no_grad;
    optimiser_->setState(optimiser.tensors, static_cast<int64_t>(step));
  } catch (const std::invalid_argument& error) {
    throw SafetensorsError(optimiser_path.string() + ": " + error.what());
  }
  return wall;
}

std::vector<std::filesystem::path> checkpointsIn(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    const bool weights = name.starts_with("step-") && name.ends_with(".safetensors") &&
                         !name.ends_with(".optimizer.safetensors");
    if (weights && std::filesystem::exists(optimiserPath(entry.path()), code)) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

}  // namespace limoe::model
