// A run in memory: small counts that a reader can add up by hand, given to the views the way the
// reader thread does.
#pragma once

#include <QTimer>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"
#include "tests/gui/fake_walk.h"

namespace limoe::gui::testing {

/// Answers at once, or (after holdBack()) with nullptr until deliver().
class FakeRun : public RunSource {
 public:
  std::shared_ptr<RunData> run = std::make_shared<RunData>();
  std::shared_ptr<probe::ProbeSet> probe = std::make_shared<probe::ProbeSet>();
  std::shared_ptr<probe::LayerSlice> slice = std::make_shared<probe::LayerSlice>();
  std::map<int64_t, std::shared_ptr<probe::Snapshot>> summaries;
  bool is_open = true;
  bool holds_back = false;
  /// There is room for one image: each that has come drives the one before out.
  bool one_sample_at_a_time = false;
  int64_t held_sample = -1;
  std::set<int64_t> wanted_samples;

  std::shared_ptr<const RunData> data() const override { return is_open ? run : nullptr; }
  std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) override {
    if (one_sample_at_a_time && held_sample != sample) {
      if (wanted_samples.insert(sample).second) {
        QTimer::singleShot(0, this, [this, sample] {
          wanted_samples.erase(sample);
          held_sample = sample;
          Q_EMIT pageReady();
        });
      }
      return nullptr;
    }
    return holds_back ? nullptr : sampleOf(*probe, run->layout.samples, sample);
  }
  std::shared_ptr<const probe::LayerSlice> decisions(int64_t, int64_t, int64_t sample) override {
    return holds_back ? nullptr : decisionsOf(*slice, sample);
  }
  std::shared_ptr<const probe::Snapshot> summary(int64_t snapshot) override {
    const auto found = summaries.find(snapshot);
    return holds_back || found == summaries.end() ? nullptr : found->second;
  }

  std::unique_ptr<Walk> walk(WalkRequest request) override {
    return fakeWalk(*this, std::move(request));
  }

  void deliver() {
    holds_back = false;
    Q_EMIT pageReady();
  }
  /// Replaces the data as the reader does: a new object, then the signal.
  void replaceData(RunData data) {
    run = std::make_shared<RunData>(std::move(data));
    Q_EMIT dataChanged();
  }
};

/// Routes everything to one expert each: patch p to p mod 4, every valid word to expert 3.
inline void fillProbe(FakeRun& fake) {
  const probe::Layout& layout = fake.run->layout;
  const auto samples = static_cast<std::size_t>(layout.samples);
  const auto patches = static_cast<std::size_t>(layout.patches());
  const auto positions = static_cast<std::size_t>(layout.text_length);
  // Valid text tokens by sample: 4, 3, 2, 1.
  fake.probe->token_ids = {5, 6, 7, 8, 5, 6, 7, -1, 5, 6, -1, -1, 5, -1, -1, -1};
  fake.probe->pieces = {"a", "red", "car", "here", "a", "red", "car", "",
                        "a", "red", "",    "",     "a", "",    "",    ""};
  fake.probe->captions = {"a red car here", "a red car", "a red", "a"};
  fake.probe->sources = {"0", "1", "2", "3"};
  fake.probe->images.assign(
      samples * static_cast<std::size_t>(layout.image_height * layout.image_width * 3), 200);
  fake.probe->labels.assign(samples * patches, 0);
  probe::LayerSlice& slice = *fake.slice;
  slice.samples = layout.samples;
  for (std::size_t token = 0; token < samples * patches; ++token) {
    slice.image.expert.push_back(static_cast<uint16_t>(token % patches % 4));
  }
  for (const int32_t id : fake.probe->token_ids) {
    slice.text.expert.push_back(id < 0 ? probe::kNoExpert : uint16_t{3});
  }
  for (probe::Decisions* decisions : {&slice.image, &slice.text}) {
    const std::size_t tokens = decisions->expert.size();
    decisions->gate.assign(tokens, 0.7F);
    decisions->kept.assign(tokens, 1);
    decisions->runner_up.assign(tokens, 1);
    decisions->margin.assign(tokens, 0.5F);
  }
  slice.order.assign(samples * (patches + positions), 0);
}

/// Two MoE layers, four experts, four samples of 2 × 3 patches and four text positions of which
/// 4, 3, 2 and 1 are valid. Snapshots at steps 0, 100 and 200.
inline std::unique_ptr<FakeRun> smallRun() {
  auto fake = std::make_unique<FakeRun>();
  RunData& run = *fake->run;
  run.name = QStringLiteral("demo");
  run.layout.layers = 2;
  run.layout.experts = 4;
  run.layout.top_k = 1;
  run.layout.samples = 4;
  run.layout.patch_rows = 2;
  run.layout.patch_columns = 3;
  run.layout.text_length = 4;
  run.layout.image_height = 16;
  run.layout.image_width = 24;
  run.layout.blocks = {1, 3};
  run.layout.label_names = {"sky", "grass", "car"};
  run.layout.scalar_names = {"loss", "contrastive", "aux/global_text", "learning_rate"};
  run.layout.scalar_units = {"nats", "nats", "", ""};
  run.layout.metric_names = {"recall_at_1/image_to_text", "success/image", "success/text"};
  run.origin.run_id = "fake";
  run.origin.probe_group_pairs = 2;
  run.origin.probe_capacity_factor = 1.25;
  run.snapshot_steps = {0, 100, 200};
  run.metrics = {{0.1F, 0.8F, 0.7F}, {0.3F, 0.9F, 0.8F}, {0.5F, 0.95F, 0.9F}};
  fillProbe(*fake);
  run.text_tokens = std::make_shared<const std::vector<int64_t>>(std::vector<int64_t>{4, 3, 2, 1});
  for (int64_t snapshot = 0; snapshot < 3; ++snapshot) {
    auto summary = std::make_shared<probe::Snapshot>();
    summary->step = run.snapshot_steps[static_cast<std::size_t>(snapshot)];
    // [L, 2, E]; layer 0: 20 tokens in all. Layer 1 (snapshot 2): expert 3 is dead.
    summary->tokens = {10, 4, 0, 0, 0, 1, 3, 2, 8, 8, 0, 0, 0, 0, 4, 0};
    // [L, E, labels]; layer 0: sky 9, grass 4, car 1 of 14.
    summary->label_tokens = {8, 1, 1, 1, 3, 0, 0, 0, 0, 0, 0, 0,
                             4, 4, 0, 4, 0, 4, 0, 0, 0, 0, 0, 0};
    fake->summaries[snapshot] = summary;
  }
  auto curves = std::make_shared<Curves>();
  curves->scalars.resize(4);
  curves->chosen.resize(2);
  curves->kept.resize(2);
  for (int step = 1; step <= 200; ++step) {
    curves->steps.push_back(step);
    curves->wall.push_back(step * 0.5);
    curves->scalars[0].push_back(4.0 * std::exp(-step / 80.0) + 0.5);
    curves->scalars[1].push_back(3.5 * std::exp(-step / 80.0) + 0.5);
    curves->scalars[2].push_back(1.0 / step);
    curves->scalars[3].push_back(1e-3);
    curves->chosen[0].push_back(100);
    curves->chosen[1].push_back(20);
    curves->kept[0].push_back(90);
    curves->kept[1].push_back(15);
  }
  run.curves = curves;
  return fake;
}

}  // namespace limoe::gui::testing
