#include "gui/charts/expert_strip.h"

#include <gmock/gmock.h>

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QLabel>
#include <QTableView>
#include <QTest>
#include <utility>

#include "gui/charts/expert_model.h"
#include "gui/view/colors.h"
#include "tests/gui/charts/fake_run.h"

namespace limoe::gui {
namespace {

using testing::FakeRun;
using testing::smallRun;

class ExpertStripTest : public ::testing::Test {
 protected:
  ExpertStripTest() : strip(state) {
    strip.resize(380, 320);
    strip.setSource(run.get());
    state.setSnapshot(2);
    strip.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&strip));
  }

  QModelIndex at(int expert, int column) { return strip.table()->model()->index(expert, column); }
  QString text(int expert, int column) { return at(expert, column).data().toString(); }
  void click(int expert, int column) {
    QTest::mouseClick(strip.table()->viewport(), Qt::LeftButton, Qt::NoModifier,
                      strip.table()->visualRect(at(expert, column)).center());
  }
  QString label(const char* name) { return strip.findChild<QLabel*>(name)->text(); }

  std::unique_ptr<FakeRun> run = smallRun();
  ViewState state;
  ExpertStrip strip;
};

TEST_F(ExpertStripTest, ShowsTheNumbersOfTheLayer) {
  ASSERT_EQ(strip.table()->model()->rowCount(), 4);
  // Capacity 11 (6 + 5, see ProbeCapacity): 10 of 11, 5 of 11, 3 of 11.
  EXPECT_EQ(text(0, ExpertModel::kLoad), "91 %");
  EXPECT_EQ(text(1, ExpertModel::kLoad), "45 %");
  EXPECT_EQ(text(2, ExpertModel::kLoad), "27 %");
  EXPECT_EQ(text(0, ExpertModel::kModality), "100 % image");
  EXPECT_EQ(text(1, ExpertModel::kModality), "80 % image");
  EXPECT_EQ(text(0, ExpertModel::kLabels), "sky 89 %, car 100 %");
  EXPECT_EQ(text(2, ExpertModel::kLabels), "text only");
  EXPECT_EQ(label("title"), "demo · MoE layer 1 (block 1) · step 200");
  EXPECT_THAT(label("note").toStdString(), ::testing::HasSubstr("4 probe samples"));
}

TEST_F(ExpertStripTest, TopWordsStandBelowTheLabels) {
  const int low = strip.table()->rowHeight(0);
  EXPECT_FALSE(at(0, ExpertModel::kLabels).data(ExpertModel::kWordsRole).isValid());
  strip.setTopWords([](int64_t snapshot, int64_t layer) {
    EXPECT_EQ(snapshot, 2);
    const WordTable words = {
        {}, {{"sign", 12, 35, 12.0 / 35, 2.4}, {"says", 6, 18, 6.0 / 18, 2.3}}, {}, {}};
    return layer == 0 ? std::make_shared<const WordTable>(words) : nullptr;
  });
  strip.refresh();
  const auto words = [this](int expert) {
    return at(expert, ExpertModel::kLabels).data(ExpertModel::kWordsRole);
  };
  EXPECT_EQ(words(1).toString(), "sign 34 %, says 33 %");
  EXPECT_TRUE(words(0).isValid());
  EXPECT_EQ(words(0).toString(), "");
  EXPECT_THAT(at(1, ExpertModel::kLabels).data(Qt::ToolTipRole).toString().toStdString(),
              ::testing::HasSubstr("sign: 12 of 35 text tokens, 34.3 %, 2.4 times chance"));
  EXPECT_GE(strip.table()->rowHeight(0), low + strip.fontMetrics().height() / 2);
  state.setLayer(1);  // not counted there
  EXPECT_FALSE(words(1).isValid());
  EXPECT_EQ(strip.table()->rowHeight(0), low);
}

TEST_F(ExpertStripTest, ANameIsNoLongerThanItsFieldAllows) {
  auto* model = strip.table()->model();
  for (int column = 0; column < model->columnCount(); ++column) {
    if (at(1, column).flags().testFlag(Qt::ItemIsEditable)) {
      model->setData(at(1, column), QString(200, 'a'));
    }
  }
  EXPECT_EQ(state.expertName(0, 1), QString(40, 'a'));
  // A character of two units that would begin at the 40th: none of it stays.
  state.setExpertName(0, 1, QString(39, 'a') + QString::fromUtf8("😀"));
  EXPECT_EQ(state.expertName(0, 1), QString(39, 'a'));
}

