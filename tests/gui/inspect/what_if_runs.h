// Runs in memory with recorded probabilities.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"
#include "model/routing.h"
#include "tests/gui/fake_walk.h"

namespace limoe::gui::testing {

/// Holds one layer slice over all samples, the same for every layer and snapshot.
class ProbabilityRun : public RunSource {
 public:
  std::shared_ptr<RunData> run = std::make_shared<RunData>();
  probe::LayerSlice slice;  ///< [N], with probabilities
  probe::ProbeSet probe;    ///< [N], no images
  std::shared_ptr<const probe::Snapshot> recorded_summary;
  int walks = 0;

  std::shared_ptr<const RunData> data() const override { return run; }
  std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) override {
    return sampleOf(probe, run->layout.samples, sample);
  }
  std::shared_ptr<const probe::LayerSlice> decisions(int64_t, int64_t, int64_t sample) override {
    return decisionsOf(slice, sample);
  }
  std::shared_ptr<const probe::Snapshot> summary(int64_t) override { return recorded_summary; }
  std::unique_ptr<Walk> walk(WalkRequest request) override {
    ++walks;
    return fakeWalk(*this, std::move(request));
  }
  void replaceData(const RunData& data) {
    run = std::make_shared<RunData>(data);
    Q_EMIT dataChanged();
  }
};

inline void addToken(probe::Decisions& decisions, int expert, float gate, int kept,
                     const std::vector<float>& probability) {
  decisions.expert.push_back(static_cast<uint16_t>(expert));
  decisions.gate.push_back(gate);
  decisions.kept.push_back(static_cast<uint8_t>(kept));
  decisions.runner_up.push_back(static_cast<uint16_t>(1 - expert));
  decisions.margin.push_back(2 * gate - 1);
  decisions.probability.insert(decisions.probability.end(), probability.begin(), probability.end());
}

/// One group of two samples with two patches and one word each, and one padded text position; two
/// experts, K = 1, capacity factor 1, BPR. Six tokens, C = ceil(1·6·1/2) = 3. p is that of expert
/// 0.
///
///   token             p     chooses  by gate  recorded
///   sample 0 patch 0  0.9   0        2nd      kept
///   sample 0 patch 1  0.6   0        5th      dropped
///   sample 1 patch 0  0.7   0        4th      kept
///   sample 1 patch 1  0.2   1        3rd      kept
///   sample 0 “cat”    0.95  0        1st      kept
///   sample 1 “dog”    0.55  0        6th      dropped
inline std::unique_ptr<ProbabilityRun> handRun() {
  auto fake = std::make_unique<ProbabilityRun>();
  RunData& run = *fake->run;
  run.name = QStringLiteral("hand");
  run.layout.layers = 1;
  run.layout.experts = 2;
  run.layout.top_k = 1;
  run.layout.samples = 2;
  run.layout.patch_rows = 1;
  run.layout.patch_columns = 2;
  run.layout.text_length = 2;
  run.layout.blocks = {1};
  run.layout.label_names = {"sky", "car"};
  run.layout.metric_names = {
      "recall_at_1/image_to_text", "success/image",         "success/text",
      "label_information/best",    "success/image/block_1", "success/text/block_1",
      "label_information/block_1"};
  run.layout.probabilities = true;
  run.config.model.moe.emplace();
  run.config.model.moe->priority = model::Priority::Bpr;
  run.config.record.recall_samples = 1;
  run.origin.probe_capacity_factor = 1;
  run.origin.probe_group_pairs = 2;
  run.snapshot_steps = {0, 100};
  run.text_tokens = std::make_shared<const std::vector<int64_t>>(std::vector<int64_t>{1, 1});
  fake->probe.captions = {"cat", "dog"};
  fake->probe.token_ids = {5, -1, 6, -1};
  fake->probe.pieces = {"▁cat", "", "▁dog", ""};
  fake->probe.labels = {0, 0, 1, 1};  // sample 0 is sky, sample 1 a car
  fake->probe.sources = {"a", "b"};
  probe::LayerSlice& slice = fake->slice;
  slice.samples = 2;
  addToken(slice.image, 0, 0.9F, 1, {0.9F, 0.1F});
  addToken(slice.image, 0, 0.6F, 0, {0.6F, 0.4F});
  addToken(slice.image, 0, 0.7F, 1, {0.7F, 0.3F});
  addToken(slice.image, 1, 0.8F, 1, {0.2F, 0.8F});
  addToken(slice.text, 0, 0.95F, 1, {0.95F, 0.05F});
  addToken(slice.text, probe::kNoExpert, 0, 0, {0, 0});
  addToken(slice.text, 0, 0.55F, 0, {0.55F, 0.45F});
  addToken(slice.text, probe::kNoExpert, 0, 0, {0, 0});
  slice.order = {1, 4, 0, UINT32_MAX, 3, 2, 5, UINT32_MAX};
  auto summary = std::make_shared<probe::Snapshot>();
  summary->tokens = {2, 1, 1, 0};
  summary->label_tokens = {1, 1, 0, 1};
  summary->metrics = {0.5F, 0.75F, 0.5F, 0.3F, 0.75F, 0.5F, 0.3F};
  fake->recorded_summary = summary;
  return fake;
}

