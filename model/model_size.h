// How large a model is, by arithmetic alone: no weights are allocated.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace limoe::model {

struct ModelSize {
  int64_t parameters = 0;
  /// Everything but the E − K experts of each MoE layer that a token does not use; of two towers
  /// one alone, since a token passes through one of them.
  int64_t parameters_per_token = 0;
  /// Forward pass of one image and one full-length caption, a multiply-add counted as two,
  /// matrix products only.
  double flops_per_pair = 0;
};

ModelSize modelSize(const ModelConfig& config);

}  // namespace limoe::model
