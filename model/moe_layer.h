// The sparse layer: a router and E experts (LIMoE, section 2; V-MoE, section 2).
//
// Axis letters: N tokens that are routed, in routing order · D width · M MLP width · E experts ·
// K experts per token · G routing groups · F all token rows of a batch, padding included.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include "model/config.h"
#include "model/torch_includes.h"

namespace limoe::model {

/// Which tokens of a batch are routed, in which order and groups. Rows of the activations [F, D]
/// are the image tokens pair by pair, then the text positions pair by pair.
struct TokenLayout {
  torch::Tensor rows;                ///< [N] int64: row of each token, in routing order
  torch::Tensor is_text;             ///< [N] bool
  std::vector<int64_t> group_begin;  ///< [G + 1] first token of each group, and N
};

/// Layout of a batch of `pairs` pairs. `patches` is 0 for a text tower; `token_mask` [B, T] bool is
/// undefined for an image tower. Groups are `group_pairs` consecutive pairs (0: all).
/// Throws std::invalid_argument where group_pairs does not divide the batch.
TokenLayout tokenLayout(int64_t pairs, int64_t patches, const torch::Tensor& token_mask,
                        int64_t group_pairs);

/// What a MoE layer decided, returned beside its output.
struct RoutingTrace {
  std::shared_ptr<const TokenLayout> layout;
  torch::Tensor logits;           ///< [N, E] clean, float32
  torch::Tensor noisy_logits;     ///< [N, E] what is routed by; the clean ones in evaluation
  torch::Tensor probabilities;    ///< [N, E] softmax of noisy_logits
  torch::Tensor expert_index;     ///< [N, K] int64, largest gate first
  torch::Tensor gate;             ///< [N, K] probability of that expert, dropped choices too
  torch::Tensor kept;             ///< [N, K] bool
  torch::Tensor order;            ///< [N] int64, place in the priority order of its group
  std::vector<int64_t> capacity;  ///< [G]
};

/// A loss, a gradient or a routing probability is NaN or infinite.
class NonFiniteError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// E linear layers stacked on a leading axis: weight [E, out, in], bias [E, out].
struct ExpertLinear : torch::nn::Module {
  ExpertLinear(int64_t experts, int64_t in, int64_t out);
  torch::Tensor weight, bias;
};

struct Router : torch::nn::Module {
  Router(int64_t experts, int64_t width);
  torch::Tensor weight;  ///< [E, D], no bias
};

struct MoeLayer : torch::nn::Module {
  explicit MoeLayer(const ModelConfig& config);

  struct Result {
    torch::Tensor output;  ///< [F, D]; 0 where a row is not routed or no choice was kept
    RoutingTrace trace;
  };
  /// `x` [F, D]. `noise` [N, E]: normal(0,1) numbers, or undefined for none (evaluation).
  /// `moe` gives K, capacity, priority and noise, which may change while a model trains.
  /// Throws NonFiniteError where a routing probability is NaN.
  Result forward(const torch::Tensor& x, std::shared_ptr<const TokenLayout> layout,
                 const MoeConfig& moe, const torch::Tensor& noise);

  std::shared_ptr<Router> router;
  std::shared_ptr<ExpertLinear> fc1, fc2;

 private:
  Gelu gelu_;
};

/// The configured form of GELU (Hendrycks & Gimpel 2016): exact, or with tanh.
torch::Tensor gelu(const torch::Tensor& x, Gelu form);

}  // namespace limoe::model
