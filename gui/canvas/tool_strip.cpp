#include "gui/canvas/tool_strip.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "gui/canvas/imgui_wall_pen.h"
#include "gui/canvas/token_look.h"
#include "gui/canvas/token_readout.h"
#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                    ImGuiWindowFlags_NoSavedSettings |
                                    ImGuiWindowFlags_NoBringToFrontOnFocus;
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

/// Control with a name and what it does.
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

/// A list of which one is chosen; returns what was clicked. The tooltip is the chosen one's.
std::optional<int> choice(const char* id, const std::vector<Segment>& entries, int current) {
  std::optional<int> clicked;
  const auto shown =
      static_cast<std::size_t>(std::clamp(current, 0, static_cast<int>(entries.size()) - 1));
  const bool open = ImGui::BeginCombo(id, entries[shown].label.c_str());
  if (open) {
    for (std::size_t e = 0; e < entries.size(); ++e) {
      if (ImGui::Selectable(entries[e].label.c_str(), e == shown)) {
        clicked = static_cast<int>(e);
      }
      tooltip(entries[e].help.c_str());
    }
    ImGui::EndCombo();
  } else {
    tooltip(entries[shown].help.c_str());
  }
  return clicked;
}

float choiceWidth(const std::vector<Segment>& entries) {
  float width = 0;
  for (const auto& entry : entries) {
    width = std::max(width, buttonWidth(entry.label));
  }
  return width + ImGui::GetFrameHeight();
}

void modeControl(Flow& flow, const StripFacts& facts, ViewState& state, StripRequests& requests) {
  static const std::vector<Segment> kModes = {
      {"Wall",
       "All images, one layer, one step (Backspace; Esc where there is no selection).\n"
       "Up, Down: the image before, after. Alt+arrows: the patch or word beside.\n"
       "Tab: to these controls, then arrows and Space; Esc leaves them"},
      {"Layers", "One image in all MoE layers side by side (Enter)"},
      {"Steps", "One image in this layer at every recorded step (Enter once more)"}};
  flow.group("", segmentsWidth(kModes));
  if (const auto mode = segments("mode", kModes, static_cast<int>(facts.mode))) {
    requests.state_changes.emplace_back(
        [&state, chosen = *mode] { state.setCanvasMode(static_cast<CanvasMode>(chosen)); });
  }
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
    const float width = choiceWidth(layers);
    flow.group("Layer", width);
    ImGui::SetNextItemWidth(width);
    chosen = choice("##layer", layers, current);
  }
  if (chosen) {
    requests.state_changes.emplace_back([&state, layer = *chosen] { state.setLayer(layer); });
  }
}

/// viridis from its dark to its bright end, with the values there.
void colorBar(float width, const std::string& from, const std::string& to) {
  ImGui::SameLine(0, ImGui::GetStyle().ItemSpacing.x);
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(from.c_str());
  ImGui::SameLine(0, 4);
  const float height = 0.7F * ImGui::GetFontSize();
  ImVec2 at = ImGui::GetCursorScreenPos();
  at.y += 0.5F * (ImGui::GetFrameHeight() - height);
  constexpr int kParts = 16;
  for (int part = 0; part < kParts; ++part) {
    const float step = width / kParts;
    const auto color = [&](int p) {
      return toImColor(viridis(static_cast<double>(p) / kParts).rgba());
    };
    ImGui::GetWindowDrawList()->AddRectFilledMultiColor(
        {at.x + static_cast<float>(part) * step, at.y},
        {at.x + static_cast<float>(part + 1) * step, at.y + height}, color(part), color(part + 1),
        color(part + 1), color(part));
  }
  ImGui::Dummy({width, ImGui::GetFrameHeight()});
  tooltip("What the colours stand for: viridis from the smallest to the largest value");
  ImGui::SameLine(0, 4);
  ImGui::TextUnformatted(to.c_str());
}

