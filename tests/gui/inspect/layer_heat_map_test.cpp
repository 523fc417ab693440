#include "gui/inspect/heat_map.h"

#include <gmock/gmock.h>

#include <QAbstractItemView>
#include <QApplication>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>
#include <cmath>
#include <limits>

#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view_coactivation.h"
#include "gui/inspect/layer_view_maps.h"
#include "gui/inspect/word_completer.h"
#include "gui/view/colors.h"
#include "tests/gui/charts/mouse.h"

namespace limoe::gui {
namespace {

using testing::moveMouse;

HeatMap numbers(std::size_t rows, std::size_t columns) {
  HeatMap map;
  map.scale = HeatScale::Count;
  for (std::size_t r = 0; r < rows; ++r) {
    map.rows.push_back({QString("e%1").arg(r), QString("e%1").arg(r),
                        expertColor(static_cast<int64_t>(r), static_cast<int64_t>(rows)), false,
                        false});
    for (std::size_t c = 0; c < columns; ++c) {
      map.values.push_back(static_cast<double>(r * columns + c));
    }
  }
  for (std::size_t c = 0; c < columns; ++c) {
    map.columns.push_back({QString("label %1").arg(c), QString("%1").arg(c), {}, false, false});
  }
  map.top = topOf(map.scale, map.values);
  map.describe = [](const HeatMap& shown, std::size_t r, std::size_t c) {
    return shown.rows[r].title + " × " + shown.columns[c].title;
  };
  return map;
}

TEST(HeatMap, ScalesEndAtRoundNumbers) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Percent, {0.03, nan}), 0.05);
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Percent, {0.2}), 0.2);
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Percent, {0.51}), 1);
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Percent, {}), 0.05);
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Count, {0}), 1);
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Count, {130}), 200);
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Count, {501}), 1000);
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Count, {1000}), 1000);
  EXPECT_DOUBLE_EQ(topOf(HeatScale::Lift, {100}), 8);
}

TEST(HeatMap, ShadesAndDigits) {
  HeatMap map;
  map.top = 0.5;
  EXPECT_DOUBLE_EQ(map.shade(0.25), 0.5);
  EXPECT_EQ(map.digits(0.254), "25");
  EXPECT_EQ(map.digits(0.001), "<1");
  EXPECT_EQ(map.digits(0), "0");
  EXPECT_EQ(map.digits(std::numeric_limits<double>::quiet_NaN()), "");
  map.scale = HeatScale::Lift;
  EXPECT_DOUBLE_EQ(map.shade(1), 0.5) << "chance is in the middle";
  EXPECT_DOUBLE_EQ(map.shade(2), 4.0 / 6);  // log2 from −3 to 3
  EXPECT_DOUBLE_EQ(map.shade(0), 0);
  EXPECT_DOUBLE_EQ(map.shade(50), 1);
  EXPECT_EQ(map.digits(2.04), "2.0");
  EXPECT_EQ(map.digits(12.4), "12");
}

class HeatMapViewTest : public ::testing::Test {
 protected:
  void show(HeatMap map, int width, int height) {
    view.resize(width, height);
    view.setMap(std::move(map));
    view.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&view));
  }
  QPoint middle(std::size_t row, std::size_t column) {
    return view.cellRect(row, column).center().toPoint();
  }
  QColor colorAt(const QPoint& point) {
    return view.viewport()->grab().toImage().pixelColor(point);
  }
  void click(const QPoint& point) {
    QTest::mouseClick(view.viewport(), Qt::LeftButton, Qt::NoModifier, point);
  }

  HeatMapView view;
};

