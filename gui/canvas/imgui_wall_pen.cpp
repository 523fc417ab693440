#include "gui/canvas/imgui_wall_pen.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

// Distance of hatch lines along a patch's side, logical pixels.
constexpr double kWidestHatch = 12;
constexpr double kNarrowestHatch = 5;
constexpr float kSmallestText = 5.2F;  // below, words are coloured bars
constexpr float kSmallestChipText = 7;
constexpr float kSmallestNumbered = 17;  // patch width from which a corner number fits

}  // namespace

ImU32 toImColor(QRgb color) {
  return IM_COL32(qRed(color), qGreen(color), qBlue(color), qAlpha(color));
}

ImGuiWallPen::ImGuiWallPen(ImDrawList& list, const ImGuiHost& host, ImageTextures& textures,
                           const WallView& view, const probe::Layout& layout,
                           const QColor& placeholder)
    : list_(list),
      host_(host),
      textures_(textures),
      view_(view),
      layout_(layout),
      placeholder_(toImColor(placeholder.rgba())) {
  const double patch = static_cast<double>(layout.image_width) * view.zoom /
                       static_cast<double>(std::max<int64_t>(layout.patch_columns, 1));
  const double period = std::clamp(0.75 * patch, kNarrowestHatch, kWidestHatch);
  const auto pixels =
      static_cast<int>(std::lround(period * static_cast<double>(host.pixelRatio())));
  hatch_period_ = static_cast<float>(pixels) / host.pixelRatio();
  hatch_tile_ = textures.hatchTile(pixels);
}

ImGuiWallPen::Box ImGuiWallPen::box(const QRectF& wall) const {
  const auto x = [&](double at) { return static_cast<float>(view_.offset.x() + at * view_.zoom); };
  const auto y = [&](double at) { return static_cast<float>(view_.offset.y() + at * view_.zoom); };
  return {{x(wall.left()), y(wall.top())}, {x(wall.right()), y(wall.bottom())}};
}

void ImGuiWallPen::image(const QRectF& rect, const WallSample& sample) {
  const Box b = box(rect);
  const auto place = sample.probe ? textures_.place(sample.sample, sample.probe->images, layout_)
                                  : std::optional<ImageTextures::Place>();
  if (place) {
    list_.AddImage(place->texture, b.from, b.to, place->from, place->to);
  } else {
    list_.AddRectFilled(b.from, b.to, placeholder_);
  }
}

void ImGuiWallPen::fills(const std::vector<Fill>& fills) {
  for (const auto& fill : fills) {
    const Box b = box(fill.rect);
    list_.AddRectFilled(b.from, b.to, toImColor(fill.color));
  }
}

void ImGuiWallPen::edges(const QRectF& patch, const Edges& edges, QRgb color) {
  const Box b = box(patch);
  const float w = std::clamp(0.1F * b.width(), 1.5F, 5.0F);
  const ImU32 c = toImColor(color);
  if (edges.top) {
    list_.AddRectFilled(b.from, {b.to.x, b.from.y + w}, c);
  }
  if (edges.bottom) {
    list_.AddRectFilled({b.from.x, b.to.y - w}, b.to, c);
  }
  // Corners belong to top and bottom: covered twice they would be darker.
  const float top = b.from.y + (edges.top ? w : 0);
  const float bottom = b.to.y - (edges.bottom ? w : 0);
  if (edges.left) {
    list_.AddRectFilled({b.from.x, top}, {b.from.x + w, bottom}, c);
  }
  if (edges.right) {
    list_.AddRectFilled({b.to.x - w, top}, {b.to.x, bottom}, c);
  }
}

void ImGuiWallPen::centredText(const Box& box, const char* begin, const char* end, float size,
                               ImU32 color) {
  const ImFont* font = host_.fontFor(size);
  // Drawn at the size it was rasterised for; only beyond the largest and below the smallest is it
  // scaled.
  const float sharp = host_.fontSize(font);
  const float drawn = size < sharp || size > 1.35F * sharp ? size : sharp;
  const ImVec2 extent = font->CalcTextSizeA(drawn, 1e6F, 0, begin, end);
  const ImVec2 at(std::round(0.5F * (box.from.x + box.to.x - extent.x)),
                  std::round(0.5F * (box.from.y + box.to.y - extent.y)));
  list_.AddText(font, drawn, at, color, begin, end);
}

