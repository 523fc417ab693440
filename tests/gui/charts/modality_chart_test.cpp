#include "gui/charts/modality_chart.h"

#include <gmock/gmock.h>

#include <QComboBox>
#include <QTest>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "gui/charts/flow_row.h"
#include "gui/charts/qcustomplot_include.h"
#include "gui/view/colors.h"
#include "tests/gui/charts/fake_run.h"
#include "tests/gui/charts/mouse.h"

namespace limoe::gui {
namespace {

using testing::FakeRun;
using testing::moveMouse;
using testing::smallRun;

class ModalityChartTest : public ::testing::Test {
 protected:
  ModalityChartTest() : chart(state) {
    chart.resize(420, 300);
    chart.setSource(run.get());
    state.setSnapshot(2);
    chart.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&chart));
    settle();
  }

  void settle() {
    QApplication::processEvents();
    chart.plot()->replot(QCustomPlot::rpImmediateRefresh);
  }
  /// Where share `percent` of the column at `key` is, in the plot's pixels.
  QPoint at(double key, double percent) {
    const QCPAxisRect* rect = chart.plot()->axisRect();
    return QPointF(rect->axis(QCPAxis::atBottom)->coordToPixel(key),
                   rect->axis(QCPAxis::atLeft)->coordToPixel(percent))
        .toPoint();
  }
  QColor colorAt(double key, double percent) {
    return chart.plot()->grab().toImage().pixelColor(at(key, percent));
  }
  std::string texts() {
    QStringList all;
    for (QCPLayoutElement* element : chart.plot()->plotLayout()->elements(false)) {
      if (const auto* row = dynamic_cast<FlowRow*>(element)) {
        all << row->text();
      }
    }
    return all.join('\n').toStdString();
  }

  std::unique_ptr<FakeRun> run = smallRun();
  ViewState state;
  ModalityChart chart;
};

TEST_F(ModalityChartTest, BarsAreTheCountsGiven) {
  // Of 20 tokens: expert 0 has 10 image (50 %), expert 1 4 image and 1 text (20 % + 5 %),
  // expert 2 3 text (15 %), expert 3 2 text (10 %).
  const QColor image = modalityColor(probe::kImage);
  const QColor text = modalityColor(probe::kText);
  const QColor ground = colorAt(0, 51.5);
  EXPECT_EQ(colorAt(0, 48.5), image);
  EXPECT_EQ(colorAt(1, 18.5), image);
  EXPECT_EQ(colorAt(1, 22.5), text);
  EXPECT_EQ(colorAt(1, 27.5), ground);
  EXPECT_EQ(colorAt(2, 2), text);
  EXPECT_EQ(colorAt(2, 17), ground);
  EXPECT_EQ(colorAt(3, 8), text);
  EXPECT_EQ(colorAt(3, 12), ground);
}

TEST_F(ModalityChartTest, NamesLayerStepAndCountingRule) {
  state.setLayer(1);
  EXPECT_THAT(texts(), ::testing::HasSubstr("MoE layer 2 (block 3) · step 200"));
  EXPECT_THAT(texts(),
              ::testing::HasSubstr("kept tokens over 4 probe samples, evaluation routing"));
}

TEST_F(ModalityChartTest, ClickingABarSelectsItsExpertAndAgainLetsGo) {
  QTest::mouseClick(chart.plot(), Qt::LeftButton, Qt::NoModifier, at(1, 10));
  EXPECT_EQ(state.selectedExpert(), 1);
  QTest::mouseClick(chart.plot(), Qt::LeftButton, Qt::NoModifier, at(1, 10));
  EXPECT_EQ(state.selectedExpert(), std::nullopt);
}

TEST_F(ModalityChartTest, ExpertWithoutTokensCanBeSelectedToo) {
  state.setLayer(1);
  settle();
  QTest::mouseClick(chart.plot(), Qt::LeftButton, Qt::NoModifier, at(3, 20));
  EXPECT_EQ(state.selectedExpert(), 3);
}

TEST_F(ModalityChartTest, HiddenExpertsAreDimmed) {
  const QColor before = colorAt(0, 20);
  state.toggleHidden(0);
  settle();
  const QColor after = colorAt(0, 20);
  EXPECT_EQ(before, modalityColor(probe::kImage));
  EXPECT_GT(after.lightness(), before.lightness() + 40);
}

