// From a click to its details: canvas, panels of token, expert and layer, filter, what-if, and
// images of one's own, as they work together in the window.
//
// Layer 0 of the last snapshot (s = 4): patch p of sample n has expert (p + n) % 4 and is dropped
// where (p + 2·n + 4) % 7 == 0; word t has expert (2·t + n) % 4, dropped where (t + n + 4) % 5 ==
// 0. Sample n has 8 − n % 4 words.
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>
#include <cmath>

#include "gui/charts/expert_model.h"
#include "gui/charts/expert_strip.h"
#include "gui/inspect/expert_gallery.h"
#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view.h"
#include "gui/inspect/token_bars.h"
#include "gui/inspect/token_inspector.h"
#include "gui/inspect/what_if_panel.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using testing::HasSubstr;

class InspectTest : public WindowTest {
 protected:
  void begin(const probe::test::SyntheticOptions& options = {}) {
    show();
    open(makeRun("a", options));
    // What a session gives back raises no panel, so none may still be on its way.
    ASSERT_TRUE(waitUntil([this] { return window->isSessionIdle(); }));
  }
  void clickPatch(int64_t sample, int64_t patch) {
    const auto rect = window->canvas()->tokenRect({sample, probe::kImage, patch});
    ASSERT_TRUE(rect.has_value());
    QTest::mouseClick(window->canvas(), Qt::LeftButton, {}, rect->center().toPoint());
  }
  void clickExpert(int row) {
    raise("expertsDock");
    QTableView* table = strip();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                      table->visualRect(table->model()->index(row, ExpertModel::kNumber)).center());
  }
  void raise(const char* dock) {
    find<QDockWidget>(dock)->raise();
    EXPECT_TRUE(waitUntil([&] { return isInFront(dock); })) << dock;
  }
  bool isInFront(const char* dock) const {
    return !find<QDockWidget>(dock)->visibleRegion().isEmpty();
  }
  QTableView* strip() const { return window->findChild<ExpertStrip*>()->table(); }
  QString inStrip(int expert, int column) const {
    return strip()->model()->index(expert, column).data().toString();
  }
  QString inToken(const char* label) const {
    return window->findChild<TokenInspector*>()->findChild<QLabel*>(label)->text();
  }
  QString bars() const { return window->findChild<TokenBars*>()->accessibleDescription(); }
  template <typename T>
  T* inGallery(const char* name) const {
    return window->findChild<ExpertGallery*>()->findChild<T*>(name);
  }
  /// Numbers in a row of the layer's map, added up.
  double sumOfRow(std::size_t row) const {
    const HeatMap& map = window->findChild<LayerView*>()->heatMap()->map();
    double sum = 0;
    for (std::size_t c = 0; c < map.columns.size(); ++c) {
      sum += std::isnan(map.value(row, c)) ? 0 : map.value(row, c);
    }
    return sum;
  }
  QImage canvasPicture() const { return window->canvas()->grab().toImage(); }
  QImage patchPicture(const QImage& picture, int64_t sample, int64_t patch) const {
    return picture.copy(window->canvas()->tokenRect({sample, probe::kImage, patch})->toRect());
  }
};

TEST_F(InspectTest, AClickOnAPatchShowsItInTheTokenPanel) {
  begin();
  EXPECT_FALSE(isInFront("tokenDock"));
  clickPatch(2, 5);
  EXPECT_TRUE(waitUntil([this] { return isInFront("tokenDock"); }));
  // Row 1, column 1 of 4, counted from 1. (5 + 2) % 4 = 3, gate 0.375 + 0.125; 13 % 7 ≠ 0. The next
  // expert has a quarter of that.
  EXPECT_TRUE(waitUntil([this] { return bars().contains("0.500"); })) << bars().toStdString();
  EXPECT_EQ(inToken("tokenTitle"), "Sample 2 · patch row 2, column 2");
  EXPECT_THAT(bars().toStdString(), testing::StartsWith("e3 0.500 kept, e0 0.125 runner-up"));
}

