// The transformer: pre-LayerNorm ViT blocks (Dosovitskiy et al. 2021) over image and text tokens.
//
// Axis letters: B pairs · P patches · T text positions · D width · F = B·P + B·T rows (a tower of
// one modality has only its own).
#pragma once

#include <memory>
#include <vector>

#include "model/config.h"
#include "model/moe_layer.h"
#include "model/torch_includes.h"

namespace limoe::model {

/// Shape of the rows that go through an encoder.
struct TokenRows {
  int64_t pairs = 0;             ///< B
  int64_t patches = 0;           ///< P, 0 in a text tower
  int64_t text_length = 0;       ///< T, 0 in an image tower
  torch::Tensor attention_mask;  ///< [B, 1, 1, T] float: 0 for tokens, −inf for padding
  std::shared_ptr<const TokenLayout> layout;
};

/// Self-attention within one sample of one modality: images and captions never attend to each
/// other; both are bidirectional.
struct Attention : torch::nn::Module {
  explicit Attention(const ModelConfig& config);
  torch::Tensor forward(const torch::Tensor& x, const TokenRows& rows);

  torch::nn::Linear qkv, out;

 private:
  torch::Tensor attend(const torch::Tensor& qkv_rows, int64_t pairs, int64_t length,
                       const torch::Tensor& mask) const;
  int64_t heads_;
};

struct Mlp : torch::nn::Module {
  explicit Mlp(const ModelConfig& config);
  torch::Tensor forward(const torch::Tensor& x);
  torch::nn::Linear fc1, fc2;

 private:
  Gelu gelu_;
};

struct Block : torch::nn::Module {
  Block(const ModelConfig& config, int64_t index);
  torch::nn::LayerNorm norm1, norm2;
  std::shared_ptr<Attention> attn;
  std::shared_ptr<Mlp> mlp;  ///< one of these two
  std::shared_ptr<MoeLayer> moe;
};

struct Encoder : torch::nn::Module {
  explicit Encoder(const ModelConfig& config);

  /// `x` [F, D] → [F, D] after the final LayerNorm. Appends one trace for each MoE layer. `noise`:
  /// one [N, E] tensor for each MoE layer (undefined: none).
  torch::Tensor forward(torch::Tensor x, const TokenRows& rows, const MoeConfig* moe,
                        const std::vector<torch::Tensor>& noise, std::vector<RoutingTrace>& traces);

  std::vector<std::shared_ptr<Block>> blocks;
  torch::nn::LayerNorm norm;
};

}  // namespace limoe::model
