#include "gui/inspect/expert_gallery.h"

#include <gmock/gmock.h>

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QTableView>
#include <QTest>
#include <QToolButton>

#include "gui/charts/expert_model.h"
#include "gui/charts/expert_strip.h"
#include "gui/inspect/expert_bars.h"
#include "gui/inspect/expert_gallery_parts.h"
#include "gui/inspect/expert_history.h"
#include "gui/inspect/expert_patches.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/colors.h"
#include "gui/view/expert_title.h"
#include "tests/gui/inspect/expert_run.h"

namespace limoe::gui {
namespace {

using testing::ExpertRun;
using ::testing::HasSubstr;

class ExpertGalleryTest : public ::testing::Test {
 protected:
  ExpertGalleryTest() { gallery.resize(330, 700); }

  /// Shows expert `expert` of layer 0 at step 200.
  void open(int64_t expert, int copies = 1) {
    run = std::make_unique<ExpertRun>(copies);
    show(expert);
    settle();
  }
  void show(int64_t expert) {
    digests.setSource(run.get());
    gallery.setSource(run.get());
    state.setSnapshot(2);
    state.toggleSelectedExpert(expert);
    gallery.show();
    gallery.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&gallery));
  }
  /// Until the walks of the fake and what follows from them are done.
  void settle() {
    QTest::qWait(30);
    EXPECT_TRUE(QTest::qWaitFor([this] { return !gallery.findChild<WalkBar*>()->isWaiting(); }));
  }

  template <typename Items>
  Items* items(const char* section) {
    return gallery.findChild<QWidget*>(section)->findChild<Items*>();
  }
  template <typename Items>
  void click(Items* of, int item) {
    QTest::mouseClick(of, Qt::LeftButton, Qt::NoModifier, of->itemRect(item).center());
  }
  std::string note(const char* section) {
    return gallery.findChild<QWidget*>(section)
        ->findChild<QLabel*>("sectionNote")
        ->text()
        .toStdString();
  }
  std::string title(const char* section) {
    return gallery.findChild<QWidget*>(section)
        ->findChild<QLabel*>("sectionTitle")
        ->text()
        .toStdString();
  }
  std::string label(const char* name) {
    return gallery.findChild<QLabel*>(name)->text().toStdString();
  }
  bool shows(const char* name) { return gallery.findChild<QWidget*>(name)->isVisible(); }
  PatchGrid* patches() { return gallery.findChild<PatchGrid*>(); }
  WordChips* words() { return gallery.findChild<WordChips*>(); }

  std::unique_ptr<ExpertRun> run;
  ViewState state;
  Digests digests;
  ExpertGallery gallery{state, digests};
};

TEST_F(ExpertGalleryTest, TopPatchesAreLinksToTheirImages) {
  open(0);
  EXPECT_EQ(label("title"), "block 1 · e0");
  EXPECT_EQ(label("place"), "MoE layer 1 (block 1) · step 200");
  ASSERT_EQ(patches()->tiles().size(), 5u);
  const PatchTile& first = patches()->tiles()[0];  // gate .99: sample 2, patch 1
  EXPECT_EQ(first.token.token, (TokenRef{2, probe::kImage, 1}));
  // The whole image of 2 × 2 patches is its surroundings; patch 1 is at the top right.
  ASSERT_EQ(first.picture.size(), QSize(4, 4));
  EXPECT_EQ(first.patch, QRect(2, 0, 2, 2));
  EXPECT_EQ(first.picture.pixelColor(3, 1), QColor(150, 60, 0));
  click(patches(), 1);  // gate .95
  EXPECT_EQ(state.selectedToken(), (TokenRef{1, probe::kImage, 0}));
  const QString tip = patches()->itemTip(1).join('\n');
  for (const char* said : {"Sample 1", "row 1, column 1", "Red car", "0.950", "kept", "sky"}) {
    EXPECT_THAT(tip.toStdString(), HasSubstr(said));
  }
}

TEST_F(ExpertGalleryTest, PixelsAreEnlargedAsTheyAreWithThePatchOutlined) {
  open(0);
  const QImage picture = patches()->grab().toImage();
  const QRect tile = patches()->itemRect(0);
  const int side = tile.width();
  const auto at = [&](double x, double y) {
    return picture.pixelColor(tile.left() + static_cast<int>(x * side),
                              tile.top() + static_cast<int>(y * side));
  };
  EXPECT_EQ(at(0.25, 0.25), QColor(150, 0, 0));    // patch 0 of sample 2
  EXPECT_EQ(at(0.75, 0.25), QColor(150, 60, 0));   // patch 1
  EXPECT_EQ(at(0.25, 0.75), QColor(150, 120, 0));  // patch 2
  EXPECT_EQ(at(0.75, 0.5), expertColor(0, 3)) << "the outline";
}

