// One image in all layers and at all steps, the colours of the overlay, and the keys.
#include "gui/canvas/flip_counts.h"
#include "gui/canvas/sample_views.h"
#include "tests/gui/canvas/canvas_fixture.h"
#include "tests/gui/inspect/held_walks.h"

namespace limoe::gui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// viridis (matplotlib) at 0, 1/4, 1/2, 1.
constexpr QRgb kViridis0 = 0xff440154;
constexpr QRgb kViridis25 = 0xff3b528b;
constexpr QRgb kViridis50 = 0xff21918c;
constexpr QRgb kViridis100 = 0xfffde725;

class CanvasModesTest : public CanvasTest {
 protected:
  void open(const FakeRunSource::Shape& shape) {
    CanvasTest::open(shape);
    leave();
  }
  QRgb colorIn(int64_t place, const TokenRef& token) const {
    const auto rect = canvas->tokenRectIn(place, token);
    EXPECT_TRUE(rect.has_value()) << "place " << place;
    return pixel(rect.value_or(QRectF()).center());
  }
  QRgb expertColorAt(const TokenRef& token, int64_t layer, int64_t snapshot) const {
    return kPublished[static_cast<std::size_t>(
        source->expertOf(token.modality, token.sample, token.position, layer, snapshot))];
  }
  bool isGrey(QRgb color) const {
    return qRed(color) == qGreen(color) && qRed(color) == qBlue(color);
  }
};

TEST_F(CanvasModesTest, LayersShowOneImageInEveryLayer) {
  open({.layers = 3});
  state.setSelectedToken(TokenRef{4, probe::kImage, 9});
  state.setCanvasMode(CanvasMode::Layers);
  settle();
  for (int64_t layer = 0; layer < 3; ++layer) {
    for (const int64_t p : {0, 5, 12}) {
      const TokenRef token{4, probe::kImage, p};
      EXPECT_EQ(colorIn(layer, token), expertColorAt(token, layer, 2)) << layer << " " << p;
    }
    EXPECT_FALSE(canvas->tokenRectIn(layer, {3, probe::kImage, 0}));
    const auto word = canvas->tokenRectIn(layer, {4, probe::kText, 1});
    ASSERT_TRUE(word.has_value());
    EXPECT_EQ(pixel({word->left() + 2, word->center().y()}),
              expertColorAt({4, probe::kText, 1}, layer, 2));
  }
  EXPECT_FALSE(canvas->tokenRectIn(3, {4, probe::kImage, 0}));
  EXPECT_THAT(canvas->statusText().toStdString(), HasSubstr("image 4 in all MoE layers"));
}

TEST_F(CanvasModesTest, OfOneImageAllIsShownWhateverTheWallIsFilteredBy) {
  open({.layers = 3});
  TokenFilter filter;
  filter.dropped = true;
  state.setFilter(filter);
  state.setSelectedToken(TokenRef{4, probe::kImage, 9});
  state.setCanvasMode(CanvasMode::Layers);
  settle();
  for (const int64_t p : {0, 5, 12}) {  // were kept
    const TokenRef token{4, probe::kImage, p};
    EXPECT_EQ(colorIn(1, token), expertColorAt(token, 1, 2)) << p;
  }
  EXPECT_THAT(canvas->statusText().toStdString(), HasSubstr("filter (of the wall): dropped"));
}

TEST_F(CanvasModesTest, ClickInLayersSelectsTokenAndLayer) {
  open({.layers = 3});
  state.setCanvasMode(CanvasMode::Layers);
  settle();
  const TokenRef token{0, probe::kImage, 5};
  QTest::mouseClick(canvas, Qt::LeftButton, {}, canvas->tokenRectIn(2, token)->center().toPoint());
  EXPECT_EQ(state.selectedToken(), token);
  EXPECT_EQ(state.layer(), 2);
  // The same token is framed in every layer: white inside black around it.
  settle();
  leave();
  for (int64_t layer = 0; layer < 3; ++layer) {
    const QRectF rect = *canvas->tokenRectIn(layer, token);
    EXPECT_EQ(pixel({rect.center().x(), rect.top() - 1.5}), 0xffffffff) << layer;
  }
}

