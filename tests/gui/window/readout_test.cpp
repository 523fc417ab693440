// What is read out beside the pointer, through the window.
//
// Layer 0 of the last snapshot (s = 4): patch p of sample n has expert (p + n + 4) % 4, the one
// after it is the runner-up.
#include <QImage>
#include <QLineEdit>
#include <QTest>

#include "gui/inspect/expert_gallery.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReadoutTest : public WindowTest {
 protected:
  QPoint centreOf(int64_t sample, int64_t patch) const {
    const auto rect = window->canvas()->tokenRect({sample, probe::kImage, patch});
    EXPECT_TRUE(rect.has_value());
    return rect.value_or(QRectF()).center().toPoint();
  }
  std::string hover(const QPoint& at) const {
    QTest::mouseMove(window->canvas(), at);
    EXPECT_TRUE(waitUntil([this] { return !window->canvas()->hoverText().isEmpty(); }));
    QTest::qWait(50);  // drawn
    return window->canvas()->hoverText().toStdString();
  }
};

TEST_F(ReadoutTest, ExpertsAreCalledByTheNamesThatTheUserGaveThem) {
  show();
  open(makeRun("a"));
  ASSERT_TRUE(waitUntil([this] { return window->isSessionIdle(); }));
  const QPoint patch = centreOf(2, 5);  // (5 + 2 + 4) % 4 = 3, then 0
  EXPECT_THAT(hover(patch), HasSubstr("Expert: e3 · gate 0.500 · kept"));
  EXPECT_THAT(hover(patch), HasSubstr("Runner-up: e0 ·"));
  const QImage before = window->canvas()->grab().toImage();

  window->viewState().toggleSelectedExpert(3);
  auto* gallery = window->findChild<ExpertGallery*>();
  auto* name = gallery->findChild<QLineEdit*>("name");
  ASSERT_TRUE(waitUntil([&] { return name->isVisible() && name->isEnabled(); }));
  name->setFocus();
  type("wheels and roads");
  pressHere(Qt::Key_Return);
  window->viewState().toggleSelectedExpert(3);

  EXPECT_THAT(hover(patch), HasSubstr("Expert: e3 · wheels and roads · gate 0.500 · kept"));
  EXPECT_THAT(hover(patch), HasSubstr("Runner-up: e0 · probability"));
  EXPECT_NE(window->canvas()->grab().toImage(), before) << "the name is drawn";
  // Experts belong to a layer: expert 3 of another one has no name.
  window->viewState().setLayer(1);
  QTest::qWait(100);
  EXPECT_THAT(hover(centreOf(1, 5)), HasSubstr("Expert: e3 ·"));  // (5 + 1 + 1 + 4) % 4
  EXPECT_THAT(window->canvas()->hoverText().toStdString(), Not(HasSubstr("wheels")));
}

}  // namespace
}  // namespace limoe::gui::test
