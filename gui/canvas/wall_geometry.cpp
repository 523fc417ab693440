#include "gui/canvas/wall_geometry.h"

#include <QFont>
#include <QFontMetricsF>
#include <QHash>
#include <algorithm>
#include <cmath>

namespace limoe::gui {
namespace {

// Proportions of the wall, all relative to an image's width so that every image size looks alike.
constexpr double kGap = 0.11;
constexpr double kCaptionGap = 0.045;
constexpr double kHeader = 0.2;
constexpr double kFontSize = 0.088;
constexpr double kLineHeight = 1.5;   // in font sizes
constexpr double kWordSpace = 0.26;   // between words
constexpr double kPieceSpace = 0.06;  // between pieces of one word
constexpr double kWordPadding = 0.2;  // left and right of a piece's text
/// Typical word pieces on a line: how many lines are set aside for captions.
constexpr int64_t kPiecesPerLine = 6;
constexpr int64_t kMostLines = 4;

const QString kWordStart = QStringLiteral("\u2581");

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

}  // namespace

WallGeometry::WallGeometry(const probe::Layout& layout, int64_t slots, int64_t columns,
                           bool captions, bool headers)
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
  header_height_ = headers ? kHeader * image_width_ : 0;
  cell_height_ = header_height_ + image_height_ + caption_gap_ + caption_height_ + gap_;
}

double WallGeometry::captionLineHeight() const {
  return kLineHeight * caption_font_size_;
}

QSizeF WallGeometry::size() const {
  const int64_t rows = (slots_ + columns_ - 1) / columns_;
  const int64_t columns = std::min(slots_, columns_);
  return {std::max(0.0, static_cast<double>(columns) * (image_width_ + gap_) - gap_),
          std::max(0.0, static_cast<double>(rows) * cell_height_ - gap_)};
}

QPointF WallGeometry::origin(int64_t slot) const {
  return {static_cast<double>(slot % columns_) * (image_width_ + gap_),
          static_cast<double>(slot / columns_) * cell_height_};
}

QRectF WallGeometry::imageRect(int64_t slot) const {
  return {origin(slot) + QPointF(0, header_height_), QSizeF(image_width_, image_height_)};
}

QRectF WallGeometry::headerRect(int64_t slot) const {
  return {origin(slot), QSizeF(header_height_ > 0 ? image_width_ : 0, header_height_)};
}

QRectF WallGeometry::patchRect(int64_t slot, int64_t patch) const {
  const QPointF corner = origin(slot) + QPointF(0, header_height_);
  const double width = image_width_ / static_cast<double>(patch_columns_);
  const double height = image_height_ / static_cast<double>(patch_rows_);
  return {corner.x() + static_cast<double>(patch % patch_columns_) * width,
          corner.y() + static_cast<double>(patch / patch_columns_) * height, width, height};
}

QRectF WallGeometry::captionRect(int64_t slot) const {
  return {origin(slot) + QPointF(0, header_height_ + image_height_ + caption_gap_),
          QSizeF(image_width_, caption_height_)};
}

std::pair<int64_t, int64_t> WallGeometry::slotsIn(const QRectF& view) const {
  const auto row = [&](double y) {
    return static_cast<int64_t>(std::clamp(std::floor(y / cell_height_), -1.0, 1e12));
  };
  const int64_t first = std::clamp(row(view.top()) * columns_, int64_t{0}, slots_);
  const int64_t last = std::clamp((row(view.bottom()) + 1) * columns_, first, slots_);
  return {first, last};
}

std::optional<int64_t> WallGeometry::slotAt(const QPointF& point) const {
  const auto [first, last] = slotsIn(QRectF(point, QSizeF(0, 0)));
  for (int64_t slot = first; slot < last; ++slot) {
    if (imageRect(slot).contains(point) || captionRect(slot).contains(point) ||
        headerRect(slot).contains(point)) {
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

}  // namespace limoe::gui
