// Runs whose worker lives, dies or is stopped while the window is open.
#include <signal.h>

#include <QDialogButtonBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProgressDialog>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QTreeWidget>

#include "routing_probe/recording/run_folder.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

class LiveRunTest : public WindowTest {
 protected:
  QString status() const { return window->findChild<QLabel*>("statusLine")->text(); }
  QAction* action(const char* name) const { return window->findChild<QAction*>(name); }
  bool isHeld(const QString& name) const {
    return probe::RunLock::isHeld(probe::RunFolder{runFolder(name).toStdString()});
  }
  bool waitForControl() {
    return waitUntil([this] { return action("trainAction")->isEnabled(); });
  }
  /// Closes the window and presses a button of the question that comes.
  void closeAnd(const char* button) {
    window->close();
    QPushButton* choice = nullptr;
    ASSERT_TRUE(waitUntil([&] {
      const auto* question = window->findChild<QMessageBox*>("closeQuestion");
      choice = question ? question->findChild<QPushButton*>(button) : nullptr;
      return choice != nullptr && choice->isVisible();
    }));
    EXPECT_TRUE(window->isVisible());
    QTest::mouseClick(choice, Qt::LeftButton);
  }
};

TEST_F(LiveRunTest, ShowsThatARunIsStartingThenFollowsIt) {
  show();
  NewRun run;
  run.folder = runFolder("demo");
  started_ << run.folder;
  window->startRun(run);
  EXPECT_TRUE(window->findChild<QLabel*>("startingTitle")->isVisible());
  EXPECT_TRUE(waitUntil([this] {
    return window->findChild<QLabel*>("startingNow")->text() == "building the tokenizer";
  }));
  ASSERT_TRUE(waitUntil([this] { return window->canvas()->isVisible(); }));
  ASSERT_TRUE(waitUntil([this] { return data() && data()->snapshot_steps.size() >= 2; }));
  const auto before = data()->snapshot_steps.size();
  EXPECT_TRUE(waitUntil([this, before] { return data()->snapshot_steps.size() >= before + 3; }));
  EXPECT_EQ(window->viewState().snapshot(),
            static_cast<int64_t>(data()->snapshot_steps.size()) - 1);
  EXPECT_EQ(data()->curves->steps.size(), data()->curves->scalars[0].size());
  EXPECT_TRUE(waitUntil([this] { return status().contains("40 pairs/s"); }))
      << qPrintable(status());
  EXPECT_THAT(status().toStdString(), testing::HasSubstr("of 1000"));
  EXPECT_THAT(status().toStdString(), testing::HasSubstr("1 min 15 s left"));
}

TEST_F(LiveRunTest, DoesNotMoveWhenTheUserLooksAtAnOldStep) {
  show();
  startLiveRun("demo");
  press(Qt::Key_Left);
  const int64_t chosen = window->viewState().snapshot();
  const auto before = data()->snapshot_steps.size();
  ASSERT_TRUE(waitUntil([this, before] { return data()->snapshot_steps.size() >= before + 2; }));
  EXPECT_EQ(window->viewState().snapshot(), chosen);
}

TEST_F(LiveRunTest, PausesStepsAndTrainsOn) {
  show();
  startLiveRun("demo");
  ASSERT_TRUE(waitForControl());
  press(Qt::Key_T);
  ASSERT_TRUE(waitUntil([this] { return status().contains("paused"); }));
  EXPECT_EQ(action("trainAction")->text(), "Train");
  QTest::qWait(600);  // a step that was under way has been read
  const double last = data()->curves->steps.back();
  press(Qt::Key_Period);
  EXPECT_TRUE(waitUntil([this, last] { return data()->curves->steps.back() == last + 1; }));
  press(Qt::Key_T);
  EXPECT_TRUE(waitUntil([this, last] { return data()->curves->steps.back() > last + 3; }));
}

