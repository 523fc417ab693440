// The training objective: contrastive loss and the auxiliary losses of the MoE layers.
//
// Axis letters: B pairs · Z embedding width · N tokens of a routing group · E experts · L MoE
// layers.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/limoe.h"

namespace limoe::model {

using AuxValues = std::array<torch::Tensor, kAuxLossCount>;

struct Losses {
  torch::Tensor total;  ///< contrastive + aux_weight · (1/|A|) · Σ over active c·loss
  torch::Tensor contrastive;
  AuxValues aux;                  ///< averaged over the layers they are defined on
  std::vector<AuxValues> layers;  ///< [L] averaged over groups, each counting the same
  torch::Tensor aux_total;        ///< total − contrastive
  torch::Tensor pair_logits;      ///< [B, B] exp(s)·Zi·Ztᵀ
};

/// exp(s)·Zi·Ztᵀ, and the mean of the two cross-entropies (CLIP, figure 3). `image`, `text` [B, Z].
torch::Tensor contrastiveLogits(const torch::Tensor& image, const torch::Tensor& text,
                                const torch::Tensor& logit_scale);
torch::Tensor contrastiveLoss(const torch::Tensor& pair_logits);

/// Population variance / mean², no square root: its gradient is 0, not NaN, where all are equal.
torch::Tensor squaredVariation(const torch::Tensor& values);

/// One group: `logits`, `noisy_logits` [N, E], `is_text` [N] bool. Sources: importance and load
/// Riquelme et al. 2021, appendix A; z ST-MoE, equation 5; gshard Lepikhin et al. 2020, algorithm
/// 1, as V-MoE computes it; local and global entropy LIMoE, equations 3 to 6.
/// `training`: load is 0 otherwise, and where there is no noise.
AuxValues groupAuxLosses(const torch::Tensor& logits, const torch::Tensor& noisy_logits,
                         const torch::Tensor& is_text, const MoeConfig& moe, const AuxConfig& aux,
                         bool training);

Losses computeLosses(const ModelOutputs& outputs, const torch::Tensor& logit_scale,
                     const ModelConfig& config, bool training);

}  // namespace limoe::model
