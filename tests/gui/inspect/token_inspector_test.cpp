#include "gui/inspect/token_inspector.h"

#include <set>

#include "gui/view/colors.h"
#include "tests/gui/inspect/token_inspector_fixture.h"

namespace limoe::gui {
namespace {

using ::testing::HasSubstr;
using testing::kPatch;
using testing::TokenInspectorTest;

TEST_F(TokenInspectorTest, SaysHowToSelectWhereNothingIs) {
  open();
  EXPECT_EQ(text("messageTitle"), "Nothing is selected");
  EXPECT_THAT(text("message"), HasSubstr("Click a patch or a word"));
  EXPECT_FALSE(isShown("tokenPicture"));
  select(kPatch);
  EXPECT_FALSE(isShown("messageTitle"));
  EXPECT_TRUE(isShown("tokenPicture"));
  state.clearSelection();
  EXPECT_TRUE(isShown("messageTitle"));
  inspector.setSource(nullptr);
  EXPECT_EQ(text("messageTitle"), "No run is open");
}

TEST_F(TokenInspectorTest, SaysWhatThePatchIsAndShowsItsVeryPixels) {
  open();
  select(kPatch);
  EXPECT_EQ(text("tokenTitle"), "Sample 2 · patch row 2, column 2");
  EXPECT_EQ(text("tokenFacts"), "Label: house · Source: fake 2");  // label 5 mod 3
  auto* picture = part<TokenPicture>();
  const QRectF enlarged = picture->enlargedRect();
  const double pixel = enlarged.width() / 8;
  ASSERT_GE(pixel, 4);
  EXPECT_EQ(pixel, std::floor(pixel)) << "all pixels are of one size";
  const QImage grabbed = picture->grab().toImage();
  // The fake's pixels are 90 and 130 in turn along a row of even length: columns of stripes.
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      for (const double part : {0.2, 0.8}) {  // no blur between them
        const QPointF at = enlarged.topLeft() + QPointF((x + part) * pixel, (y + part) * pixel);
        EXPECT_EQ(qRed(grabbed.pixel(at.toPoint())), x % 2 == 0 ? 90 : 130) << x << ' ' << y;
      }
    }
  }
}

TEST_F(TokenInspectorTest, ClickAndArrowsInTheImageGoToOtherPatches) {
  open();
  select(kPatch);
  auto* picture = part<TokenPicture>();
  const QRectF image = picture->imageRect();
  // 4 × 4 patches: row 3, column 1.
  click(picture, image.topLeft() + QPointF(image.width() * 1.5 / 4, image.height() * 3.5 / 4));
  EXPECT_EQ(state.selectedToken(), (TokenRef{2, probe::kImage, 13}));
  QTest::keyClick(picture, Qt::Key_Right);
  EXPECT_EQ(state.selectedToken(), (TokenRef{2, probe::kImage, 14}));
  QTest::keyClick(picture, Qt::Key_Up);
  EXPECT_EQ(state.selectedToken(), (TokenRef{2, probe::kImage, 10}));
  QTest::keyClick(picture, Qt::Key_Right);
  QTest::keyClick(picture, Qt::Key_Right);
  EXPECT_EQ(state.selectedToken(), (TokenRef{2, probe::kImage, 11})) << "stays in the image";
}

TEST_F(TokenInspectorTest, AWordIsMarkedInItsCaption) {
  open();
  select({1, probe::kText, 2});
  EXPECT_EQ(text("tokenTitle"), "Sample 1 · word piece 3 “house”");
  EXPECT_EQ(described(part<TokenPicture>()), "Word piece “house”");
  EXPECT_THAT(text("tokenCaption"), ::testing::ContainsRegex("background-color[^>]*>house</a>"));
  auto* caption = inspector.findChild<QLabel*>("tokenCaption");
  Q_EMIT caption->linkActivated("4");
  EXPECT_EQ(state.selectedToken(), (TokenRef{1, probe::kText, 4}));
  QTest::keyClick(part<TokenPicture>(), Qt::Key_Right);
  EXPECT_EQ(state.selectedToken(), (TokenRef{1, probe::kText, 5}));
  QTest::keyClick(part<TokenPicture>(), Qt::Key_Right);
  EXPECT_EQ(state.selectedToken(), (TokenRef{1, probe::kText, 5})) << "image 1 has six pieces";
}

