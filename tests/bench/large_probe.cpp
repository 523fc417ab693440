#include "tests/bench/large_probe.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace limoe::probe::bench {
namespace {

const std::vector<std::string> kLabelNames = {"sky", "grass", "road", "house", "car"};
const std::vector<std::string> kWords = {"a",   "red",  "house", "by",
                                         "the", "road", "under", "clouds"};
/// A prime: multiplying by it visits every place of a group once.
constexpr int64_t kOrderStride = 7919;

/// SplitMix64's finalizer (Steele et al. 2014).
uint64_t hash(uint64_t value) {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

uint64_t placeHash(int modality, int64_t snapshot, int64_t layer, int64_t sample, int64_t unit) {
  return hash((static_cast<uint64_t>(sample) << 24) | (static_cast<uint64_t>(unit) << 12) |
              (static_cast<uint64_t>(layer) << 6) | (static_cast<uint64_t>(snapshot) << 1) |
              static_cast<uint64_t>(modality));
}

uint16_t labelOf(int64_t sample, int64_t patch) {
  return static_cast<uint16_t>((patch / 14 + sample) % 5);
}

void append(Decisions& decisions, const LargeToken& token) {
  decisions.expert.push_back(token.expert);
  decisions.gate.push_back(token.gate);
  decisions.kept.push_back(token.kept);
  decisions.runner_up.push_back(token.runner_up);
  decisions.margin.push_back(token.margin);
}

void reserve(Decisions& decisions, int64_t tokens) {
  const auto size = static_cast<size_t>(tokens);
  decisions.expert.reserve(size);
  decisions.gate.reserve(size);
  decisions.kept.reserve(size);
  decisions.runner_up.reserve(size);
  decisions.margin.reserve(size);
}

/// Image tokens come first in a group's order, scattered; then the texts' in a row.
void appendOrder(const LargeSizes& sizes, int64_t sample, std::vector<uint32_t>& order) {
  const int64_t first = sample / sizes.group_pairs * sizes.group_pairs;
  const int64_t pairs = std::min(sizes.group_pairs, sizes.samples - first);
  const int64_t image_tokens = pairs * sizes.patches();
  for (int64_t p = 0; p < sizes.patches(); ++p) {
    const int64_t token = (sample - first) * sizes.patches() + p;
    order.push_back(static_cast<uint32_t>(token * kOrderStride % image_tokens));
  }
  int64_t next = image_tokens;
  for (int64_t n = first; n < sample; ++n) {
    next += sizes.textTokens(n);
  }
  for (int64_t t = 0; t < sizes.text_length; ++t) {
    order.push_back(t < sizes.textTokens(sample) ? static_cast<uint32_t>(next + t) : UINT32_MAX);
  }
}

}  // namespace

LargeToken largeToken(const LargeSizes& sizes, int modality, int64_t snapshot, int64_t layer,
                      int64_t sample, int64_t unit) {
  if (modality == kText && unit >= sizes.textTokens(sample)) {
    return {kNoExpert, 0, 0, kNoExpert, 0};
  }
  // Neighbours often share an expert: three of four follow their run of four.
  const uint64_t own = placeHash(modality, snapshot, layer, sample, unit);
  const uint64_t chosen =
      (own & 3) == 0 ? own >> 40 : placeHash(modality, snapshot, layer, sample, unit & ~3) >> 40;
  const auto experts = static_cast<uint64_t>(sizes.experts);
  LargeToken token{};
  token.expert = static_cast<uint16_t>(chosen % experts);
  token.runner_up =
      static_cast<uint16_t>((token.expert + 1 + (own >> 32 & 0xff) % (experts - 1)) % experts);
  token.kept = (own >> 2 & 7) != 0;
  // Multiples of 1/1024: exact as halves.
  token.gate = static_cast<float>(256 + (own >> 5 & 0x1ff)) / 1024.0f;
  token.margin = static_cast<float>(own >> 14 & 0xff) / 1024.0f;
  return token;
}

Layout largeLayout(const LargeSizes& sizes) {
  Layout layout;
  layout.layers = sizes.layers;
  layout.experts = sizes.experts;
  layout.top_k = 1;
  layout.samples = sizes.samples;
  layout.patch_rows = sizes.patch_rows;
  layout.patch_columns = sizes.patch_columns;
  layout.text_length = sizes.text_length;
  layout.image_height = sizes.patch_rows * sizes.patch_pixels;
  layout.image_width = sizes.patch_columns * sizes.patch_pixels;
  for (int64_t l = 0; l < sizes.layers; ++l) {
    layout.blocks.push_back(2 * l + 1);
  }
  layout.label_names = kLabelNames;
  layout.scalar_names = {"loss", "contrastive", "learning_rate", "pairs_per_second"};
  layout.scalar_units = {"nats", "nats", "", "1/s"};
  layout.metric_names = {"recall_at_1/image_to_text", "success/image", "success/text"};
  return layout;
}

Origin largeOrigin(const LargeSizes& sizes) {
  return {"{}", "large_recording 1", "2024-05-01T12:00:00Z", "large-run", 1, 0,
          1.25, sizes.group_pairs};
}

ProbeSet largeProbe(const LargeSizes& sizes) {
  ProbeSet probe;
  for (int64_t n = 0; n < sizes.samples; ++n) {
    std::string caption;
    for (int64_t t = 0; t < sizes.text_length; ++t) {
      const bool token = t < sizes.textTokens(n);
      const size_t word = hash(static_cast<uint64_t>(n * sizes.text_length + t)) % kWords.size();
      probe.token_ids.push_back(token ? static_cast<int32_t>(10 + word) : -1);
      probe.pieces.push_back(token ? "▁" + kWords[word] : "");
      if (token) {
        caption += (caption.empty() ? "" : " ") + kWords[word];
      }
    }
    probe.captions.push_back(caption);
    probe.sources.push_back("large:" + std::to_string(n));
    for (int64_t p = 0; p < sizes.patches(); ++p) {
      probe.labels.push_back(labelOf(n, p));
    }
  }
  return probe;
}

std::vector<uint8_t> largeImages(const LargeSizes& sizes, int64_t first, int64_t count) {
  const int64_t width = sizes.patch_columns * sizes.patch_pixels;
  const int64_t height = sizes.patch_rows * sizes.patch_pixels;
  std::vector<uint8_t> pixels(static_cast<size_t>(count * height * width * 3));
  uint8_t* out = pixels.data();
  for (int64_t n = first; n < first + count; ++n) {
    uint64_t noise = hash(static_cast<uint64_t>(n));
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t column = 0; column < sizes.patch_columns; ++column) {
        const int64_t patch = y / sizes.patch_pixels * sizes.patch_columns + column;
        const uint64_t color = hash(static_cast<uint64_t>(n * sizes.patches() + patch)) >> 8;
        for (int64_t x = 0; x < sizes.patch_pixels; ++x) {
          noise ^= noise << 13;
          noise ^= noise >> 7;
          noise ^= noise << 17;
          for (int c = 0; c < 3; ++c) {
            const uint64_t flat = 16 + (color >> (8 * c) & 0xff) * 7 / 8;
            *out++ = static_cast<uint8_t>(flat + (noise >> (20 + 2 * c) & 3));
          }
        }
      }
    }
  }
  return pixels;
}

