// Losses against published and hand-computed numbers. Whole models are compared with an
// independent implementation by `limoe verify` (tests reference.*).
#include "model/losses.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/safetensors.h"

namespace limoe::model {
namespace {

double value(const AuxValues& values, AuxLoss loss) {
  return values[static_cast<std::size_t>(loss)].item<double>();
}

MoeConfig moe(int64_t experts, double noise_std) {
  MoeConfig config;
  config.experts = experts;
  config.noise_std = noise_std;
  return config;
}

TEST(AuxLosses, ReproduceTheFiguresOfVMoEsTests) {
  // google-research/vmoe, routing_test.py: these gates give 1.0875 and 0.03875.
  const auto gates = torch::tensor({0.5, 0.4, 0.1,  //
                                    0.3, 0.3, 0.4,  //
                                    0.1, 0.2, 0.7,  //
                                    0.8, 0.2, 1e-12})
                         .view({4, 3});
  const auto values = groupAuxLosses(gates.log(), gates.log(), torch::zeros({4}, torch::kBool),
                                     moe(3, 0), AuxConfig(), true);
  EXPECT_NEAR(value(values, AuxLoss::Gshard), 1.0875, 1e-6);
  EXPECT_NEAR(value(values, AuxLoss::Importance), 0.03875, 1e-6);
}

TEST(AuxLosses, EntropiesByHand) {
  // Image tokens always choose expert 0 or 1 with certainty 1/2 each: local 0, mean (1/2, 1/2):
  // H = log 2. Text token uniform over 2: local log 2, global H = log 2.
  const auto logits = torch::tensor({40.0, 0.0, 0.0, 40.0, 1.0, 1.0}).view({3, 2});
  const auto is_text = torch::tensor({0, 0, 1}).to(torch::kBool);
  AuxConfig aux;
  aux.min_experts_image = 4;
  aux.min_experts_text = 2;
  const auto values = groupAuxLosses(logits, logits, is_text, moe(2, 0), aux, true);
  EXPECT_NEAR(value(values, AuxLoss::LocalImage), 0.0, 1e-6);
  EXPECT_NEAR(value(values, AuxLoss::LocalText), std::log(2.0), 1e-6);
  EXPECT_NEAR(value(values, AuxLoss::GlobalImage), std::log(4.0) - std::log(2.0), 1e-6);
  EXPECT_NEAR(value(values, AuxLoss::GlobalText), 0.0, 1e-6);
  // z: logsumexp is 40, 40 and 1 + log 2.
  const double last = 1.0 + std::log(2.0);
  EXPECT_NEAR(value(values, AuxLoss::Z), (2 * 1600.0 + last * last) / 3, 1e-3);
}

TEST(AuxLosses, VariationHasAZeroGradientWhereAllAreEqual) {
  auto equal = torch::full({4}, 3.0, torch::requires_grad());
  squaredVariation(equal).backward();
  EXPECT_TRUE(equal.grad().eq(0).all().item<bool>());
}

TEST(AuxLosses, LoadNeedsNoiseAndTraining) {
  const auto logits = torch::tensor({1.0, 0.0, 0.5, 0.2}).view({2, 2});
  const auto none = torch::zeros({2}, torch::kBool);
  EXPECT_EQ(value(groupAuxLosses(logits, logits, none, moe(2, 0), {}, true), AuxLoss::Load), 0.0);
  EXPECT_EQ(value(groupAuxLosses(logits, logits, none, moe(2, 1), {}, false), AuxLoss::Load), 0.0);
  // σ = 1/2. Token 1: θ = 1, z = 0 and 2: 0.5 and 0.02275. Token 2: θ = 0.5, z = 0 and 0.6: 0.5 and
  // 0.27425. Means 0.5 and 0.1485; variance 0.03089, mean 0.32425.
  EXPECT_NEAR(value(groupAuxLosses(logits, logits, none, moe(2, 1), {}, true), AuxLoss::Load),
              0.2938, 2e-4);
}

TEST(Contrastive, IsLogOfTheBatchWhereNothingIsKnown) {
  const auto same = torch::ones({5, 3}) / std::sqrt(3.0);
  const auto logits = contrastiveLogits(same, same, torch::tensor(std::log(10.0)));
  EXPECT_NEAR(contrastiveLoss(logits).item<double>(), std::log(5.0), 1e-6);
}

}  // namespace
}  // namespace limoe::model
