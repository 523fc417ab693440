#include "tests/recording/synthetic_recording.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "routing_probe/recording/run_folder.h"
#include "routing_probe/recording/statistics.h"

namespace limoe::probe::test {
namespace {

const std::vector<std::string> kLabelNames = {"sky", "grass", "road", "house", "car"};
const std::vector<std::string> kWords = {"a",   "red",  "house", "by",
                                         "the", "road", "under", "clouds"};

uint16_t labelOf(int64_t sample, int64_t patch) {
  return (patch + sample) % 11 == 10 ? kNoLabel : static_cast<uint16_t>((patch + sample) % 5);
}

/// One token's decisions; `seed` is the expert of its first choice before the remainder, `dropped`
/// the number whose multiples (plus k) of `cycle` are dropped.
void appendToken(Decisions& decisions, const SyntheticOptions& options, int64_t seed,
                 int64_t parity, int64_t dropped, int64_t cycle) {
  const float largest = 0.375f + 0.125f * static_cast<float>(parity % 2);
  for (int64_t k = 0; k < options.top_k; ++k) {
    decisions.expert.push_back(static_cast<uint16_t>((seed + k) % options.experts));
    decisions.gate.push_back(std::ldexp(largest, -static_cast<int>(k)));
    decisions.kept.push_back((dropped + k) % cycle != 0);
  }
  const bool runner_up = options.top_k < options.experts;
  const float last = decisions.gate.back();
  decisions.runner_up.push_back(
      runner_up ? static_cast<uint16_t>((seed + options.top_k) % options.experts) : kNoExpert);
  decisions.margin.push_back(
      runner_up ? last - std::ldexp(largest, -static_cast<int>(options.top_k) - 1) : last);
  if (options.probabilities) {
    std::vector<float> distribution(static_cast<size_t>(options.experts), 0.0f);
    for (int64_t k = 0; k < options.top_k; ++k) {
      distribution[static_cast<size_t>((seed + k) % options.experts)] =
          std::ldexp(largest, -static_cast<int>(k));
    }
    if (runner_up) {
      distribution[decisions.runner_up.back()] =
          std::ldexp(largest, -static_cast<int>(options.top_k) - 1);
    }
    decisions.probability.insert(decisions.probability.end(), distribution.begin(),
                                 distribution.end());
  }
}

void appendPadding(Decisions& decisions, const SyntheticOptions& options) {
  const auto k = static_cast<size_t>(options.top_k);
  decisions.expert.insert(decisions.expert.end(), k, kNoExpert);
  decisions.gate.insert(decisions.gate.end(), k, 0.0f);
  decisions.kept.insert(decisions.kept.end(), k, 0);
  decisions.runner_up.push_back(kNoExpert);
  decisions.margin.push_back(0.0f);
  if (options.probabilities) {
    decisions.probability.insert(decisions.probability.end(), static_cast<size_t>(options.experts),
                                 0.0f);
  }
}

/// [N, P + T]: images' tokens, then texts', of each group; all ones at padding.
std::vector<uint32_t> orderOf(const SyntheticOptions& options) {
  const int64_t patches = options.patch_rows * options.patch_columns;
  std::vector<uint32_t> order;
  for (int64_t first = 0; first < options.samples; first += options.group_pairs) {
    const int64_t end = std::min(options.samples, first + options.group_pairs);
    auto next_image = uint32_t{0};
    auto next_text = static_cast<uint32_t>((end - first) * patches);
    for (int64_t n = first; n < end; ++n) {
      for (int64_t p = 0; p < patches; ++p) {
        order.push_back(next_image++);
      }
      for (int64_t t = 0; t < options.text_length; ++t) {
        order.push_back(t < textTokens(options, n) ? next_text++ : UINT32_MAX);
      }
    }
  }
  return order;
}

LayerSlice syntheticLayer(const SyntheticOptions& options, int64_t layer, int64_t snapshot) {
  const int64_t patches = options.patch_rows * options.patch_columns;
  LayerSlice slice;
  slice.samples = options.samples;
  for (int64_t n = 0; n < options.samples; ++n) {
    const int64_t offset = n + layer + snapshot;
    for (int64_t p = 0; p < patches; ++p) {
      appendToken(slice.image, options, p + offset, p + n, p + 2 * n + snapshot, 7);
    }
    for (int64_t t = 0; t < options.text_length; ++t) {
      if (t < textTokens(options, n)) {
        appendToken(slice.text, options, 2 * t + offset, t + n, t + n + snapshot, 5);
      } else {
        appendPadding(slice.text, options);
      }
    }
  }
  slice.order = orderOf(options);
  return slice;
}

/// Adds a layer's kept tokens to the snapshot's tables.
void countTokens(const SyntheticOptions& options, const LayerSlice& slice, size_t layer,
                 Snapshot& snapshot) {
  const auto experts = static_cast<size_t>(options.experts);
  const auto patches = static_cast<size_t>(options.patch_rows * options.patch_columns);
  const auto k = static_cast<size_t>(options.top_k);
  const size_t labels = options.labels ? kLabelNames.size() : 0;
  for (size_t i = 0; i < slice.image.kept.size(); ++i) {
    if (slice.image.kept[i] != 0) {
      const size_t expert = slice.image.expert[i];
      ++snapshot.tokens[(layer * 2 + kImage) * experts + expert];
      const size_t token = i / k;
      const uint16_t label =
          labelOf(static_cast<int64_t>(token / patches), static_cast<int64_t>(token % patches));
      if (labels > 0 && label != kNoLabel) {
        ++snapshot.label_tokens[(layer * experts + expert) * labels + label];
      }
    }
  }
  for (size_t i = 0; i < slice.text.kept.size(); ++i) {
    if (slice.text.kept[i] != 0) {
      ++snapshot.tokens[(layer * 2 + kText) * experts + slice.text.expert[i]];
    }
  }
}

}  // namespace

PatchColor patchColor(int64_t sample, int64_t patch) {
  return {static_cast<uint8_t>((40 * (sample + patch) + 30) % 256),
          static_cast<uint8_t>((70 * patch + 90) % 256),
          static_cast<uint8_t>((110 * sample + 50) % 256)};
}

int64_t textTokens(const SyntheticOptions& options, int64_t sample) {
  return options.text_length - sample % std::min<int64_t>(options.text_length, 4);
}

int64_t snapshotStep(const SyntheticOptions& options, int64_t snapshot) {
  return snapshot *
         std::max<int64_t>(1, options.steps / std::max<int64_t>(1, options.snapshots - 1));
}

Layout syntheticLayout(const SyntheticOptions& options) {
  Layout layout;
  layout.layers = options.layers;
  layout.experts = options.experts;
  layout.top_k = options.top_k;
  layout.samples = options.samples;
  layout.patch_rows = options.patch_rows;
  layout.patch_columns = options.patch_columns;
  layout.text_length = options.text_length;
  layout.image_height = options.patch_rows * options.pixels;
  layout.image_width = options.patch_columns * options.pixels;
  layout.embed_dim = options.embeddings ? 16 : 0;
  for (int64_t l = 0; l < options.layers; ++l) {
    layout.blocks.push_back(2 * l + 1);
  }
  if (options.labels) {
    layout.label_names = kLabelNames;
  }
  layout.scalar_names = {"loss",      "contrastive", "aux/global_text", "weighted/global_text",
                         "aux/total", "lr",          "pairs_per_second"};
  layout.scalar_units = {"nats", "nats", "", "", "", "", "1/s"};
  layout.metric_names = {"recall_at_1/image_to_text", "label_information/best", "success/image",
                         "success/text"};
  layout.probabilities = options.probabilities;
  layout.embeddings = options.embeddings;
  return layout;
}

Origin syntheticOrigin(const SyntheticOptions& options, int64_t part, int64_t first_step) {
  return {options.config_json, "synthetic 1", "2024-05-01T12:00:00Z", "synthetic-run", part,
          first_step,          1.25,          options.group_pairs,    std::nullopt};
}

ProbeSet syntheticProbe(const SyntheticOptions& options) {
  ProbeSet probe;
  const int64_t patches = options.patch_rows * options.patch_columns;
  for (int64_t n = 0; n < options.samples; ++n) {
    for (int64_t y = 0; y < options.patch_rows * options.pixels; ++y) {
      for (int64_t x = 0; x < options.patch_columns * options.pixels; ++x) {
        const PatchColor color =
            patchColor(n, y / options.pixels * options.patch_columns + x / options.pixels);
        probe.images.insert(probe.images.end(), {color.red, color.green, color.blue});
      }
    }
    std::string caption;
    for (int64_t t = 0; t < options.text_length; ++t) {
      const bool token = t < textTokens(options, n);
      const size_t word = static_cast<size_t>(t + n) % kWords.size();
      probe.token_ids.push_back(token ? static_cast<int32_t>(10 + word) : -1);
      probe.pieces.push_back(token ? "▁" + kWords[word] : "");
      if (token) {
        caption += (caption.empty() ? "" : " ") + kWords[word];
      }
    }
    probe.captions.push_back(caption);
    probe.sources.push_back("synthetic:" + std::to_string(n));
    for (int64_t p = 0; p < patches && options.labels; ++p) {
      probe.labels.push_back(labelOf(n, p));
    }
  }
  return probe;
}

StepRow syntheticStep(const SyntheticOptions& options, int64_t step) {
  StepRow row;
  row.step = step;
  row.wall = 0.25 * static_cast<double>(step);
  const auto loss = static_cast<float>(4.0 * std::pow(0.99, static_cast<double>(step)));
  row.scalars = {loss, 0.75f * loss, 0.5f, 0.02f, 0.02f, 0.001f, 128.0f};
  for (int64_t l = 0; l < options.layers; ++l) {
    for (int64_t m = 0; m < 2; ++m) {
      for (int64_t e = 0; e < options.experts; ++e) {
        const auto chosen = static_cast<uint32_t>(40 + 10 * e + step % 7);
        row.chosen.push_back(chosen);
        row.kept.push_back(chosen - static_cast<uint32_t>(m == kText ? step % 5 : 0));
      }
      row.entropy.push_back(0.25f);
      row.entropy.push_back(0.5f);
    }
  }
  return row;
}

Snapshot syntheticSnapshot(const SyntheticOptions& options, int64_t number) {
  Snapshot snapshot;
  snapshot.step = snapshotStep(options, number);
  const auto layers = static_cast<size_t>(options.layers);
  const auto experts = static_cast<size_t>(options.experts);
  const size_t labels = options.labels ? kLabelNames.size() : 0;
  snapshot.tokens.assign(layers * 2 * experts, 0);
  snapshot.label_tokens.assign(layers * experts * labels, 0);
  double best = 0;
  uint64_t chosen[2] = {0, 0};
  uint64_t kept[2] = {0, 0};
  for (size_t l = 0; l < layers; ++l) {
    snapshot.layers.push_back(syntheticLayer(options, static_cast<int64_t>(l), number));
    const LayerSlice& slice = snapshot.layers.back();
    countTokens(options, slice, l, snapshot);
    best = std::max(
        best, labelInformation(
                  std::span(snapshot.label_tokens).subspan(l * experts * labels, experts * labels),
                  options.experts, static_cast<int64_t>(labels)));
    for (const Decisions* decisions : {&slice.image, &slice.text}) {
      const size_t m = decisions == &slice.image ? kImage : kText;
      for (size_t i = 0; i < decisions->expert.size(); ++i) {
        chosen[m] += decisions->expert[i] != kNoExpert;
        kept[m] += decisions->kept[i];
      }
    }
  }
  snapshot.metrics = {0.1f * static_cast<float>(number), static_cast<float>(best),
                      static_cast<float>(successRate(kept[kImage], chosen[kImage])),
                      static_cast<float>(successRate(kept[kText], chosen[kText]))};
  for (int64_t i = 0; options.embeddings && i < options.samples * 2 * 16; ++i) {
    snapshot.embeddings.push_back(static_cast<float>((i + number) % 16) / 16.0f - 0.5f);
  }
  return snapshot;
}

void writeSyntheticRecording(const std::filesystem::path& run_folder,
                             const SyntheticOptions& options) {
  std::filesystem::create_directories(run_folder);
  const RunFolder folder{run_folder};
  std::ofstream(folder.config()) << options.config_json << '\n';
  RecordingWriter writer(folder.recording(1), syntheticLayout(options), syntheticOrigin(options),
                         syntheticProbe(options));
  int64_t snapshot = 0;
  for (int64_t step = 0; step <= options.steps || snapshot < options.snapshots; ++step) {
    if (step > 0 && step <= options.steps) {
      writer.append(syntheticStep(options, step));
    }
    if (snapshot < options.snapshots && snapshotStep(options, snapshot) == step) {
      writer.append(syntheticSnapshot(options, snapshot++));
    }
  }
  writer.append(Event{options.steps, 0.25 * static_cast<double>(options.steps), "checkpoint",
                      "checkpoints/step-final.safetensors"});
  writer.finish();
}

}  // namespace limoe::probe::test
