#include "gui/canvas/tool_strip.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "gui/canvas/token_readout.h"

namespace limoe::gui {
namespace {

constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                    ImGuiWindowFlags_NoSavedSettings |
                                    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNav;
/// More layers than this are chosen from a list.
constexpr std::size_t kMostLayerButtons = 8;
constexpr float kGroupSpace = 18;
constexpr float kSegmentSpace = 1;

void tooltip(const char* text) {
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) {
    ImGui::SetTooltip("%s", text);
  }
}

float textWidth(const std::string& text) {
  return ImGui::CalcTextSize(text.c_str()).x;
}

float buttonWidth(const std::string& text) {
  return textWidth(text) + 2 * ImGui::GetStyle().FramePadding.x;
}

/// Groups of controls side by side, in as many rows as the width needs.
class Flow {
 public:
  explicit Flow(float right) : right_(right) {}

  /// Starts a group that is `width` wide and shows its name before it.
  void group(const char* name, float width) {
    const float label = *name != 0 ? textWidth(name) + ImGui::GetStyle().ItemSpacing.x : 0;
    if (used_ > 0 && used_ + kGroupSpace + label + width <= right_) {
      ImGui::SameLine(0, kGroupSpace);
      used_ += kGroupSpace + label + width;
    } else {
      used_ = label + width;
    }
    if (*name != 0) {
      ImGui::AlignTextToFramePadding();
      ImGui::TextDisabled("%s", name);
      ImGui::SameLine();
    }
  }

