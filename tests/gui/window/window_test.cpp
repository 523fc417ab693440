// The window as a user drives it: opening, keys, slider, docks, bad files.
#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QDockWidget>
#include <QDropEvent>
#include <QFileDialog>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QTimer>
#include <QTreeWidget>
#include <QUrl>
#include <fstream>
#include <set>

#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

TEST_F(WindowTest, OpensARunByItsFolderOrItsRecordingAndShowsTheNewestStep) {
  const QString run = makeRun("a");
  show();
  open(run + "/recording.h5");
  ASSERT_NE(window->shownSource(), nullptr);
  EXPECT_EQ(data()->name, "a");
  EXPECT_EQ(window->viewState().snapshot(), 4);
  RecordingSource* source = window->shownSource();
  open(run);
  EXPECT_EQ(window->shownSource(), source);  // the same run is not opened twice
}

TEST_F(WindowTest, OpensSeveralAndShowsTheFirst) {
  const QStringList runs{makeRun("a"), makeRun("b")};
  show();
  window->openPaths(runs);
  ASSERT_TRUE(waitUntil([this] { return window->isSettled(); }));
  EXPECT_EQ(data()->name, "a");
  const auto* list = window->findChild<QTreeWidget*>("runsList");
  ASSERT_TRUE(waitUntil([list] { return list->topLevelItemCount() == 2; }));
  // A click on the other one shows it.
  const QRect place = list->visualItemRect(list->topLevelItem(1));
  QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, place.center());
  ASSERT_TRUE(waitUntil([this] { return window->isSettled() && data()->name == "b"; }));
}

TEST_F(WindowTest, ListsTheRunsOfItsFolderWithoutOpeningThem) {
  makeRun("one");
  makeRun("two");
  window->findChild<QAction*>("reloadAction")->trigger();
  const auto* list = window->findChild<QTreeWidget*>("runsList");
  ASSERT_TRUE(waitUntil([list] { return list->topLevelItemCount() == 2; }));
  EXPECT_EQ(list->topLevelItem(0)->text(0), "one");
  EXPECT_EQ(list->topLevelItem(0)->text(1), "finished");
  EXPECT_EQ(list->topLevelItem(0)->text(2), "100");
}

TEST_F(WindowTest, OpensFromTheMenu) {
  const QString run = makeRun("a");
  show();
  // The dialog runs an event loop of its own: what is to be done in it waits for it to show.
  QTimer look;
  QObject::connect(&look, &QTimer::timeout, window.get(), [&run, &look] {
    auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
    if (dialog == nullptr || !dialog->isVisible()) {
      return;
    }
    look.stop();
    dialog->findChild<QLineEdit*>("fileNameEdit")->setText(run + "/recording.h5");
    QTest::keyClick(dialog->findChild<QLineEdit*>("fileNameEdit"), Qt::Key_Return);
  });
  look.start(20);
  window->findChild<QAction*>("openAction")->trigger();
  ASSERT_TRUE(waitUntil([this] { return window->isSettled(); }));
  EXPECT_EQ(data()->name, "a");
}

TEST_F(WindowTest, OpensWhatIsDropped) {
  QMimeData mime;
  mime.setUrls({QUrl::fromLocalFile(makeRun("dropped"))});
  show();
  QDragEnterEvent enter({400, 400}, Qt::CopyAction, &mime, Qt::LeftButton, {});
  QApplication::sendEvent(window.get(), &enter);
  EXPECT_TRUE(enter.isAccepted());
  QDropEvent drop({400, 400}, Qt::CopyAction, &mime, Qt::LeftButton, {});
  QApplication::sendEvent(window.get(), &drop);
  ASSERT_TRUE(waitUntil([this] { return window->isSettled(); }));
  EXPECT_EQ(data()->name, "dropped");
}

