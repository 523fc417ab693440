#include "gui/inspect/layer_view.h"

#include <gmock/gmock.h>

#include <QAbstractItemView>
#include <QComboBox>
#include <QCompleter>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMouseEvent>
#include <QPushButton>
#include <QRegularExpression>
#include <QTabBar>
#include <QTableView>
#include <QTest>
#include <QTextBrowser>
#include <QTimer>
#include <QToolButton>
#include <QToolTip>
#include <cmath>

#include "gui/charts/qcustomplot_include.h"
#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view_trend.h"
#include "tests/gui/canvas/fake_run_source.h"
#include "tests/gui/charts/fake_run.h"
#include "tests/gui/charts/mouse.h"

namespace limoe::gui {
namespace {

using testing::FakeRun;
using testing::moveMouse;
using testing::smallRun;

/// Counts what is asked of it.
class CountingRun : public FakeRun {
 public:
  std::unique_ptr<Walk> walk(WalkRequest request) override {
    ++walks;
    return FakeRun::walk(std::move(request));
  }
  int walks = 0;
};

/// Whose file cannot be read any more.
class FailingRun : public CountingRun {
 public:
  std::unique_ptr<Walk> walk(WalkRequest request) override {
    ++walks;
    QTimer::singleShot(0, this, [told = request.finished] { told("the disk is gone"); });
    return std::make_unique<Walk>();
  }
};

/// smallRun() with labels: 4 samples of patches 0 … 5, patch p to expert p mod 4, with label p mod
/// 3 (sky, grass, car). e0 takes patches 0 and 4: 4 sky, 4 grass. e1 takes 1 and 5: 4 grass, 4 car.
/// e2 takes 2: 4 car. e3 takes 3: 4 sky; and the 10 words: a 4, red 3, car 2, here 1.
class LayerViewTest : public ::testing::Test {
 protected:
  LayerViewTest() : view(state, digests, flows) {
    const auto small = smallRun();
    run.run = small->run;
    run.probe = small->probe;
    run.slice = small->slice;
    run.summaries = small->summaries;
    for (std::size_t i = 0; i < run.probe->labels.size(); ++i) {
      run.probe->labels[i] = static_cast<uint16_t>(i % 6 % 3);
    }
  }

  void show(RunSource& source, int width = 700, int height = 320) {
    digests.setSource(&source);
    flows.setSource(&source);
    view.setSource(&source);
    state.setSnapshot(2);
    view.resize(width, height);
    view.show();
    view.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&view)) << "else nothing in it gets the focus";
    settle();
  }
  /// Walks end one event loop later.
  void settle() {
    for (int i = 0; i < 5; ++i) {
      QApplication::processEvents();
    }
  }
  const HeatMap& map() const { return view.heatMap()->map(); }
  std::vector<std::string> columns() const {
    std::vector<std::string> titles;
    for (const HeatLine& column : map().columns) {
      titles.push_back(column.title.toStdString());
    }
    return titles;
  }
  void choose(const char* name, int index) {
    view.findChild<QComboBox*>(name)->setCurrentIndex(index);
    settle();
  }
  void click(std::size_t row, std::size_t column) {
    QTest::mouseClick(view.heatMap()->viewport(), Qt::LeftButton, Qt::NoModifier,
                      view.heatMap()->cellRect(row, column).center().toPoint());
  }
  std::string label(const char* name) const {
    return view.findChild<QLabel*>(name)->text().toStdString();
  }
  /// Who takes most of the column, without the links.
  std::string best() const {
    QString text = view.findChild<QLabel*>("best")->text();
    return text.remove(QRegularExpression("<[^>]*>"))
        .replace(QChar(0xA0), QChar(' '))
        .toStdString();
  }
  /// What stands in the middle instead of a map.
  std::string message() const { return view.heatMap()->message().toStdString(); }
  std::string measure(const QString& name, int column) const {
    const QAbstractItemModel* model = view.findChild<QTableView*>("measures")->model();
    for (int row = 0; row < model->rowCount(); ++row) {
      if (model->index(row, 0).data().toString() == name) {
        return model->index(row, column).data().toString().toStdString();
      }
    }
    return "no such measure";
  }

