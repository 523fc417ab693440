// The canvas in a real window: what a user sees and does.
#include "gui/canvas/canvas_widget.h"

#include <gmock/gmock.h>

#include <QAction>
#include <QDockWidget>
#include <QLabel>
#include <cmath>
#include <optional>

#include "tests/gui/canvas/canvas_fixture.h"

namespace limoe::gui {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(CanvasTest, PatchAndWordHaveTheirExpertsColourInEveryLayerAndSnapshot) {
  open({});
  for (int64_t snapshot = 0; snapshot < 3; ++snapshot) {
    for (int64_t layer = 0; layer < 2; ++layer) {
      state.setSnapshot(snapshot);
      state.setLayer(layer);
      const QImage image = canvas->grabFramebuffer();
      const auto at = [&](const QPointF& point) {
        const double ratio = canvas->devicePixelRatioF();
        return image.pixel((point * ratio).toPoint());
      };
      for (int64_t sample = 0; sample < 6; ++sample) {
        for (int64_t p = 0; p < 16; ++p) {
          if (FakeRunSource::isKept(sample, p)) {
            EXPECT_EQ(at(centreOf({sample, probe::kImage, p})),
                      expectedColor(probe::kImage, sample, p))
                << "sample " << sample << " patch " << p << " layer " << layer;
          }
        }
        for (int64_t t = 0; t < 5; ++t) {
          if (FakeRunSource::isKept(sample, t)) {
            EXPECT_EQ(at(wordEdge({sample, probe::kText, t})),
                      expectedColor(probe::kText, sample, t))
                << "sample " << sample << " word " << t << " layer " << layer;
          }
        }
      }
    }
  }
}

TEST_F(CanvasTest, FirstOfTwoChoicesGivesTheColour) {
  open({.top_k = 2});
  EXPECT_EQ(pixel(centreOf({1, probe::kImage, 2})), expectedColor(probe::kImage, 1, 2));
}

TEST_F(CanvasTest, DroppedPatchesShowDarkAndLightLines) {
  open({});
  ASSERT_FALSE(FakeRunSource::isKept(0, 6));
  const auto extremes = [&](int64_t patch) {
    const QImage image = part(*canvas->tokenRect({0, probe::kImage, patch}));
    int darkest = 255;
    int lightest = 0;
    for (int y = 2; y < image.height() - 2; ++y) {
      for (int x = 2; x < image.width() - 2; ++x) {
        darkest = std::min(darkest, qGray(image.pixel(x, y)));
        lightest = std::max(lightest, qGray(image.pixel(x, y)));
      }
    }
    return std::pair(darkest, lightest);
  };
  const auto [darkest, lightest] = extremes(6);
  EXPECT_LT(darkest, 60);
  EXPECT_GT(lightest, 215);
  const auto [flat_dark, flat_light] = extremes(5);
  EXPECT_EQ(flat_dark, flat_light);
  // Pale, but still hatched, while another expert is selected.
  state.toggleSelectedExpert(
      (source->expertOf(probe::kImage, 0, 6, state.layer(), state.snapshot()) + 1) % 8);
  settle();
  const auto [pale_dark, pale_light] = extremes(6);
  EXPECT_GT(pale_light - pale_dark, 40);
  EXPECT_LT(pale_light - pale_dark, lightest - darkest);
}

TEST_F(CanvasTest, DroppedWordIsStruck) {
  open({});
  // Sample 2, word 4 is dropped; the line crosses the box's edge, where a kept word has none.
  ASSERT_FALSE(FakeRunSource::isKept(2, 4));
  const QRectF rect = *canvas->tokenRect({2, probe::kText, 4});
  const QPointF edge = wordEdge({2, probe::kText, 4});
  const QImage column = part(QRectF(edge.x(), rect.top() + 3, 1, rect.height() - 6));
  std::set<QRgb> colors;
  for (int y = 0; y < column.height(); ++y) {
    colors.insert(column.pixel(0, y));
  }
  EXPECT_TRUE(colors.contains(expectedColor(probe::kText, 2, 4)));
  EXPECT_TRUE(colors.contains(0xff000000) || colors.contains(0xffffffff));
}

TEST_F(CanvasTest, HiddenAndSoloExpertsDecideWhatIsTinted) {
  open({});
  const TokenRef token{0, probe::kImage, 0};
  const int64_t expert = source->expertOf(probe::kImage, 0, 0, state.layer(), state.snapshot());
  const QPointF centre = centreOf(token);
  const auto is_bare = [](QRgb color) {
    return qRed(color) == qGreen(color) && qGreen(color) == qBlue(color) &&
           qRed(color) >= qRed(kDarkGrey) && qRed(color) <= qRed(kLightGrey);
  };
  ASSERT_EQ(pixel(centre), expectedColor(probe::kImage, 0, 0));
  state.toggleHidden(expert);
  EXPECT_TRUE(is_bare(pixel(centre)));
  state.toggleHidden(expert);
  EXPECT_EQ(pixel(centre), expectedColor(probe::kImage, 0, 0));
  state.toggleSolo((expert + 1) % 8);
  EXPECT_TRUE(is_bare(pixel(centre)));
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 2})), expectedColor(probe::kImage, 0, 2));
  state.toggleSolo(expert);
  EXPECT_EQ(pixel(centre), expectedColor(probe::kImage, 0, 0));
  EXPECT_THAT(canvas->statusText().toStdString(),
              testing::HasSubstr("only e" + std::to_string(expert) + " shown"));
  state.showAllExperts();
  EXPECT_THAT(canvas->statusText().toStdString(), testing::Not(testing::HasSubstr("shown")));
  state.setOverlayVisible(false);
  EXPECT_TRUE(is_bare(pixel(centre)));
}

