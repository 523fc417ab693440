#include "gui/canvas/token_look.h"

#include <algorithm>
#include <cmath>

#include "gui/view/colors.h"
#include "gui/view/run_source.h"

namespace limoe::gui {
namespace {

/// What stays of a token's tint while another expert is selected.
constexpr double kDimmedStrength = 0.12;
/// Faintest tint of a shaded overlay: still recognisable as tinted.
constexpr double kFaintest = 0.12;

/// 0 … 1; what it tells apart are hundredths, which is what fits on a patch.
void setValue(TokenLook& look, double value) {
  const double shown = std::clamp(value, 0.0, 1.0);
  look.color = viridis(shown).rgb();
  look.number = std::lround(shown * 100);
}

double shadeOf(const WallStyle& style, const probe::Decisions& decisions, std::size_t token,
               std::size_t choice) {
  if (style.shade == OverlayShade::Gate) {
    // A gate of 1/E is what chance gives: it maps to the faintest tint.
    const double chance = 1.0 / static_cast<double>(std::max<std::size_t>(style.colors.size(), 2));
    return (static_cast<double>(decisions.gate[choice]) - chance) / (1 - chance);
  }
  return style.shade == OverlayShade::Margin ? static_cast<double>(decisions.margin[token]) : 1;
}

}  // namespace

OverlayColor shownColor(const ViewState& state, const probe::Layout& layout) {
  return state.overlayColor() == OverlayColor::SecondChoice && layout.top_k < 2
             ? OverlayColor::FirstChoice
             : state.overlayColor();
}

bool tellsExpert(OverlayColor color) {
  return color == OverlayColor::FirstChoice || color == OverlayColor::SecondChoice;
}

bool needsGates(const WallStyle& style) {
  return style.visible && (style.shade != OverlayShade::None || style.color == OverlayColor::Gate ||
                           style.color == OverlayColor::Margin);
}

WallStyle wallStyle(const ViewState& state, const probe::Layout& layout, const QColor& background,
                    const QColor& ink) {
  WallStyle style;
  style.overlay = state.overlayStyle();
  style.color = shownColor(state, layout);
  style.shade = tellsExpert(style.color) ? state.overlayShade() : OverlayShade::None;
  style.visible = state.overlayVisible();
  style.opacity = state.opacity();
  style.selected = state.selectedExpert();
  style.background = background;
  style.ink = ink;
  for (int64_t e = 0; e < layout.experts; ++e) {
    style.colors.push_back(state.colorOfExpert(e, layout.experts).rgb());
    style.hidden.push_back(state.isHidden(e));
  }
  return style;
}

TokenLook tokenLook(const WallStyle& style, const probe::Decisions& decisions, std::size_t token,
                    int64_t top_k, const std::vector<uint16_t>* flips) {
  TokenLook look;
  const std::size_t choice =
      token * static_cast<std::size_t>(top_k) + (style.color == OverlayColor::SecondChoice ? 1 : 0);
  const uint16_t expert = decisions.expert[choice];
  if (!style.visible || expert >= style.colors.size()) {
    return look;
  }
  look.dimmed = style.selected && *style.selected != expert;
  if (style.hidden[expert] || (style.color == OverlayColor::Flips && !flips) ||
      (needsGates(style) && !hasGates(decisions))) {
    return look;
  }
  look.expert = expert;
  look.dropped = decisions.kept[choice] == 0;
  if (style.color == OverlayColor::Gate) {
    setValue(look, static_cast<double>(decisions.gate[choice]));
  } else if (style.color == OverlayColor::Margin) {
    setValue(look, static_cast<double>(decisions.margin[token]));
  } else if (style.color == OverlayColor::Flips) {
    look.number = (*flips)[token];
    look.color = viridis(static_cast<double>(look.number) / style.flips_end).rgb();
  } else {
    look.number = expert;
    look.color = style.colors[expert];
  }
  const double value = std::clamp(shadeOf(style, decisions, token, choice), 0.0, 1.0);
  look.strength = style.opacity * (kFaintest + (1 - kFaintest) * value);
  if (look.dimmed) {
    look.strength *= kDimmedStrength;
  }
  return look;
}

std::string numberText(const WallStyle& style, const TokenLook& look) {
  if (style.color != OverlayColor::Gate && style.color != OverlayColor::Margin) {
    return std::to_string(look.number);
  }
  if (look.number >= 100) {
    return "1";
  }
  return (look.number < 10 ? ".0" : ".") + std::to_string(look.number);
}

double lineStrength(double strength) {
  return 1 - (1 - strength) * (1 - strength);
}

}  // namespace limoe::gui
