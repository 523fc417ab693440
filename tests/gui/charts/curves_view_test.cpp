#include "gui/charts/curves_view.h"

#include <gmock/gmock.h>

#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <QToolTip>
#include <cmath>

#include "gui/charts/flow_row.h"
#include "gui/charts/qcustomplot_include.h"
#include "tests/gui/charts/fake_run.h"
#include "tests/gui/charts/mouse.h"

namespace limoe::gui {
namespace {

using testing::FakeRun;
using testing::moveMouse;
using testing::smallRun;

class CurvesViewTest : public ::testing::Test {
 protected:
  CurvesViewTest() : view(state) {
    view.resize(420, 300);
    view.setSource(run.get());
    state.showNewest(3);
    view.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&view));
    settle();
  }

  void settle() {
    QApplication::processEvents();
    view.plot()->replot(QCustomPlot::rpImmediateRefresh);
  }
  QCPRange stepsShown() { return view.plot()->axisRect()->axis(QCPAxis::atBottom)->range(); }
  QPoint atStep(double step) {
    const QCPAxisRect* rect = view.plot()->axisRect();
    return {static_cast<int>(rect->axis(QCPAxis::atBottom)->coordToPixel(step)),
            rect->rect().center().y()};
  }
  void click(double step) {
    QTest::mouseClick(view.plot(), Qt::LeftButton, Qt::NoModifier, atStep(step));
  }
  void drag(double from, double to) {
    QTest::mousePress(view.plot(), Qt::LeftButton, Qt::NoModifier, atStep(from) - QPoint(0, 20));
    moveMouse(*view.plot(), atStep((from + to) / 2), Qt::LeftButton);
    moveMouse(*view.plot(), atStep(to) + QPoint(0, 20), Qt::LeftButton);
    QTest::mouseRelease(view.plot(), Qt::LeftButton, Qt::NoModifier, atStep(to) + QPoint(0, 20));
    settle();
  }
  /// The run with `count` more steps.
  RunData grown(int count) {
    RunData data = *run->run;
    auto curves = std::make_shared<Curves>(*data.curves);
    for (int i = 0; i < count; ++i) {
      curves->steps.push_back(curves->steps.back() + 1);
      curves->wall.push_back(curves->wall.back() + 1);
      for (auto& column : curves->scalars) {
        column.push_back(0.25);
      }
      for (int modality = 0; modality < 2; ++modality) {
        curves->chosen[static_cast<std::size_t>(modality)].push_back(10);
        curves->kept[static_cast<std::size_t>(modality)].push_back(5);
      }
    }
    data.curves = curves;
    return data;
  }
  std::string texts() {
    QStringList all;
    for (QCPLayoutElement* element : view.plot()->plotLayout()->elements(false)) {
      if (const auto* row = dynamic_cast<FlowRow*>(element)) {
        all << row->text();
      }
    }
    return all.join('\n').toStdString();
  }

  std::unique_ptr<FakeRun> run = smallRun();
  ViewState state;
  CurvesView view;
};

TEST_F(CurvesViewTest, ShowsTheRecordedValues) {
  view.setSmoothing(0);
  settle();
  const auto data = view.plot()->graph(0)->data();
  ASSERT_EQ(data->size(), 200);
  EXPECT_EQ(data->at(0)->key, 1);
  EXPECT_DOUBLE_EQ(data->at(0)->value, run->run->curves->scalars[0][0]);
}

TEST_F(CurvesViewTest, SmoothedCurveIsTheAverageOverAllSteps) {
  view.setSmoothing(0.5);
  settle();
  // Graphs: raw loss, raw contrastive, smoothed loss, smoothed contrastive.
  const auto data = view.plot()->graph(2)->data();
  const double a = run->run->curves->scalars[0][0];
  const double b = run->run->curves->scalars[0][1];
  EXPECT_NEAR(data->at(0)->value, a, 1e-12);
  EXPECT_NEAR(data->at(1)->value, (0.25 * a + 0.5 * b) / 0.75, 1e-12);
  EXPECT_THAT(texts(), ::testing::HasSubstr("w = 0.5"));
}

TEST_F(CurvesViewTest, SmoothingGoesOnWhereItWasWhenStepsCome) {
  view.setSmoothing(0.9);
  run->replaceData(grown(50));
  settle();
  CurvesView fresh(state);
  fresh.resize(view.size());
  fresh.setSource(run.get());
  fresh.setSmoothing(0.9);
  fresh.plot()->replot();
  const auto followed = view.plot()->graph(2)->data();
  const auto whole = smoothed(run->run->curves->scalars[0], 0.9);
  EXPECT_NEAR((followed->constEnd() - 1)->value, whole.back(), 1e-12);
}

