// What is counted over the whole probe: once, in turn, and only as long as the user wants it.
#include "gui/inspect/walk_cache.h"

#include <gmock/gmock.h>

#include <QSignalSpy>

#include "gui/inspect/digests.h"
#include "gui/inspect/what_if_outcomes.h"
#include "tests/gui/inspect/expert_run.h"
#include "tests/gui/inspect/what_if_runs.h"

namespace limoe::gui {
namespace {

using ::testing::ElementsAre;
using testing::ExpertRun;
using testing::HeldWalks;
using testing::ProbabilityRun;
using Kind = Standing::Kind;

class DigestsTest : public ::testing::Test {
 protected:
  DigestsTest() {
    run.holds_walks = true;
    digests.setSource(&run);
  }
  int64_t snapshotOf(std::size_t walk) { return run.walks[walk]->request.items[0].snapshot; }

  ExpertRun run;
  Digests digests;
};

TEST_F(DigestsTest, IsMadeOnceAndKept) {
  QSignalSpy ready(&digests, &Digests::ready);
  EXPECT_EQ(digests.layer(2, 0, {}), nullptr);
  EXPECT_EQ(digests.layer(2, 0, {}), nullptr);
  ASSERT_EQ(run.walks.size(), 1u);
  run.walks[0]->request.progress(0.25);
  EXPECT_EQ(digests.progress(), 0.25);
  run.finishWalk(0);
  EXPECT_EQ(ready.count(), 1);
  EXPECT_EQ(digests.progress(), 1);
  const auto digest = digests.layer(2, 0, {});
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->step, 200);
  EXPECT_THAT(digest->experts[0].kept, ElementsAre(5, 1));
  EXPECT_EQ(digests.layer(2, 0, {}), digest);
  EXPECT_EQ(run.walks.size(), 1u);
  EXPECT_EQ(digests.layer(3, 0, {}), nullptr);  // there is no such snapshot, nor such a layer
  EXPECT_EQ(digests.layer(2, 2, {}), nullptr);
  EXPECT_EQ(run.walks.size(), 1u);
}

TEST_F(DigestsTest, NewestQuestionComesFirst) {
  digests.layer(0, 0, {});
  digests.layer(1, 0, {});
  ASSERT_EQ(run.walks.size(), 2u);
  EXPECT_FALSE(run.walks[0]->alive);
  EXPECT_EQ(snapshotOf(1), 1);
  run.finishWalk(1);
  ASSERT_EQ(run.walks.size(), 3u) << "the question before comes back";
  EXPECT_EQ(snapshotOf(2), 0);
  run.finishWalk(2);
  EXPECT_TRUE(digests.layer(0, 0, {}));
  EXPECT_TRUE(digests.layer(1, 0, {}));
  EXPECT_EQ(run.walks.size(), 3u);
}

TEST_F(DigestsTest, TwoViewsThatKeepAskingBothGetTheirs) {
  for (int round = 0; round < 5; ++round) {
    digests.layer(0, 0, {});
    digests.layer(0, 1, {});
  }
  ASSERT_EQ(run.walks.size(), 2u);
  EXPECT_TRUE(run.walks[1]->alive);
}

TEST_F(DigestsTest, AResumedRunForgets) {
  digests.layer(2, 0, {});
  run.finishWalk(0);
  ASSERT_TRUE(digests.layer(2, 0, {}));
  RunData longer = *run.run;
  longer.snapshot_steps.push_back(300);
  run.replaceData(longer);
  EXPECT_TRUE(digests.layer(2, 0, {})) << "a run that grows takes nothing back";
  RunData resumed = *run.run;
  resumed.snapshot_steps = {0, 100, 150};
  run.replaceData(resumed);
  EXPECT_EQ(digests.layer(2, 0, {}), nullptr);
  run.finishWalk(1);
  ASSERT_TRUE(digests.layer(2, 0, {}));
  EXPECT_EQ(digests.layer(2, 0, {})->step, 150);
  // The same steps trained again, in the next part.
  RunData again = *run.run;
  again.origin.part = 2;
  run.run = std::make_shared<RunData>(again);  // a view may ask before the signal comes
  EXPECT_EQ(digests.layer(2, 0, {}), nullptr);
}

TEST_F(DigestsTest, WhatIsBeingMadeOfATakenBackSnapshotIsGivenUp) {
  digests.layer(2, 0, {});
  RunData resumed = *run.run;
  resumed.snapshot_steps = {0};
  run.replaceData(resumed);
  EXPECT_FALSE(run.walks[0]->alive);
  EXPECT_EQ(digests.progress(), 1);
}

TEST_F(DigestsTest, FailureIsToldAndNotTriedAgainBeforeTheRunGrowsOrItIsAskedFor) {
  QSignalSpy failed(&digests, &Digests::failed);
  digests.layer(2, 0, {});
  run.finishWalk(0, "bad bytes");
  ASSERT_EQ(failed.count(), 1);
  EXPECT_EQ(failed[0][0].toString(), "bad bytes");
  run.replaceData(*run.run);  // its curves have grown, say
  EXPECT_EQ(digests.layer(2, 0, {}), nullptr);
  EXPECT_EQ(run.walks.size(), 1u);
  const Question question = Digests::question(2, 0, {});
  EXPECT_EQ(digests.standing(question).kind, Standing::Kind::Failed);
  EXPECT_EQ(digests.standing(question).failure, "bad bytes");
  digests.goOn(question);
  ASSERT_EQ(run.walks.size(), 2u);
  run.finishWalk(1, "still bad");
  EXPECT_EQ(digests.layer(2, 0, {}), nullptr);
  EXPECT_EQ(run.walks.size(), 2u);
  RunData longer = *run.run;
  longer.snapshot_steps.push_back(300);
  run.replaceData(longer);
  digests.layer(2, 0, {});
  EXPECT_EQ(run.walks.size(), 3u);
}

/// 150 samples in pages of 64, 64 and 22, each with 4 patches and 1 + n % 3 words: 600 patches and
/// 300 words.
class StoppedWalkTest : public ::testing::Test {
 protected:
  StoppedWalkTest() {
    fillManyGroups(run, 30);
    run.holds_walks = true;
    digests.setSource(&run);
  }
  Standing standing(int64_t snapshot = 1) {
    return digests.standing(Digests::question(snapshot, 0, {}));
  }
  /// Visits the first page of a walk and says so.
  void visitPage(std::size_t walk) {
    run.visit(walk, 1);
    run.tellProgress(walk, 1.0 / 3);
  }