TEST_F(CanvasTest, OpacityMixesPictureAndColour) {
  open({});
  const QPointF centre = centreOf({0, probe::kImage, 0});
  const int tinted = qBlue(pixel(centre));
  state.setOverlayVisible(false);
  const int bare = qBlue(pixel(centre));
  state.setOverlayVisible(true);
  state.setOpacity(0.5);
  EXPECT_NEAR(qBlue(pixel(centre)), (tinted + bare) / 2.0, 2);
}

TEST_F(CanvasTest, ShadeByGateFadesUncertainPatches) {
  open({});
  state.setOverlayShade(OverlayShade::Gate);
  // Even patches have gate 1, odd ones 0.25 with the same expert.
  const QRgb certain = pixel(centreOf({0, probe::kImage, 0}));
  const QRgb uncertain = pixel(centreOf({0, probe::kImage, 1}));
  EXPECT_EQ(certain, expectedColor(probe::kImage, 0, 0));
  EXPECT_LT(QColor(uncertain).saturationF(), 0.6 * QColor(certain).saturationF());
}

TEST_F(CanvasTest, OutlineLeavesTheMiddleOfThePatchFree) {
  open({});
  state.setOverlayStyle(OverlayStyle::Outline);
  const QRectF rect = *canvas->tokenRect({0, probe::kImage, 0});
  const QRgb middle = pixel(rect.center());
  EXPECT_EQ(qRed(middle), qBlue(middle));
  EXPECT_EQ(pixel({rect.center().x(), rect.top() + 1.2}), expectedColor(probe::kImage, 0, 0));
}

TEST_F(CanvasTest, SelectedExpertStandsOut) {
  open({});
  state.toggleSelectedExpert(source->expertOf(probe::kImage, 0, 0, 0, state.snapshot()));
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), expectedColor(probe::kImage, 0, 0));
  const QColor other(pixel(centreOf({0, probe::kImage, 2})));
  EXPECT_LT(other.saturationF(), 0.3 * QColor(expectedColor(probe::kImage, 0, 2)).saturationF());
}

TEST_F(CanvasTest, ClickSelectsWhatIsUnderThePointer) {
  open({});
  for (const TokenRef& token : {TokenRef{0, probe::kImage, 0}, TokenRef{4, probe::kImage, 15},
                                TokenRef{3, probe::kText, 2}, TokenRef{5, probe::kText, 6}}) {
    QTest::mouseClick(canvas, Qt::LeftButton, {}, centreOf(token).toPoint());
    EXPECT_EQ(state.selectedToken(), token);
  }
  QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(4, canvas->height() / 2));
  EXPECT_EQ(state.selectedToken(), std::nullopt);
}

TEST_F(CanvasTest, SelectedTokenIsFramed) {
  open({});
  const QRectF rect = *canvas->tokenRect({0, probe::kImage, 5});
  const QImage before = part(rect.adjusted(-5, -5, 5, 5));
  state.setSelectedToken(TokenRef{0, probe::kImage, 5});
  const QImage after = part(rect.adjusted(-5, -5, 5, 5));
  EXPECT_NE(before, after);
  EXPECT_EQ(after.pixel(after.rect().center()), before.pixel(before.rect().center()));
}

