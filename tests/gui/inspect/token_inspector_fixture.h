// The token inspector on a run in memory.
#pragma once

#include <gmock/gmock.h>

#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QTest>
#include <memory>

#include "gui/inspect/token_bars.h"
#include "gui/inspect/token_inspector.h"
#include "gui/inspect/token_picture.h"
#include "gui/inspect/token_similar_view.h"
#include "gui/inspect/token_strips.h"
#include "gui/inspect/walk_bar.h"
#include "tests/gui/inspect/token_run.h"

namespace limoe::gui::testing {

constexpr TokenRef kPatch{2, probe::kImage, 5};

class TokenInspectorTest : public ::testing::Test {
 protected:
  /// Patch 5 of image 2 goes to (2 + 2 + 3·l + 2·s) mod 8: in layer 0 to 4, 6, 0, in layer 1 to 7,
  /// 1, 3 at steps 0, 100, 200. Its gate is 0.25, its margin 0.125; it is kept.
  void open(const FakeRunSource::Shape& shape = {}) {
    run = std::make_unique<TokenRun>(shape);
    inspector.resize(340, 1000);
    inspector.setSource(run.get());
    state.showNewest(shape.snapshots);
    inspector.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&inspector));
  }
  ~TokenInspectorTest() override { inspector.setSource(nullptr); }

  void select(const TokenRef& token) {
    state.setSelectedToken(token);
    EXPECT_TRUE(QTest::qWaitFor([&] { return !path()->accessibleDescription().isEmpty(); }));
    QApplication::processEvents();
  }

  template <typename Part>
  Part* part() {
    return inspector.findChild<Part*>();
  }
  TokenPathStrip* path() { return part<TokenPathStrip>(); }
  TokenTimeStrip* time() { return part<TokenTimeStrip>(); }
  TokenBars* bars() { return part<TokenBars>(); }
  TokenSimilarGrid* grid() { return part<TokenSimilarGrid>(); }
  TokenSimilarView* similar() { return part<TokenSimilarView>(); }
  WalkBar* wait() { return similar()->findChild<WalkBar*>(); }
  QPushButton* button() { return inspector.findChild<QPushButton*>("findSimilar"); }
  std::string text(const char* name) {
    return inspector.findChild<QLabel*>(name)->text().toStdString();
  }
  bool isShown(const char* name) { return inspector.findChild<QWidget*>(name)->isVisible(); }
  static std::string described(const QWidget* widget) {
    return widget->accessibleDescription().toStdString();
  }
  static void click(QWidget* widget, const QPointF& at) {
    QTest::mouseClick(widget, Qt::LeftButton, Qt::NoModifier, at.toPoint());
  }

  ViewState state;
  std::unique_ptr<TokenRun> run;
  TokenInspector inspector{state, nullptr};
};

}  // namespace limoe::gui::testing
