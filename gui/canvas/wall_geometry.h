// Where things are on the wall: images, patches, captions and what stands above them.
//
// Units: "wall units", one per image pixel at zoom 1; y grows downwards.
#pragma once

#include <QRectF>
#include <QString>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "routing_probe/recording/recording.h"

namespace limoe::gui {

/// Where things are on the wall. `slot` is a place on the wall: 0 is top left, counted row by row.
class WallGeometry {
 public:
  /// `columns` is at least 1; `slots` places are taken; `headers`: room for a title above each.
  WallGeometry(const probe::Layout& layout, int64_t slots, int64_t columns, bool captions,
               bool headers = false);

  int64_t slotCount() const { return slots_; }
  int64_t columns() const { return columns_; }
  QSizeF size() const;
  QRectF imageRect(int64_t slot) const;
  QRectF patchRect(int64_t slot, int64_t patch) const;
  /// Where a slot's title goes; empty without headers.
  QRectF headerRect(int64_t slot) const;
  /// Where a caption's words go; empty without captions.
  QRectF captionRect(int64_t slot) const;
  double captionFontSize() const { return caption_font_size_; }
  double captionLineHeight() const;
  /// First slot, and one past the last slot, of the rows that `view` touches.
  std::pair<int64_t, int64_t> slotsIn(const QRectF& view) const;
  /// The slot whose image, caption or title holds `point`.
  std::optional<int64_t> slotAt(const QPointF& point) const;
  /// The patch of that slot's image at `point`.
  std::optional<int64_t> patchAt(int64_t slot, const QPointF& point) const;

 private:
  QPointF origin(int64_t slot) const;

  int64_t slots_, columns_, patch_rows_, patch_columns_;
  double image_width_, image_height_, gap_, caption_font_size_, caption_gap_, caption_height_,
      header_height_, cell_height_;
};

/// One word piece of a caption.
struct CaptionWord {
  QRectF rect;           ///< relative to the caption's top left corner
  QString text;          ///< without the mark of a word's start
  int64_t position = 0;  ///< text position
};

struct Caption {
  double font_size = 0;
  std::vector<CaptionWord> words;
};

/// Breaks the pieces of sample `index` of `probe` into lines. A caption that is too long for its
/// place is set smaller, so that no word is left out. Needs a QGuiApplication (font metrics).
Caption layoutCaption(const WallGeometry& geometry, const probe::ProbeSet& probe, int64_t index,
                      int64_t text_length);

}  // namespace limoe::gui
