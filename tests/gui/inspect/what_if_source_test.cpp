#include "gui/inspect/what_if_source.h"

#include <gmock/gmock.h>

#include <QSignalSpy>
#include <QTest>
#include <cmath>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/digests.h"
#include "tests/gui/inspect/what_if_runs.h"

namespace limoe::gui {
namespace {

using model::Priority;
using ::testing::ElementsAre;
using testing::Expected;
using testing::handRun;
using ::testing::HasSubstr;
using testing::manyGroups;
using testing::ProbabilityRun;
using testing::routedByHand;

/// Samples [64 · page, …), waited for.
std::shared_ptr<const probe::LayerSlice> pageOf(RunSource& source, int64_t snapshot, int64_t layer,
                                                int64_t page) {
  const auto whole = std::make_shared<probe::LayerSlice>();
  const int64_t end = std::min((page + 1) * 64, source.data()->layout.samples);
  for (int64_t sample = page * 64; sample < end; ++sample) {
    std::shared_ptr<const probe::LayerSlice> one;
    EXPECT_TRUE(QTest::qWaitFor(
        [&] { return (one = source.decisions(snapshot, layer, sample)) != nullptr; }, 5000));
    if (one) {
      EXPECT_EQ(one->samples, 1);
      fake_walk_detail::join(*whole, *one);
    }
  }
  return whole;
}

/// Compares samples with what was routed by hand.
void expectRouted(const probe::LayerSlice& slice, const Expected& expected, std::size_t top_k) {
  for (int64_t i = 0; i < slice.samples; ++i) {
    for (int64_t u = 0; u < 7; ++u) {
      const bool image = u < 4;
      const probe::Decisions& decisions = image ? slice.image : slice.text;
      const auto token = static_cast<std::size_t>(image ? i * 4 + u : i * 3 + u - 4);
      const auto at = static_cast<std::size_t>((slice.first_sample + i) * 7 + u);
      for (std::size_t k = 0; k < top_k; ++k) {
        const int64_t expert = decisions.expert[token * top_k + k];
        ASSERT_EQ(expert == probe::kNoExpert ? -1 : expert, expected.expert[at * top_k + k])
            << "sample " << slice.first_sample + i << " position " << u;
        ASSERT_EQ(decisions.kept[token * top_k + k], expected.kept[at * top_k + k]);
      }
    }
  }
}

class WhatIfPages : public ::testing::TestWithParam<int64_t> {};

TEST_P(WhatIfPages, AreRoutedByWholeGroups) {
  const auto fake = manyGroups(GetParam());
  WhatIfSource source(fake.get());
  source.setSettings({2, 0.6, Priority::Bpr});
  EXPECT_EQ(source.data()->layout.top_k, 2);
  EXPECT_EQ(source.decisions(1, 1, 0), nullptr) << "nothing is computed while the window waits";
  const Expected expected = routedByHand(*fake, GetParam(), 2, 0.6, Priority::Bpr);
  int64_t samples = 0;
  for (int64_t page = 0; page < 3; ++page) {
    const auto slice = pageOf(source, 1, 1, page);
    ASSERT_TRUE(slice);
    EXPECT_EQ(slice->first_sample, page * 64);
    EXPECT_EQ(slice->image.expert.size(), static_cast<std::size_t>(slice->samples) * 4 * 2);
    EXPECT_TRUE(slice->image.probability.empty());
    samples += slice->samples;
    expectRouted(*slice, expected, 2);
    const int64_t first = page * 64;
    const auto choices = source.choices(1, 1, first);
    ASSERT_TRUE(choices);
    EXPECT_EQ(choices->image.expert, source.decisions(1, 1, first)->image.expert);
    EXPECT_FALSE(source.cannotReadChoices(1, 1, first));
  }
  EXPECT_EQ(samples, 150);
  EXPECT_EQ(source.decisions(1, 1, 150), nullptr);
}

TEST_P(WhatIfPages, WalksVisitWhatWasAskedFor) {
  const auto fake = manyGroups(GetParam());
  WhatIfSource source(fake.get());
  source.setSettings({{}, 0.6, Priority::Bpr});
  const Expected expected = routedByHand(*fake, GetParam(), 1, 0.6, Priority::Bpr);
  WalkRequest request;
  request.items = {{0, 0, 0, 64}, {0, 0, 64, 64},  {0, 0, 128, 22},
                   {1, 1, 30, 5}, {1, 1, 100, 50}, {1, 0, 3, 120}};
  const auto items = request.items;
  request.texts = true;
  request.probabilities = true;
  std::size_t visits = 0;
  request.visit = [&](const WalkItem& item, const probe::ProbeSet& texts,
                      const probe::LayerSlice& slice) {
    ASSERT_LT(visits, items.size());
    EXPECT_EQ(item.first_sample, items[visits].first_sample);
    EXPECT_EQ(slice.first_sample, item.first_sample);
    EXPECT_EQ(slice.samples, item.samples);
    EXPECT_EQ(std::ssize(texts.captions), item.samples);
    EXPECT_EQ(std::ssize(texts.pieces), item.samples * 3);
    ASSERT_EQ(std::ssize(slice.image.probability), item.samples * 4 * 5);
    EXPECT_EQ(slice.image.probability[0],
              fake->slice.image.probability[static_cast<std::size_t>(item.first_sample * 20)]);
    expectRouted(slice, expected, 1);
    ++visits;
  };
  bool finished = false;
  request.finished = [&](const QString& failure) {
    EXPECT_EQ(failure, "");
    finished = true;
  };
  const auto walk = source.walk(request);
  ASSERT_TRUE(QTest::qWaitFor([&] { return finished; }, 5000));
  EXPECT_EQ(visits, items.size());
}

// Smaller and larger than a page of 64, one that divides it, one that holds all.
INSTANTIATE_TEST_SUITE_P(Pairs, WhatIfPages, ::testing::Values(7, 32, 48, 100, 150));

TEST(WhatIfSource, PassesTheRecordingThroughUntilAsked) {
  const auto fake = handRun();
  WhatIfSource source(fake.get());
  EXPECT_EQ(source.data(), fake->run);
  EXPECT_EQ(source.summary(1), fake->recorded_summary);
  ASSERT_TRUE(source.decisions(1, 0, 0));
  EXPECT_EQ(fake->walks, 0);
}

TEST(WhatIfSource, PassesSnapshotsThroughThatWereRecordedLikeThat) {
  const auto fake = handRun();
  fake->run->events = {{60, 2, "setting", "moe.capacity_factor 1 → 0.5"}};
  WhatIfSource source(fake.get());
  source.setSettings({{}, 0.5, {}});
  EXPECT_TRUE(source.decisions(1, 0, 0)) << "the snapshot of step 100 had 0.5";
  EXPECT_EQ(source.summary(1), fake->recorded_summary);
  EXPECT_EQ(fake->walks, 0);
  EXPECT_FALSE(source.decisions(0, 0, 0));
  const auto slice = pageOf(source, 0, 0, 0);
  EXPECT_THAT(slice->image.kept, ElementsAre(1, 0, 0, 1));  // as BprDropsWhoIsLeastSure
}

TEST(WhatIfSource, SummariesAreOfTheWhatIf) {
  const auto fake = handRun();
  WhatIfSource source(fake.get());
  source.setSettings({{}, 0.5, Priority::Vanilla});
  EXPECT_EQ(source.data()->name, "hand · what if");
  EXPECT_EQ(source.data()->what_if, "capacity factor 0.5 · vanilla priority");
  QSignalSpy ready(&source, &RunSource::pageReady);
  EXPECT_EQ(source.summary(1), nullptr);
  ASSERT_TRUE(ready.wait(5000));
  const auto summary = source.summary(1);
  ASSERT_TRUE(summary);
  EXPECT_THAT(summary->tokens, ElementsAre(2U, 1U, 0U, 0U));  // see CountsWhatChanges
  EXPECT_THAT(summary->label_tokens, ElementsAre(2U, 0U, 0U, 1U));
  // Labels are told by the expert: I/H = 1. Success: 3 of 4 patches, 0 of 2 words.
  EXPECT_TRUE(std::isnan(summary->metrics[0])) << "recall needs the model";
  EXPECT_THAT(std::vector<float>(summary->metrics.begin() + 1, summary->metrics.end()),
              ElementsAre(0.75F, 0, ::testing::FloatEq(1), 0.75F, 0, ::testing::FloatEq(1)));
  // The strip's capacity: ceil(6·0.5/2) = 2, recorded 3.
  EXPECT_EQ(probeCapacity(*source.data(), 0, 100, {1, 1}), 2);
  EXPECT_EQ(probeCapacity(*fake->run, 0, 100, {1, 1}), 3);
}

TEST(WhatIfSource, NewSettingsReplaceWhatWasComputed) {
  const auto fake = handRun();
  WhatIfSource source(fake.get());
  QSignalSpy data(&source, &RunSource::dataChanged);
  QSignalSpy k(&source, &WhatIfSource::kChanged);
  source.setSettings({{}, 0.5, Priority::Vanilla});
  EXPECT_THAT(pageOf(source, 1, 0, 0)->image.kept, ElementsAre(1, 1, 0, 1));
  source.setSettings({{}, 0.5, {}});
  EXPECT_EQ(k.count(), 0);
  EXPECT_EQ(data.count(), 2);
  EXPECT_THAT(pageOf(source, 1, 0, 0)->image.kept, ElementsAre(1, 0, 0, 1));
  source.setSettings({2, {}, {}});
  EXPECT_EQ(k.count(), 1);
  EXPECT_EQ(pageOf(source, 1, 0, 0)->image.kept.size(), 8U);
  source.setSettings({});
  EXPECT_EQ(k.count(), 2);
  EXPECT_EQ(source.data(), fake->run);
  EXPECT_EQ(pageOf(source, 1, 0, 0)->image.kept.size(), 4U);
}

TEST(WhatIfSource, SamplesOfAGroupThatIsNotWholeAreNotRouted) {
  const auto fake = manyGroups(64);  // 64, 64 and 22 of 64
  fake->run->config.record.recall_samples = 192;
  WhatIfSource source(fake.get());
  source.setSettings({{}, 0.6, {}});
  const auto last = pageOf(source, 0, 0, 2);
  EXPECT_THAT(last->image.expert, ::testing::Each(probe::kNoExpert));
  const Expected expected = routedByHand(*fake, 64, 1, 0.6, Priority::Vanilla);
  expectRouted(*pageOf(source, 0, 0, 1), expected, 1);
}

/// One group of 12 full pages whose decisions are large: a page takes 64·6001·17 bytes = 6.5 MB, so
/// that 8 of them are kept. Each sample has one patch and room for 6000 words, none of them used.
class WidePages : public ProbabilityRun {
 public:
  static constexpr int64_t kWords = 6000;
  WidePages() {
    run->layout.layers = 1;
    run->layout.experts = 2;
    run->layout.top_k = 1;
    run->layout.samples = 12 * kPageSamples;
    run->layout.patch_rows = run->layout.patch_columns = 1;
    run->layout.text_length = kWords;
    run->layout.blocks = {1};
    run->layout.probabilities = true;
    run->config.model.moe.emplace();
    run->config.record.recall_samples = 1;
    run->origin.probe_capacity_factor = 1;
    run->origin.probe_group_pairs = run->layout.samples;
    run->snapshot_steps = {0};
  }
  std::shared_ptr<const probe::LayerSlice> decisions(int64_t, int64_t, int64_t sample) override {
    auto one = std::make_shared<probe::LayerSlice>();
    one->first_sample = sample;
    one->samples = 1;
    testing::addToken(one->image, 0, 0.9F, 1, {0.9F, 0.1F});
    probe::Decisions& text = one->text;
    text.expert.assign(kWords, probe::kNoExpert);
    text.gate.assign(text.expert.size(), 0);
    text.kept.assign(text.expert.size(), 0);
    text.runner_up.assign(text.expert.size(), probe::kNoExpert);
    text.margin.assign(text.expert.size(), 0);
    one->order.assign(kWords + 1, UINT32_MAX);
    return one;
  }
};

TEST(WhatIfSource, APageOfAGroupLargerThanTheCacheComes) {
  WidePages fake;
  WhatIfSource source(&fake);
  source.setSettings({{}, 0.5, {}});
  // As views do: what is shown is asked for again whenever something has come.
  const std::vector<int64_t> shown = {0, 64, 11 * 64};
  const auto missing = [&] {
    return std::count_if(shown.begin(), shown.end(),
                         [&](int64_t sample) { return !source.decisions(0, 0, sample); });
  };
  QObject::connect(&source, &RunSource::pageReady, &source, missing);
  missing();
  ASSERT_TRUE(QTest::qWaitFor([&] { return source.isIdle(); }, 60'000));
  EXPECT_EQ(missing(), 0);
  EXPECT_EQ(fake.walks, 2) << "pages 0 and 1 in one";
  EXPECT_EQ(source.decisions(0, 0, 11 * 64)->first_sample, 11 * 64);
}

TEST(WhatIfSource, WithoutProbabilitiesTheRecordingStays) {
  const auto fake = handRun();
  fake->run->layout.probabilities = false;
  WhatIfSource source(fake.get());
  source.setSettings({2, 0.5, {}});
  EXPECT_EQ(source.data(), fake->run);
  EXPECT_TRUE(source.decisions(0, 0, 0));
}

TEST(WhatIfSource, APartWithoutThemSaysSo) {
  const auto fake = handRun();
  fake->slice.image.probability.clear();  // recorded before the run was resumed
  fake->slice.text.probability.clear();
  WhatIfSource source(fake.get());
  const WhatIfSettings settings{{}, 0.5, {}};
  QSignalSpy failed(&source.outcomes(), &WhatIfOutcomes::failed);
  EXPECT_EQ(source.outcomes().layer(1, 0, settings), nullptr);
  ASSERT_TRUE(failed.wait(5000));
  EXPECT_THAT(
      source.outcomes().standing(WhatIfOutcomes::question(1, 0, settings)).failure.toStdString(),
      HasSubstr("without routing probabilities"));
  source.setSettings(settings);
  QSignalSpy told(&source, &RunSource::failed);
  EXPECT_EQ(source.decisions(1, 0, 0), nullptr);
  ASSERT_TRUE(told.wait(5000));
  EXPECT_EQ(source.decisions(1, 0, 0), nullptr);
  QTest::qWait(50);
  EXPECT_EQ(told.count(), 1) << "it is not tried again and again";
}

TEST(WhatIfDigests, AreMadeAnewUnderOtherSettings) {
  const auto fake = handRun();
  WhatIfSource source(fake.get());
  Digests digests;
  digests.setSource(&source);
  std::shared_ptr<const LayerDigest> digest;
  const auto made = [&] { return (digest = digests.layer(1, 0, {})) != nullptr; };
  ASSERT_TRUE(QTest::qWaitFor(made, 5000));
  EXPECT_EQ(digest->dropped_patches[0], 1U);
  EXPECT_EQ(digest->dropped_patches[1], 0U);
  source.setSettings({{}, 0.5, Priority::Vanilla});
  EXPECT_EQ(digests.layer(1, 0, {}), nullptr);
  ASSERT_TRUE(QTest::qWaitFor(made, 5000));
  EXPECT_EQ(digest->dropped_patches[0], 0U);
  EXPECT_EQ(digest->dropped_patches[1], 1U);
}

TEST(WhatIfOutcomes, OtherSettingsEndTheOnesBefore) {
  const auto fake = manyGroups(32);
  WhatIfOutcomes outcomes;
  outcomes.setSource(fake.get());
  for (int i = 1; i <= 20; ++i) {
    outcomes.layer(0, 0, {{}, 0.1 * i, {}});
  }
  std::shared_ptr<const LayerOutcome> newest;
  ASSERT_TRUE(QTest::qWaitFor(
      [&] {
        return (newest = outcomes.layer(0, 0, {{}, 0.1 * 20, {}})) != nullptr;
      },
      5000));
  EXPECT_EQ(newest->rule.capacity_factor, 0.1 * 20);
  EXPECT_TRUE(outcomes.isIdle());
  EXPECT_EQ(newest->samples, 150);
}

}  // namespace
}  // namespace limoe::gui
