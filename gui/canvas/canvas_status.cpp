#include <algorithm>
#include <cmath>
#include <string>

#include "gui/canvas/token_look.h"
#include "gui/canvas/token_readout.h"
#include "gui/canvas/tool_strip.h"

namespace limoe::gui {
namespace {

constexpr float kMargin = 10;
constexpr float kPadding = 5;
constexpr float kLineSpace = 3;

QString tr(const char* text) {
  return QString::fromUtf8(text);
}

QString colourMeaning(const RunData& run, const ViewState& state) {
  if (!state.overlayVisible()) {
    return tr("overlay off");
  }
  const OverlayColor color = shownColor(state, run.layout);
  const int64_t choices = run.layout.top_k;
  QString text;
  switch (color) {
    case OverlayColor::FirstChoice:
      text = choices > 1 ? tr("colour = first of %1 choices").arg(choices)
                         : tr("colour = first choice");
      break;
    case OverlayColor::SecondChoice:
      text = tr("colour = second of %1 choices").arg(choices);
      break;
    case OverlayColor::Gate:
      text = tr("colour = gate of the first choice, 0 … 1");
      break;
    case OverlayColor::Margin:
      text = tr("colour = margin to the runner-up, 0 … 1");
      break;
    case OverlayColor::Flips:
      text = tr("colour = changes of the first choice up to this step");
      break;
  }
  if (tellsExpert(color) && state.overlayShade() == OverlayShade::Gate) {
    text += tr(", strength = gate");
  } else if (tellsExpert(color) && state.overlayShade() == OverlayShade::Margin) {
    text += tr(", strength = margin to the runner-up");
  }
  return text + (choices == 1 ? tr(" · hatched or struck = dropped")
                 : color == OverlayColor::SecondChoice
                     ? tr(" · hatched or struck = second dropped")
                     : tr(" · hatched or struck = first dropped"));
}

}  // namespace

QString statusWords(const RunData& run, const ViewState& state) {
  QString words = run.name;
  const int64_t snapshot = state.snapshot();
  const bool routed = snapshot >= 0 && snapshot < static_cast<int64_t>(run.snapshot_steps.size());
  if (routed) {
    words += tr(" · step %1").arg(run.snapshot_steps[static_cast<std::size_t>(snapshot)]);
  }
  if (run.layout.layers == 0) {
    words += tr(" · dense model: nothing is routed");
  } else if (!routed) {
    words += tr(" · no routing recorded yet");
  } else {
    words += tr(" · %1 · %2").arg(layerPlace(run, state.layer()), colourMeaning(run, state));
  }
  return words;
}

float statusLineHeight(float font_pixels, const StatusTexts& texts) {
  return font_pixels + 2 * kPadding + (texts.notes.isEmpty() ? 0 : font_pixels + kLineSpace);
}

void drawStatusLine(float bottom, float width, const StatusTexts& texts) {
  const std::string left = texts.left.toStdString();
  const std::string right = texts.right.toStdString();
  const std::string notes = texts.notes.join(tr(" · ")).toStdString();
  const float height = statusLineHeight(ImGui::GetFontSize(), texts);
  ImGui::SetNextWindowPos({0, bottom - height});
  ImGui::SetNextWindowSize({width, height});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {kMargin, kPadding});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {6, kLineSpace});
  ImGui::Begin("status", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus |
                   ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoScrollWithMouse);
  if (!notes.empty()) {
    ImGui::TextUnformatted(notes.c_str());
  }
  const float right_width = ImGui::CalcTextSize(right.c_str()).x;
  const bool both = ImGui::CalcTextSize(left.c_str()).x + right_width + 3 * kMargin < width;
  ImGui::TextDisabled("%s", left.c_str());
  if (both) {
    ImGui::SameLine(width - kMargin - right_width);
    ImGui::TextDisabled("%s", right.c_str());
  }
  const bool fits = both && ImGui::CalcTextSize(notes.c_str()).x + 2 * kMargin < width;
  if (!fits && ImGui::IsWindowHovered()) {
    ImGui::SetTooltip("%s\n%s\n%s", notes.c_str(), left.c_str(), right.c_str());
  }
  ImGui::End();
  ImGui::PopStyleVar(3);
}

}  // namespace limoe::gui
