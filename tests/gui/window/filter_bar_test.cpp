// Finding: the filter bar as a user drives it, and what it makes of the view.
#include <QAbstractItemView>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDoubleSpinBox>
#include <QFrame>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QTest>
#include <QToolButton>
#include <QWindow>

#include "gui/window/filter_bar.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

class FilterBarTest : public WindowTest {
 protected:
  FilterBar* bar() const { return window->findChild<FilterBar*>(); }
  const TokenFilter& filter() const { return window->viewState().filter(); }
  void openBar() {
    press(Qt::Key_F, Qt::ControlModifier);
    ASSERT_TRUE(bar()->isOpen());
    ASSERT_EQ(QApplication::focusWidget(), find<QLineEdit>("filterWord"));
  }
  bool countIs(const QString& text) {
    return waitUntil([&] { return bar()->countText() == text; });
  }
  /// As the keyboard chooses: first the field, then ↓ as often as it takes.
  void choose(const char* name, int index) {
    auto* box = find<QComboBox>(name);
    box->setFocus();
    while (box->currentIndex() != index) {
      QTest::keyClick(box, box->currentIndex() < index ? Qt::Key_Down : Qt::Key_Up);
    }
  }
};

// Words of sample n: (t + n) % 8 for t below 8 − n % 4, of "a red house by the road under clouds".
// "red" (1) is missing where no such t gives 1: samples 2 and 3.
TEST_F(FilterBarTest, AWordFiltersAndTheImagesAreCounted) {
  show();
  open(makeRun("a"));
  openBar();
  EXPECT_TRUE(countIs("8 images"));
  type("red");
  pressHere(Qt::Key_Return);
  EXPECT_EQ(filter().word, "red");
  EXPECT_TRUE(countIs("6 of 8 images")) << bar()->countText().toStdString();
  EXPECT_THAT(find<QLabel>("filterCount")->toolTip().toStdString(),
              testing::HasSubstr("at least one token"));
}

TEST_F(FilterBarTest, AWordCountsAMomentAfterItWasTyped) {
  show();
  open(makeRun("a"));
  openBar();
  type("the");
  EXPECT_TRUE(filter().isEmpty());
  // "the" (4) is missing in samples 5, 6 and 7.
  EXPECT_TRUE(countIs("5 of 8 images"));
  EXPECT_EQ(filter().word, "the");
}

// In layer 0 of the last snapshot (s = 4) patch p of sample n has expert (p + n) % 4 and is dropped
// where (p + 2·n + 4) % 7 == 0; word t has expert (2·t + n) % 4, dropped where (t + n + 4) % 5 ==
// 0. Expert 1 and dropped: n = 1 (p = 8), 3 (t = 3), 4 (p = 9), 5 (p = 0) and 7 (p = 10).
TEST_F(FilterBarTest, ExpertDroppedAndGateNarrowIt) {
  show();
  open(makeRun("a"));
  openBar();
  choose("filterExpert", 2);
  EXPECT_EQ(filter().expert, 1);
  auto* dropped = find<QCheckBox>("filterDropped");
  dropped->setFocus();
  pressHere(Qt::Key_Space);  // ticks; does not play
  EXPECT_TRUE(filter().dropped);
  EXPECT_EQ(window->viewState().snapshot(), 4);
  EXPECT_TRUE(countIs("5 of 8 images")) << bar()->countText().toStdString();
  auto* gate = find<QDoubleSpinBox>("filterGate");
  gate->setFocus();
  gate->selectAll();
  type("0.2");  // every gate is 0.375 or 0.5
  pressHere(Qt::Key_Return);
  EXPECT_EQ(filter().gate_below, 0.2);
  EXPECT_TRUE(countIs("0 of 8 images")) << bar()->countText().toStdString();
}

TEST_F(FilterBarTest, LabelsAreOfferedWhereThereAreSome) {
  show();
  open(makeRun("a"));
  openBar();
  const auto* labels = find<QComboBox>("filterLabel");
  EXPECT_EQ(labels->count(), 6);  // any, sky, grass, road, house, car
  choose("filterLabel", 5);
  EXPECT_EQ(filter().label, 4);
  EXPECT_TRUE(countIs("8 of 8 images"));  // each image has a patch with (p + n) % 5 == 4
  probe::test::SyntheticOptions options;
  options.labels = false;
  const QString bare = folder.filePath("bare");
  probe::test::writeSyntheticRecording(bare.toStdString(), options);
  open(bare);
  EXPECT_FALSE(labels->isVisible());
}