TEST_F(TokenInspectorTest, WithoutDistributionsTheChoiceAndTheRunnerUpAndHowToRecordMore) {
  open();
  select(kPatch);
  EXPECT_EQ(described(bars()), "e0 0.250 kept, e1 0.125 runner-up");
  EXPECT_THAT(text("barsNote"), HasSubstr("--record probabilities=all"));
  EXPECT_THAT(text("barsTitle"), HasSubstr("MoE layer 1 of 2 · block 1 · step 200"));
  select({2, probe::kImage, 4});  // (2 + 4) mod 7 = 6: dropped
  EXPECT_TRUE(
      QTest::qWaitFor([&] { return described(bars()) == "e0 1.000 dropped, e1 0.500 runner-up"; }));
}

TEST_F(TokenInspectorTest, WithDistributionsEveryExpertAndItsName) {
  open();
  run->run->layout.probabilities = true;
  state.setExpertName(0, 0, "walls");
  select(kPatch);
  ASSERT_EQ(bars()->bars().size(), 8u);
  // 0.25 for its choice, (1 − 0.25) / 7 = 0.107 for each of the others.
  EXPECT_THAT(described(bars()),
              ::testing::StartsWith("e0 · walls 0.250 kept, e1 0.107 runner-up, e2 0.107"));
  EXPECT_FALSE(isShown("barsNote"));
  click(bars(), bars()->barRow(2).center());
  EXPECT_EQ(state.selectedExpert(), 2);
  QTest::keyClick(bars(), Qt::Key_Up);
  QTest::keyClick(bars(), Qt::Key_Return);
  EXPECT_EQ(state.selectedExpert(), 1);
}

TEST_F(TokenInspectorTest, ManyExpertsUnfoldWhenAsked) {
  FakeRunSource::Shape shape;
  shape.experts = 32;
  open(shape);
  run->run->layout.probabilities = true;
  select(kPatch);
  // Its choice, 8 (2 + 2 + 4); 0 … 7 of the equal others; 9, the runner-up; the other 22.
  ASSERT_EQ(bars()->bars().size(), 11u);
  EXPECT_EQ(bars()->bars()[9].expert, 9);
  EXPECT_EQ(bars()->bars()[10].experts, 22);
  click(bars(), bars()->barRow(10).center());
  EXPECT_EQ(bars()->bars().size(), 32u);
  EXPECT_EQ(state.selectedExpert(), std::nullopt);
  click(bars(), bars()->barRow(32).center());
  EXPECT_EQ(bars()->bars().size(), 11u);
}

TEST_F(TokenInspectorTest, BothChoicesOfKTwoAreMarked) {
  FakeRunSource::Shape shape;
  shape.top_k = 2;
  open(shape);
  select(kPatch);
  EXPECT_EQ(described(bars()), "e0 0.250 1. kept, e1 0.250 2. kept, e2 0.125 runner-up");
}

TEST_F(TokenInspectorTest, PathShowsEveryLayerAndSetsIt) {
  open();
  select(kPatch);
  EXPECT_EQ(described(path()), "block 1: e0 gate 0.250, block 3: e3 gate 0.250");
  const QImage grabbed = path()->grab().toImage();
  const QPointF inside(5, -5);
  EXPECT_EQ(grabbed.pixelColor((path()->cellRect(0).bottomLeft() + inside).toPoint()).rgb(),
            expertColor(0, 8).rgb());
  EXPECT_EQ(grabbed.pixelColor((path()->cellRect(1).bottomLeft() + inside).toPoint()).rgb(),
            expertColor(3, 8).rgb());
  click(path(), path()->cellRect(1).center());
  EXPECT_EQ(state.layer(), 1);
  EXPECT_TRUE(
      QTest::qWaitFor([&] { return described(bars()) == "e3 0.250 kept, e4 0.125 runner-up"; }));
  QTest::keyClick(path(), Qt::Key_Left);
  EXPECT_EQ(state.layer(), 0);
  QTest::keyClick(path(), Qt::Key_Left);
  EXPECT_EQ(state.layer(), 0);
}

