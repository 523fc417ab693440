#include "gui/canvas/canvas_notes.h"

#include <algorithm>
#include <cmath>

#include "gui/canvas/imgui_wall_pen.h"
#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

constexpr float kReadoutDistance = 18;  // from the pointer

void drawReadoutContents(const TokenReadout& readout, int64_t experts) {
  if (readout.expert >= 0) {
    const float size = ImGui::GetFontSize();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::GetWindowDrawList()->AddRectFilled(
        {at.x, at.y + 0.1F * size}, {at.x + 0.85F * size, at.y + 0.95F * size},
        toImColor(expertColor(readout.expert, experts).rgba()), 3);
    ImGui::Dummy({0.85F * size, size});
    ImGui::SameLine();
  }
  ImGui::TextUnformatted(readout.title.toUtf8().constData());
  float names = 0;
  for (const auto& [name, value] : readout.lines) {
    names = std::max(names, ImGui::CalcTextSize(name.toUtf8().constData()).x);
  }
  for (const auto& [name, value] : readout.lines) {
    ImGui::TextDisabled("%s", name.toUtf8().constData());
    ImGui::SameLine(ImGui::GetStyle().WindowPadding.x + names + 14);
    ImGui::TextUnformatted(value.toUtf8().constData());
  }
}

}  // namespace

void drawTokenFrame(ImDrawList& list, const QRectF& rect, float thickness) {
  const float by = 0.5F * thickness + 0.5F;
  const ImVec2 from(static_cast<float>(rect.left()) - by, static_cast<float>(rect.top()) - by);
  const ImVec2 to(static_cast<float>(rect.right()) + by, static_cast<float>(rect.bottom()) + by);
  list.AddRect(from, to, IM_COL32(0, 0, 0, 235), 1.5F, 0, thickness + 2);
  list.AddRect(from, to, IM_COL32(255, 255, 255, 255), 1.5F, 0, thickness);
}

void drawReadout(const TokenReadout& readout, int64_t experts, const QPointF& pointer,
                 const QSize& canvas) {
  const auto x = static_cast<float>(pointer.x());
  const auto y = static_cast<float>(pointer.y());
  // It must neither leave the canvas nor cover the token.
  const bool to_left = x > 0.6F * static_cast<float>(canvas.width());
  const bool upwards = y > 0.6F * static_cast<float>(canvas.height());
  ImGui::SetNextWindowPos({x + (to_left ? -kReadoutDistance : kReadoutDistance),
                           y + (upwards ? -kReadoutDistance : kReadoutDistance)},
                          ImGuiCond_Always, {to_left ? 1.0F : 0.0F, upwards ? 1.0F : 0.0F});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 6);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {11, 9});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ImGui::GetStyleColorVec4(ImGuiCol_PopupBg));
  ImGui::Begin("readout", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoInputs |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_AlwaysAutoResize |
                   ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav);
  drawReadoutContents(readout, experts);
  ImGui::End();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(3);
}

void drawNotice(const ImGuiHost& host, const Notice& notice, const QSize& canvas) {
  ImDrawList& list = *ImGui::GetBackgroundDrawList();
  const auto width = static_cast<float>(canvas.width());
  const float wrap = std::max(120.0F, 0.8F * width);
  const float body = ImGui::GetFontSize();
  float y = 0.42F * static_cast<float>(canvas.height());
  const auto line = [&](const QString& words, float wanted, ImGuiCol color) {
    const QByteArray text = words.toUtf8();
    ImFont* font = host.fontFor(wanted);
    const float size = host.fontSize(font);
    const ImVec2 extent = font->CalcTextSizeA(size, 1e6F, wrap, text.constData());
    list.AddText(font, size, {std::round(0.5F * (width - extent.x)), std::round(y)},
                 ImGui::GetColorU32(color), text.constData(), nullptr, wrap);
    y += extent.y + 0.6F * body;
  };
  line(notice.headline, 1.7F * body, ImGuiCol_Text);
  for (const auto& words : notice.lines) {
    line(words, 1.15F * body, ImGuiCol_TextDisabled);
  }
}

}  // namespace limoe::gui