TEST_F(CanvasModesTest, TwoTowersShowTheOtherModalityPlain) {
  open({.layers = 4, .two_towers = true});
  state.setCanvasMode(CanvasMode::Layers);
  settle();
  const TokenRef patch{0, probe::kImage, 0};
  EXPECT_EQ(colorIn(0, patch), expertColorAt(patch, 0, 2));
  EXPECT_EQ(colorIn(1, patch), expertColorAt(patch, 1, 2));
  EXPECT_TRUE(isGrey(colorIn(2, patch)));
  EXPECT_TRUE(isGrey(colorIn(3, patch)));
  const WallArrangement wall;
  const SampleViews views(*source->data(), state, wall);
  EXPECT_EQ(views.title(0), "image block 1");
  EXPECT_EQ(views.note(0), "patches only");
  EXPECT_EQ(views.title(3), "text block 7");
  EXPECT_EQ(views.note(3), "words only");
}

TEST_F(CanvasModesTest, StepsShowOneLayerAtEveryStepAndAClickGoesThere) {
  open({.snapshots = 4});
  state.setLayer(1);
  state.setShownSample(3);
  state.setCanvasMode(CanvasMode::Steps);
  settle();
  const TokenRef token{3, probe::kImage, 4};
  for (int64_t step = 0; step < 4; ++step) {
    EXPECT_EQ(colorIn(step, token), expertColorAt(token, 1, step)) << step;
  }
  ASSERT_EQ(state.snapshot(), 3);
  QTest::mouseClick(canvas, Qt::LeftButton, {}, canvas->tokenRectIn(1, token)->center().toPoint());
  EXPECT_EQ(state.snapshot(), 1);
  EXPECT_FALSE(state.followsNewest());
  EXPECT_EQ(state.selectedToken(), token);
}

TEST_F(CanvasModesTest, HundredsOfStepsAreReadOnlyWhereTheyAreLookedAt) {
  open({.snapshots = 400});
  source->choice_requests.clear();
  state.setCanvasMode(CanvasMode::Steps);
  settle();
  // The newest, which is shown, is in view; the first is not.
  EXPECT_TRUE(canvas->tokenRectIn(399, {0, probe::kImage, 0}));
  EXPECT_FALSE(canvas->tokenRectIn(0, {0, probe::kImage, 0}));
  EXPECT_LT(source->choice_requests.size(), 40U);
  canvas->scroll(-1e9);
  settle();
  const TokenRef token{0, probe::kImage, 0};
  EXPECT_EQ(colorIn(0, token), expertColorAt(token, 0, 0));
  EXPECT_LT(source->choice_requests.size(), 80U);
}

TEST_F(CanvasModesTest, TheStepThatIsGoneToComesIntoView) {
  open({.snapshots = 400});
  state.setCanvasMode(CanvasMode::Steps);
  settle();
  const TokenRef token{0, probe::kImage, 0};
  ASSERT_FALSE(canvas->tokenRectIn(0, token));
  // Back and forth, as the arrow keys and the slider go.
  for (const int64_t step : {0, 1, 399, 398, 200, 199}) {
    state.setSnapshot(step);
    settle();
    ASSERT_TRUE(canvas->tokenRectIn(step, token)) << step;
    EXPECT_EQ(colorIn(step, token), expertColorAt(token, 0, step)) << step;
  }
  // Nothing moves where it is in view already.
  const auto before = canvas->tokenRectIn(200, token);
  state.setSnapshot(200);
  settle();
  EXPECT_EQ(canvas->tokenRectIn(200, token), before);
}

TEST_F(CanvasModesTest, AStepThatIsRecordedScrollsNothingAwayThatTheUserLooksAt) {
  open({.snapshots = 400});
  state.setCanvasMode(CanvasMode::Steps);
  settle();
  const TokenRef token{0, probe::kImage, 0};
  ASSERT_TRUE(canvas->tokenRectIn(399, token));
  source->addSnapshot();
  state.showNewest(401);
  settle();
  EXPECT_TRUE(canvas->tokenRectIn(400, token)) << "the newest was looked at";
  canvas->scroll(-1e9);
  settle();
  ASSERT_TRUE(canvas->tokenRectIn(3, token));
  const auto before = canvas->tokenRectIn(3, token);
  source->addSnapshot();
  state.showNewest(402);
  settle();
  EXPECT_EQ(canvas->tokenRectIn(3, token), before);
  EXPECT_EQ(state.snapshot(), 401);
}