TEST_F(HeatMapViewTest, CellsHaveTheColourOfTheirValue) {
  show(numbers(3, 4), 400, 200);  // 0 … 11, so the scale ends at 20
  const auto corner = [&](std::size_t r, std::size_t c) {
    return colorAt(view.cellRect(r, c).topLeft().toPoint() + QPoint(2, 2));
  };
  EXPECT_EQ(corner(0, 0).rgb(), viridis(0).rgb());
  EXPECT_EQ(corner(1, 1).rgb(), viridis(5.0 / 20).rgb());
  EXPECT_EQ(corner(2, 3).rgb(), viridis(11.0 / 20).rgb());
  const QRectF cell = view.cellRect(2, 0);
  EXPECT_EQ(colorAt({static_cast<int>(view.mapLayout().cells().left()) - 6,
                     static_cast<int>(cell.center().y())})
                .rgb(),
            expertColor(2, 3).rgb())
      << "the swatch beside the row";
}

TEST_F(HeatMapViewTest, PointerFindsCellsAndTitles) {
  show(numbers(3, 4), 400, 200);
  const HeatLayout layout = view.mapLayout();
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 4; ++c) {
      const QRectF cell = view.cellRect(r, c);
      EXPECT_EQ(layout.placeAt(cell.topLeft(), {}), (HeatPlace{r, c}));
      EXPECT_EQ(layout.placeAt(cell.bottomRight() - QPointF(0.5, 0.5), {}), (HeatPlace{r, c}));
    }
  }
  EXPECT_EQ(layout.placeAt({2, view.cellRect(1, 0).center().y()}, {}),
            (HeatPlace{1, std::nullopt}));
  EXPECT_EQ(layout.placeAt({view.cellRect(0, 2).center().x(), 2}, {}),
            (HeatPlace{std::nullopt, 2}));
  EXPECT_EQ(layout.placeAt({399, 199}, {}), std::nullopt);
  EXPECT_EQ(layout.placeAt({1, 1}, {}), std::nullopt);
  moveMouse(*view.viewport(), middle(2, 1), Qt::NoButton);
  EXPECT_EQ(QToolTip::text(), "e2 × label 1");
  moveMouse(*view.viewport(), {2, middle(1, 0).y()}, Qt::NoButton);
  EXPECT_EQ(QToolTip::text(), "e1");
}

TEST_F(HeatMapViewTest, ClicksAndKeysChoose) {
  show(numbers(3, 4), 400, 200);
  std::vector<std::pair<HeatPlace, bool>> chosen;
  QObject::connect(&view, &HeatMapView::chosen, &view,
                   [&](HeatPlace place, bool again) { chosen.emplace_back(place, again); });
  click(middle(1, 2));
  click(middle(1, 2));
  click({2, middle(2, 0).y()});  // the title of a row
  ASSERT_EQ(chosen.size(), 3U);
  EXPECT_EQ(chosen[0], std::pair(HeatPlace({1, 2}), false));
  EXPECT_EQ(chosen[1], std::pair(HeatPlace({1, 2}), true));
  EXPECT_EQ(chosen[2], std::pair(HeatPlace({2, std::nullopt}), true));
  EXPECT_EQ(view.cursor(), (HeatPlace{1, 2})) << "a row's title does not move the cursor";
  QTest::keyClick(&view, Qt::Key_Right);
  QTest::keyClick(&view, Qt::Key_Right);  // the end
  QTest::keyClick(&view, Qt::Key_Down);
  EXPECT_EQ(view.cursor(), (HeatPlace{2, 3}));
  QTest::keyClick(&view, Qt::Key_Home);
  QTest::keyClick(&view, Qt::Key_Up);
  EXPECT_EQ(view.cursor(), (HeatPlace{1, 0}));
  QTest::keyClick(&view, Qt::Key_Return);
  ASSERT_EQ(chosen.size(), 4U);
  EXPECT_EQ(chosen[3], std::pair(HeatPlace({1, 0}), true));
  click({middle(0, 3).x(), 3});  // the title of a column
  EXPECT_EQ(chosen.size(), 4U);
  EXPECT_EQ(view.cursor(), (HeatPlace{1, 3}));
}