TEST_F(FilterBarTest, EscapeClearsThenClosesAndTheCanvasHasTheKeyboard) {
  show();
  open(makeRun("a"));
  window->viewState().toggleSelectedExpert(2);
  openBar();
  type("red");
  pressHere(Qt::Key_Return);
  pressHere(Qt::Key_Escape);
  EXPECT_TRUE(filter().isEmpty());
  EXPECT_TRUE(bar()->isOpen());
  pressHere(Qt::Key_Escape);
  EXPECT_FALSE(bar()->isOpen());
  EXPECT_EQ(QApplication::focusWidget(), window->canvas());
  EXPECT_EQ(window->viewState().selectedExpert(), 2);  // not what Esc meant here
}

TEST_F(FilterBarTest, AClosedBarLeavesAChipThatSaysTheFilterAndClearsIt) {
  show();
  open(makeRun("a"));
  openBar();
  type("red");
  pressHere(Qt::Key_Return);
  ASSERT_TRUE(countIs("6 of 8 images"));
  auto* chip = find<QFrame>("filterChip");
  EXPECT_FALSE(chip->isVisible());
  QTest::mouseClick(find<QToolButton>("filterClose"), Qt::LeftButton);
  ASSERT_TRUE(chip->isVisible());
  EXPECT_EQ(find<QToolButton>("filterChipText")->text(),
            QString::fromUtf8("Filter: caption has “red” – 6 of 8 images"));
  QTest::mouseClick(find<QToolButton>("filterChipText"), Qt::LeftButton);
  EXPECT_TRUE(bar()->isOpen());
  EXPECT_FALSE(chip->isVisible());
  QTest::mouseClick(find<QToolButton>("filterClose"), Qt::LeftButton);
  QTest::mouseClick(find<QToolButton>("filterChipClear"), Qt::LeftButton);
  EXPECT_TRUE(filter().isEmpty());
  EXPECT_FALSE(chip->isVisible());
}

TEST_F(FilterBarTest, SortsTheWallAndOffersOnlyWhatCanBe) {
  show();
  open(makeRun("a"));
  openBar();
  ViewState& state = window->viewState();
  const auto* order = find<QComboBox>("wallOrder");
  const auto offered = [order](int row) {
    return order->model()->index(row, 0).flags().testFlag(Qt::ItemIsEnabled);
  };
  EXPECT_FALSE(offered(2));  // no expert is selected
  EXPECT_FALSE(offered(3));  // no distributions are recorded
  state.toggleSelectedExpert(3);
  EXPECT_TRUE(offered(2));
  EXPECT_EQ(order->itemText(2), "share of e3");
  state.setExpertName(0, 3, "signs");
  EXPECT_EQ(order->itemText(2), QString::fromUtf8("share of e3 · signs"));
  choose("wallOrder", 4);
  EXPECT_EQ(state.wallOrder(), WallOrder::Dropped);
  choose("wallOrder", 1);
  EXPECT_EQ(state.wallOrder(), WallOrder::Word);
  auto* word = find<QLineEdit>("wallOrderWord");
  ASSERT_TRUE(word->isVisible());
  word->setFocus();
  type("house");
  pressHere(Qt::Key_Return);
  EXPECT_EQ(state.orderWord(), "house");
  QTest::mouseClick(find<QToolButton>("filterClear"), Qt::LeftButton);
  EXPECT_EQ(state.wallOrder(), WallOrder::Recorded);
}

TEST_F(FilterBarTest, CompletesWordsOfTheCaptions) {
  show();
  open(makeRun("a"));
  openBar();
  auto* word = find<QLineEdit>("filterWord");
  auto* completer = word->completer();
  ASSERT_TRUE(waitUntil([&] { return completer->model()->rowCount() == 8; }));
  completer->setCompletionPrefix("cl");
  EXPECT_EQ(completer->currentCompletion(), "clouds");
}