TEST_F(LiveRunTest, ChangesLiveValuesAndTellsWhenTheWorkerRefuses) {
  show();
  startLiveRun("demo");
  auto* weight = window->findChild<QLineEdit*>("aux.weight");
  auto* apply = window->findChild<QPushButton*>("applyValues");
  ASSERT_TRUE(waitUntil([weight] { return weight->text() == "0.04"; }));
  EXPECT_FALSE(apply->isEnabled());
  weight->selectAll();
  QTest::keyClicks(weight, "0.25");
  EXPECT_TRUE(apply->isEnabled());
  QTest::mouseClick(apply, Qt::LeftButton);
  EXPECT_TRUE(waitUntil([apply] { return !apply->isEnabled(); }));
  QTest::qWait(1500);  // two answers later the worker's own value is shown
  EXPECT_EQ(weight->text(), "0.25");
  weight->selectAll();
  QTest::keyClicks(weight, "500");
  QTest::mouseClick(apply, Qt::LeftButton);
  EXPECT_TRUE(waitUntil([this] { return messages().contains("aux.weight must be at most 100"); }));
}

TEST_F(LiveRunTest, WhatIsBeingTypedStaysWhileTheRunGoesOn) {
  show();
  startLiveRun("demo");
  auto* weight = window->findChild<QLineEdit*>("aux.weight");
  ASSERT_TRUE(waitUntil([weight] { return weight->text() == "0.04"; }));
  weight->setFocus();
  weight->selectAll();
  QTest::qWait(1600);  // two answers of the worker
  QTest::keyClicks(weight, "0.5");
  EXPECT_EQ(weight->text(), "0.5");
  weight->selectAll();
  QTest::keyClick(weight, Qt::Key_Delete);
  QTest::qWait(1600);
  EXPECT_EQ(weight->text(), "");

  auto* step = window->findChild<QSpinBox*>("stepEdit");
  step->setFocus();
  step->selectAll();
  const auto steps = data()->snapshot_steps;
  for (const QChar digit : QString::number(steps[1])) {
    QTest::keyClick(step, digit.toLatin1());
    QTest::qWait(700);  // new rows come several times a second
  }
  QTest::keyClick(step, Qt::Key_Return);
  EXPECT_EQ(window->viewState().snapshot(), 1);
  EXPECT_FALSE(window->viewState().followsNewest());
}

TEST_F(LiveRunTest, SurvivesTheDeathOfTheWorker) {
  show();
  startLiveRun("demo");
  ASSERT_TRUE(waitForControl());
  killWorker(runFolder("demo"));
  ASSERT_TRUE(waitUntil([this] { return messages().contains("ended unexpectedly"); }))
      << messages().toStdString();
  EXPECT_THAT(messages().toStdString(), testing::HasSubstr("run demo"));
  EXPECT_THAT(messages().toStdString(),
              testing::HasSubstr("complete up to step " +
                                 std::to_string(static_cast<int>(data()->curves->steps.back()))));
  EXPECT_FALSE(action("trainAction")->isEnabled());
  QTest::mouseClick(window->findChild<QPushButton*>("messageDetails"), Qt::LeftButton);
  const auto* log =
      window->findChild<QDialog*>("messageDetailsDialog")->findChild<QPlainTextEdit*>();
  EXPECT_TRUE(log->toPlainText().contains("loss 1.25"));
  window->findChild<QDialog*>("messageDetailsDialog")->close();
  window->activateWindow();
  ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
  const int64_t before = window->viewState().snapshot();
  press(Qt::Key_Left);
  EXPECT_EQ(window->viewState().snapshot(), before - 1);
  EXPECT_TRUE(waitUntil([this] { return window->isSettled(); }));
  window->close();
  EXPECT_FALSE(window->isVisible());  // nobody trains: nothing to ask
}

TEST_F(LiveRunTest, TellsWhyAWorkerEndedBeforeItsRecordingBegan) {
  qputenv("FAKE_WORKER_FAIL", "demo");
  show();
  NewRun run;
  run.folder = runFolder("demo");
  window->startRun(run);
  EXPECT_TRUE(waitUntil([this] { return messages().contains("no room for the tokenizer"); }))
      << messages().toStdString();
  EXPECT_EQ(window->shownSource(), nullptr);
  qunsetenv("FAKE_WORKER_FAIL");
}

/// A worker whose disk is full after a few steps.
class WaitingRunTest : public LiveRunTest {
 protected:
  WaitingRunTest() { qputenv("FAKE_WORKER_FULL_AT", "12"); }
  ~WaitingRunTest() override { qunsetenv("FAKE_WORKER_FULL_AT"); }

