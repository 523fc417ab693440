#include "gui/canvas/wall_scene.h"

#include <QFont>
#include <QFontMetricsF>
#include <QHash>
#include <algorithm>
#include <cmath>

#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

// Proportions of the wall, all relative to an image's width so that every image size looks alike.
constexpr double kGap = 0.11;
constexpr double kCaptionGap = 0.045;
constexpr double kFontSize = 0.088;
constexpr double kLineHeight = 1.5;   // in font sizes
constexpr double kWordSpace = 0.26;   // between words
constexpr double kPieceSpace = 0.06;  // between pieces of one word
constexpr double kWordPadding = 0.2;  // left and right of a piece's text
/// Typical word pieces on a line: how many lines are set aside for captions.
constexpr int64_t kPiecesPerLine = 6;
constexpr int64_t kMostLines = 4;

/// What stays of a token's tint, and how much of the background is laid over its picture, while
/// another expert is selected.
constexpr double kDimmedStrength = 0.12;
constexpr double kVeil = 0.62;
/// Faintest tint of a shaded overlay: still recognisable as tinted.
constexpr double kFaintest = 0.12;

const QString kWordStart = QStringLiteral("\u2581");

QRgb withAlpha(QRgb color, double alpha) {
  return qRgba(qRed(color), qGreen(color), qBlue(color),
               static_cast<int>(std::lround(std::clamp(alpha, 0.0, 1.0) * 255)));
}

QRgb blend(const QColor& under, QRgb over, double alpha) {
  const auto mix = [alpha](int a, int b) {
    return static_cast<int>(std::lround(a + (b - a) * alpha));
  };
  return qRgb(mix(under.red(), qRed(over)), mix(under.green(), qGreen(over)),
              mix(under.blue(), qBlue(over)));
}

/// Widths at font size 1. Vocabularies are small and captions many: each piece is measured once.
double textWidth(const QString& text) {
  constexpr int kMeasuredAt = 100;
  static QHash<QString, double> widths;
  const auto known = widths.constFind(text);
  if (known != widths.constEnd()) {
    return *known;
  }
  QFont font(QStringLiteral("DejaVu Sans"));
  font.setPixelSize(kMeasuredAt);
  const double width = QFontMetricsF(font).horizontalAdvance(text) / kMeasuredAt;
  widths.insert(text, width);
  return width;
}

struct Piece {
  QString text;
  int64_t position = 0;
  bool starts_word = false;
};

std::vector<Piece> piecesOf(const probe::ProbeSet& probe, int64_t index, int64_t text_length) {
  std::vector<Piece> pieces;
  for (int64_t t = 0; t < text_length; ++t) {
    const auto& raw = probe.pieces[static_cast<std::size_t>(index * text_length + t)];
    if (raw.empty()) {
      continue;
    }
    QString text = QString::fromStdString(raw);
    const bool starts_word = text.startsWith(kWordStart);
    text.remove(kWordStart);
    pieces.push_back({text, t, starts_word});
  }
  return pieces;
}

/// Sets the pieces at that font size; empty where they need more height than there is.
std::optional<std::vector<CaptionWord>> breakLines(const std::vector<Piece>& pieces,
                                                   const QSizeF& place, double font_size) {
  std::vector<CaptionWord> words;
  const double line_height = kLineHeight * font_size;
  double x = 0;
  double y = 0;
  for (const auto& piece : pieces) {
    const double width = std::min(
        place.width(), font_size * std::max(0.55, textWidth(piece.text) + 2 * kWordPadding));
    const double space = font_size * (piece.starts_word ? kWordSpace : kPieceSpace);
    double left = x > 0 ? x + space : 0;
    if (left + width > place.width() + 1e-9) {
      left = 0;
      y += line_height;
    }
    words.push_back(
        {QRectF(left, y, width, line_height - 0.16 * font_size), piece.text, piece.position});
    x = left + width;
  }
  if (y + line_height > place.height() + 1e-9) {
    return std::nullopt;
  }
  return words;
}

struct Mark {
  QRectF rect;
  int64_t number = 0;
  QRgb color = 0;
};

