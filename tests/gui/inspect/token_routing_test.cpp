#include "gui/inspect/token_routing.h"

#include <gmock/gmock.h>

#include "gui/inspect/token_bars.h"
#include "tests/gui/inspect/token_run.h"

namespace limoe::gui {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TokenHistory historyOf(const std::vector<int>& experts) {
  TokenHistory history;
  for (const int expert : experts) {
    history.entries.push_back({100 * history.size(), static_cast<uint16_t>(expert), 0.5F, true});
  }
  return history;
}

QString plain(int64_t expert) {
  return QStringLiteral("e%1").arg(expert);
}

TEST(TokenHistoryTest, FlipsAndSettlingAreCountedFromFirstChoices) {
  // 0 0 2 2 2 0 4 4: changes at snapshots 2, 5 and 6; the last run of one expert begins at 6.
  const TokenHistory history = historyOf({0, 0, 2, 2, 2, 0, 4, 4});
  EXPECT_EQ(history.flipsUpTo(7), 3);
  EXPECT_EQ(history.flipsUpTo(5), 2);
  EXPECT_EQ(history.flipsUpTo(1), 0);
  EXPECT_EQ(history.settledSince(), 6);
  EXPECT_EQ(inWords(history, 7, plain),
            "Settled on e4 since step 600. Flipped 3 times in 8 snapshots.");
  EXPECT_EQ(inWords(history, 4, plain),
            "Settled on e4 since step 600. Flipped 3 times in 8 snapshots, 1 up to step 400.");
}

TEST(TokenHistoryTest, SaysWhatIsNotSettledAndWhatNeverFlipped) {
  EXPECT_EQ(inWords(historyOf({1, 1, 3}), 2, plain),
            "Not settled: it changed to e3 at the newest step, 200. Flipped once in 3 snapshots.");
  EXPECT_EQ(inWords(historyOf({5, 5, 5}), 0, plain),
            "e5 in all 3 snapshots: settled since step 0, never flipped.");
  EXPECT_EQ(inWords(historyOf({5}), 0, plain), "e5 in the one snapshot so far (step 0).");
  EXPECT_EQ(inWords({}, 0, plain), "");
  EXPECT_EQ(TokenHistory().settledSince(), -1);
}

TEST(TokenHistoryTest, ColumnsKeepEverySnapshotAndEveryFlip) {
  // 1000 snapshots of expert 1 with one of expert 2 at 555: flips at 555 and 556.
  std::vector<int> experts(1000, 1);
  experts[555] = 2;
  const auto columns = columnsOf(historyOf(experts), 1000, 300);
  ASSERT_EQ(columns.size(), 300u);
  int64_t next = 0;
  int64_t flips = 0;
  int64_t of_expert_2 = 0;
  for (const HistoryColumn& column : columns) {
    EXPECT_EQ(column.begin, next);
    EXPECT_GT(column.end, column.begin);
    next = column.end;
    flips += column.flips;
    for (const auto& [expert, snapshots] : column.snapshots) {
      of_expert_2 += expert == 2 ? snapshots : 0;
    }
  }
  EXPECT_EQ(next, 1000);
  EXPECT_EQ(flips, 2);
  EXPECT_EQ(of_expert_2, 1);
  // 1000 / 300: column 166 is snapshots 553 … 555 (553.3 and 556.7 rounded down), 167 goes on.
  EXPECT_EQ(columns[166].begin, 553);
  EXPECT_EQ(columns[166].end, 556);
  EXPECT_THAT(columns[166].snapshots, ElementsAre(Pair(1, 2), Pair(2, 1)));
  EXPECT_EQ(columns[166].first_flip, 555);
  EXPECT_EQ(columns[167].first_flip, 556);
}

TEST(TokenHistoryTest, WhatIsNotReadYetHasNoExperts) {
  const auto columns = columnsOf(historyOf({1, 2}), 4, 100);
  ASSERT_EQ(columns.size(), 4u) << "one for each recorded step";
  EXPECT_THAT(columns[1].snapshots, ElementsAre(Pair(2, 1)));
  EXPECT_EQ(columns[1].flips, 1);
  EXPECT_TRUE(columns[2].snapshots.empty());
  EXPECT_TRUE(columnsOf({}, 0, 100).empty());
}

TEST(TokenDecisionTest, ReadsChoicesAndRunnerUpOutOfASliceThatBeginsAnywhere) {
  FakeRunSource::Shape shape;
  shape.top_k = 2;
  FakeRunSource source(shape);
  probe::LayerSlice slice = source.slice(1, 1, 0, 6);
  // Sample 4, patch 6, layer 1, snapshot 1: (4 + 3 + 3 + 2) mod 8 = 4, then 5, runner-up 6;
  // gate 1 of an even patch, margin half of it; (4 + 6) mod 7 = 3: kept.
  const TokenRef token{4, probe::kImage, 6};
  const TokenDecision decision = decisionOf(source.data()->layout, slice, token);
  ASSERT_EQ(decision.choices.size(), 2u);
  EXPECT_EQ(decision.choices[0].expert, 4);
  EXPECT_EQ(decision.choices[1].expert, 5);
  EXPECT_EQ(decision.choices[0].gate, 1.0F);
  EXPECT_TRUE(decision.choices[0].kept);
  EXPECT_EQ(decision.runner_up, 6);
  EXPECT_EQ(decision.runner_up_probability, 0.5);
  EXPECT_TRUE(decision.probabilities.empty());
  // As the first of a slice that was read for it alone: the samples before are not in it.
  const auto before = static_cast<std::ptrdiff_t>(4 * 16);
  for (auto* values : {&slice.image.expert}) {
    values->erase(values->begin(), values->begin() + before * 2);
  }
  slice.image.gate.erase(slice.image.gate.begin(), slice.image.gate.begin() + before * 2);
  slice.image.kept.erase(slice.image.kept.begin(), slice.image.kept.begin() + before * 2);
  slice.image.runner_up.erase(slice.image.runner_up.begin(),
                              slice.image.runner_up.begin() + before);
  slice.image.margin.erase(slice.image.margin.begin(), slice.image.margin.begin() + before);
  slice.first_sample = 4;
  slice.samples = 2;
  EXPECT_EQ(decisionOf(source.data()->layout, slice, token).choices[1].expert, 5);
  EXPECT_FALSE(decisionOf(source.data()->layout, slice, {3, probe::kImage, 6}).isRouted());
}

TEST(TokenDecisionTest, PaddingIsNotRouted) {
  FakeRunSource source({});
  const auto slice = source.decisions(0, 0, 0);
  // Sample 0 has five pieces.
  const probe::Layout& layout = source.data()->layout;
  EXPECT_TRUE(decisionOf(layout, *slice, {0, probe::kText, 4}).isRouted());
  EXPECT_FALSE(decisionOf(layout, *slice, {0, probe::kText, 5}).isRouted());
}

TEST(TokenBarsTest, WholeDistributionLargestFirstWithItsChoicesMarked) {
  TokenDecision decision;
  decision.choices = {{2, 0.5F, true}, {0, 0.25F, false}};
  decision.runner_up = 3;
  decision.probabilities = {0.25F, 0.05F, 0.5F, 0.2F};
  const auto bars = tokenBars(decision, true);
  ASSERT_EQ(bars.size(), 4u);
  EXPECT_EQ(bars[0].expert, 2);
  EXPECT_EQ(bars[1].expert, 0);
  EXPECT_EQ(bars[2].expert, 3);
  EXPECT_EQ(bars[3].expert, 1);
  EXPECT_EQ(bars[0].choice, 0);
  EXPECT_TRUE(bars[0].kept);
  EXPECT_EQ(bars[1].choice, 1);
  EXPECT_FALSE(bars[1].kept);
  EXPECT_TRUE(bars[2].is_runner_up);
  EXPECT_EQ(bars[3].choice, -1);
}

TEST(TokenBarsTest, WithoutDistributionsOnlyTheChoicesAndTheRunnerUp) {
  TokenDecision decision;
  decision.choices = {{2, 0.5F, true}};
  decision.runner_up = 3;
  decision.runner_up_probability = 0.125;
  const auto bars = tokenBars(decision, true);
  ASSERT_EQ(bars.size(), 2u);
  EXPECT_EQ(bars[1].expert, 3);
  EXPECT_EQ(bars[1].probability, 0.125);
  EXPECT_TRUE(tokenBars({}, true).empty());
}

TEST(TokenBarsTest, ManyExpertsFoldIntoOthersThatKeepTheirSum) {
  TokenDecision decision;
  // 32 experts: 20 has 1/2, the other 31 share the rest equally.
  decision.choices = {{20, 0.5F, true}};
  decision.runner_up = 0;
  decision.probabilities.assign(32, 0.5F / 31);
  decision.probabilities[20] = 0.5F;
  const auto folded = tokenBars(decision, true);
  ASSERT_EQ(folded.size(), 10u);
  EXPECT_EQ(folded[0].expert, 20);
  EXPECT_EQ(folded[1].expert, 0) << "equal ones by number";
  EXPECT_EQ(folded[8].expert, 7);
  EXPECT_EQ(folded[9].expert, -1);
  EXPECT_EQ(folded[9].experts, 23);
  EXPECT_NEAR(folded[9].probability, 23 * 0.5 / 31, 1e-6);
  EXPECT_EQ(tokenBars(decision, false).size(), 32u);
}

}  // namespace
}  // namespace limoe::gui
