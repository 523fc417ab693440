// The New run dialog, as a user fills it in with mouse and keys, up to the run that it starts.
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <nlohmann/json.hpp>

#include "gui/window/appearance.h"
#include "gui/window/new_run_dialog.h"
#include "model/config_json.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

json readJson(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? json::parse(file.readAll().toStdString(), nullptr, false)
                                        : json();
}

class NewRunTest : public WindowTest {
 protected:
  ~NewRunTest() override { applyAppearance({ColorScheme::Light, 100}); }

  void ask() {
    show();
    press(Qt::Key_N, Qt::ControlModifier);
    ASSERT_TRUE(waitUntil([this] { return dialog() && dialog()->isActiveWindow(); }));
  }
  NewRunDialog* dialog() const { return window->findChild<NewRunDialog*>("newRunDialog"); }
  template <typename T>
  T* in(const char* name) const {
    return dialog()->findChild<T*>(name);
  }
  void write(const char* field, const QString& text) {
    auto* edit = in<QLineEdit>(field);
    ASSERT_NE(edit, nullptr) << field;
    edit->setFocus();
    edit->selectAll();
    QTest::keyClick(edit, Qt::Key_Delete);
    QTest::keyClicks(edit, text);
  }
  void click(const char* button) { QTest::mouseClick(in<QPushButton>(button), Qt::LeftButton); }
  std::string command() const {
    return in<QPlainTextEdit>("commandLine")->toPlainText().toStdString();
  }
  QLabel* faultOf(const char* field) const {
    return in<QWidget>(field)->parentWidget()->findChild<QLabel*>("fault");
  }
  QToolButton* resetOf(const char* field) const {
    return in<QWidget>(field)->parentWidget()->findChild<QToolButton*>("reset");
  }
  bool isBold(const char* field) const {
    for (const QLabel* label : in<QWidget>(field)->parentWidget()->findChildren<QLabel*>()) {
      if (label->buddy() == in<QWidget>(field)) {
        return label->font().bold();
      }
    }
    return false;
  }
};

TEST_F(NewRunTest, WhatDiffersIsMarkedAndCanBeTakenBack) {
  ask();
  EXPECT_TRUE(in<QLineEdit>("runName")->hasFocus());
  EXPECT_FALSE(resetOf("aux.weight")->isVisible());
  write("aux.weight", "0.1");
  EXPECT_TRUE(isBold("aux.weight"));
  ASSERT_TRUE(resetOf("aux.weight")->isVisible());
  EXPECT_EQ(resetOf("aux.weight")->text().toStdString(), "↺ 0.04");
  EXPECT_THAT(command(), HasSubstr("--set aux.weight=0.1"));
  EXPECT_EQ(in<QCheckBox>("onlyChanged")->text(), "Only changes (1)");
  QTest::mouseClick(resetOf("aux.weight"), Qt::LeftButton);
  EXPECT_EQ(in<QLineEdit>("aux.weight")->text(), "0.04");
  EXPECT_FALSE(isBold("aux.weight"));
  EXPECT_THAT(command(), Not(HasSubstr("--set ")));

  QTest::keyClicks(in<QComboBox>("setting"), "classic+");
  EXPECT_EQ(in<QComboBox>("setting")->currentText(), "classic+bpr");
  EXPECT_EQ(in<QLineEdit>("aux.local_text")->text(), "0");
  QTest::keyClicks(in<QComboBox>("preset"), "B/16");
  EXPECT_EQ(in<QLineEdit>("width")->text(), "768");
  EXPECT_THAT(command(), HasSubstr("train --preset B/16 --setting classic+bpr --out"));
  write("width", "384");
  write("train.steps", "1000");
  click("resetAll");
  EXPECT_EQ(in<QLineEdit>("width")->text(), "768");
  EXPECT_FALSE(in<QPushButton>("resetAll")->isEnabled());
}

TEST_F(NewRunTest, FaultsStandAtTheirFieldsAndStartSaysWhyItIsOff) {
  ask();
  auto* start = in<QPushButton>("startRun");
  EXPECT_TRUE(start->isEnabled());
  write("heads", "5");
  ASSERT_TRUE(faultOf("heads")->isVisible());
  EXPECT_EQ(faultOf("heads")->text(), "must divide width (128), is 5");
  EXPECT_FALSE(start->isEnabled());
  EXPECT_FALSE(in<QPushButton>("queueRun")->isEnabled());
  EXPECT_THAT(start->toolTip().toStdString(), HasSubstr("not now"));
  const auto* why = in<QLabel>("newRunFaults");
  ASSERT_TRUE(why->isVisible());
  EXPECT_THAT(why->text().toStdString(), HasSubstr("Heads</a>: must divide width (128), is 5"));
  // While it is wrong the sizes are those of before, greyed.
  EXPECT_FALSE(in<QLabel>("newRunSizes")->isEnabled());
  write("heads", "4");
  EXPECT_FALSE(faultOf("heads")->isVisible());
  EXPECT_TRUE(start->isEnabled());
  write("runName", "a/b");
  EXPECT_FALSE(start->isEnabled());
  EXPECT_THAT(why->text().toStdString(), HasSubstr("without “/”"));
}