TEST_F(ExpertGalleryTest, SamePiecesAreOneChipAndAClickTakesTheBest) {
  open(1);
  ASSERT_EQ(words()->chips().size(), 2u);
  EXPECT_EQ(words()->chips()[0].piece, "red");
  EXPECT_EQ(words()->chips()[0].count, 2);
  EXPECT_EQ(words()->chips()[1].piece, "car");
  EXPECT_EQ(words()->chips()[1].count, 1);
  EXPECT_EQ(title("words"), "Top words · of the 3 highest gates, same ones counted");
  click(words(), 0);
  EXPECT_EQ(state.selectedToken(), (TokenRef{0, probe::kText, 1}));
  const std::string tip = words()->itemTip(0).join('\n').toStdString();
  EXPECT_THAT(tip, HasSubstr("2 of the 3"));
  EXPECT_THAT(tip, HasSubstr("a red car"));
  EXPECT_THAT(tip, HasSubstr("0.800"));
}

TEST_F(ExpertGalleryTest, KeysWalkOverTheItems) {
  open(0);
  patches()->setFocus(Qt::TabFocusReason);
  QTest::keyClick(patches(), Qt::Key_Right);
  QTest::keyClick(patches(), Qt::Key_Return);
  EXPECT_EQ(state.selectedToken(), (TokenRef{1, probe::kImage, 0}));
  QTest::keyClick(patches(), Qt::Key_Left);
  QTest::keyClick(patches(), Qt::Key_Space);
  EXPECT_EQ(state.selectedToken(), (TokenRef{2, probe::kImage, 1}));
  QTest::keyClick(patches(), Qt::Key_Down);  // four columns: the fifth is below the first
  QTest::keyClick(patches(), Qt::Key_Enter);
  EXPECT_EQ(state.selectedToken(), (TokenRef{0, probe::kImage, 1}));
}

TEST_F(ExpertGalleryTest, LiftsWithTheirCountsAndTheLeastCount) {
  open(0, 10);  // expert 0 keeps 50 patches: at least max(5, 0.25)
  const auto* labels = items<LiftRows>("labels");
  ASSERT_EQ(labels->lifts().size(), 1u);
  EXPECT_EQ(labels->lifts()[0].name, "sky");
  EXPECT_EQ(labels->lifts()[0].count, 40u);
  EXPECT_EQ(labels->lifts()[0].of_all, 40u);
  EXPECT_NEAR(labels->lifts()[0].lift, 1.8, 1e-9);  // 4 / (4 · 5/9)
  EXPECT_THAT(note("labels"), HasSubstr("at least 5 kept patches"));
  EXPECT_THAT(labels->itemTip(0).join('\n').toStdString(), HasSubstr("22.2 expected"));
  // 40 − 22.2
  EXPECT_THAT(labels->itemTip(0).join('\n').toStdString(), HasSubstr("18 more than by chance"));
  EXPECT_EQ(labels->accessibleDescription().toStdString(), "sky, +18, ×1.8, 40 of 40");
  EXPECT_THAT(title("labels"), HasSubstr("more than by chance"));
  state.toggleSelectedExpert(1);
  settle();
  const auto* pieces = items<LiftRows>("pieces");
  ASSERT_EQ(pieces->lifts().size(), 2u);
  EXPECT_EQ(pieces->lifts()[0].name, "red");
  EXPECT_EQ(pieces->lifts()[0].count, 20u);
  EXPECT_NEAR(pieces->lifts()[0].lift, 2, 1e-9);
  const auto* caption_words = items<LiftRows>("captionWords");
  ASSERT_EQ(caption_words->lifts().size(), 2u);
  EXPECT_EQ(caption_words->lifts()[0].count, 30u);
  EXPECT_EQ(caption_words->lifts()[0].of_all, 70u);
}

TEST_F(ExpertGalleryTest, RareThingsAreLeftOutAndItSaysSo) {
  open(0);  // four patches of sky
  EXPECT_EQ(items<LiftRows>("labels")->itemCount(), 0);
  EXPECT_THAT(note("labels"), HasSubstr("at least 5 kept patches"));
}

