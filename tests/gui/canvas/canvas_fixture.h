// The canvas in a real window, with a run whose every answer is known.
#pragma once

#include <gmock/gmock.h>

#include <QApplication>
#include <QMainWindow>
#include <QMouseEvent>
#include <QTest>
#include <QWheelEvent>
#include <array>
#include <memory>

#include "gui/canvas/canvas_widget.h"
#include "gui/inspect/digests.h"
#include "tests/gui/canvas/fake_run_source.h"

namespace limoe::gui {

// Petroff, "Accessible Color Sequences for Data Visualization", arXiv 2107.02270, ten colours.
inline constexpr std::array<QRgb, 10> kPublished = {0xff3f90da, 0xffffa90e, 0xffbd1f01, 0xff94a4a2,
                                                    0xff832db6, 0xffa96b59, 0xffe76300, 0xffb9ac70,
                                                    0xff717581, 0xff92dadd};
// What FakeRunSource paints.
inline constexpr QRgb kDarkGrey = 0xff5a5a5a;
inline constexpr QRgb kLightGrey = 0xff828282;

class CanvasTest : public testing::Test {
 protected:
  void open(const FakeRunSource::Shape& shape) {
    canvas->setSource(nullptr);
    digests.setSource(nullptr);
    source = std::make_unique<FakeRunSource>(shape);
    digests.setSource(source.get());
    canvas->setSource(source.get());
    state.setOpacity(1);
    state.showNewest(shape.snapshots);
    settle();
  }

  void SetUp() override {
    window.resize(900, 640);
    canvas = new CanvasWidget(state, &window);
    window.setCentralWidget(canvas);
    canvas->setDigests(&digests);
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
  }

  void TearDown() override {
    canvas->setSource(nullptr);
    digests.setSource(nullptr);
  }

  static void settle() {
    for (int i = 0; i < 4; ++i) {
      QTest::qWait(15);
    }
  }

  QRgb pixel(const QPointF& at) const { return pixelOf(*canvas, at); }
  static QRgb pixelOf(CanvasWidget& widget, const QPointF& at) {
    const QImage image = widget.grabFramebuffer();
    const double ratio = widget.devicePixelRatioF();
    return image.pixel(static_cast<int>(at.x() * ratio), static_cast<int>(at.y() * ratio));
  }

  QImage part(const QRectF& rect) const {
    const double ratio = canvas->devicePixelRatioF();
    const QRectF scaled(rect.topLeft() * ratio, rect.size() * ratio);
    return canvas->grabFramebuffer().copy(scaled.toAlignedRect());
  }

  QPointF centreOf(const TokenRef& token) const {
    const auto rect = canvas->tokenRect(token);
    EXPECT_TRUE(rect.has_value());
    return rect.value_or(QRectF()).center();
  }

  /// Inside a word's box, left of its text.
  QPointF wordEdge(const TokenRef& token) const {
    const auto rect = canvas->tokenRect(token);
    EXPECT_TRUE(rect.has_value());
    return rect.value_or(QRectF()).center() - QPointF(rect->width() / 2 - 2, 0);
  }

  QRgb expectedColor(int modality, int64_t sample, int64_t position) const {
    return kPublished[static_cast<std::size_t>(
        source->expertOf(modality, sample, position, state.layer(), state.snapshot()))];
  }

  void turnWheel(const QPointF& at, int notches) const {
    QWheelEvent event(at, canvas->mapToGlobal(at), {}, {0, 120 * notches}, Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(canvas, &event);
    settle();
  }

  void drag(const QPoint& from, const QPoint& to) const {
    QTest::mousePress(canvas, Qt::LeftButton, {}, from);
    for (int i = 1; i <= 4; ++i) {
      const QPointF at = QPointF(from) + QPointF(to - from) * i / 4.0;
      QMouseEvent move(QEvent::MouseMove, at, canvas->mapToGlobal(at), Qt::NoButton, Qt::LeftButton,
                       Qt::NoModifier);
      QApplication::sendEvent(canvas, &move);
    }
    QTest::mouseRelease(canvas, Qt::LeftButton, {}, to);
    settle();
  }

  void hover(const QPointF& at) const {
    QMouseEvent move(QEvent::MouseMove, at, canvas->mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QApplication::sendEvent(canvas, &move);
    settle();
  }

  void leave() const {
    QEvent event(QEvent::Leave);
    QApplication::sendEvent(canvas, &event);
    settle();
  }

  void press(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
    QApplication::setActiveWindow(&window);
    canvas->setFocus();
    QTest::keyClick(canvas, static_cast<Qt::Key>(key), modifiers);
    settle();
  }

  ViewState state;
  Digests digests;
  std::unique_ptr<FakeRunSource> source;
  QMainWindow window;
  CanvasWidget* canvas = nullptr;
};

}  // namespace limoe::gui
