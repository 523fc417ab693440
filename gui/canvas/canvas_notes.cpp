#include "gui/canvas/canvas_notes.h"

#include <algorithm>
#include <cmath>

#include "gui/canvas/imgui_wall_pen.h"

namespace limoe::gui {
namespace {

constexpr float kReadoutDistance = 18;  // from the pointer

void drawReadoutContents(const TokenReadout& readout, const QColor& color) {
  if (readout.expert >= 0) {
    const float size = ImGui::GetFontSize();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::GetWindowDrawList()->AddRectFilled({at.x, at.y + 0.1F * size},
                                              {at.x + 0.85F * size, at.y + 0.95F * size},
                                              toImColor(color.rgba()), 3);
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

void drawTitle(ImDrawList& list, const ImGuiHost& host, const QRectF& rect, const QString& title,
               const QString& note, bool current, const TitleColors& colors) {
  constexpr float kNoteSize = 0.85F;
  const QByteArray words = title.toUtf8();
  const QByteArray quiet = note.toUtf8();
  const auto width_at = [](ImFont* font, float size, const QByteArray& text) {
    return font->CalcTextSizeA(size, 1e6F, 0, text.constData()).x;
  };
  const auto width = static_cast<float>(rect.width());
  float wanted = std::clamp(0.62F * static_cast<float>(rect.height()), 8.0F, 17.0F);
  ImFont* font = host.fontFor(wanted);
  const float needed = width_at(font, wanted, words) + width_at(font, kNoteSize * wanted, quiet) +
                       (quiet.isEmpty() ? 0.8F : 1.6F) * wanted;
  wanted = std::max(7.0F, wanted * std::min(1.0F, width / needed));
  font = host.fontFor(wanted);
  const float size = std::min(wanted, host.fontSize(font));
  const float padding = 0.4F * size;
  const auto left = static_cast<float>(rect.left());
  const float top = std::round(static_cast<float>(rect.bottom()) - 1.5F * size);
  const float words_width = width_at(font, size, words);
  if (current) {
    list.AddRectFilled({left, top - 0.15F * size},
                       {left + words_width + 2 * padding, top + 1.2F * size},
                       toImColor(colors.accent.rgba()), 0.3F * size);
  }
  list.AddText(font, size, {std::round(left + (current ? padding : 0)), top},
               toImColor((current ? colors.on_accent : colors.ink).rgba()), words.constData());
  if (!quiet.isEmpty()) {
    QColor faded = colors.ink;
    faded.setAlphaF(0.65F);
    const float small = kNoteSize * size;
    list.AddText(host.fontFor(small), small,
                 {std::round(left + words_width + 3 * padding), top + 0.93F * (size - small)},
                 toImColor(faded.rgba()), quiet.constData());
  }
}

void drawOutline(ImDrawList& list, const QRectF& rect, const QColor& color) {
  list.AddRect({static_cast<float>(rect.left()) - 2, static_cast<float>(rect.top()) - 2},
               {static_cast<float>(rect.right()) + 2, static_cast<float>(rect.bottom()) + 2},
               toImColor(color.rgba()), 2, 0, 2);
}

void drawReadout(const TokenReadout& readout, const QColor& color, const QPointF& pointer,
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
  drawReadoutContents(readout, color);
  ImGui::End();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(3);
}

float drawNotice(const ImGuiHost& host, const Notice& notice, const QSize& canvas) {
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
  return y;
}

bool drawNoticeButton(const char* label, const char* tooltip, float top, const QSize& canvas) {
  ImGui::SetNextWindowPos({0.5F * static_cast<float>(canvas.width()), top}, ImGuiCond_Always,
                          {0.5F, 0});
  ImGui::Begin("notice", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_AlwaysAutoResize |
                   ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoNav);
  const bool clicked = ImGui::Button(label);
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("%s", tooltip);
  }
  ImGui::End();
  return clicked;
}

}  // namespace limoe::gui