/// What is drawn over all fills: a hatch under a number leaves the number readable.
struct Marks {
  std::vector<QRectF> hatches;
  std::vector<Mark> chips;
  std::vector<Mark> corners;
};

/// The looks of one image's patches, and what follows from them.
class ImagePatches {
 public:
  ImagePatches(const WallGeometry& geometry, const WallStyle& style, const probe::Layout& layout,
               int64_t slot)
      : geometry_(geometry), style_(style), layout_(layout), slot_(slot) {}

  void setLooks(const probe::Decisions& decisions, int64_t index) {
    const auto patches = static_cast<std::size_t>(layout_.patches());
    looks_.resize(patches);
    for (std::size_t p = 0; p < patches; ++p) {
      looks_[p] = tokenLook(style_, decisions, static_cast<std::size_t>(index) * patches + p,
                            layout_.top_k);
    }
  }

  void draw(WallPen& pen, Marks& marks) const {
    drawFills(pen);
    const bool corner_numbers = style_.overlay != OverlayStyle::Number && style_.colors.size() > 10;
    for (int64_t p = 0; p < layout_.patches(); ++p) {
      const TokenLook& token = look(p);
      if (token.expert < 0) {
        continue;
      }
      const QRectF rect = geometry_.patchRect(slot_, p);
      const QRgb color = withAlpha(style_.colors[static_cast<std::size_t>(token.expert)],
                                   lineStrength(token.strength));
      if (style_.overlay == OverlayStyle::Outline) {
        drawEdges(pen, p, rect, color);
      } else if (style_.overlay == OverlayStyle::Number) {
        marks.chips.push_back({rect, token.expert, color});
      }
      if (corner_numbers && !token.dimmed) {
        marks.corners.push_back({rect, token.expert, color});
      }
      if (token.dropped && !token.dimmed) {
        marks.hatches.push_back(rect);
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
    return withAlpha(style_.colors[static_cast<std::size_t>(token.expert)], token.strength);
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

  /// Only where the expert changes: lines around regions leave more of the picture to see than
  /// lines around every patch.
  void drawEdges(WallPen& pen, int64_t patch, const QRectF& rect, QRgb color) const {
    const int64_t columns = layout_.patch_columns;
    const int64_t column = patch % columns;
    const int64_t row = patch / columns;
    const auto differs = [&](int64_t other) { return look(other).expert != look(patch).expert; };
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
    drawn.ink = blend(style.background, drawn.ink, 0.35);
  }
  if (look.expert < 0) {
    return drawn;
  }
  const QRgb color = style.colors[static_cast<std::size_t>(look.expert)];
  if (style.overlay == OverlayStyle::Outline) {
    drawn.border = withAlpha(color, lineStrength(look.strength));
    return drawn;
  }
  drawn.background = blend(style.background, color, lineStrength(look.strength));
  if (!look.dimmed) {
    drawn.ink = textColorOn(QColor(drawn.background)).rgb();
  }
  return drawn;
}

void drawCaption(WallPen& pen, const WallStyle& style, const WallContent& content,
                 const QPointF& origin, const WallPage& page, int64_t index) {
  const Caption& caption = page.captions[static_cast<std::size_t>(index)];
  for (const auto& word : caption.words) {
    TokenLook look;
    if (page.slice) {
      const auto token =
          static_cast<std::size_t>(index * content.layout.text_length + word.position);
      look = tokenLook(style, page.slice->text, token, content.layout.top_k);
    }
    pen.word(wordOf(style, word, origin, caption.font_size, look));
  }
}

}  // namespace

QSizeF wallSize(const RunData& run, const WallOptions& options) {
  return WallGeometry(run.layout, static_cast<int64_t>(options.samples.size()), options.columns,
                      options.captions)
      .size();
}

WallGeometry::WallGeometry(const probe::Layout& layout, int64_t slots, int64_t columns,
                           bool captions)
    : slots_(slots),
      columns_(std::max<int64_t>(columns, 1)),
      patch_rows_(std::max<int64_t>(layout.patch_rows, 1)),
      patch_columns_(std::max<int64_t>(layout.patch_columns, 1)),
      image_width_(static_cast<double>(std::max<int64_t>(layout.image_width, 1))),
      image_height_(static_cast<double>(std::max<int64_t>(layout.image_height, 1))),
      gap_(kGap * image_width_),
      caption_font_size_(kFontSize * image_width_) {
  const int64_t lines = std::clamp((layout.text_length + kPiecesPerLine - 1) / kPiecesPerLine,
                                   int64_t{1}, kMostLines);
  caption_gap_ = captions ? kCaptionGap * image_width_ : 0;
  caption_height_ = captions ? static_cast<double>(lines) * captionLineHeight() : 0;
}

double WallGeometry::captionLineHeight() const {
  return kLineHeight * caption_font_size_;
}

QSizeF WallGeometry::size() const {
  const int64_t rows = (slots_ + columns_ - 1) / columns_;
  const int64_t columns = std::min(slots_, columns_);
  const double cell_height = image_height_ + caption_gap_ + caption_height_;
  return {std::max(0.0, static_cast<double>(columns) * (image_width_ + gap_) - gap_),
          std::max(0.0, static_cast<double>(rows) * (cell_height + gap_) - gap_)};
}

QPointF WallGeometry::origin(int64_t slot) const {
  return {static_cast<double>(slot % columns_) * (image_width_ + gap_),
          static_cast<double>(slot / columns_) *
              (image_height_ + caption_gap_ + caption_height_ + gap_)};
}

QRectF WallGeometry::imageRect(int64_t slot) const {
  return {origin(slot), QSizeF(image_width_, image_height_)};
}

QRectF WallGeometry::patchRect(int64_t slot, int64_t patch) const {
  const QPointF corner = origin(slot);
  const double width = image_width_ / static_cast<double>(patch_columns_);
  const double height = image_height_ / static_cast<double>(patch_rows_);
  return {corner.x() + static_cast<double>(patch % patch_columns_) * width,
          corner.y() + static_cast<double>(patch / patch_columns_) * height, width, height};
}

QRectF WallGeometry::captionRect(int64_t slot) const {
  return {origin(slot) + QPointF(0, image_height_ + caption_gap_),
          QSizeF(image_width_, caption_height_)};
}

std::pair<int64_t, int64_t> WallGeometry::slotsIn(const QRectF& view) const {
  const double cell_height = image_height_ + caption_gap_ + caption_height_ + gap_;
  const auto row = [&](double y) {
    return static_cast<int64_t>(std::clamp(std::floor(y / cell_height), -1.0, 1e12));
  };
  const int64_t first = std::clamp(row(view.top()) * columns_, int64_t{0}, slots_);
  const int64_t last = std::clamp((row(view.bottom()) + 1) * columns_, first, slots_);
  return {first, last};
}

std::optional<int64_t> WallGeometry::slotAt(const QPointF& point) const {
  const auto [first, last] = slotsIn(QRectF(point, QSizeF(0, 0)));
  for (int64_t slot = first; slot < last; ++slot) {
    if (imageRect(slot).contains(point) || captionRect(slot).contains(point)) {
      return slot;
    }
  }
  return std::nullopt;
}

std::optional<int64_t> WallGeometry::patchAt(int64_t slot, const QPointF& point) const {
  const QRectF image = imageRect(slot);
  if (!image.contains(point)) {
    return std::nullopt;
  }
  const auto index = [](double at, double length, int64_t count) {
    return std::clamp(static_cast<int64_t>(at / length * static_cast<double>(count)), int64_t{0},
                      count - 1);
  };
  const int64_t column = index(point.x() - image.x(), image_width_, patch_columns_);
  const int64_t row = index(point.y() - image.y(), image_height_, patch_rows_);
  return row * patch_columns_ + column;
}

Caption layoutCaption(const WallGeometry& geometry, const probe::ProbeSet& probe, int64_t index,
                      int64_t text_length) {
  constexpr double kShrink = 0.92;
  constexpr int kMostShrinks = 24;
  const auto pieces = piecesOf(probe, index, text_length);
  const QSizeF place = geometry.captionRect(0).size();
  Caption caption;
  caption.font_size = geometry.captionFontSize();
  if (pieces.empty() || place.isEmpty()) {
    return caption;
  }
  for (int shrinks = 0;; ++shrinks) {
    // The last try may be taller than its place: words overlapping a neighbour beat lost words.
    const QSizeF room(place.width(), shrinks < kMostShrinks ? place.height() : 1e9);
    if (auto words = breakLines(pieces, room, caption.font_size)) {
      caption.words = std::move(*words);
      return caption;
    }
    caption.font_size *= kShrink;
  }
}

WallStyle wallStyle(const ViewState& state, const probe::Layout& layout, const QColor& background,
                    const QColor& ink) {
  WallStyle style;
  style.overlay = state.overlayStyle();
  style.shade = state.overlayShade();
  style.visible = state.overlayVisible();
  style.opacity = state.opacity();
  style.selected = state.selectedExpert();
  style.background = background;
  style.ink = ink;
  for (int64_t e = 0; e < layout.experts; ++e) {
    style.colors.push_back(expertColor(e, layout.experts).rgb());
    style.hidden.push_back(state.isHidden(e));
  }
  return style;
}

TokenLook tokenLook(const WallStyle& style, const probe::Decisions& decisions, std::size_t token,
                    int64_t top_k) {
  TokenLook look;
  const std::size_t first_choice = token * static_cast<std::size_t>(top_k);
  const uint16_t expert = decisions.expert[first_choice];
  if (!style.visible || expert >= style.colors.size()) {
    return look;
  }
  look.dimmed = style.selected && *style.selected != expert;
  if (style.hidden[expert]) {
    return look;
  }
  look.expert = expert;
  look.dropped = decisions.kept[first_choice] == 0;
  double value = 1;
  if (style.shade == OverlayShade::Gate) {
    // A gate of 1/E is what chance gives: it maps to the faintest tint.
    const double chance = 1.0 / static_cast<double>(std::max<std::size_t>(style.colors.size(), 2));
    value = (static_cast<double>(decisions.gate[first_choice]) - chance) / (1 - chance);
  } else if (style.shade == OverlayShade::Margin) {
    value = static_cast<double>(decisions.margin[token]);
  }
  look.strength = style.opacity * (kFaintest + (1 - kFaintest) * std::clamp(value, 0.0, 1.0));
  if (look.dimmed) {
    look.strength *= kDimmedStrength;
  }
  return look;
}

double lineStrength(double strength) {
  return 1 - (1 - strength) * (1 - strength);
}

void drawWall(WallPen& pen, const WallGeometry& geometry, const WallStyle& style,
              const WallContent& content, int64_t first, int64_t last) {
  const auto locate = [&](int64_t slot) {
    const int64_t sample = content.sample_at(slot);
    return std::pair(sample / RunSource::kPageSamples, sample % RunSource::kPageSamples);
  };
  // Each kind for all images before the next one: painters batch by texture.
  for (int64_t slot = first; slot < last; ++slot) {
    const auto [page, index] = locate(slot);
    pen.image(geometry.imageRect(slot), page, *content.page_at(page), index);
  }
  Marks marks;
  for (int64_t slot = first; slot < last; ++slot) {
    const auto [number, index] = locate(slot);
    const WallPage& page = *content.page_at(number);
    if (page.probe && page.slice && style.visible) {
      ImagePatches patches(geometry, style, content.layout, slot);
      patches.setLooks(page.slice->image, index);
      patches.draw(pen, marks);
    }
  }
  for (const auto& rect : marks.hatches) {
    pen.hatch(rect);
  }
  for (const auto& mark : marks.chips) {
    pen.numberChip(mark.rect, mark.number, mark.color);
  }
  for (const auto& mark : marks.corners) {
    pen.cornerNumber(mark.rect, mark.number, mark.color);
  }
  for (int64_t slot = first; slot < last; ++slot) {
    const auto [number, index] = locate(slot);
    const WallPage& page = *content.page_at(number);
    if (page.probe) {
      drawCaption(pen, style, content, geometry.captionRect(slot).topLeft(), page, index);
    }
  }
}

}  // namespace limoe::gui