  CountingRun run;
  ViewState state;
  Digests digests;
  Flows flows;
  LayerView view;
};

TEST_F(LayerViewTest, ShowsWhichPartOfEachLabelAnExpertTakes) {
  show(run);
  EXPECT_THAT(columns(), ::testing::ElementsAre("sky", "grass", "car"));
  ASSERT_EQ(map().rows.size(), 4U);
  EXPECT_EQ(map().rows[3].title, "e3");
  // Each label has 8 kept patches.
  EXPECT_THAT(map().values, ::testing::ElementsAre(0.5, 0.5, 0, 0, 0.5, 0.5, 0, 0, 0.5, 0.5, 0, 0));
  EXPECT_EQ(label("title"), "MoE layer 1 (block 1) · step 200 · demo");
  EXPECT_THAT(label("note"), ::testing::HasSubstr("kept tokens over 4 probe samples"));
  EXPECT_THAT(label("note"), ::testing::HasSubstr("most frequent first"));
  moveMouse(*view.heatMap()->viewport(), view.heatMap()->cellRect(1, 2).center().toPoint(),
            Qt::NoButton);
  // e1 has 8 of 24 patches, so 4 of 8 is 1.5 times chance.
  EXPECT_EQ(QToolTip::text().toStdString(),
            "e1: 50.0 % (4 of 8) · 1.50 times chance (e1 has 33.3 % of "
            "all) · kept patches labelled “car”");
}

TEST_F(LayerViewTest, CellsCanBeLiftOrCount) {
  show(run);
  choose("values", 1);
  EXPECT_DOUBLE_EQ(map().value(1, 2), 1.5);
  EXPECT_DOUBLE_EQ(map().value(2, 2), 3);  // all 4 patches of e2 are cars: 4 / (8·4/24)
  choose("values", 2);
  EXPECT_DOUBLE_EQ(map().value(1, 2), 4);
}

TEST_F(LayerViewTest, ColumnsCanBeWordPiecesOrCaptionWords) {
  show(run);
  choose("kinds", 1);
  EXPECT_THAT(columns(), ::testing::ElementsAre("…a", "…red", "…car", "…here"));
  EXPECT_DOUBLE_EQ(map().value(3, 0), 1);
  choose("kinds", 2);
  // Captions "a red car here", "a red car", "a red", "a": 4, 3, 2, 1 images of 6 patches.
  EXPECT_THAT(columns(), ::testing::ElementsAre("a", "red", "car", "here"));
  choose("values", 2);
  EXPECT_DOUBLE_EQ(map().value(0, 1), 6);  // two patches of e0 in each of three images
  choose("orders", 2);
  EXPECT_THAT(columns(), ::testing::ElementsAre("a", "car", "here", "red"));
}

/// Words go to e3 in both layers, so there is one answer.
TEST_F(LayerViewTest, WordsAreFoundByTypingThemAndEveryLayersBestExpertIsSaid) {
  show(run, 900, 320);
  choose("kinds", 1);
  EXPECT_EQ(label("columns_shown"), "4 of 4");
  auto* find = view.findChild<QLineEdit*>("find");
  find->setFocus();
  QTest::keyClicks(find, "CAR, here");
  settle();
  EXPECT_THAT(columns(), ::testing::ElementsAre("…car", "…here", "all 2 together"));
  EXPECT_EQ(label("columns_shown"), "2 of 4");
  // car 2 and here 1.
  EXPECT_THAT(label("readout"),
              ::testing::AllOf(::testing::StartsWith("e3: 100.0 % (3 of 3) · "),
                               ::testing::EndsWith("kept text tokens “…car” or “…here”")));
  settle();
  // Wilson, 3 of 3: (1 + 1.921/3 ± 1.96·√(3.842/36)) / (1 + 3.842/3) = 0.719 ± 0.281. All words are
  // e3's, so its share of these is that of all.
  EXPECT_EQ(best(),
            "Takes most of it: block 1 e3 100 % (3 of 3; 44–100 %) 1.0× chance; block 3 e3 "
            "100 % (3 of 3; 44–100 %) 1.0× chance");
  EXPECT_EQ(state.selectedExpert(), std::nullopt);
  QTest::keyClick(find, Qt::Key_Return);
  EXPECT_EQ(state.selectedExpert(), 3);
  EXPECT_FALSE(view.findChild<QPushButton*>("offer")->isVisible()) << "pieces are no filter";
  find->selectAll();
  QTest::keyClicks(find, "zebra");
  settle();
  EXPECT_THAT(message(), ::testing::HasSubstr("“zebra”"));
  find->clear();
  settle();
  EXPECT_EQ(columns().size(), 4U);
}