TEST_F(CanvasModesTest, EachModeKeepsItsZoom) {
  open({});
  const QRectF wall = *canvas->tokenRect({1, probe::kImage, 0});
  state.setCanvasMode(CanvasMode::Layers);
  settle();
  turnWheel(canvas->tokenRectIn(0, {0, probe::kImage, 5})->center(), 3);
  const QRectF zoomed = *canvas->tokenRectIn(0, {0, probe::kImage, 5});
  state.setCanvasMode(CanvasMode::Wall);
  settle();
  EXPECT_EQ(*canvas->tokenRect({1, probe::kImage, 0}), wall);
  state.setCanvasMode(CanvasMode::Layers);
  settle();
  EXPECT_EQ(*canvas->tokenRectIn(0, {0, probe::kImage, 5}), zoomed);
}

TEST_F(CanvasModesTest, EnterGoesInBackspaceAndEscapeComeBack) {
  open({});
  state.setSelectedToken(TokenRef{2, probe::kImage, 3});
  press(Qt::Key_Return);
  EXPECT_EQ(state.canvasMode(), CanvasMode::Layers);
  EXPECT_EQ(state.shownSample(), 2);
  press(Qt::Key_Enter);
  EXPECT_EQ(state.canvasMode(), CanvasMode::Steps);
  press(Qt::Key_Backspace);
  EXPECT_EQ(state.canvasMode(), CanvasMode::Wall);
  state.clearSelection();
  press(Qt::Key_Return);
  press(Qt::Key_Escape);
  EXPECT_EQ(state.canvasMode(), CanvasMode::Wall);
}

TEST_F(CanvasModesTest, ArrowsReachEveryPatchAndWord) {
  open({});  // six images in three columns or so; 4 × 4 patches; captions of 5, 6, 7 words
  press(Qt::Key_Right, Qt::AltModifier);
  ASSERT_EQ(state.selectedToken(), (TokenRef{0, probe::kImage, 0}));
  press(Qt::Key_Right, Qt::AltModifier);
  EXPECT_EQ(state.selectedToken(), (TokenRef{0, probe::kImage, 1}));
  for (int i = 0; i < 3; ++i) {
    press(Qt::Key_Down, Qt::AltModifier);
  }
  EXPECT_EQ(state.selectedToken(), (TokenRef{0, probe::kImage, 13}));
  press(Qt::Key_Down, Qt::AltModifier);
  ASSERT_EQ(state.selectedToken()->modality, probe::kText);
  press(Qt::Key_Up, Qt::AltModifier);
  EXPECT_EQ(state.selectedToken()->modality, probe::kImage);
  EXPECT_GE(state.selectedToken()->position, 12);
  // On to the next image in the row, and back.
  state.setSelectedToken(TokenRef{0, probe::kImage, 7});
  press(Qt::Key_Right, Qt::AltModifier);
  EXPECT_EQ(state.selectedToken(), (TokenRef{1, probe::kImage, 4}));
  press(Qt::Key_Left, Qt::AltModifier);
  EXPECT_EQ(state.selectedToken(), (TokenRef{0, probe::kImage, 7}));
  // Through all words of a caption, in reading order.
  state.setSelectedToken(TokenRef{1, probe::kText, 0});
  for (int64_t t = 1; t < 6; ++t) {
    press(Qt::Key_Right, Qt::AltModifier);
    EXPECT_EQ(state.selectedToken(), (TokenRef{1, probe::kText, t}));
  }
}

TEST_F(CanvasModesTest, UpAndDownGoThroughTheImagesInTheWallsOrder) {
  open({.samples = 8});
  state.setWallOrder(WallOrder::Dropped);  // 5, 6, 0, 1, …: see CanvasOrderTest
  settle();
  state.setSelectedToken(TokenRef{5, probe::kImage, 3});
  press(Qt::Key_Down);
  EXPECT_EQ(state.selectedToken(), (TokenRef{6, probe::kImage, 3}));
  state.setCanvasMode(CanvasMode::Layers);
  press(Qt::Key_Down);
  EXPECT_EQ(state.shownSample(), 0);
  press(Qt::Key_Up);
  press(Qt::Key_Up);
  press(Qt::Key_Up);
  EXPECT_EQ(state.shownSample(), 5);
}