  void showWaitingRun() {
    show();
    startLiveRun("demo");
    ASSERT_TRUE(waitUntil([this] { return bar()->isVisible(); }));
  }
  QWidget* bar() const { return window->findChild<QWidget*>("waitingBar"); }
  void click(const char* button) {
    QTest::mouseClick(bar()->findChild<QPushButton*>(button), Qt::LeftButton);
  }
  QString stateInTheList() const {
    return window->findChild<QTreeWidget*>("runsList")->topLevelItem(0)->text(1);
  }
};

TEST_F(WaitingRunTest, SaysWhyAndTrainsOnAfterARetry) {
  showWaitingRun();
  const auto* text = bar()->findChild<QLabel*>("waitingText");
  EXPECT_THAT(text->text().toStdString(), testing::HasSubstr("No space left on device"));
  EXPECT_THAT(status().toStdString(), testing::HasSubstr("waiting"));
  EXPECT_EQ(stateInTheList(), "waiting");
  EXPECT_FALSE(action("trainAction")->isEnabled());
  EXPECT_FALSE(action("stopAction")->isEnabled());
  // All of the text can be seen and selected.
  EXPECT_GE(text->height(), text->heightForWidth(text->width()));
  QTest::mouseDClick(const_cast<QLabel*>(text), Qt::LeftButton, {}, QPoint(60, 8));
  EXPECT_FALSE(text->selectedText().isEmpty());

  click("waitingRetry");  // there still is no room
  QTest::qWait(1600);
  EXPECT_TRUE(bar()->isVisible());
  QFile room(runFolder("demo") + "/room");
  ASSERT_TRUE(room.open(QIODevice::WriteOnly));
  click("waitingRetry");
  EXPECT_TRUE(waitUntil([this] { return !bar()->isVisible(); }));
  EXPECT_TRUE(waitUntil([this] { return data()->curves->steps.back() > 12; }));
  EXPECT_TRUE(waitUntil([this] { return status().contains("training"); }));
  EXPECT_EQ(stateInTheList(), "training");
}

TEST_F(WaitingRunTest, SavesElsewhereAndStops) {
  showWaitingRun();
  const QTemporaryDir elsewhere;
  click("waitingStop");
  auto* dialog = window->findChild<QFileDialog*>("stopFolderDialog");
  ASSERT_TRUE(dialog != nullptr && dialog->isVisible());
  auto* edit = dialog->findChild<QLineEdit*>("fileNameEdit");
  edit->setText(elsewhere.path());
  auto* choose = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Open);
  ASSERT_TRUE(waitUntil([choose] { return choose->isEnabled() && choose->isVisible(); }));
  QTest::mouseClick(choose, Qt::LeftButton);
  ASSERT_TRUE(waitUntil([this] { return !isHeld("demo"); }));
  EXPECT_TRUE(QFile::exists(elsewhere.filePath("unrecorded")));
  EXPECT_TRUE(waitUntil([this] { return !bar()->isVisible(); }));
  EXPECT_TRUE(waitUntil([this] { return data()->state == probe::RunState::Finished; }));
}

TEST_F(LiveRunTest, CancelKeepsTheWindow) {
  show();
  startLiveRun("demo");
  closeAnd("cancelClose");
  QTest::qWait(200);
  EXPECT_TRUE(window->isVisible());
  EXPECT_TRUE(isHeld("demo"));
}

TEST_F(LiveRunTest, TheWorkerTrainsOnAfterTheWindowAndIsFoundAgain) {
  show();
  startLiveRun("demo");
  closeAnd("letItTrain");
  ASSERT_TRUE(waitUntil([this] { return !window->isVisible(); }));
  WindowOptions options;
  options.runs_folder = folder.filePath("runs");
  window = std::make_unique<MainWindow>(options);
  EXPECT_TRUE(isHeld("demo"));
  show();
  open(runFolder("demo"));
  EXPECT_EQ(data()->state, probe::RunState::Live);
  EXPECT_TRUE(waitForControl());
}

TEST_F(LiveRunTest, StopsTheWorkerBeforeTheWindowCloses) {
  show();
  startLiveRun("demo");
  closeAnd("stopWorker");
  EXPECT_TRUE(window->findChild<QProgressDialog*>("stoppingDialog") != nullptr ||
              !window->isVisible());
  ASSERT_TRUE(waitUntil([this] { return !window->isVisible(); }));
  EXPECT_FALSE(isHeld("demo"));
  EXPECT_EQ(probe::RecordingReader(runFolder("demo").toStdString()).state(),
            probe::RunState::Finished);
}

}  // namespace
}  // namespace limoe::gui::test
