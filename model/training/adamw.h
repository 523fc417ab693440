// AdamW (Loshchilov & Hutter 2019, algorithm 2) with state that is kept by parameter name, so that
// it can be written and read with the weights.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/torch_includes.h"

namespace limoe::model {

class AdamW {
 public:
  /// Weight decay applies to matrices only: not to biases, LayerNorm, positions, embeddings of
  /// positions or the logit scale.
  AdamW(const torch::nn::Module& model, const TrainConfig& config);

  /// One update from the parameters' gradients. A parameter without a gradient is left alone.
  void step(double learning_rate);
  void zeroGradients();

  int64_t steps() const { return steps_; }
  /// "exp_avg.NAME" and "exp_avg_sq.NAME" of every parameter.
  std::map<std::string, torch::Tensor> state() const;
  /// Throws std::invalid_argument where a tensor is missing or of another shape.
  void setState(const std::map<std::string, torch::Tensor>& state, int64_t steps);

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter, exp_avg, exp_avg_sq;
    bool decays = false;
  };
  std::vector<Slot> slots_;
  double beta1_, beta2_, weight_decay_;
  int64_t steps_ = 0;
};

}  // namespace limoe::model
