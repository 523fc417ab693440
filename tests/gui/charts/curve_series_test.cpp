#include "gui/charts/curve_series.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace limoe::gui {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Smoothed, IsTheDebiasedMovingAverage) {
  // w = 0.5 over 2, 4, 8: s = 1, 2.5, 5.25; 1 − w^t = 0.5, 0.75, 0.875.
  EXPECT_THAT(smoothed({2, 4, 8}, 0.5),
              ElementsAre(2, DoubleNear(10.0 / 3, 1e-12), DoubleNear(6, 1e-12)));
}

TEST(Smoothed, StartsAtTheFirstValueHoweverStrong) {
  EXPECT_NEAR(smoothed({7, 7, 7}, 0.999).front(), 7, 1e-9);
}

TEST(Smoothed, WeightZeroChangesNothing) {
  EXPECT_THAT(smoothed({3, 1, 2}, 0), ElementsAre(3, 1, 2));
}

TEST(Smoothed, PassesOverGapsAndKeepsThem) {
  const std::vector<double> result = smoothed({2, kNan, 4, 8}, 0.5);
  EXPECT_TRUE(std::isnan(result[1]));
  // As if the gap were not there.
  EXPECT_NEAR(result[2], 10.0 / 3, 1e-12);
  EXPECT_NEAR(result[3], 6, 1e-12);
}

TEST(Smoothed, OneInfinityDoesNotSpoilWhatFollows) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_NEAR(smoothed({2, infinity, 4}, 0.5)[2], 10.0 / 3, 1e-12);
}

TEST(Smoothed, RefusesAWeightOutsideItsRange) {
  EXPECT_THROW(smoothed({1}, 1.0), std::invalid_argument);
  EXPECT_THROW(smoothed({1}, -0.1), std::invalid_argument);
}

std::vector<double> steps(int count) {
  std::vector<double> x;
  for (int i = 0; i < count; ++i) {
    x.push_back(i);
  }
  return x;
}

TEST(Thinned, KeepsAPeakOfOnePoint) {
  std::vector<double> y(100'000, 1.0);
  y[54'321] = 9;
  y[12'345] = -4;
  const Points points = thinned(steps(100'000), y, 0, 99'999, 400, false);
  EXPECT_LE(points.x.size(), 4U * 402U);
  const auto peak = std::ranges::find(points.y, 9.0);
  ASSERT_NE(peak, points.y.end());
  EXPECT_EQ(points.x[static_cast<std::size_t>(peak - points.y.begin())], 54'321);
  EXPECT_NE(std::ranges::find(points.y, -4.0), points.y.end());
  EXPECT_TRUE(std::ranges::is_sorted(points.x));
}

TEST(Thinned, KeepsAPeakInAColumnThatBeginsWithAGap) {
  std::vector<double> y(1000, 1.0);
  y[500] = kNan;
  y[505] = 9;
  const Points points = thinned(steps(1000), y, 0, 1000, 10, false);
  EXPECT_NE(std::ranges::find(points.y, 9.0), points.y.end());
}

TEST(Thinned, GivesFewPointsAsTheyAre) {
  const Points points = thinned({0, 1, 2, 3}, {5, 6, 4, 7}, 0, 3, 400, false);
  EXPECT_THAT(points.x, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(points.y, ElementsAre(5, 6, 4, 7));
}

TEST(Thinned, KeepsGapsAsOneNanEach) {
  const Points points = thinned({0, 1, 2, 3, 4}, {5, kNan, kNan, 7, 8}, 0, 4, 400, false);
  ASSERT_EQ(points.y.size(), 4U);
  EXPECT_EQ(points.y[0], 5);
  EXPECT_TRUE(std::isnan(points.y[1]));
  EXPECT_EQ(points.y[2], 7);
}

TEST(Thinned, OnALogarithmicAxisValuesThatAreNotPositiveAreGaps) {
  const Points points = thinned({0, 1, 2}, {5, 0, 7}, 0, 2, 400, true);
  ASSERT_EQ(points.y.size(), 3U);
  EXPECT_TRUE(std::isnan(points.y[1]));
}

TEST(Thinned, TakesTheNeighboursOutsideTheRange) {
  const Points points = thinned(steps(10), steps(10), 4.5, 6.5, 400, false);
  EXPECT_THAT(points.x, ElementsAre(4, 5, 6, 7));
}

TEST(Thinned, OfNothingIsNothing) {
  EXPECT_TRUE(thinned({}, {}, 0, 1, 100, false).x.empty());
  EXPECT_TRUE(thinned({1}, {1}, 1, 1, 100, false).x.empty());
}

}  // namespace
}  // namespace limoe::gui