TEST_F(HeatMapViewTest, CursorStaysWithItsColumn) {
  show(numbers(3, 4), 400, 200);
  click(middle(1, 2));
  HeatMap turned = numbers(3, 4);
  std::ranges::reverse(turned.columns);
  view.setMap(turned);
  EXPECT_EQ(view.cursor(), (HeatPlace{1, 1}));
  turned = numbers(3, 3);
  view.setMap(turned);
  EXPECT_EQ(view.cursor(), (HeatPlace{1, 2}));
  turned.columns[2].title = "another";
  view.setMap(turned);
  EXPECT_EQ(view.cursor(), std::nullopt);
}

TEST_F(HeatMapViewTest, EveryRowHasItsNameBesideItHoweverLowTheMap) {
  const double letters = std::ceil(QFontMetricsF(screenStyle(view).small).ascent());
  for (const int height : {200, 160, 90}) {
    show(numbers(32, 12), 700, height);
    EXPECT_GE(view.mapLayout().cellSize().height(), letters) << height;
    EXPECT_GT(view.verticalScrollBar()->maximum(), 0) << height;
    EXPECT_EQ(view.horizontalScrollBar()->maximum(), 0);
    // One column of names: "e31" in bold, the swatch and gaps.
    EXPECT_LT(view.mapLayout().cells().left(), 60) << height;
  }
  show(numbers(8, 12), 700, 400);
  EXPECT_EQ(view.verticalScrollBar()->maximum(), 0);
}

TEST_F(HeatMapViewTest, TheTipIsAboveThePointer) {
  show(numbers(3, 4), 400, 200);
  moveMouse(*view.viewport(), middle(2, 1), Qt::NoButton);
  QWidget* tip = nullptr;
  for (QWidget* widget : QApplication::topLevelWidgets()) {
    tip = widget->inherits("QTipLabel") && widget->isVisible() ? widget : tip;
  }
  ASSERT_NE(tip, nullptr);
  const int pointer = view.viewport()->mapToGlobal(middle(2, 1)).y();
  if (pointer > 2 * tip->height() + 40) {  // where the screen has room
    EXPECT_LT(tip->geometry().bottom(), pointer);
  }
}

TEST_F(HeatMapViewTest, WhatDoesNotFitScrollsWithTheCursor) {
  show(numbers(32, 40), 300, 160);
  EXPECT_GT(view.verticalScrollBar()->maximum(), 0);
  EXPECT_GT(view.horizontalScrollBar()->maximum(), 0);
  click(middle(0, 0));
  QTest::keyClick(&view, Qt::Key_End);
  for (int i = 0; i < 31; ++i) {
    QTest::keyClick(&view, Qt::Key_Down);
  }
  EXPECT_EQ(view.cursor(), (HeatPlace{31, 39}));
  const QRectF cell = view.cellRect(31, 39);
  EXPECT_TRUE(view.mapLayout().cells().adjusted(-1, -1, 1, 1).contains(cell))
      << cell.right() << ' ' << cell.bottom();
  moveMouse(*view.viewport(), cell.center().toPoint(), Qt::NoButton);
  EXPECT_EQ(QToolTip::text(), "e31 × label 39");
}

TEST(HeatLayoutTest, PaintsOnPaperToo) {
  const HeatMap map = numbers(3, 4);
  const PlotStyle paper = paperStyle();
  QImage page(1200, 600, QImage::Format_RGB32);
  page.fill(Qt::white);
  const HeatLayout layout(map, paper, QSizeF(page.size()));
  QPainter painter(&page);
  layout.paint(painter, {}, std::nullopt);
  painter.end();
  const QPoint corner = layout.cellRect(2, 3, {}).topLeft().toPoint() + QPoint(6, 6);
  EXPECT_EQ(page.pixelColor(corner).rgb(), viridis(11.0 / 20).rgb());
  EXPECT_GT(layout.cellRect(2, 3, {}).width(), 100) << "in units of the page";
}