void colorControl(Flow& flow, const RunData& run, const StripFacts& facts, ViewState& state,
                  StripRequests& requests) {
  std::vector<std::pair<OverlayColor, Segment>> offered = {
      {OverlayColor::FirstChoice, {"First choice", "Colour by the expert with the highest gate"}},
      {OverlayColor::SecondChoice, {"Second choice", "Colour by the expert chosen second"}},
      {OverlayColor::Gate, {"Gate", "Colour by the first choice's gate, 0 to 1"}},
      {OverlayColor::Margin, {"Margin", "Colour by the lead over the runner-up, 0 to 1"}},
      {OverlayColor::Flips,
       {"Flips",
        "Colour by how often the first choice changed over the recorded steps up to this "
        "one"}}};
  if (run.layout.top_k < 2) {
    offered.erase(offered.begin() + 1);
  }
  const OverlayColor shown = shownColor(state, run.layout);
  std::vector<Segment> entries;
  int current = 0;
  for (const auto& [color, entry] : offered) {
    current = color == shown ? static_cast<int>(entries.size()) : current;
    entries.push_back(entry);
  }
  const bool value = !tellsExpert(shown);
  const float bar = 4.5F * ImGui::GetFontSize();
  const std::string end =
      shown == OverlayColor::Flips ? std::to_string(std::lround(facts.flips_end)) : "1";
  const float width = choiceWidth(entries);
  flow.group("Colour", width + (value ? bar + textWidth("0" + end) + 14 : 0));
  ImGui::SetNextItemWidth(width);
  if (const auto chosen = choice("##color", entries, current)) {
    requests.state_changes.emplace_back(
        [&state, color = offered[static_cast<std::size_t>(*chosen)].first] {
          state.setOverlayColor(color);
        });
  }
  if (value) {
    colorBar(bar, "0", end);
    return;
  }
  static const std::vector<Segment> kShades = {
      {"Even", "All tints equally strong"},
      {"Gate", "The stronger the tint, the higher the gate: from 1/E (chance) to 1"},
      {"Margin", "The stronger the tint, the further ahead of the runner-up: from 0 to 1"}};
  const float shade_width = choiceWidth(kShades);
  flow.group("Strength", shade_width);
  ImGui::SetNextItemWidth(shade_width);
  if (const auto shade = choice("##shade", kShades, static_cast<int>(state.overlayShade()))) {
    requests.state_changes.emplace_back(
        [&state, chosen = *shade] { state.setOverlayShade(static_cast<OverlayShade>(chosen)); });
  }
}

void overlayControls(Flow& flow, ViewState& state, StripRequests& requests) {
  const float switch_width =
      ImGui::GetFrameHeight() + ImGui::GetStyle().ItemInnerSpacing.x + textWidth("Overlay");
  const float slider_width = 4.5F * ImGui::GetFontSize();
  const float number_width = textWidth("100 %");
  flow.group("", switch_width + slider_width + number_width + 2 * ImGui::GetStyle().ItemSpacing.x);
  bool visible = state.overlayVisible();
  if (ImGui::Checkbox("Overlay", &visible)) {
    requests.state_changes.emplace_back([&state, visible] { state.setOverlayVisible(visible); });
  }
  tooltip("Show which expert takes each patch and word, or the bare images (O)");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(slider_width);
  int percent = static_cast<int>(std::lround(state.opacity() * 100));
  // The number stands beside the slider, whose knob would lie on it; while one is typed, in it.
  const bool typed = ImGui::GetIO().WantTextInput;
  ImGui::PushStyleColor(ImGuiCol_Text, typed ? ImGui::GetStyleColorVec4(ImGuiCol_Text) : ImVec4());
  if (ImGui::SliderInt("##opacity", &percent, 0, 100, "%d %%", ImGuiSliderFlags_AlwaysClamp)) {
    requests.state_changes.emplace_back([&state, percent] { state.setOpacity(percent / 100.0); });
  }
  ImGui::PopStyleColor();
  tooltip("Opacity of the overlay. Ctrl+click to type a number");
  ImGui::SameLine();
  const std::string number = std::to_string(percent) + " %";
  const float at = ImGui::GetCursorPosX();
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(number.c_str());
  ImGui::SameLine(at + number_width, 0);
  ImGui::Dummy({0, ImGui::GetFrameHeight()});

  static const std::vector<Segment> kStyles = {
      {"Fill", "Tint each patch"},
      {"Outline", "Draw a line around each region of one colour; the picture stays free"},
      {"Number", "Write on each patch its expert's number, or the value"}};
  flow.group("", segmentsWidth(kStyles));
  if (const auto style = segments("style", kStyles, static_cast<int>(state.overlayStyle()))) {
    requests.state_changes.emplace_back(
        [&state, chosen = *style] { state.setOverlayStyle(static_cast<OverlayStyle>(chosen)); });
  }
}

