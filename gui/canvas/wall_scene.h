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
#include <string>
#include <vector>

#include "gui/canvas/token_look.h"
#include "gui/canvas/wall_geometry.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

class QPainter;

namespace limoe::gui {

struct FlipSample;

/// What of a run is drawn, and how.
struct WallOptions {
  std::vector<int64_t> samples;  ///< probe samples in the order of the wall
  int64_t columns = 8;
  bool captions = true;
};

/// What is drawn of a run, each as long as WallOptions::samples and in its order.
struct WallPieces {
  std::vector<std::shared_ptr<const probe::ProbeSet>> probes;    ///< of one sample each
  std::vector<std::shared_ptr<const probe::LayerSlice>> slices;  ///< likewise; not looked at
                                                                 ///< where nothing is routed
};

/// Draws the wall with a QPainter: vector rectangles for the tints, images at their own resolution.
/// `target` is filled keeping the aspect ratio; returns the rectangle really used. `state` gives
/// snapshot, layer, overlay style, shade, opacity and hidden experts. Used for figures.
/// Throws std::logic_error where a piece is missing.
QRectF paintWall(QPainter& painter, const QRectF& target, const RunData& run,
                 const WallPieces& pieces, const ViewState& state, const WallOptions& options);

/// Size of the wall in wall units for those options.
QSizeF wallSize(const RunData& run, const WallOptions& options);

/// Which tokens of a sample match the filter.
struct TokenMatches {
  std::vector<bool> image, text;  ///< [P], [T]
};

/// A sample in a place of the wall.
struct WallSample {
  int64_t sample = -1;
  std::shared_ptr<const probe::ProbeSet> probe;  ///< of it alone; nullptr: not there yet
  Caption caption;                               ///< set once `probe` is there
  /// nullptr: nothing routed or not there yet; perhaps without gates (hasGates).
  std::shared_ptr<const probe::LayerSlice> slice;
  int64_t snapshot = -1;                        ///< of `slice`
  int64_t step = -1;                            ///< of `slice`
  int64_t layer = -1;                           ///< of `slice`
  std::shared_ptr<const TokenMatches> matches;  ///< nullptr: no filter
  std::shared_ptr<const FlipSample> flips;      ///< nullptr: not counted (yet)
  int64_t flips_step = -1;                      ///< of `flips`
};

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
  /// An empty place while `sample.probe` is nullptr.
  virtual void image(const QRectF& rect, const WallSample& sample) = 0;
  /// All fills of one image; neighbours of one colour in a row are already one rectangle.
  virtual void fills(const std::vector<Fill>& fills) = 0;
  virtual void edges(const QRectF& patch, const Edges& edges, QRgb color) = 0;
  /// A number in the middle of its patch, on a chip of the patch's colour.
  virtual void numberChip(const QRectF& patch, const std::string& number, QRgb color) = 0;
  /// The expert's number small in the patch's corner.
  virtual void cornerNumber(const QRectF& patch, int64_t number, QRgb color) = 0;
  virtual void word(const Word& word) = 0;
  virtual void hatch(const QRectF& patch, double strength) = 0;  ///< 0 … 1
};

/// What stands where.
struct WallContent {
  const probe::Layout& layout;
  std::function<const WallSample&(int64_t slot)> at;
};
/// Draws slots [first, last).
void drawWall(WallPen& pen, const WallGeometry& geometry, const WallStyle& style,
              const WallContent& content, int64_t first, int64_t last);

}  // namespace limoe::gui
