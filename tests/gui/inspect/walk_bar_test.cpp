// Every panel that waits for the whole probe shows how far it is, is stopped with the mouse, stays
// stopped, and goes on when asked.
#include "gui/inspect/walk_bar.h"

#include <gmock/gmock.h>

#include <QComboBox>
#include <QCompleter>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTableView>
#include <QTest>

#include "gui/canvas/wall_arrangement.h"
#include "gui/inspect/expert_flow.h"
#include "gui/inspect/expert_gallery.h"
#include "gui/inspect/expert_patches.h"
#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view.h"
#include "gui/inspect/token_similar_view.h"
#include "gui/inspect/what_if_panel.h"
#include "gui/inspect/what_if_results.h"
#include "gui/inspect/what_if_source.h"
#include "gui/window/filter_bar.h"
#include "tests/gui/canvas/fake_run_source.h"
#include "tests/gui/inspect/held_walks.h"
#include "tests/gui/inspect/what_if_runs.h"

namespace limoe::gui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HeldWalks;
using testing::ProbabilityRun;

class WalkBarTest : public ::testing::Test {
 protected:
  WalkBarTest() {
    fillManyGroups(run, 30);
    run.run->layout.image_height = run.run->layout.image_width = 2;
    run.holds_walks = true;
    digests.setSource(&run);
    flows.setSource(&run);
    state.setSnapshot(1);
  }

  void show(QWidget& panel, QSize size = {420, 640}) {
    panel.resize(size);
    panel.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&panel));
  }
  static void click(QWidget* widget) { QTest::mouseClick(widget, Qt::LeftButton); }

  /// Stops the newest walk at 34 % and goes on with it.
  void stopAndGoOn(QWidget& panel, const char* name = "walkBar") {
    auto* bar = panel.findChild<WalkBar*>(name);
    auto* button = bar->findChild<QPushButton*>("walkButton");
    ASSERT_EQ(run.walks.size(), 1u);
    ASSERT_TRUE(QTest::qWaitFor([&] { return button->isVisible(); }));
    EXPECT_EQ(button->text(), "Cancel");
    EXPECT_FALSE(button->toolTip().isEmpty());
    run.tellProgress(0, 0.34);
    EXPECT_EQ(bar->findChild<QProgressBar*>()->value(), 34);
    EXPECT_THAT(bar->words().toStdString(), HasSubstr(": 34 %"));
    click(button);
    EXPECT_FALSE(run.walks[0]->alive);
    EXPECT_THAT(bar->words().toStdString(), HasSubstr("stopped at 34 %"));
    EXPECT_TRUE(button->isVisible());
    EXPECT_EQ(button->text(), "Go on");
    state.setOpacity(state.opacity() / 2);  // all views refresh
    QTest::qWait(2 * WalkBar::kPatienceMs);
    EXPECT_EQ(run.walks.size(), 1u) << "it begins again by itself";
    EXPECT_TRUE(button->isVisible());
    click(button);
    ASSERT_EQ(run.walks.size(), 2u);
    run.holds_walks = false;  // what follows
    run.finishWalk(1);
    EXPECT_TRUE(QTest::qWaitFor([&] { return !bar->isVisible(); }));
  }

  HeldWalks<ProbabilityRun> run;
  ViewState state;
  Digests digests;
  Flows flows;
};

TEST_F(WalkBarTest, InTheExpertGallery) {
  ExpertGallery gallery(state, digests);
  gallery.setSource(&run);
  state.toggleSelectedExpert(2);
  show(gallery);
  stopAndGoOn(gallery);
  EXPECT_FALSE(gallery.findChild<PatchGrid*>()->tiles().empty());
}

TEST_F(WalkBarTest, TheExpertGallerySaysWhyItIsEmpty) {
  ExpertGallery gallery(state, digests);
  gallery.setSource(&run);
  state.toggleSelectedExpert(2);
  show(gallery);
  const auto* message = gallery.findChild<QLabel*>("message");
  EXPECT_EQ(message->text(), "What it takes is shown when the probe has been read.");
  digests.stop(Digests::question(1, 0, {}));
  EXPECT_EQ(message->text(), "Nothing is shown: the probe was not read to its end.");
  digests.goOn(Digests::question(1, 0, {}));
  run.finishWalk(1, "bad bytes");
  const auto* words = gallery.findChild<WalkBar*>()->findChild<QLabel*>("walkWords");
  EXPECT_THAT(words->text().toStdString(), HasSubstr("failed: bad bytes"));
  auto* button = gallery.findChild<QPushButton*>("walkButton");
  EXPECT_EQ(button->text(), "Try again");
  click(button);
  EXPECT_EQ(run.walks.size(), 3u);
}