TEST_F(TokenInspectorTest, TimeShowsEveryStepAndSelectsIt) {
  open();
  select(kPatch);
  EXPECT_EQ(text("timeWords"),
            "Not settled: it changed to e0 at the newest step, 200. Flipped 2 times in 3 "
            "snapshots.");
  EXPECT_THAT(inspector.findChild<QLabel*>("timeWords")->toolTip().toStdString(),
              HasSubstr("Settled since: the first recorded step from which on"));
  const QRectF strip = time()->stripRect();
  const QImage grabbed = time()->grab().toImage();
  EXPECT_EQ(grabbed.pixelColor(QPointF(strip.center().x() / 3, strip.center().y()).toPoint()).rgb(),
            expertColor(4, 8).rgb());
  EXPECT_EQ(grabbed.pixelColor(strip.center().toPoint()).rgb(), expertColor(6, 8).rgb());
  click(time(), strip.center());
  EXPECT_EQ(state.snapshot(), 1);
  EXPECT_FALSE(state.followsNewest());
  EXPECT_TRUE(
      QTest::qWaitFor([&] { return described(bars()) == "e6 0.250 kept, e7 0.125 runner-up"; }));
  EXPECT_THAT(text("timeWords"), HasSubstr("in 3 snapshots, 1 up to step 100."));
  QTest::keyClick(time(), Qt::Key_Right);
  EXPECT_EQ(state.snapshot(), 2);
  QTest::keyClick(time(), Qt::Key_Home);
  EXPECT_EQ(state.snapshot(), 0);
}

TEST_F(TokenInspectorTest, HundredsOfStepsAreCompressedAndAFlipIsStillFound) {
  FakeRunSource::Shape shape;
  shape.snapshots = 900;
  open(shape);
  run->as_in.assign(900, 0);
  run->as_in[701] = 1;  // one snapshot of another expert
  state.setSnapshot(100);
  select(kPatch);
  ASSERT_TRUE(QTest::qWaitFor([&] { return text("timeWords").find("900") != std::string::npos; }));
  EXPECT_THAT(text("timeWords"), HasSubstr("Settled on e4 since step 70200."));
  EXPECT_THAT(text("timeWords"),
              HasSubstr("Flipped 2 times in 900 snapshots, 0 up to step 10000."));
  const auto columns = time()->columns();
  EXPECT_LT(columns.size(), 340u);
  const QRectF strip = time()->stripRect();
  const auto flipping = std::ranges::find_if(columns, [](const auto& c) { return c.flips > 0; });
  ASSERT_NE(flipping, columns.end());
  // One column a pixel.
  const int x = static_cast<int>(strip.left()) + static_cast<int>(flipping - columns.begin());
  // Its column of pixels has both experts' colours.
  const QImage grabbed = time()->grab().toImage();
  std::set<QRgb> colors;
  for (int y = static_cast<int>(strip.top()); y < static_cast<int>(strip.bottom()); ++y) {
    colors.insert(grabbed.pixel(x, y));
  }
  EXPECT_TRUE(colors.contains(expertColor(4, 8).rgb()));
  EXPECT_TRUE(colors.contains(expertColor(6, 8).rgb()));
  click(time(), QPointF(x - 2, strip.center().y()));
  EXPECT_EQ(state.snapshot(), 701) << "a mark two pixels away is what is meant";
  QTest::keyClick(time(), Qt::Key_Right, Qt::ControlModifier);
  EXPECT_EQ(state.snapshot(), 702) << "the next flip";
  QTest::keyClick(time(), Qt::Key_Left, Qt::ControlModifier);
  EXPECT_EQ(state.snapshot(), 701);
}

TEST_F(TokenInspectorTest, OfALiveRunOnlyNewSnapshotsAreRead) {
  FakeRunSource::Shape shape;
  shape.samples = 2100;  // too many to look for similar ones unasked
  open(shape);
  select(kPatch);
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return text("timeWords").find("3 snap") != std::string::npos; }));
  run->items.clear();
  run->grow(1);  // routed as at step 100: to 6
  state.showNewest(4);
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return text("timeWords").find("4 snap") != std::string::npos; }));
  EXPECT_EQ(text("timeWords"),
            "Not settled: it changed to e6 at the newest step, 300. Flipped 3 times in 4 "
            "snapshots.");
  ASSERT_FALSE(run->items.empty());
  for (const WalkItem& item : run->items) {
    EXPECT_EQ(item.snapshot, 3);
    EXPECT_EQ(item.first_sample, 2);
    EXPECT_EQ(item.samples, 1);
  }
}