 private:
  float right_;
  float used_ = 0;
};

struct Segment {
  std::string label;
  std::string help;
};

float segmentsWidth(const std::vector<Segment>& segments) {
  float width = -kSegmentSpace;
  for (const auto& segment : segments) {
    width += buttonWidth(segment.label) + kSegmentSpace;
  }
  return width;
}

/// Buttons of which one is down; returns the one that was clicked.
std::optional<int> segments(const char* id, const std::vector<Segment>& segments, int current) {
  std::optional<int> clicked;
  ImGui::PushID(id);
  for (std::size_t s = 0; s < segments.size(); ++s) {
    if (s > 0) {
      ImGui::SameLine(0, kSegmentSpace);
    }
    const bool down = static_cast<int>(s) == current;
    if (down) {
      const ImVec4 accent = ImGui::GetStyleColorVec4(ImGuiCol_ButtonActive);
      ImGui::PushStyleColor(ImGuiCol_Button, accent);
      ImGui::PushStyleColor(ImGuiCol_ButtonHovered, accent);
      const float luminance = 0.2126F * accent.x + 0.7152F * accent.y + 0.0722F * accent.z;
      ImGui::PushStyleColor(ImGuiCol_Text,
                            luminance > 0.55F ? ImVec4(0, 0, 0, 1) : ImVec4(1, 1, 1, 1));
    }
    if (ImGui::Button((segments[s].label + "##" + std::to_string(s)).c_str())) {
      clicked = static_cast<int>(s);
    }
    if (down) {
      ImGui::PopStyleColor(3);
    }
    tooltip(segments[s].help.c_str());
  }
  ImGui::PopID();
  return clicked;
}

void layerControl(Flow& flow, const RunData& run, ViewState& state, StripRequests& requests) {
  std::vector<Segment> layers;
  for (int64_t l = 0; l < run.layout.layers; ++l) {
    layers.push_back({layerName(run, l).toStdString(),
                      layerPlace(run, l).toStdString() + "\nPrevious and next layer: [ and ]"});
  }
  const int current = static_cast<int>(state.layer());
  std::optional<int> chosen;
  if (layers.size() <= kMostLayerButtons) {
    flow.group("Layer", segmentsWidth(layers));
    chosen = segments("layer", layers, current);
  } else {
    float width = 0;
    for (const auto& layer : layers) {
      width = std::max(width, buttonWidth(layer.label));
    }
    width += ImGui::GetFrameHeight();
    flow.group("Layer", width);
    ImGui::SetNextItemWidth(width);
    const auto shown =
        static_cast<std::size_t>(std::clamp(current, 0, static_cast<int>(layers.size()) - 1));
    if (ImGui::BeginCombo("##layer", layers[shown].label.c_str())) {
      for (std::size_t l = 0; l < layers.size(); ++l) {
        if (ImGui::Selectable(layers[l].label.c_str(), l == shown)) {
          chosen = static_cast<int>(l);
        }
      }
      ImGui::EndCombo();
    }
    tooltip(layers[shown].help.c_str());
  }
  if (chosen) {
    requests.state_changes.emplace_back([&state, layer = *chosen] { state.setLayer(layer); });
  }
}

void overlayControls(Flow& flow, ViewState& state, StripRequests& requests) {
  const float switch_width =
      ImGui::GetFrameHeight() + ImGui::GetStyle().ItemInnerSpacing.x + textWidth("Overlay");
  flow.group("", switch_width);
  bool visible = state.overlayVisible();
  if (ImGui::Checkbox("Overlay", &visible)) {
    requests.state_changes.emplace_back([&state, visible] { state.setOverlayVisible(visible); });
  }
  tooltip("Show which expert takes each patch and word, or the bare images (O)");

  static const std::vector<Segment> kStyles = {
      {"Fill", "Tint each patch in the colour of its expert"},
      {"Outline", "Draw a line around each expert's region; the picture stays free"},
      {"Number", "Write each expert's number on its patches"}};
  flow.group("", segmentsWidth(kStyles));
  if (const auto style = segments("style", kStyles, static_cast<int>(state.overlayStyle()))) {
    requests.state_changes.emplace_back(
        [&state, chosen = *style] { state.setOverlayStyle(static_cast<OverlayStyle>(chosen)); });
  }

  static const std::vector<Segment> kShades = {
      {"None", "All tints equally strong"},
      {"Gate", "The stronger the tint, the higher the gate: from 1/E (chance) to 1"},
      {"Margin", "The stronger the tint, the further ahead of the runner-up: from 0 to 1"}};
  flow.group("Shade by", segmentsWidth(kShades));
  if (const auto shade = segments("shade", kShades, static_cast<int>(state.overlayShade()))) {
    requests.state_changes.emplace_back(
        [&state, chosen = *shade] { state.setOverlayShade(static_cast<OverlayShade>(chosen)); });
  }

  const float slider_width = 7 * ImGui::GetFontSize();
  flow.group("Opacity", slider_width);
  ImGui::SetNextItemWidth(slider_width);
  int percent = static_cast<int>(std::lround(state.opacity() * 100));
  if (ImGui::SliderInt("##opacity", &percent, 0, 100, "%d %%", ImGuiSliderFlags_AlwaysClamp)) {
    requests.state_changes.emplace_back([&state, percent] { state.setOpacity(percent / 100.0); });
  }
  tooltip("Strength of the overlay. Ctrl+click to type a number");
}

void wallControls(Flow& flow, const RunData& run, int64_t columns, StripRequests& requests) {
  const float step = ImGui::GetFrameHeight();
  const std::string count = std::to_string(columns);
  const float count_width = std::max(textWidth(count), textWidth("00"));
  flow.group("Columns", 2 * step + count_width + 2 * ImGui::GetStyle().ItemInnerSpacing.x);
  if (ImGui::Button("–##columns", {step, 0}) && columns > 1) {
    requests.columns = columns - 1;
  }
  tooltip("Fewer, larger images in a row");
  ImGui::SameLine(0, ImGui::GetStyle().ItemInnerSpacing.x);
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + 0.5F * (count_width - textWidth(count)));
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(count.c_str());
  tooltip("Images in a row");
  ImGui::SameLine(0,
                  ImGui::GetStyle().ItemInnerSpacing.x + 0.5F * (count_width - textWidth(count)));
  if (ImGui::Button("+##columns", {step, 0}) && columns < run.layout.samples) {
    requests.columns = columns + 1;
  }
  tooltip("More, smaller images in a row");