TEST_F(CanvasTest, WheelZoomsToThePointer) {
  open({});
  const TokenRef token{2, probe::kImage, 9};
  const QRectF before = *canvas->tokenRect(token);
  turnWheel(before.center(), 3);
  const QRectF after = *canvas->tokenRect(token);
  EXPECT_NEAR(after.width(), before.width() * std::pow(1.2, 3), 0.01);
  EXPECT_NEAR(after.center().x(), before.center().x(), 0.01);
  EXPECT_NEAR(after.center().y(), before.center().y(), 0.01);
  turnWheel(after.center(), -3);
  EXPECT_NEAR(canvas->tokenRect(token)->left(), before.left(), 0.01);
}

TEST_F(CanvasTest, DragPansWithoutSelecting) {
  open({});
  const QRectF before = *canvas->tokenRect({2, probe::kImage, 9});
  const QPoint from = before.center().toPoint();
  drag(from, from + QPoint(-60, 40));
  const QRectF after = *canvas->tokenRect({2, probe::kImage, 9});
  EXPECT_NEAR(after.left() - before.left(), -60, 0.01);
  EXPECT_NEAR(after.top() - before.top(), 40, 0.01);
  EXPECT_EQ(state.selectedToken(), std::nullopt);
}

TEST_F(CanvasTest, WallCannotBeLost) {
  open({});
  drag({400, 300}, {400 + 5000, 300 + 5000});
  drag({400, 300}, {400 + 5000, 300 + 5000});
  const QImage image = canvas->grabFramebuffer();
  bool tinted = false;
  for (int y = 60; y < image.height() - 40 && !tinted; ++y) {
    for (int x = 0; x < image.width() && !tinted; ++x) {
      tinted = QColor(image.pixel(x, y)).saturationF() > 0.5F;
    }
  }
  EXPECT_TRUE(tinted);
}

TEST_F(CanvasTest, DoubleClickAndFitShowTheWholeWall) {
  open({});
  const QRectF fitted = *canvas->tokenRect({0, probe::kImage, 0});
  const TokenRef middle{1, probe::kImage, 5};
  turnWheel(centreOf(middle), 6);
  EXPECT_FALSE(canvas->tokenRect({5, probe::kImage, 15}).has_value());
  QTest::mouseDClick(canvas, Qt::LeftButton, {}, centreOf(middle).toPoint());
  EXPECT_EQ(*canvas->tokenRect({0, probe::kImage, 0}), fitted);
  turnWheel(centreOf(middle), 6);
  canvas->fitToWindow();
  EXPECT_EQ(*canvas->tokenRect({0, probe::kImage, 0}), fitted);
}

TEST_F(CanvasTest, ActualSizeIsOneImagePixelPerScreenPixel) {
  open({});
  canvas->actualSize();
  // A patch is 8 image pixels wide.
  EXPECT_NEAR(canvas->tokenRect({0, probe::kImage, 0})->width() * canvas->devicePixelRatioF(), 8,
              1e-6);
}

TEST_F(CanvasTest, PixelsStayHardWhenZoomedIn) {
  open({});
  state.setOverlayVisible(false);
  turnWheel(centreOf({0, probe::kImage, 5}), 10);
  leave();  // the pointed-at patch is framed
  const QImage image = part(*canvas->tokenRect({0, probe::kImage, 5}));
  for (int x = 0; x < image.width(); ++x) {
    const QRgb color = image.pixel(x, image.height() / 2);
    ASSERT_TRUE(color == kDarkGrey || color == kLightGrey) << "column " << x;
  }
}

TEST_F(CanvasTest, PointingAtATokenShowsAReadout) {
  open({});
  const QPointF at = centreOf({1, probe::kImage, 5});
  hover({4, 300});
  const QRectF beside(at + QPointF(20, 20), QSizeF(120, 80));
  const QImage before = part(beside);
  hover(at);
  EXPECT_NE(part(beside), before);
  leave();
  EXPECT_EQ(part(beside), before);
}

TEST_F(CanvasTest, KeepsThePreviousDecisionsUntilTheNewOnesAreThere) {
  open({});
  state.setSnapshot(0);
  const QPointF centre = centreOf({0, probe::kImage, 0});
  const QRgb old_color = expectedColor(probe::kImage, 0, 0);
  ASSERT_EQ(pixel(centre), old_color);
  source->withheld.insert({1, 0});
  state.setSnapshot(1);
  EXPECT_EQ(pixel(centre), old_color);
  source->withheld.clear();
  Q_EMIT source->pageReady();
  settle();
  EXPECT_EQ(pixel(centre), expectedColor(probe::kImage, 0, 0));
  EXPECT_NE(pixel(centre), old_color);
}