TEST_F(InspectTest, WhatTheUserPutInFrontStaysThereUntilNothingIsSelected) {
  begin();
  clickPatch(2, 5);
  EXPECT_TRUE(waitUntil([this] { return isInFront("tokenDock"); }));
  raise("expertsDock");
  clickPatch(2, 6);
  QTest::qWait(100);
  EXPECT_TRUE(isInFront("expertsDock"));
  press(Qt::Key_Escape);
  QTest::qWait(20);
  clickPatch(2, 7);
  EXPECT_TRUE(waitUntil([this] { return isInFront("tokenDock"); }));
  find<QDockWidget>("tokenDock")->close();
  press(Qt::Key_Escape);
  QTest::qWait(20);
  clickPatch(2, 5);
  QTest::qWait(100);
  EXPECT_FALSE(find<QDockWidget>("tokenDock")->isVisible());
}

// Word t of sample n is kWords[(t + n) % 8]. Of the 39 that are kept e1 has 9: 2 of the 6 “road”
// and 2 of the 8 “clouds”, 0.62 and 0.15 beyond chance, and no more of any other.
TEST_F(InspectTest, TheStripTellsTopWordsAlsoUnderAFilter) {
  begin();
  const auto words = [this](int expert) {
    const auto at = strip()->model()->index(expert, ExpertModel::kLabels);
    return at.data(ExpertModel::kWordsRole).toString();
  };
  EXPECT_TRUE(waitUntil([&] { return words(1).startsWith("road 33 %, clouds 25 %"); }))
      << words(1).toStdString();
  TokenFilter filter;
  filter.label = 0;  // patches alone
  window->viewState().setFilter(filter);
  EXPECT_TRUE(waitUntil([&] { return words(1).isEmpty(); })) << words(1).toStdString();
}

// Expert 1 has 4 patches of each sample; dropped are (n, p) = (1, 8), (4, 9), (5, 0) and (7, 10).
TEST_F(InspectTest, AClickOnAnExpertShowsItsGallery) {
  begin();
  clickExpert(1);
  EXPECT_TRUE(waitUntil([this] { return isInFront("galleryDock"); }));
  EXPECT_EQ(inGallery<QLabel>("title")->text(), QString::fromUtf8("block 1 · e1"));
  EXPECT_TRUE(waitUntil([this] {
    return inGallery<QToolButton>("allPatches")->text() == "Show all 28";
  })) << inGallery<QToolButton>("allPatches")->text().toStdString();
}

TEST_F(InspectTest, ANameGivenInTheGalleryIsEverywhereAndStays) {
  begin();
  clickExpert(1);
  EXPECT_TRUE(waitUntil([this] { return isInFront("galleryDock"); }));
  inGallery<QLineEdit>("name")->setFocus();
  type("sky");
  pressHere(Qt::Key_Return);
  EXPECT_EQ(inGallery<QLabel>("title")->text(), QString::fromUtf8("block 1 · e1 · sky"));
  EXPECT_EQ(inStrip(1, ExpertModel::kNumber), "e1 · sky");
  clickPatch(0, 1);  // (1 + 0) % 4
  raise("tokenDock");
  EXPECT_TRUE(waitUntil([this] { return bars().startsWith("e1 · sky 0.500 kept"); }))
      << bars().toStdString();
  ASSERT_TRUE(window->close());
  WindowOptions options;
  options.runs_folder = folder.filePath("runs");
  window = std::make_unique<MainWindow>(options);
  show();
  open(runFolder("a"));
  EXPECT_TRUE(waitUntil([this] { return inStrip(1, ExpertModel::kNumber) == "e1 · sky"; }));
}

// "red" is in no caption of samples 2 and 3. Of the 28 patches of expert 1 those take away 8. No
// label have (6, 15) and (7, 14): the map counts 26, and 18.
TEST_F(InspectTest, AFilterCountsInWallGalleryAndLayerView) {
  begin();
  raise("layerDock");
  find<QComboBox>("values")->setCurrentIndex(2);  // counts
  clickExpert(1);
  EXPECT_TRUE(waitUntil([this] { return sumOfRow(1) == 26; })) << sumOfRow(1);
  EXPECT_TRUE(
      waitUntil([this] { return inGallery<QToolButton>("allPatches")->text() == "Show all 28"; }));
  press(Qt::Key_F, Qt::ControlModifier);
  type("red");
  pressHere(Qt::Key_Return);
  EXPECT_TRUE(waitUntil([this] {
    return window->canvas()->statusText().contains("6 of 8 images");
  })) << window->canvas()->statusText().toStdString();
  EXPECT_TRUE(waitUntil([this] {
    return inGallery<QToolButton>("allPatches")->text() == "Show all 20";
  })) << inGallery<QToolButton>("allPatches")->text().toStdString();
  EXPECT_THAT(inGallery<QLabel>("counted")->text().toStdString(), HasSubstr("“red”"));
  EXPECT_TRUE(waitUntil([this] { return sumOfRow(1) == 18; })) << sumOfRow(1);
}

