// How one token of the wall looks: colour, strength, hatch and number.
#pragma once

#include <QColor>
#include <QRgb>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gui/view/view_state.h"
#include "routing_probe/recording/recording.h"

namespace limoe::gui {

/// How overlays look now: ViewState and the colours of the place where the wall is drawn.
struct WallStyle {
  OverlayStyle overlay = OverlayStyle::Fill;
  OverlayShade shade = OverlayShade::None;
  OverlayColor color = OverlayColor::FirstChoice;
  bool visible = true;
  double opacity = 1;
  double flips_end = 1;      ///< count at viridis' bright end
  std::vector<QRgb> colors;  ///< [E]
  std::vector<bool> hidden;  ///< [E]
  std::optional<int64_t> selected;
  QColor background;  ///< behind the wall
  QColor ink;         ///< of words without an expert's colour
};

WallStyle wallStyle(const ViewState& state, const probe::Layout& layout, const QColor& background,
                    const QColor& ink);

/// The colour that can be shown: there is no second choice where K = 1.
OverlayColor shownColor(const ViewState& state, const probe::Layout& layout);
/// Whether it tells an expert, not a value.
bool tellsExpert(OverlayColor color);

/// Whether it looks at gates or margins.
bool needsGates(const WallStyle& style);

/// How one token is drawn.
struct TokenLook {
  /// Whose token it is: first choice, or the second where that gives the colour; −1: nothing is
  /// drawn, because it is not routed here, hidden, not counted or read yet or does not match the
  /// filter.
  int64_t expert = -1;
  QRgb color = 0;        ///< of the expert or the value
  int64_t number = 0;    ///< the expert, the count, or hundredths of gate or margin
  double strength = 0;   ///< 0 … 1: alpha of a fill
  bool dropped = false;  ///< that choice had no room
  bool dimmed = false;   ///< another expert is selected
};

/// `token` counts through [n, U] of `decisions`; `flips` [n, U]: nullptr while not counted.
TokenLook tokenLook(const WallStyle& style, const probe::Decisions& decisions, std::size_t token,
                    int64_t top_k, const std::vector<uint16_t>* flips = nullptr);

/// What the look's number is written as: "7", and ".87" or "1" for a gate or margin.
std::string numberText(const WallStyle& style, const TokenLook& look);

/// Alpha of lines and chips: they cover little, so they are stronger than a fill of that strength.
double lineStrength(double strength);

}  // namespace limoe::gui