TEST_F(TokenInspectorTest, TheChangesAreNamedWithTheirSteps) {
  open();
  select(kPatch);  // 4, 6, 0 at steps 0, 100, 200
  EXPECT_TRUE(QTest::qWaitFor([&] { return isShown("timeChanges"); }));
  EXPECT_EQ(text("timeChanges"), "e4 → e6 at step 100, e6 → e0 at step 200");
}

TEST_F(TokenInspectorTest, ReadingItsStepsCanBeCancelledAndGoneOnWith) {
  FakeRunSource::Shape shape;
  shape.samples = 2100;  // too many to look for similar ones unasked
  shape.snapshots = 20;
  open(shape);
  run->holds_walks = true;
  state.setSelectedToken(kPatch);
  auto* bar = inspector.findChild<WalkBar*>("timeWait");
  ASSERT_TRUE(QTest::qWaitFor([&] { return bar->isVisible(); }));
  auto* button = bar->findChild<QPushButton*>("walkButton");
  EXPECT_EQ(button->text(), "Cancel");
  QTest::mouseClick(button, Qt::LeftButton);
  EXPECT_EQ(button->text(), "Go on");
  EXPECT_EQ(text("timeWords"), "Reading was stopped: 0 of 20 snapshots.");
  run->release();  // of the path; the history's walk has ended
  EXPECT_EQ(text("timeWords"), "Reading was stopped: 0 of 20 snapshots.");
  QTest::mouseClick(button, Qt::LeftButton);
  EXPECT_TRUE(QTest::qWaitFor([&] {
    return text("timeWords").find("in 20 snapshots") != std::string::npos;
  })) << text("timeWords");
  EXPECT_FALSE(bar->isVisible());
}

TEST_F(TokenInspectorTest, SnapshotsThatAResumedRunReplacedAreReadAgain) {
  open();
  select(kPatch);
  auto resumed = std::make_shared<RunData>(*run->run);
  resumed->snapshot_steps = {0, 50};
  run->as_in = {0, 2};
  run->run = resumed;
  Q_EMIT run->dataChanged();
  state.showNewest(2);
  EXPECT_TRUE(QTest::qWaitFor([&] {
    return text("timeWords") ==
           "Not settled: it changed to e0 at the newest step, 50. Flipped once in 2 snapshots.";
  })) << text("timeWords");
  EXPECT_THAT(text("pathTitle"), HasSubstr("step 50"));
}

TEST_F(TokenInspectorTest, AnswersToWhatIsNoLongerAskedAreDropped) {
  open();
  run->holds_walks = true;
  state.setSelectedToken(kPatch);
  state.setSelectedToken(TokenRef{3, probe::kImage, 5});  // goes to 1 in the last snapshot
  state.setSnapshot(1);                                   // to 7
  run->release();
  EXPECT_EQ(described(bars()), "e7 0.250 kept, e0 0.125 runner-up");
  EXPECT_EQ(described(path()), "block 1: e7 gate 0.250, block 3: e2 gate 0.250");
  EXPECT_THAT(text("timeWords"), HasSubstr("changed to e1 at the newest step, 200"));
}

TEST_F(TokenInspectorTest, WhatCouldNotBeReadIsSaidAndTheRestStays) {
  FakeRunSource::Shape shape;
  shape.samples = 2100;
  open(shape);
  run->holds_walks = true;
  state.setSelectedToken(kPatch);
  run->release("the disk is gone");
  EXPECT_TRUE(isShown("readingFailure"));
  EXPECT_EQ(text("readingFailure"), "Not all could be read: the disk is gone");
  EXPECT_EQ(text("timeWords"),
            "Read: the first 1 of 3 snapshots. e4 in the one snapshot so far (step 0).");
  run->holds_walks = true;
  QTest::mouseClick(button(), Qt::LeftButton);
  run->release("the disk is gone");
  EXPECT_FALSE(similar()->isSearching());
  EXPECT_FALSE(similar()->found());
  EXPECT_EQ(wait()->words(), "Comparing with all tokens of the probe failed: the disk is gone");
  EXPECT_TRUE(wait()->isVisible());
  state.setSelectedToken(TokenRef{3, probe::kImage, 5});
  EXPECT_FALSE(wait()->isVisible()) << "it was about another token";
  EXPECT_FALSE(isShown("readingFailure"));
}

