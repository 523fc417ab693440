// What the worker measures, against numbers worked out by hand.
#include <gmock/gmock.h>

#include <cmath>

#include "routing_probe/worker/held_out_probe.h"
#include "routing_probe/worker/sweep_table.h"

namespace limoe::probe {
namespace {

TEST(ZeroShot, CountsImagesWhoseOwnPromptIsNearest) {
  const auto prompts = torch::tensor({{1.0F, 0.0F}, {0.0F, 1.0F}, {-1.0F, 0.0F}});
  const auto images = torch::tensor({{0.9F, 0.1F},     // nearest to 0
                                     {0.9F, 0.1F},     // likewise, but of class 1
                                     {-0.2F, 0.8F},    // nearest to 1
                                     {0.5F, 0.5F},     // 0 and 1 are as near: a miss
                                     {-0.7F, 0.1F}});  // of no class: not counted
  // Right: the first and the third of four.
  EXPECT_DOUBLE_EQ(zeroShotAccuracy(images, {0, 1, 1, 0, -1}, prompts), 0.5);
}

TEST(ZeroShot, IsUnknownWithoutAnImageOfAClass) {
  EXPECT_TRUE(std::isnan(zeroShotAccuracy(torch::ones({2, 2}), {-1, -1}, torch::ones({3, 2}))));
}

TEST(ZeroShot, NaNIsNeverFound) {
  const auto images = torch::full({2, 2}, std::nanf(""));
  EXPECT_DOUBLE_EQ(zeroShotAccuracy(images, {0, 0}, torch::ones({1, 2})), 0.0);
  EXPECT_DOUBLE_EQ(zeroShotAccuracy(images, {0, 1}, torch::ones({2, 2})), 0.0);
}

TEST(SweepTable, MeanAndSampleDeviation) {
  // Mean 14/4 = 3.5; deviations −1.5, −0.5, 0.5, 1.5, squares 5; 5 / (4 − 1), square root 1.2910.
  const MeanAndSpread four = meanAndSpread({2, 3, 4, 5});
  EXPECT_EQ(four.count, 4);
  EXPECT_DOUBLE_EQ(four.mean, 3.5);
  EXPECT_NEAR(four.spread, 1.2910, 1e-4);
}

TEST(SweepTable, LeavesOutWhatIsNotKnown) {
  const MeanAndSpread one = meanAndSpread({std::nan(""), 7});
  EXPECT_EQ(one.count, 1);
  EXPECT_DOUBLE_EQ(one.mean, 7);
  EXPECT_TRUE(std::isnan(one.spread));
  EXPECT_TRUE(std::isnan(meanAndSpread({}).mean));
}

}  // namespace
}  // namespace limoe::probe
