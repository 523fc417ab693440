// Changes of live values: what the recording tells of them, undo and redo.
#include <QAction>
#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>
#include <QToolButton>
#include <nlohmann/json.hpp>

#include "gui/steer/change_history.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using nlohmann::json;
using Kind = ChangeHistory::Kind;

probe::Event setting(int64_t step, const std::string& text) {
  return {step, 0, "setting", text};
}

TEST(ChangeHistory, ReadsWhatAWorkerRecords) {
  const auto changes = changesFromText(R"(aux.weight 0.04 → 0.1, moe.priority "bpr" → "vanilla")");
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0], (LiveChange{"aux.weight", 0.04, 0.1}));
  EXPECT_EQ(changes[1], (LiveChange{"moe.priority", "bpr", "vanilla"}));
  EXPECT_EQ(changesText(changes).toStdString(),
            "aux.weight 0.04 → 0.1, moe.priority bpr → vanilla");
  // Not understood as a whole: what a resumed run says, and a text that was cut.
  EXPECT_TRUE(changesFromText("as in the checkpoint: aux.weight 0.04 → 0.1").empty());
  EXPECT_TRUE(changesFromText("aux.weight 0.04 → 0.1, aux.lo").empty());
  EXPECT_TRUE(changesFromText("").empty());
}

TEST(ChangeHistory, UndoesTheLastAndRedoesIt) {
  ChangeHistory history;
  std::vector<probe::Event> events = {setting(10, "aux.weight 0.04 → 0.1"),
                                      {12, 0, "pause", ""},
                                      setting(20, "moe.noise_std 1.0 → 2.0")};
  history.setEvents("a", events);
  ASSERT_NE(history.toUndo(), nullptr);
  EXPECT_EQ(ChangeHistory::valuesBefore(*history.toUndo()), json({{"moe.noise_std", 1.0}}));
  EXPECT_EQ(history.toRedo(), nullptr);
  events.push_back(setting(30, "moe.noise_std 2.0 → 1.0"));
  history.setEvents("a", events);
  EXPECT_EQ(history.entries()[2].kind, Kind::Undo);
  EXPECT_TRUE(history.entries()[1].undone);
  EXPECT_EQ(ChangeHistory::valuesBefore(*history.toUndo()), json({{"aux.weight", 0.04}}));
  EXPECT_EQ(ChangeHistory::valuesAfter(*history.toRedo()), json({{"moe.noise_std", 2.0}}));
  events.push_back(setting(40, "moe.noise_std 1.0 → 2.0"));
  history.setEvents("a", events);
  EXPECT_EQ(history.entries()[3].kind, Kind::Redo);
  EXPECT_FALSE(history.entries()[1].undone);
  EXPECT_EQ(history.toRedo(), nullptr);
  EXPECT_EQ(*history.toUndo()->step, 20);
  // After two undos, another change: nothing is left to redo.
  events.push_back(setting(50, "moe.noise_std 2.0 → 1.0"));
  events.push_back(setting(51, "aux.weight 0.1 → 0.04"));
  history.setEvents("a", events);
  EXPECT_EQ(history.toUndo(), nullptr);
  EXPECT_EQ(*history.toRedo()->step, 10);
  events.push_back(setting(60, "aux.z 1.0 → 0.0"));
  history.setEvents("a", events);
  EXPECT_EQ(history.toRedo(), nullptr);
  EXPECT_EQ(*history.toUndo()->step, 60);
}

TEST(ChangeHistory, KnowsWhatWasSentBeforeItIsRecorded) {
  ChangeHistory history;
  history.setEvents("a", {setting(5, "aux.z 1.0 → 2.0")});
  history.add({{"aux.weight", 0.1}, {"aux.load", 1}}, {{"aux.weight", 0.04}, {"aux.load", 1.0}});
  ASSERT_EQ(history.entries().size(), 2u);
  EXPECT_FALSE(history.entries()[1].step.has_value());
  EXPECT_EQ(history.entries()[1].changes.size(), 1u) << "aux.load was 1 already";
  // Undone at once, before either is recorded.
  history.add({{"aux.weight", 0.04}}, {{"aux.weight", 0.1}});
  EXPECT_EQ(history.toUndo()->changes[0].key, "aux.z");
  history.setEvents("a", {setting(5, "aux.z 1.0 → 2.0"), setting(8, "aux.weight 0.04 → 0.1"),
                          setting(9, "aux.weight 0.1 → 0.04")});
  ASSERT_EQ(history.entries().size(), 3u);
  EXPECT_EQ(*history.entries()[2].step, 9);
  history.add({{"aux.weight", 0.5}}, {{"aux.weight", 0.04}});
  history.setEvents("b", {});
  EXPECT_TRUE(history.entries().empty()) << "of another run";
}

