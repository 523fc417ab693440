// The user's own images beside the run that routed them: in the list, on the wall, and back.
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPushButton>
#include <QTest>
#include <QTreeWidget>

#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using testing::HasSubstr;

class OwnImagesTest : public WindowTest {
 protected:
  OwnImagesTest() : run(makeRun("a")) {}

  /// Three samples in one snapshot, as `limoe probe` records them.
  QString makeOwn(const QString& name) {
    probe::test::SyntheticOptions options;
    options.samples = 3;
    options.snapshots = 1;
    options.steps = 0;
    options.labels = false;
    const QString elsewhere = folder.filePath("routing-" + name);
    probe::test::writeSyntheticRecording(elsewhere.toStdString(), options);
    const QString path = QString("%1/probes/%2.h5").arg(run, name);
    QDir().mkpath(run + "/probes");
    EXPECT_TRUE(QFile::rename(elsewhere + "/recording.h5", path));
    return path;
  }
  void openIt(const QString& path) {
    window->openPaths({path});
    ASSERT_TRUE(waitUntil([&] {
      return window->shownSource() && window->shownSource()->path() == path && data() &&
             window->isSettled() && window->isSessionIdle();
    }));
  }
  ViewState& state() { return window->viewState(); }
  QTreeWidget* list() const { return find<QTreeWidget>("runsList"); }
  bool isShown(const QString& name) const {
    return window->shownSource() && data() && data()->name == name && window->isSettled();
  }

  QString run;
};

TEST_F(OwnImagesTest, TheyStandBelowTheirRunAndAreCalledAfterIt) {
  for (const char* name : {"own-100", "own-50", "own-100-2"}) {
    makeOwn(name);
  }
  show();
  find<QAction>("reloadAction")->trigger();
  ASSERT_TRUE(waitUntil([this] {
    return list()->topLevelItemCount() == 1 && list()->topLevelItem(0)->childCount() == 3;
  }));
  QTreeWidgetItem* item = list()->topLevelItem(0);
  EXPECT_EQ(item->text(0), "a");
  EXPECT_EQ(item->child(0)->text(0), "yours, step 50");
  EXPECT_EQ(item->child(1)->text(0), "yours, step 100");
  EXPECT_EQ(item->child(2)->text(0), "yours, step 100 (2)");
  EXPECT_TRUE(item->isExpanded());
  QTest::mouseClick(list()->viewport(), Qt::LeftButton, {},
                    list()->visualItemRect(item->child(0)).center());
  ASSERT_TRUE(waitUntil([this] { return isShown(QString::fromUtf8("a · yours")); }));
  EXPECT_EQ(window->windowTitle(), QString::fromUtf8("a · yours, step 50"));
  EXPECT_TRUE(item->child(0)->font(0).bold());
  EXPECT_EQ(list()->topLevelItemCount(), 1);  // open or not, it stays in its place
  EXPECT_EQ(item->childCount(), 3);
}

TEST_F(OwnImagesTest, ThoseOfARunElsewhereAreListedWhileItIsOpen) {
  makeOwn("own-50");
  const QString elsewhere = folder.filePath("elsewhere");
  ASSERT_TRUE(QDir().rename(run, elsewhere));
  show();
  openIt(elsewhere);
  ASSERT_TRUE(waitUntil([this] {
    return list()->topLevelItemCount() == 1 && list()->topLevelItem(0)->childCount() == 1;
  }));
  EXPECT_EQ(list()->topLevelItem(0)->child(0)->text(0), "yours, step 50");
  window->findChild<QAction*>("closeRunAction")->trigger();
  EXPECT_TRUE(waitUntil([this] { return list()->topLevelItemCount() == 0; }));
}

