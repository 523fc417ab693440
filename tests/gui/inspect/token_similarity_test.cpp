#include "gui/inspect/token_similarity.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/gui/inspect/token_run.h"

namespace limoe::gui {
namespace {

/// Everything that is wanted, out of the pages of a fake.
SimilarTokens similarTo(const TokenRef& token, TokenRun& run, int64_t snapshot = 0) {
  TokenSimilarity similarity(run.run->layout, snapshot, token);
  WalkRequest request;
  request.visit = [&](const WalkItem& item, const probe::ProbeSet&,
                      const probe::LayerSlice& slice) { similarity.add(item, slice); };
  for (const WalkItem& item : similarity.items()) {
    fake_walk_detail::visit(run, request, item);
  }
  return similarity.result();
}

TEST(JensenShannonTest, AgreesWithNumPy) {
  // H((p + q) / 2) − (H(p) + H(q)) / 2. (1, 0) and (½, ½): H(¾, ¼) − ½·ln 2 = 0.562335 − 0.346574.
  const std::array<float, 2> sure = {1, 0};
  const std::array<float, 2> even = {0.5F, 0.5F};
  const std::array<float, 2> other = {0, 1};
  EXPECT_NEAR(jensenShannon(sure.data(), even.data(), 2), 0.215762, 1e-6);
  EXPECT_NEAR(jensenShannon(sure.data(), other.data(), 2), std::log(2.0), 1e-12);
  EXPECT_EQ(jensenShannon(even.data(), even.data(), 2), 0);
  // NumPy: 0.25310161544
  const std::array<float, 3> p = {0.7F, 0.2F, 0.1F};
  const std::array<float, 3> q = {0.1F, 0.2F, 0.7F};
  EXPECT_NEAR(jensenShannon(p.data(), q.data(), 3), 0.253102, 1e-6);
  EXPECT_NEAR(jensenShannon(q.data(), p.data(), 3), 0.253102, 1e-6);
}

/// Two images of two patches, two layers, two experts.
struct Small {
  Small() {
    layout.layers = 2;
    layout.experts = 2;
    layout.samples = 2;
    layout.patch_rows = 1;
    layout.patch_columns = 2;
    for (auto& slice : slices) {
      slice.samples = 2;
      slice.image.kept.assign(4, 1);
      slice.image.margin.assign(4, 0);
      slice.image.runner_up.assign(4, probe::kNoExpert);
    }
    slices[0].image.expert = {0, 0, 0, 1};
    slices[0].image.gate = {0.8F, 0.5F, 0.8F, 0.8F};
    slices[1].image.expert = {1, 0, 1, 1};
    slices[1].image.gate = {0.7F, 0.6F, 0.7F, 0.6F};
  }

  void addDistributions() {
    slices[0].image.probability = {0.8F, 0.2F, 0.5F, 0.5F, 0.8F, 0.2F, 0.2F, 0.8F};
    slices[1].image.probability = {0.3F, 0.7F, 0.6F, 0.4F, 0.3F, 0.7F, 0.4F, 0.6F};
  }

  SimilarTokens similarToFirst() const {
    TokenSimilarity similarity(layout, 0, {0, probe::kImage, 0});
    for (const WalkItem& item : similarity.items()) {
      probe::LayerSlice slice = slices[static_cast<std::size_t>(item.layer)];
      slice.samples = item.samples;  // the own sample is the first one
      similarity.add(item, slice);
    }
    return similarity.result();
  }

