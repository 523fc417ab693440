#include "gui/inspect/what_if_panel.h"

#include <gmock/gmock.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>

#include "gui/inspect/what_if_results.h"
#include "gui/inspect/what_if_source.h"
#include "tests/gui/inspect/what_if_runs.h"

namespace limoe::gui {
namespace {

using model::Priority;
using ::testing::ElementsAre;
using testing::handRun;
using ::testing::HasSubstr;
using testing::ProbabilityRun;

class WhatIfPanelTest : public ::testing::Test {
 protected:
  WhatIfPanelTest() : source(std::make_unique<WhatIfSource>(fake.get())), panel(state) {
    state.setSnapshot(1);
    panel.resize(420, 640);
    panel.setSource(source.get());
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
    settle();
  }
  ~WhatIfPanelTest() override { panel.setSource(nullptr); }

  template <typename T>
  T* find(const char* name) {
    T* found = panel.findChild<T*>(name);
    EXPECT_TRUE(found) << name;
    return found;
  }
  void click(QWidget* widget, QPoint at = {}) { QTest::mouseClick(widget, Qt::LeftButton, {}, at); }
  void settle() {
    EXPECT_TRUE(QTest::qWaitFor([this] { return source->isIdle(); }, 5000));
  }
  /// One modality of the layer: its name, success rate recorded and now, points, tokens dropped,
  /// rescued and moved.
  std::vector<std::string> measures(int modality) {
    settle();
    auto* table = find<QTableWidget>("successTable");
    std::vector<std::string> texts;
    texts.push_back(table->horizontalHeaderItem(modality + 1)->text().toStdString());
    for (int row = 0; row < table->rowCount(); ++row) {
      texts.push_back(table->item(row, modality + 1)->text().toStdString());
    }
    return texts;
  }
  void type(QAbstractSpinBox* edit, const QString& number) {
    edit->setFocus();
    edit->selectAll();
    QTest::keyClicks(edit, number);
    QTest::keyClick(edit, Qt::Key_Return);
  }