TEST_F(CurvesViewTest, ResumedRunReplacesTheSupersededSteps) {
  RunData resumed = grown(0);
  auto curves = std::make_shared<Curves>(*resumed.curves);
  for (std::size_t i = 100; i < 200; ++i) {
    curves->scalars[0][i] = 0.125;
  }
  resumed.curves = curves;
  run->replaceData(resumed);
  view.setSmoothing(0);
  settle();
  const auto data = view.plot()->graph(0)->data();
  EXPECT_DOUBLE_EQ(data->at(150)->value, 0.125);
}

TEST_F(CurvesViewTest, FollowsTheNewestUntilTheUserZooms) {
  EXPECT_EQ(stepsShown().upper, 200);
  run->replaceData(grown(50));
  EXPECT_EQ(stepsShown().upper, 250);
  drag(50, 100);
  EXPECT_FALSE(view.followsNewest());
  EXPECT_NEAR(stepsShown().lower, 50, 2);
  EXPECT_NEAR(stepsShown().upper, 100, 2);
  run->replaceData(grown(50));
  EXPECT_NEAR(stepsShown().upper, 100, 2);
  QTest::mouseDClick(view.plot(), Qt::LeftButton, Qt::NoModifier, atStep(75));
  EXPECT_TRUE(view.followsNewest());
  EXPECT_EQ(stepsShown().upper, 300);
}

TEST_F(CurvesViewTest, ZoomStaysWhenTheGroupChanges) {
  drag(50, 100);
  view.setGroup("Routing success");
  settle();
  EXPECT_NEAR(stepsShown().lower, 50, 2);
  EXPECT_NEAR(stepsShown().upper, 100, 2);
}

TEST_F(CurvesViewTest, ClickGoesToTheNearestSnapshot) {
  click(80);  // snapshots at 0, 100, 200
  EXPECT_EQ(state.snapshot(), 1);
  EXPECT_FALSE(state.followsNewest());
  click(30);
  EXPECT_EQ(state.snapshot(), 0);
}

TEST_F(CurvesViewTest, DragDoesNotChooseASnapshot) {
  drag(50, 100);
  EXPECT_EQ(state.snapshot(), 2);
}

TEST_F(CurvesViewTest, DoubleClickDoesNotChooseASnapshot) {
  const QPoint place = atStep(10);
  QTest::mouseClick(view.plot(), Qt::LeftButton, Qt::NoModifier, place);
  QTest::mouseDClick(view.plot(), Qt::LeftButton, Qt::NoModifier, place);
  EXPECT_EQ(state.snapshot(), 2);
  EXPECT_TRUE(state.followsNewest());
}

TEST_F(CurvesViewTest, GroupsHoldWhatWasRecorded) {
  EXPECT_THAT(view.groups(), ::testing::ElementsAre("Loss", "Routing success", "Held-out metrics",
                                                    "Auxiliary losses, raw", "Optimisation"));
  view.setGroup("Routing success");
  view.setSmoothing(0);
  settle();
  EXPECT_DOUBLE_EQ(view.plot()->graph(0)->data()->at(0)->value, 0.9);   // image, 90 of 100
  EXPECT_DOUBLE_EQ(view.plot()->graph(1)->data()->at(0)->value, 0.75);  // text, 15 of 20
}

TEST_F(CurvesViewTest, HeldOutMetricsAreAtTheirSnapshotsAndNotSmoothed) {
  view.setGroup("Held-out metrics");
  settle();
  const auto recall = view.plot()->graph(0)->data();
  ASSERT_EQ(recall->size(), 3);
  EXPECT_EQ(recall->at(1)->key, 100);
  EXPECT_NEAR(recall->at(1)->value, 0.3, 1e-6);
  EXPECT_THAT(texts(), ::testing::HasSubstr("not smoothed"));
}

TEST_F(CurvesViewTest, HoverReadsExactValuesAndEvents) {
  RunData data = *run->run;
  data.events = {{120, 60, "setting", "aux weight 0.04 → 0.1"}};
  run->replaceData(data);
  settle();
  moveMouse(*view.plot(), atStep(120), Qt::NoButton);
  ASSERT_TRUE(QTest::qWaitFor([] { return !QToolTip::text().isEmpty(); }, 2000));
  EXPECT_THAT(QToolTip::text().toStdString(),
              ::testing::AllOf(::testing::ContainsRegex("step 1(19|20|21)"),
                               ::testing::ContainsRegex("loss [01]\\.[0-9]+ \\(smoothed"),
                               ::testing::HasSubstr("setting at step 120: aux weight")));
}

