#include "routing_probe/worker/held_out_probe.h"

#include <algorithm>
#include <cmath>

#include "model/training/trainer.h"
#include "routing_probe/recording/statistics.h"
#include "routing_probe/worker/trace_arrays.h"

namespace limoe::probe {
namespace {

constexpr int64_t kFullDistributionLimit = 4'000'000;  // bytes of a snapshot

bool recordsProbabilities(const std::string& choice, const Layout& layout) {
  const int64_t bytes =
      layout.layers * layout.samples * (layout.patches() + layout.text_length) * layout.experts * 4;
  return layout.layers > 0 &&
         (choice == "all" || (choice == "auto" && bytes < kFullDistributionLimit));
}

/// Evaluation with the probe's own group size; the model's is put back at the end.
class GroupOverride {
 public:
  explicit GroupOverride(model::Limoe& model) : model_(model), original_(model.config()) {
    model::ModelConfig one_group = original_;
    if (one_group.moe) {
      one_group.moe->group_pairs = 0;
    }
    model_.setConfig(one_group);
  }
  ~GroupOverride() { model_.setConfig(original_); }
  GroupOverride(const GroupOverride&) = delete;
  GroupOverride& operator=(const GroupOverride&) = delete;

 private:
  model::Limoe& model_;
  model::ModelConfig original_;
};

}  // namespace

double recallAt(int64_t depth, const torch::Tensor& similarity) {
  const auto own = similarity.diagonal().unsqueeze(1);
  // Itself included. Not "ge": a pair whose similarity is NaN is not found.
  const auto at_least_as_near = similarity.lt(own).logical_not().sum(1);
  return at_least_as_near.le(depth).to(torch::kFloat64).mean().item<double>();
}

double zeroShotAccuracy(const torch::Tensor& images, const std::vector<int64_t>& classes,
                        const torch::Tensor& prompts) {
  const auto similarity = torch::matmul(images, prompts.t()).to(torch::kFloat64).contiguous();
  const auto values = similarity.accessor<double, 2>();
  int64_t counted = 0;
  int64_t right = 0;
  for (int64_t n = 0; n < similarity.size(0); ++n) {
    const int64_t own = classes[static_cast<std::size_t>(n)];
    if (own < 0) {
      continue;
    }
    ++counted;
    bool nearest = !std::isnan(values[n][own]);
    for (int64_t c = 0; c < similarity.size(1); ++c) {
      nearest = nearest && (c == own || values[n][c] < values[n][own]);
    }
    right += nearest ? 1 : 0;
  }
  return counted == 0 ? std::nan("") : static_cast<double>(right) / static_cast<double>(counted);
}

int64_t groupPairsOf(const model::RunConfig& config) {
  if (config.record.probe_group_pairs > 0) {
    return config.record.probe_group_pairs;
  }
  const auto& moe = config.model.moe;
  return moe && moe->group_pairs > 0 ? moe->group_pairs : config.train.batch_size;
}

HeldOutProbe::HeldOutProbe(const model::RunConfig& config, const model::Dataset& held_out,
                           const model::Tokenizer& tokenizer)
    : config_(config), tokenizer_(tokenizer), classes_(held_out.zeroShotClasses()) {
  const model::ModelConfig& m = config.model;
  const int64_t recorded = config.record.probe_samples;
  group_pairs_ = groupPairsOf(config);
  for (int64_t i = 0; i < std::max(recorded, config.record.recall_samples); ++i) {
    samples_.push_back(held_out.sample(i));
  }

  layout_.layers = m.moeLayers();
  layout_.experts = m.moe ? m.moe->experts : 0;
  layout_.top_k = m.moe ? m.moe->top_k : 1;
  layout_.samples = recorded;
  layout_.patch_rows = layout_.patch_columns = m.patchesPerSide();
  layout_.text_length = m.text_length;
  layout_.image_height = layout_.image_width = m.image_size;
  layout_.embed_dim = m.embed_dim;
  layout_.label_names = held_out.labelNames();
  layout_.scalar_names = scalarNames();
  layout_.scalar_units = scalarUnits();
  layout_.embeddings = config.record.embeddings;
  if (m.moe) {
    for (const char* tower :
         m.towers == model::Towers::Two ? std::vector{"image_", "text_"} : std::vector{""}) {
      for (const int64_t block : m.moe->blocks) {
        layout_.blocks.push_back(block);
        layer_names_.push_back(tower + ("block_" + std::to_string(block)));
      }
    }
  }
  layout_.probabilities = recordsProbabilities(config.record.probabilities, layout_);
  layout_.metric_names = {"recall_at_1/image_to_text", "recall_at_1/text_to_image",
                          "recall_at_5/image_to_text", "recall_at_5/text_to_image"};
  if (!classes_.empty()) {
    layout_.metric_names.emplace_back("zero_shot_accuracy");
  }
  if (m.moe) {
    for (const char* name : {"success/image", "success/text", "label_information/best"}) {
      layout_.metric_names.emplace_back(name);
    }
    for (const char* kind : {"success/image/", "success/text/", "label_information/"}) {
      for (const std::string& layer : layer_names_) {
        layout_.metric_names.push_back(kind + layer);
      }
    }
  }

  for (int64_t i = 0; i < recorded; ++i) {
    const model::Sample& sample = samples_[static_cast<std::size_t>(i)];
    const cv::Mat rows = sample.image.isContinuous() ? sample.image : sample.image.clone();
    probe_.images.insert(probe_.images.end(), rows.ptr(), rows.ptr() + rows.total() * 3);
    probe_.captions.push_back(sample.caption);
    probe_.sources.push_back(sample.source);
    probe_.labels.insert(probe_.labels.end(), sample.patch_labels.begin(),
                         sample.patch_labels.end());
    const auto ids = tokenizer_.encode(sample.caption, m.text_length);
    for (std::size_t t = 0; t < static_cast<std::size_t>(m.text_length); ++t) {
      const bool token = t < ids.size();
      probe_.token_ids.push_back(token ? static_cast<int32_t>(ids[t]) : -1);
      probe_.pieces.push_back(token ? tokenizer_.piece(ids[t]) : "");
    }
  }
}

Snapshot HeldOutProbe::route(model::Limoe& model, int64_t step, bool with_recall) const {
  const torch::NoGradGuard no_grad;
  const GroupOverride groups(model);
  Snapshot snapshot;
  snapshot.step = step;
  snapshot.layers = emptySlices(layout_);
  std::vector<torch::Tensor> images;
  std::vector<torch::Tensor> texts;
  const auto all = static_cast<int64_t>(samples_.size());
  // Whole groups either way, so that the recorded samples are routed among the same ones.
  const int64_t groups_recorded = (layout_.samples + group_pairs_ - 1) / group_pairs_;
  const int64_t routed = with_recall ? all : std::min(all, groups_recorded * group_pairs_);
  for (int64_t first = 0; first < routed; first += group_pairs_) {
    const int64_t pairs = std::min(group_pairs_, all - first);
    const std::vector<model::Sample> group(samples_.begin() + first,
                                           samples_.begin() + first + pairs);
    const auto outputs =
        model.forward(inputsOf(makeBatch(group, tokenizer_, config_.model), config_.model));
    copyDecisions(outputs.layers, first, pairs, config_.model, layout_, snapshot.layers);
    images.push_back(outputs.image_embedding);
    texts.push_back(outputs.text_embedding);
  }
  snapshot.tokens = countTokens(snapshot.layers, layout_);
  snapshot.label_tokens = countLabels(snapshot.layers, layout_, probe_.labels);
  const auto image = torch::cat(images);
  const auto text = torch::cat(texts);
  snapshot.metrics = with_recall ? recall(image, text) : std::vector<float>(4, NAN);
  if (!classes_.empty()) {
    snapshot.metrics.push_back(static_cast<float>(with_recall ? zeroShot(model, image) : NAN));
  }
  addRoutingMetrics(snapshot);
  if (layout_.embeddings) {
    const auto both =
        torch::stack({image, text}, 1).narrow(0, 0, layout_.samples).contiguous();  // [N, 2, Z]
    snapshot.embeddings.assign(both.data_ptr<float>(), both.data_ptr<float>() + both.numel());
  }
  return snapshot;
}

std::vector<float> HeldOutProbe::recall(const torch::Tensor& image,
                                        const torch::Tensor& text) const {
  const int64_t samples = config_.record.recall_samples;
  const auto similarity =
      torch::matmul(image.narrow(0, 0, samples), text.narrow(0, 0, samples).t());
  std::vector<float> values;
  for (const int64_t depth : {1, 5}) {
    values.push_back(static_cast<float>(recallAt(depth, similarity)));
    values.push_back(static_cast<float>(recallAt(depth, similarity.t())));
  }
  return values;
}

/// Prompts are routed as captions are: in whole groups, in the place of the held-out pairs'
/// captions.
double HeldOutProbe::zeroShot(model::Limoe& model, const torch::Tensor& images) const {
  std::vector<std::string> prompts;
  for (const model::ZeroShotClass& c : classes_) {
    prompts.insert(prompts.end(), c.prompts.begin(), c.prompts.end());
  }
  const auto pairs = std::min<std::size_t>(static_cast<std::size_t>(group_pairs_), samples_.size());
  std::vector<torch::Tensor> embedded;
  for (std::size_t first = 0; first < prompts.size(); first += pairs) {
    std::vector<model::Sample> group(samples_.begin(),
                                     samples_.begin() + static_cast<std::ptrdiff_t>(pairs));
    for (std::size_t i = 0; i < pairs; ++i) {
      group[i].caption = prompts[(first + i) % prompts.size()];
    }
    embedded.push_back(
        model.forward(inputsOf(makeBatch(group, tokenizer_, config_.model), config_.model))
            .text_embedding);
  }
  const auto text = torch::cat(embedded);  // [at least as many as prompts, Z]
  std::vector<torch::Tensor> of_classes;
  int64_t first = 0;
  for (const model::ZeroShotClass& c : classes_) {
    const auto count = static_cast<int64_t>(c.prompts.size());
    const auto mean = text.narrow(0, first, count).mean(0);
    of_classes.push_back(mean / (mean.norm() + 1e-8));
    first += count;
  }
  const int64_t samples = config_.record.recall_samples;
  std::vector<int64_t> own;
  for (int64_t n = 0; n < samples; ++n) {
    own.push_back(samples_[static_cast<std::size_t>(n)].zero_shot_class);
  }
  return zeroShotAccuracy(images.narrow(0, 0, samples), own, torch::stack(of_classes));
}

/// Success rates and label information, behind the recalls.
void HeldOutProbe::addRoutingMetrics(Snapshot& snapshot) const {
  if (layout_.layers == 0) {
    return;
  }
  const auto add = [&snapshot](double value) {
    snapshot.metrics.push_back(static_cast<float>(value));
  };
  const auto experts = static_cast<std::size_t>(layout_.experts);
  const std::size_t labels = layout_.label_names.size();
  std::vector<double> success[2];
  std::vector<double> information;
  double success_sum[2] = {0, 0};
  double success_layers[2] = {0, 0};
  for (std::size_t l = 0; l < snapshot.layers.size(); ++l) {
    for (const int m : {kImage, kText}) {
      const Decisions& d = m == kImage ? snapshot.layers[l].image : snapshot.layers[l].text;
      uint64_t chosen = 0;
      uint64_t kept = 0;
      for (std::size_t c = 0; c < d.expert.size(); ++c) {
        chosen += d.expert[c] != kNoExpert ? 1 : 0;
        kept += d.kept[c];
      }
      // A tower that routes nothing of a modality says nothing about it.
      success[m].push_back(chosen > 0 ? successRate(kept, chosen) : std::nan(""));
      success_sum[m] += chosen > 0 ? success[m].back() : 0;
      success_layers[m] += chosen > 0 ? 1 : 0;
    }
    // Of samples without labels nothing is known.
    information.push_back(
        labels == 0
            ? std::nan("")
            : labelInformation(
                  std::span(snapshot.label_tokens).subspan(l * experts * labels, experts * labels),
                  layout_.experts, static_cast<int64_t>(labels)));
  }
  add(success_sum[kImage] / success_layers[kImage]);
  add(success_sum[kText] / success_layers[kText]);
  add(*std::max_element(information.begin(), information.end()));
  for (const auto* list : {&success[kImage], &success[kText], &information}) {
    for (const double value : *list) {
      add(value);
    }
  }
}

}  // namespace limoe::probe