TEST_F(ExpertGalleryTest, CountsOfImageAndText) {
  open(0);
  const std::string counts = label("counts");
  EXPECT_THAT(counts, HasSubstr("image 5 (83 %)"));
  EXPECT_THAT(counts, HasSubstr("text 1 (17 %)"));
  EXPECT_THAT(counts, HasSubstr("chosen 7 · kept 6 (86 %) · dropped 1 (14 %)"));
  const QImage picture = gallery.findChild<ModalityBar*>()->grab().toImage();
  EXPECT_EQ(picture.pixelColor(picture.width() * 80 / 100, 5), modalityColor(probe::kImage));
  EXPECT_EQ(picture.pixelColor(picture.width() * 87 / 100, 5), modalityColor(probe::kText));
}

TEST_F(ExpertGalleryTest, LoadOverTimeAndAClickSelectsTheStep) {
  open(0);
  auto* curve = gallery.findChild<LoadCurve*>();
  ASSERT_EQ(curve->points().size(), 3u);
  // Capacity: ceil(1 · (12 patches + 7 words) · 1 / 3) = 7. Kept: 3, 4, 5 patches and a word.
  EXPECT_TRUE(curve->isAgainstCapacity());
  EXPECT_EQ(curve->points()[0].capacity, 7);
  EXPECT_NEAR(curve->points()[0].load(), 4 / 7.0, 1e-9);
  EXPECT_NEAR(curve->points()[2].load(), 6 / 7.0, 1e-9);
  click(curve, 0);
  EXPECT_EQ(state.snapshot(), 0);
  EXPECT_FALSE(state.followsNewest());
  curve->setFocus(Qt::TabFocusReason);
  QTest::keyClick(curve, Qt::Key_Right);
  QTest::keyClick(curve, Qt::Key_Return);
  EXPECT_EQ(state.snapshot(), 1);
}

TEST_F(ExpertGalleryTest, WithoutCaptionsLoadIsAShareAndSaysSo) {
  run = std::make_unique<ExpertRun>();
  run->run->text_tokens = nullptr;
  show(0);
  settle();
  auto* curve = gallery.findChild<LoadCurve*>();
  EXPECT_FALSE(curve->isAgainstCapacity());
  EXPECT_NEAR(curve->points()[2].load(), 6 / 16.0, 1e-9);  // 5 3 2 patches, 1 3 2 words
  EXPECT_THAT(note("load"), HasSubstr("share"));
}

TEST_F(ExpertGalleryTest, ShowsWhereTokensGoAndComeFromAndLeadsThere) {
  open(0);
  auto* to = items<FlowRows>("flowTo");
  ASSERT_EQ(to->rows().size(), 3u);  // 3 to expert 1, 2 to expert 2, 1 dropped, of 6
  EXPECT_EQ(to->rows()[0].title, "e1");
  EXPECT_NEAR(to->rows()[0].fraction, 0.5, 1e-9);
  EXPECT_NEAR(to->rows()[2].fraction, 1 / 6.0, 1e-9);
  EXPECT_THAT(note("flowTo"), HasSubstr("6 tokens"));
  EXPECT_FALSE(shows("flowFrom")) << "there is no layer before";
  click(to, 1);
  EXPECT_EQ(state.layer(), 1);
  EXPECT_EQ(state.selectedExpert(), 2);
  settle();
  EXPECT_FALSE(shows("flowTo"));
  ASSERT_TRUE(shows("flowFrom"));
  // Expert 2 of layer 1: a patch and a word from 2; a patch and a word from 0; a patch that had
  // been dropped.
  const auto* from = items<FlowRows>("flowFrom");
  ASSERT_EQ(from->rows().size(), 3u);
  EXPECT_NEAR(from->rows()[0].fraction, 2 / 5.0, 1e-9);
  EXPECT_EQ(from->rows()[2].share.expert, FlowShare::kDropped);
}

TEST_F(ExpertGalleryTest, ANameIsGivenWithTheKeyboardAndShownEverywhere) {
  open(0);
  auto* field = gallery.findChild<QLineEdit*>("name");
  field->setFocus();
  QTest::keyClicks(field, "sky");
  EXPECT_TRUE(state.expertName(0, 0).isEmpty()) << "not before Enter";
  QTest::keyClick(field, Qt::Key_Return);
  EXPECT_EQ(state.expertName(0, 0), "sky");
  EXPECT_EQ(expertTitle(state, 0, 0), "e0 · sky");
  EXPECT_EQ(label("title"), "block 1 · e0 · sky");
  QTest::keyClicks(field, "scraper");
  QTest::keyClick(field, Qt::Key_Escape);
  EXPECT_EQ(field->text(), "sky");
  EXPECT_EQ(state.expertName(0, 0), "sky");
  state.setExpertName(1, 1, "middle");
  EXPECT_EQ(items<FlowRows>("flowTo")->rows()[0].title, "e1 · middle");
  state.setLayer(1);
  EXPECT_EQ(field->text(), "") << "names are of one layer's expert";
  EXPECT_EQ(label("title"), "block 3 · e0");
  EXPECT_EQ(label("other"),
            "Another expert than e0 · sky of block 1: experts belong to their layer.");
  EXPECT_TRUE(shows("other"));
  state.toggleSelectedExpert(1);
  EXPECT_FALSE(shows("other"));
}