  flow.group("", buttonWidth("Fit") + kSegmentSpace + buttonWidth("1:1"));
  if (ImGui::Button("Fit")) {
    requests.fit = true;
  }
  tooltip("Show the whole wall (F, or double-click)");
  ImGui::SameLine(0, kSegmentSpace);
  if (ImGui::Button("1:1")) {
    requests.actual_size = true;
  }
  tooltip("One image pixel on one screen pixel (Ctrl+0)");
}

QString colourMeaning(const RunData& run, const ViewState& state) {
  const auto tr = [](const char* text) { return QString::fromUtf8(text); };
  if (!state.overlayVisible()) {
    return tr("overlay off");
  }
  QString text = run.layout.top_k > 1 ? tr("colour = first of %1 choices").arg(run.layout.top_k)
                                      : tr("colour = first choice");
  if (state.overlayShade() == OverlayShade::Gate) {
    text += tr(", strength = gate");
  } else if (state.overlayShade() == OverlayShade::Margin) {
    text += tr(", strength = margin to the runner-up");
  }
  return text + tr(" · hatched or struck = dropped");
}

}  // namespace

float drawToolStrip(float width, const RunData& run, ViewState& state, int64_t columns,
                    StripRequests& requests) {
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize({width, 0});
  ImGui::Begin("strip", nullptr, kFixed | ImGuiWindowFlags_AlwaysAutoResize);
  Flow flow(width - 2 * ImGui::GetStyle().WindowPadding.x);
  if (run.layout.layers > 0) {
    layerControl(flow, run, state, requests);
    overlayControls(flow, state, requests);
  }
  wallControls(flow, run, columns, requests);
  // Not GetWindowHeight(): an automatic size follows its contents one frame late.
  const float height =
      ImGui::GetCursorPosY() - ImGui::GetStyle().ItemSpacing.y + ImGui::GetStyle().WindowPadding.y;
  ImGui::End();
  return height;
}

StatusTexts statusTexts(const RunData& run, const ViewState& state, double zoom, bool pending) {
  const auto tr = [](const char* text) { return QString::fromUtf8(text); };
  StatusTexts texts;
  texts.left = run.name;
  const int64_t snapshot = state.snapshot();
  const bool routed = snapshot >= 0 && snapshot < static_cast<int64_t>(run.snapshot_steps.size());
  if (routed) {
    texts.left += tr(" · step %1").arg(run.snapshot_steps[static_cast<std::size_t>(snapshot)]);
  }
  if (run.layout.layers == 0) {
    texts.left += tr(" · dense model: nothing is routed");
  } else if (!routed) {
    texts.left += tr(" · no routing recorded yet");
  } else {
    texts.left += tr(" · %1 · %2").arg(layerPlace(run, state.layer()), colourMeaning(run, state));
  }
  texts.right = (pending ? tr("reading … · ") : QString()) +
                tr("%1 images · %2 %").arg(run.layout.samples).arg(std::lround(zoom * 100));
  return texts;
}

float statusLineHeight() {
  return ImGui::GetFontSize() + 2 * 5;
}

float drawStatusLine(float top, float width, const StatusTexts& texts) {
  const std::string left = texts.left.toStdString();
  const std::string right = texts.right.toStdString();
  const float height = statusLineHeight();
  ImGui::SetNextWindowPos({0, top});
  ImGui::SetNextWindowSize({width, height});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {10, 5});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  ImGui::Begin("status", nullptr, kFixed | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleVar(2);
  const float right_edge = width - 10;
  const float right_width = textWidth(right);
  const bool both = textWidth(left) + right_width + 30 < width;
  ImGui::TextDisabled("%s", left.c_str());
  if (!both) {
    tooltip((left + "\n" + right).c_str());
  } else {
    ImGui::SameLine(right_edge - right_width);
    ImGui::TextDisabled("%s", right.c_str());
  }
  ImGui::End();
  return height;
}

}  // namespace limoe::gui