TEST(PieceTitle, TellsTheBeginningOfAWord) {
  EXPECT_EQ(pieceTitle("\u2581car"), "car");
  EXPECT_EQ(pieceTitle("s"), "…s");
  EXPECT_EQ(pieceTitle(","), ",");
  EXPECT_EQ(pieceTitle("\u2581,"), "\u2581,") << "another piece";
  EXPECT_EQ(pieceTitle("\u2581"), "\u2581") << "nothing follows the space";
}

/// Two experts, three labels: [6 1 0; 2 0 1].
LayerDigest twoExperts() {
  LayerDigest digest;
  digest.experts.resize(2);
  digest.experts[0].labels = {6, 1, 0, 0};
  digest.experts[1].labels = {2, 0, 1, 0};
  digest.experts[0].kept = {7, 0};
  digest.experts[1].kept = {3, 0};
  digest.words = {"red", "car"};
  digest.experts[0].words = {7, 4};  // every image has "red", some have "car"
  digest.experts[1].words = {3, 0};
  digest.tokens = digest.chosen = digest.kept = {10, 0};
  return digest;
}

KindMap labelsOf(CellValue value, ColumnOrder order) {
  probe::Layout layout;
  layout.label_names = {"sky", "car", "bus", "never"};
  layout.experts = 2;
  const ViewState state;
  const LayerDigest digest = twoExperts();
  return kindMap(digest, KindCounts(digest, layout, MapKind::Labels), value, order, {},
                 expertLines(state, 0, 2));
}

std::vector<std::string> titles(const HeatMap& map) {
  std::vector<std::string> all;
  for (const HeatLine& column : map.columns) {
    all.push_back(column.title.toStdString());
  }
  return all;
}

TEST(KindMap, ValuesAndOrdersOfLabels) {
  KindMap made = labelsOf(CellValue::Share, ColumnOrder::Count);
  EXPECT_THAT(titles(made.map), ::testing::ElementsAre("sky", "car", "bus"));
  EXPECT_THAT(made.kinds, ::testing::ElementsAre(0, 1, 2));
  EXPECT_EQ(made.occurring, 3U);
  EXPECT_THAT(made.map.values, ::testing::ElementsAre(0.75, 1, 0, 0.25, 0, 1));
  EXPECT_EQ(made.map.describe(made.map, 0, 0).toStdString(),
            "e0: 75.0 % (6 of 8) · 1.07 times chance (e0 has 70.0 % of "
            "all) · kept patches labelled “sky”");  // 6 / (8·7/10) = 1.0714
  made = labelsOf(CellValue::Lift, ColumnOrder::Count);
  EXPECT_DOUBLE_EQ(made.map.value(0, 1), 1 / 0.7);
  EXPECT_DOUBLE_EQ(made.map.value(1, 2), 1 / 0.3);
  made = labelsOf(CellValue::Count, ColumnOrder::Name);
  EXPECT_THAT(titles(made.map), ::testing::ElementsAre("bus", "car", "sky"));
  EXPECT_THAT(made.map.values, ::testing::ElementsAre(0, 1, 6, 1, 0, 2));
  // e0 takes most of car (all of it) and sky (6 of 8), e1 of bus.
  made = labelsOf(CellValue::Count, ColumnOrder::Expert);
  EXPECT_THAT(titles(made.map), ::testing::ElementsAre("car", "sky", "bus"));
}

TEST(KindMap, WordsAreComparedToAllPatches) {
  const probe::Layout layout;
  const ViewState state;
  const LayerDigest digest = twoExperts();
  const KindMap made = kindMap(digest, KindCounts(digest, layout, MapKind::Words), CellValue::Lift,
                               ColumnOrder::Count, {}, expertLines(state, 0, 2));
  EXPECT_THAT(titles(made.map), ::testing::ElementsAre("red", "car"));
  // Every patch is of an image with "red": 7 / (10·7/10). "car": 4 / (4·7/10).
  EXPECT_DOUBLE_EQ(made.map.value(0, 0), 1);
  EXPECT_DOUBLE_EQ(made.map.value(0, 1), 4 / 2.8);
  EXPECT_DOUBLE_EQ(made.map.value(1, 1), 0);
}

