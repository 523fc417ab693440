// The whole model: both modalities embedded, encoded (by one tower or two), pooled and projected
// (LIMoE, section 2; CLIP).
//
// Axis letters: B pairs · P patches · T text positions · D width · V vocabulary · Z embedding width
// · N routed tokens · E experts · L MoE layers · H, W pixels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/encoder.h"
#include "model/moe_layer.h"
#include "model/torch_includes.h"

namespace limoe::model {

struct ModelInputs {
  torch::Tensor images;      ///< [B, 3, H, W] float32 in [−1, 1]
  torch::Tensor token_ids;   ///< [B, T] int64; padding's ids mean nothing
  torch::Tensor token_mask;  ///< [B, T] bool, at least one token a caption
  /// Training noise of each MoE layer, normal(0,1) [N, E]. Empty: none is added (evaluation).
  std::vector<torch::Tensor> noise;
};

struct ModelOutputs {
  torch::Tensor image_embedding;     ///< [B, Z], of length 1
  torch::Tensor text_embedding;      ///< [B, Z]
  std::vector<RoutingTrace> layers;  ///< [L] in model order; two towers: image tower's first
};

class Limoe : public torch::nn::Module {
 public:
  /// Weights are drawn from `seed`. Throws ConfigError where the configuration is at fault.
  Limoe(const ModelConfig& config, int64_t seed);

  const ModelConfig& config() const { return config_; }
  /// Loss weights, capacity, priority and noise may change while the model trains; sizes must not.
  void setConfig(const ModelConfig& config) { config_ = config; }

  /// Throws std::invalid_argument where shapes do not fit the configuration, a token id is outside
  /// the vocabulary or a caption has no token; NonFiniteError where a routing probability is NaN.
  ModelOutputs forward(const ModelInputs& inputs);

  /// Noise for the batch, drawn from `seed` alone (so that a resumed run draws the same). Empty
  /// where noise_std is 0 or the model is dense.
  std::vector<torch::Tensor> drawNoise(const torch::Tensor& token_mask, int64_t seed) const;

  /// Block index of each MoE layer as it is named in files: "3", or "image.3" and "text.3".
  std::vector<std::string> moeLayerNames() const;

  torch::Tensor logit_scale;  ///< [], the logarithm s of the contrastive loss's scale

 private:
  torch::Tensor imageRows(const torch::Tensor& images);
  torch::Tensor textRows(const torch::Tensor& ids, const torch::Tensor& mask);
  void check(const ModelInputs& inputs) const;
  void initialise(int64_t seed);

  ModelConfig config_;
  torch::nn::Conv2d image_embed_{nullptr};
  torch::nn::Embedding text_embed_{nullptr};
  torch::Tensor image_pos_, text_pos_;
  std::shared_ptr<Encoder> encoder_, image_encoder_, text_encoder_;
  torch::nn::Linear image_projection_{nullptr}, text_projection_{nullptr};
};

}  // namespace limoe::model
