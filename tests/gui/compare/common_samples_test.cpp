// Samples in common, and a run that shows only those.
#include "gui/compare/common_samples.h"

#include <gmock/gmock.h>

#include <QTest>

#include "gui/compare/common_source.h"
#include "gui/compare/first_choices.h"
#include "tests/gui/canvas/fake_run_source.h"

namespace limoe::gui {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<SampleKey> keys(const std::vector<uint64_t>& sources) {
  std::vector<SampleKey> result;
  for (const uint64_t source : sources) {
    result.push_back({source, source});
  }
  return result;
}

TEST(CommonSamples, AreThoseThatAllHaveInTheReferencesOrder) {
  const auto reference = keys({10, 11, 12, 13});
  auto second = keys({13, 12, 99, 10});
  const auto third = keys({10, 13, 11});
  second[0].pieces = 5;  // cut into other pieces
  const CommonSamples common = commonSamples(reference, {&second, &third});
  EXPECT_THAT(common.reference, ElementsAre(0, 3));  // 10 and 13
  EXPECT_THAT(common.others[0], ElementsAre(3, 0));
  EXPECT_THAT(common.others[1], ElementsAre(0, 1));
  EXPECT_THAT(common.same_pieces[0], ElementsAre(true, false));
}

TEST(CommonSamples, ARunWithNoneInCommonDoesNotTakeThemFromTheOthers) {
  const auto reference = keys({1, 2});
  const auto other = keys({2, 1});
  const auto stranger = keys({7});
  const CommonSamples common = commonSamples(reference, {&other, &stranger});
  EXPECT_THAT(common.reference, ElementsAre(0, 1));
  EXPECT_THAT(common.others[0], ElementsAre(1, 0));
  EXPECT_THAT(common.others[1], IsEmpty());
}

TEST(CommonSamples, AlikeOnesArePairedInTheirOrder) {
  const auto reference = keys({4, 4, 4});
  const auto other = keys({5, 4, 4});
  const CommonSamples common = commonSamples(reference, {&other});
  EXPECT_THAT(common.reference, ElementsAre(0, 1));
  EXPECT_THAT(common.others[0], ElementsAre(1, 2));
}

TEST(CommonSamples, KeysTellSourceCaptionAndPieces) {
  probe::ProbeSet texts;
  texts.sources = {"a", "a", "b", "a"};
  texts.captions = {"red car", "red bus", "red car", "red car"};
  texts.pieces = {"red", "car", "", "red", "bus", "", "red", "car", "", "re", "d", "car"};
  const auto found = keysOf(texts, 3);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_NE(found[0].source, found[1].source);
  EXPECT_NE(found[0].source, found[2].source);
  EXPECT_EQ(found[0].source, found[3].source);
  EXPECT_EQ(found[0].pieces, found[2].pieces);
  EXPECT_NE(found[0].pieces, found[3].pieces);
}

TEST(CommonSource, ShowsTheChosenSamplesUnderNewNumbers) {
  FakeRunSource run({.samples = 6, .layers = 2, .experts = 8});
  CommonSource source(&run);
  EXPECT_EQ(source.data()->layout.samples, 0);
  EXPECT_EQ(source.sample(0), nullptr);
  source.setSamples({4, 1, 2});
  EXPECT_EQ(source.data()->layout.samples, 3);
  EXPECT_EQ(source.sample(0)->sources.front(), "fake 4");
  const auto slice = source.decisions(1, 1, 2);
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->first_sample, 2);
  EXPECT_EQ(slice->image.expert[3], run.expertOf(probe::kImage, 2, 3, 1, 1));
  EXPECT_EQ(source.decisions(1, 1, 3), nullptr);
  EXPECT_EQ(source.choices(1, 1, 0)->image.expert[3], run.expertOf(probe::kImage, 4, 3, 1, 1));
  run.unreadable.insert({0, 1});
  EXPECT_TRUE(source.cannotReadDecisions(0, 1, 2));
  EXPECT_FALSE(source.cannotReadDecisions(0, 0, 2));
}

TEST(CommonSource, WalksGiveTheSamplesInTheirNewOrder) {
  FakeRunSource run({.samples = 6, .layers = 2, .experts = 8});
  CommonSource source(&run);
  source.setSamples({4, 5, 1, 2, 0});
  std::vector<std::string> sources;
  std::vector<uint16_t> first_experts;
  std::vector<int64_t> firsts;
  bool finished = false;
  WalkRequest request;
  request.items = {{1, 0, 0, 3}, {1, 0, 3, 2}};
  request.texts = true;
  request.visit = [&](const WalkItem& item, const probe::ProbeSet& texts,
                      const probe::LayerSlice& slice) {
    firsts.push_back(slice.first_sample);
    EXPECT_EQ(slice.samples, item.samples);
    sources.insert(sources.end(), texts.sources.begin(), texts.sources.end());
    for (int64_t n = 0; n < slice.samples; ++n) {
      first_experts.push_back(slice.image.expert[static_cast<std::size_t>(n * 16)]);
    }
  };
  request.finished = [&](const QString& failure) { finished = failure.isEmpty(); };
  const auto walk = source.walk(std::move(request));
  ASSERT_TRUE(QTest::qWaitFor([&] { return finished; }, 2000));
  EXPECT_THAT(firsts, ElementsAre(0, 3));
  EXPECT_THAT(sources, ElementsAre("fake 4", "fake 5", "fake 1", "fake 2", "fake 0"));
  // Patch 0, layer 0, snapshot 1: (n + 2) mod 8.
  EXPECT_THAT(first_experts, ElementsAre(6, 7, 3, 4, 2));
}

