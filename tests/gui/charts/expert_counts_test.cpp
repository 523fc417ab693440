#include "gui/charts/expert_counts.h"

#include <gmock/gmock.h>

#include "gui/charts/curve_groups.h"
#include "tests/gui/charts/fake_run.h"

namespace limoe::gui {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::smallRun;

TEST(ExpertCounts, AreTheTokensOfTheLayer) {
  const auto fake = smallRun();
  const auto counts = expertCounts(*fake->run, *fake->summaries[2], 0);
  ASSERT_EQ(counts.size(), 4U);
  // Image 10, 4, 0, 0; text 0, 1, 3, 2: 20 in all.
  EXPECT_EQ(counts[0].image, 10U);
  EXPECT_EQ(counts[1].text, 1U);
  EXPECT_DOUBLE_EQ(counts[0].share, 0.5);
  EXPECT_DOUBLE_EQ(counts[1].share, 0.25);
  EXPECT_DOUBLE_EQ(counts[2].share, 0.15);
}

TEST(ExpertCounts, SecondLayerHasItsOwn) {
  const auto fake = smallRun();
  const auto counts = expertCounts(*fake->run, *fake->summaries[2], 1);
  ASSERT_EQ(counts.size(), 4U);
  EXPECT_EQ(counts[0].image, 8U);
  EXPECT_EQ(counts[2].text, 4U);
  EXPECT_EQ(counts[3].total(), 0U);
  EXPECT_EQ(counts[3].share, 0);
  EXPECT_THAT(counts[3].labels, IsEmpty());
}

TEST(ExpertCounts, LabelsAreThoseAboveChance) {
  const auto fake = smallRun();
  const auto counts = expertCounts(*fake->run, *fake->summaries[2], 0);
  // Expert 0 has 10 of 14 image tokens (0.714): of sky 8/9 = 0.889 is above that, of grass 1/4
  // below, of car 1/1 above. Beyond chance: sky 8 − 0.714·9 = 1.57, car 1 − 0.714 = 0.29.
  ASSERT_EQ(counts[0].labels.size(), 2U);
  EXPECT_EQ(counts[0].labels[0].name, "sky");
  EXPECT_EQ(counts[0].labels[0].tokens, 8U);
  EXPECT_EQ(counts[0].labels[0].of_label, 9U);
  EXPECT_NEAR(counts[0].labels[0].share, 8.0 / 9, 1e-12);
  EXPECT_NEAR(counts[0].labels[0].lift, (8.0 / 9) / (10.0 / 14), 1e-12);
  EXPECT_EQ(counts[0].labels[1].name, "car");
  ASSERT_EQ(counts[1].labels.size(), 1U);
  EXPECT_EQ(counts[1].labels[0].name, "grass");
  EXPECT_NEAR(counts[1].labels[0].share, 0.75, 1e-12);
}

TEST(ExpertCounts, OfADenseModelAreEmpty) {
  RunData dense;
  EXPECT_THAT(expertCounts(dense, probe::Snapshot(), shownLayer(dense, 0)), IsEmpty());
  EXPECT_EQ(shownLayer(dense, 3), -1);
}

TEST(ProbeCapacity, AddsUpTheGroups) {
  const auto fake = smallRun();
  // Groups of two pairs with 6 patches each. Group 1: 12 + 4 + 3 = 19 tokens,
  // C = ceil(1·19·1.25/4) = ceil(5.94) = 6. Group 2: 12 + 2 + 1 = 15, C = ceil(4.69) = 5.
  EXPECT_EQ(probeCapacity(*fake->run, 0, 0, {4, 3, 2, 1}), 11);
}

TEST(ProbeCapacity, LastGroupMayBeSmaller) {
  const auto fake = smallRun();
  fake->run->origin.probe_group_pairs = 3;
  fake->run->config.record.recall_samples = 4;  // no more are routed than recorded
  // 18 + 9 = 27 → ceil(8.44) = 9; 6 + 1 = 7 → ceil(2.19) = 3.
  EXPECT_EQ(probeCapacity(*fake->run, 0, 0, {4, 3, 2, 1}), 12);
}

TEST(ProbeCapacity, IsUnknownWhereTheLastGroupWasRoutedWithSamplesThatAreNotRecorded) {
  const auto fake = smallRun();
  fake->run->origin.probe_group_pairs = 3;
  fake->run->config.record.recall_samples = 5;
  EXPECT_EQ(probeCapacity(*fake->run, 0, 0, {4, 3, 2, 1}), std::nullopt);
  // A what-if leaves that group out.
  fake->run->what_if = QStringLiteral("K 2");
  EXPECT_THAT(countingRule(*fake->run).toStdString(), ::testing::HasSubstr("over 3 probe samples"));
}

TEST(ProbeCapacity, TwoTowersCountOneModalityEach) {
  const auto fake = smallRun();
  fake->run->config.model.towers = model::Towers::Two;
  // Image tower: 12 a group → ceil(3.75) = 4, twice. Text tower: 7 → ceil(2.19) = 3, 3 → 1.
  EXPECT_EQ(probeCapacity(*fake->run, 0, 0, {4, 3, 2, 1}), 8);
  EXPECT_EQ(probeCapacity(*fake->run, 1, 0, {4, 3, 2, 1}), 4);
}

TEST(ProbeCapacity, IsUnknownUntilAllCaptionsAreRead) {
  const auto fake = smallRun();
  EXPECT_EQ(probeCapacity(*fake->run, 0, 0, {4, 3}), std::nullopt);
}

TEST(CapacityFactor, IsTheOneInForceAtTheStep) {
  const auto fake = smallRun();
  fake->run->events = {{50, 1, "pause", "moe.capacity_factor 1.25 → 9"},
                       {60, 2, "setting", "train.learning_rate 0.001 → 0.002"},
                       {100, 3, "setting",
                        "moe.noise_std 0.1 → 0.0, moe.capacity_factor 1.25 → 0.5, "
                        "train.learning_rate 0.002 → 3e-05"},
                       {150, 4, "setting", "moe.capacity_factor 0.5 → 2.0"}};
  EXPECT_EQ(capacityFactorAt(*fake->run, 0), 1.25);
  EXPECT_EQ(capacityFactorAt(*fake->run, 99), 1.25);
  EXPECT_EQ(capacityFactorAt(*fake->run, 100), 0.5);
  EXPECT_EQ(capacityFactorAt(*fake->run, 101), 0.5);
  EXPECT_EQ(capacityFactorAt(*fake->run, 149), 0.5);
  EXPECT_EQ(capacityFactorAt(*fake->run, 200), 2);
  // Groups of 19 and 15 tokens: at 0.5 ceil(2.375) + ceil(1.875), at 2 ceil(9.5) + ceil(7.5).
  EXPECT_EQ(probeCapacity(*fake->run, 0, 0, {4, 3, 2, 1}), 11);
  EXPECT_EQ(probeCapacity(*fake->run, 0, 101, {4, 3, 2, 1}), 5);
  EXPECT_EQ(probeCapacity(*fake->run, 0, 200, {4, 3, 2, 1}), 18);
}

TEST(Titles, SayLayerBlockAndStep) {
  const auto fake = smallRun();
  EXPECT_EQ(layerTitle(*fake->run, 1), "MoE layer 2 (block 3)");
  EXPECT_EQ(stepTitle(*fake->run, 2), "step 200");
  EXPECT_EQ(stepTitle(*fake->run, -1), "no snapshot yet");
  EXPECT_EQ(countingRule(*fake->run), "kept tokens over 4 probe samples, evaluation routing");
  fake->run->config.model.towers = model::Towers::Two;
  EXPECT_EQ(layerTitle(*fake->run, 1), "MoE layer 2 (text tower, block 3)");
}

TEST(CurveGroups, HoldEveryScalarAndMetricOnce) {
  const auto fake = smallRun();
  fake->run->layout.scalar_names.push_back("never/heard_of");
  std::vector<std::size_t> scalars, metrics;
  for (const CurveGroup& group : curveGroups(*fake->run)) {
    for (const PanelSpec& panel : group.panels) {
      for (const CurveSpec& curve : panel.curves) {
        if (curve.kind == CurveSpec::Kind::Scalar) {
          scalars.push_back(curve.column);
        } else if (curve.kind == CurveSpec::Kind::Metric) {
          metrics.push_back(curve.column);
        }
      }
    }
  }
  EXPECT_THAT(scalars, ::testing::UnorderedElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(metrics, ::testing::UnorderedElementsAre(0, 1, 2));
}

TEST(CurveGroups, KnowEveryScalarTheWorkerWrites) {
  const auto fake = smallRun();
  fake->run->layout.scalar_names = {"loss",
                                    "contrastive",
                                    "aux/total",
                                    "learning_rate",
                                    "logit_scale",
                                    "grad_norm",
                                    "accuracy/image_to_text",
                                    "accuracy/text_to_image",
                                    "pairs_per_second",
                                    "data_wait",
                                    "aux/importance",
                                    "weighted/importance"};
  std::vector<std::string> optimisation;
  for (const CurveGroup& group : curveGroups(*fake->run)) {
    EXPECT_NE(group.name, "Other");
    for (const PanelSpec& panel : group.panels) {
      if (group.name == "Optimisation") {
        optimisation.push_back(panel.axis.toStdString());
      }
    }
  }
  EXPECT_THAT(optimisation, ElementsAre("learning rate", "logit scale", "gradient norm"));
}

TEST(CurveGroups, SuccessIsKeptOfChosenAndAGapWhereNothingWasChosen) {
  const auto fake = smallRun();
  auto curves = std::make_shared<Curves>(*fake->run->curves);
  curves->chosen[probe::kText][3] = 0;
  curves->kept[probe::kText][3] = 0;
  fake->run->curves = curves;
  const CurveSpec text{"text", CurveSpec::Kind::Success, probe::kText, probe::kText};
  EXPECT_DOUBLE_EQ(curveValue(*fake->run, text, 0), 0.75);  // 15 of 20
  EXPECT_TRUE(std::isnan(curveValue(*fake->run, text, 3)));
}

TEST(CurveGroups, OfADenseModelHaveNoRoutingSuccess) {
  const auto fake = smallRun();
  fake->run->layout.layers = 0;
  for (const CurveGroup& group : curveGroups(*fake->run)) {
    EXPECT_NE(group.name, "Routing success");
  }
}

}  // namespace
}  // namespace limoe::gui
