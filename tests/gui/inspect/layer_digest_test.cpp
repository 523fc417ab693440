#include "gui/inspect/layer_digest.h"

#include <gmock/gmock.h>

#include <QCoreApplication>
#include <QSignalSpy>
#include <cmath>

#include "gui/inspect/digests.h"
#include "gui/inspect/expert_bars.h"
#include "gui/inspect/expert_flow.h"
#include "tests/gui/inspect/expert_run.h"

namespace limoe::gui {
namespace {

using ::testing::ElementsAre;
using testing::ExpertRun;

std::shared_ptr<const LayerDigest> digestOf(ExpertRun& run, const TokenFilter& filter = {}) {
  LayerDigestBuilder builder(run.run->layout, 2, 200, 0, filter);
  builder.add(*run.probe, *run.slice);
  return builder.take();
}

std::vector<std::pair<int64_t, int64_t>> places(const std::vector<RankedToken>& tokens) {
  std::vector<std::pair<int64_t, int64_t>> result;
  for (const RankedToken& token : tokens) {
    result.emplace_back(token.token.sample, token.token.position);
  }
  return result;
}

TEST(LayerDigest, RanksTheBestOfEveryImageFirst) {
  ExpertRun run;
  const auto digest = digestOf(run);
  // Expert 0 kept .90 and .80 of sample 0, .95 of sample 1, .85 and .99 of sample 2.
  const auto& top = digest->experts[0].top_patches;
  EXPECT_THAT(places(top), ElementsAre(std::pair(2, 1), std::pair(1, 0), std::pair(0, 0),
                                       std::pair(2, 0), std::pair(0, 1)));
  EXPECT_FLOAT_EQ(top[0].gate, 0.99F);
  EXPECT_FLOAT_EQ(top[3].gate, 0.85F);
  // Expert 1: .80 of sample 0; .65 and .60 of sample 1. The dropped .70 is not among them.
  EXPECT_THAT(places(digest->experts[1].top_words),
              ElementsAre(std::pair(0, 1), std::pair(1, 1), std::pair(1, 0)));
  EXPECT_EQ(digest->experts[1].top_words[0].token.modality, probe::kText);
  EXPECT_EQ(digest->pieces[digest->experts[1].top_words[1].piece], "▁car");
}

TEST(LayerDigest, EqualGatesComeInTheOrderOfTheProbeAndNoMoreThanTheMost) {
  ExpertRun run(40);  // 120 samples, of which the second page is not there
  run.run->layout.samples = 60;
  run.slice->samples = 60;
  const auto digest = digestOf(run);
  const auto& top = digest->experts[0].top_patches;
  ASSERT_EQ(top.size(), ExpertDigest::kMostTop);  // of 20 · 5
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(top[i].token.sample, static_cast<int64_t>(3 * i + 2));  // all .99
    EXPECT_EQ(top[20 + i].token.sample, static_cast<int64_t>(3 * i + 1));
  }
  // After the best of 60 images the .85s of samples 2, 5, …, then the .80s.
  EXPECT_EQ(top[60].token, (TokenRef{2, probe::kImage, 0}));
  EXPECT_EQ(top[80].token, (TokenRef{0, probe::kImage, 1}));
}

TEST(LayerDigest, CountsChoicesKeptAndFirst) {
  ExpertRun run;
  const auto digest = digestOf(run);
  EXPECT_THAT(digest->experts[0].chosen, ElementsAre(6, 1));
  EXPECT_THAT(digest->experts[0].kept, ElementsAre(5, 1));
  EXPECT_THAT(digest->experts[1].chosen, ElementsAre(3, 4));
  EXPECT_THAT(digest->experts[1].kept, ElementsAre(3, 3));
  EXPECT_THAT(digest->experts[2].kept, ElementsAre(2, 2));
  EXPECT_THAT(digest->tokens, ElementsAre(12, 7));
  EXPECT_THAT(digest->kept, ElementsAre(10, 6));
  EXPECT_THAT(digest->patches, ElementsAre(4, 4, 4));
  EXPECT_THAT(digest->text_tokens, ElementsAre(3, 2, 2));
  EXPECT_THAT(digest->dropped_patches, ElementsAre(1, 0, 1));
  EXPECT_THAT(digest->patches_of_expert, ElementsAre(2, 1, 1, 1, 2, 1, 3, 0, 1));
  EXPECT_THAT(digest->experts[0].labels, ElementsAre(4, 1));
  EXPECT_THAT(digest->experts[1].labels, ElementsAre(0, 3));
  EXPECT_THAT(digest->experts[0].positions, ElementsAre(3, 2, 0, 0));
  EXPECT_EQ(digest->matchingSamples(), 3);
}

TEST(LayerDigest, LabelLifts) {
  ExpertRun run;
  const auto digest = digestOf(run);
  // Kept labelled patches: 5, 3 and 1 of 9; sky 4, grass 5.
  const auto of_0 = labelLifts(*digest, run.run->layout, 0);
  ASSERT_EQ(of_0.size(), 1u);  // grass: 1 / (5 · 5/9) = 0.36 is below chance
  EXPECT_EQ(of_0[0].name, "sky");
  EXPECT_EQ(of_0[0].count, 4u);
  EXPECT_EQ(of_0[0].of_all, 4u);
  EXPECT_NEAR(of_0[0].lift, 4 / (4 * 5 / 9.0), 1e-12);
  const auto of_1 = labelLifts(*digest, run.run->layout, 1);
  ASSERT_EQ(of_1.size(), 1u);
  EXPECT_EQ(of_1[0].of_all, 5u);
  EXPECT_NEAR(of_1[0].lift, 3 / (5 * 3 / 9.0), 1e-12);
  EXPECT_TRUE(labelLifts(*digest, run.run->layout, 1, 4).empty()) << "three are fewer than four";
}

TEST(LayerDigest, PieceAndWordLifts) {
  ExpertRun run;
  const auto digest = digestOf(run);
  // Kept words: 1, 3 and 2 of 6. Expert 1 has both kept “red” and the one kept “car”.
  const auto pieces = pieceLifts(*digest, 1);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].name, "red");  // 2 − 2 · 3/6 = 1 beyond chance, car 0.5
  EXPECT_EQ(pieces[0].count, 2u);
  EXPECT_NEAR(pieces[0].lift, 2.0, 1e-12);
  EXPECT_EQ(pieces[1].name, "car");
  EXPECT_EQ(pieces[1].of_all, 1u);
  const auto top = topPieces(*digest, 1);
  ASSERT_EQ(top.size(), 3u);
  ASSERT_EQ(top[1].size(), 1u);
  EXPECT_EQ(top[1][0].name, "red");
  EXPECT_NEAR(top[1][0].lift, 2.0, 1e-12);
  // Kept patches by sample: expert 0: 2 1 2, expert 1: 1 2 0, expert 2: 0 1 1; 5, 3 and 2 of 10.
  // “red” and “car” are in the captions of samples 0 and 1: 3 of 7 patches.
  const auto words = wordLifts(*digest, 1);
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[0].name, "red");
  EXPECT_EQ(words[0].count, 3u);
  EXPECT_EQ(words[0].of_all, 7u);
  EXPECT_NEAR(words[0].lift, 3 / (7 * 3 / 10.0), 1e-12);
}