  probe::Layout layout;
  std::array<probe::LayerSlice, 2> slices;
};

TEST(TokenSimilarityTest, ByTheMeanDivergenceOverTheLayers) {
  Small small;
  small.addDistributions();
  const SimilarTokens found = small.similarToFirst();
  EXPECT_EQ(found.measure, SimilarityMeasure::Divergence);
  EXPECT_EQ(found.layers, 2);
  EXPECT_EQ(found.compared, 3);
  ASSERT_EQ(found.nearest.size(), 3u);
  // NumPy: image 0 patch 1: (0.0506718 + 0.0462008) / 2; image 1 patch 0: the same distributions;
  // image 1 patch 1: (0.1927448 + 0.0055087) / 2.
  EXPECT_EQ(found.nearest[0].token, (TokenRef{1, probe::kImage, 0}));
  EXPECT_NEAR(found.nearest[0].divergence, 0, 1e-9);
  EXPECT_EQ(found.nearest[1].token, (TokenRef{0, probe::kImage, 1}));
  EXPECT_NEAR(found.nearest[1].divergence, 0.0484363, 1e-6);
  EXPECT_EQ(found.nearest[2].token, (TokenRef{1, probe::kImage, 1}));
  EXPECT_NEAR(found.nearest[2].divergence, 0.0991267, 1e-6);
}

TEST(TokenSimilarityTest, WithoutDistributionsByFirstChoicesThenByGates) {
  const SimilarTokens found = Small().similarToFirst();
  EXPECT_EQ(found.measure, SimilarityMeasure::FirstChoices);
  ASSERT_EQ(found.nearest.size(), 3u);
  EXPECT_EQ(found.nearest[0].token, (TokenRef{1, probe::kImage, 0}));
  EXPECT_EQ(found.nearest[0].same_layers, 2);
  // Both have one layer in common: gates differ by (0 + 0.1) / 2 and by (0.3 + 0.1) / 2.
  EXPECT_EQ(found.nearest[1].token, (TokenRef{1, probe::kImage, 1}));
  EXPECT_EQ(found.nearest[1].same_layers, 1);
  EXPECT_NEAR(found.nearest[1].gate_difference, 0.05, 1e-6);
  EXPECT_EQ(found.nearest[2].token, (TokenRef{0, probe::kImage, 1}));
  EXPECT_NEAR(found.nearest[2].gate_difference, 0.2, 1e-6);
}

TEST(TokenSimilarityTest, FindsTheBestOverAllPages) {
  FakeRunSource::Shape shape;
  shape.samples = 130;  // pages of 64, 64 and 2
  TokenRun run(shape);
  // Patch 0 of image 10 goes where n + p/2 = 10 mod 8 goes, with gate 1, which even patches have:
  // in every image that is one patch, p = 2·((2 − n) mod 8).
  const SimilarTokens found = similarTo({10, probe::kImage, 0}, run);
  EXPECT_EQ(found.compared, 130 * 16 - 1);
  ASSERT_EQ(found.nearest.size(), 24u);
  for (int64_t i = 0; i < 24; ++i) {
    const int64_t n = i < 10 ? i : i + 1;  // not itself
    EXPECT_EQ(found.nearest[static_cast<std::size_t>(i)].token,
              (TokenRef{n, probe::kImage, 2 * ((2 - n % 8 + 8) % 8)}));
    EXPECT_EQ(found.nearest[static_cast<std::size_t>(i)].same_layers, 2);
  }
  run.run->layout.probabilities = true;
  const SimilarTokens by_divergence = similarTo({10, probe::kImage, 0}, run);
  ASSERT_EQ(by_divergence.nearest.size(), 24u);
  EXPECT_EQ(by_divergence.measure, SimilarityMeasure::Divergence);
  EXPECT_EQ(by_divergence.nearest[23].token, found.nearest[23].token);
  EXPECT_NEAR(by_divergence.nearest[23].divergence, 0, 1e-9);
}

TEST(TokenSimilarityTest, FartherOnesFollowInOrder) {
  FakeRunSource::Shape shape;
  shape.samples = 12;
  TokenRun run(shape);
  run.run->layout.probabilities = true;
  const SimilarTokens found = similarTo({10, probe::kImage, 0}, run);
  ASSERT_EQ(found.nearest.size(), 24u);
  // 11 images have one patch that is routed the same; then come the 12 patches beside these (same
  // expert with 0.25 for 0.65, NumPy: 0.0832479), then the first odd patch with another expert
  // (NumPy: 0.1763472).
  EXPECT_NEAR(found.nearest[10].divergence, 0, 1e-9);
  EXPECT_NEAR(found.nearest[11].divergence, 0.0832479, 1e-6);
  EXPECT_EQ(found.nearest[11].token, (TokenRef{0, probe::kImage, 5}));
  EXPECT_NEAR(found.nearest[22].divergence, 0.0832479, 1e-6);
  EXPECT_NEAR(found.nearest[23].divergence, 0.1763472, 1e-6);
  EXPECT_EQ(found.nearest[23].token, (TokenRef{0, probe::kImage, 1}));
}

TEST(TokenSimilarityTest, AtMostThreeComeFromOneImage) {
  FakeRunSource::Shape shape;
  shape.samples = 70;
  shape.experts = 1;  // all go there; even patches have gate 1, as patch 0 has
  TokenRun run(shape);
  const SimilarTokens found = similarTo({0, probe::kImage, 0}, run);
  ASSERT_EQ(found.nearest.size(), 24u);
  std::map<int64_t, int> of_image;
  for (const SimilarToken& one : found.nearest) {
    ++of_image[one.token.sample];
    EXPECT_EQ(one.gate_difference, 0);
  }
  EXPECT_EQ(of_image.size(), 8u);
  for (const auto& [sample, count] : of_image) {
    EXPECT_EQ(count, 3) << "image " << sample;
  }
  EXPECT_EQ(found.nearest[0].token, (TokenRef{0, probe::kImage, 2})) << "not the token itself";
  EXPECT_EQ(found.nearest[3].token, (TokenRef{1, probe::kImage, 0}));
}

TEST(TokenSimilarityTest, WordsAreComparedWithWordsAndPaddingIsLeftOut) {
  FakeRunSource::Shape shape;
  shape.samples = 3;  // with 5, 6 and 7 pieces
  TokenRun run(shape);
  const SimilarTokens found = similarTo({0, probe::kText, 0}, run);
  EXPECT_EQ(found.compared, 5 + 6 + 7 - 1);
  for (const SimilarToken& one : found.nearest) {
    EXPECT_EQ(one.token.modality, probe::kText);
    EXPECT_LT(one.token.position, 5 + one.token.sample);
  }
}

TEST(TokenSimilarityTest, TwoTowersCompareTheLayersOfTheTokensTower) {
  FakeRunSource::Shape shape;
  shape.layers = 4;
  TokenRun run(shape);
  run.run->config.model.towers = model::Towers::Two;
  const SimilarTokens found = similarTo({0, probe::kText, 0}, run);
  EXPECT_EQ(found.layers, 2);
  ASSERT_FALSE(found.nearest.empty());
  EXPECT_EQ(found.nearest[0].same_layers, 2);
}

}  // namespace
}  // namespace limoe::gui
