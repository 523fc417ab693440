// Curves of several runs: mean and spread over seeds by hand, and the widget that draws them.
#include "gui/charts/run_curves.h"

#include <gmock/gmock.h>

#include <QCheckBox>
#include <QTest>
#include <cmath>

#include "gui/charts/qcustomplot_include.h"
#include "gui/charts/run_spread.h"
#include "tests/gui/charts/fake_run.h"

namespace limoe::gui {
namespace {

using ::testing::Contains;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::smallRun;

TEST(RunSpread, MeanAndSampleDeviationByHand) {
  const StepSeries a{{1, 2, 3}, {2, 4, 6}};
  const StepSeries b{{1, 2, 3}, {4, 4, 9}};
  const StepSeries c{{1, 2, 3}, {6, 4, 0}};
  const Spread spread = spreadOf({&a, &b, &c});
  EXPECT_EQ(spread.runs, 3u);
  EXPECT_THAT(spread.mean, ElementsAre(4, 4, 5));
  // √((4 + 0 + 4) / 2) = 2; 0; √((1 + 16 + 25) / 2) = √21.
  EXPECT_THAT(spread.deviation, ElementsAre(2, 0, DoubleNear(std::sqrt(21.0), 1e-12)));
}

TEST(RunSpread, OnlyStepsThatAllHaveCount) {
  const StepSeries a{{10, 20, 30, 40}, {1, 2, 3, 4}};
  const StepSeries b{{20, 30, 50}, {4, std::nan(""), 6}};
  const Spread spread = spreadOf({&a, &b});
  EXPECT_THAT(spread.steps, ElementsAre(20));
  EXPECT_THAT(spread.mean, ElementsAre(3));
  EXPECT_THAT(spread.deviation, ElementsAre(DoubleNear(std::sqrt(2.0), 1e-12)));
  EXPECT_EQ(spreadOf({&a}).deviation.front(), 0);
  EXPECT_EQ(spreadOf({}).runs, 0u);
}

TEST(RunSpread, HeldOutMeasuresAreNotSmoothed) {
  const auto run = smallRun();
  const auto recall = quantityNamed(*run->run, "Held-out metrics: recall, R@1 image→text");
  const QStringList names = quantitiesOf(*run->run);
  ASSERT_TRUE(recall || names.contains("Held-out metrics: R@1 image→text"))
      << names.join('|').toStdString();
  const auto quantity =
      recall ? recall : quantityNamed(*run->run, "Held-out metrics: R@1 image→text");
  const StepSeries series = seriesOf(*run->run, *quantity, 0.9);
  EXPECT_THAT(series.steps, ElementsAre(0, 100, 200));
  EXPECT_NEAR(series.values[1], 0.3, 1e-6);
}

class RunCurvesTest : public ::testing::Test {
 protected:
  RunCurvesTest() {
    view.resize(500, 300);
    view.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&view));
    for (int r = 0; r < 3; ++r) {
      runs.push_back(smallRun());
      runs.back()->run->name = QString("seed%1").arg(r);
      auto curves = std::make_shared<Curves>(*runs.back()->run->curves);
      for (double& loss : curves->scalars[0]) {
        loss += 2 * r;  // + 0, 2, 4: mean + 2, deviation 2
      }
      runs.back()->run->curves = curves;
    }
    view.setSmoothing(0);
    give({"same", "same", "same"});
  }
  void give(const QStringList& repeats) {
    std::vector<RunCurves::Run> all;
    for (std::size_t r = 0; r < runs.size(); ++r) {
      all.push_back({runs[r]->run, repeats[static_cast<qsizetype>(r)]});
    }
    view.setRuns(all);
    draw();
  }
  void draw() { view.plot()->replot(QCustomPlot::rpImmediateRefresh); }

  std::vector<std::unique_ptr<testing::FakeRun>> runs;
  RunCurves view;
};

TEST_F(RunCurvesTest, ALineForEachRun) {
  EXPECT_THAT(view.quantities(), Contains("Optimisation: learning rate"));
  ASSERT_EQ(view.plot()->graphCount(), 3);
  const double loss = runs[0]->run->curves->scalars[0][0];
  EXPECT_DOUBLE_EQ(view.plot()->graph(0)->data()->at(0)->value, loss);
  EXPECT_DOUBLE_EQ(view.plot()->graph(2)->data()->at(0)->value, loss + 4);
  EXPECT_THAT(view.words().toStdString(), HasSubstr("seed0"));
}

TEST_F(RunCurvesTest, MeanOverSeedsWithItsBandAndN) {
  auto* mean = view.findChild<QCheckBox*>("meanOverSeeds");
  mean->setFocus();
  QTest::keyClick(mean, Qt::Key_Space);
  draw();
  ASSERT_EQ(view.plot()->graphCount(), 3);  // lower, upper, mean
  const double loss = runs[0]->run->curves->scalars[0][0];
  EXPECT_NEAR(view.plot()->graph(0)->data()->at(0)->value, loss, 1e-12);  // mean 2 − deviation 2
  EXPECT_NEAR(view.plot()->graph(1)->data()->at(0)->value, loss + 4, 1e-12);
  EXPECT_NEAR(view.plot()->graph(2)->data()->at(0)->value, loss + 2, 1e-12);
  EXPECT_THAT(view.words().toStdString(), HasSubstr("n = 3"));
  EXPECT_THAT(view.asTsv().section('\n', 0, 0).toStdString(), HasSubstr("n = 3\ts.d.\tn"));
}

TEST_F(RunCurvesTest, RunsOfOtherSettingsStayApart) {
  view.setMeanOverSeeds(true);
  give({"same", "other", "same"});
  EXPECT_THAT(view.words().toStdString(), HasSubstr("n = 2"));
  EXPECT_EQ(view.plot()->graphCount(), 4);  // a band of two graphs and a mean; a single line
  give({"a", "b", "c"});
  EXPECT_THAT(view.words().toStdString(), HasSubstr("no two runs differ in the seed alone"));
  EXPECT_EQ(view.plot()->graphCount(), 3);
}

TEST_F(RunCurvesTest, AZoomStaysWhenStepsCome) {
  QCPAxis* steps = view.plot()->axisRect()->axis(QCPAxis::atBottom);
  EXPECT_EQ(steps->range().upper, 200);
  view.plot()->setFocus();
  QTest::keyClick(view.plot(), Qt::Key_Plus);
  const QCPRange zoomed = steps->range();
  EXPECT_LT(zoomed.size(), 199);
  auto grown = std::make_shared<RunData>(*runs[0]->run);
  auto curves = std::make_shared<Curves>(*grown->curves);
  curves->steps.push_back(300);
  curves->wall.push_back(150);
  for (auto& column : curves->scalars) {
    column.push_back(0.5);
  }
  for (auto* counts : {&curves->chosen, &curves->kept}) {
    for (auto& column : *counts) {
      column.push_back(1);
    }
  }
  grown->curves = curves;
  runs[0]->run = grown;
  give({"same", "same", "same"});
  EXPECT_EQ(steps->range(), zoomed);
  QTest::keyClick(view.plot(), Qt::Key_Home);
  EXPECT_EQ(steps->range().upper, 300);
}

}  // namespace
}  // namespace limoe::gui
