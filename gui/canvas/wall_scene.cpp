#include "gui/canvas/wall_scene.h"

#include <algorithm>
#include <cmath>

#include "gui/canvas/flip_counts.h"
#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

/// How much of the background is laid over a patch's picture while another expert is selected.
constexpr double kVeil = 0.62;
/// Of a hatch there.
constexpr double kDimmedHatch = 0.4;

QRgb withAlpha(QRgb color, double alpha) {
  return qRgba(qRed(color), qGreen(color), qBlue(color),
               static_cast<int>(std::lround(std::clamp(alpha, 0.0, 1.0) * 255)));
}

struct Hatch {
  QRectF rect;
  double strength = 1;
};

struct Chip {
  QRectF rect;
  std::string number;
  QRgb color = 0;
};

struct Corner {
  QRectF rect;
  int64_t number = 0;
  QRgb color = 0;
};

/// What is drawn over all fills: a hatch under a number leaves the number readable.
struct Marks {
  std::vector<Hatch> hatches;
  std::vector<Chip> chips;
  std::vector<Corner> corners;
};

TokenLook lookOf(const WallStyle& style, const WallSample& sample, int modality, std::size_t token,
                 int64_t top_k) {
  const bool image = modality == probe::kImage;
  if (sample.matches && !(image ? sample.matches->image : sample.matches->text)[token]) {
    return {};
  }
  const std::vector<uint16_t>* flips = nullptr;
  if (sample.flips) {
    flips = image ? &sample.flips->image : &sample.flips->text;
  }
  return tokenLook(style, image ? sample.slice->image : sample.slice->text, token, top_k, flips);
}

/// The looks of one image's patches, and what follows from them.
class ImagePatches {
 public:
  ImagePatches(const WallGeometry& geometry, const WallStyle& style, const probe::Layout& layout,
               int64_t slot)
      : geometry_(geometry), style_(style), layout_(layout), slot_(slot) {}

  void setLooks(const WallSample& sample) {
    looks_.resize(static_cast<std::size_t>(layout_.patches()));
    for (std::size_t p = 0; p < looks_.size(); ++p) {
      looks_[p] = lookOf(style_, sample, probe::kImage, p, layout_.top_k);
    }
  }

  void draw(WallPen& pen, Marks& marks) const {
    drawFills(pen);
    const bool corner_numbers = style_.overlay != OverlayStyle::Number &&
                                style_.colors.size() > 10 && tellsExpert(style_.color);
    for (int64_t p = 0; p < layout_.patches(); ++p) {
      const TokenLook& token = look(p);
      if (token.expert < 0) {
        continue;
      }
      const QRectF rect = geometry_.patchRect(slot_, p);
      const QRgb color = withAlpha(token.color, lineStrength(token.strength));
      if (style_.overlay == OverlayStyle::Outline) {
        drawEdges(pen, p, rect, color);
      } else if (style_.overlay == OverlayStyle::Number) {
        marks.chips.push_back({rect, numberText(style_, token), color});
      }
      if (corner_numbers && !token.dimmed) {
        marks.corners.push_back({rect, token.expert, color});
      }
      if (token.dropped) {
        marks.hatches.push_back({rect, token.dimmed ? kDimmedHatch : 1});
      }
    }
  }

 private:
  const TokenLook& look(int64_t patch) const { return looks_[static_cast<std::size_t>(patch)]; }

  QRgb fillOf(int64_t patch) const {
    const TokenLook& token = look(patch);
    if (token.expert < 0 || style_.overlay != OverlayStyle::Fill) {
      return 0;
    }
    return withAlpha(token.color, token.strength);
  }

  void drawFills(WallPen& pen) const {
    std::vector<WallPen::Fill> fills;
    const QRgb veil = withAlpha(style_.background.rgb(), kVeil);
    addRuns(fills, [&](int64_t p) { return look(p).dimmed ? veil : QRgb(0); });
    addRuns(fills, [&](int64_t p) { return fillOf(p); });
    if (!fills.empty()) {
      pen.fills(fills);
    }
  }

