// Comparing runs in the window, as a user does it.
#include <QComboBox>
#include <QDockWidget>
#include <QPushButton>
#include <QTest>
#include <QTreeWidget>

#include "gui/compare/compare_canvas.h"
#include "gui/compare/compare_dialog.h"
#include "gui/compare/compare_view.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using ::testing::HasSubstr;

class CompareInWindow : public WindowTest {
 protected:
  CompareDialog* dialog() const {
    for (auto* one : window->findChildren<CompareDialog*>()) {
      if (one->isVisible()) {
        return one;
      }
    }
    return nullptr;
  }
  void tick(const QString& name) {
    auto* list = dialog()->findChild<QTreeWidget*>("compareRunsList");
    for (int i = 0; i < list->topLevelItemCount(); ++i) {
      if (list->topLevelItem(i)->text(0) == name) {
        list->setCurrentItem(list->topLevelItem(i));
        QTest::keyClick(list, Qt::Key_Space);
        return;
      }
    }
    FAIL() << name.toStdString() << " is not in the list";
  }
  void compareWith(const QStringList& others) {
    press(Qt::Key_C);
    ASSERT_TRUE(waitUntil([this] { return dialog() != nullptr; }));
    for (const QString& name : others) {
      tick(name);
    }
    QTest::mouseClick(dialog()->findChild<QPushButton*>("compareButton"), Qt::LeftButton);
    ASSERT_TRUE(waitUntil([this] { return window->isComparing() && window->isSettled(); }));
  }
  QString header(std::size_t column) const { return window->compareView()->headerWords(column); }
};

TEST_F(CompareInWindow, TwoOfTheListSideBySideAndBackWithTheSameKey) {
  const QString a = makeRun("a");
  makeRun("b");
  makeRun("c");
  show();
  open(a);
  ASSERT_TRUE(
      waitUntil([this] { return find<QTreeWidget>("runsList")->topLevelItemCount() == 3; }));
  press(Qt::Key_C);
  ASSERT_TRUE(waitUntil([this] { return dialog() != nullptr; }));
  // The shown run is ticked; one is not enough.
  auto* compare = dialog()->findChild<QPushButton*>("compareButton");
  EXPECT_FALSE(compare->isEnabled());
  tick("c");
  EXPECT_TRUE(compare->isEnabled());
  EXPECT_EQ(dialog()->findChild<QComboBox*>("compareReference")->currentText(), "a");
  QTest::mouseClick(compare, Qt::LeftButton);
  ASSERT_TRUE(waitUntil([this] { return window->isComparing() && window->isSettled(); }));
  EXPECT_EQ(window->compareView()->runs().count(), 2u);
  EXPECT_TRUE(window->compareView()->isVisible());
  EXPECT_FALSE(window->canvas()->isVisible());
  EXPECT_TRUE(find<QDockWidget>("expertsDock")->isHidden());
  // Both were recorded alike.
  ASSERT_TRUE(waitUntil([this] { return header(1).contains("100 % in matched pairs"); }))
      << header(1).toStdString();
  press(Qt::Key_Left);
  ASSERT_TRUE(waitUntil([this] { return header(1).contains("step 75 ·"); }))
      << header(1).toStdString();
  press(Qt::Key_C);
  EXPECT_FALSE(window->isComparing());
  EXPECT_TRUE(window->canvas()->isVisible());
  EXPECT_FALSE(find<QDockWidget>("expertsDock")->isHidden());
}

TEST_F(CompareInWindow, RunsSelectedInTheListAreComparedWithTheShownOneAsReference) {
  makeRun("a");
  const QString b = makeRun("b");
  makeRun("c");
  show();
  open(b);
  auto* list = find<QTreeWidget>("runsList");
  ASSERT_TRUE(waitUntil([&] { return list->topLevelItemCount() == 3; }));
  auto* compare = find<QPushButton>("compareSelected");
  const auto click = [&](int line, Qt::KeyboardModifiers modifiers) {
    QTest::mouseClick(list->viewport(), Qt::LeftButton, modifiers,
                      list->visualItemRect(list->topLevelItem(line)).center());
  };
  click(1, Qt::NoModifier);
  EXPECT_FALSE(compare->isVisible());
  click(0, Qt::ControlModifier);
  EXPECT_EQ(data()->name, "b") << "a click that selects shows another run";
  ASSERT_TRUE(compare->isVisible());
  EXPECT_EQ(compare->text(), "Compare 2 runs");
  QTest::mouseClick(compare, Qt::LeftButton);
  ASSERT_TRUE(waitUntil([this] { return window->isComparing() && window->isSettled(); }));
  EXPECT_EQ(window->compareView()->runs().column(0).name(), "b");
  EXPECT_EQ(window->compareView()->runs().column(1).name(), "a");
}

TEST_F(CompareInWindow, EscLeavesWhenNothingIsSelected) {
  const QString a = makeRun("a");
  makeRun("b");
  show();
  open(a);
  ASSERT_TRUE(
      waitUntil([this] { return find<QTreeWidget>("runsList")->topLevelItemCount() == 2; }));
  compareWith({"b"});
  press(Qt::Key_1);
  EXPECT_EQ(window->viewState().selectedExpert(), 1);
  press(Qt::Key_Escape);
  EXPECT_TRUE(window->isComparing());
  EXPECT_FALSE(window->viewState().selectedExpert());
  press(Qt::Key_Escape);
  EXPECT_FALSE(window->isComparing());
}