/// One sample of two patches and two words, K = 1.
probe::LayerSlice slice(std::vector<uint16_t> image, std::vector<uint8_t> kept,
                        std::vector<uint16_t> text) {
  probe::LayerSlice slice;
  slice.samples = std::ssize(image) / 2;
  slice.text.kept.assign(text.size(), 1);
  slice.image.expert = std::move(image);
  slice.image.kept = std::move(kept);
  slice.text.expert = std::move(text);
  return slice;
}

probe::Layout smallLayout(int64_t experts) {
  probe::Layout layout;
  layout.layers = 1;
  layout.experts = experts;
  layout.samples = 2;
  layout.patch_rows = 1;
  layout.patch_columns = 2;
  layout.text_length = 2;
  return layout;
}

ChoiceTable tableOf(int64_t experts, const probe::LayerSlice& slice) {
  ChoiceTableBuilder builder(smallLayout(experts), 2);
  builder.add(slice);
  return builder.take();
}

TEST(FirstChoices, CountWhatBothProcess) {
  const uint16_t none = probe::kNoExpert;
  const ChoiceTable a = tableOf(2, slice({0, 1, 1, 0}, {1, 1, 1, 0}, {0, none, 1, 1}));
  const ChoiceTable b = tableOf(3, slice({2, 2, 0, 0}, {1, 0, 1, 1}, {1, none, 1, 2}));
  EXPECT_EQ(a.tokens[0], 4u);
  EXPECT_EQ(a.dropped[0], 1u);
  EXPECT_EQ(a.tokens[1], 3u);
  const TogetherCounts counts = countTogether(a, b, {true, {}});
  // Patches: 0–2, (b dropped), 1–0, (a dropped).
  EXPECT_EQ(counts.by_modality[0].at(0, 2), 1u);
  EXPECT_EQ(counts.by_modality[0].at(1, 0), 1u);
  EXPECT_EQ(counts.by_modality[0].total(), 2u);
  // Words: 0–1, padding, 1–1, 1–2.
  EXPECT_EQ(counts.by_modality[1].at(0, 1), 1u);
  EXPECT_EQ(counts.by_modality[1].at(1, 1), 1u);
  EXPECT_EQ(counts.by_modality[1].at(1, 2), 1u);
  EXPECT_EQ(counts.all().total(), 5u);
  // The second caption is cut into other pieces, and the patches are others.
  const TogetherCounts fewer = countTogether(a, b, {false, {true, false}});
  EXPECT_EQ(fewer.all().total(), 1u);
}

TEST(FirstChoices, SecondChoicesAndTheirRoomDoNotCount) {
  probe::Layout layout = smallLayout(3);
  layout.top_k = 2;
  probe::LayerSlice both;
  both.samples = 1;
  both.image.expert = {0, 1, 2, 0};
  both.image.kept = {1, 0, 0, 1};
  both.text.expert = {probe::kNoExpert, probe::kNoExpert, 1, 2};
  both.text.kept = {0, 0, 1, 1};
  ChoiceTableBuilder builder(layout, 1);
  builder.add(both);
  const ChoiceTable table = builder.take();
  EXPECT_THAT(table.image, ElementsAre(0, probe::kNoExpert));
  EXPECT_THAT(table.text, ElementsAre(probe::kNoExpert, 1));
}

TEST(FirstChoices, EntropyIsTheMeanOverTokens) {
  probe::LayerSlice even = slice({0, 0}, {1, 1}, {1, probe::kNoExpert});
  even.image.probability = {0.5F, 0.5F, 1.0F, 0.0F};
  even.text.probability = {0.25F, 0.75F, 0, 0};
  const ChoiceTable table = tableOf(2, even);
  EXPECT_NEAR(table.token_entropy[0], 0.34657, 1e-5);  // (ln 2 + 0) / 2
  // −¼ ln ¼ − ¾ ln ¾ = 0.34657 + 0.21576; padding does not count.
  EXPECT_NEAR(table.token_entropy[1], 0.56234, 1e-5);
  EXPECT_TRUE(std::isnan(tableOf(2, slice({0, 0}, {1, 1}, {1, 1})).token_entropy[0]));
}

TEST(FirstChoices, AllAgreeOnlyWhereEachPartnerDoes) {
  const ChoiceTable a = tableOf(2, slice({0, 1, 1, 0}, {1, 1, 1, 1}, {0, 0, 0, 0}));
  const ChoiceTable b = tableOf(2, slice({1, 0, 0, 0}, {1, 1, 1, 1}, {0, 0, 0, 0}));
  const ChoiceTable c = tableOf(2, slice({0, 0, 1, 0}, {1, 1, 0, 1}, {0, 0, 0, 0}));
  ExpertMatch swapped, same;
  swapped.pairs = {{0, 1, 1, 1, 1}, {1, 0, 1, 1, 1}};
  same.pairs = {{0, 0, 1, 1, 1}, {1, 1, 1, 1, 1}};
  // b agrees on patches 0, 1, 2; c on 0, (dropped 2) and 3. All process 0, 1, 3; all agree on 0.
  const MatchShare share = patchesThatAllAgreeOn(a, {{&b, &swapped}, {&c, &same}});
  EXPECT_EQ(share.tokens, 3u);
  EXPECT_EQ(share.agree, 1u);
}

}  // namespace
}  // namespace limoe::gui