TEST_F(WalkBarTest, FlowsThatWereStoppedArePale) {
  run.holds_walks = false;
  ExpertGallery gallery(state, digests);
  gallery.setSource(&run);
  state.toggleSelectedExpert(2);
  show(gallery);
  auto* to = gallery.findChild<QWidget*>("flowTo")->findChild<ExpertItems*>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return to->isVisible() && !to->isDimmed(); }));
  auto* bar = gallery.findChild<WalkBar*>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return bar->isResting(); }));
  run.walks.clear();
  state.setSnapshot(0);
  ASSERT_TRUE(QTest::qWaitFor([&] {
    run.holds_walks = run.walks.size() == 1;  // the digest comes, the flow does not
    return run.walks.size() == 2;
  }));
  auto* button = gallery.findChild<QPushButton*>("walkButton");
  ASSERT_TRUE(QTest::qWaitFor([&] { return button->isVisible(); }));
  click(button);
  EXPECT_THAT(bar->words().toStdString(), HasSubstr("where its tokens go: stopped"));
  state.setOpacity(0.1);
  EXPECT_TRUE(QTest::qWaitFor([&] { return to->isDimmed(); })) << "they are of another step";
}

TEST_F(WalkBarTest, InTheLayerView) {
  LayerView view(state, digests, flows);
  view.setSource(&run);
  view.setPage(LayerView::kMeasures);
  show(view, {700, 400});
  stopAndGoOn(view);
  EXPECT_GT(view.findChild<QTableView*>("measures")->model()->rowCount(), 0);
}

TEST_F(WalkBarTest, ALayersNumbersKeepTheirTitleWhileOthersAreStopped) {
  run.holds_walks = false;
  LayerView view(state, digests, flows);
  view.setSource(&run);
  view.setPage(LayerView::kFlow);
  show(view, {700, 400});
  const auto* title = view.findChild<QLabel*>("title");
  ASSERT_TRUE(QTest::qWaitFor([&] { return !view.heatMap()->map().isEmpty(); }));
  EXPECT_THAT(title->text().toStdString(), HasSubstr("step 50"));
  run.holds_walks = true;
  state.setSnapshot(0);
  flows.stop(Flows::question(0, 0, {}));
  EXPECT_TRUE(view.heatMap()->isStale());
  EXPECT_THAT(title->text().toStdString(), HasSubstr("step 50"));
  EXPECT_THAT(view.findChild<WalkBar*>()->words().toStdString(),
              HasSubstr("Counting step 0: stopped at 0 %"));
}

TEST_F(WalkBarTest, InTheWhatIf) {
  WhatIfSource source(&run);
  WhatIfPanel panel(state);
  panel.setSource(&source);
  show(panel);
  stopAndGoOn(panel);
  EXPECT_FALSE(panel.findChild<WhatIfResults*>()->isEmpty());
  run.holds_walks = true;
  run.walks.clear();
  panel.setSettings({{}, 0.5, {}});
  source.outcomes().stop(WhatIfOutcomes::question(1, 0, panel.settings()));
  EXPECT_FALSE(panel.findChild<WhatIfResults*>()->isEnabled()) << "numbers of other settings";
  source.outcomes().goOn(WhatIfOutcomes::question(1, 0, panel.settings()));
  run.finishWalk(1);
  EXPECT_TRUE(panel.findChild<WhatIfResults*>()->isEnabled());
  panel.setSource(nullptr);
}

TEST_F(WalkBarTest, WhatOtherViewsAskOfAWhatIfIsStoppedThere) {
  auto summary = std::make_shared<probe::Snapshot>();
  run.recorded_summary = summary;
  WhatIfSource source(&run);
  WhatIfPanel panel(state);
  panel.setSource(&source);
  show(panel);
  run.finishWalk(0);
  panel.setSettings({{}, 0.5, {}});
  panel.setApplied(true);
  run.finishWalk(1);  // what the panel shows
  run.walks.clear();
  EXPECT_EQ(source.summary(0), nullptr);  // a curve over time wants the other step, both layers
  ASSERT_EQ(run.walks.size(), 1u);
  auto* button = panel.findChild<QPushButton*>("walkButton");
  ASSERT_TRUE(QTest::qWaitFor([&] { return button->isVisible(); }));
  const auto* bar = panel.findChild<WalkBar*>();
  EXPECT_EQ(bar->words(), "Computing other steps for other views, 1 to follow: 0 %");
  click(button);
  EXPECT_TRUE(source.isIdle());
  EXPECT_EQ(source.summary(0), nullptr);
  EXPECT_EQ(run.walks.size(), 1u);
  EXPECT_THAT(bar->words().toStdString(), HasSubstr("stopped"));
  run.holds_walks = false;
  click(button);
  EXPECT_TRUE(QTest::qWaitFor([&] { return source.summary(0) != nullptr; }));
  EXPECT_FALSE(bar->isVisible());
  panel.setSource(nullptr);
}