/// Many groups: 150 samples of 4 patches and up to 3 words, 5 experts, in groups of `pairs` pairs,
/// recorded with capacity factor 1 and vanilla priority. Probabilities are drawn.
inline void fillManyGroups(ProbabilityRun& fake, int64_t pairs) {
  RunData& run = *fake.run;
  run.name = QStringLiteral("many");
  run.layout.layers = 2;
  run.layout.experts = 5;
  run.layout.samples = 150;
  run.layout.patch_rows = run.layout.patch_columns = 2;
  run.layout.text_length = 3;
  run.layout.blocks = {1, 3};
  run.layout.probabilities = true;
  run.config.model.moe.emplace();
  run.config.model.moe->priority = model::Priority::Vanilla;
  run.config.record.recall_samples = 1;
  run.origin.probe_capacity_factor = 1;
  run.origin.probe_group_pairs = pairs;
  run.snapshot_steps = {0, 50};
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(0.01F, 1);
  probe::LayerSlice& slice = fake.slice;
  slice.samples = 150;
  for (int64_t n = 0; n < 150; ++n) {
    fake.probe.captions.emplace_back("c");
    fake.probe.sources.emplace_back("s");
    for (int64_t position = 0; position < 7; ++position) {
      const bool image = position < 4;
      const bool token = image || position - 4 < 1 + n % 3;
      std::vector<float> p(5);
      float sum = 0;
      for (float& value : p) {
        value = token ? uniform(random) : 0;
        sum += value;
      }
      for (float& value : p) {
        value /= token ? sum : 1;
      }
      probe::Decisions& decisions = image ? slice.image : slice.text;
      const auto best = std::max_element(p.begin(), p.end()) - p.begin();
      addToken(decisions, token ? static_cast<int>(best) : probe::kNoExpert,
               p[static_cast<std::size_t>(best)], token, p);
      slice.order.push_back(token ? 0 : UINT32_MAX);
      if (!image) {
        fake.probe.token_ids.push_back(token ? 1 : -1);
        fake.probe.pieces.emplace_back(token ? "w" : "");
      }
    }
  }
}

inline std::unique_ptr<ProbabilityRun> manyGroups(int64_t pairs) {
  auto fake = std::make_unique<ProbabilityRun>();
  fillManyGroups(*fake, pairs);
  return fake;
}

/// What `fake` comes to under a rule: the groups lined up by hand, [N] of 7 positions, K choices.
struct Expected {
  std::vector<int64_t> expert;  ///< [N, 7, K]; −1: no token
  std::vector<int> kept;        ///< [N, 7, K]
};

inline Expected routedByHand(const ProbabilityRun& fake, int64_t pairs, int64_t top_k,
                             double factor, model::Priority priority) {
  Expected expected;
  expected.expert.assign(static_cast<std::size_t>(150 * 7 * top_k), -1);
  expected.kept.assign(expected.expert.size(), 0);
  for (int64_t first = 0; first < 150; first += pairs) {
    const int64_t end = std::min<int64_t>(first + pairs, 150);
    std::vector<float> p;
    std::vector<int64_t> at;  // sample · 7 + position
    for (const bool image : {true, false}) {
      for (int64_t n = first; n < end; ++n) {
        for (int64_t u = 0; u < (image ? 4 : 1 + n % 3); ++u) {
          const auto& all = image ? fake.slice.image.probability : fake.slice.text.probability;
          const auto from = all.begin() + (n * (image ? 4 : 3) + u) * 5;
          p.insert(p.end(), from, from + 5);
          at.push_back(n * 7 + (image ? 0 : 4) + u);
        }
      }
    }
    const model::Routing routing = model::routeGroup(p, 5, top_k, factor, priority);
    for (std::size_t i = 0; i < at.size() * static_cast<std::size_t>(top_k); ++i) {
      const auto k = static_cast<int64_t>(i) % top_k;
      const auto place =
          static_cast<std::size_t>(at[i / static_cast<std::size_t>(top_k)] * top_k + k);
      expected.expert[place] = routing.expert_index[i];
      expected.kept[place] = routing.kept[i];
    }
  }
  return expected;
}

}  // namespace limoe::gui::testing