TEST_F(NewRunTest, ALinkInTheFaultsLeadsToTheField) {
  ask();
  write("vocab_size", "0");
  in<QLineEdit>("runName")->setFocus();
  write("searchValues", "entropy");
  EXPECT_FALSE(in<QLineEdit>("vocab_size")->isVisible());
  Q_EMIT in<QLabel>("newRunFaults")->linkActivated("vocab_size");
  EXPECT_TRUE(in<QLineEdit>("vocab_size")->hasFocus());
  EXPECT_FALSE(in<QLineEdit>("vocab_size")->visibleRegion().isEmpty());
}

TEST_F(NewRunTest, TellsSizesAsTheyChange) {
  ask();
  auto* sizes = in<QLabel>("newRunSizes");
  // C = ⌈(32·144 + 32·24) · 1.2 / 10⌉ = 646, then with 20 experts ⌈322.56⌉ = 323.
  EXPECT_THAT(sizes->text().toStdString(), HasSubstr("C ≤ 646 tokens of a group (32 pairs"));
  write("moe.experts", "20");
  EXPECT_THAT(sizes->text().toStdString(), HasSubstr("C ≤ 323 tokens"));
  QTest::keyClicks(in<QComboBox>("preset"), "H/14");
  write("text_length", "16");
  QTest::mouseClick(resetOf("moe.experts"), Qt::LeftButton);
  EXPECT_THAT(sizes->text().toStdString(),  // LIMoE, section 4.2
              HasSubstr("5,553,770,241 parameters, 675,511,041 applied per token"));
}

TEST_F(NewRunTest, SearchShowsWhatIsLookedFor) {
  ask();
  QTest::keyClick(dialog(), Qt::Key_F, Qt::ControlModifier);
  ASSERT_TRUE(in<QLineEdit>("searchValues")->hasFocus());
  type("capacity factor");
  EXPECT_TRUE(in<QLineEdit>("moe.capacity_factor")->isVisible());
  EXPECT_FALSE(in<QLineEdit>("aux.weight")->isVisible());
  write("searchValues", "zzz");
  EXPECT_FALSE(in<QLineEdit>("moe.capacity_factor")->isVisible());
  write("searchValues", "");
  EXPECT_TRUE(in<QLineEdit>("aux.weight")->isVisible());
  write("train.seed", "3");
  QTest::keyClick(in<QCheckBox>("onlyChanged"), Qt::Key_Space);
  EXPECT_TRUE(in<QLineEdit>("train.seed")->isVisible());
  EXPECT_FALSE(in<QLineEdit>("aux.weight")->isVisible());
}

TEST_F(NewRunTest, TabGoesThroughTheFieldsAndTheyScrollIntoView) {
  ask();
  auto* form = in<QScrollArea>("configForm");
  in<QLineEdit>("aux.weight")->setFocus();
  for (int i = 0; i < 30; ++i) {
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    ASSERT_TRUE(form->isAncestorOf(QApplication::focusWidget())) << i;
    EXPECT_EQ(QApplication::focusWidget()->visibleRegion().boundingRect().height(),
              QApplication::focusWidget()->height())
        << QApplication::focusWidget()->objectName().toStdString();
  }
  EXPECT_GT(form->verticalScrollBar()->value(), 0);
}

TEST_F(NewRunTest, TheWheelScrollsAndChangesNoValue) {
  ask();
  auto* form = in<QScrollArea>("configForm");
  auto* priority = in<QComboBox>("moe.priority");
  form->ensureWidgetVisible(priority);
  const int before = form->verticalScrollBar()->value();
  const QPointF middle = QRectF(priority->rect()).center();
  QWheelEvent wheel(middle, priority->mapToGlobal(middle), {}, {0, -240}, Qt::NoButton,
                    Qt::NoModifier, Qt::NoScrollPhase, false);
  QSpontaneKeyEvent::setSpontaneous(&wheel);  // as the user's: only those go on to parents
  qApp->notify(priority, &wheel);
  EXPECT_EQ(priority->currentText(), "bpr");
  EXPECT_GT(form->verticalScrollBar()->value(), before);
}

