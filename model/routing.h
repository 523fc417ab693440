// The routing rule: which token goes to which expert, in which order, and who is dropped.
// One implementation for training, for `limoe verify` and for what-if questions about a recording.
//
// Axis letters: N tokens of one routing group, E experts, K experts per token.
// Plain C++ on arrays; selection is constant to the gradient.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/config.h"

namespace limoe::model {

/// C = max(1, ceil(K·N·capacity_factor / E)), in float64 from left to right, no rounding to a
/// multiple (V-MoE, equation 2, with max 1).
int64_t expertCapacity(int64_t top_k, int64_t tokens, double capacity_factor, int64_t experts);

/// The decisions of one routing group.
struct Routing {
  int64_t capacity = 0;               ///< C
  std::vector<int64_t> expert_index;  ///< [N, K] largest gate first, equal ones by expert index
  std::vector<int64_t> position;      ///< [N, K] place in that expert's queue, from 0
  std::vector<uint8_t> kept;          ///< [N, K] 1 where position < capacity
  std::vector<int64_t> order;         ///< [N] place of the token in the priority order, from 0
};

/// Routes one group. `probabilities` is [N, E], row-major, the softmax of the (noisy) logits.
/// First choices are placed in priority order, then second choices in the same order, and so on
/// (Riquelme et al. 2021, algorithms 1 and 2).
/// Throws std::invalid_argument where sizes do not fit or a probability is NaN.
Routing routeGroup(std::span<const float> probabilities, int64_t experts, int64_t top_k,
                   double capacity_factor, Priority priority);

}  // namespace limoe::model
