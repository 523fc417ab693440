// The image wall as geometry: where every image, patch tint, hatch, word and number goes, and in
// which colour. Computed once, drawn by two small painters: Dear ImGui on the screen, QPainter in
// figures, so that both show the same.
//
// Units: "wall units", one per image pixel at zoom 1; y grows downwards.
#pragma once

#include <QRectF>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

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
QRectF paintWall(QPainter& painter, const QRectF& target, RunSource& source,
                 const ViewState& state, const WallOptions& options);

/// Size of the wall in wall units for those options.
QSizeF wallSize(const RunData& run, const WallOptions& options);

}  // namespace limoe::gui
