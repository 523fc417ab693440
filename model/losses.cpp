#include "model/losses.h"

#include <cmath>

namespace limoe::model {
namespace {

/// H(p) in nats of each row of log-probabilities [.., E].
torch::Tensor entropy(const torch::Tensor& log_p) {
  return -(log_p.exp() * log_p).sum(-1);
}

/// H of a distribution p [E]; 0·log 0 = 0.
torch::Tensor entropyOf(const torch::Tensor& p) {
  return -torch::xlogy(p, p).sum();
}

torch::Tensor loadLoss(const torch::Tensor& logits, const torch::Tensor& noisy_logits,
                       const MoeConfig& moe) {
  const double sigma = moe.noise_std / static_cast<double>(moe.experts);
  // The token's K-th largest noisy logit; its gradient counts.
  const auto threshold = std::get<0>(noisy_logits.topk(moe.top_k, -1)).narrow(-1, moe.top_k - 1, 1);
  const auto z = (threshold - logits) / sigma;
  const auto pr = 0.5 * torch::erfc(z / std::sqrt(2.0));  // 1 − Φ(z)
  return squaredVariation(pr.mean(0));
}

torch::Tensor gshardLoss(const torch::Tensor& noisy_logits, int64_t experts) {
  const auto p = torch::softmax(noisy_logits, -1);
  const auto fraction = torch::one_hot(p.argmax(-1), experts).to(p.dtype()).mean(0);
  return static_cast<double>(experts * experts) * (p.mean(0) * fraction).mean();
}

}  // namespace

torch::Tensor contrastiveLogits(const torch::Tensor& image, const torch::Tensor& text,
                                const torch::Tensor& logit_scale) {
  return logit_scale.exp() * torch::matmul(image, text.t());
}

torch::Tensor contrastiveLoss(const torch::Tensor& pair_logits) {
  const auto image_to_text = torch::log_softmax(pair_logits, 1).diagonal().mean();
  const auto text_to_image = torch::log_softmax(pair_logits, 0).diagonal().mean();
  return -0.5 * (image_to_text + text_to_image);
}

torch::Tensor squaredVariation(const torch::Tensor& values) {
  const auto mean = values.mean();
  return (values - mean).square().mean() / mean.square();
}

AuxValues groupAuxLosses(const torch::Tensor& logits, const torch::Tensor& noisy_logits,
                         const torch::Tensor& is_text, const MoeConfig& moe, const AuxConfig& aux,
                         bool training) {
  const auto zero = torch::zeros({}, logits.options());
  const auto log_p = torch::log_softmax(logits, -1);
  AuxValues values;
  values.fill(zero);
  const auto at = [&values](AuxLoss loss) -> torch::Tensor& {
    return values[static_cast<std::size_t>(loss)];
  };
  at(AuxLoss::Importance) = squaredVariation(log_p.exp().sum(0));
  if (training && moe.noise_std > 0) {
    at(AuxLoss::Load) = loadLoss(logits, noisy_logits, moe);
  }
  at(AuxLoss::Z) = torch::logsumexp(logits, -1).square().mean();
  at(AuxLoss::Gshard) = gshardLoss(noisy_logits, moe.experts);

  const auto entropyLosses = [&](const torch::Tensor& of_modality, int64_t min_experts,
                                 AuxLoss local, AuxLoss global) {
    const auto index = of_modality.nonzero().squeeze(1).to(logits.device());
    if (index.numel() > 0) {
      const auto rows = log_p.index_select(0, index);
      at(local) = entropy(rows).mean();
      at(global) = torch::clamp_min(
          std::log(static_cast<double>(min_experts)) - entropyOf(rows.exp().mean(0)), 0.0);
    }
  };
  entropyLosses(is_text.logical_not(), aux.min_experts_image, AuxLoss::LocalImage,
                AuxLoss::GlobalImage);
  entropyLosses(is_text, aux.min_experts_text, AuxLoss::LocalText, AuxLoss::GlobalText);
  return values;
}

namespace {

/// A layer's losses: groups averaged, each counting the same.
AuxValues layerAuxLosses(const RoutingTrace& trace, const ModelConfig& config, bool training) {
  const auto& begin = trace.layout->group_begin;
  AuxValues sum;
  for (std::size_t g = 0; g + 1 < begin.size(); ++g) {
    const auto slice = [&](const torch::Tensor& x) {
      return x.narrow(0, begin[g], begin[g + 1] - begin[g]);
    };
    const auto group =
        groupAuxLosses(slice(trace.logits), slice(trace.noisy_logits), slice(trace.layout->is_text),
                       *config.moe, config.aux, training);
    for (std::size_t a = 0; a < kAuxLossCount; ++a) {
      sum[a] = sum[a].defined() ? sum[a] + group[a] : group[a];
    }
  }
  for (auto& value : sum) {
    value = value / static_cast<double>(begin.size() - 1);
  }
  return sum;
}

/// Two towers: whether layer `layer` of `layers` can have the loss at all (an image tower routes
/// no text, so it has no text entropy).
bool concernsLayer(AuxLoss loss, const ModelConfig& config, std::size_t layer, std::size_t layers) {
  if (config.towers == Towers::One) {
    return true;
  }
  const bool image_tower = layer < layers / 2;
  switch (loss) {
    case AuxLoss::LocalImage:
    case AuxLoss::GlobalImage:
      return image_tower;
    case AuxLoss::LocalText:
    case AuxLoss::GlobalText:
      return !image_tower;
    default:
      return true;
  }
}

}  // namespace

Losses computeLosses(const ModelOutputs& outputs, const torch::Tensor& logit_scale,
                     const ModelConfig& config, bool training) {
  Losses losses;
  losses.pair_logits =
      contrastiveLogits(outputs.image_embedding, outputs.text_embedding, logit_scale);
  losses.contrastive = contrastiveLoss(losses.pair_logits);
  losses.aux_total = torch::zeros({}, losses.contrastive.options());
  for (const auto& trace : outputs.layers) {
    losses.layers.push_back(layerAuxLosses(trace, config, training));
  }
  double active = 0;
  for (std::size_t a = 0; a < kAuxLossCount && !losses.layers.empty(); ++a) {
    auto sum = torch::zeros({}, losses.contrastive.options());
    double count = 0;
    for (std::size_t layer = 0; layer < losses.layers.size(); ++layer) {
      if (concernsLayer(static_cast<AuxLoss>(a), config, layer, losses.layers.size())) {
        sum = sum + losses.layers[layer][a];
        ++count;
      }
    }
    losses.aux[a] = sum / count;
    // Active by its coefficient alone: one that happens to be 0 still counts in the mean.
    if (config.aux.coefficients[a] > 0) {
      losses.aux_total = losses.aux_total + config.aux.coefficients[a] * losses.aux[a];
      ++active;
    }
  }
  if (active > 0) {
    losses.aux_total = losses.aux_total * (config.aux.weight / active);
  }
  losses.total = losses.contrastive + losses.aux_total;
  return losses;
}

}  // namespace limoe::model