TEST_F(ModalityChartTest, NumbersAreInTheExpertsColours) {
  const QImage picture = chart.plot()->grab().toImage();
  const QPoint box = at(2, 0) + QPoint(-12, 8);
  EXPECT_EQ(picture.pixelColor(box).rgb(), expertColor(2, 4).rgb());
}

TEST_F(ModalityChartTest, AllLayersStandSideBySide) {
  chart.findChild<QComboBox*>("layers")->setCurrentIndex(1);
  settle();
  // The second layer's columns begin one column after the first layer's four: 8 image tokens of 20.
  EXPECT_EQ(colorAt(5, 38), modalityColor(probe::kImage));
  EXPECT_EQ(colorAt(7, 15), modalityColor(probe::kText));  // expert 2: 4 text of 20
  EXPECT_THAT(texts(), ::testing::HasSubstr("All MoE layers"));
}

TEST_F(ModalityChartTest, HoverTellsTheCounts) {
  moveMouse(*chart.plot(), at(1, 10), Qt::NoButton);
  ASSERT_TRUE(QTest::qWaitFor([] { return !QToolTip::text().isEmpty(); }, 2000));
  EXPECT_THAT(
      QToolTip::text().toStdString(),
      ::testing::AllOf(::testing::HasSubstr("expert 1"), ::testing::HasSubstr("5 tokens, 25.0 %"),
                       ::testing::HasSubstr("image 4 (80.0 %) · text 1 (20.0 %)"),
                       ::testing::HasSubstr("Counted: kept tokens over 4 probe samples")));
}

/// Pixels between the closest two labels of an axis.
double closestTicks(const QCPAxis& axis) {
  double closest = 1e9;
  const QVector<double> ticks = axis.tickVector();
  for (int i = 1; i < ticks.size(); ++i) {
    closest =
        std::min(closest, std::abs(axis.coordToPixel(ticks[i]) - axis.coordToPixel(ticks[i - 1])));
  }
  return closest;
}

TEST_F(ModalityChartTest, InALowChartOfLargeLettersTheBarsHaveRoomAndLabelsKeepApart) {
  QFont font = chart.font();
  font.setPixelSize(24);
  chart.setFont(font);
  for (const int height : {170, 220, 300, 420}) {
    chart.resize(420, height);
    settle();
    settle();
    const QCPAxisRect* rect = chart.plot()->axisRect();
    const QCPAxis* left = rect->axis(QCPAxis::atLeft);
    EXPECT_GE(closestTicks(*left), QFontMetrics(left->tickLabelFont()).height()) << height;
    EXPECT_GT(rect->height(), 60) << height;
  }
  // All texts are back where there is room for them.
  for (QCPLayoutElement* element : chart.plot()->plotLayout()->elements(false)) {
    if (const auto* row = dynamic_cast<FlowRow*>(element)) {
      EXPECT_EQ(row->rect().height(), row->wholeHeight());
    }
  }
}

TEST_F(ModalityChartTest, FollowsADarkPalette) {
  QPalette dark = chart.palette();
  dark.setColor(QPalette::Base, QColor(0x17191c));
  dark.setColor(QPalette::Text, QColor(0xe4e6e8));
  chart.setPalette(dark);
  settle();
  EXPECT_EQ(chart.plot()->grab().toImage().pixelColor(1, 1).rgb(), QColor(0x17191c).rgb());
}

TEST_F(ModalityChartTest, TellsNoRunFromARunNotReadYet) {
  run->is_open = false;
  chart.setSource(run.get());
  EXPECT_THAT(texts(), ::testing::HasSubstr("Waiting for the run’s first data"));
  chart.setSource(nullptr);
  EXPECT_THAT(texts(), ::testing::HasSubstr("No run is open"));
}

TEST_F(ModalityChartTest, SaysThatAModelIsDense) {
  RunData dense = *run->run;
  dense.layout.layers = 0;
  dense.layout.experts = 0;
  run->replaceData(dense);
  EXPECT_THAT(texts(), ::testing::HasSubstr("dense"));
}

TEST_F(ModalityChartTest, SaysThatThereIsNoSnapshotYet) {
  RunData young = *run->run;
  young.snapshot_steps.clear();
  run->replaceData(young);
  EXPECT_THAT(texts(), ::testing::HasSubstr("has not been recorded yet"));
}

}  // namespace
}  // namespace limoe::gui
