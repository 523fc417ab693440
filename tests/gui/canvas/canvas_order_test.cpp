// Order and filter of the wall: which image is where, which tokens keep their tint, what is said.
#include <algorithm>
#include <set>
#include <vector>

#include "tests/gui/canvas/canvas_fixture.h"

namespace limoe::gui {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CanvasOrderTest : public CanvasTest {
 protected:
  /// Samples in reading order, as they are on the screen.
  std::vector<int64_t> shownSamples() const {
    std::vector<std::pair<QPointF, int64_t>> places;
    for (int64_t n = 0; n < source->data()->layout.samples; ++n) {
      if (const auto rect = canvas->tokenRect({n, probe::kImage, 0})) {
        places.emplace_back(rect->topLeft(), n);
      }
    }
    std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) {
      return std::abs(a.first.y() - b.first.y()) > 1 ? a.first.y() < b.first.y()
                                                     : a.first.x() < b.first.x();
    });
    std::vector<int64_t> samples;
    for (const auto& [at, sample] : places) {
      samples.push_back(sample);
    }
    return samples;
  }
  std::string status() const { return canvas->statusText().toStdString(); }
  bool isTinted(const TokenRef& token) const {
    return QColor(pixel(centreOf(token))).saturationF() > 0.1F;
  }
};

TEST_F(CanvasOrderTest, RecordedOrderAsksForNothing) {
  open({.samples = 8});
  EXPECT_THAT(shownSamples(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_TRUE(source->walked.empty());
}

TEST_F(CanvasOrderTest, CaptionsWithTheWordComeFirst) {
  open({.samples = 8});
  // Captions of samples 1, 4, 7 end in "lake", of 2 and 5 in "lakes", the others have neither.
  state.setWallOrder(WallOrder::Word, "Lake");
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(1, 4, 7, 0, 2, 3, 5, 6));
  EXPECT_THAT(status(), HasSubstr("“Lake” first (3 images)"));
  // A word found once is not looked for again at other steps.
  const auto walked = source->walked.size();
  state.setSnapshot(0);
  settle();
  EXPECT_EQ(source->walked.size(), walked);
  EXPECT_THAT(shownSamples(), ElementsAre(1, 4, 7, 0, 2, 3, 5, 6));
}

TEST_F(CanvasOrderTest, LargestShareOfTheSelectedExpertComesFirst) {
  open({.samples = 6, .experts = 5});
  state.setWallOrder(WallOrder::ExpertShare);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(status(), HasSubstr("no expert is selected"));
  // Snapshot 2, layer 0: patch p chooses (n + p/2 + 4) mod 5; p/2 = 0 … 7 takes the remainders 0,
  // 1, 2 twice and 3, 4 once, two patches each. Expert 0 is at p/2 = 1 − n (mod 5): 1, 0, 4, 3, 2,
  // 1 for n = 0 … 5, so 4, 4, 2, 2, 4, 4 patches.
  state.toggleSelectedExpert(0);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(0, 1, 4, 5, 2, 3));
  state.setExpertName(0, 0, "wheels");
  EXPECT_THAT(status(), HasSubstr("choose e0 · wheels"));
  // Layer 1 chooses three further on: p/2 = −2 − n (mod 5): 3, 2, 1, 0, 4, 3.
  state.setLayer(1);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(1, 2, 3, 0, 4, 5));
}

TEST_F(CanvasOrderTest, HighestEntropyComesFirst) {
  // Even over n mod 8 + 1 experts: entropy ln 1 … ln 8, then from ln 1 again.
  open({.samples = 10, .probabilities = true});
  state.setWallOrder(WallOrder::Entropy);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(7, 6, 5, 4, 3, 2, 1, 9, 0, 8));
}

TEST_F(CanvasOrderTest, WithoutProbabilitiesThereIsNoEntropyAndItIsSaid) {
  open({.samples = 8});
  state.setWallOrder(WallOrder::Entropy);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(status(), HasSubstr("probabilities are not recorded"));
  EXPECT_TRUE(source->walked.empty());
}

