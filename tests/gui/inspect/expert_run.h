// A run small enough to add up by hand, with every decision of two layers written down.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/gui/charts/fake_run.h"
#include "tests/gui/inspect/held_walks.h"

namespace limoe::gui::testing {

/// Three samples of 2 × 2 patches and three text positions, three experts, two MoE layers,
/// snapshots at steps 0, 100 and 200 with the same decisions. What is written below for one sample
/// is repeated for samples n + 3, n + 6, … where more copies are asked for.
///
///            patches: expert gate kept label                     words: expert gate kept piece
/// sample 0   0 .90 k sky   0 .80 k sky   1 .70 k grass 2 .60 – grass   2 .90 k a    1 .80 k red  1
/// .70 – car sample 1   0 .95 k sky   1 .50 k grass 1 .60 k grass 2 .90 k none    1 .60 k red  1
/// .65 k car sample 2   0 .85 k sky   0 .99 k grass 0 .40 – sky   2 .30 k grass   2 .50 k a    0
/// .99 k sky
///
/// layer 1, patches (all kept but the one in brackets) and words (all kept):
/// sample 0   1 1 0 2      0 0 0
/// sample 1   (1) 0 0 2    0 0
/// sample 2   2 1 1 1      2 2
class ExpertRun : public HeldWalks<FakeRun> {
 public:
  int64_t samples_asked_for = 0;

  explicit ExpertRun(int copies = 1) {
    RunData& data = *run;
    data.name = QStringLiteral("demo");
    probe::Layout& layout = data.layout;
    layout.layers = 2;
    layout.experts = 3;
    layout.samples = 3 * copies;
    layout.patch_rows = layout.patch_columns = 2;
    layout.text_length = 3;
    layout.image_height = layout.image_width = 4;
    layout.blocks = {1, 3};
    layout.label_names = {"sky", "grass"};
    data.origin.run_id = "expert";
    data.origin.probe_group_pairs = layout.samples;
    data.origin.probe_capacity_factor = 1;
    data.snapshot_steps = {0, 100, 200};
    std::vector<int64_t> text_tokens;
    for (int copy = 0; copy < copies; ++copy) {
      addSamples();
      text_tokens.insert(text_tokens.end(), {3, 2, 2});
    }
    data.text_tokens = std::make_shared<const std::vector<int64_t>>(text_tokens);
    for (auto* layer : {slice.get(), &next_}) {
      layer->samples = layout.samples;
    }
    for (int64_t snapshot = 0; snapshot < 3; ++snapshot) {
      auto summary = std::make_shared<probe::Snapshot>();
      summary->step = 100 * snapshot;
      const auto s = static_cast<uint32_t>(snapshot);
      // Expert 0 of layer 0: 3, 4 and 5 patches and a word.
      summary->tokens = {3 + s, 3, 2, 1, 3, 2, 3, 4, 4, 5, 0, 2};
      summaries[snapshot] = summary;
    }
  }

  std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) override {
    ++samples_asked_for;
    return FakeRun::sample(sample);
  }
  std::shared_ptr<const probe::LayerSlice> decisions(int64_t, int64_t layer,
                                                     int64_t sample) override {
    return decisionsOf(layer == 0 ? *slice : next_, sample);
  }
  /// Layer 1 of all samples.
  const probe::LayerSlice& nextLayer() const { return next_; }
  void visit(std::size_t number, std::size_t items) override {
    const bool held_back = std::exchange(holds_back, false);  // a walk reads for itself
    HeldWalks::visit(number, items);
    holds_back = held_back;
  }

 private:
  static void add(probe::Decisions& decisions, int expert, float gate, bool kept,
                  const std::vector<float>& probability) {
    decisions.expert.push_back(expert < 0 ? probe::kNoExpert : static_cast<uint16_t>(expert));
    decisions.gate.push_back(gate);
    decisions.kept.push_back(kept ? 1 : 0);
    decisions.runner_up.push_back(2);
    decisions.margin.push_back(0.1F);
    decisions.probability.insert(decisions.probability.end(), probability.begin(),
                                 probability.end());
  }

  void addSamples() {
    struct Token {
      int expert;
      float gate;
      bool kept;
      uint16_t label;
    };
    constexpr uint16_t kNone = probe::kNoLabel;
    const std::vector<Token> patches = {
        {0, 0.90F, true, 0}, {0, 0.80F, true, 0}, {1, 0.70F, true, 1},  {2, 0.60F, false, 1},
        {0, 0.95F, true, 0}, {1, 0.50F, true, 1}, {1, 0.60F, true, 1},  {2, 0.90F, true, kNone},
        {0, 0.85F, true, 0}, {0, 0.99F, true, 1}, {0, 0.40F, false, 0}, {2, 0.30F, true, 1}};
    const std::vector<Token> words = {
        {2, 0.90F, true, 0}, {1, 0.80F, true, 0}, {1, 0.70F, false, 0},
        {1, 0.60F, true, 0}, {1, 0.65F, true, 0}, {-1, 0, false, 0},
        {2, 0.50F, true, 0}, {0, 0.99F, true, 0}, {-1, 0, false, 0}};
    // By sample.
    const std::vector<std::vector<float>> distributions = {
        {0.7F, 0.2F, 0.1F}, {0.25F, 0.25F, 0.5F}, {1, 0, 0}};
    const std::vector<int> next_patches = {1, 1, 0, 2, 1, 0, 0, 2, 2, 1, 1, 1};
    const std::vector<int> next_words = {0, 0, 0, 0, 0, -1, 2, 2, -1};
    for (std::size_t i = 0; i < patches.size(); ++i) {
      add(slice->image, patches[i].expert, patches[i].gate, patches[i].kept, distributions[i / 4]);
      probe->labels.push_back(patches[i].label);
      add(next_.image, next_patches[i], 0.5F, i != 4, {});
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      add(slice->text, words[i].expert, words[i].gate, words[i].kept, distributions[i / 3]);
      add(next_.text, next_words[i], 0.5F, true, {});
    }
    for (const char* caption : {"a red car", "Red car", "a sky"}) {
      probe->captions.emplace_back(caption);
      probe->sources.emplace_back("source");
    }
    for (const char* piece : {"▁a", "▁red", "▁car", "▁red", "▁car", "", "▁a", "▁sky", ""}) {
      probe->pieces.emplace_back(piece);
      probe->token_ids.push_back(*piece == '\0' ? -1 : 1);
    }
    // Patches of 2 × 2 pixels: red is the sample, green the patch.
    for (int sample = 0; sample < 3; ++sample) {
      for (int pixel = 0; pixel < 16; ++pixel) {
        const int patch = pixel / 8 * 2 + pixel % 4 / 2;
        const auto red = static_cast<uint8_t>(50 + 50 * sample);
        probe->images.insert(probe->images.end(), {red, static_cast<uint8_t>(60 * patch), 0});
      }
    }
  }

  probe::LayerSlice next_;
};

}  // namespace limoe::gui::testing
