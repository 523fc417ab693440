// The queue of runs: order, how many at once, failures, and that it starts nothing by itself.
#include <QComboBox>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QThread>
#include <QToolButton>
#include <QTreeWidget>
#include <nlohmann/json.hpp>

#include "gui/steer/run_queue.h"
#include "gui/window/new_run_dialog.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

NewRun newRun(const QString& folder) {
  return {folder, {"--preset", "tiny", "--set", "data.note='it''s \"x\"'"}, 0};
}

TEST(StoredQueue, ComesBackAsItWas) {
  StoredQueue queue;
  queue.at_once = 3;
  queue.entries = {{newRun("/runs/a"), QueueState::Waiting, {}},
                   {newRun("/elsewhere/b"), QueueState::Failed, "did not begin: ünder “load”"}};
  queue.entries[1].run.threads = 2;
  const QByteArray text = toJson(queue, "/runs");
  EXPECT_EQ(json::parse(text.toStdString())["entries"][0]["folder"], "a");
  const StoredQueue back = queueFromJson(text, "/runs");
  EXPECT_EQ(back.at_once, 3);
  ASSERT_EQ(back.entries.size(), 2u);
  EXPECT_EQ(back.entries[0].run.folder, "/runs/a");
  EXPECT_EQ(back.entries[0].run.options, queue.entries[0].run.options);
  EXPECT_EQ(back.entries[1].run.folder, "/elsewhere/b");
  EXPECT_EQ(back.entries[1].run.threads, 2);
  EXPECT_EQ(back.entries[1].state, QueueState::Failed);
  EXPECT_EQ(back.entries[1].message, queue.entries[1].message);
  // The runs folder was moved, with the queue in it.
  EXPECT_EQ(queueFromJson(text, "/moved").entries[0].run.folder, "/moved/a");
  for (const char* bad : {"", "[]", "{", "{\"version\": 2, \"at_once\": 1, \"entries\": []}",
                          "{\"version\": 1, \"at_once\": \"x\", \"entries\": []}",
                          "{\"version\": 1, \"at_once\": 1, \"entries\": [{\"folder\": \"\"}]}"}) {
    EXPECT_THROW(queueFromJson(bad, "/runs"), std::runtime_error) << bad;
  }
}

class QueueTest : public WindowTest {
 protected:
  QueueTest() { qputenv("FAKE_WORKER_STEPS", "12"); }
  ~QueueTest() override {
    qunsetenv("FAKE_WORKER_STEPS");
    qunsetenv("FAKE_WORKER_FAIL");
  }

