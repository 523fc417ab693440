#include "routing_probe/recording/statistics.h"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace limoe::probe {
namespace {

double information(const std::vector<uint32_t>& counts, int64_t experts, int64_t labels) {
  return labelInformation(counts, experts, labels);
}

TEST(LabelInformation, IsOneWhereTheExpertTellsTheLabel) {
  // Three labels, each with experts of its own.
  EXPECT_DOUBLE_EQ(information({5, 0, 0, 0, 7, 0, 0, 0, 2, 3, 0, 0}, 4, 3), 1.0);
}

TEST(LabelInformation, IsZeroWhereTheExpertTellsNothing) {
  EXPECT_NEAR(information({2, 4, 6, 1, 2, 3}, 2, 3), 0.0, 1e-15);  // rows are proportional
  EXPECT_EQ(information({3, 9}, 2, 1), 0.0);                       // one label: nothing to tell
  EXPECT_EQ(information({0, 0, 0, 0}, 2, 2), 0.0);                 // no tokens
  EXPECT_EQ(information({}, 0, 0), 0.0);
}

TEST(LabelInformation, AgreesWithAValueByHand) {
  // Of 8 tokens: expert 0 has 3 of label 0 and 1 of label 1; expert 1 has 1 and 3.
  // H(label) = log 2. H(label | expert) = -(3/4 log 3/4 + 1/4 log 1/4) = 0.811278 log 2.
  // I / H = 1 - 0.811278 = 0.188722.
  EXPECT_NEAR(information({3, 1, 1, 3}, 2, 2), 1.0 - 0.8112781244591328, 1e-12);
  // 4 + 2 + 2 tokens: p = 1/2, 1/4, 1/4, H(label) = 1.5 bit. Expert 0 has all of label 0, expert 1
  // labels 1 and 2, which are 1 bit within it: I = 1.5 - 0.5 = 1 bit; 1 / 1.5 = 2/3.
  EXPECT_NEAR(information({4, 0, 0, 0, 2, 2}, 2, 3), 2.0 / 3.0, 1e-12);
}

TEST(LabelInformation, RefusesCountsOfAnotherSize) {
  EXPECT_THROW(information({1, 2, 3}, 2, 2), std::invalid_argument);
}

TEST(SuccessRate, IsKeptOverChosen) {
  EXPECT_DOUBLE_EQ(successRate(3, 4), 0.75);
  EXPECT_DOUBLE_EQ(successRate(0, 4), 0.0);
  EXPECT_DOUBLE_EQ(successRate(0, 0), 1.0);
}

TEST(ImageShare, IsTheImagesPart) {
  EXPECT_DOUBLE_EQ(imageShare(9, 3), 0.75);
  EXPECT_DOUBLE_EQ(imageShare(0, 3), 0.0);
  EXPECT_TRUE(std::isnan(imageShare(0, 0)));
}

}  // namespace
}  // namespace limoe::probe