TEST_F(CanvasTest, DecisionsThatCannotBeReadLeaveNoOthersInTheirPlace) {
  open({});
  state.setSnapshot(0);
  const QPointF centre = centreOf({0, probe::kImage, 0});
  ASSERT_EQ(pixel(centre), expectedColor(probe::kImage, 0, 0));
  EXPECT_THAT(canvas->statusText().toStdString(), Not(HasSubstr("cannot be read")));
  source->unreadable.insert({1, 0});
  state.setSnapshot(1);
  settle();
  EXPECT_THAT(pixel(centre), testing::AnyOf(kDarkGrey, kLightGrey)) << "the image alone";
  const std::string status = canvas->statusText().toStdString();
  EXPECT_THAT(status, HasSubstr("6 of the images on the screen, or their routing, cannot be read"));
  EXPECT_THAT(status, Not(HasSubstr("reading …")));
  source->unreadable.clear();  // F5
  Q_EMIT source->pageReady();
  settle();
  EXPECT_EQ(pixel(centre), expectedColor(probe::kImage, 0, 0));
  EXPECT_THAT(canvas->statusText().toStdString(), Not(HasSubstr("cannot be read")));
}

TEST_F(CanvasTest, LargeProbeIsReadOnlyWhereItIsLookedAt) {
  open({.samples = 50000});
  EXPECT_TRUE(source->sample_requests.contains(0));
  EXPECT_LT(source->sample_requests.size(), 300U);
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), expectedColor(probe::kImage, 0, 0));
}

TEST_F(CanvasTest, ScrollsToTheLastImageAndBack) {
  open({.samples = 2000});
  EXPECT_EQ(canvas->tokenRect({1999, probe::kImage, 0}), std::nullopt);
  canvas->scroll(1e9);
  settle();
  EXPECT_EQ(canvas->tokenRect({0, probe::kImage, 0}), std::nullopt);
  EXPECT_EQ(pixel(centreOf({1999, probe::kImage, 0})), expectedColor(probe::kImage, 1999, 0));
  canvas->scroll(-1e9);
  settle();
  const QRectF first = *canvas->tokenRect({0, probe::kImage, 0});
  EXPECT_EQ(pixel(first.center()), expectedColor(probe::kImage, 0, 0));
  canvas->scroll(0.25);
  EXPECT_LT(canvas->tokenRect({0, probe::kImage, 0}).value_or(QRectF()).y(), first.y());
}

TEST_F(CanvasTest, ShrunkenPicturesKeepTheirColourAndGrowSharpAgain) {
  open({.samples = 2000, .image_size = 96});
  state.setOverlayVisible(false);
  turnWheel({450, 300}, -20);  // 16 pixels an image: shown at a sixth of its size
  for (int i = 0; i < 40; ++i) {
    settle();  // one page's pictures come with a frame
  }
  const QColor small(pixel(centreOf({0, probe::kImage, 5})));
  EXPECT_NEAR(small.red(), 110, 6);  // the mean of 90 and 130
  canvas->fitToWindow();
  canvas->actualSize();
  settle();
  const QImage middle = part(QRectF(canvas->rect().center(), QSizeF(40, 1)));
  int darkest = 255;
  int lightest = 0;
  for (int x = 0; x < middle.width(); ++x) {
    darkest = std::min(darkest, qRed(middle.pixel(x, 0)));
    lightest = std::max(lightest, qRed(middle.pixel(x, 0)));
  }
  EXPECT_GT(lightest - darkest, 25);  // single pixels again, 90 and 130
}

TEST_F(CanvasTest, DenseRunShowsTheBareWall) {
  open({.layers = 0});
  const QRgb color = pixel(centreOf({0, probe::kImage, 5}));
  EXPECT_EQ(qRed(color), qBlue(color));
  EXPECT_TRUE(source->choice_requests.empty());
  EXPECT_TRUE(source->decision_requests.empty());
}

TEST_F(CanvasTest, LayerButtonsChangeTheLayer) {
  open({});
  ASSERT_EQ(state.layer(), 0);
  // Right of the three modes.
  for (int x = 190; x < 330 && state.layer() == 0; x += 12) {
    hover({static_cast<double>(x), 15});
    QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(x, 15));
    settle();
  }
  EXPECT_EQ(state.layer(), 1);
  EXPECT_EQ(state.canvasMode(), CanvasMode::Wall);
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), expectedColor(probe::kImage, 0, 0));
}