TEST(ChangeHistory, ARecordingThatIsFasterThanTheAnswerTellsAChangeOnce) {
  ChangeHistory history;
  history.setEvents("a", {setting(5, "aux.weight 0.1 → 0.04")});
  history.noteSending({{"aux.z", -1}});  // to be refused
  history.noteSending({{"aux.weight", 0.1}});
  history.setEvents("a",
                    {setting(5, "aux.weight 0.1 → 0.04"), setting(8, "aux.weight 0.04 → 0.1")});
  history.add({{"aux.weight", 0.1}}, {{"aux.weight", 0.04}});
  ASSERT_EQ(history.entries().size(), 2u);
  EXPECT_EQ(*history.entries()[1].step, 8);
}

class LiveChangesTest : public WindowTest {
 protected:
  void SetUp() override {
    show();
    startLiveRun("demo");
    ASSERT_TRUE(waitUntil([this] { return weight()->text() == "0.04"; }));
  }
  QLineEdit* weight() const { return find<QLineEdit>("aux.weight"); }
  QAction* undo() const { return find<QAction>("undoChangeAction"); }
  QAction* redo() const { return find<QAction>("redoChangeAction"); }
  void apply(const QString& text) {
    weight()->setFocus();
    weight()->selectAll();
    QTest::keyClicks(weight(), text);
    QTest::keyClick(weight(), Qt::Key_Return);
  }
  QStringList lines() const {
    QStringList lines;
    for (const QWidget* row : window->findChildren<QWidget*>("changeRow")) {
      if (row->isVisible()) {
        lines << row->findChild<QLabel*>()->text().remove(QChar(0x200B));
      }
    }
    return lines;
  }
  /// Settings that the recording tells, "aux.weight 0.04 → 0.25".
  std::vector<std::string> recorded() const {
    std::vector<std::string> texts;
    for (const probe::Event& event : data()->events) {
      if (event.kind == "setting") {
        texts.push_back(event.text);
      }
    }
    return texts;
  }
};

TEST_F(LiveChangesTest, AChangeIsListedWithItsStepAndUndoneByKey) {
  EXPECT_FALSE(undo()->isEnabled());
  EXPECT_THAT(undo()->toolTip().toStdString(), testing::HasSubstr("nothing was changed"));
  apply("0.25");
  ASSERT_TRUE(waitUntil([this] { return lines().size() == 1 && lines()[0].startsWith("step "); }))
      << lines().join('\n').toStdString();
  const auto step = data()->events.back().step;
  EXPECT_EQ(lines()[0].toStdString(), "step " + std::to_string(step) + ": aux.weight 0.04 → 0.25");
  EXPECT_TRUE(undo()->isEnabled());
  // In the field that was applied, the key is the run's.
  ASSERT_TRUE(weight()->hasFocus());
  pressHere(Qt::Key_Z, Qt::ControlModifier);
  ASSERT_TRUE(waitUntil([this] { return weight()->text() == "0.04"; }));
  ASSERT_TRUE(waitUntil([this] { return recorded().size() == 2; }));
  EXPECT_EQ(recorded()[1], "aux.weight 0.25 → 0.04");
  EXPECT_TRUE(waitUntil([this] { return lines().size() == 2 && lines()[0].contains(" undo: "); }));
  EXPECT_FALSE(undo()->isEnabled());
  pressHere(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_TRUE(waitUntil([this] { return weight()->text() == "0.25" && recorded().size() == 3; }));
  QTest::qWait(1500);  // two answers of the worker
  EXPECT_EQ(weight()->text(), "0.25");
}

TEST_F(LiveChangesTest, WhileTypingUndoIsTheFields) {
  apply("0.25");
  ASSERT_TRUE(waitUntil([this] { return undo()->isEnabled(); }));
  weight()->selectAll();
  QTest::keyClicks(weight(), "7");
  QTest::keyClick(weight(), Qt::Key_Z, Qt::ControlModifier);
  QTest::qWait(300);
  EXPECT_EQ(weight()->text(), "0.25");
  EXPECT_EQ(recorded().size(), 1u) << "nothing was sent";
}

TEST_F(LiveChangesTest, EachLineCanBeUndoneByItself) {
  apply("0.25");
  ASSERT_TRUE(waitUntil([this] { return recorded().size() == 1; }));
  auto* rate = find<QLineEdit>("train.learning_rate");
  rate->setFocus();
  rate->selectAll();
  QTest::keyClicks(rate, "0.002");
  QTest::keyClick(rate, Qt::Key_Return);
  ASSERT_TRUE(waitUntil([this] { return recorded().size() == 2 && lines().size() == 2; }));
  QToolButton* first = nullptr;
  for (QWidget* row : window->findChildren<QWidget*>("changeRow")) {
    if (row->isVisible() && row->findChild<QLabel*>()->text().contains("weight")) {
      first = row->findChild<QToolButton*>("undoThis");
    }
  }
  ASSERT_NE(first, nullptr);
  QTest::mouseClick(first, Qt::LeftButton);
  ASSERT_TRUE(waitUntil([this] { return recorded().size() == 3; }));
  EXPECT_EQ(recorded()[2], "aux.weight 0.25 → 0.04");
  EXPECT_EQ(rate->text(), "0.002");
}

}  // namespace
}  // namespace limoe::gui::test