TEST_F(TokenInspectorTest, SaysWhatItIsWhileItsSampleIsBeingRead) {
  open();
  run->holds_samples = true;
  state.setSelectedToken(kPatch);
  EXPECT_EQ(text("tokenTitle"), "Sample 2");
  EXPECT_EQ(text("tokenFacts"), "Reading…");
  run->holds_samples = false;
  Q_EMIT run->pageReady();
  EXPECT_EQ(text("tokenTitle"), "Sample 2 · patch row 2, column 2");
}

TEST_F(TokenInspectorTest, ADenseModelHasNoExpertsAndSaysSo) {
  FakeRunSource::Shape shape;
  shape.layers = 0;
  open(shape);
  state.setSelectedToken(kPatch);
  EXPECT_EQ(text("tokenTitle"), "Sample 2 · patch row 2, column 2");
  EXPECT_THAT(text("barsNote"), HasSubstr("dense model"));
  EXPECT_FALSE(path()->isVisible());
  EXPECT_FALSE(time()->isVisible());
  EXPECT_FALSE(similar()->isVisible());
}

TEST_F(TokenInspectorTest, BeforeTheFirstSnapshotItSaysThatThereIsNone) {
  FakeRunSource::Shape shape;
  shape.snapshots = 0;
  open(shape);
  state.setSelectedToken(kPatch);
  EXPECT_THAT(text("barsNote"), HasSubstr("first snapshot"));
  EXPECT_FALSE(path()->isVisible());
  EXPECT_FALSE(similar()->isVisible());
}

TEST_F(TokenInspectorTest, InTheOtherTowersLayersItIsNotRouted) {
  open();
  run->run->config.model.towers = model::Towers::Two;
  state.setLayer(1);
  select(kPatch);
  EXPECT_EQ(described(path()), "image block 1: e0 gate 0.250, text block 3: not routed");
  EXPECT_THAT(text("barsNote"), HasSubstr("not routed in this layer, which is the text tower’s"));
  EXPECT_FALSE(time()->isVisible());
  click(path(), path()->cellRect(0).center());
  EXPECT_TRUE(QTest::qWaitFor([&] { return time()->isVisible(); }));
}

TEST_F(TokenInspectorTest, OfAGroupThatAWhatIfLeavesOutItSaysWhy) {
  open();
  run->run->what_if = "capacity factor 0.5";
  run->routes_nothing = true;
  select(kPatch);
  EXPECT_TRUE(QTest::qWaitFor([&] {
    return text("barsNote").find("not routed in this what-if") != std::string::npos;
  })) << text("barsNote");
  EXPECT_THAT(text("barsNote"), HasSubstr("samples that are not recorded"));
}

TEST_F(TokenInspectorTest, KeysOfAPartAreNotTheWindowsShortcutsWhileItHasTheFocus) {
  open();
  select(kPatch);
  const auto takes = [](QWidget* widget, int key) {
    QKeyEvent event(QEvent::ShortcutOverride, key, Qt::NoModifier);
    event.ignore();
    QApplication::sendEvent(widget, &event);
    return event.isAccepted();
  };
  EXPECT_TRUE(takes(path(), Qt::Key_Left));
  EXPECT_TRUE(takes(time(), Qt::Key_Right));
  EXPECT_TRUE(takes(bars(), Qt::Key_Space));
  EXPECT_FALSE(takes(time(), Qt::Key_Space)) << "Space plays";
  EXPECT_FALSE(takes(path(), Qt::Key_1)) << "digits choose experts";
}

TEST_F(TokenInspectorTest, ReadsNothingWhileItIsHidden) {
  open();
  inspector.hide();
  state.setSelectedToken(kPatch);
  QTest::qWait(400);
  EXPECT_TRUE(run->items.empty());
  inspector.show();
  EXPECT_TRUE(
      QTest::qWaitFor([&] { return described(bars()) == "e0 0.250 kept, e1 0.125 runner-up"; }));
}

}  // namespace
}  // namespace limoe::gui
