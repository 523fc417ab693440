#include "model/moe_layer.h"

#include <utility>

#include "model/routing.h"

namespace limoe::model {
namespace {

torch::Tensor indexTensor(const std::vector<int64_t>& values, const torch::Device& device) {
  return torch::tensor(values, torch::kInt64).to(device);
}

/// The kept choices, ordered by expert, so that every expert works on one contiguous slice.
struct Slots {
  std::vector<int64_t> row;     ///< row of the activations
  std::vector<int64_t> choice;  ///< n·K + k
  std::vector<int64_t> begin;   ///< [E + 1]
};

Slots slotsByExpert(const torch::Tensor& expert_index, const torch::Tensor& kept,
                    const torch::Tensor& rows, int64_t experts) {
  const auto* expert = expert_index.data_ptr<int64_t>();
  const auto* keep = kept.data_ptr<bool>();
  const auto* row = rows.data_ptr<int64_t>();
  const int64_t top_k = expert_index.size(1);
  Slots slots;
  slots.begin.assign(static_cast<std::size_t>(experts) + 1, 0);
  for (int64_t c = 0; c < expert_index.numel(); ++c) {
    if (keep[c]) {
      ++slots.begin[static_cast<std::size_t>(expert[c]) + 1];
    }
  }
  for (std::size_t e = 1; e < slots.begin.size(); ++e) {
    slots.begin[e] += slots.begin[e - 1];
  }
  auto next = slots.begin;
  slots.row.resize(static_cast<std::size_t>(slots.begin.back()));
  slots.choice.resize(slots.row.size());
  for (int64_t c = 0; c < expert_index.numel(); ++c) {
    if (keep[c]) {
      const auto slot = static_cast<std::size_t>(next[static_cast<std::size_t>(expert[c])]++);
      slots.row[slot] = row[c / top_k];
      slots.choice[slot] = c;
    }
  }
  return slots;
}

/// Fills decisions (on the CPU) group by group.
void route(RoutingTrace& trace, const MoeConfig& moe) {
  const auto probabilities =
      trace.probabilities.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const auto* p = probabilities.data_ptr<float>();
  const int64_t tokens = probabilities.size(0);
  const int64_t experts = probabilities.size(1);
  trace.expert_index = torch::empty({tokens, moe.top_k}, torch::kInt64);
  trace.kept = torch::empty({tokens, moe.top_k}, torch::kBool);
  trace.order = torch::empty({tokens}, torch::kInt64);
  const auto& begin = trace.layout->group_begin;
  for (std::size_t g = 0; g + 1 < begin.size(); ++g) {
    const std::span group(p + begin[g] * experts,
                          static_cast<std::size_t>((begin[g + 1] - begin[g]) * experts));
    const Routing routing =
        routeGroup(group, experts, moe.top_k, moe.capacity_factor, moe.priority);
    std::copy(routing.expert_index.begin(), routing.expert_index.end(),
              trace.expert_index.data_ptr<int64_t>() + begin[g] * moe.top_k);
    std::copy(routing.kept.begin(), routing.kept.end(),
              trace.kept.data_ptr<bool>() + begin[g] * moe.top_k);
    std::copy(routing.order.begin(), routing.order.end(),
              trace.order.data_ptr<int64_t>() + begin[g]);
    trace.capacity.push_back(routing.capacity);
  }
}

}  // namespace

TokenLayout tokenLayout(int64_t pairs, int64_t patches, const torch::Tensor& token_mask,
                        int64_t group_pairs) {
  const int64_t per_group = group_pairs > 0 ? group_pairs : pairs;
  if (pairs % per_group != 0) {
    throw std::invalid_argument("moe.group_pairs " + std::to_string(group_pairs) +
                                " does not divide a batch of " + std::to_string(pairs) + " pairs");
  }
  torch::Tensor mask;
  int64_t text_length = 0;
  if (token_mask.defined()) {
    mask = token_mask.to(torch::kCPU).contiguous();
    text_length = mask.size(1);
  }
  std::vector<int64_t> rows;
  std::vector<uint8_t> is_text;
  TokenLayout layout;
  for (int64_t first = 0; first < pairs; first += per_group) {
    layout.group_begin.push_back(static_cast<int64_t>(rows.size()));
    for (int64_t row = first * patches; row < (first + per_group) * patches; ++row) {
      rows.push_back(row);
      is_text.push_back(0);
    }
    for (int64_t t = first * text_length; t < (first + per_group) * text_length; ++t) {
      if (mask.data_ptr<bool>()[t]) {
        rows.push_back(pairs * patches + t);
        is_text.push_back(1);
      }
    }
  }
  layout.group_begin.push_back(static_cast<int64_t>(rows.size()));
  layout.rows = torch::tensor(rows, torch::kInt64);
  layout.is_text = torch::tensor(is_text, torch::kUInt8).to(torch::kBool);
  return layout;
}

torch::Tensor gelu(const torch::Tensor& x, Gelu form) {
  return torch::gelu(x, form == Gelu::Tanh ? "tanh" : "none");
}

ExpertLinear::ExpertLinear(int64_t experts, int64_t in, int64_t out)
    : weight(register_parameter("weight", torch::empty({experts, out, in}))),
      bias(register_parameter("bias", torch::zeros({experts, out}))) {}

Router::Router(int64_t experts, int64_t width)
    : weight(register_parameter("weight", torch::empty({experts, width}))) {}

MoeLayer::MoeLayer(const ModelConfig& config)
    : router(
          register_module("router", std::make_shared<Router>(config.moe->experts, config.width))),
      fc1(register_module("fc1", std::make_shared<ExpertLinear>(config.moe->experts, config.width,
                                                                config.mlp_dim))),
      fc2(register_module("fc2", std::make_shared<ExpertLinear>(config.moe->experts, config.mlp_dim,
                                                                config.width))),
      gelu_(config.gelu) {}

MoeLayer::Result MoeLayer::forward(const torch::Tensor& x,
                                   std::shared_ptr<const TokenLayout> layout, const MoeConfig& moe,
                                   const torch::Tensor& noise) {
  const auto device = x.device();
  RoutingTrace trace;
  trace.layout = std::move(layout);
  const auto tokens = x.index_select(0, trace.layout->rows.to(device));
  // The router decides in float32 whatever the compute type (Switch Transformer, section 2.4).
  trace.logits = torch::linear(tokens.to(torch::kFloat32), router->weight.to(torch::kFloat32));
  trace.noisy_logits = trace.logits;
  if (noise.defined()) {
    trace.noisy_logits =
        trace.logits + noise.to(device) * (moe.noise_std / static_cast<double>(moe.experts));
  }
  trace.probabilities = torch::softmax(trace.noisy_logits, -1);
  if (!torch::isfinite(trace.probabilities.detach().sum()).item<bool>()) {
    throw NonFiniteError("a routing probability is NaN");
  }
  route(trace, moe);
  const Slots slots =
      slotsByExpert(trace.expert_index, trace.kept, trace.layout->rows, moe.experts);
  trace.gate = trace.probabilities.gather(1, trace.expert_index.to(device));

  const auto slot_rows = indexTensor(slots.row, device);
  const auto slot_inputs = x.index_select(0, slot_rows);
  // unbind, not weight[e]: the gradient of a slice is a zero tensor of the whole stack's size.
  const auto w1 = fc1->weight.unbind(0);
  const auto b1 = fc1->bias.unbind(0);
  const auto w2 = fc2->weight.unbind(0);
  const auto b2 = fc2->bias.unbind(0);
  std::vector<torch::Tensor> outputs;
  for (std::size_t e = 0; e < w1.size(); ++e) {
    const int64_t count = slots.begin[e + 1] - slots.begin[e];
    if (count > 0) {
      const auto hidden = torch::linear(slot_inputs.narrow(0, slots.begin[e], count), w1[e], b1[e]);
      outputs.push_back(torch::linear(gelu(hidden, gelu_), w2[e], b2[e]));
    }
  }
  const auto gates = trace.gate.reshape({-1}).index_select(0, indexTensor(slots.choice, device));
  const auto weighted = torch::cat(outputs) * gates.unsqueeze(1).to(x.dtype());
  return {torch::zeros_like(x).index_add(0, slot_rows, weighted), std::move(trace)};
}

}  // namespace limoe::model