TEST(LayerDigest, Entropies) {
  ExpertRun run;
  const auto digest = digestOf(run);
  // numpy: H(.7 .2 .1) = 0.801819, H(.25 .25 .5) = 1.039721, H(1 0 0) = 0; 4 patches each. Words:
  // 3, 2 and 2. H of the mean of p: 0.886464 and 0.879371.
  EXPECT_NEAR(digest->entropy[0], 0.801819, 1e-5);
  EXPECT_NEAR(digest->entropy[2], 0, 1e-6);
  EXPECT_NEAR(digest->token_entropy[probe::kImage], 0.613846, 1e-5);
  EXPECT_NEAR(digest->mean_entropy[probe::kImage], 0.886464, 1e-5);
  EXPECT_NEAR(digest->token_entropy[probe::kText], 0.640699, 1e-5);
  EXPECT_NEAR(digest->mean_entropy[probe::kText], 0.879371, 1e-5);
  run.slice->image.probability.clear();
  const auto without = digestOf(run);
  EXPECT_TRUE(std::isnan(without->token_entropy[probe::kImage]));
  EXPECT_TRUE(std::isnan(without->entropy[0]));
}

TEST(LayerDigest, CountsOnlyWhatMatchesTheFilter) {
  ExpertRun run;
  TokenFilter sky;
  sky.label = 0;
  const auto labelled = digestOf(run, sky);  // patches 0 0 of sample 0, 0 of 1, 0 and (0) of 2
  EXPECT_THAT(labelled->tokens, ElementsAre(5, 0));
  EXPECT_THAT(labelled->experts[0].kept, ElementsAre(4, 0));
  EXPECT_THAT(labelled->experts[0].labels, ElementsAre(4, 0));
  EXPECT_THAT(labelled->patches, ElementsAre(2, 1, 2));
  TokenFilter word;
  word.word = "red";
  const auto with_red = digestOf(run, word);
  EXPECT_THAT(with_red->tokens, ElementsAre(8, 5));
  EXPECT_EQ(with_red->matchingSamples(), 2);
  TokenFilter dropped;
  dropped.dropped = true;
  const auto lost = digestOf(run, dropped);
  EXPECT_THAT(lost->tokens, ElementsAre(2, 1));
  EXPECT_TRUE(lost->experts[0].top_patches.empty());
  TokenFilter unsure;
  unsure.gate_below = 0.6;  // .50 .40 .30 of the patches, .50 of the words; .60 is not below .6
  EXPECT_THAT(digestOf(run, unsure)->tokens, ElementsAre(3, 1));
}