TEST_F(OwnImagesTest, AViewOfTheSameModelStaysAsItIsAndTheWayBackLeadsWhereOneWas) {
  const QString own = makeOwn("own-100");
  show();
  openIt(run);
  state().setLayer(1);
  state().setOverlayStyle(OverlayStyle::Outline);
  state().setOverlayColor(OverlayColor::Margin);
  state().setOpacity(0.3);
  state().setWallOrder(WallOrder::Dropped);
  state().toggleHidden(2);
  state().setSnapshot(1);
  state().setSelectedToken(TokenRef{5, probe::kImage, 3});
  press(Qt::Key_0, Qt::ControlModifier);
  QTest::qWait(50);
  const auto place = window->canvas()->wallPlace();
  EXPECT_FALSE(find<QWidget>("ownBar")->isVisible());

  openIt(own);
  EXPECT_EQ(state().layer(), 1);
  EXPECT_EQ(state().overlayStyle(), OverlayStyle::Outline);
  EXPECT_EQ(state().overlayColor(), OverlayColor::Margin);
  EXPECT_EQ(state().opacity(), 0.3);
  EXPECT_EQ(state().wallOrder(), WallOrder::Dropped);
  EXPECT_EQ(state().hiddenExperts(), (std::set<int64_t>{2}));
  EXPECT_EQ(state().selectedToken(), std::nullopt);  // that was of another image
  EXPECT_EQ(state().snapshot(), 0);
  ASSERT_TRUE(find<QWidget>("ownBar")->isVisible());
  EXPECT_EQ(find<QLabel>("ownText")->text(), "Samples of your own: 3, routed by run a at step 100");
  state().setLayer(0);

  QTest::mouseClick(find<QPushButton>("ownBack"), Qt::LeftButton);
  ASSERT_TRUE(waitUntil([this] { return isShown("a") && window->isSessionIdle(); }));
  EXPECT_FALSE(find<QWidget>("ownBar")->isVisible());
  EXPECT_EQ(state().layer(), 0);
  EXPECT_EQ(state().snapshot(), 1);
  EXPECT_EQ(state().selectedToken(), (TokenRef{5, probe::kImage, 3}));
  EXPECT_EQ(window->canvas()->wallPlace(), place);
}

TEST_F(OwnImagesTest, AKeyGoesToTheNewestAndBack) {
  show();
  openIt(run);
  EXPECT_FALSE(find<QAction>("switchOwnAction")->isEnabled());
  EXPECT_THAT(find<QAction>("switchOwnAction")->toolTip().toStdString(),
              HasSubstr("routed nothing of yours"));
  makeOwn("own-50");
  makeOwn("own-100");
  press(Qt::Key_F5);
  ASSERT_TRUE(waitUntil([this] { return find<QAction>("switchOwnAction")->isEnabled(); }));
  press(Qt::Key_I, Qt::ControlModifier | Qt::ShiftModifier);
  ASSERT_TRUE(waitUntil([this] { return isShown(QString::fromUtf8("a · yours")); }));
  EXPECT_EQ(window->windowTitle(), QString::fromUtf8("a · yours, step 100"));
  press(Qt::Key_I, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_TRUE(waitUntil([this] { return isShown("a"); }));
}

TEST_F(OwnImagesTest, NamesOfExpertsAreKeptWithTheRunWhoseModelTheyAreOf) {
  const QString own = makeOwn("own-100");
  show();
  openIt(run);
  state().setExpertName(0, 2, "sky");
  openIt(own);
  EXPECT_EQ(state().expertName(0, 2), "sky");
  state().setExpertName(0, 2, "clouds");
  state().setExpertName(1, 3, "cars");
  openIt(run);
  EXPECT_EQ(state().expertName(0, 2), "clouds");
  EXPECT_EQ(state().expertName(1, 3), "cars");
  window->close();
  WindowOptions options;
  options.runs_folder = folder.filePath("runs");
  window = std::make_unique<MainWindow>(options);
  show();
  openIt(own);  // alone
  EXPECT_EQ(state().expertName(0, 2), "clouds");
  QFile session(run + "/session.json");
  ASSERT_TRUE(session.open(QIODevice::ReadOnly));
  EXPECT_EQ(QJsonDocument::fromJson(session.readAll()).object()["expert_names"].toArray().size(),
            2);
}

}  // namespace
}  // namespace limoe::gui::test