TEST_F(WalkBarTest, InTheSearchForSimilarTokens) {
  TokenSimilarView view(state, nullptr);
  view.setSource(&run);
  state.setSelectedToken(TokenRef{3, probe::kImage, 1});
  show(view);
  view.refresh();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !run.walks.empty(); }));  // 150 samples are few
  QObject::connect(&state, &ViewState::changed, &view, &TokenSimilarView::refresh);
  stopAndGoOn(view);
  ASSERT_TRUE(view.found());
  EXPECT_EQ(view.found()->compared, 599);
  view.setSource(nullptr);
}

TEST_F(WalkBarTest, InTheFilterBarAndItsChip) {
  FilterBar bar(state, digests);
  bar.setSource(&run);
  show(bar, {900, 80});
  TokenFilter filter;
  filter.expert = 2;
  state.setFilter(filter);
  EXPECT_THAT(bar.countText().toStdString(), HasSubstr("counting"));
  auto* chip = bar.findChild<QWidget*>("filterChip")->findChild<WalkBar*>();
  chip->setObjectName("chipBar");
  stopAndGoOn(bar, "chipBar");
  EXPECT_THAT(bar.countText().toStdString(), HasSubstr("of 150 images"));
}

TEST_F(WalkBarTest, TheFilterBarSaysWhereItWasStopped) {
  FilterBar bar(state, digests);
  bar.setSource(&run);
  TokenFilter filter;
  filter.expert = 2;
  state.setFilter(filter);
  run.tellProgress(0, 0.34);
  EXPECT_EQ(bar.countText(), QString::fromUtf8("counting … 34 %"));
  digests.stop(Digests::question(1, 0, filter));
  EXPECT_EQ(bar.countText(), "not counted: stopped at 34 %");
  digests.goOn(Digests::question(1, 0, filter));
  run.finishWalk(1, "/far/away/recording.h5: bad bytes");
  EXPECT_EQ(bar.countText(), "not counted") << "the bar keeps its width";
  EXPECT_EQ(bar.findChild<QLabel*>("filterCount")->toolTip(),
            "not counted\n/far/away/recording.h5: bad bytes");
}

TEST_F(WalkBarTest, InTheSortedWall) {
  WallArrangement wall;
  FilterBar bar(state, digests);  // where the wall's order is chosen, and stopped
  bar.setSource(&run);
  show(bar, {900, 80});
  const auto update = [&] { return wall.update(*run.run, state, 1, 0, &digests); };
  const auto words = [&] {
    return wall.orderWords(state, 0,
                           wall.waitsFor() ? digests.standing(*wall.waitsFor()) : Standing());
  };
  QObject::connect(&state, &ViewState::changed, &bar, [&] { update(); });
  state.setWallOrder(WallOrder::Entropy);
  EXPECT_TRUE(wall.isRecorded());
  EXPECT_EQ(words(), QString::fromUtf8("ordering … 0 %"));
  auto* chip = bar.findChild<QWidget*>("filterChip")->findChild<WalkBar*>();
  auto* button = chip->findChild<QPushButton*>("walkButton");
  ASSERT_TRUE(QTest::qWaitFor([&] { return button->isVisible(); }));
  run.tellProgress(0, 0.34);
  click(button);
  EXPECT_EQ(words(), "ordering was stopped at 34 %");
  update();
  EXPECT_EQ(run.walks.size(), 1u);
  click(button);
  run.finishWalk(1);
  EXPECT_EQ(update(), WallArrangement::Change::New);
  EXPECT_FALSE(wall.isRecorded());
  EXPECT_THAT(words().toStdString(), HasSubstr("mean entropy"));
}