TEST(KindMap, OnlyTheMostFrequentPiecesAreColumns) {
  LayerDigest digest;
  digest.experts.resize(1);
  for (std::size_t i = 0; i < 30; ++i) {
    digest.pieces.push_back("\u2581w" + std::to_string(i));
    digest.experts[0].pieces.push_back(i);  // the first one never
  }
  const probe::Layout layout;
  const ViewState state;
  const KindCounts counts(digest, layout, MapKind::Pieces);
  const KindMap made =
      kindMap(digest, counts, CellValue::Count, ColumnOrder::Name, {}, expertLines(state, 0, 1));
  EXPECT_EQ(made.occurring, 29U);
  EXPECT_EQ(made.map.columns.size(), kMostColumns);
  EXPECT_THAT(titles(made.map), ::testing::Not(::testing::Contains("w5"))) << "w6 … w29 are more";
  EXPECT_THAT(titles(made.map), ::testing::Contains("w6"));
  // Looked for, rare ones are columns, too, with the sum of both: 3 + 5.
  const Found found = findKinds(counts, "W3, w5 zebra", kMostColumns);
  EXPECT_EQ(found.missing, QStringList{"zebra"});
  const KindMap two =
      kindMap(digest, counts, CellValue::Count, ColumnOrder::Name, found, expertLines(state, 0, 1));
  EXPECT_THAT(titles(two.map), ::testing::ElementsAre("w3", "w5", "all 2 together"));
  EXPECT_THAT(two.map.values, ::testing::ElementsAre(3, 5, 8));
  // "w2" is one by itself; "w" begins all 29.
  EXPECT_EQ(findKinds(counts, "w2", kMostColumns).kinds.size(), 1U);
  const Found many = findKinds(counts, "w", kMostColumns);
  EXPECT_EQ(many.kinds.size(), kMostColumns);
  EXPECT_EQ(many.all, 29U);
  EXPECT_TRUE(findKinds(counts, "w0", kMostColumns).kinds.empty()) << "it does not occur";
}

TEST(KindCountsTest, ThirtyThousandPiecesAreFoundInNoTime) {
  LayerDigest digest;
  digest.experts.resize(32);
  for (std::size_t i = 0; i < 30'000; ++i) {
    digest.pieces.push_back("\u2581word" + std::to_string(i));
    for (ExpertDigest& expert : digest.experts) {
      expert.pieces.push_back(1);
    }
  }
  const probe::Layout layout;
  QElapsedTimer timer;
  timer.start();
  const KindCounts counts(digest, layout, MapKind::Pieces);
  const Found found = findKinds(counts, "WORD29999, word17", kMostColumns);
  const auto took = timer.elapsed();
  EXPECT_EQ(found.kinds.size(), 2U);
  EXPECT_LT(took, 200) << "milliseconds";  // some 10 on a machine that is not busy
  RecordProperty("milliseconds", static_cast<int>(took));
}

TEST(KindCountsTest, NamesOfTwoWordsAndPiecesThatGoOn) {
  LayerDigest digest;
  digest.experts.resize(2);
  digest.experts[0].labels = {4, 1, 1};
  digest.experts[1].labels = {0, 2, 0};
  digest.pieces = {"\u2581CA", "FE", "\u2581cafe"};
  digest.experts[0].pieces = {1, 3, 0};
  digest.experts[1].pieces = {2, 0, 6};
  probe::Layout layout;
  layout.label_names = {"traffic light", "traffic", "light"};
  const KindCounts labels(digest, layout, MapKind::Labels);
  EXPECT_THAT(findKinds(labels, "traffic  Light", 24).kinds, ::testing::ElementsAre(0));
  EXPECT_THAT(findKinds(labels, "light traffic", 24).kinds, ::testing::ElementsAre(2, 1));
  const KindCounts pieces(digest, layout, MapKind::Pieces);
  EXPECT_THAT(findKinds(pieces, "CAFE", 24).kinds, ::testing::ElementsAre(2));
  EXPECT_THAT(findKinds(pieces, "fe", 24).kinds, ::testing::ElementsAre(1)) << "“…FE”";
  EXPECT_THAT(findKinds(pieces, "c", 24).kinds, ::testing::ElementsAre(0, 2));
  // "…FE" and "cafe": e0 has 3 of 9, e1 has 6.
  const LayerBest best = bestExpert(digest, namesOf(digest, MapKind::Pieces, {1, 2}));
  EXPECT_EQ(best.expert, 1);
  EXPECT_EQ(best.count, 6U);
  EXPECT_EQ(best.of, 9U);
  // e1 has 8 of all 12 pieces: (6/9) / (8/12) = 1.
  EXPECT_DOUBLE_EQ(best.times_chance, 1);
}

