#include "model/limoe.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <limits>

namespace limoe::model {
namespace {

/// x / (|x| + 1e-8), so that a zero vector stays finite.
torch::Tensor normalised(const torch::Tensor& x) {
  return x / (x.norm(2, -1, true) + 1e-8);
}

std::string shapeText(const torch::Tensor& tensor) {
  std::string text = "[";
  for (const int64_t size : tensor.sizes()) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  }
  return text + "]";
}

void requireShape(const char* what, const torch::Tensor& tensor,
                  const std::vector<int64_t>& expected) {
  if (tensor.sizes() != torch::IntArrayRef(expected)) {
    throw std::invalid_argument(std::string(what) + ": has shape " + shapeText(tensor) +
                                ", the configuration asks for " +
                                shapeText(torch::empty(expected, torch::kMeta)));
  }
}

torch::Tensor attentionMask(const torch::Tensor& token_mask) {
  return torch::zeros(token_mask.sizes(), torch::kFloat32)
      .to(token_mask.device())
      .masked_fill(token_mask.logical_not(), -std::numeric_limits<float>::infinity())
      .unsqueeze(1)
      .unsqueeze(1);
}

constexpr double kLongestWave = 10000;  // in patches, as in "Attention is all you need"
constexpr double kPositionScale = 0.5;  // about the size of what the patch embedding begins with

/// Learned positions begin as sines and cosines of row and column (Beyer et al. 2022, "Better plain
/// ViT baselines"): a router that sees where a patch is from the first step specialises sooner.
/// [P, D], any D: of four neighbouring dimensions, sine and cosine of the column and of the row.
torch::Tensor sinCosPositions(int64_t patches_per_side, int64_t width) {
  auto positions = torch::empty({patches_per_side * patches_per_side, width});
  auto values = positions.accessor<float, 2>();
  for (int64_t p = 0; p < positions.size(0); ++p) {
    for (int64_t d = 0; d < width; ++d) {
      const auto along =
          static_cast<double>(d % 4 < 2 ? p % patches_per_side : p / patches_per_side);
      const double exponent = static_cast<double>(d / 4 * 4) / static_cast<double>(width);
      const double angle = along / std::pow(kLongestWave, exponent);
      values[p][d] = static_cast<float>(d % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
  return positions;
}

}  // namespace

Limoe::Limoe(const ModelConfig& config, int64_t seed) : config_(config) {
  const ModelConfig& c = config_;
  image_embed_ = register_module(
      "image_embed",
      torch::nn::Conv2d(torch::nn::Conv2dOptions(3, c.width, c.patch_size).stride(c.patch_size)));
  image_pos_ = register_parameter("image_pos", torch::empty({c.patches(), c.width}));
  text_embed_ = register_module("text_embed", torch::nn::Embedding(c.vocab_size, c.width));
  text_pos_ = register_parameter("text_pos", torch::empty({c.text_length, c.width}));
  if (c.towers == Towers::One) {
    encoder_ = register_module("encoder", std::make_shared<Encoder>(c));
  } else {
    image_encoder_ = register_module("image_encoder", std::make_shared<Encoder>(c));
    text_encoder_ = register_module("text_encoder", std::make_shared<Encoder>(c));
  }
  const auto projection = torch::nn::LinearOptions(c.width, c.embed_dim).bias(false);
  image_projection_ = register_module("image_projection", torch::nn::Linear(projection));
  text_projection_ = register_module("text_projection", torch::nn::Linear(projection));
  logit_scale = register_parameter("logit_scale", torch::full({}, std::log(10.0)));
  initialise(seed);
}

/// Weights normal with variance 1/fan-in (LeCun), embeddings and text positions normal with
/// standard deviation 0.02 (ViT), image positions as sines and cosines, biases 0, LayerNorm 1 and
/// 0.
void Limoe::initialise(int64_t seed) {
  torch::NoGradGuard no_grad;
  auto generator = at::detail::createCPUGenerator(static_cast<uint64_t>(seed));
  for (auto& item : named_parameters()) {
    const std::string& name = item.key();
    torch::Tensor& value = item.value();
    if (name == "logit_scale" || name.find("norm") != std::string::npos) {
      continue;
    }
    if (name == "image_pos") {
      value.copy_(kPositionScale * sinCosPositions(config_.patchesPerSide(), config_.width));
    } else if (name.ends_with("bias")) {
      value.zero_();
    } else if (name.ends_with("_pos") || name.starts_with("text_embed")) {
      value.normal_(0.0, 0.02, generator);
    } else {
      const bool stacked = value.dim() == 3;
      const double fan_in =
          static_cast<double>(value[0].numel()) / static_cast<double>(stacked ? value.size(1) : 1);
      value.normal_(0.0, 1.0 / std::sqrt(fan_in), generator);
    }
  }
}

std::vector<std::string> Limoe::moeLayerNames() const {
  std::vector<std::string> names;
  if (config_.moe) {
    const bool two = config_.towers == Towers::Two;
    for (const char* tower : two ? std::vector{"image.", "text."} : std::vector{""}) {
      for (const int64_t block : config_.moe->blocks) {
        names.push_back(tower + std::to_string(block));
      }
    }
  }
  return names;
}

void Limoe::check(const ModelInputs& in) const {
  const int64_t pairs = in.images.dim() > 0 ? in.images.size(0) : 0;
  if (pairs < 1) {
    throw std::invalid_argument("images: the batch is empty");
  }
  requireShape("images", in.images, {pairs, 3, config_.image_size, config_.image_size});
  requireShape("token_ids", in.token_ids, {pairs, config_.text_length});
  requireShape("token_mask", in.token_mask, {pairs, config_.text_length});
  if (!in.token_mask.any(1).all().item<bool>()) {
    throw std::invalid_argument("token_mask: a caption has no valid token");
  }
  const auto ids = in.token_ids.masked_select(in.token_mask);
  if (ids.min().item<int64_t>() < 0 || ids.max().item<int64_t>() >= config_.vocab_size) {
    throw std::invalid_argument("token_ids: an id lies outside the vocabulary of " +
                                std::to_string(config_.vocab_size));
  }
}

torch::Tensor Limoe::imageRows(const torch::Tensor& images) {
  // [B, D, h, w] → [B, P, D]
  const auto patches = image_embed_(images).flatten(2).transpose(1, 2);
  return (patches + image_pos_).reshape({-1, config_.width});
}

torch::Tensor Limoe::textRows(const torch::Tensor& ids, const torch::Tensor& mask) {
  const auto tokens = text_embed_(ids.masked_fill(mask.logical_not(), 0));
  return (tokens + text_pos_).reshape({-1, config_.width});
}

ModelOutputs Limoe::forward(const ModelInputs& in) {
  check(in);
  const int64_t pairs = in.images.size(0);
  const int64_t patches = config_.patches();
  const int64_t text_length = config_.text_length;
  const MoeConfig* moe = config_.moe ? &*config_.moe : nullptr;
  const int64_t group_pairs = moe != nullptr ? moe->group_pairs : 0;
  const auto rowsOf = [&](bool with_image, bool with_text) {
    TokenRows rows{pairs, with_image ? patches : 0, with_text ? text_length : 0, {}, nullptr};
    if (with_text) {
      rows.attention_mask = attentionMask(in.token_mask);
    }
    if (moe != nullptr) {
      rows.layout = std::make_shared<TokenLayout>(tokenLayout(
          pairs, rows.patches, with_text ? in.token_mask : torch::Tensor(), group_pairs));
    }
    return rows;
  };

  ModelOutputs out;
  torch::Tensor image;
  torch::Tensor text;
  if (encoder_) {
    const auto x = torch::cat({imageRows(in.images), textRows(in.token_ids, in.token_mask)});
    const auto encoded = encoder_->forward(x, rowsOf(true, true), moe, in.noise, out.layers);
    image = encoded.narrow(0, 0, pairs * patches);
    text = encoded.narrow(0, pairs * patches, pairs * text_length);
  } else {
    const auto half = static_cast<std::ptrdiff_t>(in.noise.size() / 2);
    image = image_encoder_->forward(imageRows(in.images), rowsOf(true, false), moe,
                                    {in.noise.begin(), in.noise.begin() + half}, out.layers);
    text = text_encoder_->forward(textRows(in.token_ids, in.token_mask), rowsOf(false, true), moe,
                                  {in.noise.begin() + half, in.noise.end()}, out.layers);
  }
  const auto valid = in.token_mask.unsqueeze(-1).to(text.dtype());
  const auto pooled_text = (text.reshape({pairs, text_length, -1}) * valid).sum(1) / valid.sum(1);
  const auto pooled_image = image.reshape({pairs, patches, -1}).mean(1);
  out.image_embedding = normalised(image_projection_(pooled_image));
  out.text_embedding = normalised(text_projection_(pooled_text));
  return out;
}

std::vector<torch::Tensor> Limoe::drawNoise(const torch::Tensor& token_mask, int64_t seed) const {
  if (!config_.moe || config_.moe->noise_std == 0) {
    return {};
  }
  auto generator = at::detail::createCPUGenerator(static_cast<uint64_t>(seed));
  const int64_t image_tokens = token_mask.size(0) * config_.patches();
  const int64_t text_tokens = token_mask.sum().item<int64_t>();
  const auto layers = static_cast<int64_t>(config_.moe->blocks.size());
  std::vector<torch::Tensor> noise;
  const auto draw = [&](int64_t tokens) {
    for (int64_t layer = 0; layer < layers; ++layer) {
      noise.push_back(torch::randn({tokens, config_.moe->experts}, generator));
    }
  };
  if (config_.towers == Towers::One) {
    draw(image_tokens + text_tokens);
  } else {
    draw(image_tokens);
    draw(text_tokens);
  }
  return noise;
}

}  // namespace limoe::model