void ImGuiWallPen::numberChip(const QRectF& patch, const std::string& number, QRgb color) {
  Box b = box(patch);
  const float inset = (number.size() > 2 ? 0.08F : 0.18F) * b.width();
  b = {{b.from.x + inset, b.from.y + inset}, {b.to.x - inset, b.to.y - inset}};
  list_.AddRectFilled(b.from, b.to, toImColor(color), b.width() > 10 ? 0.2F * b.width() : 0);
  const float fitting = b.width() / (0.64F * static_cast<float>(number.size()));
  const float size = std::min({0.78F * b.height(), 22.0F, fitting});
  if (size >= kSmallestChipText) {
    centredText(b, number.data(), number.data() + number.size(), size,
                toImColor(textColorOn(QColor(color)).rgb()));
  }
}

void ImGuiWallPen::cornerNumber(const QRectF& patch, int64_t number, QRgb color) {
  const Box b = box(patch);
  if (b.width() < kSmallestNumbered) {
    return;
  }
  const float size = std::clamp(0.4F * b.height(), 8.0F, 13.0F);
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  const Box corner{b.from, {b.from.x + (number > 9 ? 1.5F : 1.0F) * size, b.from.y + size + 1}};
  list_.AddRectFilled(corner.from, corner.to, toImColor(color | 0xff000000U));
  centredText(corner, digits.begin(), end, size, toImColor(textColorOn(QColor(color)).rgb()));
}

void ImGuiWallPen::word(const Word& word) {
  const Box b = box(word.rect);
  const auto font_size = static_cast<float>(word.font_size * view_.zoom);
  const float radius = font_size > 8 ? 0.22F * font_size : 0;
  if (qAlpha(word.background) != 0) {
    list_.AddRectFilled(b.from, b.to, toImColor(word.background), radius);
  }
  if (qAlpha(word.border) != 0) {
    list_.AddRect({b.from.x + 0.5F, b.from.y + 0.5F}, {b.to.x - 0.5F, b.to.y - 0.5F},
                  toImColor(word.border), radius, 0, std::clamp(0.12F * font_size, 1.0F, 3.0F));
  }
  const ImU32 ink = toImColor(word.ink);
  if (font_size >= kSmallestText) {
    const QByteArray text = word.text.toUtf8();
    centredText(b, text.constData(), text.constData() + text.size(), font_size, ink);
  } else if (qAlpha(word.background) == 0) {
    const float y = 0.5F * (b.from.y + b.to.y);
    const float half = 0.12F * b.height();
    list_.AddRectFilled({b.from.x, y - half}, {b.to.x, y + half},
                        (ink & ~IM_COL32_A_MASK) | (ImU32{90} << IM_COL32_A_SHIFT));
  }
  if (word.struck) {
    const float y = std::round(0.5F * (b.from.y + b.to.y));
    const float thick = std::max(1.0F, std::round(0.085F * font_size));
    list_.AddRectFilled({b.from.x, y}, {b.to.x, y + thick}, ink);
  }
}

void ImGuiWallPen::hatch(const QRectF& patch, double strength) {
  const Box b = box(patch);
  // The pattern keeps its size on the screen over most zooms, runs through from patch to patch,
  // and moves with the wall.
  const auto u = [&](float x) {
    return (x - static_cast<float>(view_.offset.x())) / hatch_period_;
  };
  const auto v = [&](float y) {
    return (y - static_cast<float>(view_.offset.y())) / hatch_period_;
  };
  list_.AddImage(hatch_tile_, b.from, b.to, {u(b.from.x), v(b.from.y)}, {u(b.to.x), v(b.to.y)},
                 IM_COL32(255, 255, 255, std::lround(255 * strength)));
}

}  // namespace limoe::gui