  std::unique_ptr<ProbabilityRun> fake = handRun();
  ViewState state;
  std::unique_ptr<WhatIfSource> source;
  WhatIfPanel panel;
};

TEST_F(WhatIfPanelTest, BeginsWithTheRecordedValues) {
  EXPECT_TRUE(panel.settings().isEmpty());
  EXPECT_EQ(find<QDoubleSpinBox>("factorEdit")->value(), 1);
  EXPECT_EQ(find<QSpinBox>("topKEdit")->value(), 1);
  EXPECT_TRUE(find<QRadioButton>("bprButton")->isChecked());
  EXPECT_FALSE(find<QToolButton>("factorBack")->isEnabled());
  EXPECT_EQ(find<QLabel>("title")->text(), "hand · MoE layer 1 (block 1) · step 100");
  EXPECT_THAT(measures(probe::kImage),
              ElementsAre("image", "75.0 %", "75.0 %", "±0.0", "0", "0", "0"));
  EXPECT_THAT(measures(probe::kText),
              ElementsAre("text", "50.0 %", "50.0 %", "±0.0", "0", "0", "0"));
  EXPECT_TRUE(find<QFrame>("banner")->isHidden());
}

TEST_F(WhatIfPanelTest, ANumberAndASwitchShowWhatWouldCome) {
  QSignalSpy changed(&panel, &WhatIfPanel::settingsChanged);
  type(find<QDoubleSpinBox>("factorEdit"), "0.5");
  click(find<QRadioButton>("vanillaButton"));
  EXPECT_EQ(changed.count(), 2);
  EXPECT_EQ(panel.settings(), (WhatIfSettings{{}, 0.5, Priority::Vanilla}));
  // See WhatIf.CountsWhatChanges.
  EXPECT_THAT(measures(probe::kImage),
              ElementsAre("image", "75.0 %", "75.0 %", "±0.0", "1", "1", "0"));
  EXPECT_THAT(measures(probe::kText),
              ElementsAre("text", "50.0 %", "0.0 %", "−50.0", "1", "0", "0"));
  EXPECT_EQ(source->data(), fake->run) << "the views are not told yet";
}

TEST_F(WhatIfPanelTest, SlidersGoByMouseAndKeys) {
  auto* factor = find<QSlider>("factorSlider");
  QTest::mouseClick(factor, Qt::LeftButton, {}, {2, factor->height() / 2});
  EXPECT_LT(find<QDoubleSpinBox>("factorEdit")->value(), 1) << "a page to the left";
  factor->setFocus();
  QTest::keyClick(factor, Qt::Key_Home);
  EXPECT_EQ(panel.settings().capacity_factor, 0.1);
  QTest::keyClick(factor, Qt::Key_End);
  EXPECT_EQ(panel.settings().capacity_factor, 4);
  EXPECT_EQ(find<QDoubleSpinBox>("factorEdit")->value(), 4);
  auto* top_k = find<QSlider>("topKSlider");
  EXPECT_EQ(top_k->maximum(), 2) << "no more than there are experts";
  top_k->setFocus();
  QTest::keyClick(top_k, Qt::Key_Right);
  EXPECT_EQ(panel.settings().top_k, 2);
  // K = 2, factor 4: room for all, 8 of 8 choices; see WhatIf.ASecondExpertTakesTokensToo.
  EXPECT_THAT(measures(probe::kImage),
              ElementsAre("image", "75.0 %", "100.0 %", "+25.0", "0", "1", "3"));
}

TEST_F(WhatIfPanelTest, SlidersKeepTheirKeysFromTheWindow) {
  auto* slider = find<QSlider>("factorSlider");
  for (const int key : {Qt::Key_Left, Qt::Key_Right, Qt::Key_End, Qt::Key_Space}) {
    QKeyEvent event(QEvent::ShortcutOverride, key, Qt::NoModifier);
    event.ignore();
    QApplication::sendEvent(slider, &event);
    EXPECT_TRUE(event.isAccepted()) << key;
  }
}

TEST_F(WhatIfPanelTest, GoesBackWithOneClick) {
  panel.setSettings({2, 0.5, Priority::Vanilla});
  click(find<QToolButton>("factorBack"));
  EXPECT_EQ(panel.settings(), (WhatIfSettings{2, {}, Priority::Vanilla}));
  EXPECT_EQ(find<QDoubleSpinBox>("factorEdit")->value(), 1);
  click(find<QToolButton>("priorityBack"));
  click(find<QToolButton>("topKBack"));
  EXPECT_TRUE(panel.settings().isEmpty());
  panel.setSettings({2, 0.5, Priority::Vanilla});
  click(find<QPushButton>("allRecorded"));
  EXPECT_TRUE(panel.settings().isEmpty());
  EXPECT_THAT(measures(probe::kText),
              ElementsAre("text", "50.0 %", "50.0 %", "±0.0", "0", "0", "0"));
}

TEST_F(WhatIfPanelTest, TheRecordedNumberTypedIsTheRecordedOne) {
  panel.setSettings({{}, 0.5, {}});
  type(find<QDoubleSpinBox>("factorEdit"), "1.000");
  EXPECT_TRUE(panel.settings().isEmpty());
}

TEST_F(WhatIfPanelTest, HandsItToTheViewsAndTakesItBack) {
  QSignalSpy applied(&panel, &WhatIfPanel::appliedChanged);
  panel.setSettings({{}, 0.5, {}});
  auto* apply = find<QCheckBox>("applySwitch");
  apply->setFocus();
  QTest::keyClick(apply, Qt::Key_Space);
  EXPECT_EQ(applied.count(), 1);
  EXPECT_EQ(source->data()->what_if, "capacity factor 0.5");
  EXPECT_TRUE(find<QFrame>("banner")->isVisible());
  EXPECT_THAT(find<QLabel>("bannerText")->text().toStdString(), HasSubstr("capacity factor 0.5"));
  EXPECT_EQ(find<QLabel>("title")->text(), "hand · MoE layer 1 (block 1) · step 100")
      << "the recorded side of the comparison is the recording";
  type(find<QDoubleSpinBox>("factorEdit"), "0.4");
  EXPECT_EQ(source->data()->what_if, "capacity factor 0.4") << "while it is on, views follow";
  click(find<QPushButton>("showRecording"));
  EXPECT_FALSE(panel.isApplied());
  EXPECT_EQ(source->data(), fake->run);
  EXPECT_EQ(panel.settings(), (WhatIfSettings{{}, 0.4, {}})) << "the question stays";
}

TEST_F(WhatIfPanelTest, ListsTheTokensAndSelectsThem) {
  panel.setSettings({{}, 0.5, Priority::Vanilla});
  settle();
  panel.findChild<WhatIfResults*>()->setCurrentIndex(2);
  auto* tree = find<QTreeWidget>("tokensTree");
  ASSERT_EQ(tree->topLevelItemCount(), 3);
  EXPECT_EQ(tree->topLevelItem(0)->text(0), "1 patch newly dropped");
  EXPECT_EQ(tree->topLevelItem(1)->text(0), "1 word piece newly dropped");
  EXPECT_EQ(tree->topLevelItem(2)->text(0), "1 patch no longer dropped");
  EXPECT_EQ(tree->topLevelItem(0)->child(0)->text(0), "car  1");
  tree->topLevelItem(0)->child(0)->setExpanded(true);
  EXPECT_EQ(tree->topLevelItem(0)->child(0)->child(0)->text(0), "Sample 1 · patch row 1, column 1");
  QTreeWidgetItem* word = tree->topLevelItem(1)->child(0);
  EXPECT_EQ(word->text(0), "“cat”  1");
  tree->setCurrentItem(word);
  tree->setFocus();
  QTest::keyClick(tree, Qt::Key_Right);
  ASSERT_TRUE(word->isExpanded());
  EXPECT_EQ(word->child(0)->text(1), "e0 → none");
  QTest::mouseClick(tree->viewport(), Qt::LeftButton, {},
                    tree->visualItemRect(word->child(0)).center());
  EXPECT_EQ(state.selectedToken(), (TokenRef{0, probe::kText, 0}));
  QTest::keyClick(tree, Qt::Key_Down);
  QTest::keyClick(tree, Qt::Key_Down);  // “1 patch no longer dropped”, sky
  QTest::keyClick(tree, Qt::Key_Right);
  QTest::keyClick(tree, Qt::Key_Down);
  QTest::keyClick(tree, Qt::Key_Return);
  EXPECT_EQ(state.selectedToken(), (TokenRef{0, probe::kImage, 1}));
  // Under 0.45 as under 0.5, C = ceil(6·0.45/2) = 2: what was open stays so.
  panel.setSettings({{}, 0.45, Priority::Vanilla});
  settle();
  EXPECT_TRUE(tree->topLevelItem(1)->child(0)->isExpanded());
}

TEST_F(WhatIfPanelTest, ShowsLoadsWithTheExpertsNames) {
  state.setExpertName(0, 1, "cars");
  panel.setSettings({{}, 0.5, Priority::Vanilla});
  settle();
  auto* table = find<QTableWidget>("loadsTable");
  ASSERT_EQ(table->rowCount(), 2);
  EXPECT_EQ(table->item(0, 0)->text(), "e0");
  EXPECT_EQ(table->item(0, 1)->text(), "3");
  EXPECT_EQ(table->item(0, 2)->text(), "2");
  EXPECT_THAT(table->item(0, 3)->toolTip().toStdString(), HasSubstr("2 of the 2 choices"));
  EXPECT_EQ(table->item(1, 0)->text(), "e1 · cars");
}

TEST_F(WhatIfPanelTest, AllLayersAreSummedUp) {
  RunData two = *fake->run;
  two.layout.layers = 2;
  two.layout.blocks = {1, 3};
  fake->replaceData(two);
  panel.setSettings({{}, 0.5, Priority::Vanilla});
  find<QComboBox>("scope")->setCurrentIndex(1);
  settle();
  auto* table = find<QTableWidget>("successTable");
  ASSERT_EQ(table->rowCount(), 6);
  std::vector<std::string> last;
  for (int column = 0; column < table->columnCount(); ++column) {
    last.push_back(table->item(5, column)->text().toStdString());
  }
  EXPECT_THAT(last, ElementsAre("all text", "50.0 %", "0.0 %", "−50.0", "2", "0", "0"));
  EXPECT_EQ(table->item(0, 0)->text(), "layer 1 image");
}

TEST_F(WhatIfPanelTest, SaysThatASnapshotHasNone) {
  fake->slice.image.probability.clear();
  panel.setSettings({{}, 0.5, {}});
  settle();
  EXPECT_THAT(find<QLabel>("obstacle")->text().toStdString(),
              HasSubstr("without routing probabilities"));
  EXPECT_TRUE(find<QSlider>("factorSlider")->isEnabled());
  EXPECT_FALSE(panel.findChild<WhatIfResults*>()->isVisible());
}

TEST_F(WhatIfPanelTest, SaysWhatIsMissing) {
  RunData without = *fake->run;
  without.layout.probabilities = false;
  fake->replaceData(without);
  EXPECT_THAT(find<QLabel>("obstacle")->text().toStdString(),
              HasSubstr("--record probabilities=all"));
  EXPECT_FALSE(find<QSlider>("factorSlider")->isEnabled());
  EXPECT_FALSE(find<QCheckBox>("applySwitch")->isEnabled());
  EXPECT_FALSE(panel.findChild<WhatIfResults*>()->isVisible());
  RunData dense = *fake->run;
  dense.layout.layers = 0;
  dense.layout.experts = 0;
  dense.layout.blocks = {};
  fake->replaceData(dense);
  EXPECT_THAT(find<QLabel>("obstacle")->text().toStdString(), HasSubstr("dense"));
  panel.setSource(nullptr);
  EXPECT_EQ(find<QLabel>("title")->text(), "No run is open");
}

}  // namespace
}  // namespace limoe::gui