StepRow largeStep(const LargeSizes& sizes, int64_t step) {
  StepRow row;
  row.step = step;
  row.wall = 0.25 * static_cast<double>(step);
  const auto loss = static_cast<float>(5.0 * std::exp(-1e-4 * static_cast<double>(step)));
  row.scalars = {loss, 0.75f * loss, 0.001f, 128.0f};
  for (int64_t i = 0; i < sizes.layers * 2 * sizes.experts; ++i) {
    const auto chosen =
        static_cast<uint32_t>(300 + hash(static_cast<uint64_t>(step * 4096 + i)) % 200);
    row.chosen.push_back(chosen);
    row.kept.push_back(chosen - chosen % 16);
  }
  for (int64_t i = 0; i < sizes.layers * 4; ++i) {
    row.entropy.push_back(0.25f * static_cast<float>(1 + (step + i) % 8));
  }
  return row;
}

int64_t largeSnapshotStep(const LargeSizes& sizes, int64_t snapshot) {
  return sizes.snapshots > 1 ? snapshot * sizes.steps / (sizes.snapshots - 1) : sizes.steps;
}

Snapshot largeSummary(const LargeSizes& sizes, int64_t snapshot) {
  const auto experts = static_cast<size_t>(sizes.experts);
  const size_t labels = kLabelNames.size();
  Snapshot summary;
  summary.step = largeSnapshotStep(sizes, snapshot);
  summary.tokens.assign(static_cast<size_t>(sizes.layers) * 2 * experts, 0);
  summary.label_tokens.assign(static_cast<size_t>(sizes.layers) * experts * labels, 0);
  for (int64_t l = 0; l < sizes.layers; ++l) {
    uint32_t* tokens = summary.tokens.data() + static_cast<size_t>(l) * 2 * experts;
    uint32_t* label_tokens =
        summary.label_tokens.data() + static_cast<size_t>(l) * experts * labels;
    for (int64_t n = 0; n < sizes.samples; ++n) {
      for (int64_t p = 0; p < sizes.patches(); ++p) {
        const LargeToken token = largeToken(sizes, kImage, snapshot, l, n, p);
        tokens[token.expert] += token.kept;
        label_tokens[token.expert * labels + labelOf(n, p)] += token.kept;
      }
      for (int64_t t = 0; t < sizes.textTokens(n); ++t) {
        const LargeToken token = largeToken(sizes, kText, snapshot, l, n, t);
        tokens[experts + token.expert] += token.kept;
      }
    }
  }
  summary.metrics = {0.25f, 0.875f, 0.875f};
  return summary;
}

LayerSlice largeLayer(const LargeSizes& sizes, int64_t snapshot, int64_t layer, int64_t first,
                      int64_t count) {
  LayerSlice slice;
  slice.first_sample = first;
  slice.samples = count;
  reserve(slice.image, count * sizes.patches());
  reserve(slice.text, count * sizes.text_length);
  slice.order.reserve(static_cast<size_t>(count * (sizes.patches() + sizes.text_length)));
  for (int64_t n = first; n < first + count; ++n) {
    for (int64_t p = 0; p < sizes.patches(); ++p) {
      append(slice.image, largeToken(sizes, kImage, snapshot, layer, n, p));
    }
    for (int64_t t = 0; t < sizes.text_length; ++t) {
      append(slice.text, largeToken(sizes, kText, snapshot, layer, n, t));
    }
    appendOrder(sizes, n, slice.order);
  }
  return slice;
}

}  // namespace limoe::probe::bench