TEST_F(NewRunTest, FitsASmallScreenInLargeLetters) {
  for (const ColorScheme scheme : {ColorScheme::Light, ColorScheme::Dark}) {
    applyAppearance({scheme, 200});
    ask();
    QTest::qWait(100);
    const QSize least = dialog()->minimumSizeHint();
    EXPECT_LE(least.width(), 1280);
    EXPECT_LE(least.height(), 780);
    dialog()->resize(1260, 780);
    QTest::qWait(50);
    EXPECT_GE(in<QScrollArea>("configForm")->height(), 150);
    QTest::keyClick(dialog(), Qt::Key_Escape);
    ASSERT_TRUE(waitUntil([this] { return !dialog(); }));
  }
}

TEST_F(NewRunTest, StartsAWorkerWithWhatWasChosen) {
  ask();
  write("runName", "mine");
  write("aux.weight", "0.1");
  started_ << runFolder("mine");
  QTest::keyClick(in<QLineEdit>("aux.weight"), Qt::Key_Return);
  ASSERT_TRUE(waitUntil([this] { return QFile::exists(runFolder("mine") + "/arguments.json"); }));
  EXPECT_EQ(readJson(runFolder("mine") + "/arguments.json"),
            json({"train", "--preset", "tiny", "--setting", "limoe", "--set", "aux.weight=0.1",
                  "--out", runFolder("mine").toStdString()}));
  ASSERT_TRUE(waitUntil([this] { return window->shownSource() && data(); }));
}

/// The command line, copied into a shell with the real worker, makes a run with the very
/// configuration of the dialog.
TEST_F(NewRunTest, TheCopiedCommandMakesTheSameRun) {
  if (!QFile::exists(LIMOE_BINARY_DIR "/limoe")) {
    GTEST_SKIP() << "the worker is not built";
  }
  ask();
  write("runName", "it's mine");
  QTest::keyClicks(in<QComboBox>("setting"), "gshard");
  const std::vector<std::pair<const char*, const char*>> small = {{"image_size", "32"},
                                                                  {"width", "32"},
                                                                  {"mlp_dim", "64"},
                                                                  {"depth", "2"},
                                                                  {"heads", "2"},
                                                                  {"embed_dim", "16"},
                                                                  {"vocab_size", "256"},
                                                                  {"moe.blocks", "0, 1"},
                                                                  {"moe.experts", "4"},
                                                                  {"train.steps", "1"},
                                                                  {"train.batch_size", "8"},
                                                                  {"train.learning_rate", "0.0007"},
                                                                  {"train.threads", "1"},
                                                                  {"data.train_samples", "512"},
                                                                  {"record.probe_samples", "16"},
                                                                  {"record.recall_samples", "32"},
                                                                  {"aux.load", "0.5"}};
  for (const auto& [field, text] : small) {
    write(field, text);
  }
  const auto options = dialog()->newRun();
  ASSERT_TRUE(in<QPushButton>("startRun")->isEnabled());
  click("copyCommand");
  EXPECT_EQ(in<QPushButton>("copyCommand")->text(), "Copied");
  QProcess shell;
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  environment.insert("PATH", QString(LIMOE_BINARY_DIR) + ":" + environment.value("PATH"));
  shell.setProcessEnvironment(environment);
  shell.start("sh", {"-c", QApplication::clipboard()->text()});
  ASSERT_TRUE(shell.waitForFinished(120'000));
  ASSERT_EQ(shell.exitCode(), 0) << shell.readAllStandardError().toStdString();
  const json made = readJson(runFolder("it's mine") + "/config.json");
  // What was typed, by hand; everything else as the names say it.
  const json expected = json::parse(
      model::toJson(
          model::runConfigFromLayers(
              {{{"preset", "tiny"}},
               {{"setting", "gshard"}},
               {{"image_size", 32},
                {"width", 32},
                {"mlp_dim", 64},
                {"depth", 2},
                {"heads", 2},
                {"embed_dim", 16},
                {"vocab_size", 256},
                {"moe", {{"blocks", {0, 1}}, {"experts", 4}}},
                {"aux", {{"load", 0.5}}},
                {"train",
                 {{"steps", 1}, {"batch_size", 8}, {"learning_rate", 0.0007}, {"threads", 1}}},
                {"data", {{"train_samples", 512}}},
                {"record", {{"probe_samples", 16}, {"recall_samples", 32}}}}}))
          .dump());
  EXPECT_EQ(made, expected);
}

}  // namespace
}  // namespace limoe::gui::test
