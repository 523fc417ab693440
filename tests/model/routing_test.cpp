// The routing rule against decisions worked out by hand.
#include "model/routing.h"

#include <gmock/gmock.h>

#include <cmath>

namespace limoe::model {
namespace {

using testing::ElementsAre;

// Four tokens, three experts; best experts 0, 0, 0, 2 with gates 0.5, 0.6, 0.4, 0.9.
const std::vector<float> kGates = {0.5F,  0.3F,  0.2F,   //
                                   0.6F,  0.3F,  0.1F,   //
                                   0.4F,  0.35F, 0.25F,  //
                                   0.05F, 0.05F, 0.9F};

TEST(Capacity, IsRoundedUpAndAtLeastOne) {
  EXPECT_EQ(expertCapacity(1, 8, 1.0, 4), 2);
  EXPECT_EQ(expertCapacity(1, 9, 1.0, 4), 3);    // 2.25
  EXPECT_EQ(expertCapacity(2, 10, 0.5, 4), 3);   // 2.5
  EXPECT_EQ(expertCapacity(1, 1, 0.01, 32), 1);  // 0.0003
}

TEST(Routing, VanillaServesTokensInTheirOrder) {
  // C = ceil(1·4·1/3) = 2: tokens 0 and 1 fill expert 0, token 2 is dropped.
  const Routing r = routeGroup(kGates, 3, 1, 1.0, Priority::Vanilla);
  EXPECT_EQ(r.capacity, 2);
  EXPECT_THAT(r.expert_index, ElementsAre(0, 0, 0, 2));
  EXPECT_THAT(r.position, ElementsAre(0, 1, 2, 0));
  EXPECT_THAT(r.kept, ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(r.order, ElementsAre(0, 1, 2, 3));
}

TEST(Routing, BprServesTheMostCertainFirst) {
  // Largest gates 0.5, 0.6, 0.4, 0.9: order 3, 1, 0, 2. C = ceil(4·0.7/3) = 1: only token 1 gets
  // expert 0.
  const Routing r = routeGroup(kGates, 3, 1, 0.7, Priority::Bpr);
  EXPECT_EQ(r.capacity, 1);
  EXPECT_THAT(r.order, ElementsAre(2, 1, 3, 0));
  EXPECT_THAT(r.position, ElementsAre(1, 0, 2, 0));
  EXPECT_THAT(r.kept, ElementsAre(0, 1, 0, 1));
}

TEST(Routing, FirstChoicesArePlacedBeforeSecondChoices) {
  // K = 2, C = ceil(2·4·0.5/3) = 2. First choices 0 0 0 2, second 1 1 1 0 (0.05 = 0.05: lower
  // index). Expert 0: tokens 0, 1, then 2 dropped, and token 3's second choice after them.
  const Routing r = routeGroup(kGates, 3, 2, 0.5, Priority::Vanilla);
  EXPECT_THAT(r.expert_index, ElementsAre(0, 1, 0, 1, 0, 1, 2, 0));
  EXPECT_THAT(r.position, ElementsAre(0, 0, 1, 1, 2, 2, 0, 3));
  EXPECT_THAT(r.kept, ElementsAre(1, 1, 1, 1, 0, 0, 1, 0));
}

TEST(Routing, EqualGatesGoByExpertIndexAndTokenOrder) {
  const std::vector<float> equal(6, 1.0F / 3);
  const Routing r = routeGroup(equal, 3, 1, 1.0, Priority::Bpr);
  EXPECT_THAT(r.expert_index, ElementsAre(0, 0));
  EXPECT_THAT(r.kept, ElementsAre(1, 0));
}

TEST(Routing, RefusesWhatDoesNotFit) {
  EXPECT_THROW(routeGroup(kGates, 5, 1, 1.0, Priority::Bpr), std::invalid_argument);
  EXPECT_THROW(routeGroup(kGates, 3, 4, 1.0, Priority::Bpr), std::invalid_argument);
  auto nan = kGates;
  nan[4] = NAN;
  EXPECT_THROW(routeGroup(nan, 3, 1, 1.0, Priority::Bpr), std::invalid_argument);
}

}  // namespace
}  // namespace limoe::model