void orderControl(Flow& flow, ViewState& state, StripMemory& memory, StripRequests& requests) {
  static const std::vector<Segment> kOrders = {
      {"As recorded", "Images in the order of the probe"},
      {"Word", "Images whose caption has a word come first"},
      {"Expert share", "Largest share of patches that choose the selected expert first"},
      {"Entropy", "Highest mean entropy of the patches' distributions over experts first"},
      {"Dropped", "Most dropped patches first: their first choice had no room"}};
  const bool by_word = state.wallOrder() == WallOrder::Word;
  const float width = choiceWidth(kOrders);
  const float word_width = 7 * ImGui::GetFontSize();
  flow.group("Order", width + (by_word ? word_width + ImGui::GetStyle().ItemSpacing.x : 0));
  ImGui::SetNextItemWidth(width);
  if (const auto order = choice("##order", kOrders, static_cast<int>(state.wallOrder()))) {
    requests.state_changes.emplace_back([&state, chosen = static_cast<WallOrder>(*order)] {
      state.setWallOrder(chosen, state.orderWord());
    });
  }
  if (!by_word) {
    return;
  }
  if (!memory.typing) {
    const std::string word = state.orderWord().toStdString();
    const std::size_t length = std::min(word.size(), memory.word.size() - 1);
    memory.word.fill(0);
    std::copy_n(word.begin(), length, memory.word.begin());
  }
  ImGui::SameLine();
  ImGui::SetNextItemWidth(word_width);
  const bool entered =
      ImGui::InputTextWithHint("##word", "word", memory.word.data(), memory.word.size(),
                               ImGuiInputTextFlags_EnterReturnsTrue);
  tooltip("A whole word of the caption, then Enter");
  memory.typing = ImGui::IsItemActive();
  if (entered || ImGui::IsItemDeactivatedAfterEdit()) {
    memory.typing = true;  // until the state has it
    requests.state_changes.emplace_back(
        [&state, &memory, word = QString::fromUtf8(memory.word.data())] {
          memory.typing = false;
          state.setWallOrder(WallOrder::Word, word.trimmed());
        });
  }
}

void imageControl(Flow& flow, const RunData& run, const StripFacts& facts,
                  StripRequests& requests) {
  const float step = ImGui::GetFrameHeight();
  const std::string text =
      std::to_string(facts.sample) + " of " + std::to_string(run.layout.samples);
  flow.group("Image", 2 * step + textWidth(text) + 2 * ImGui::GetStyle().ItemInnerSpacing.x);
  if (ImGui::Button("↑##image", {step, 0})) {
    requests.image_step = -1;
  }
  tooltip("The image before, in the wall's order (Up)");
  ImGui::SameLine(0, ImGui::GetStyle().ItemInnerSpacing.x);
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(text.c_str());
  tooltip("Number of the probe sample, counted from 0 as in the recording");
  ImGui::SameLine(0, ImGui::GetStyle().ItemInnerSpacing.x);
  if (ImGui::Button("↓##image", {step, 0})) {
    requests.image_step = 1;
  }
  tooltip("The image after, in the wall's order (Down)");
}

