#include "routing_probe/worker/trace_arrays.h"

#include <algorithm>

namespace limoe::probe {
namespace {

/// Columns that are not one per auxiliary loss.
struct Column {
  const char* name;
  const char* unit;
  double (*value)(const model::StepResult&, const StepTiming&);
};

constexpr Column kColumns[] = {
    {"loss", "nats", [](const model::StepResult& r, const StepTiming&) { return r.loss; }},
    {"contrastive", "nats",
     [](const model::StepResult& r, const StepTiming&) { return r.contrastive; }},
    {"aux/total", "nats",
     [](const model::StepResult& r, const StepTiming&) { return r.aux_total; }},
    {"learning_rate", "",
     [](const model::StepResult& r, const StepTiming&) { return r.learning_rate; }},
    {"logit_scale", "",
     [](const model::StepResult& r, const StepTiming&) { return r.logit_scale; }},
    {"grad_norm", "",
     [](const model::StepResult& r, const StepTiming&) { return r.gradient_norm; }},
    {"accuracy/image_to_text", "",
     [](const model::StepResult& r, const StepTiming&) { return r.image_accuracy; }},
    {"accuracy/text_to_image", "",
     [](const model::StepResult& r, const StepTiming&) { return r.text_accuracy; }},
    {"pairs_per_second", "pairs/s",
     [](const model::StepResult&, const StepTiming& t) { return t.pairs_per_second; }},
    {"data_wait", "s", [](const model::StepResult&, const StepTiming& t) { return t.data_wait; }},
};

std::size_t index(int64_t i) {
  return static_cast<std::size_t>(i);
}

/// A trace's tensors on the CPU, ready to be read.
struct PlainTrace {
  explicit PlainTrace(const model::RoutingTrace& trace)
      : probabilities(trace.probabilities.detach().to(torch::kCPU, torch::kFloat32).contiguous()),
        expert_index(trace.expert_index.to(torch::kCPU).contiguous()),
        kept(trace.kept.to(torch::kCPU).contiguous()),
        order(trace.order.to(torch::kCPU).contiguous()),
        rows(trace.layout->rows.contiguous()) {}
  torch::Tensor probabilities, expert_index, kept, order, rows;
};

/// Token n of the trace becomes position `u` of sample `s` (counted within the slice).
void copyToken(const PlainTrace& trace, int64_t n, Decisions& into, int64_t flat) {
  const int64_t top_k = trace.expert_index.size(1);
  const int64_t experts = trace.probabilities.size(1);
  const auto* p = trace.probabilities.data_ptr<float>() + n * experts;
  const auto* chosen = trace.expert_index.data_ptr<int64_t>() + n * top_k;
  const auto* kept = trace.kept.data_ptr<bool>() + n * top_k;
  for (int64_t k = 0; k < top_k; ++k) {
    into.expert[index(flat * top_k + k)] = static_cast<uint16_t>(chosen[k]);
    into.gate[index(flat * top_k + k)] = p[chosen[k]];
    into.kept[index(flat * top_k + k)] = kept[k] ? 1 : 0;
  }
  int64_t runner_up = -1;
  for (int64_t e = 0; e < experts; ++e) {
    const bool taken = std::find(chosen, chosen + top_k, e) != chosen + top_k;
    if (!taken && (runner_up < 0 || p[e] > p[runner_up])) {
      runner_up = e;
    }
  }
  if (runner_up >= 0) {
    into.runner_up[index(flat)] = static_cast<uint16_t>(runner_up);
    into.margin[index(flat)] = p[chosen[top_k - 1]] - p[runner_up];
  }
  if (!into.probability.empty()) {
    std::copy(p, p + experts, into.probability.begin() + flat * experts);
  }
}

Decisions padding(int64_t tokens, const Layout& layout) {
  Decisions d;
  d.expert.assign(index(tokens * layout.top_k), kNoExpert);
  d.gate.assign(index(tokens * layout.top_k), 0.0F);
  d.kept.assign(index(tokens * layout.top_k), 0);
  d.runner_up.assign(index(tokens), kNoExpert);
  d.margin.assign(index(tokens), 0.0F);
  if (layout.probabilities) {
    d.probability.assign(index(tokens * layout.experts), 0.0F);
  }
  return d;
}

}  // namespace

std::vector<std::string> scalarNames() {
  std::vector<std::string> names;
  for (const Column& column : kColumns) {
    names.emplace_back(column.name);
  }
  for (const char* loss : model::kAuxLossNames) {
    names.push_back(std::string("aux/") + loss);
  }
  for (const char* loss : model::kAuxLossNames) {
    names.push_back(std::string("weighted/") + loss);
  }
  return names;
}

std::vector<std::string> scalarUnits() {
  std::vector<std::string> units;
  for (const Column& column : kColumns) {
    units.emplace_back(column.unit);
  }
  for (int twice = 0; twice < 2; ++twice) {
    for (const std::string loss : model::kAuxLossNames) {
      const bool entropy = loss.starts_with("local") || loss.starts_with("global");
      units.emplace_back(entropy || twice == 1 ? "nats" : "");
    }
  }
  return units;
}

StepRow stepRow(const model::StepResult& result, const StepTiming& timing,
                const model::ModelConfig& config) {
  StepRow row;
  row.step = result.step;
  row.wall = timing.wall;
  for (const Column& column : kColumns) {
    row.scalars.push_back(static_cast<float>(column.value(result, timing)));
  }
  for (const double value : result.aux) {
    row.scalars.push_back(static_cast<float>(value));
  }
  for (const double value : result.weighted) {
    row.scalars.push_back(static_cast<float>(value));
  }
  const int64_t experts = config.moe ? config.moe->experts : 0;
  const std::size_t layers = result.layers.size();
  row.chosen.assign(layers * 2 * index(experts), 0);
  row.kept.assign(row.chosen.size(), 0);
  row.entropy.assign(layers * 4, 0.0F);
  for (std::size_t l = 0; l < layers; ++l) {
    const auto& trace = result.layers[l];
    const PlainTrace plain(trace);
    const auto is_text = trace.layout->is_text.contiguous();
    const int64_t top_k = plain.expert_index.size(1);
    for (int64_t c = 0; c < plain.expert_index.numel(); ++c) {
      const int64_t modality = is_text.data_ptr<bool>()[c / top_k] ? kText : kImage;
      const auto expert = plain.expert_index.data_ptr<int64_t>()[c];
      const auto at = (l * 2 + index(modality)) * index(experts) + index(expert);
      row.chosen[at] += 1;
      row.kept[at] += plain.kept.data_ptr<bool>()[c] ? 1U : 0U;
    }
    // Of the clean logits, as the entropy losses are.
    const auto log_p = torch::log_softmax(trace.logits.to(torch::kCPU), -1);
    const auto p = log_p.exp();
    const auto token_entropy = -(p * log_p).sum(-1);
    for (const int modality : {kImage, kText}) {
      const auto rows = (modality == kText ? is_text : is_text.logical_not()).nonzero().squeeze(1);
      if (rows.numel() > 0) {
        const auto mean = p.index_select(0, rows).mean(0);
        row.entropy[l * 4 + index(modality) * 2] =
            token_entropy.index_select(0, rows).mean().item<float>();
        row.entropy[l * 4 + index(modality) * 2 + 1] =
            -torch::xlogy(mean, mean).sum().item<float>();
      }
    }
  }
  return row;
}

std::vector<LayerSlice> emptySlices(const Layout& layout) {
  std::vector<LayerSlice> slices(index(layout.layers));
  const int64_t patches = layout.patches();
  for (LayerSlice& slice : slices) {
    slice.samples = layout.samples;
    slice.image = padding(layout.samples * patches, layout);
    slice.text = padding(layout.samples * layout.text_length, layout);
    slice.order.assign(index(layout.samples * (patches + layout.text_length)), UINT32_MAX);
  }
  return slices;
}

void copyDecisions(const std::vector<model::RoutingTrace>& traces, int64_t first_sample,
                   int64_t pairs, const model::ModelConfig& config, const Layout& layout,
                   std::vector<LayerSlice>& slices) {
  const int64_t patches = layout.patches();
  const int64_t text_length = layout.text_length;
  for (std::size_t l = 0; l < traces.size(); ++l) {
    const PlainTrace trace(traces[l]);
    const bool text_tower = config.towers == model::Towers::Two && l >= traces.size() / 2;
    const int64_t image_rows = text_tower ? 0 : pairs * patches;
    for (int64_t n = 0; n < trace.rows.numel(); ++n) {
      const int64_t row = trace.rows.data_ptr<int64_t>()[n];
      const bool image = row < image_rows;
      const int64_t length = image ? patches : text_length;
      const int64_t of_modality = image ? row : row - image_rows;
      const int64_t sample = first_sample + of_modality / length;
      const int64_t position = of_modality % length;
      if (sample >= layout.samples) {
        continue;
      }
      copyToken(trace, n, image ? slices[l].image : slices[l].text, sample * length + position);
      slices[l].order[index(sample * (patches + text_length) + (image ? 0 : patches) + position)] =
          static_cast<uint32_t>(trace.order.data_ptr<int64_t>()[n]);
    }
  }
}

std::vector<uint32_t> countTokens(const std::vector<LayerSlice>& slices, const Layout& layout) {
  std::vector<uint32_t> tokens(index(layout.layers * 2 * layout.experts), 0);
  for (std::size_t l = 0; l < slices.size(); ++l) {
    for (const int modality : {kImage, kText}) {
      const Decisions& d = modality == kImage ? slices[l].image : slices[l].text;
      for (std::size_t c = 0; c < d.expert.size(); ++c) {
        if (d.kept[c] != 0) {
          ++tokens[(l * 2 + index(modality)) * index(layout.experts) + d.expert[c]];
        }
      }
    }
  }
  return tokens;
}

std::vector<uint32_t> countLabels(const std::vector<LayerSlice>& slices, const Layout& layout,
                                  const std::vector<uint16_t>& labels) {
  const std::size_t names = layout.label_names.size();
  std::vector<uint32_t> counts(index(layout.layers * layout.experts) * names, 0);
  if (labels.empty()) {
    return counts;
  }
  for (std::size_t l = 0; l < slices.size(); ++l) {
    const Decisions& d = slices[l].image;
    for (std::size_t c = 0; c < d.expert.size(); ++c) {
      const uint16_t label = labels[c / index(layout.top_k)];
      if (d.kept[c] != 0 && label != kNoLabel) {
        ++counts[(l * index(layout.experts) + d.expert[c]) * names + label];
      }
    }
  }
  return counts;
}

}  // namespace limoe::probe
