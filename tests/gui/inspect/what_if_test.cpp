#include "gui/inspect/what_if.h"

#include <gmock/gmock.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <filesystem>

#include "gui/charts/expert_counts.h"
#include "gui/runs/recording_tracker.h"
#include "tests/gui/inspect/what_if_runs.h"

namespace limoe::gui {
namespace {

using model::Priority;
using ::testing::ElementsAre;
using testing::handRun;
using ::testing::HasSubstr;
using testing::ProbabilityRun;

// ---- recordings that the worker made

constexpr int kWorkerMs = 200'000;

QString limoe(const QStringList& arguments) {
  QProcess process;
  process.setProcessChannelMode(QProcess::MergedChannels);
  process.start(LIMOE_PROGRAM, arguments);
  EXPECT_TRUE(process.waitForFinished(kWorkerMs));
  const QString output = process.readAll();
  EXPECT_EQ(process.exitCode(), 0) << output.toStdString();
  return output;
}

/// A training of seconds, as tests/worker/worker.py's.
QStringList smallRun(const QString& folder, const QStringList& more) {
  QStringList arguments = {"train", "--out", folder, "--batch-size", "8", "--threads", "1"};
  for (const char* set : {"image_size=32", "width=32", "mlp_dim=64", "depth=2", "heads=2",
                          "embed_dim=16", "vocab_size=256", "text_length=24", "moe.blocks=[0,1]",
                          "moe.experts=4", "data.train_samples=512", "data.held_out_samples=64"}) {
    arguments << "--set" << set;
  }
  return arguments << "--record"
                   << "probabilities=all" << more;
}

QString folderIn(const QTemporaryDir& scratch) {
  return scratch.filePath("run");
}

/// Routes every whole group of every layer and snapshot anew under the recorded rule, and looks for
/// the first decision that is not the recorded one.
void expectReproduced(const QString& folder, int64_t snapshots_wanted) {
  RecordingTracker tracker(folder.toStdString());
  const auto run = tracker.update().data;
  ASSERT_EQ(whatIfObstacle(*run).toStdString(), "");
  const auto rules = recordedRules(*run);
  ASSERT_EQ(rules.size(), run->snapshot_steps.size());
  ASSERT_GE(std::ssize(rules), snapshots_wanted);
  const ProbeGroups groups(*run);
  for (int64_t snapshot = 0; snapshot < std::ssize(rules); ++snapshot) {
    for (int64_t layer = 0; layer < run->layout.layers; ++layer) {
      for (int64_t group = 0; group < groups.count() && groups.isWhole(group); ++group) {
        const auto range = groups.range(group);
        const probe::LayerSlice recorded =
            tracker.reader().readLayer(snapshot, layer, range.first, range.count, true);
        const probe::LayerSlice again =
            reroute(run->layout, recorded, rules[static_cast<std::size_t>(snapshot)]);
        const std::string where = "snapshot " + std::to_string(snapshot) + " layer " +
                                  std::to_string(layer) + " group " + std::to_string(group);
        ASSERT_EQ(again.image.expert, recorded.image.expert) << where;
        ASSERT_EQ(again.image.kept, recorded.image.kept) << where;
        ASSERT_EQ(again.image.runner_up, recorded.image.runner_up) << where;
        ASSERT_EQ(again.text.expert, recorded.text.expert) << where;
        ASSERT_EQ(again.text.kept, recorded.text.kept) << where;
        ASSERT_EQ(again.text.runner_up, recorded.text.runner_up) << where;
        ASSERT_EQ(again.order, recorded.order) << where;
      }
    }
  }
}

std::shared_ptr<const RunData> dataOf(const QString& folder) {
  RecordingTracker tracker(folder.toStdString());
  return tracker.update().data;
}

/// Choices of the newest snapshot that found no room.
uint64_t droppedAtEnd(const QString& folder) {
  RecordingTracker tracker(folder.toStdString());
  const auto run = tracker.update().data;
  uint64_t dropped = 0;
  for (int64_t layer = 0; layer < run->layout.layers; ++layer) {
    const auto slice = tracker.reader().readLayer(std::ssize(run->snapshot_steps) - 1, layer, 0,
                                                  run->layout.samples, false);
    for (const probe::Decisions* decisions : {&slice.image, &slice.text}) {
      for (std::size_t c = 0; c < decisions->expert.size(); ++c) {
        dropped += decisions->expert[c] != probe::kNoExpert && decisions->kept[c] == 0 ? 1 : 0;
      }
    }
  }
  return dropped;
}

TEST(WhatIfRecorded, OneExpertPerTokenByGate) {
  const QTemporaryDir scratch;
  const QString folder = folderIn(scratch);
  limoe(smallRun(folder, {"--setting", "limoe", "--steps", "8", "--record", "every=4", "--record",
                          "probe_samples=16", "--record", "recall_samples=32"}));
  EXPECT_GT(droppedAtEnd(folder), 0U) << "or capacity would not matter";
  expectReproduced(folder, 3);
}

TEST(WhatIfRecorded, TwoExpertsInTokenOrderAndASmallerLastGroup) {
  const QTemporaryDir scratch;
  const QString folder = folderIn(scratch);
  limoe(smallRun(
      folder, {"--setting", "none", "--steps", "4", "--set", "moe.top_k=2", "--record", "every=2",
               "--record", "probe_samples=20", "--record", "recall_samples=16"}));
  const auto run = dataOf(folder);
  const ProbeGroups groups(*run);
  EXPECT_EQ(groups.count(), 3);
  EXPECT_EQ(groups.range(2).count, 4);  // 8 + 8 + 4
  EXPECT_TRUE(groups.isWhole(2));
  EXPECT_EQ(recordedRule(*run, 0)->priority, Priority::Vanilla);
  EXPECT_EQ(recordedRule(*run, 0)->top_k, 2);
  EXPECT_GT(droppedAtEnd(folder), 0U);
  expectReproduced(folder, 3);
}

TEST(WhatIfRecorded, TwoTowersAndAnotherCapacityFactor) {
  const QTemporaryDir scratch;
  const QString folder = folderIn(scratch);
  limoe(smallRun(folder,
                 {"--setting", "classic+bpr", "--steps", "4", "--set", "towers=two", "--set",
                  "moe.capacity_factor=0.7", "--record", "every=2", "--record", "probe_samples=16",
                  "--record", "probe_group_pairs=4", "--record", "recall_samples=16"}));
  const auto run = dataOf(folder);
  EXPECT_EQ(run->layout.layers, 4);
  EXPECT_EQ(recordedRule(*run, 4)->capacity_factor, 0.7);
  EXPECT_EQ(ProbeGroups(*run).count(), 4);
  expectReproduced(folder, 3);
}

TEST(WhatIfRecorded, SettingsChangedWhileItTrained) {
  const QTemporaryDir scratch;
  const QString folder = folderIn(scratch);
  QProcess worker;
  worker.start(LIMOE_PROGRAM,
               smallRun(folder, {"--setting", "limoe", "--steps", "100000", "--record", "every=2",
                                 "--record", "probe_samples=16", "--record", "recall_samples=16",
                                 "--record", "recall_every=1000"}));
  const auto socket = (folder + "/control.sock").toStdString();
  ASSERT_TRUE(QTest::qWaitFor([&] { return std::filesystem::exists(socket); }, 60'000));
  ASSERT_TRUE(QTest::qWaitFor(
      [&] {
        return std::filesystem::exists((folder + "/recording.h5").toStdString()) &&
               limoe({"control", folder, "status"}).contains("training");
      },
      60'000));
  limoe({"control", folder, "pause"});
  limoe({"control", folder, "set", "moe.capacity_factor=0.55", "moe.priority=vanilla"});
  for (int i = 0; i < 4; ++i) {
    limoe({"control", folder, "step"});
  }
  limoe({"control", folder, "set", "moe.priority=bpr"});
  for (int i = 0; i < 4; ++i) {
    limoe({"control", folder, "step"});
  }
  limoe({"control", folder, "stop"});
  ASSERT_TRUE(worker.waitForFinished(kWorkerMs));
  const auto run = dataOf(folder);
  const auto rules = recordedRules(*run);
  const double before = run->origin.probe_capacity_factor;
  EXPECT_EQ(rules.front(), (RoutingRule{1, before, Priority::Bpr}));
  EXPECT_THAT(rules, ::testing::Contains(RoutingRule{1, 0.55, Priority::Vanilla}));
  EXPECT_EQ(rules.back(), (RoutingRule{1, 0.55, Priority::Bpr}));
  expectReproduced(folder, 4);
}

TEST(WhatIfRecorded, AGroupWithSamplesThatAreNotRecordedIsLeftOut) {
  const QTemporaryDir scratch;
  const QString folder = folderIn(scratch);
  // Groups of 8 pairs over 32 samples, of which 12 are recorded: the second is routed with
  // samples 12 … 15, which nobody knows.
  limoe(smallRun(folder, {"--setting", "limoe", "--steps", "2", "--record", "every=2", "--record",
                          "probe_samples=12", "--record", "recall_samples=32"}));
  const auto run = dataOf(folder);
  const ProbeGroups groups(*run);
  EXPECT_EQ(groups.count(), 2);
  EXPECT_TRUE(groups.isWhole(0));
  EXPECT_FALSE(groups.isWhole(1));
  EXPECT_EQ(groups.wholeSamples(), 8);
  expectReproduced(folder, 2);
}

// ---- by hand

TEST(WhatIf, VanillaDropsWhoComesLast) {
  const auto fake = handRun();
  // C = ceil(6·0.5/2) = 2. Expert 0 is asked for, in token order, by both patches of sample 0 (two:
  // full), patch 0 of sample 1, “cat” and “dog”; expert 1 by patch 1 of sample 1.
  const auto slice = reroute(fake->run->layout, fake->slice, {1, 0.5, Priority::Vanilla});
  EXPECT_THAT(slice.image.expert, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(slice.image.kept, ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(slice.text.expert, ElementsAre(0, probe::kNoExpert, 0, probe::kNoExpert));
  EXPECT_THAT(slice.text.kept, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(slice.order, ElementsAre(0, 1, 4, UINT32_MAX, 2, 3, 5, UINT32_MAX));
}

TEST(WhatIf, BprDropsWhoIsLeastSure) {
  const auto fake = handRun();
  // C = 2; by gate “cat” 0.95 and patch 0 of sample 0 (0.9) fill expert 0.
  const auto slice = reroute(fake->run->layout, fake->slice, {1, 0.5, Priority::Bpr});
  EXPECT_THAT(slice.image.kept, ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(slice.text.kept, ElementsAre(1, 0, 0, 0));
  EXPECT_EQ(slice.order, fake->slice.order);
  EXPECT_FLOAT_EQ(slice.image.margin[3], 0.6F);  // 0.8 − 0.2
  EXPECT_EQ(slice.image.runner_up[3], 0);
}

std::shared_ptr<const LayerOutcome> outcomeOf(const ProbabilityRun& fake, const RoutingRule& rule) {
  LayerOutcomeBuilder builder(fake.run->layout, 1, 100, 0, {1, 1, Priority::Bpr}, rule);
  builder.add(fake.probe, fake.slice);
  return builder.take();
}

TEST(WhatIf, CountsWhatChanges) {
  const auto outcome = outcomeOf(*handRun(), {1, 0.5, Priority::Vanilla});
  // Recorded: s0p0, s1p0, s1p1, cat kept. Now: s0p0, s0p1, s1p1.
  const ModalityOutcome& image = outcome->modality[probe::kImage];
  EXPECT_EQ(image.tokens, 4U);
  EXPECT_EQ(image.recorded_kept, 3U);
  EXPECT_EQ(image.kept, 3U);
  EXPECT_EQ(image.dropped, 1U);
  EXPECT_EQ(image.rescued, 1U);
  EXPECT_EQ(image.elsewhere, 0U);
  const ModalityOutcome& text = outcome->modality[probe::kText];
  EXPECT_EQ(text.tokens, 2U);
  EXPECT_EQ(text.recorded_kept, 1U);
  EXPECT_EQ(text.kept, 0U);
  EXPECT_EQ(text.dropped, 1U);
  EXPECT_EQ(text.rescued, 0U);
  EXPECT_THAT(outcome->experts[0].recorded, ElementsAre(2U, 1U));
  EXPECT_THAT(outcome->experts[0].kept, ElementsAre(2U, 0U));
  EXPECT_THAT(outcome->experts[1].kept, ElementsAre(1U, 0U));
  EXPECT_EQ(outcome->recorded_capacity, 3U);
  EXPECT_EQ(outcome->capacity, 2U);
  // Patches of sample 0 (sky) are expert 0's, patch 1 of sample 1 (a car) expert 1's.
  EXPECT_THAT(outcome->label_tokens, ElementsAre(2U, 0U, 0U, 1U));
  // A car's patch and “cat” dropped, a sky patch rescued.
  ASSERT_EQ(outcome->changed.size(), 3U);
  EXPECT_EQ(outcome->changed[0].name, "car");
  EXPECT_EQ(outcome->changed[0].change, TokenChange::Dropped);
  EXPECT_EQ(outcome->changed[1].name, "▁cat");
  EXPECT_EQ(outcome->changed[1].change, TokenChange::Dropped);
  ASSERT_EQ(outcome->changed[1].examples.size(), 1U);
  EXPECT_EQ(outcome->changed[1].examples[0].token, (TokenRef{0, probe::kText, 0}));
  EXPECT_THAT(outcome->changed[1].examples[0].recorded, ElementsAre(0));
  EXPECT_THAT(outcome->changed[1].examples[0].processed, ElementsAre());
  EXPECT_EQ(outcome->changed[2].name, "sky");
  EXPECT_EQ(outcome->changed[2].change, TokenChange::Rescued);
  EXPECT_EQ(outcome->changed[2].count, 1U);
}

TEST(WhatIf, ASecondExpertTakesTokensToo) {
  // K = 2: C = ceil(2·6·1/2) = 6, room for every choice.
  const auto outcome = outcomeOf(*handRun(), {2, 1, Priority::Bpr});
  const ModalityOutcome& image = outcome->modality[probe::kImage];
  EXPECT_EQ(image.recorded_choices, 4U);
  EXPECT_EQ(image.choices, 8U);
  EXPECT_EQ(image.kept, 8U);
  EXPECT_EQ(image.rescued, 1U);    // patch 1 of sample 0 had been dropped
  EXPECT_EQ(image.elsewhere, 3U);  // the others had one expert
  EXPECT_EQ(outcome->modality[probe::kText].rescued, 1U);
  EXPECT_EQ(outcome->modality[probe::kText].elsewhere, 1U);
  EXPECT_EQ(outcome->capacity, 6U);
  EXPECT_THAT(outcome->experts[1].kept, ElementsAre(4U, 2U));
  const auto fake = handRun();
  const auto slice = reroute(fake->run->layout, fake->slice, {2, 1, Priority::Bpr});
  EXPECT_THAT(slice.image.expert, ElementsAre(0, 1, 0, 1, 0, 1, 1, 0));
  EXPECT_EQ(slice.image.runner_up[0], probe::kNoExpert);  // K = E
}

TEST(WhatIf, PriorityIsTheOneInForceAtTheStep) {
  const auto fake = handRun();
  fake->run->events = {{60, 2, "setting",
                        "moe.capacity_factor 1 → 0.5, moe.priority \"bpr\" → "
                        "\"vanilla\", train.learning_rate 1 → 2"},
                       {90, 3, "checkpoint", "moe.priority \"vanilla\" → \"bpr\""},
                       {200, 4, "setting", "moe.priority \"vanilla\" → \"bpr\""}};
  EXPECT_EQ(*recordedRule(*fake->run, 59), (RoutingRule{1, 1, Priority::Bpr}));
  EXPECT_EQ(*recordedRule(*fake->run, 60), (RoutingRule{1, 0.5, Priority::Vanilla}));
  EXPECT_EQ(*recordedRule(*fake->run, 199), (RoutingRule{1, 0.5, Priority::Vanilla}));
  EXPECT_EQ(*recordedRule(*fake->run, 200), (RoutingRule{1, 0.5, Priority::Bpr}));
  EXPECT_THAT(recordedRules(*fake->run),
              ElementsAre(*recordedRule(*fake->run, 0), *recordedRule(*fake->run, 100)));
}

TEST(WhatIf, SaysWhyItCannotBeComputed) {
  const auto fake = handRun();
  EXPECT_EQ(whatIfObstacle(*fake->run), "");
  RunData run = *fake->run;
  run.layout.probabilities = false;
  EXPECT_THAT(whatIfObstacle(run).toStdString(), HasSubstr("--record probabilities=all"));
  run = *fake->run;
  run.layout.layers = 0;
  EXPECT_THAT(whatIfObstacle(run).toStdString(), HasSubstr("dense"));
  run = *fake->run;
  run.config.record.recall_samples = 4;  // and groups of 4: two of them are not recorded
  run.origin.probe_group_pairs = 4;
  run.layout.scalar_names = {"loss"};
  EXPECT_THAT(whatIfObstacle(run).toStdString(), HasSubstr("--record probe_group_pairs=2"));
  run.layout.scalar_names.clear();  // a user's own images: another start of the run is no remedy
  EXPECT_THAT(whatIfObstacle(run).toStdString(), HasSubstr("held-out pairs of the run"));
  EXPECT_THAT(whatIfObstacle(run).toStdString(), ::testing::Not(HasSubstr("limoe train")));
  run = *fake->run;
  run.config.model.moe.reset();
  EXPECT_THAT(whatIfObstacle(run).toStdString(), HasSubstr("configuration"));
  probe::LayerSlice bare = fake->slice;
  bare.text.probability.clear();
  EXPECT_THROW(reroute(fake->run->layout, bare, {1, 1, Priority::Bpr}), std::runtime_error);
}

}  // namespace
}  // namespace limoe::gui