TEST_F(CanvasTest, LeavesKeysToTheWindow) {
  open({});
  QAction action(&window);
  action.setShortcut(QKeySequence(Qt::Key_O));
  int triggered = 0;
  QObject::connect(&action, &QAction::triggered, &window, [&] { ++triggered; });
  window.addAction(&action);
  QApplication::setActiveWindow(&window);
  canvas->setFocus();
  QTest::keyClick(canvas, Qt::Key_O);
  EXPECT_EQ(triggered, 1);
}

TEST_F(CanvasTest, AListOfTheStripClosesWithEscapeOrAClickElsewhereAndNothingElseHappens) {
  open({});
  auto* other = new QDockWidget(&window);
  other->setWidget(new QLabel("beside", other));
  window.addDockWidget(Qt::BottomDockWidgetArea, other);
  QAction clear(&window);
  clear.setShortcut(QKeySequence(Qt::Key_Escape));
  int cleared = 0;
  QObject::connect(&clear, &QAction::triggered, &window, [&] { ++cleared; });
  window.addAction(&clear);
  QApplication::setActiveWindow(&window);
  settle();
  const auto token = [this] { return centreOf({0, probe::kImage, 0}); };
  // While a list is open, nothing of the wall is pointed at.
  const auto is_open = [&] {
    hover(token());
    return canvas->hoverText().isEmpty();
  };
  std::optional<QPoint> list;
  for (int y = 15; y < 70 && !list; y += 25) {
    for (int x = canvas->width() - 8; x > 8 && !list; x -= 12) {
      hover({static_cast<double>(x), static_cast<double>(y)});
      QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(x, y));
      settle();
      if (is_open()) {
        list = QPoint(x, y);
      }
    }
  }
  ASSERT_TRUE(list);
  QTest::keyClick(canvas, Qt::Key_Escape);
  settle();
  EXPECT_FALSE(is_open());
  EXPECT_EQ(cleared, 0) << "that Escape was the list's";
  QTest::keyClick(canvas, Qt::Key_Escape);
  EXPECT_EQ(cleared, 1);
  hover(list->toPointF());
  QTest::mouseClick(canvas, Qt::LeftButton, {}, *list);
  settle();
  ASSERT_TRUE(is_open());
  QTest::mouseClick(other->widget(), Qt::LeftButton);
  settle();
  EXPECT_FALSE(is_open());
}

TEST_F(CanvasTest, DrawsRightAfterFloatingAndDockingThreeTimes) {
  window.takeCentralWidget();
  auto* dock = new QDockWidget(&window);
  dock->setWidget(canvas);
  window.addDockWidget(Qt::TopDockWidgetArea, dock);
  open({});
  for (int round = 0; round < 3; ++round) {
    for (const bool floating : {true, false}) {
      dock->setFloating(floating);
      settle();
      canvas->fitToWindow();
      state.setLayer(round % 2);
      settle();
      EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), expectedColor(probe::kImage, 0, 0))
          << "round " << round << (floating ? " floating" : " docked");
    }
  }
}

TEST_F(CanvasTest, TwoCanvasesDoNotDisturbEachOther) {
  open({});
  ViewState other_state;
  FakeRunSource other_source({.samples = 3, .experts = 4});
  QMainWindow other_window;
  other_window.resize(500, 500);
  auto* other = new CanvasWidget(other_state, &other_window);
  other_window.setCentralWidget(other);
  other_window.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&other_window));
  other->setSource(&other_source);
  other_state.setOpacity(1);
  other_state.showNewest(3);
  settle();
  EXPECT_EQ(pixelOf(*other, other->tokenRect({1, probe::kImage, 2})->center()),
            kPublished[static_cast<std::size_t>(other_source.expertOf(probe::kImage, 1, 2, 0, 2))]);
  EXPECT_EQ(pixel(centreOf({0, probe::kImage, 0})), expectedColor(probe::kImage, 0, 0));
  other->setSource(nullptr);
}

TEST_F(CanvasTest, ClosingTheRunShowsTheEmptyCanvas) {
  open({});
  canvas->setSource(nullptr);
  settle();
  EXPECT_EQ(canvas->tokenRect({0, probe::kImage, 0}), std::nullopt);
  const QImage image = canvas->grabFramebuffer();
  EXPECT_LT(QColor(image.pixel(image.width() / 4, image.height() / 3)).saturationF(), 0.2F);
}

}  // namespace
}  // namespace limoe::gui