TEST_F(CanvasModesTest, ModeButtonsAreFirstInTheStrip) {
  open({});
  std::vector<CanvasMode> modes;
  for (int x = 14; x < 170; x += 6) {
    hover({static_cast<double>(x), 15});
    QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(x, 15));
    settle();
    if (modes.empty() || modes.back() != state.canvasMode()) {
      modes.push_back(state.canvasMode());
    }
  }
  EXPECT_THAT(modes, ElementsAre(CanvasMode::Wall, CanvasMode::Layers, CanvasMode::Steps));
}

TEST_F(CanvasModesTest, ControlsCanBeUsedWithTheKeyboardAlone) {
  open({});
  press(Qt::Key_Tab);  // to the first control
  press(Qt::Key_Right);
  press(Qt::Key_Space);
  EXPECT_EQ(state.canvasMode(), CanvasMode::Layers);
  press(Qt::Key_Escape);
  EXPECT_EQ(state.canvasMode(), CanvasMode::Layers);  // left the controls, not the mode
  press(Qt::Key_Escape);
  EXPECT_EQ(state.canvasMode(), CanvasMode::Wall);
}

TEST_F(CanvasModesTest, SecondChoiceGivesTheColourWhereThereIsOne) {
  open({.top_k = 2});
  state.setOverlayColor(OverlayColor::SecondChoice);
  settle();
  const TokenRef token{1, probe::kImage, 2};
  const auto second =
      static_cast<std::size_t>((source->expertOf(probe::kImage, 1, 2, 0, 2) + 1) % 8);
  EXPECT_EQ(pixel(centreOf(token)), kPublished[second]);
  EXPECT_THAT(canvas->statusText().toStdString(), HasSubstr("second of 2 choices"));
  open({.top_k = 1});
  EXPECT_EQ(pixel(centreOf(token)), expectedColor(probe::kImage, 1, 2));
}

TEST_F(CanvasModesTest, GateAndMarginAreOnViridis) {
  open({});
  // Even patches have gate 1 and margin 1/2, odd ones 1/4 and 1/8.
  state.setOverlayColor(OverlayColor::Gate);
  settle();
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), kViridis100);
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 1})), kViridis25);
  state.setOverlayColor(OverlayColor::Margin);
  settle();
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), kViridis50);
  const auto word = *canvas->tokenRect({0, probe::kText, 0});
  EXPECT_EQ(pixel({word.left() + 2, word.center().y()}), kViridis50);
}

TEST_F(CanvasModesTest, FlipsAreCountedUpToTheStepShown) {
  // Tokens move at steps 1 … u mod 4 and then stay: min(s, u mod 4) changes at snapshot s.
  open({.snapshots = 4, .settle = true});
  state.setOverlayColor(OverlayColor::Flips);
  state.setSnapshot(2);
  settle();
  // Largest count 2: the scale ends there.
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), kViridis0);
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 1})), kViridis50);
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 2})), kViridis100);
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 3})), kViridis100);
  EXPECT_THAT(source->walked,
              ElementsAre(std::tuple(0, 0, 0), std::tuple(1, 0, 0), std::tuple(2, 0, 0)));
  // On and back: only what lies between is read.
  source->walked.clear();
  state.setSnapshot(3);
  settle();
  EXPECT_THAT(source->walked, ElementsAre(std::tuple(3, 0, 0)));
  source->walked.clear();
  state.setSnapshot(2);
  settle();
  EXPECT_THAT(source->walked, ElementsAre(std::tuple(2, 0, 0)));
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 1})), kViridis50);
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 3})), kViridis100);
}

TEST_F(CanvasModesTest, FlipsGoOnWithALiveRun) {
  open({.snapshots = 2});  // every token moves at every step
  state.setOverlayColor(OverlayColor::Flips);
  settle();
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), kViridis100);  // 1 of 1
  source->walked.clear();
  source->addSnapshot();
  state.showNewest(3);
  settle();
  EXPECT_THAT(source->walked, ElementsAre(std::tuple(2, 0, 0)));
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), kViridis100);  // 2 of 2
}