TEST(KindCountsTest, ALabelWithACommaAndPiecesOfEqualLettersAreToldApart) {
  LayerDigest digest;
  digest.experts.resize(2);
  digest.experts[0].labels = {1, 2, 4};
  digest.experts[1].labels = {3, 1, 0};
  digest.pieces = {"\u2581-", "-"};
  digest.experts[0].pieces = {5, 1};
  digest.experts[1].pieces = {2, 4};
  probe::Layout layout;
  layout.label_names = {"car, bus", "car", "bus"};
  const KindCounts labels(digest, layout, MapKind::Labels);
  EXPECT_THAT(findKinds(labels, "Car, bus", 24).kinds, ::testing::ElementsAre(0));
  EXPECT_THAT(findKinds(labels, "bus, car", 24).kinds, ::testing::ElementsAre(2, 1));
  const KindCounts pieces(digest, layout, MapKind::Pieces);
  EXPECT_NE(pieces.titles[0], pieces.titles[1]);
  EXPECT_THAT(findKinds(pieces, "-", 24).kinds, ::testing::ElementsAre(0, 1));
  EXPECT_EQ(bestExpert(digest, namesOf(digest, MapKind::Pieces, {0})).expert, 0);
  EXPECT_EQ(bestExpert(digest, namesOf(digest, MapKind::Pieces, {1})).expert, 1);
}