TEST_F(ExpertStripTest, FollowsTheLayer) {
  state.setLayer(1);
  EXPECT_EQ(label("title"), "demo · MoE layer 2 (block 3) · step 200");
  EXPECT_EQ(text(3, ExpertModel::kModality), "unused");
  EXPECT_EQ(text(3, ExpertModel::kLoad), "0 %");
}

TEST_F(ExpertStripTest, ClickingARowSelectsTheExpertAndAgainLetsGo) {
  click(2, ExpertModel::kLoad);
  EXPECT_EQ(state.selectedExpert(), 2);
  click(2, ExpertModel::kNumber);
  EXPECT_EQ(state.selectedExpert(), std::nullopt);
}

TEST_F(ExpertStripTest, EyeAndSoloAreButtons) {
  click(1, ExpertModel::kShown);
  EXPECT_TRUE(state.isHidden(1));
  EXPECT_EQ(state.selectedExpert(), std::nullopt) << "the eye does not select";
  click(1, ExpertModel::kShown);
  EXPECT_FALSE(state.isHidden(1));
  click(3, ExpertModel::kSolo);
  EXPECT_EQ(state.soloExpert(), 3);
  EXPECT_TRUE(state.isHidden(0));
  click(3, ExpertModel::kSolo);
  EXPECT_EQ(state.soloExpert(), std::nullopt);
}

TEST_F(ExpertStripTest, EyeOfAnotherRowEndsSolo) {
  state.toggleSolo(3);
  click(0, ExpertModel::kShown);
  EXPECT_FALSE(state.isHidden(0));
}

TEST_F(ExpertStripTest, WorksWithTheKeyboardAlone) {
  strip.table()->setFocus();
  strip.table()->setCurrentIndex(at(0, ExpertModel::kLabels));
  QTest::keyClick(strip.table(), Qt::Key_Down);
  QTest::keyClick(strip.table(), Qt::Key_Space);
  EXPECT_EQ(state.selectedExpert(), 1);
  QTest::keyClick(strip.table(), Qt::Key_Right);
  QTest::keyClick(strip.table(), Qt::Key_Space);
  EXPECT_TRUE(state.isHidden(1));
  QTest::keyClick(strip.table(), Qt::Key_Right);
  QTest::keyClick(strip.table(), Qt::Key_Return);
  EXPECT_EQ(state.soloExpert(), 1);
}

TEST_F(ExpertStripTest, SwatchHasTheExpertsColour) {
  const QImage picture = strip.table()->viewport()->grab().toImage();
  const QRect cell = strip.table()->visualRect(at(2, ExpertModel::kNumber));
  EXPECT_EQ(picture.pixelColor(cell.left() + 10, cell.center().y()).rgb(), expertColor(2, 4).rgb());
}

TEST_F(ExpertStripTest, WithoutCaptionsLoadIsAgainstTheFairShareAndSaysSo) {
  FakeRun& fake = *run;
  fake.run->text_tokens = nullptr;
  strip.setSource(&fake);
  EXPECT_EQ(text(0, ExpertModel::kLoad), "2.00×");  // 10 of 20, four experts
  EXPECT_THAT(label("note").toStdString(), ::testing::HasSubstr("fair share"));
}

TEST_F(ExpertStripTest, KeepsWhatItShowsUntilTheNextSnapshotHasCome) {
  run->summaries[1]->tokens[0] = 2;
  run->holds_back = true;
  state.setSnapshot(1);
  EXPECT_EQ(label("title"), "demo · MoE layer 1 (block 1) · step 200");
  EXPECT_EQ(text(0, ExpertModel::kLoad), "91 %");
  run->deliver();
  EXPECT_EQ(label("title"), "demo · MoE layer 1 (block 1) · step 100");
  EXPECT_EQ(text(0, ExpertModel::kLoad), "18 %");  // 2 of 11
}