TEST_F(CompareInWindow, OnASingleWallShiftShowsTheOtherRunInTheSamePlace) {
  const QString a = makeRun("a");
  const QString b = makeRun("b");
  show();
  open(b);
  open(a);
  auto* peek = find<CompareCanvas>("otherRunPeek");
  window->canvas()->setFocus();
  QTest::keyPress(window->canvas(), Qt::Key_Shift, Qt::ShiftModifier);
  ASSERT_TRUE(peek->isVisible());
  const TokenRef token{2, probe::kImage, 3};
  ASSERT_TRUE(waitUntil([&] { return peek->tokenRect(1, token).has_value(); }));
  const QRectF below = *window->canvas()->tokenRect(token);
  const auto above = [&] {
    const auto rect = peek->tokenRect(1, token);
    return rect ? rect->translated(peek->pos()) : QRectF();
  };
  ASSERT_TRUE(waitUntil([&] { return (above().center() - below.center()).manhattanLength() < 1; }));
  EXPECT_NEAR(above().width(), below.width(), 1e-6);
  QTest::keyRelease(window->canvas(), Qt::Key_Shift);
  EXPECT_FALSE(peek->isVisible());
  EXPECT_EQ(data()->name, "a");
  // Capitals are typed, and shortcuts with Shift are no look at the other run.
  press(Qt::Key_F, Qt::ControlModifier);
  QTest::keyPress(QApplication::focusWidget(), Qt::Key_Shift, Qt::ShiftModifier);
  EXPECT_FALSE(peek->isVisible());
  QTest::keyRelease(QApplication::focusWidget(), Qt::Key_Shift);
}

TEST_F(CompareInWindow, ARunningRunBesideAFinishedOneGrowsOn) {
  const QString a = makeRun("a");
  show();
  open(a);
  startLiveRun("live");
  window->comparePaths({a, runFolder("live")});
  ASSERT_TRUE(waitUntil([this] { return window->isSettled(); }));
  EXPECT_THAT(header(1).toStdString(), HasSubstr("training"));
  const auto snapshots = [this] {
    return window->compareView()->runs().column(1).data()->snapshot_steps.size();
  };
  const std::size_t before = snapshots();
  ASSERT_TRUE(waitUntil([&] { return snapshots() > before; }));
  EXPECT_TRUE(window->isComparing());
  EXPECT_EQ(window->compareView()->runs().column(0).step(), 100);
}

TEST_F(CompareInWindow, AnotherReferenceAndARunThatIsClosed) {
  const QString a = makeRun("a");
  const QString b = makeRun("b");
  const QString c = makeRun("c");
  show();
  window->comparePaths({a, b, c});
  ASSERT_TRUE(waitUntil([this] { return window->isComparing() && window->isSettled(); }));
  window->openPaths({c});  // as a click in the list of runs
  EXPECT_TRUE(window->isComparing());
  EXPECT_EQ(window->compareView()->runs().column(0).name(), "c");
  press(Qt::Key_W, Qt::ControlModifier);  // closes c: two are left
  ASSERT_TRUE(waitUntil([this] { return window->isSettled(); }));
  EXPECT_EQ(window->compareView()->runs().count(), 2u);
  EXPECT_EQ(window->compareView()->runs().column(0).name(), "a");
  press(Qt::Key_W, Qt::ControlModifier);
  EXPECT_FALSE(window->isComparing());
  ASSERT_TRUE(waitUntil([this] { return window->shownSource() && data(); }));
  EXPECT_EQ(data()->name, "b");
}

TEST_F(CompareInWindow, ARunOutsideTheComparisonEndsIt) {
  const QString a = makeRun("a");
  const QString b = makeRun("b");
  show();
  window->comparePaths({a, b});
  ASSERT_TRUE(waitUntil([this] { return window->isComparing() && window->isSettled(); }));
  open(makeRun("d"));
  EXPECT_FALSE(window->isComparing());
  EXPECT_TRUE(window->canvas()->isVisible());
}

TEST_F(CompareInWindow, OneRunIsNoComparison) {
  const QString a = makeRun("a");
  show();
  window->comparePaths({a, a});
  EXPECT_FALSE(window->isComparing());
  EXPECT_THAT(messages().toStdString(), HasSubstr("two to 6 different runs"));
}

TEST_F(CompareInWindow, ARunThatCannotBeReadLeavesTheOthers) {
  const QString a = makeRun("a");
  const QString b = makeRun("b");
  show();
  window->comparePaths({a, b, runFolder("none")});
  ASSERT_TRUE(waitUntil([this] { return !messages().isEmpty(); }));
  ASSERT_TRUE(waitUntil([this] { return window->isComparing() && window->isSettled(); }));
  EXPECT_EQ(window->compareView()->runs().count(), 2u);
}

}  // namespace
}  // namespace limoe::gui::test
