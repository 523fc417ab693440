#include "gui/inspect/token_similar_view.h"

#include "tests/gui/inspect/token_inspector_fixture.h"

namespace limoe::gui {
namespace {

using ::testing::HasSubstr;
using testing::kPatch;
using testing::TokenInspectorTest;

TEST_F(TokenInspectorTest, OfASmallProbeTheSimilarOnesAreThereUnasked) {
  open();
  select(kPatch);
  ASSERT_TRUE(QTest::qWaitFor([&] { return similar()->found() != nullptr; }));
  EXPECT_EQ(similar()->found()->compared, 6 * 16 - 1);
  ASSERT_EQ(grid()->cards().size(), 18u) << "three of each of the six images";
  // (n + p / 2) mod 8 = 4 and an odd patch: that of image 0 is 9.
  EXPECT_EQ(grid()->cards()[0].token, (TokenRef{0, probe::kImage, 9}));
  EXPECT_EQ(grid()->cards()[0].value, "2 of 2");
  EXPECT_THAT(text("similarNote"), HasSubstr("18 nearest of 95 patches"));
  EXPECT_FALSE(button()->isVisible());
}

TEST_F(TokenInspectorTest, SimilarOnesAreLinksAndStayWhileOneStepsThroughThem) {
  open();
  select(kPatch);
  ASSERT_TRUE(QTest::qWaitFor([&] { return grid()->cards().size() == 18; }));
  const TokenRef second = grid()->cards()[1].token;
  click(grid(), grid()->cardRect(1).center());
  EXPECT_EQ(state.selectedToken(), second);
  QTest::keyClick(grid(), Qt::Key_Right);
  QTest::keyClick(grid(), Qt::Key_Return);
  EXPECT_EQ(state.selectedToken(), grid()->cards()[2].token);
  QTest::qWait(400);
  ASSERT_TRUE(similar()->found());
  EXPECT_EQ(similar()->found()->token, kPatch) << "the list is still that of the first token";
  auto* note = inspector.findChild<QLabel*>("similarNote");
  Q_EMIT note->linkActivated("back");
  EXPECT_EQ(state.selectedToken(), kPatch);
  click(grid(), grid()->cardRect(1).center());
  EXPECT_EQ(button()->text(), "Find similar to this one");
  QTest::mouseClick(button(), Qt::LeftButton);
  EXPECT_TRUE(
      QTest::qWaitFor([&] { return similar()->found() && similar()->found()->token == second; }));
}

TEST_F(TokenInspectorTest, ALargeProbeIsSearchedWhenAskedAndTheSearchCanBeCancelled) {
  FakeRunSource::Shape shape;
  shape.samples = 2100;
  open(shape);
  select(kPatch);
  QTest::qWait(400);
  EXPECT_FALSE(similar()->isSearching());
  EXPECT_EQ(button()->text(), "Find similar");
  run->holds_walks = true;
  QTest::mouseClick(button(), Qt::LeftButton);
  EXPECT_TRUE(similar()->isSearching());
  EXPECT_FALSE(button()->isVisible());
  auto* cancel = wait()->findChild<QPushButton*>("walkButton");
  ASSERT_TRUE(QTest::qWaitFor([&] { return cancel->isVisible(); }));
  EXPECT_EQ(cancel->text(), "Cancel");
  QTest::mouseClick(cancel, Qt::LeftButton);
  EXPECT_FALSE(similar()->isSearching());
  run->release();
  EXPECT_FALSE(similar()->found()) << "cancelled";
  EXPECT_EQ(wait()->words(), "Comparing with all tokens of the probe: stopped at 0 %");
  QTest::mouseClick(cancel, Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return similar()->found() != nullptr; }));
  EXPECT_EQ(similar()->found()->compared, 2100 * 16 - 1);
  EXPECT_EQ(grid()->cards().size(), 24u);
}

TEST_F(TokenInspectorTest, ASearchForAnotherTokenOrStepIsDropped) {
  FakeRunSource::Shape shape;
  shape.samples = 2100;
  open(shape);
  select(kPatch);
  run->holds_walks = true;
  QTest::mouseClick(button(), Qt::LeftButton);
  state.setSelectedToken(TokenRef{7, probe::kImage, 1});
  EXPECT_FALSE(similar()->isSearching());
  QTest::mouseClick(button(), Qt::LeftButton);
  EXPECT_TRUE(similar()->isSearching());
  state.setSnapshot(0);
  EXPECT_FALSE(similar()->isSearching());
  run->release();
  EXPECT_FALSE(similar()->found());
}

TEST_F(TokenInspectorTest, NothingIsSearchedWhileItIsHidden) {
  open();
  select(kPatch);
  inspector.hide();  // within the moment after which a small probe is searched
  QTest::qWait(400);
  EXPECT_FALSE(similar()->isSearching());
  EXPECT_FALSE(similar()->found());
  run->holds_walks = true;
  inspector.show();
  ASSERT_TRUE(QTest::qWaitFor([&] { return similar()->isSearching(); }));
  inspector.hide();
  EXPECT_FALSE(similar()->isSearching());
}

TEST_F(TokenInspectorTest, ALiveRunThatMovesOnDoesNotStopASearch) {
  FakeRunSource::Shape shape;
  shape.samples = 2100;
  open(shape);
  select(kPatch);
  run->holds_walks = true;
  QTest::mouseClick(button(), Qt::LeftButton);
  run->grow(0);
  state.showNewest(4);
  EXPECT_TRUE(similar()->isSearching());
  run->release();
  ASSERT_TRUE(similar()->found());
  EXPECT_THAT(text("similarNote"), HasSubstr("at step 200"));
  EXPECT_TRUE(button()->isVisible()) << "to search at the new step";
}

}  // namespace
}  // namespace limoe::gui