TEST_F(CanvasModesTest, FlipsAreCountedAnewWhereAResumedRunReplacedSteps) {
  open({.snapshots = 3});
  state.setOverlayColor(OverlayColor::Flips);
  settle();
  source->walked.clear();
  source->resumeBefore(2);
  settle();
  EXPECT_THAT(source->walked,
              ElementsAre(std::tuple(0, 0, 0), std::tuple(1, 0, 0), std::tuple(2, 0, 0)));
}

TEST_F(CanvasModesTest, FlipsThatCannotBeCountedAreSaidOnce) {
  open({});
  source->walk_failure = "the disk is gone";
  state.setOverlayColor(OverlayColor::Flips);
  settle();
  EXPECT_THAT(canvas->statusText().toStdString(),
              HasSubstr("flips could not be counted: the disk is gone"));
  const auto walked = source->walked.size();
  settle();
  EXPECT_EQ(source->walked.size(), walked);
  source->walk_failure.clear();
  source->addSnapshot();
  settle();
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), kViridis100);
}

TEST(FlipCountsByHand, CountingIsStoppedAndGoneOnWith) {
  testing::HeldWalks<FakeRunSource> run(FakeRunSource::Shape{.snapshots = 4, .settle = true});
  run.holds_walks = true;
  FlipCounts flips;
  flips.setSource(&run);
  const auto frame = [&flips] {
    flips.beginFrame();
    const auto counted = flips.at({0, 2, 0, 0});
    flips.endFrame();
    return counted;
  };
  frame();
  EXPECT_TRUE(flips.isCounting());
  EXPECT_EQ(flips.standing().kind, Standing::Kind::Unasked) << "what comes at once is not told";
  QTest::qWait(300);
  EXPECT_EQ(flips.standing().kind, Standing::Kind::Waiting);
  flips.stop();
  EXPECT_FALSE(run.walks.front()->alive);
  frame();
  EXPECT_FALSE(flips.isCounting());
  EXPECT_EQ(flips.standing().kind, Standing::Kind::Stopped);
  EXPECT_EQ(flips.standing().done, 0);
  run.holds_walks = false;
  flips.goOn();
  frame();
  QTest::qWait(20);
  const auto counted = frame();
  ASSERT_NE(counted, nullptr);
  EXPECT_EQ(counted->image[2], 2);  // min(s, u mod 4)
  EXPECT_EQ(flips.standing().kind, Standing::Kind::Unasked);
}

TEST_F(CanvasModesTest, FlipsOfTheFilmstripBelongToEachStep) {
  open({.snapshots = 4, .settle = true});
  state.setShownSample(5);
  state.setCanvasMode(CanvasMode::Steps);
  state.setOverlayColor(OverlayColor::Flips);
  for (int i = 0; i < 6; ++i) {
    settle();
  }
  // Patch 2 moves at steps 1 and 2: its colour is that of 0, 1, 2, 2 of at most 3.
  const TokenRef token{5, probe::kImage, 2};
  EXPECT_EQ(colorIn(0, token), kViridis0);
  EXPECT_NE(colorIn(1, token), colorIn(0, token));
  EXPECT_NE(colorIn(2, token), colorIn(1, token));
  EXPECT_EQ(colorIn(3, token), colorIn(2, token));
}

TEST(FlipCountsByHand, CountForwardsAndBackwards) {
  // One patch and one word over five snapshots: experts 1 1 2 1 1 and 3 4 3 4 4.
  const std::vector<uint16_t> patch = {1, 1, 2, 1, 1};
  const std::vector<uint16_t> word = {3, 4, 3, 4, 4};
  const auto slice = [&](std::size_t s) {
    probe::LayerSlice made;
    made.samples = 1;
    made.image.expert = {patch[s], 9};  // K = 2: second choices do not count
    made.text.expert = {word[s], static_cast<uint16_t>(s)};
    return made;
  };
  FlipSample flips;
  std::vector<int> patches;
  std::vector<int> words;
  for (const std::size_t s : {0, 1, 2, 3, 4, 3, 2, 1, 0}) {
    countOn(flips, static_cast<int64_t>(s), slice(s), 2);
    patches.push_back(flips.image[0]);
    words.push_back(flips.text[0]);
  }
  EXPECT_THAT(patches, ElementsAre(0, 0, 1, 2, 2, 2, 1, 0, 0));
  EXPECT_THAT(words, ElementsAre(0, 1, 2, 3, 3, 3, 2, 1, 0));
}

}  // namespace
}  // namespace limoe::gui
