#include "model/model_size.h"

namespace limoe::model {
namespace {

struct BlockSize {
  int64_t attention;  ///< with both LayerNorms
  int64_t mlp;        ///< of one MLP or one expert
};

BlockSize blockSize(const ModelConfig& c) {
  const int64_t qkv = 3 * c.width * c.width + 3 * c.width;
  const int64_t out = c.width * c.width + c.width;
  const int64_t norms = 4 * c.width;
  return {qkv + out + norms, 2 * c.width * c.mlp_dim + c.mlp_dim + c.width};
}

}  // namespace

ModelSize modelSize(const ModelConfig& c) {
  const BlockSize block = blockSize(c);
  int64_t encoder_total = 2 * c.width;  // final LayerNorm
  int64_t encoder_applied = 2 * c.width;
  double flops_per_token = 0;  // without the products between tokens
  for (int64_t b = 0; b < c.depth; ++b) {
    encoder_total += block.attention;
    encoder_applied += block.attention;
    flops_per_token += 2.0 * 4.0 * static_cast<double>(c.width * c.width);
    const bool routed = c.isMoeBlock(b);
    const int64_t router = routed ? c.moe->experts * c.width : 0;
    const int64_t used = routed ? c.moe->top_k : 1;
    encoder_total += router + block.mlp * (routed ? c.moe->experts : 1);
    encoder_applied += router + block.mlp * used;
    flops_per_token += 2.0 * static_cast<double>(router + used * 2 * c.width * c.mlp_dim);
  }
  const int64_t towers = c.towers == Towers::Two ? 2 : 1;
  const int64_t patch_values = 3 * c.patch_size * c.patch_size;
  const int64_t outside = patch_values * c.width + c.width + c.patches() * c.width +
                          (c.vocab_size + c.text_length) * c.width + 2 * c.embed_dim * c.width + 1;

  ModelSize size;
  size.parameters = outside + towers * encoder_total;
  size.parameters_per_token = outside + encoder_applied;
  const auto attention_between = [&](int64_t tokens) {
    return static_cast<double>(c.depth) * 2.0 * 2.0 *
           static_cast<double>(tokens * tokens * c.width);
  };
  size.flops_per_pair =
      flops_per_token * static_cast<double>(c.patches() + c.text_length) +
      attention_between(c.patches()) + attention_between(c.text_length) +
      2.0 * static_cast<double>(c.patches() * patch_values * c.width + 2 * c.embed_dim * c.width);
  return size;
}

}  // namespace limoe::model