TEST(KindCountsTest, TheBestExpertOfAColumnIsFoundWithinAFrame) {
  LayerDigest digest;
  digest.experts.resize(32);
  for (std::size_t i = 0; i < 30'000; ++i) {
    digest.pieces.push_back("\u2581word" + std::to_string(i));
    for (std::size_t e = 0; e < 32; ++e) {
      digest.experts[e].pieces.push_back(e == i % 32 ? 2 : 1);
    }
  }
  const KindNames names = namesOf(digest, MapKind::Pieces, {29'999});  // 29,999 % 32 = 15
  QElapsedTimer timer;
  timer.start();
  const LayerBest best = bestExpert(digest, names);
  const auto took = timer.elapsed();
  EXPECT_EQ(best.expert, 15);
  EXPECT_EQ(best.of, 33U);
  EXPECT_LT(took, 20) << "milliseconds";  // 1 on a machine that is not busy; was 40
}

// Wilson 1927 for 8 of 14, z = 1.96: (0.5714 + 0.1372 ± 1.96·√(0.01749 + 0.0049)) / 1.2744.
TEST(Wilson, IntervalOfAShare) {
  const auto [least, most] = wilsonInterval(8, 14);
  EXPECT_NEAR(least, 0.326, 0.001);
  EXPECT_NEAR(most, 0.786, 0.001);
  EXPECT_NEAR(wilsonInterval(0, 10).second, 0.2775, 0.001);
  EXPECT_EQ(wilsonInterval(0, 10).first, 0);
}

TEST(WordCompleterTest, AnItemReplacesWhatItWasOfferedFor) {
  QLineEdit field;
  WordCompleter completer(WordCompleter::Words::Several);
  completer.setWords({"traffic light", "tree", "red"});
  field.setCompleter(&completer);
  field.show();
  field.activateWindow();
  ASSERT_TRUE(QTest::qWaitForWindowActive(&field));
  field.setFocus();
  const auto take = [&](const QString& typed) {
    field.clear();
    QTest::keyClicks(&field, typed);
    EXPECT_TRUE(completer.popup()->isVisible()) << typed.toStdString();
    QTest::keyClick(completer.popup(), Qt::Key_Down);
    QTest::keyClick(completer.popup(), Qt::Key_Return);
    return field.text().toStdString();
  };
  EXPECT_EQ(take("red, tra"), "red, traffic light");
  EXPECT_EQ(take("red traffic l"), "red traffic light");
  EXPECT_EQ(take("traffic light, tre"), "traffic light, tree");
}

TEST(FlowMap, SharesAreOfTheRow) {
  ExpertFlow flow;
  flow.experts = 2;
  flow.counts[probe::kImage] = {3, 1, 0, 0};
  flow.counts[probe::kText] = {0, 0, 2, 6};
  const ViewState state;
  const auto map = [&](std::optional<int> modality, CellValue value) {
    return flowMap(flow, modality, value, expertLines(state, 0, 2), expertLines(state, 1, 2));
  };
  EXPECT_THAT(map(std::nullopt, CellValue::Share).values,
              ::testing::ElementsAre(0.75, 0.25, 0.25, 0.75));
  // 3 of 12 where 4·5/12 would be by chance.
  EXPECT_DOUBLE_EQ(map(std::nullopt, CellValue::Lift).value(0, 0), 3 / (20.0 / 12));
  const HeatMap image = map(probe::kImage, CellValue::Share);
  EXPECT_DOUBLE_EQ(image.value(0, 1), 0.25);
  EXPECT_TRUE(std::isnan(image.value(1, 0))) << "e1 has no image tokens";
  EXPECT_EQ(image.describe(image, 0, 0).toStdString(),
            "e0 → e0: 3 of the 4 tokens of e0, 75.0 % · 1.00 times chance");
}

TEST(Coactivation, CountsTokensThatChooseBoth) {
  probe::Layout layout;
  layout.layers = 1;
  layout.experts = 3;
  layout.top_k = 2;
  layout.samples = 1;
  layout.patch_rows = 1;
  layout.patch_columns = 3;
  layout.text_length = 2;
  probe::LayerSlice slice;
  slice.samples = 1;
  slice.image.expert = {0, 1, 0, 1, 2, 0};
  slice.image.kept = {1, 1, 0, 0, 1, 1};  // dropped ones are choices too
  slice.image.gate = {0.6F, 0.3F, 0.6F, 0.3F, 0.6F, 0.3F};
  slice.text.expert = {2, 1, probe::kNoExpert, probe::kNoExpert};
  slice.text.kept = {1, 1, 0, 0};
  slice.text.gate = {0.5F, 0.4F, 0, 0};
  CoactivationBuilder builder(layout, 0, 0, 0, {});
  builder.add({}, slice);
  const auto found = builder.take();
  EXPECT_THAT(found->tokens[probe::kImage].counts,
              ::testing::ElementsAre(3, 2, 1, 2, 2, 0, 1, 0, 1));
  EXPECT_THAT(found->tokens[probe::kText].counts,
              ::testing::ElementsAre(0, 0, 0, 0, 1, 1, 0, 1, 1));
  const ViewState state;
  const HeatMap map =
      coactivationMap(*found, std::nullopt, CellValue::Share, expertLines(state, 0, 3));
  EXPECT_TRUE(std::isnan(map.value(0, 0))) << "an expert with itself is no pair";
  EXPECT_DOUBLE_EQ(map.value(0, 1), 2.0 / 3);
  EXPECT_DOUBLE_EQ(map.value(1, 2), 1.0 / 3);  // 3 tokens choose e1, one of them e2, too
  EXPECT_EQ(map.describe(map, 1, 0).toStdString(),
            "e1 with e0: 2 tokens choose both, 66.7 % of the 3 tokens that choose e1");
}

}  // namespace
}  // namespace limoe::gui