TEST_F(FilterBarTest, NoListForAWordThatIsTypedAndAClickBesideTheListIsAClick) {
  show();
  open(makeRun("a"));
  openBar();
  auto* word = find<QLineEdit>("filterWord");
  auto* completer = word->completer();
  ASSERT_TRUE(waitUntil([&] { return completer->model()->rowCount() == 8; }));
  type("cl");
  EXPECT_TRUE(waitUntil([&] { return completer->popup()->isVisible(); }));
  auto* dropped = find<QCheckBox>("filterDropped");
  const QPointF at = dropped->mapToGlobal(QPointF(8, dropped->height() / 2.0));
  QWidget* list = completer->popup();
  QMouseEvent press(QEvent::MouseButtonPress, list->mapFromGlobal(at), at, Qt::LeftButton,
                    Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(list, &press);
  EXPECT_FALSE(list->isVisible());
  QTest::mouseRelease(window->windowHandle(), Qt::LeftButton, {},
                      window->mapFromGlobal(at.toPoint()));
  EXPECT_TRUE(dropped->isChecked());
  word->setFocus();
  word->clear();
  type("CLOUDS");
  QTest::qWait(50);
  EXPECT_FALSE(list->isVisible()) << "there is nothing more to offer";
}

TEST_F(FilterBarTest, NothingMovesWhileItIsTypedAt) {
  show();
  window->resize(1600, 1000);
  open(makeRun("a"));
  const auto place = [&] { return window->canvas()->mapTo(window.get(), QPoint(0, 0)).y(); };
  openBar();
  ASSERT_TRUE(countIs("8 images"));
  QTest::qWait(20);
  const int before = place();
  const QRect count = find<QLabel>("filterCount")->geometry();
  type("red");
  pressHere(Qt::Key_Return);
  ASSERT_TRUE(countIs("6 of 8 images"));
  EXPECT_EQ(find<QLabel>("filterCount")->geometry(), count);
  EXPECT_EQ(place(), before);
}

TEST_F(FilterBarTest, ImagesStayWhereTheyAreAsTheBarOpensAndCloses) {
  show();
  open(makeRun("a"));
  const TokenRef token{7, probe::kImage, 11};  // far down
  const auto place = [&] {
    QTest::qWait(80);
    const QRectF rect = window->canvas()->tokenRect(token).value_or(QRectF());
    return rect.translated(window->canvas()->mapTo(window.get(), QPoint(0, 0)));
  };
  const auto near = [](const QRectF& a, const QRectF& b) {
    return std::abs(a.x() - b.x()) < 0.01 && std::abs(a.y() - b.y()) < 0.01 &&
           std::abs(a.width() - b.width()) < 0.01;
  };
  const QRectF before = place();
  ASSERT_FALSE(before.isEmpty());
  const int height = window->canvas()->height();
  openBar();
  EXPECT_TRUE(near(place(), before)) << place().y() << " " << before.y();
  EXPECT_LT(window->canvas()->height(), height);
  QTest::mouseClick(find<QToolButton>("filterClose"), Qt::LeftButton);
  EXPECT_TRUE(near(place(), before));
  EXPECT_EQ(window->canvas()->height(), height);
  window->resize(1500, 950);  // still fitted: only bars leave it as it is
  EXPECT_GT(place().width(), before.width());
}

TEST_F(FilterBarTest, LargeLettersOnASmallScreenLeaveAWallBelowTheBar) {
  show();
  open(makeRun("a"));
  find<QAction>("scale200Action")->trigger();
  QTest::qWait(200);
  openBar();
  QTest::qWait(200);
  CanvasWidget* canvas = window->canvas();
  EXPECT_GE(canvas->height() - canvas->controlsHeight(), 4 * window->fontMetrics().height());
  // Every control is come to with Tab, and is seen then.
  QStringList seen;
  for (int i = 0; i < 12 && bar()->isAncestorOf(QApplication::focusWidget()); ++i) {
    const QWidget* control = QApplication::focusWidget();
    EXPECT_GE(control->visibleRegion().boundingRect().height(), control->height() - 2)
        << control->objectName().toStdString();
    seen << control->objectName();
    pressHere(Qt::Key_Tab);
  }
  EXPECT_THAT(seen,
              testing::IsSupersetOf({"filterWord", "filterLabel", "filterExpert", "filterGate",
                                     "filterDropped", "wallOrder", "filterClose"}));
  find<QAction>("scale100Action")->trigger();
}

TEST_F(FilterBarTest, ADenseModelIsFilteredAndSortedByWord) {
  probe::test::SyntheticOptions options;
  options.layers = 0;
  const QString dense = folder.filePath("dense");
  probe::test::writeSyntheticRecording(dense.toStdString(), options);
  show();
  open(dense);
  openBar();
  EXPECT_TRUE(countIs("8 images (a dense model: by word and label only)"));
  EXPECT_FALSE(find<QComboBox>("filterExpert")->isEnabled());
  EXPECT_TRUE(find<QComboBox>("filterLabel")->isEnabled());
  type("red");
  pressHere(Qt::Key_Return);
  EXPECT_TRUE(countIs("6 of 8 images")) << bar()->countText().toStdString();
  const auto status = [&] { return window->canvas()->statusText().toStdString(); };
  EXPECT_TRUE(waitUntil([&] { return status().find("6 of 8 images") != std::string::npos; }))
      << status();
  window->viewState().setFilter({});
  choose("wallOrder", 1);
  find<QLineEdit>("wallOrderWord")->setFocus();
  type("red");
  pressHere(Qt::Key_Return);
  EXPECT_TRUE(waitUntil([&] {
    return status().find("order: captions with “red” first (6 images)") != std::string::npos;
  })) << status();
}

}  // namespace
}  // namespace limoe::gui::test