TEST_F(CanvasOrderTest, MostDroppedPatchesComeFirstAndATokenIsWhereItIsDrawn) {
  open({.samples = 8});
  // Dropped: n + p = 6 (mod 7) for p < 16; three times in samples 5 and 6, else twice.
  state.setWallOrder(WallOrder::Dropped);
  settle();
  ASSERT_THAT(shownSamples(), ElementsAre(5, 6, 0, 1, 2, 3, 4, 7));
  for (int64_t n = 0; n < 8; ++n) {
    for (const int64_t p : {0, 3, 11}) {
      if (FakeRunSource::isKept(n, p)) {
        EXPECT_EQ(pixel(centreOf({n, probe::kImage, p})), expectedColor(probe::kImage, n, p))
            << n << " " << p;
      }
    }
    const TokenRef token{n, probe::kImage, 2 * n};
    QTest::mouseClick(canvas, Qt::LeftButton, {}, centreOf(token).toPoint());
    EXPECT_EQ(state.selectedToken(), token);
    const TokenRef word{n, probe::kText, n % 5};
    QTest::mouseClick(canvas, Qt::LeftButton, {}, centreOf(word).toPoint());
    EXPECT_EQ(state.selectedToken(), word);
  }
}

TEST_F(CanvasOrderTest, OldOrderStaysWhileTheNewOneIsMade) {
  open({.samples = 8});
  state.setWallOrder(WallOrder::Dropped);
  EXPECT_THAT(shownSamples(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(status(), HasSubstr("ordering … 0 %"));
  settle();
  EXPECT_EQ(shownSamples().front(), 5);
  EXPECT_THAT(status(), Not(HasSubstr("ordering")));
}

TEST_F(CanvasOrderTest, AnotherOrderBeginsAtTheTopAnotherStepStaysInPlace) {
  open({.samples = 2000});
  turnWheel({400, 300}, 1);  // no longer fitted
  canvas->scroll(5);
  settle();
  ASSERT_FALSE(canvas->tokenRect({0, probe::kImage, 0}));
  state.setWallOrder(WallOrder::Dropped);
  settle();
  EXPECT_TRUE(canvas->tokenRect({6, probe::kImage, 0}));  // 5, 6, 12, …: see above
  canvas->scroll(3);
  settle();
  ASSERT_FALSE(canvas->tokenRect({6, probe::kImage, 0}));
  state.setSnapshot(0);
  settle();
  EXPECT_FALSE(canvas->tokenRect({6, probe::kImage, 0}));
}

TEST_F(CanvasOrderTest, FilterShowsImagesWithAMatchAndTintsMatchesOnly) {
  open({.samples = 6});
  // Dropped patches with label 0 (p mod 3 = 0). Dropped are p = 6, 13 of sample 0; 5, 12; 4, 11;
  // 3, 10; 2, 9; 1, 8, 15 of sample 5. Only sample 2 has none that 3 divides.
  TokenFilter filter;
  filter.label = 0;
  filter.dropped = true;
  state.setFilter(filter);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(0, 1, 3, 4, 5));
  EXPECT_FALSE(canvas->tokenRect({2, probe::kImage, 0}));
  EXPECT_THAT(status(), HasSubstr("filter: patches of sky · dropped · 5 of 6 images"));
  for (int64_t p = 0; p < 16; ++p) {
    if (p != 6) {
      EXPECT_FALSE(isTinted({0, probe::kImage, p})) << p;  // the bare picture is grey
    }
  }
  EXPECT_TRUE(isTinted({0, probe::kImage, 6}));
  // With a label set, words do not match.
  const auto word = *canvas->tokenRect({0, probe::kText, 1});
  EXPECT_LT(QColor(pixel({word.left() + 2, word.center().y()})).saturationF(), 0.1F);
  state.setFilter({});
  settle();
  EXPECT_EQ(shownSamples().size(), 6U);
  EXPECT_TRUE(isTinted({0, probe::kImage, 0}));
  EXPECT_THAT(status(), Not(HasSubstr("filter")));
}

TEST_F(CanvasOrderTest, FilterAndOrderGoTogether) {
  open({.samples = 8});
  TokenFilter filter;
  filter.word = "lake";
  state.setFilter(filter);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(1, 4, 7));
  // Sample 5, "lakes", has the most dropped patches and is left out.
  filter.word = "lakes";
  state.setFilter(filter);
  state.setWallOrder(WallOrder::Dropped);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(5, 2));
}