TEST(LayerDigest, SecondChoicesCountButDoNotRank) {
  ExpertRun run;
  run.run->layout.top_k = 2;
  const auto widen = [](probe::Decisions& decisions) {
    std::vector<uint16_t> expert;
    std::vector<float> gate;
    std::vector<uint8_t> kept;
    for (std::size_t i = 0; i < decisions.expert.size(); ++i) {
      const bool token = decisions.expert[i] != probe::kNoExpert;
      const int second = (decisions.expert[i] + 1) % 3;
      expert.insert(expert.end(), {decisions.expert[i],
                                   token ? static_cast<uint16_t>(second) : probe::kNoExpert});
      gate.insert(gate.end(), {decisions.gate[i], 0.01F});
      kept.insert(kept.end(), {decisions.kept[i], 1});
    }
    decisions.expert = expert;
    decisions.gate = gate;
    decisions.kept = kept;
  };
  widen(run.slice->image);
  widen(run.slice->text);
  const auto digest = digestOf(run);
  // Expert 0 is the second choice of expert 2's three patches and two words, all kept.
  EXPECT_THAT(digest->experts[0].chosen, ElementsAre(6 + 3, 1 + 2));
  EXPECT_THAT(digest->experts[0].kept, ElementsAre(5 + 3, 1 + 2));
  EXPECT_THAT(digest->experts[0].first, ElementsAre(6, 1));
  EXPECT_EQ(digest->experts[0].top_patches.size(), 5u);
}

TEST(LayerDigest, WordsOfACaption) {
  EXPECT_THAT(wordsOf("A man's well-known dog, a DOG – 2 cats'"),
              ElementsAre("a", "man's", "well-known", "dog", "2", "cats"));
}

std::shared_ptr<const ExpertFlow> flowOf(ExpertRun& run, const TokenFilter& filter = {},
                                         FilterLayer where = FilterLayer::From) {
  ExpertFlowBuilder builder(run.run->layout, 2, 200, 0, filter, where);
  builder.add(*run.probe, *run.slice, run.nextLayer());
  return builder.take();
}

TEST(ExpertFlow, CountsKeptFirstChoicesOfBothLayers) {
  ExpertRun run;
  const auto flow = flowOf(run);
  // Expert 0: patches to 1, 1, (1), 2 and 1. Expert 1: to 0 three times. Expert 2: to 2 and 1.
  EXPECT_THAT(flow->counts[probe::kImage], ElementsAre(0, 3, 1, 3, 0, 0, 0, 1, 1));
  EXPECT_THAT(flow->ended[probe::kImage], ElementsAre(1, 0, 0));
  // Dropped in layer 0: the last patch of sample 0 (then 2) and the third of sample 2 (then 1).
  EXPECT_THAT(flow->entered[probe::kImage], ElementsAre(0, 1, 1));
  EXPECT_THAT(flow->counts[probe::kText], ElementsAre(0, 0, 1, 3, 0, 0, 1, 0, 1));
  EXPECT_THAT(flow->entered[probe::kText], ElementsAre(1, 0, 0));
  EXPECT_EQ(flow->count(probe::kImage, 0, 1), 3u);
}