TEST_F(ExpertStripTest, ModelKeepsQtsRules) {
  const QAbstractItemModelTester tester(strip.table()->model(),
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  state.setLayer(1);
  state.toggleHidden(1);
  strip.setSource(nullptr);
  EXPECT_EQ(strip.table()->model()->rowCount(), 0);
  strip.setSource(run.get());
  EXPECT_EQ(strip.table()->model()->rowCount(), 4);
}

TEST_F(ExpertStripTest, FirstLabelsAreReadableInANarrowDock) {
  QTableView* table = strip.table();
  const int wide = table->columnWidth(ExpertModel::kLoad);
  strip.resize(260, 130);  // with a scroll bar
  QApplication::processEvents();
  ASSERT_EQ(strip.width(), 260);
  const int room = table->columnWidth(ExpertModel::kLabels) - 8;
  EXPECT_GE(room, QFontMetrics(table->font()).horizontalAdvance("grass 41 %"));
  EXPECT_LT(table->columnWidth(ExpertModel::kLoad), wide);
  EXPECT_GE(table->columnWidth(ExpertModel::kLoad),
            QFontMetrics(table->font()).horizontalAdvance("100 %"));
  strip.resize(380, 320);
  QApplication::processEvents();
  EXPECT_EQ(table->columnWidth(ExpertModel::kLoad), wide);
}

/// What of a cell is not its ground.
QRect inkOf(QTableView* table, const QModelIndex& index) {
  const QRect cell = table->visualRect(index).adjusted(1, 1, -1, -1);
  const QImage picture = table->viewport()->grab(cell).toImage();
  QRect ink;
  for (int y = 0; y < picture.height(); ++y) {
    for (int x = 0; x < picture.width(); ++x) {
      if (picture.pixel(x, y) != picture.pixel(0, 0)) {
        ink |= QRect(x, y, 1, 1);
      }
    }
  }
  return ink;
}

TEST_F(ExpertStripTest, EyeAndSoloGrowWithTheText) {
  strip.resize(700, 400);
  QFont font = strip.font();
  QSize eye, solo;
  for (const int pixels : {12, 24}) {
    font.setPixelSize(pixels);
    strip.setFont(font);
    QApplication::processEvents();
    const QSize eye_before =
        std::exchange(eye, inkOf(strip.table(), at(0, ExpertModel::kShown)).size());
    const QSize solo_before =
        std::exchange(solo, inkOf(strip.table(), at(0, ExpertModel::kSolo)).size());
    if (pixels == 24) {
      EXPECT_NEAR(eye.width(), 2 * eye_before.width(), 3);
      EXPECT_NEAR(solo.width(), 2 * solo_before.width(), 3);
      EXPECT_NEAR(solo.height(), 2 * solo_before.height(), 3);
    }
  }
  EXPECT_GT(eye.width(), 24);
}

TEST_F(ExpertStripTest, LoadFollowsAChangeOfTheCapacityFactor) {
  RunData changed = *run->run;
  changed.events = {{150, 1, "setting", "moe.capacity_factor 1.25 → 2.0"}};
  run->replaceData(changed);
  EXPECT_EQ(text(0, ExpertModel::kLoad), "56 %");  // 10 of 10 + 8
  state.setSnapshot(1);
  EXPECT_EQ(text(0, ExpertModel::kLoad), "91 %");  // 10 of 6 + 5, before the change
}

TEST_F(ExpertStripTest, TellsNoRunFromARunNotReadYet) {
  run->is_open = false;
  strip.setSource(run.get());
  EXPECT_EQ(label("title"), "Waiting for the run’s first data…");
  strip.setSource(nullptr);
  EXPECT_EQ(label("title"), "No run is open");
}

TEST_F(ExpertStripTest, SaysThatADenseModelHasNoExperts) {
  RunData dense = *run->run;
  dense.layout.layers = 0;
  dense.layout.experts = 0;
  dense.layout.blocks.clear();
  run->replaceData(dense);
  EXPECT_EQ(strip.table()->model()->rowCount(), 0);
  EXPECT_THAT(label("title").toStdString(), ::testing::HasSubstr("dense"));
}

}  // namespace
}  // namespace limoe::gui