void wallControls(Flow& flow, const StripFacts& facts, StripRequests& requests) {
  const int64_t columns = facts.columns;
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
  if (ImGui::Button("+##columns", {step, 0}) && columns < facts.slots) {
    requests.columns = columns + 1;
  }
  tooltip("More, smaller images in a row");

  flow.group("", buttonWidth("Fit") + kSegmentSpace + buttonWidth("1:1"));
  if (ImGui::Button("Fit")) {
    requests.fit = true;
  }
  tooltip("Show everything (F, or double-click)");
  ImGui::SameLine(0, kSegmentSpace);
  if (ImGui::Button("1:1")) {
    requests.actual_size = true;
  }
  tooltip("One image pixel on one screen pixel (Ctrl+0)");
}

/// As WalkBar has it for walks of other views; last in the strip, so that it moves nothing.
void flipsControl(Flow& flow, const Standing& flips, StripRequests& requests) {
  using Kind = Standing::Kind;
  const bool waits = flips.kind == Kind::Waiting;
  if (!waits && flips.kind != Kind::Stopped && flips.kind != Kind::Failed) {
    return;
  }
  const std::string percent = std::to_string(std::lround(flips.done * 100)) + " %";
  const std::string words = flips.kind == Kind::Failed ? "Counting flips failed"
                            : waits                    ? "Counting flips: " + percent
                                                       : "Counting flips: stopped at " + percent;
  const char* label = waits ? "Cancel" : flips.kind == Kind::Failed ? "Try again" : "Go on";
  flow.group("", textWidth(words) + ImGui::GetStyle().ItemSpacing.x + buttonWidth(label));
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(words.c_str());
  if (flips.kind == Kind::Failed) {
    tooltip(flips.failure.toStdString().c_str());
  }
  ImGui::SameLine();
  if (ImGui::Button((std::string(label) + "##flips").c_str())) {
    (waits ? requests.stop_flips : requests.go_on_flips) = true;
  }
  tooltip(waits                        ? "Stop reading the steps; it can be gone on with"
          : flips.kind == Kind::Failed ? "Read the steps once more"
                                       : "Go on reading where it was stopped");
}

}  // namespace

float drawToolStrip(float width, float most, const RunData& run, ViewState& state,
                    const StripFacts& facts, StripMemory& memory, StripRequests& requests) {
  ImGui::SetNextWindowPos({0, 0});
  const bool scrolls = memory.whole_height > most;
  ImGui::SetNextWindowSize({width, scrolls ? most : 0});
  ImGui::Begin(kStripWindow, nullptr,
               scrolls
                   ? kFixed & ~(ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse)
                   : kFixed | ImGuiWindowFlags_AlwaysAutoResize);
  Flow flow(width - 2 * ImGui::GetStyle().WindowPadding.x -
            (scrolls ? ImGui::GetStyle().ScrollbarSize : 0));
  if (run.layout.layers > 0) {
    modeControl(flow, facts, state, requests);
    if (facts.mode != CanvasMode::Wall) {
      imageControl(flow, run, facts, requests);
    }
    layerControl(flow, run, state, requests);
    overlayControls(flow, state, requests);
    colorControl(flow, run, facts, state, requests);
    if (facts.mode == CanvasMode::Wall) {
      orderControl(flow, state, memory, requests);
    }
  }
  wallControls(flow, facts, requests);
  flipsControl(flow, facts.flips, requests);
  // Not GetWindowHeight(): an automatic size follows its contents one frame late.
  memory.whole_height =
      ImGui::GetCursorPosY() - ImGui::GetStyle().ItemSpacing.y + ImGui::GetStyle().WindowPadding.y;
  ImGui::End();
  return std::min(memory.whole_height, most);
}

}  // namespace limoe::gui