TEST_F(WindowTest, SaysWhatIsWrongWithABadFileAndKeepsTheRun) {
  const QString run = makeRun("good");
  const QString bad = folder.filePath("notes.txt");
  std::ofstream(bad.toStdString()) << "not a recording";
  show();
  open(makeRun("another"));
  open(run);
  window->viewState().setLayer(1);
  window->openPaths({bad, folder.filePath("missing.h5")});
  ASSERT_TRUE(waitUntil([this] {
    return messages().contains("notes.txt") && messages().contains("missing.h5");
  })) << messages().toStdString();
  ASSERT_NE(window->shownSource(), nullptr);
  EXPECT_EQ(data()->name, "good");
  EXPECT_EQ(window->viewState().layer(), 1);
}

TEST_F(WindowTest, KeysStepThroughTime) {
  show();
  open(makeRun("a"));
  ViewState& state = window->viewState();
  press(Qt::Key_Left);
  press(Qt::Key_Left);
  EXPECT_EQ(state.snapshot(), 2);
  EXPECT_FALSE(state.followsNewest());
  press(Qt::Key_Right);
  EXPECT_EQ(state.snapshot(), 3);
  EXPECT_EQ(window->findChild<QSpinBox*>("stepEdit")->value(), 75);
  press(Qt::Key_End);
  EXPECT_EQ(state.snapshot(), 4);
  EXPECT_TRUE(state.followsNewest());
  press(Qt::Key_Right);  // there is nothing behind the end
  EXPECT_EQ(state.snapshot(), 4);
  press(Qt::Key_Space);  // plays from the beginning to the end
  EXPECT_EQ(state.snapshot(), 0);
  EXPECT_TRUE(waitUntil([&state] { return state.snapshot() == 4; }, 5000));
}

TEST_F(WindowTest, SliderAndStepNumberChangeTheStep) {
  show();
  open(makeRun("a"));
  auto* slider = window->findChild<QSlider*>("timeSlider");
  slider->setValue(1);
  EXPECT_EQ(window->viewState().snapshot(), 1);
  auto* edit = window->findChild<QSpinBox*>("stepEdit");
  edit->setFocus();
  edit->selectAll();
  QTest::keyClicks(edit, "60");  // between 50 and 75
  QTest::keyClick(edit, Qt::Key_Return);
  EXPECT_EQ(window->viewState().snapshot(), 2);
  EXPECT_EQ(slider->value(), 2);
  EXPECT_EQ(edit->value(), 50);
}

TEST_F(WindowTest, BracketsChangeTheLayerAndStopAtTheLast) {
  show();
  open(makeRun("a"));
  ViewState& state = window->viewState();
  press(Qt::Key_BracketRight);
  EXPECT_EQ(state.layer(), 1);
  press(Qt::Key_BracketRight);
  EXPECT_EQ(state.layer(), 1);
  press(Qt::Key_BracketLeft);
  EXPECT_EQ(state.layer(), 0);
}

TEST_F(WindowTest, DigitsSelectAnExpertThatSoloAndHideActOn) {
  show();
  open(makeRun("a"));
  ViewState& state = window->viewState();
  press(Qt::Key_2);
  EXPECT_EQ(state.selectedExpert(), 2);
  press(Qt::Key_7);  // there are four
  EXPECT_EQ(state.selectedExpert(), 2);
  press(Qt::Key_S);
  EXPECT_EQ(state.soloExpert(), 2);
  press(Qt::Key_S);
  press(Qt::Key_H);
  EXPECT_TRUE(state.isHidden(2));
  press(Qt::Key_2);
  EXPECT_EQ(state.selectedExpert(), std::nullopt);
  press(Qt::Key_1);
  press(Qt::Key_Escape);
  EXPECT_EQ(state.selectedExpert(), std::nullopt);
  press(Qt::Key_O);
  EXPECT_FALSE(state.overlayVisible());
}