  /// One rectangle for neighbours of one colour in a row: fewer to draw, and no hairline between
  /// them in a PDF viewer.
  template <typename ColorOf>
  void addRuns(std::vector<WallPen::Fill>& fills, const ColorOf& color_of) const {
    for (int64_t row = 0; row < layout_.patch_rows; ++row) {
      const int64_t begin = row * layout_.patch_columns;
      const int64_t end = begin + layout_.patch_columns;
      for (int64_t p = begin; p < end;) {
        const QRgb color = color_of(p);
        int64_t last = p;
        while (last + 1 < end && color_of(last + 1) == color) {
          ++last;
        }
        if (qAlpha(color) != 0) {
          fills.push_back(
              {geometry_.patchRect(slot_, p).united(geometry_.patchRect(slot_, last)), color});
        }
        p = last + 1;
      }
    }
  }

  /// Only where the expert (or the value) changes: lines around regions leave more of the picture
  /// to see than lines around every patch.
  void drawEdges(WallPen& pen, int64_t patch, const QRectF& rect, QRgb color) const {
    const int64_t columns = layout_.patch_columns;
    const int64_t column = patch % columns;
    const int64_t row = patch / columns;
    const auto differs = [&](int64_t other) {
      return look(other).expert < 0 || look(other).number != look(patch).number;
    };
    WallPen::Edges edges;
    edges.left = column == 0 || differs(patch - 1);
    edges.right = column == columns - 1 || differs(patch + 1);
    edges.top = row == 0 || differs(patch - columns);
    edges.bottom = row == layout_.patch_rows - 1 || differs(patch + columns);
    pen.edges(rect, edges, color);
  }

  const WallGeometry& geometry_;
  const WallStyle& style_;
  const probe::Layout& layout_;
  int64_t slot_;
  std::vector<TokenLook> looks_;
};

WallPen::Word wordOf(const WallStyle& style, const CaptionWord& word, const QPointF& origin,
                     double font_size, const TokenLook& look) {
  WallPen::Word drawn;
  drawn.rect = word.rect.translated(origin);
  drawn.text = word.text;
  drawn.font_size = font_size;
  drawn.struck = look.dropped && look.expert >= 0;
  drawn.ink = style.ink.rgb();
  if (look.dimmed) {
    drawn.ink = mixed(style.background, QColor(drawn.ink), 0.35).rgb();
  }
  if (look.expert < 0) {
    return drawn;
  }
  if (style.overlay == OverlayStyle::Outline) {
    drawn.border = withAlpha(look.color, lineStrength(look.strength));
    return drawn;
  }
  drawn.background = mixed(style.background, QColor(look.color), lineStrength(look.strength)).rgb();
  if (!look.dimmed) {
    drawn.ink = textColorOn(QColor(drawn.background)).rgb();
  }
  return drawn;
}

void drawCaption(WallPen& pen, const WallStyle& style, const WallContent& content,
                 const QPointF& origin, const WallSample& sample) {
  for (const auto& word : sample.caption.words) {
    TokenLook look;
    if (sample.slice) {
      look = lookOf(style, sample, probe::kText, static_cast<std::size_t>(word.position),
                    content.layout.top_k);
    }
    pen.word(wordOf(style, word, origin, sample.caption.font_size, look));
  }
}

}  // namespace

QSizeF wallSize(const RunData& run, const WallOptions& options) {
  return WallGeometry(run.layout, static_cast<int64_t>(options.samples.size()), options.columns,
                      options.captions)
      .size();
}

void drawWall(WallPen& pen, const WallGeometry& geometry, const WallStyle& style,
              const WallContent& content, int64_t first, int64_t last) {
  // Each kind for all images before the next one: painters batch by texture.
  for (int64_t slot = first; slot < last; ++slot) {
    pen.image(geometry.imageRect(slot), content.at(slot));
  }
  Marks marks;
  for (int64_t slot = first; slot < last; ++slot) {
    const WallSample& sample = content.at(slot);
    if (sample.probe && sample.slice && style.visible) {
      ImagePatches patches(geometry, style, content.layout, slot);
      patches.setLooks(sample);
      patches.draw(pen, marks);
    }
  }
  for (const auto& hatch : marks.hatches) {
    pen.hatch(hatch.rect, hatch.strength);
  }
  for (const auto& chip : marks.chips) {
    pen.numberChip(chip.rect, chip.number, chip.color);
  }
  for (const auto& corner : marks.corners) {
    pen.cornerNumber(corner.rect, corner.number, corner.color);
  }
  for (int64_t slot = first; slot < last; ++slot) {
    const WallSample& sample = content.at(slot);
    if (sample.probe) {
      drawCaption(pen, style, content, geometry.captionRect(slot).topLeft(), sample);
    }
  }
}

}  // namespace limoe::gui