// Words of sample n: the first 5 + n % 3 of "a red house by the lake", then "s" at the last: "lake"
// is in samples 1 and 4, "lakes" in 2 and 5.
class DenseRunTest : public ::testing::Test {
 protected:
  static FakeRunSource::Shape shape() {
    FakeRunSource::Shape dense;
    dense.layers = 0;
    dense.snapshots = 0;
    return dense;
  }
  /// Samples in the order of the wall.
  std::vector<int64_t> shown() {
    wall.update(*run.data(), state, -1, 0, &digests);
    EXPECT_TRUE(QTest::qWaitFor([&] {
      wall.update(*run.data(), state, -1, 0, &digests);
      return !wall.waitsFor();
    }));
    std::vector<int64_t> samples;
    for (int64_t slot = 0; slot < wall.count(); ++slot) {
      samples.push_back(wall.sampleAt(slot));
    }
    return samples;
  }

  FakeRunSource run{shape()};
  ViewState state;
  Digests digests;
  WallArrangement wall;
};

TEST_F(DenseRunTest, CanBeFilteredAndSortedByWord) {
  digests.setSource(&run);
  state.setWallOrder(WallOrder::Word, "lake");
  EXPECT_THAT(shown(), ElementsAre(1, 4, 0, 2, 3, 5));
  EXPECT_EQ(wall.orderWords(state, 0, {}),
            QString::fromUtf8("order: captions with “lake” first (2 images)"));
  state.setWallOrder(WallOrder::Recorded);
  TokenFilter filter;
  filter.word = "lake";
  state.setFilter(filter);
  EXPECT_THAT(shown(), ElementsAre(1, 4));
  filter.word = "lakes";
  filter.label = 1;
  state.setFilter(filter);
  EXPECT_THAT(shown(), ElementsAre(2, 5));
}

TEST_F(DenseRunTest, SaysWhatNeedsExperts) {
  digests.setSource(&run);
  TokenFilter filter;
  filter.word = "lake";
  filter.expert = 3;
  state.setFilter(filter);
  state.setWallOrder(WallOrder::Dropped);
  EXPECT_THAT(shown(), ElementsAre(1, 4)) << "the word counts, the expert does not";
  EXPECT_THAT(wall.filterWords(*run.data(), state, {}).toStdString(),
              HasSubstr("2 of 6 images (expert, dropped and gate not applied: nothing is routed)"));
  EXPECT_EQ(wall.orderWords(state, 0, {}),
            "order: as recorded, because this order needs experts, which a dense model has not");
  FilterBar bar(state, digests);
  bar.setSource(&run);
  EXPECT_EQ(bar.countText(),
            "2 of 6 images (a dense model: expert, dropped and gate do not count)");
  EXPECT_FALSE(bar.findChild<QComboBox*>("filterExpert")->isEnabled());
  state.setFilter({});
  EXPECT_EQ(bar.countText(), "6 images (a dense model: by word and label only)");
  const auto* order = bar.findChild<QComboBox*>("wallOrder")->model();
  EXPECT_TRUE(order->index(1, 0).flags().testFlag(Qt::ItemIsEnabled)) << "by word";
  for (const int by_value : {2, 3, 4}) {
    EXPECT_FALSE(order->index(by_value, 0).flags().testFlag(Qt::ItemIsEnabled));
    EXPECT_THAT(order->index(by_value, 0).data(Qt::ToolTipRole).toString().toStdString(),
                HasSubstr("dense model"));
  }
}

/// "zebra" stands in the very last of 300 captions.
class ZebraRun : public FakeRunSource {
 public:
  ZebraRun() : FakeRunSource(zebras()) {}
  std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) override {
    auto one = std::make_shared<probe::ProbeSet>(*FakeRunSource::sample(sample));
    if (sample == 299) {
      one->captions.front() = "a Zebra";
    }
    return one;
  }

 private:
  static Shape zebras() {
    Shape many;
    many.samples = 300;
    return many;
  }
};

TEST(FilterBarWords, AreThoseOfTheWholeProbe) {
  ZebraRun run;
  ViewState state;
  state.setSnapshot(0);
  Digests digests;
  digests.setSource(&run);
  FilterBar bar(state, digests);
  bar.setSource(&run);
  bar.resize(900, 80);
  bar.show();
  bar.open();
  EXPECT_THAT(bar.findChild<QLabel*>("filterCount")->text().toStdString(),
              HasSubstr("reading words to offer"));
  auto* completer = bar.findChild<QLineEdit*>("filterWord")->completer();
  ASSERT_TRUE(QTest::qWaitFor([&] { return completer->model()->rowCount() > 0; }));
  completer->setCompletionPrefix("zeb");
  EXPECT_EQ(completer->currentCompletion(), "zebra");
  EXPECT_EQ(bar.countText(), "300 images");
}

}  // namespace
}  // namespace limoe::gui