TEST(ExpertFlow, SharesOfOneExpert) {
  ExpertRun run;
  const auto flow = flowOf(run);
  const auto to = flowsTo(*flow, 0);  // 3 patches to 1; a patch and a word to 2; one dropped
  ASSERT_EQ(to.size(), 3u);
  EXPECT_EQ(to[0].expert, 1);
  EXPECT_EQ(to[0].total(), 3u);
  EXPECT_EQ(to[1].expert, 2);
  EXPECT_EQ(to[1].text, 1u);
  EXPECT_EQ(to[2].expert, FlowShare::kDropped);
  EXPECT_EQ(to[2].total(), 1u);
  const auto from = flowsFrom(*flow, 0);  // 3 patches and 3 words of 1; a word of 2; one entered
  ASSERT_EQ(from.size(), 3u);
  EXPECT_EQ(from[0].expert, 1);
  EXPECT_EQ(from[0].total(), 6u);
  EXPECT_EQ(from[2].expert, FlowShare::kDropped);
}

TEST(ExpertFlow, ManyShareTheLastRow) {
  ExpertFlow flow;
  flow.experts = 14;
  for (std::size_t m = 0; m < 2; ++m) {
    flow.counts[m].resize(14 * 14);
    flow.ended[m].resize(14);
  }
  for (std::size_t to = 0; to < 14; ++to) {
    flow.counts[probe::kImage][to] = to + 1;  // of expert 0
  }
  flow.ended[probe::kText][0] = 5;
  const auto shares = flowsTo(flow, 0);
  ASSERT_EQ(shares.size(), 13u);  // 11 experts, the others, dropped
  EXPECT_EQ(shares[0].expert, 13);
  EXPECT_EQ(shares[10].total(), 4u);
  EXPECT_EQ(shares[11].expert, FlowShare::kOthers);
  EXPECT_EQ(shares[11].total(), 3u + 2u + 1u);
  EXPECT_EQ(shares[12].expert, FlowShare::kDropped);
  EXPECT_EQ(shares[12].text, 5u);
}

TEST(ExpertFlow, FilterLooksAtTheLayerItIsMeantFor) {
  ExpertRun run;
  TokenFilter filter;
  filter.expert = 1;
  const auto from = flowOf(run, filter, FilterLayer::From);
  EXPECT_THAT(from->counts[probe::kImage], ElementsAre(0, 0, 0, 3, 0, 0, 0, 0, 0));
  const auto to = flowOf(run, filter, FilterLayer::To);
  EXPECT_THAT(to->counts[probe::kImage], ElementsAre(0, 3, 0, 0, 0, 0, 0, 1, 0));
  EXPECT_THAT(to->ended[probe::kImage], ElementsAre(1, 0, 0));
  EXPECT_THAT(to->entered[probe::kImage], ElementsAre(0, 1, 0));
}

TEST(Flows, ReadsTwoLayersPageByPage) {
  ExpertRun run;
  Flows flows;
  flows.setSource(&run);
  QSignalSpy ready(&flows, &Flows::ready);
  EXPECT_EQ(flows.flow(2, 0, {}), nullptr);
  ASSERT_TRUE(ready.wait(2000));
  const auto flow = flows.flow(2, 0, {});
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->step, 200);
  EXPECT_THAT(flow->counts[probe::kImage], ElementsAre(0, 3, 1, 3, 0, 0, 0, 1, 1));
  EXPECT_EQ(flows.flow(2, 0, {}, FilterLayer::To), flow) << "without a filter it is the same";
  EXPECT_EQ(flows.flow(2, 1, {}), nullptr);  // there is no third layer
  run.run->config.model.towers = model::Towers::Two;
  EXPECT_FALSE(hasNextLayer(*run.run, 0)) << "the text tower does not follow the image tower";
}

TEST(Flows, ItemsArePageMajor) {
  ExpertRun run;
  run.run->layout.samples = 100;
  run.holds_walks = true;
  Flows flows;
  flows.setSource(&run);
  flows.flow(1, 0, {});
  ASSERT_EQ(run.walks.size(), 1u);
  std::vector<std::vector<int64_t>> items;
  for (const WalkItem& item : run.walks[0]->request.items) {
    items.push_back({item.snapshot, item.layer, item.first_sample, item.samples});
  }
  using Item = std::vector<int64_t>;
  EXPECT_THAT(items, ElementsAre(Item{1, 0, 0, 64}, Item{1, 1, 0, 64}, Item{1, 0, 64, 36},
                                 Item{1, 1, 64, 36}));
  EXPECT_FALSE(run.walks[0]->request.texts) << "captions are not needed without a word";
}

}  // namespace
}  // namespace limoe::gui