TEST_F(CanvasOrderTest, NothingThatMatchesIsSaidAndTheFilterCanBeCleared) {
  open({.samples = 6});
  TokenFilter filter;
  filter.gate_below = 0.1;  // gates are 1 and 0.25
  state.setFilter(filter);
  settle();
  EXPECT_TRUE(shownSamples().empty());
  EXPECT_THAT(status(), HasSubstr("gate < 0.1 · 0 of 6 images"));
  const int middle = canvas->width() / 2;
  for (int y = canvas->height() / 3; y < canvas->height() && !state.filter().isEmpty(); y += 8) {
    hover(QPointF(middle, y));
    QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(middle, y));
    settle();
  }
  EXPECT_TRUE(state.filter().isEmpty());
  EXPECT_EQ(shownSamples().size(), 6U);
}

TEST_F(CanvasOrderTest, WhatCannotBeReadIsSaidAndNotAskedForAgainAndAgain) {
  open({.samples = 8});
  source->walk_failure = "the disk is gone";
  state.setWallOrder(WallOrder::Dropped);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(status(), HasSubstr("order not made: the disk is gone"));
  const auto walked = source->walked.size();
  state.setOpacity(0.9);
  settle();
  EXPECT_EQ(source->walked.size(), walked);
  source->walk_failure.clear();
  source->addSnapshot();
  settle();
  EXPECT_EQ(shownSamples().front(), 5);
}

TEST_F(CanvasOrderTest, DenseRunSaysWhyItCannotBeOrdered) {
  open({.layers = 0});
  state.setWallOrder(WallOrder::Dropped);
  settle();
  EXPECT_THAT(shownSamples(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(status(), HasSubstr("dense model"));
}

TEST_F(CanvasOrderTest, ALargeProbeInAnyOrderIsReadOnlyWhereItIsLookedAt) {
  open({.samples = 50000});
  state.setWallOrder(WallOrder::Dropped);
  const auto is_ordered = [&] {
    return canvas->tokenRect({5, probe::kImage, 0}) && !canvas->tokenRect({0, probe::kImage, 0});
  };
  ASSERT_TRUE(QTest::qWaitFor(is_ordered, 60'000));
  settle();
  // Three dropped patches: n = 5 or 6 (mod 7), then the others. First are 5, 6, 12, 13, 19, …
  source->sample_requests.clear();
  source->choice_requests.clear();
  canvas->scroll(100);
  settle();
  EXPECT_FALSE(source->sample_requests.empty());
  EXPECT_LT(source->sample_requests.size(), 200U);
  std::set<int64_t> asked;  // of this step and those beside it
  for (const auto& [snapshot, layer, sample] : source->choice_requests) {
    asked.insert(sample);
  }
  EXPECT_LT(asked.size(), 200U);
  canvas->scroll(-1e9);
  settle();
  const std::vector<int64_t> shown = [&] {
    std::vector<int64_t> samples;
    for (int64_t n = 0; n < 14; ++n) {
      if (canvas->tokenRect({n, probe::kImage, 0})) {
        samples.push_back(n);
      }
    }
    return samples;
  }();
  EXPECT_THAT(shown, ElementsAre(5, 6, 12, 13));
  EXPECT_EQ(pixel(centreOf({12, probe::kImage, 0})), expectedColor(probe::kImage, 12, 0));
}

}  // namespace
}  // namespace limoe::gui