TEST_F(WindowTest, EveryDockFloatsAndComesBackThreeTimesWithThePictureIntact) {
  show();
  open(makeRun("a"));
  const auto docks = window->findChildren<QDockWidget*>();
  ASSERT_EQ(docks.size(), 9);
  for (QDockWidget* dock : docks) {
    for (int i = 0; i < 3; ++i) {
      dock->setFloating(true);
      QTest::qWait(40);
      ASSERT_TRUE(dock->isFloating()) << dock->objectName().toStdString();
      dock->setFloating(false);
      QTest::qWait(40);
      ASSERT_FALSE(dock->isFloating()) << dock->objectName().toStdString();
    }
  }
  const auto token = window->canvas()->tokenRect({0, probe::kImage, 0});
  ASSERT_TRUE(token.has_value());
  const QImage picture = window->canvas()->grab().toImage();
  std::set<QRgb> colors;
  for (int x = 0; x < picture.width(); x += 3) {
    colors.insert(picture.pixel(x, static_cast<int>(token->center().y())));
  }
  EXPECT_GT(colors.size(), 4u);
}

TEST_F(WindowTest, CtrlBHidesThePanelsAndBringsThemBack) {
  show();
  open(makeRun("a"));
  auto* strip = window->findChild<QDockWidget*>("expertsDock");
  press(Qt::Key_B, Qt::ControlModifier);
  EXPECT_FALSE(strip->isVisible());
  press(Qt::Key_B, Qt::ControlModifier);
  EXPECT_TRUE(strip->isVisible());
}

TEST_F(WindowTest, CopiesTheViewAsAPicture) {
  show();
  open(makeRun("a"));
  press(Qt::Key_C, Qt::ControlModifier);
  EXPECT_EQ(QApplication::clipboard()->image().size(), window->canvas()->size());
}

TEST_F(WindowTest, EveryActionTellsWhatItDoesAndNoKeyIsTakenTwice) {
  std::set<QString> keys;
  for (const QAction* action : window->findChildren<QAction*>()) {
    if (action->objectName().endsWith("Action")) {
      EXPECT_FALSE(action->toolTip().isEmpty()) << action->objectName().toStdString();
    }
    const QString key = action->shortcut().toString();
    EXPECT_TRUE(key.isEmpty() || keys.insert(key).second) << key.toStdString();
  }
}

TEST_F(WindowTest, TheKeySheetListsTheKeys) {
  show();
  press(Qt::Key_Question);
  QDialog* sheet = nullptr;
  ASSERT_TRUE(waitUntil([&] {
    sheet = window->findChild<QDialog*>("keySheet");
    return sheet != nullptr && sheet->isVisible();
  }));
  QStringList lines;
  for (const QLabel* label : sheet->findChildren<QLabel*>()) {
    lines << label->text();
  }
  for (const auto& [key, name] : {std::pair("Ctrl+O", "Open"), {"Space", "Play"}, {"T", "Pause"}}) {
    const auto at = lines.indexOf(QString("<b>%1</b>").arg(key));
    ASSERT_GE(at, 0) << key;
    EXPECT_EQ(lines.value(at + 1), name);
  }
}

TEST_F(WindowTest, RemembersItsLayoutAndRecentRuns) {
  const QString run = makeRun("a");
  WindowOptions options;
  options.runs_folder = folder.filePath("runs");
  options.settings_file = folder.filePath("settings.ini");
  {
    MainWindow first(options);
    first.show();
    first.openPaths({run});
    ASSERT_TRUE(waitUntil([&first] { return first.isSettled(); }));
    first.findChild<QDockWidget*>("curvesDock")->close();
    first.close();
  }
  MainWindow second(options);
  second.show();
  EXPECT_FALSE(second.findChild<QDockWidget*>("curvesDock")->isVisible());
  EXPECT_TRUE(second.findChild<QDockWidget*>("sharesDock")->isVisible());
  EXPECT_THAT(QSettings(options.settings_file, QSettings::IniFormat).value("recent").toStringList(),
              testing::ElementsAre(run));
}

}  // namespace
}  // namespace limoe::gui::test