TEST_F(ExpertGalleryTest, WhatIsBeingTypedStaysWhileTheRunGoesOn) {
  open(0);
  auto* field = gallery.findChild<QLineEdit*>("name");
  field->setFocus();
  QTest::keyClicks(field, "half a na");
  run->replaceData(*run->run);
  state.setSnapshot(1);
  settle();
  EXPECT_EQ(field->text(), "half a na");
}

TEST_F(ExpertGalleryTest, TheStripShowsNamesAndEditsThem) {
  open(0);
  ExpertStrip strip(state);
  strip.resize(330, 200);
  strip.setSource(run.get());
  strip.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&strip));
  QTableView* table = strip.table();
  const QModelIndex first = table->model()->index(0, ExpertModel::kNumber);
  state.setExpertName(0, 0, "sky");
  state.setExpertName(1, 0, "of another layer");
  EXPECT_EQ(first.data().toString(), "e0 · sky");
  EXPECT_GE(table->columnWidth(ExpertModel::kNumber),
            QFontMetrics(table->font()).horizontalAdvance("e0 · sky") + 12);
  table->setFocus();
  table->setCurrentIndex(first);
  QTest::keyClick(table, Qt::Key_F2);
  auto* editor = table->viewport()->findChild<QLineEdit*>();
  ASSERT_TRUE(editor);
  EXPECT_EQ(editor->text(), "sky");
  editor->selectAll();
  QTest::keyClicks(editor, "clouds");
  state.setLayer(1);  // the rows are refreshed while it is being typed
  state.setLayer(0);
  QTest::keyClick(editor, Qt::Key_Return);
  settle();  // the editor hands its text over later
  EXPECT_EQ(state.expertName(0, 0), "clouds");
  EXPECT_EQ(state.selectedExpert(), 0) << "Enter only ended the name";
}

TEST_F(ExpertGalleryTest, TheFilterCountsAndIsSaid) {
  open(0);
  TokenFilter filter;
  filter.label = 1;  // grass: expert 0 has one patch of it
  state.setFilter(filter);
  settle();
  EXPECT_THAT(label("counted"), HasSubstr("Counts only: patches of grass"));
  ASSERT_EQ(patches()->tiles().size(), 1u);
  EXPECT_EQ(patches()->tiles()[0].token.token, (TokenRef{2, probe::kImage, 1}));
  EXPECT_THAT(label("counts"), HasSubstr("chosen 1 · kept 1"));
  EXPECT_THAT(note("load"), HasSubstr("not filtered"));
  EXPECT_EQ(words()->chips().size(), 0u);
  EXPECT_EQ(note("modality"), "tokens that match the filter (patches of grass)");
  EXPECT_EQ(items<FlowRows>("flowTo")->rows().size(), 1u);
}

TEST_F(ExpertGalleryTest, KeepsWhatItShowsDimmedUntilTheNewIsThere) {
  open(0);
  run->holds_walks = true;
  run->walks.clear();
  TokenFilter filter;
  filter.label = 1;
  state.setFilter(filter);
  EXPECT_EQ(patches()->tiles().size(), 5u);
  EXPECT_FALSE(patches()->isDimmed()) << "what comes at once must not flicker";
  EXPECT_TRUE(QTest::qWaitFor([this] { return patches()->isDimmed(); }));
  EXPECT_EQ(patches()->tiles().size(), 5u);
  ASSERT_EQ(run->walks.size(), 1u);
  run->finishWalk(0);
  EXPECT_EQ(patches()->tiles().size(), 1u);
  EXPECT_FALSE(patches()->isDimmed());
  ASSERT_EQ(run->walks.size(), 2u);  // the flow follows
  run->finishWalk(1);
  EXPECT_FALSE(items<FlowRows>("flowTo")->isDimmed());
}

TEST_F(ExpertGalleryTest, ReadsNothingWhileItIsHidden) {
  open(0);
  gallery.hide();
  run->walks.clear();
  state.setSnapshot(1);
  state.setLayer(1);
  settle();
  EXPECT_EQ(run->walks.size(), 0u);
  gallery.show();
  settle();
  EXPECT_EQ(label("place"), "MoE layer 2 (block 3) · step 100");
  EXPECT_EQ(patches()->tiles().size(), 3u);  // one of sample 0, two of sample 1
}