  void queueByDialog(const QString& name) {
    press(Qt::Key_N, Qt::ControlModifier);
    auto* dialog = window->findChild<NewRunDialog*>("newRunDialog");
    ASSERT_NE(dialog, nullptr);
    auto* edit = dialog->findChild<QLineEdit*>("runName");
    edit->selectAll();
    QTest::keyClicks(edit, name);
    started_ << runFolder(name);
    QTest::mouseClick(dialog->findChild<QPushButton*>("queueRun"), Qt::LeftButton);
    ASSERT_TRUE(waitUntil([this] { return !find<NewRunDialog>("newRunDialog"); }));
  }
  QTreeWidget* list() const { return find<QTreeWidget>("queueList"); }
  QStringList states() const {
    QStringList states;
    for (int i = 0; i < list()->topLevelItemCount(); ++i) {
      states << list()->topLevelItem(i)->text(0) + " " + list()->topLevelItem(i)->text(1);
    }
    return states;
  }
  bool waitForStates(const QStringList& wanted) {
    return waitUntil([&] { return states() == wanted; }, 20'000);
  }
  bool hasBegun(const QString& name) const { return QFile::exists(runFolder(name) + "/pid"); }
  json arguments(const QString& name) const {
    QFile file(runFolder(name) + "/arguments.json");
    return file.open(QIODevice::ReadOnly) ? json::parse(file.readAll().toStdString()) : json();
  }
  void select(int line) {
    list()->setFocus();
    list()->setCurrentItem(list()->topLevelItem(line));
  }
  void reopen() {
    WindowOptions options;
    options.runs_folder = folder.filePath("runs");
    options.worker_program = LIMOE_FAKE_WORKER;
    window.reset();
    window = std::make_unique<MainWindow>(options);
    show();
  }
};

TEST_F(QueueTest, TrainsOneAfterTheOtherInTheOrderThatTheUserMakes) {
  show();
  EXPECT_FALSE(find<QWidget>("queuePanel")->isVisible());
  for (const char* name : {"a", "b", "c"}) {
    queueByDialog(name);
  }
  ASSERT_TRUE(find<QWidget>("queuePanel")->isVisible());
  EXPECT_EQ(states(), (QStringList{"a waiting", "b waiting", "c waiting"}));
  QTest::qWait(500);
  EXPECT_FALSE(hasBegun("a")) << "it waits for the user";
  select(2);
  QTest::keyClick(list(), Qt::Key_Up, Qt::AltModifier);
  EXPECT_EQ(states(), (QStringList{"a waiting", "c waiting", "b waiting"}));
  QTest::mouseClick(find<QPushButton>("startQueue"), Qt::LeftButton);
  ASSERT_TRUE(waitForStates({"a training", "c waiting", "b waiting"}));
  EXPECT_EQ(find<QPushButton>("startQueue")->text(), "Pause");
  ASSERT_TRUE(waitForStates({"a finished", "c training", "b waiting"}));
  EXPECT_FALSE(hasBegun("b"));
  ASSERT_TRUE(waitForStates({"a finished", "c finished", "b finished"}));
  EXPECT_EQ(find<QPushButton>("startQueue")->text(), "Start");
  EXPECT_THAT(arguments("a").dump(), testing::Not(HasSubstr("train.threads")));
  select(0);
  EXPECT_EQ(find<QLabel>("queueMessage")->text(), "finished, 12 steps");
  // Enter shows it.
  QTest::keyClick(list(), Qt::Key_Return);
  EXPECT_TRUE(waitUntil([this] { return window->shownSource() && data() && data()->name == "a"; }));
  QTest::mouseClick(find<QToolButton>("queueClear"), Qt::LeftButton);
  EXPECT_FALSE(find<QWidget>("queuePanel")->isVisible());
}

TEST_F(QueueTest, TwoAtOnceShareTheCores) {
  show();
  for (const char* name : {"a", "b", "c"}) {
    queueByDialog(name);
  }
  EXPECT_EQ(find<QSpinBox>("queueAtOnce")->value(), 1);
  QTest::keyClick(find<QSpinBox>("queueAtOnce"), Qt::Key_Up);
  QTest::mouseClick(find<QPushButton>("startQueue"), Qt::LeftButton);
  ASSERT_TRUE(waitForStates({"a training", "b training", "c waiting"}));
  ASSERT_TRUE(waitForStates({"a finished", "b finished", "c finished"}));
  const std::string share =
      "train.threads=" + std::to_string(std::max(1, QThread::idealThreadCount() / 2));
  EXPECT_THAT(arguments("a").dump(), HasSubstr(share));
}

TEST_F(QueueTest, AFailureIsToldInWordsAndTheNextBegins) {
  qputenv("FAKE_WORKER_FAIL", "bad");
  show();
  queueByDialog("bad");
  queueByDialog("good");
  QTest::mouseClick(find<QPushButton>("startQueue"), Qt::LeftButton);
  ASSERT_TRUE(waitForStates({"bad failed", "good finished"}));
  select(0);
  EXPECT_EQ(find<QLabel>("queueMessage")->text(), "did not begin: no room for the tokenizer");
  EXPECT_THAT(list()->topLevelItem(0)->toolTip(0).toStdString(), HasSubstr("limoe train --preset"));
  QTest::keyClick(list(), Qt::Key_Delete);
  EXPECT_EQ(states(), QStringList("good finished"));
}

TEST_F(QueueTest, PauseStartsNoMoreAndARunCanBeStopped) {
  qputenv("FAKE_WORKER_STEPS", "1000");
  show();
  queueByDialog("a");
  queueByDialog("b");
  QTest::mouseClick(find<QPushButton>("startQueue"), Qt::LeftButton);
  ASSERT_TRUE(waitUntil([this] { return QFile::exists(runFolder("a") + "/control.sock"); }));
  QTest::mouseClick(find<QPushButton>("startQueue"), Qt::LeftButton);
  select(0);
  EXPECT_EQ(find<QToolButton>("queueRemove")->accessibleName(), "Stop the run");
  QTest::mouseClick(find<QToolButton>("queueRemove"), Qt::LeftButton);
  ASSERT_TRUE(waitForStates({"a stopped", "b waiting"}));
  EXPECT_THAT(find<QLabel>("queueMessage")->text().toStdString(), HasSubstr("of 1000"));
  QTest::qWait(500);
  EXPECT_FALSE(hasBegun("b"));
}

TEST_F(QueueTest, IsThereAgainAfterARestartAndStartsNothing) {
  qputenv("FAKE_WORKER_STEPS", "150");
  show();
  queueByDialog("a");
  queueByDialog("b");
  QTest::mouseClick(find<QPushButton>("startQueue"), Qt::LeftButton);
  ASSERT_TRUE(waitUntil([this] { return hasBegun("a"); }));
  window->close();
  ASSERT_TRUE(waitUntil([this] { return find<QMessageBox>("closeQuestion") != nullptr; }));
  EXPECT_THAT(find<QMessageBox>("closeQuestion")->text().toStdString(), HasSubstr("run a"));
  QTest::mouseClick(find<QPushButton>("letItTrain"), Qt::LeftButton);
  ASSERT_TRUE(waitUntil([this] { return !window->isVisible(); }));
  reopen();
  ASSERT_TRUE(waitForStates({"a training", "b waiting"}));
  // The one that trained on is found, and nothing follows it by itself.
  ASSERT_TRUE(waitForStates({"a finished", "b waiting"}));
  QTest::qWait(500);
  EXPECT_FALSE(hasBegun("b"));
  QTest::mouseClick(find<QPushButton>("startQueue"), Qt::LeftButton);
  EXPECT_TRUE(waitForStates({"a finished", "b training"}));
}

TEST_F(QueueTest, AQueueThatCannotBeReadIsKept) {
  QDir().mkpath(folder.filePath("runs"));
  QFile file(folder.filePath("runs/queue.json"));
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("{\"version\": 1, \"at_once\": }");
  file.close();
  reopen();
  ASSERT_TRUE(waitUntil([this] { return messages().contains("queue.json.bak"); }));
  queueByDialog("a");
  EXPECT_TRUE(waitUntil([this] { return QFile::exists(folder.filePath("runs/queue.json.bak")); }));
  EXPECT_TRUE(waitUntil([&] {
    return file.open(QIODevice::ReadOnly) && json::accept(file.readAll().toStdString());
  }));
}

}  // namespace
}  // namespace limoe::gui::test
