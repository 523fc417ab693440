// The image wall as geometry: where every image, patch tint, hatch, word and number goes, and in
// which colour. Computed once, drawn by two small painters: Dear ImGui on the screen, QPainter in
// figures, so that both show the same.
//
// Units: "wall units", one per image pixel at zoom 1; y grows downwards.
#pragma once

#include <QColor>
#include <QRectF>
#include <QString>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

class QPainter;

namespace limoe::gui {

/// What of a run is drawn, and how.
struct WallOptions {
  std::vector<int64_t> samples;  ///< probe samples in the order of the wall
  int64_t columns = 8;
  bool captions = true;
};

/// Draws the wall with a QPainter: vector rectangles for the tints, images at their own resolution.
/// `target` is filled keeping the aspect ratio; returns the rectangle really used. `state` gives
/// snapshot, layer, overlay style, shade, opacity and hidden experts. Used for figures.
/// Blocks of data are taken from `source`; the caller has made sure that they are there.
QRectF paintWall(QPainter& painter, const QRectF& target, RunSource& source, const ViewState& state,
                 const WallOptions& options);

/// Size of the wall in wall units for those options.
QSizeF wallSize(const RunData& run, const WallOptions& options);

/// Where things are on the wall. `slot` is a place on the wall: 0 is top left, counted row by row.
class WallGeometry {
 public:
  /// `columns` is at least 1; `slots` places are taken.
  WallGeometry(const probe::Layout& layout, int64_t slots, int64_t columns, bool captions);

  int64_t slotCount() const { return slots_; }
  int64_t columns() const { return columns_; }
  QSizeF size() const;
  QRectF imageRect(int64_t slot) const;
  QRectF patchRect(int64_t slot, int64_t patch) const;
  /// Where a caption's words go; empty without captions.
  QRectF captionRect(int64_t slot) const;
  double captionFontSize() const { return caption_font_size_; }
  double captionLineHeight() const;
  /// First slot, and one past the last slot, of the rows that `view` touches.
  std::pair<int64_t, int64_t> slotsIn(const QRectF& view) const;
  /// The slot whose image or caption holds `point`.
  std::optional<int64_t> slotAt(const QPointF& point) const;
  /// The patch of that slot's image at `point`.
  std::optional<int64_t> patchAt(int64_t slot, const QPointF& point) const;

 private:
  QPointF origin(int64_t slot) const;

  int64_t slots_, columns_, patch_rows_, patch_columns_;
  double image_width_, image_height_, gap_, caption_font_size_, caption_gap_, caption_height_;
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

/// The page of RunSource::kPageSamples samples that the wall draws from.
struct WallPage {
  std::shared_ptr<const probe::ProbeSet> probe;    ///< nullptr: not there yet
  std::vector<Caption> captions;                   ///< of the probe's samples
  std::shared_ptr<const probe::LayerSlice> slice;  ///< nullptr: nothing routed or not there yet
  int64_t snapshot = -1;                           ///< of `slice`
  int64_t step = -1;                               ///< of `slice`
  int64_t layer = -1;                              ///< of `slice`
};

/// How overlays look now: ViewState and the colours of the place where the wall is drawn.
struct WallStyle {
  OverlayStyle overlay = OverlayStyle::Fill;
  OverlayShade shade = OverlayShade::None;
  bool visible = true;
  double opacity = 1;
  std::vector<QRgb> colors;  ///< [E]
  std::vector<bool> hidden;  ///< [E]
  std::optional<int64_t> selected;
  QColor background;  ///< behind the wall
  QColor ink;         ///< of words without an expert's colour
};

WallStyle wallStyle(const ViewState& state, const probe::Layout& layout, const QColor& background,
                    const QColor& ink);

/// How one token is drawn.
struct TokenLook {
  int64_t expert = -1;   ///< first choice; −1: not routed here, or hidden
  double strength = 0;   ///< 0 … 1: alpha of a fill
  bool dropped = false;  ///< the first choice had no room
  bool dimmed = false;   ///< another expert is selected
};

/// `token` counts through [n, U] of `decisions`.
TokenLook tokenLook(const WallStyle& style, const probe::Decisions& decisions, std::size_t token,
                    int64_t top_k);

/// Alpha of lines and chips: they cover little, so they are stronger than a fill of that strength.
double lineStrength(double strength);

/// What a painter of the wall must be able to draw. Rectangles in wall units, colours with alpha,
/// not premultiplied.
class WallPen {
 public:
  struct Fill {
    QRectF rect;
    QRgb color;
  };
  struct Edges {
    bool left = false, top = false, right = false, bottom = false;
  };
  struct Word {
    QRectF rect;
    QString text;
    double font_size = 0;
    QRgb background = 0;  ///< alpha 0: none
    QRgb border = 0;      ///< alpha 0: none
    QRgb ink = 0;
    bool struck = false;
  };

  virtual ~WallPen() = default;
  /// Sample `index` of a page, or an empty place while `page.probe` is nullptr.
  virtual void image(const QRectF& rect, int64_t page_number, const WallPage& page,
                     int64_t index) = 0;
  /// All fills of one image; neighbours of one colour in a row are already one rectangle.
  virtual void fills(const std::vector<Fill>& fills) = 0;
  virtual void edges(const QRectF& patch, const Edges& edges, QRgb color) = 0;
  /// The expert's number in the middle of its patch, on a chip of its colour.
  virtual void numberChip(const QRectF& patch, int64_t number, QRgb color) = 0;
  /// The expert's number small in the patch's corner.
  virtual void cornerNumber(const QRectF& patch, int64_t number, QRgb color) = 0;
  virtual void word(const Word& word) = 0;
  virtual void hatch(const QRectF& patch) = 0;
};

/// Draws slots [first, last). `sample_at` maps a slot to a probe sample, `page_at` gives the page
/// with that number (never nullptr).
struct WallContent {
  const probe::Layout& layout;
  std::function<int64_t(int64_t slot)> sample_at;
  std::function<const WallPage*(int64_t page)> page_at;
};
void drawWall(WallPen& pen, const WallGeometry& geometry, const WallStyle& style,
              const WallContent& content, int64_t first, int64_t last);

}  // namespace limoe::gui