TEST_F(ExpertGalleryTest, AFailureIsSaidInWords) {
  run = std::make_unique<ExpertRun>();
  run->holds_walks = true;
  show(0);
  ASSERT_EQ(run->walks.size(), 1u);
  run->finishWalk(0, "bad bytes");
  EXPECT_TRUE(shows("walkWords"));
  EXPECT_EQ(label("walkWords"), "Reading the probe failed: bad bytes");
  settle();
  EXPECT_EQ(run->walks.size(), 1u);
  state.setSnapshot(1);
  EXPECT_FALSE(shows("walkWords"));
}

TEST_F(ExpertGalleryTest, SaysHowToSelectAnExpertAndWhereThereIsNone) {
  open(0);
  EXPECT_FALSE(shows("message"));
  state.toggleSelectedExpert(0);
  EXPECT_TRUE(shows("message"));
  EXPECT_THAT(label("message"), HasSubstr("No expert is selected"));
  EXPECT_FALSE(gallery.findChild<QScrollArea*>()->isVisible());
  RunData dense = *run->run;
  dense.layout.layers = dense.layout.experts = 0;
  dense.layout.blocks.clear();
  run->replaceData(dense);
  EXPECT_THAT(label("message"), HasSubstr("dense"));
  gallery.setSource(nullptr);
  EXPECT_THAT(label("message"), HasSubstr("No run is open"));
}

TEST_F(ExpertGalleryTest, ATowerShowsItsOwnModality) {
  run = std::make_unique<ExpertRun>();
  run->run->config.model.towers = model::Towers::Two;
  for (uint16_t& expert : run->slice->text.expert) {
    expert = probe::kNoExpert;
  }
  show(0);
  settle();
  EXPECT_TRUE(shows("patches"));
  EXPECT_FALSE(shows("words"));
  EXPECT_FALSE(shows("pieces"));
  EXPECT_FALSE(shows("flowTo")) << "the text tower does not follow the image tower";
}

TEST_F(ExpertGalleryTest, MoreRoomMeansMoreColumnsAndNothingIsCutOff) {
  open(0, 10);
  const auto columns = [this] {
    const int top = patches()->itemRect(0).top();
    int count = 0;
    while (count < patches()->itemCount() && patches()->itemRect(count).top() == top) {
      ++count;
    }
    return count;
  };
  const auto fits = [this] {
    for (auto* of : gallery.findChildren<ExpertItems*>()) {
      for (int item = 0; item < of->itemCount(); ++item) {
        EXPECT_TRUE(of->rect().contains(of->itemRect(item)))
            << of->accessibleName().toStdString() << " " << item;
      }
    }
  };
  std::vector<int> counts;
  for (const int width : {280, 330, 700}) {
    gallery.resize(width, 700);
    settle();
    counts.push_back(columns());
    fits();
  }
  EXPECT_GE(counts[0], 3);
  EXPECT_GE(counts[1], 4);
  EXPECT_GE(counts[2], 8);
}

TEST_F(ExpertGalleryTest, ShowsTheFirstPatchesOrAll) {
  open(0, 20);  // 100 kept patches
  EXPECT_EQ(patches()->tiles().size(), 12u);
  auto* button = gallery.findChild<QToolButton*>("allPatches");
  EXPECT_EQ(button->text(), "Show all 96");
  QTest::mouseClick(button, Qt::LeftButton);
  EXPECT_EQ(patches()->tiles().size(), 96u);
  EXPECT_FALSE(patches()->tiles()[95].picture.isNull());
}

TEST_F(ExpertGalleryTest, PicturesAndStepsComeWhenTheyHaveBeenRead) {
  run = std::make_unique<ExpertRun>();
  run->holds_walks = run->holds_back = true;
  show(0);
  run->finishWalk(0);
  ASSERT_EQ(patches()->tiles().size(), 5u);
  EXPECT_TRUE(patches()->tiles()[4].picture.isNull());
  EXPECT_THAT(note("load"), HasSubstr("3 steps are being read"));
  EXPECT_THAT(words()->itemTip(0).join('\n').toStdString(), HasSubstr("being read"));
  run->deliver();
  EXPECT_FALSE(patches()->tiles()[4].picture.isNull());
  EXPECT_EQ(gallery.findChild<LoadCurve*>()->points().size(), 3u);
  run->samples_asked_for = 0;
  run->deliver();
  EXPECT_EQ(run->samples_asked_for, 0) << "what is there is not asked for again";
}

}  // namespace
}  // namespace limoe::gui