TEST_F(LayerViewTest, ALinkGoesToTheLayerAndItsBestExpert) {
  show(run, 900, 320);
  view.showColumns(MapKind::Pieces, "here");
  settle();
  settle();
  state.toggleSelectedExpert(3);
  ASSERT_EQ(state.selectedExpert(), std::nullopt);
  auto* line = view.findChild<QLabel*>("best");
  line->setFocus();
  QTest::keyClick(line, Qt::Key_Tab);  // the first link: block 1
  Q_EMIT line->linkActivated("1 3");
  EXPECT_EQ(state.layer(), 1);
  EXPECT_EQ(state.selectedExpert(), 3);
  settle();
  EXPECT_EQ(view.heatMap()->cursor(), (HeatPlace{3, 0})) << "what is looked for is still there";
  view.setPage(LayerView::kMeasures);
  settle();
  view.setPage(LayerView::kHeatMap);
  settle();
  EXPECT_EQ(view.heatMap()->cursor(), (HeatPlace{3, 0})) << "and after a look at another page";
  EXPECT_THAT(best(), ::testing::HasSubstr("e3 100 % (1 of 1"));
}

TEST_F(LayerViewTest, WordsAreTickedInAListOfAll) {
  show(run, 900, 320);
  choose("kinds", 1);
  QTest::mouseClick(view.findChild<QToolButton*>("all_words"), Qt::LeftButton);
  auto* list = view.findChild<QListView*>("wordListItems");
  ASSERT_NE(list, nullptr);
  ASSERT_TRUE(list->isVisible());
  const auto row = [list](int r) { return list->model()->index(r, 0).data().toString(); };
  ASSERT_EQ(list->model()->rowCount(), 4);
  EXPECT_EQ(row(0), "a   4");  // most frequent first
  EXPECT_EQ(row(3), "here   1");
  view.findChild<QComboBox*>("wordListSort")->setCurrentIndex(1);
  EXPECT_EQ(row(1), "car   2");
  auto* containing = view.findChild<QLineEdit*>("wordListContaining");
  QTest::keyClicks(containing, "R");
  ASSERT_EQ(list->model()->rowCount(), 3);  // car, here, red
  QTest::keyClick(containing, Qt::Key_Down);
  QTest::keyClick(list, Qt::Key_Space);
  QTest::keyClick(list, Qt::Key_Down);
  QTest::keyClick(list, Qt::Key_Space);
  settle();
  EXPECT_EQ(view.findChild<QLineEdit*>("find")->text(), "car, here");
  EXPECT_THAT(columns(), ::testing::ElementsAre("…car", "…here", "all 2 together"));
  QTest::keyClick(list, Qt::Key_Return);
  EXPECT_FALSE(list->isVisible());
  EXPECT_EQ(state.selectedExpert(), 3) << "who takes most of them";
}

