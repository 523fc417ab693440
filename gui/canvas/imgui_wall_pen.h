// The wall drawn into a Dear ImGui draw list: the screen's painter.
#pragma once

#include <imgui.h>

#include "gui/canvas/image_textures.h"
#include "gui/canvas/imgui_host.h"
#include "gui/canvas/wall_camera.h"
#include "gui/canvas/wall_scene.h"

namespace limoe::gui {

ImU32 toImColor(QRgb color);

class ImGuiWallPen : public WallPen {
 public:
  ImGuiWallPen(ImDrawList& list, const ImGuiHost& host, ImageTextures& textures,
               const WallView& view, const probe::Layout& layout, const QColor& placeholder);

  void image(const QRectF& rect, const WallSample& sample) override;
  void fills(const std::vector<Fill>& fills) override;
  void edges(const QRectF& patch, const Edges& edges, QRgb color) override;
  void numberChip(const QRectF& patch, const std::string& number, QRgb color) override;
  void cornerNumber(const QRectF& patch, int64_t number, QRgb color) override;
  void word(const Word& word) override;
  void hatch(const QRectF& patch, double strength) override;

 private:
  struct Box {
    ImVec2 from, to;
    float width() const { return to.x - from.x; }
    float height() const { return to.y - from.y; }
  };
  Box box(const QRectF& wall) const;
  void centredText(const Box& box, const char* begin, const char* end, float size, ImU32 color);

  ImDrawList& list_;
  const ImGuiHost& host_;
  ImageTextures& textures_;
  const WallView& view_;
  const probe::Layout& layout_;
  ImU32 placeholder_;
  float hatch_period_;  ///< logical pixels
  ImTextureID hatch_tile_;
};

}  // namespace limoe::gui
