// How all windows of the program look: light or dark, and how large text and controls are.
#pragma once

#include <QPalette>
#include <QString>
#include <array>

namespace limoe::gui {

enum class ColorScheme { System, Light, Dark };

struct Appearance {
  /// Offered sizes of text and controls, in percent of the system's.
  static constexpr std::array<int, 8> kScales = {75, 90, 100, 110, 125, 150, 175, 200};

  ColorScheme scheme = ColorScheme::System;
  int percent = 100;  ///< one of kScales
  bool operator==(const Appearance&) const = default;
};

/// Palettes in which every text that can be read has a contrast of 4.5 : 1 or more.
QPalette lightPalette();
QPalette darkPalette();

/// Repaints every window of the program at once; canvas and charts follow palette and font.
/// System: light or dark, whichever the system's own colours are. Needs a QApplication.
void applyAppearance(const Appearance& appearance);

/// "system", "light", "dark"; anything else is the system's.
QString nameOf(ColorScheme scheme);
ColorScheme schemeNamed(const QString& name);
/// The offered scale nearest to `percent`.
int nearestScale(int percent);
/// The next larger (`by` = 1) or smaller (−1) offered scale; the last stays.
int nextScale(int percent, int by);

}  // namespace limoe::gui
