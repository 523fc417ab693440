// Matching of experts over numbers: by hand, against brute force, permuted copies and unrelated
// routings.
#include "gui/compare/expert_matching.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace limoe::gui {
namespace {

CountTable table(std::size_t rows, std::size_t columns, std::vector<uint64_t> counts) {
  CountTable result(rows, columns);
  result.counts = std::move(counts);
  return result;
}

uint64_t valueOf(const CountTable& counts) {
  uint64_t sum = 0;
  const auto columns = bestAssignment(counts);
  for (std::size_t row = 0; row < columns.size(); ++row) {
    sum += columns[row] ? counts.at(row, *columns[row]) : 0;
  }
  return sum;
}

/// Every way to give each of the fewer ones one of the others.
uint64_t bestByTryingAll(const CountTable& counts) {
  const bool wide = counts.rows <= counts.columns;
  const std::size_t few = std::min(counts.rows, counts.columns);
  const std::size_t many = std::max(counts.rows, counts.columns);
  std::vector<std::size_t> order(many);
  std::iota(order.begin(), order.end(), 0u);
  uint64_t best = 0;
  do {
    uint64_t sum = 0;
    for (std::size_t i = 0; i < few; ++i) {
      sum += wide ? counts.at(i, order[i]) : counts.at(order[i], i);
    }
    best = std::max(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

/// Tokens routed by `a`, and by `b` as drawn by the test.
CountTable tableOf(std::size_t experts_a, std::size_t experts_b, const std::vector<std::size_t>& a,
                   const std::vector<std::size_t>& b) {
  CountTable counts(experts_a, experts_b);
  for (std::size_t token = 0; token < a.size(); ++token) {
    ++counts.at(a[token], b[token]);
  }
  return counts;
}

TEST(ExpertMatching, SmallCaseByHand) {
  // The greedy choice 0–0 (50) leaves 1 with 10 and 2 with 1: 61. Best is 0–1, 1–0, 2–2:
  // 40 + 45 + 4 = 89.
  const auto counts = table(3, 3,
                            {50, 40, 0,  //
                             45, 10, 0,  //
                             0, 1, 4});
  const ExpertMatch match = matchExperts(counts);
  ASSERT_EQ(match.pairs.size(), 3u);
  EXPECT_EQ(match.partnerOfA(0), 1);
  EXPECT_EQ(match.partnerOfA(1), 0);
  EXPECT_EQ(match.partnerOfB(2), 2);
  EXPECT_EQ(match.tokens, 150u);
  EXPECT_NEAR(match.quality, 89.0 / 150, 1e-12);
  // Loads of the reference 90, 55, 5; of the other 95, 51, 4.
  // Chance: (90·51 + 55·95 + 5·4) / 150² = (4590 + 5225 + 20) / 22500 = 0.437111…
  EXPECT_NEAR(match.by_chance, 9835.0 / 22500, 1e-12);
  // (0.593333 − 0.437111) / (1 − 0.437111) = 0.277536
  EXPECT_NEAR(match.beyond_chance, 0.277536, 1e-6);
  // Pair 0–1: both 40, 90 and 51: Jaccard 40 / (90 + 51 − 40) = 40/101, F1 80 / 141.
  EXPECT_NEAR(match.pairs[0].jaccard(), 40.0 / 101, 1e-12);
  EXPECT_NEAR(match.pairs[0].f1(), 80.0 / 141, 1e-12);
}

TEST(ExpertMatching, ExpertsWithoutAPartnerAreSaid) {
  // Two experts of the reference, three of the other; and a pair without a common token is none.
  const ExpertMatch more = matchExperts(table(2, 3, {5, 0, 9, 0, 7, 8}));
  EXPECT_EQ(more.partnerOfA(0), 2);  // 9 + 7 = 16; 5 + 8 = 13, 5 + 7 = 12
  EXPECT_EQ(more.partnerOfA(1), 1);
  EXPECT_THAT(more.unmatched_b, ::testing::ElementsAre(0));
  EXPECT_TRUE(more.unmatched_a.empty());
  const ExpertMatch dead = matchExperts(table(3, 2, {4, 0, 0, 6, 0, 0}));
  EXPECT_THAT(dead.unmatched_a, ::testing::ElementsAre(2));
  const ExpertMatch apart = matchExperts(table(2, 2, {3, 0, 2, 0}));
  EXPECT_THAT(apart.unmatched_a, ::testing::ElementsAre(1));
  EXPECT_THAT(apart.unmatched_b, ::testing::ElementsAre(1));
}

TEST(ExpertMatching, WithoutTokensThereIsNoQuality) {
  const ExpertMatch match = matchExperts(CountTable(4, 4));
  EXPECT_TRUE(match.pairs.empty());
  EXPECT_EQ(match.unmatched_a.size(), 4u);
  EXPECT_TRUE(std::isnan(match.quality));
  EXPECT_TRUE(std::isnan(match.beyond_chance));
  EXPECT_TRUE(matchExperts(CountTable(0, 4)).pairs.empty());
  // One expert takes everything in both: chance alone gives 1.
  const ExpertMatch one = matchExperts(table(1, 1, {10}));
  EXPECT_EQ(one.quality, 1);
  EXPECT_TRUE(std::isnan(one.beyond_chance));
}

TEST(ExpertMatching, IsAsGoodAsTryingAll) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t rows = 1 + random() % 6;
    const std::size_t columns = 1 + random() % 6;
    CountTable counts(rows, columns);
    for (uint64_t& count : counts.counts) {
      count = random() % (trial % 2 == 0 ? 4 : 1000);  // with and without ties
    }
    ASSERT_EQ(valueOf(counts), bestByTryingAll(counts)) << rows << "×" << columns;
  }
}

TEST(ExpertMatching, FindsAPermutedCopy) {
  std::mt19937 random(11);
  for (const std::size_t experts : {8u, 32u}) {
    std::vector<std::size_t> to(experts);
    std::iota(to.begin(), to.end(), 0u);
    std::shuffle(to.begin(), to.end(), random);
    std::vector<std::size_t> a, b;
    for (int token = 0; token < 5000; ++token) {
      a.push_back(std::min<std::size_t>(random() % (experts + 9), experts - 1));  // uneven loads
      b.push_back(to[a.back()]);
    }
    const ExpertMatch match = matchExperts(tableOf(experts, experts, a, b));
    EXPECT_EQ(match.quality, 1);
    EXPECT_NEAR(match.beyond_chance, 1, 1e-12);
    for (std::size_t e = 0; e < experts; ++e) {
      EXPECT_EQ(match.partnerOfA(static_cast<int64_t>(e)), static_cast<int64_t>(to[e]));
    }
  }
}

TEST(ExpertMatching, UnrelatedRunsAreNearChance) {
  std::mt19937 random(13);
  for (const auto& [rows, columns] :
       {std::pair<std::size_t, std::size_t>{8, 8}, {32, 32}, {8, 32}}) {
    std::vector<std::size_t> a, b;
    for (int token = 0; token < 20'000; ++token) {
      a.push_back(random() % rows);
      b.push_back(random() % columns);
    }
    const ExpertMatch match = matchExperts(tableOf(rows, columns, a, b));
    EXPECT_EQ(match.pairs.size(), std::min(rows, columns));
    EXPECT_EQ(match.unmatched_b.size(), columns - match.pairs.size());
    // 8 and 32 even experts: chance 8·(1/8)² = 1/8, and 1/32 for the others.
    EXPECT_NEAR(match.by_chance, 1.0 / static_cast<double>(columns), 0.003);
    // The best pairs are chosen after the fact: 32 × 32 cells hold 20 ± 4.4 tokens, the best of a
    // row about 2 deviations more: 32 · 9 / 20,000 = 1.4 %.
    EXPECT_GT(match.beyond_chance, 0);
    EXPECT_LT(match.beyond_chance, 0.02);
  }
}

TEST(ExpertMatching, SharesOfOneModalityUseThePairsOfAll) {
  const auto image = table(2, 2, {1, 9, 8, 2});
  const auto text = table(2, 2, {3, 1, 0, 0});
  const ExpertMatch match = matchExperts(table(2, 2, {4, 10, 8, 2}));
  const MatchShare patches = shareInPairs(image, match);  // pairs 0–1, 1–0
  EXPECT_EQ(patches.tokens, 20u);
  EXPECT_EQ(patches.agree, 17u);
  EXPECT_EQ(shareInPairs(text, match).agree, 1u);
  EXPECT_EQ(shareInPairs(text, match).share(), 0.25);
}

}  // namespace
}  // namespace limoe::gui
