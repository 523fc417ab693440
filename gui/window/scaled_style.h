// Fusion with controls as large as the text asks for, and icons that suit light and dark.
#pragma once

#include <QIcon>
#include <QProxyStyle>

namespace limoe::gui {

/// Signs that are drawn, not stored: sharp at every size, in the colour of the text around them.
enum class Glyph { Play, Pause, Step, Stop, Save, File, Open, Close, Float, More, Find };

QIcon glyphIcon(Glyph glyph);

class ScaledStyle : public QProxyStyle {
  Q_OBJECT
 public:
  /// `factor` 1: Fusion's own sizes.
  explicit ScaledStyle(double factor);

  int pixelMetric(PixelMetric metric, const QStyleOption* option,
                  const QWidget* widget) const override;
  QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                         const QWidget* widget) const override;
  void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                   const QWidget* widget) const override;
  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
  QIcon standardIcon(StandardPixmap icon, const QStyleOption* option,
                     const QWidget* widget) const override;

 private:
  double factor_;
};

}  // namespace limoe::gui
