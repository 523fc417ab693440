// The window with the real worker: what is changed while it trains is in the recording.
#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>
#include <QTreeWidget>
#include <nlohmann/json.hpp>

#include "gui/window/new_run_dialog.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

const QString kWorker = LIMOE_BINARY_DIR "/limoe";

/// Trains a step in some milliseconds.
QStringList smallOptions(int steps) {
  QStringList options;
  for (const char* each :
       {"image_size=32", "width=32", "mlp_dim=64", "depth=2", "heads=2", "embed_dim=16",
        "vocab_size=256", "moe.blocks=[1]", "moe.experts=4", "data.train_samples=512",
        "data.held_out_samples=64", "record.probe_samples=16", "record.recall_samples=32",
        "train.batch_size=8", "train.threads=1", "record.every=100"}) {
    options << "--set" << each;
  }
  return options << "--set" << QString("train.steps=%1").arg(steps);
}

class RealWorkerTest : public WindowTest {
 protected:
  void SetUp() override {
    if (!QFile::exists(kWorker)) {
      GTEST_SKIP() << "the worker is not built";
    }
    WindowOptions options;
    options.runs_folder = folder.filePath("runs");
    options.worker_program = kWorker;
    window = std::make_unique<MainWindow>(options);
    show();
  }
  bool isHeld(const QString& name) const {
    return probe::RunLock::isHeld(probe::RunFolder{runFolder(name).toStdString()});
  }
  void start(const QString& name, int steps) {
    window->startRun({runFolder(name), smallOptions(steps), 1});
    ASSERT_TRUE(waitUntil([this] { return find<QAction>("trainAction")->isEnabled(); }, 60'000))
        << messages().toStdString();
  }
  void stop(const QString& name) {
    ASSERT_TRUE(waitUntil([this] { return find<QAction>("stopAction")->isEnabled(); }));
    find<QAction>("stopAction")->trigger();
    ASSERT_TRUE(waitUntil([&] { return !isHeld(name); }, 60'000));
  }
  void apply(const char* field, const QString& text) {
    auto* edit = find<QLineEdit>(field);
    ASSERT_TRUE(waitUntil([edit] { return edit->isEnabled() && edit->isVisible(); })) << field;
    edit->setFocus();
    edit->selectAll();
    QTest::keyClicks(edit, text);
    QTest::keyClick(edit, Qt::Key_Return);
  }
  std::vector<probe::Event> settings() const {
    std::vector<probe::Event> found;
    for (const probe::Event& event : data()->events) {
      if (event.kind == "setting") {
        found.push_back(event);
      }
    }
    return found;
  }
};

TEST_F(RealWorkerTest, EveryLiveValueTakesEffectAndIsUndone) {
  start("a", 100'000);
  // Every field, each with a value of its own, and back.
  const std::vector<std::pair<const char*, const char*>> values = {
      {"train.learning_rate", "0.0005"},
      {"aux.weight", "0.5"},
      {"aux.importance", "0.5"},
      {"aux.load", "0.25"},
      {"aux.z", "2"},
      {"aux.gshard", "0.125"},
      {"aux.local_image", "0.1"},
      {"aux.local_text", "0.2"},
      {"aux.global_image", "0.3"},
      {"aux.global_text", "0.4"},
      {"aux.min_experts_image", "4"},
      {"aux.min_experts_text", "2"},
      {"moe.noise_std", "0"},
      {"moe.capacity_factor", "2"}};
  std::size_t count = 0;
  for (const auto& [field, text] : values) {
    apply(field, text);
    ++count;
    ASSERT_TRUE(waitUntil([&] { return settings().size() == count; }))
        << field << ": " << messages().toStdString();
    EXPECT_TRUE(settings().back().text.starts_with(std::string(field) + " "))
        << settings().back().text;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_TRUE(waitUntil([this] { return find<QAction>("undoChangeAction")->isEnabled(); }));
    find<QAction>("undoChangeAction")->trigger();
    ASSERT_TRUE(waitUntil([&] { return settings().size() == count + 1; })) << i;
    ++count;
  }
  EXPECT_EQ(find<QLineEdit>("moe.capacity_factor")->text(), "1.2");
  EXPECT_EQ(find<QLineEdit>("aux.weight")->text(), "0.04");
  EXPECT_FALSE(find<QAction>("undoChangeAction")->isEnabled());
  stop("a");
}

TEST_F(RealWorkerTest, ForksFromNowAndFromACheckpoint) {
  start("a", 100'000);
  apply("aux.weight", "0.5");
  ASSERT_TRUE(waitUntil([this] { return settings().size() == 1; }));
  const std::string parent_id = data()->origin.run_id;
  const auto changed_at = settings()[0].step;
  // From now: with the parent's values as they are, and another priority.
  const auto fork = [this](const char* name, const char* from) {
    find<QAction>("forkAction")->trigger();
    ASSERT_TRUE(waitUntil([this] { return find<NewRunDialog>("newRunDialog") != nullptr; }));
    auto* dialog = find<NewRunDialog>("newRunDialog");
    auto* edit = dialog->findChild<QLineEdit*>("runName");
    edit->selectAll();
    QTest::keyClicks(edit, name);
    auto* points = dialog->findChild<QComboBox*>("forkFrom");
    for (int i = 0; i < points->count(); ++i) {
      if (points->itemText(i).startsWith(from)) {
        points->setCurrentIndex(i);
      }
    }
    EXPECT_TRUE(points->currentText().startsWith(from)) << points->currentText().toStdString();
    EXPECT_FALSE(dialog->findChild<QLineEdit*>("moe.experts")->isEnabled());
    EXPECT_EQ(dialog->findChild<QLineEdit*>("aux.weight")->text(), "0.5");
    QTest::keyClicks(dialog->findChild<QComboBox*>("moe.priority"), "vanilla");
    QTest::mouseClick(dialog->findChild<QPushButton*>("startRun"), Qt::LeftButton);
    ASSERT_TRUE(
        waitUntil([&] { return window->shownSource() && data() && data()->name == name; }, 60'000))
        << messages().toStdString();
  };
  fork("b", "now");
  ASSERT_TRUE(data()->origin.parent.has_value());
  EXPECT_EQ(data()->origin.parent->run_id, parent_id);
  const int64_t step = data()->origin.parent->step;
  EXPECT_GE(step, changed_at);
  EXPECT_EQ(data()->config.model.aux.weight, 0.5);
  EXPECT_EQ(data()->config.model.moe->priority, model::Priority::Vanilla);
  stop("b");
  const auto* list = find<QTreeWidget>("runsList");
  EXPECT_TRUE(waitUntil([list] {
    return list->topLevelItemCount() == 1 && list->topLevelItem(0)->childCount() == 1 &&
           list->topLevelItem(0)->child(0)->text(0) == "b";
  }));
  // The checkpoint that was made for it can be forked again.
  open(runFolder("a"));
  stop("a");
  fork("c", qPrintable(QString("step %1").arg(step)));
  EXPECT_EQ(data()->origin.parent->step, step);
  stop("c");
}

TEST_F(RealWorkerTest, TheCurvesBendAtTheStepOfTheEvent) {
  start("a", 100'000);
  apply("aux.weight", "4");
  ASSERT_TRUE(waitUntil([this] { return settings().size() == 1; }));
  const int64_t step = settings()[0].step;
  ASSERT_TRUE(
      waitUntil([&] { return data()->curves->steps.back() > static_cast<double>(step + 5); }));
  stop("a");
  const auto& names = data()->layout.scalar_names;
  const auto column = [&](const char* name) {
    return data()->curves->scalars[static_cast<std::size_t>(
        std::find(names.begin(), names.end(), name) - names.begin())];
  };
  // weighted = weight · aux / 6 active losses (coefficients 1): the weight of each step is their
  // quotient.
  const auto raw = column("aux/z");
  const auto weighted = column("weighted/z");
  const auto& steps = data()->curves->steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_NEAR(6 * weighted[i] / raw[i], steps[i] < static_cast<double>(step) ? 0.04 : 4, 1e-3)
        << "step " << steps[i];
  }
}

}  // namespace
}  // namespace limoe::gui::test