TEST_F(LayerViewTest, AWordIsFoundWhereLabelsAreShown) {
  show(run, 900, 320);
  view.showFind();
  auto* find = view.findChild<QLineEdit*>("find");
  EXPECT_TRUE(find->hasFocus());
  QTest::keyClicks(find, "here");
  settle();
  EXPECT_EQ(view.findChild<QComboBox*>("kinds")->currentText(), "Text tokens by word");
  EXPECT_THAT(columns(), ::testing::ElementsAre("…here"));
  find->clear();
  QTest::keyClicks(find, "grass");
  settle();
  EXPECT_EQ(view.findChild<QComboBox*>("kinds")->currentText(), "Patches by label");
}

TEST_F(LayerViewTest, LabelsAndCaptionWordsAreFound) {
  show(run, 900, 320);
  view.showColumns(MapKind::Labels, "car");
  settle();
  EXPECT_THAT(columns(), ::testing::ElementsAre("car"));
  // e1 and e2 take 4 cars each; the first of equal ones.
  EXPECT_EQ(view.heatMap()->cursor(), (HeatPlace{1, 0}));
  EXPECT_EQ(state.selectedExpert(), 1);
  EXPECT_EQ(view.findChild<QPushButton*>("offer")->text(), "Only car");
  view.showColumns(MapKind::Words, "red car");
  settle();
  EXPECT_THAT(columns(), ::testing::ElementsAre("red", "car", "all 2 together"));
  EXPECT_THAT(label("readout"), ::testing::HasSubstr("(once for each of them)"));
}

TEST_F(LayerViewTest, ASecondQuestionIsAnsweredForWhatItIs) {
  show(run, 900, 320);
  view.showColumns(MapKind::Pieces, "here");
  settle();
  EXPECT_THAT(columns(), ::testing::ElementsAre("…here"));
  EXPECT_EQ(state.selectedExpert(), 3);
  view.showColumns(MapKind::Labels, "grass");
  settle();
  EXPECT_EQ(view.findChild<QComboBox*>("kinds")->currentText(), "Patches by label");
  EXPECT_THAT(columns(), ::testing::ElementsAre("grass"));
  EXPECT_EQ(state.selectedExpert(), 0);
  EXPECT_THAT(best(), ::testing::HasSubstr("block 1 e0 = e1 50 % (4 of 8; 22–78 %)"));
}

TEST_F(LayerViewTest, WhatIsNotKeptHereIsSaidAndNothingElseIsShownForIt) {
  show(run, 900, 320);
  view.showColumns(MapKind::Pieces, "here");
  settle();
  TokenFilter filter;
  filter.label = 0;  // patches alone
  state.setFilter(filter);
  settle();
  EXPECT_EQ(view.findChild<QComboBox*>("kinds")->currentText(), "Text tokens by word");
  filter = {};
  filter.expert = 3;  // of each layer another
  state.setFilter(filter);
  settle();
  EXPECT_THAT(columns(), ::testing::ElementsAre("…here"));
  EXPECT_THAT(best(), ::testing::HasSubstr("block 1 e3 100 %"));
  EXPECT_THAT(best(), ::testing::Not(::testing::HasSubstr("block 3")));
}

TEST_F(LayerViewTest, TheOtherLayersAreCountedForAChosenColumnOnly) {
  show(run);
  EXPECT_EQ(run.walks, 1);
  click(0, 1);
  EXPECT_THAT(best(), ::testing::HasSubstr("block 3 …"));
  EXPECT_EQ(run.walks, 2);
  settle();
  EXPECT_THAT(best(), ::testing::HasSubstr("block 3 e0 = e1 50 % (4 of 8; 22–78 %)"));
  click(0, 2);
  settle();
  EXPECT_EQ(run.walks, 2) << "known already";
}

TEST_F(LayerViewTest, WhatACellSaysComesFirstAndHowItWasCountedLast) {
  show(run, 640, 250);
  EXPECT_THAT(label("note"),
              ::testing::StartsWith("Cell: per cent of a column’s patches that the expert takes."));
  EXPECT_THAT(label("note"), ::testing::EndsWith("samples, evaluation routing."));
  const auto* note = view.findChild<QLabel*>("note");
  EXPECT_GE(note->height(), 2 * note->fontMetrics().height()) << "two lines";
  const int before = view.heatMap()->height();
  click(0, 1);
  settle();
  EXPECT_EQ(view.heatMap()->height(), before) << "a chosen cell moves nothing";
}