// Expert 0 kept 29 image tokens and 11 words. A group of 4 pairs has 64 + 26 tokens: at a factor
// of 1.25 an expert has ceil(90·1.25 / 4) = 29 places in each of 2 groups; 40 / 58 = 69 %. At a
// factor of 4 it has 90, and keeps all of its 32 + 14 tokens: 46 / 180 = 26 %.
TEST_F(InspectTest, WhatIfIsInAllViewsUntilItIsSwitchedOff) {
  probe::test::SyntheticOptions options;
  options.probabilities = true;
  options.config_json =
      R"({"preset": "tiny", "setting": "limoe",
          "moe": {"experts": 4, "top_k": 1, "capacity_factor": 1.25, "priority": "bpr"},
          "record": {"probe_samples": 8, "recall_samples": 8}})";
  begin(options);
  EXPECT_TRUE(waitUntil([this] { return inStrip(0, ExpertModel::kLoad) == "69 %"; }))
      << inStrip(0, ExpertModel::kLoad).toStdString();
  clickPatch(0, 3);  // (3 + 0 + 4) % 7 == 0: dropped
  EXPECT_TRUE(waitUntil([this] { return bars().startsWith("e3 0.500 dropped"); }))
      << bars().toStdString();
  const QImage recorded = canvasPicture();
  raise("whatIfDock");
  find<QDoubleSpinBox>("factorEdit")->setValue(4);
  find<QCheckBox>("applySwitch")->setFocus();
  pressHere(Qt::Key_Space);
  EXPECT_TRUE(waitUntil([this] { return inStrip(0, ExpertModel::kLoad) == "26 %"; }))
      << inStrip(0, ExpertModel::kLoad).toStdString();
  EXPECT_TRUE(waitUntil([this] { return bars().startsWith("e3 0.500 kept"); }))
      << bars().toStdString();
  EXPECT_TRUE(waitUntil([&] {  // no longer hatched
    return patchPicture(canvasPicture(), 0, 3) != patchPicture(recorded, 0, 3);
  }));
  EXPECT_EQ(patchPicture(canvasPicture(), 0, 0), patchPicture(recorded, 0, 0));
  EXPECT_THAT(window->canvas()->statusText().toStdString(), HasSubstr("what if"));
  pressHere(Qt::Key_Space);
  EXPECT_TRUE(waitUntil([this] { return inStrip(0, ExpertModel::kLoad) == "69 %"; }));
  EXPECT_TRUE(waitUntil([this] { return bars().startsWith("e3 0.500 dropped"); }));
  EXPECT_TRUE(waitUntil([&] { return canvasPicture() == recorded; }));
}

TEST_F(InspectTest, AnImageDroppedOnTheWindowIsOfferedForRouting) {
  const QString file = folder.filePath("cat.png");
  QImage image(16, 16, QImage::Format_RGB32);
  image.fill(Qt::red);
  ASSERT_TRUE(image.save(file));
  begin();
  QMimeData mime;
  mime.setUrls({QUrl::fromLocalFile(file)});
  QDragEnterEvent enter({400, 400}, Qt::CopyAction, &mime, Qt::LeftButton, {});
  QApplication::sendEvent(window.get(), &enter);
  EXPECT_TRUE(enter.isAccepted());
  QDropEvent drop({400, 400}, Qt::CopyAction, &mime, Qt::LeftButton, {});
  QApplication::sendEvent(window.get(), &drop);
  auto* dialog = find<QDialog>("ownProbeDialog");
  ASSERT_NE(dialog, nullptr);
  EXPECT_TRUE(dialog->isVisible());
  const auto* images = dialog->findChild<QTreeWidget*>("ownImages");
  ASSERT_EQ(images->topLevelItemCount(), 1);
  EXPECT_THAT(images->topLevelItem(0)->text(0).toStdString(), HasSubstr("cat.png"));
  EXPECT_EQ(data()->name, "a");  // it is no run
  EXPECT_EQ(messages(), "");
}

}  // namespace
}  // namespace limoe::gui::test
