#include "gui/window/appearance.h"

#include <QApplication>
#include <QStyle>
#include <QToolTip>
#include <QVariant>
#include <algorithm>
#include <cstdlib>

#include "gui/window/scaled_style.h"

namespace limoe::gui {
namespace {

// What the application had before anything was changed, kept with the application itself.
constexpr const char* kSystemFont = "limoeSystemFont";
constexpr const char* kScale = "limoeScale";

struct Colors {
  QRgb window, base, alternate, button, text, faint, disabled, edge, accent, link, visited, tip;
};

QPalette paletteOf(const Colors& colors) {
  QPalette palette(QColor(colors.button), QColor(colors.window));
  const auto set = [&palette](QPalette::ColorRole role, QRgb color) {
    palette.setColor(role, QColor(color));
  };
  set(QPalette::Window, colors.window);
  set(QPalette::Base, colors.base);
  set(QPalette::AlternateBase, colors.alternate);
  set(QPalette::Button, colors.button);
  set(QPalette::Mid, colors.edge);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText,
                          QPalette::BrightText, QPalette::ToolTipText}) {
    set(role, colors.text);
    palette.setColor(QPalette::Disabled, role, QColor(colors.disabled));
  }
  set(QPalette::ToolTipBase, colors.tip);
  set(QPalette::PlaceholderText, colors.faint);
  set(QPalette::Highlight, colors.accent);
  set(QPalette::HighlightedText, qRgb(255, 255, 255));
  palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor(colors.disabled));
  set(QPalette::Link, colors.link);
  set(QPalette::LinkVisited, colors.visited);
  return palette;
}

bool isDark(const QPalette& palette) {
  return palette.color(QPalette::Window).lightness() < 128;
}

/// The platform's own colours, as they are now.
QPalette systemPalette() {
  QApplication::setPalette(QPalette());
  return QApplication::palette();
}

void applyScale(int percent) {
  if (!qApp->property(kSystemFont).isValid()) {
    qApp->setProperty(kSystemFont, QApplication::font());
  }
  if (qApp->property(kScale).toInt() == percent) {
    return;
  }
  qApp->setProperty(kScale, percent);
  QFont font = qApp->property(kSystemFont).value<QFont>();
  const double factor = percent / 100.0;
  if (font.pointSizeF() > 0) {
    font.setPointSizeF(font.pointSizeF() * factor);
  } else {
    font.setPixelSize(std::max(1, qRound(font.pixelSize() * factor)));
  }
  QApplication::setFont(font);
  QApplication::setStyle(new ScaledStyle(factor));
}

}  // namespace

QPalette lightPalette() {
  return paletteOf({.window = 0xfff2f2f4,
                    .base = 0xffffffff,
                    .alternate = 0xfff6f6f8,
                    .button = 0xffe9e9ec,
                    .text = 0xff1b1c1f,
                    .faint = 0xff5f636a,
                    .disabled = 0xff9b9ea4,
                    .edge = 0xffb3b6bc,
                    .accent = 0xff2563c4,
                    .link = 0xff1a5fb4,
                    .visited = 0xff6a3d9a,
                    .tip = 0xffffffff});
}

QPalette darkPalette() {
  return paletteOf({.window = 0xff26282c,
                    .base = 0xff1b1d20,
                    .alternate = 0xff222428,
                    .button = 0xff34373c,
                    .text = 0xffe7e8ea,
                    .faint = 0xffa6aab0,
                    .disabled = 0xff74787f,
                    .edge = 0xff62676f,
                    .accent = 0xff2f6fd0,
                    .link = 0xff8ab4f8,
                    .visited = 0xffc9a8f5,
                    .tip = 0xff34373c});
}

void applyAppearance(const Appearance& appearance) {
  applyScale(appearance.percent);
  const bool dark = appearance.scheme == ColorScheme::System
                        ? isDark(systemPalette())
                        : appearance.scheme == ColorScheme::Dark;
  const QPalette palette = dark ? darkPalette() : lightPalette();
  QApplication::setPalette(palette);
  QToolTip::setPalette(palette);
  QToolTip::setFont(QApplication::font());
}

QString nameOf(ColorScheme scheme) {
  switch (scheme) {
    case ColorScheme::Light:
      return "light";
    case ColorScheme::Dark:
      return "dark";
    case ColorScheme::System:
      break;
  }
  return "system";
}

ColorScheme schemeNamed(const QString& name) {
  return name == "light"  ? ColorScheme::Light
         : name == "dark" ? ColorScheme::Dark
                          : ColorScheme::System;
}

int nearestScale(int percent) {
  const auto& scales = Appearance::kScales;
  return *std::min_element(scales.begin(), scales.end(), [percent](int a, int b) {
    return std::abs(a - percent) < std::abs(b - percent);
  });
}

int nextScale(int percent, int by) {
  const auto& scales = Appearance::kScales;
  const auto now = std::find(scales.begin(), scales.end(), nearestScale(percent)) - scales.begin();
  const auto last = std::ssize(scales) - 1;
  return scales[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(now + by, 0, last))];
}

}  // namespace limoe::gui
