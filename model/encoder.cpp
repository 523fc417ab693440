#include "model/encoder.h"

#include <cmath>

namespace limoe::model {
namespace {

torch::nn::LayerNorm layerNorm(int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(1e-6));
}

}  // namespace

Attention::Attention(const ModelConfig& config)
    : qkv(register_module("qkv", torch::nn::Linear(config.width, 3 * config.width))),
      out(register_module("out", torch::nn::Linear(config.width, config.width))),
      heads_(config.heads) {}

torch::Tensor Attention::attend(const torch::Tensor& qkv_rows, int64_t pairs, int64_t length,
                                const torch::Tensor& mask) const {
  const int64_t width = qkv_rows.size(1) / 3;
  const int64_t head = width / heads_;
  // [B, S, 3, heads, head] → [3, B, heads, S, head]
  const auto parts =
      qkv_rows.reshape({pairs, length, 3, heads_, head}).permute({2, 0, 3, 1, 4}).unbind(0);
  auto scores = torch::matmul(parts[0] * (1.0 / std::sqrt(static_cast<double>(head))),
                              parts[1].transpose(-2, -1));
  if (mask.defined()) {
    scores = scores + mask.to(scores.dtype());
  }
  return torch::matmul(torch::softmax(scores, -1), parts[2])
      .transpose(1, 2)
      .reshape({pairs * length, width});
}

torch::Tensor Attention::forward(const torch::Tensor& x, const TokenRows& rows) {
  const auto projected = qkv(x);
  const int64_t image_rows = rows.pairs * rows.patches;
  const int64_t text_rows = rows.pairs * rows.text_length;
  std::vector<torch::Tensor> attended;
  if (image_rows > 0) {
    attended.push_back(attend(projected.narrow(0, 0, image_rows), rows.pairs, rows.patches, {}));
  }
  if (text_rows > 0) {
    attended.push_back(attend(projected.narrow(0, image_rows, text_rows), rows.pairs,
                              rows.text_length, rows.attention_mask));
  }
  return out(torch::cat(attended));
}

Mlp::Mlp(const ModelConfig& config)
    : fc1(register_module("fc1", torch::nn::Linear(config.width, config.mlp_dim))),
      fc2(register_module("fc2", torch::nn::Linear(config.mlp_dim, config.width))),
      gelu_(config.gelu) {}

torch::Tensor Mlp::forward(const torch::Tensor& x) {
  return fc2(gelu(fc1(x), gelu_));
}

Block::Block(const ModelConfig& config, int64_t index)
    : norm1(register_module("norm1", layerNorm(config.width))),
      norm2(register_module("norm2", layerNorm(config.width))),
      attn(register_module("attn", std::make_shared<Attention>(config))) {
  if (config.isMoeBlock(index)) {
    moe = register_module("moe", std::make_shared<MoeLayer>(config));
  } else {
    mlp = register_module("mlp", std::make_shared<Mlp>(config));
  }
}

Encoder::Encoder(const ModelConfig& config)
    : norm(register_module("norm", layerNorm(config.width))) {
  torch::nn::ModuleList list;
  for (int64_t b = 0; b < config.depth; ++b) {
    blocks.push_back(std::make_shared<Block>(config, b));
    list->push_back(blocks.back());
  }
  register_module("blocks", list);
}

torch::Tensor Encoder::forward(torch::Tensor x, const TokenRows& rows, const MoeConfig* moe,
                               const std::vector<torch::Tensor>& noise,
                               std::vector<RoutingTrace>& traces) {
  std::size_t moe_layer = 0;
  for (const auto& block : blocks) {
    x = x + block->attn->forward(block->norm1(x), rows);
    const auto normed = block->norm2(x);
    if (block->moe) {
      const auto layer_noise = moe_layer < noise.size() ? noise[moe_layer] : torch::Tensor();
      auto result = block->moe->forward(normed, rows.layout, *moe, layer_noise);
      x = x + result.output;
      traces.push_back(std::move(result.trace));
      ++moe_layer;
    } else {
      x = x + block->mlp->forward(normed);
    }
  }
  return norm(x);
}

}  // namespace limoe::model