TEST_F(LayerViewTest, AClickBesideTheListOfWordsDoesWhatItDoesElsewhere) {
  show(run, 900, 320);
  choose("kinds", 1);
  auto* find = view.findChild<QLineEdit*>("find");
  find->setFocus();
  QTest::keyClicks(find, "red");
  EXPECT_FALSE(find->completer()->popup()->isVisible()) << "nothing more to offer";
  find->clear();
  QTest::keyClicks(find, "he");
  settle();
  QWidget* list = find->completer()->popup();
  ASSERT_TRUE(list->isVisible());
  const QPoint at = view.heatMap()->cellRect(2, 0).center().toPoint();
  const QPointF global = view.heatMap()->viewport()->mapToGlobal(QPointF(at));
  ASSERT_FALSE(list->geometry().contains(global.toPoint()));
  QMouseEvent press(QEvent::MouseButtonPress, list->mapFromGlobal(global), global, Qt::LeftButton,
                    Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(list, &press);
  EXPECT_FALSE(list->isVisible());
  EXPECT_EQ(state.selectedExpert(), 2) << "the cell was clicked";
}

TEST_F(LayerViewTest, ClickingACellSelectsItsExpert) {
  show(run);
  click(1, 2);
  EXPECT_EQ(state.selectedExpert(), 1);
  EXPECT_TRUE(map().rows[1].selected);
  EXPECT_THAT(label("readout"), ::testing::StartsWith("e1: 50.0 % (4 of 8) · "));
  click(1, 0);
  EXPECT_EQ(state.selectedExpert(), 1) << "another cell of the same expert is only looked at";
  click(1, 0);
  EXPECT_EQ(state.selectedExpert(), std::nullopt);
  QTest::keyClick(view.heatMap(), Qt::Key_Down);
  QTest::keyClick(view.heatMap(), Qt::Key_Return);
  EXPECT_EQ(state.selectedExpert(), 2);
}

TEST_F(LayerViewTest, ALabelCanBecomeTheFilterAndIsSaid) {
  show(run);
  auto* offer = view.findChild<QPushButton*>("offer");
  EXPECT_FALSE(offer->isVisible());
  click(0, 1);
  ASSERT_TRUE(offer->isVisible());
  EXPECT_EQ(offer->text(), "Only grass");
  QTest::mouseClick(offer, Qt::LeftButton);
  EXPECT_EQ(state.filter().label, 1);
  settle();
  EXPECT_THAT(columns(), ::testing::ElementsAre("grass"));
  EXPECT_THAT(label("note"), ::testing::StartsWith("Only patches of grass."));
  EXPECT_EQ(offer->text(), "Not only grass");
  QTest::mouseClick(offer, Qt::LeftButton);
  settle();
  EXPECT_TRUE(state.filter().isEmpty());
  EXPECT_EQ(columns().size(), 3U);
  EXPECT_THAT(label("note"), ::testing::Not(::testing::HasSubstr("Only")));
}

TEST_F(LayerViewTest, AWordCanBecomeTheFilter) {
  show(run);
  choose("kinds", 2);
  click(0, 2);
  QTest::mouseClick(view.findChild<QPushButton*>("offer"), Qt::LeftButton);
  EXPECT_EQ(state.filter().word, "car");
  settle();
  // Two captions have "car"; their words: a 2, red 2, car 2, here 1.
  EXPECT_THAT(columns(), ::testing::ElementsAre("a", "red", "car", "here"));
  choose("values", 2);
  EXPECT_DOUBLE_EQ(map().value(0, 0), 4);
  choose("kinds", 1);
  EXPECT_FALSE(view.findChild<QPushButton*>("offer")->isVisible()) << "pieces are no filter";
}

TEST_F(LayerViewTest, NamesOfExpertsAreShown) {
  show(run);
  state.setExpertName(0, 2, "cars");
  state.setExpertName(1, 3, "of the other layer");
  EXPECT_EQ(map().rows[2].title, "e2 · cars");
  EXPECT_EQ(map().rows[3].title, "e3");
}

TEST_F(LayerViewTest, WhatIsShownStaysPaleUntilTheNextNumbersHaveCome) {
  show(run);
  state.setSnapshot(1);
  EXPECT_TRUE(view.heatMap()->isStale());
  EXPECT_EQ(columns().size(), 3U);
  EXPECT_EQ(label("title"), "MoE layer 1 (block 1) · step 200 · demo") << "what is shown";
  settle();
  EXPECT_FALSE(view.heatMap()->isStale());
  EXPECT_EQ(label("title"), "MoE layer 1 (block 1) · step 100 · demo");
}

TEST_F(LayerViewTest, CountsNothingWhileItIsHidden) {
  digests.setSource(&run);
  flows.setSource(&run);
  view.setSource(&run);
  state.setSnapshot(2);
  settle();
  EXPECT_EQ(run.walks, 0);
  show(run);
  EXPECT_EQ(run.walks, 1);
  view.hide();
  state.setSnapshot(0);
  settle();
  EXPECT_EQ(run.walks, 1);
}

TEST_F(LayerViewTest, ChangesOfTheSelectionCountNothingAnew) {
  show(run);
  const int before = run.walks;
  state.toggleSelectedExpert(2);
  state.toggleHidden(1);
  settle();
  EXPECT_EQ(run.walks, before);
  EXPECT_TRUE(map().rows[2].selected);
  EXPECT_TRUE(map().rows[1].dimmed);
}

TEST_F(LayerViewTest, SaysWhyThereIsNothingToShow) {
  show(run);
  view.setSource(nullptr);
  EXPECT_EQ(message(), "No run is open");
  run.run->layout.label_names.clear();
  run.probe->labels.clear();
  show(run);
  EXPECT_THAT(message(), ::testing::HasSubstr("have no labels"));
  run.run->snapshot_steps.clear();
  show(run);
  EXPECT_THAT(message(), ::testing::HasSubstr("first snapshot"));
  run.run->layout.layers = 0;
  show(run);
  EXPECT_THAT(message(), ::testing::HasSubstr("dense model"));
}

TEST_F(LayerViewTest, SaysWhatCouldNotBeCounted) {
  FailingRun failing;
  failing.run = run.run;
  show(failing);
  EXPECT_THAT(message(), ::testing::HasSubstr("could not be counted: the disk is gone"));
  EXPECT_EQ(failing.walks, 1) << "it does not try for ever";
}

TEST_F(LayerViewTest, FlowGoesToTheNextLayer) {
  show(run);
  view.setPage(LayerView::kFlow);
  settle();
  ASSERT_EQ(map().columns.size(), 4U);
  EXPECT_TRUE(map().columns[0].color.isValid());
  // Both layers of this run route alike: every token stays with its expert's number.
  for (std::size_t from = 0; from < 4; ++from) {
    for (std::size_t to = 0; to < 4; ++to) {
      EXPECT_DOUBLE_EQ(map().value(from, to), from == to ? 1 : 0);
    }
  }
  choose("values", 2);
  EXPECT_DOUBLE_EQ(map().value(3, 3), 4 + 10);  // patches and words
  choose("modalities", 2);
  EXPECT_DOUBLE_EQ(map().value(3, 3), 10);
  EXPECT_THAT(label("note"), ::testing::HasSubstr("MoE layer 2 (block 3)"));
  state.setLayer(1);
  settle();
  EXPECT_THAT(message(), ::testing::HasSubstr("last MoE layer"));
}

TEST_F(LayerViewTest, TowersDoNotFlowIntoEachOther) {
  run.run->config.model.towers = model::Towers::Two;
  show(run);
  view.setPage(LayerView::kFlow);
  settle();
  EXPECT_THAT(message(), ::testing::HasSubstr("image tower"));
}

TEST_F(LayerViewTest, LayersOfTheTextTowerHaveNoPatches) {
  run.run->config.model.towers = model::Towers::Two;
  std::ranges::fill(run.slice->image.expert, probe::kNoExpert);
  show(run);
  state.setLayer(1);
  settle();
  EXPECT_EQ(message(), "This layer routes no patches.");
  choose("kinds", 1);
  EXPECT_THAT(columns(), ::testing::ElementsAre("…a", "…red", "…car", "…here"));
  view.setPage(LayerView::kMeasures);
  settle();
  EXPECT_EQ(measure("Label information", 1), "–");
  EXPECT_EQ(measure("Routing success", 1), "–");
  EXPECT_EQ(measure("Routing success", 2), "100.0 %");
}

TEST_F(LayerViewTest, SaysWhenNothingMatchesTheFilter) {
  show(run);
  TokenFilter filter;
  filter.word = "zebra";
  state.setFilter(filter);
  settle();
  EXPECT_EQ(message(), "No patches match the filter.");
  EXPECT_THAT(label("note"), ::testing::StartsWith("Only caption has “zebra”."));
}

TEST_F(LayerViewTest, FollowsALiveRun) {
  show(run);
  state.setFollowsNewest(true);
  RunData grown = *run.run;
  grown.snapshot_steps.push_back(300);
  run.replaceData(grown);
  state.showNewest(4);
  settle();
  EXPECT_THAT(label("title"), ::testing::HasSubstr("step 300"));
  EXPECT_FALSE(view.heatMap()->isStale());
  RunData taken_back = *run.run;
  taken_back.snapshot_steps = {0, 150};
  run.replaceData(taken_back);
  state.showNewest(2);
  settle();
  EXPECT_THAT(label("title"), ::testing::HasSubstr("step 150"));
}

TEST_F(LayerViewTest, PairsNeedMoreThanOneChoice) {
  show(run);
  view.setPage(LayerView::kCoactivation);
  settle();
  EXPECT_THAT(message(), ::testing::HasSubstr("K = 1"));
}

TEST_F(LayerViewTest, PairsAreCounted) {
  FakeRunSource two({.samples = 6, .layers = 2, .experts = 8, .top_k = 2});
  show(two);
  view.setPage(LayerView::kCoactivation);
  settle();
  ASSERT_EQ(map().rows.size(), 8U);
  // Tokens choose expert e and the one after it, so only neighbours are pairs.
  EXPECT_GT(map().value(2, 3), 0);
  EXPECT_DOUBLE_EQ(map().value(2, 5), 0);
  EXPECT_TRUE(std::isnan(map().value(2, 2)));
  for (std::size_t e = 0; e < 8; ++e) {
    EXPECT_NEAR(map().value(e, (e + 1) % 8) + map().value(e, (e + 7) % 8), 1, 1e-12);
  }
  EXPECT_THAT(label("note"), ::testing::HasSubstr("the 2 choices of image and text tokens"));
}

TEST_F(LayerViewTest, MeasuresAreThoseOfTheCounts) {
  show(run);
  view.setPage(LayerView::kMeasures);
  settle();
  // H(label) = ln 3; e0 and e1 have 8 of 24 patches each and two labels evenly, e2 and e3 have one
  // label: I = ln 3 − 16/24·ln 2 = 1.0986 − 0.4621 = 0.6365, 57.9 %. Chance (4−1)·(3−1) / 48 = 1/8.
  EXPECT_EQ(measure("Label information", 1), "0.637");
  const QAbstractItemModel* model = view.findChild<QTableView*>("measures")->model();
  EXPECT_EQ(model->index(1, 1).data().toString(), "57.9 %");
  EXPECT_EQ(model->index(2, 1).data().toString(), "0.125");
  // Modality: H(24/34, 10/34) − 14/34·H(4/14, 10/14) = 0.6058 − 0.4118·0.5983 = 0.3595.
  EXPECT_EQ(measure("Modality information", 3), "0.359");
  EXPECT_EQ(measure("Dead experts", 2), "3");  // all words go to e3
  EXPECT_EQ(measure("Dead experts", 3), "0");
  EXPECT_EQ(measure("Routing success", 3), "100.0 %");
  EXPECT_EQ(measure("Token entropy", 1), "not recorded");
  EXPECT_THAT(model->index(0, 0).data(Qt::ToolTipRole).toString().toStdString(),
              ::testing::HasSubstr("ln( p(e, x) / (p(e) · p(x)) )"));
}

TEST_F(LayerViewTest, DefinitionsCanBeRead) {
  show(run, 480, 250);
  view.setPage(LayerView::kMeasures);
  settle();
  auto* text = view.findChild<QTextBrowser*>("definitions");
  EXPECT_FALSE(text->isVisible());
  QTest::mouseClick(view.findChild<QToolButton*>("definitions_button"), Qt::LeftButton);
  EXPECT_TRUE(text->isVisible());
  EXPECT_FALSE(view.findChild<QTableView*>("measures")->isVisible()) << "no room for both";
  EXPECT_THAT(text->toPlainText().toStdString(), ::testing::HasSubstr("Effective experts"));
  view.resize(1200, 300);
  EXPECT_TRUE(view.findChild<QTableView*>("measures")->isVisible());
}

TEST_F(LayerViewTest, CurvesOverTimeChooseTheStep) {
  show(run);
  view.setPage(LayerView::kTrend);
  settle();
  QCustomPlot* plot = view.findChild<LayerTrend*>()->plot();
  plot->replot(QCustomPlot::rpImmediateRefresh);
  QCPAxisRect* rect = plot->axisRects()[0];
  // Layer 0 in the summaries: e0 has sky 8, grass 1, car 1; e1 has sky 1, grass 3. With n = 14:
  // H(label) = H(9, 4, 1 of 14) = 0.8305, H(label | e) = 10/14·H(.8, .1, .1) + 4/14·H(¼, ¾)
  // = 10/14·0.6390 + 4/14·0.5623 = 0.6171, so 25.7 %.
  ASSERT_EQ(rect->graphs()[1]->dataCount(), 3);
  EXPECT_NEAR(rect->graphs()[1]->dataMainValue(2), 25.7, 0.05);
  const QPoint at(static_cast<int>(rect->axis(QCPAxis::atBottom)->coordToPixel(104)),
                  rect->center().y());
  QTest::mouseClick(plot, Qt::LeftButton, Qt::NoModifier, at);
  EXPECT_EQ(state.snapshot(), 1);
  EXPECT_THAT(label("title"), ::testing::HasSubstr("step 100"));
}

TEST_F(LayerViewTest, CurvesFollowAResumedRun) {
  show(run);
  view.setPage(LayerView::kTrend);
  settle();
  // The next part has recorded the same steps; now every label has its own expert in the last one.
  auto again = std::make_shared<probe::Snapshot>(*run.summaries[2]);
  again->label_tokens = {5, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  run.summaries[2] = again;
  RunData resumed = *run.run;
  resumed.origin.part = 2;
  run.replaceData(resumed);
  settle();
  QCPAxisRect* rect = view.findChild<LayerTrend*>()->plot()->axisRects()[0];
  EXPECT_NEAR(rect->graphs()[1]->dataMainValue(2), 100, 1e-9);
}

TEST_F(LayerViewTest, PagesAreChosenWithTheKeyboard) {
  show(run);
  auto* tabs = view.findChild<QTabBar*>("pages");
  tabs->setFocus();
  QTest::keyClick(tabs, Qt::Key_Right);
  EXPECT_EQ(view.page(), LayerView::kFlow);
  for (const char* name : {"kinds", "modalities", "values", "orders"}) {
    const auto* choice = view.findChild<QComboBox*>(name);
    EXPECT_FALSE(choice->toolTip().isEmpty()) << name;
    EXPECT_FALSE(choice->accessibleName().isEmpty()) << name;
  }
}

}  // namespace
}  // namespace limoe::gui
