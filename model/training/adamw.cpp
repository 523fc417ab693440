#include "model/training/adamw.h"

#include <cmath>
#include <stdexcept>

namespace limoe::model {
namespace {

constexpr double kEpsilon = 1e-8;

bool decays(const std::string& name) {
  return name.ends_with("weight") && name.find("norm") == std::string::npos;
}

}  // namespace

AdamW::AdamW(const torch::nn::Module& model, const TrainConfig& config)
    : beta1_(config.beta1), beta2_(config.beta2), weight_decay_(config.weight_decay) {
  for (const auto& item : model.named_parameters()) {
    slots_.push_back({item.key(), item.value(), torch::zeros_like(item.value()),
                      torch::zeros_like(item.value()), decays(item.key())});
  }
}

void AdamW::step(double learning_rate) {
  torch::NoGradGuard no_grad;
  ++steps_;
  const double correction1 = 1.0 - std::pow(beta1_, static_cast<double>(steps_));
  const double correction2 = std::sqrt(1.0 - std::pow(beta2_, static_cast<double>(steps_)));
  for (Slot& slot : slots_) {
    const torch::Tensor& gradient = slot.parameter.grad();
    if (!gradient.defined()) {
      continue;
    }
    if (slot.decays && weight_decay_ > 0) {
      slot.parameter.mul_(1.0 - learning_rate * weight_decay_);
    }
    slot.exp_avg.mul_(beta1_).add_(gradient, 1.0 - beta1_);
    slot.exp_avg_sq.mul_(beta2_).addcmul_(gradient, gradient, 1.0 - beta2_);
    const auto denominator = slot.exp_avg_sq.sqrt().div_(correction2).add_(kEpsilon);
    slot.parameter.addcdiv_(slot.exp_avg, denominator, -learning_rate / correction1);
  }
}

void AdamW::zeroGradients() {
  for (Slot& slot : slots_) {
    slot.parameter.mutable_grad() = torch::Tensor();
  }
}

std::map<std::string, torch::Tensor> AdamW::state() const {
  std::map<std::string, torch::Tensor> state;
  for (const Slot& slot : slots_) {
    state.emplace("exp_avg." + slot.name, slot.exp_avg);
    state.emplace("exp_avg_sq." + slot.name, slot.exp_avg_sq);
  }
  return state;
}

void AdamW::setState(const std::map<std::string, torch::Tensor>& state, int64_t steps) {
  for (Slot& slot : slots_) {
    for (auto [prefix, tensor] :
         {std::pair("exp_avg.", &slot.exp_avg), std::pair("exp_avg_sq.", &slot.exp_avg_sq)}) {
      const auto found = state.find(prefix + slot.name);
      if (found == state.end() || found->second.sizes() != tensor->sizes()) {
        throw std::invalid_argument("optimiser state: " + (prefix + slot.name) +
                                    " is missing or of another shape");
      }
      tensor->copy_(found->second);
    }
  }
  steps_ = steps;
}

}  // namespace limoe::model