TEST_F(CurvesViewTest, LogarithmicAxisKeepsTheSteps) {
  drag(50, 100);
  QTest::mouseClick(view.findChild<QToolButton*>("logarithmic"), Qt::LeftButton);
  settle();
  EXPECT_EQ(view.plot()->axisRect()->axis(QCPAxis::atLeft)->scaleType(), QCPAxis::stLogarithmic);
  EXPECT_NEAR(stepsShown().upper, 100, 2);
}

TEST_F(CurvesViewTest, SliderSetsTheSmoothing) {
  auto* slider = view.findChild<QSlider*>("smoothing");
  slider->setValue(slider->minimum());
  EXPECT_EQ(view.smoothing(), 0);
  slider->setValue(slider->maximum());
  EXPECT_EQ(view.smoothing(), 0.999);
}

TEST_F(CurvesViewTest, ALongRunIsThinnedToTheWidth) {
  RunData data = *run->run;
  auto curves = std::make_shared<Curves>(*data.curves);
  for (auto* column : {&curves->steps, &curves->wall, &curves->scalars[0], &curves->scalars[1],
                       &curves->scalars[2], &curves->scalars[3], &curves->chosen[0],
                       &curves->chosen[1], &curves->kept[0], &curves->kept[1]}) {
    column->assign(100'000, 1.0);
  }
  for (std::size_t i = 0; i < curves->steps.size(); ++i) {
    curves->steps[i] = static_cast<double>(i);
  }
  curves->scalars[0][77'777] = 5;
  data.curves = curves;
  run->replaceData(data);
  view.setSmoothing(0);
  settle();
  const auto loss = view.plot()->graph(0)->data();
  EXPECT_LT(loss->size(), 4 * 420);
  double highest = 0;
  for (const QCPGraphData& point : *loss) {
    highest = std::max(highest, point.value);
  }
  EXPECT_EQ(highest, 5);
}

TEST_F(CurvesViewTest, WithoutARunSaysSo) {
  run->is_open = false;
  view.setSource(run.get());
  EXPECT_THAT(texts(), ::testing::HasSubstr("Waiting for the run’s first data"));
  view.setSource(nullptr);
  EXPECT_THAT(texts(), ::testing::HasSubstr("No run is open"));
}

TEST_F(CurvesViewTest, KeysZoomAndPanTheStepsAndShowAllAgain) {
  view.plot()->setFocus();
  const QCPRange all = stepsShown();
  state.setSnapshot(1);  // step 100, in the middle of 1 … 200: zoomed around it
  const double middle = atStep(100).x();
  QTest::keyClick(view.plot(), Qt::Key_Plus);
  settle();
  EXPECT_NEAR(stepsShown().size(), all.size() * 0.7, 1e-6);
  EXPECT_NEAR(atStep(100).x(), middle, 1);
  EXPECT_FALSE(view.followsNewest());
  const QCPRange closer = stepsShown();
  QTest::keyClick(view.plot(), Qt::Key_Right, Qt::ShiftModifier);
  EXPECT_NEAR(stepsShown().lower, closer.lower + 0.2 * closer.size(), 1e-6);
  EXPECT_NEAR(stepsShown().size(), closer.size(), 1e-6);
  QTest::keyClick(view.plot(), Qt::Key_Home);
  EXPECT_NEAR(stepsShown().size(), all.size(), 1e-6);
  EXPECT_TRUE(view.followsNewest());
}

TEST_F(CurvesViewTest, InALowChartOfLargeLettersTheLabelsKeepApart) {
  QFont font = view.font();
  font.setPixelSize(24);
  view.setFont(font);
  for (const int height : {190, 260, 400}) {
    view.resize(520, height);
    settle();
    settle();
    for (const QCPAxisRect* rect : view.plot()->axisRects()) {
      const QCPAxis* left = rect->axis(QCPAxis::atLeft);
      const QVector<double> ticks = left->tickVector();
      for (int i = 1; i < ticks.size(); ++i) {
        EXPECT_GE(std::abs(left->coordToPixel(ticks[i]) - left->coordToPixel(ticks[i - 1])),
                  QFontMetrics(left->tickLabelFont()).height())
            << height;
      }
    }
  }
}

}  // namespace
}  // namespace limoe::gui
