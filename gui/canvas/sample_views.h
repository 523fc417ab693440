// What stands in each place of the canvas: the wall's images in their order, or one image in all
// MoE layers, or one image in one layer at every recorded step.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>

#include "gui/canvas/wall_arrangement.h"
#include "gui/canvas/wall_camera.h"
#include "gui/canvas/wall_samples.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// Looks at its arguments each time it is asked: made where it is needed, not kept.
class SampleViews {
 public:
  SampleViews(const RunData& run, const ViewState& state, const WallArrangement& wall);

  /// A dense model has a wall only.
  CanvasMode mode() const { return mode_; }
  /// Of the time slider; −1 where nothing is routed. The list can have shrunk before the view
  /// state heard of it.
  int64_t snapshot() const { return snapshot_; }
  int64_t layer() const { return layer_; }
  /// The image of the modes that show one.
  int64_t sample() const { return sample_; }

  int64_t count() const;
  WallShape shape() const;
  PlaceWish at(int64_t slot) const;
  /// Where an image of the wall is, or where the shown image is in the layer and at the step that
  /// the other views show; nullopt where it is not on the canvas.
  std::optional<int64_t> slotOf(int64_t sample) const;

  /// Whether it is the layer or step that the other views show; false on the wall.
  bool isCurrent(int64_t slot) const;
  /// "block 3", "step 1200"; "" on the wall.
  QString title(int64_t slot) const;
  /// What a two-tower model's layer routes: "patches only", "words only"; "" where it routes both.
  QString note(int64_t slot) const;

 private:
  const RunData& run_;
  const WallArrangement& wall_;
  CanvasMode mode_;
  int64_t snapshot_, layer_, sample_;
};

}  // namespace limoe::gui