  HeldWalks<ProbabilityRun> run;
  Digests digests;
};

TEST_F(StoppedWalkTest, EndsAndDoesNotBeginAgainByItself) {
  digests.layer(1, 0, {});
  visitPage(0);
  EXPECT_EQ(standing().kind, Kind::Waiting);
  digests.stop(Digests::question(1, 0, {}));
  EXPECT_FALSE(run.walks[0]->alive);
  EXPECT_EQ(digests.layer(1, 0, {}), nullptr);
  EXPECT_EQ(run.walks.size(), 1u);
  EXPECT_EQ(standing().kind, Kind::Stopped);
  EXPECT_NEAR(standing().done, 1.0 / 3, 1e-9);
  EXPECT_EQ(digests.layer(0, 0, {}), nullptr) << "another question";
  EXPECT_EQ(run.walks.size(), 2u);
}

TEST_F(StoppedWalkTest, GoesOnWithWhatWasNotVisited) {
  digests.layer(1, 0, {});
  visitPage(0);
  digests.stop(Digests::question(1, 0, {}));
  digests.goOn(Digests::question(1, 0, {}));
  ASSERT_EQ(run.walks.size(), 2u);
  ASSERT_EQ(run.walks[1]->request.items.size(), 2u);
  EXPECT_EQ(run.walks[1]->request.items[0].first_sample, 64);
  run.tellProgress(1, 0.5);
  EXPECT_NEAR(standing().done, 2.0 / 3, 1e-9) << "half of the two thirds that were left";
  run.finishWalk(1);
  const auto digest = digests.layer(1, 0, {});
  ASSERT_TRUE(digest);
  EXPECT_THAT(digest->tokens, ElementsAre(600, 300)) << "every page once";
}

TEST_F(StoppedWalkTest, AVisitThatWasUnderWayIsNotMadeTwice) {
  digests.layer(1, 0, {});
  visitPage(0);
  digests.stop(Digests::question(1, 0, {}));
  digests.goOn(Digests::question(1, 0, {}));
  run.visit(0, 1);  // the reader had begun with it
  run.finishWalk(1);
  ASSERT_TRUE(digests.layer(1, 0, {}));
  EXPECT_THAT(digests.layer(1, 0, {})->tokens, ElementsAre(600, 300));
}

TEST_F(StoppedWalkTest, WhatIsPushedAsideGoesOnLater) {
  digests.layer(1, 0, {});
  visitPage(0);
  digests.layer(0, 0, {});
  EXPECT_FALSE(run.walks[0]->alive);
  EXPECT_EQ(standing().kind, Kind::Waiting);
  EXPECT_NEAR(standing().done, 1.0 / 3, 1e-9);
  run.finishWalk(1);
  ASSERT_EQ(run.walks.size(), 3u);
  EXPECT_EQ(run.walks[2]->request.items.size(), 2u);
  run.finishWalk(2);
  EXPECT_THAT(digests.layer(1, 0, {})->tokens, ElementsAre(600, 300));
}

TEST_F(StoppedWalkTest, WhatWaitsForItsTurnCanBeStoppedToo) {
  digests.layer(1, 0, {});
  digests.layer(0, 0, {});
  digests.stop(Digests::question(1, 0, {}));
  EXPECT_TRUE(run.walks[1]->alive) << "the other view's";
  run.finishWalk(1);
  EXPECT_EQ(run.walks.size(), 2u);
  EXPECT_EQ(standing().kind, Kind::Stopped);
}

TEST_F(StoppedWalkTest, AStopAtTheNewestStepHoldsWhileTheRunGrows) {
  digests.layer(1, 0, {});
  digests.stop(Digests::question(1, 0, {}));
  RunData longer = *run.run;
  longer.snapshot_steps.push_back(100);
  run.replaceData(longer);
  EXPECT_EQ(digests.layer(2, 0, {}), nullptr);
  EXPECT_EQ(run.walks.size(), 1u);
  EXPECT_EQ(standing(2).kind, Kind::Stopped);
  digests.layer(0, 0, {});
  EXPECT_EQ(run.walks.size(), 2u) << "an older step is another question";
}

TEST_F(StoppedWalkTest, IsForgottenWithTheStepsThatWereTakenBack) {
  digests.layer(1, 0, {});
  visitPage(0);
  digests.stop(Digests::question(1, 0, {}));
  RunData resumed = *run.run;
  resumed.snapshot_steps = {0, 40};
  run.replaceData(resumed);
  digests.layer(1, 0, {});
  ASSERT_EQ(run.walks.size(), 2u);
  EXPECT_EQ(run.walks[1]->request.items.size(), 3u) << "nothing of the old steps is gone on with";
}

TEST_F(StoppedWalkTest, AWhatIfIsStoppedForAllLayersAndStepsOfItsSettings) {
  WhatIfOutcomes outcomes;
  outcomes.setSource(&run);
  const WhatIfSettings half{{}, 0.5, {}};
  outcomes.layer(1, 0, half);
  outcomes.layer(1, 1, half);
  run.visit(0, 3);  // groups 0 … 29 and 30 … 59, and 60 … 63 of the third: a page ends there
  outcomes.stop(WhatIfOutcomes::question(1, 1, half));
  EXPECT_TRUE(outcomes.isIdle());
  outcomes.layer(1, 0, half);
  outcomes.layer(0, 1, half);
  EXPECT_EQ(run.walks.size(), 1u);
  EXPECT_EQ(outcomes.standing(WhatIfOutcomes::question(0, 1, half)).kind, Kind::Stopped);
  outcomes.goOn(WhatIfOutcomes::question(1, 0, half));
  ASSERT_EQ(run.walks.size(), 2u);
  run.finishWalk(1);
  const auto outcome = outcomes.layer(1, 0, half);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->samples, 150);
  EXPECT_EQ(outcome->modality[0].tokens, 600u);
  EXPECT_EQ(outcome->modality[1].tokens, 300u);
  ASSERT_EQ(run.walks.size(), 3u) << "then the other layer";
  EXPECT_EQ(run.walks[2]->request.items[0].layer, 1);
  outcomes.layer(1, 0, {{}, 2.0, {}});
  EXPECT_FALSE(run.walks[2]->alive) << "other settings end it";
}

TEST_F(StoppedWalkTest, CaptionsAreCountedWithoutAModelsDecisions) {
  run.probe.captions.assign(150, "a road");
  run.probe.captions[140] = "A Zebra, here";
  RunData dense = *run.run;
  dense.layout.layers = dense.layout.experts = 0;
  dense.snapshot_steps.clear();
  run.replaceData(dense);
  run.slice = {};  // nothing is routed
  TokenFilter filter;
  filter.word = "zebra";
  filter.dropped = true;  // needs what is not there
  EXPECT_EQ(digests.texts(filter), nullptr);
  ASSERT_EQ(run.walks.size(), 1u);
  EXPECT_FALSE(run.walks[0]->request.decisions);
  run.finishWalk(0);
  const auto texts = digests.texts(filter);
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->matchingSamples(), 1);
  EXPECT_EQ(texts->patches[140], 4u);
  EXPECT_EQ(texts->text_tokens[140], 3u);  // 1 + 140 % 3
  EXPECT_THAT(texts->words, ElementsAre("a", "road", "zebra", "here"));
}

}  // namespace
}  // namespace limoe::gui
