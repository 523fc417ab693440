// What is on the canvas and where: the run's samples in the mode, order and zoom of now, drawn with
// their overlay, and found again under the pointer. Knows the view's state, changes none of it.
#pragma once

#include <QColor>
#include <QRectF>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "gui/canvas/canvas_notes.h"
#include "gui/canvas/flip_counts.h"
#include "gui/canvas/image_textures.h"
#include "gui/canvas/sample_views.h"
#include "gui/canvas/tool_strip.h"
#include "gui/canvas/wall_arrangement.h"
#include "gui/canvas/wall_camera.h"
#include "gui/canvas/wall_samples.h"

class QPalette;

namespace limoe::gui {

class CanvasScene {
 public:
  /// A token in one place: in the modes that show one image, it is in several.
  struct Spot {
    int64_t slot = 0;
    std::optional<TokenRef> token;  ///< nullopt: between tokens
  };

  CanvasScene(const ViewState& state, const ImGuiHost& host) : state_(state), host_(host) {}

  void open(RunSource* source);
  void setDigests(Digests* digests) { digests_ = digests; }
  /// Shows the images that another scene of the same samples shows, in its order; `leader` lives as
  /// long and is arranged first. Place and zoom are the owner's to hand on: camera().follow().
  void setLeader(const CanvasScene* leader) { leader_ = leader; }
  /// data() was replaced.
  void runChanged();
  /// The view's state, a digest or the run changed: orders and fits anew where that matters.
  void arrange();
  /// `fits`: a wall that was fitted is so again; else its images stay as they are.
  void setArea(const QRectF& area, bool fits = true);
  void shift(const QPointF& by);  ///< of every mode
  void setFailure(const QString& words) { failure_ = words; }

  bool hasWall() const { return run_ && run_->layout.samples > 0; }
  /// Nothing matches the filter, or no step is recorded yet.
  bool isEmpty() const { return hasWall() && views().count() == 0; }
  RunSource* source() const { return source_; }
  const RunData& run() const { return *run_; }
  SampleViews views() const { return {*run_, state_, wall()}; }
  const WallArrangement& wall() const { return leader_ ? leader_->wall_ : wall_; }
  FlipCounts& flips() { return flips_; }
  ImageTextures& textures() { return textures_; }
  /// Of the mode that is shown: each keeps its place and zoom.
  WallCamera& camera() { return cameras_[static_cast<std::size_t>(mode_)]; }
  const WallCamera& camera() const { return cameras_[static_cast<std::size_t>(mode_)]; }
  const WallCamera& wallCamera() const { return cameras_[0]; }  ///< whatever mode is shown
  WallGeometry geometry() const { return camera().geometry(run_->layout); }
  const QRectF& area() const { return area_; }

  std::optional<Spot> spotAt(const QPointF& position) const;
  /// On the screen, whether visible or not; empty where the place does not hold it.
  std::optional<QRectF> rectOf(int64_t slot, const TokenRef& token) const;
  /// nullptr where it has not been read yet.
  const Caption* captionOf(int64_t slot) const;
  /// The first slot whose image's top is in view; 0 where there is none.
  int64_t firstVisible() const;
  /// Brings an image with its caption into view.
  void reveal(int64_t slot);

  /// Images, overlay, titles and frames.
  void draw(ImDrawList& list, const QPalette& palette, const std::optional<Spot>& hovered);
  std::optional<TokenReadout> readout(const Spot& spot) const;
  Notice notice() const;
  StatusTexts status() const;
  double flipsEnd() const { return flips_end_; }
  Standing flipsStanding() const;  ///< Unasked where they are not shown

 private:
  void followCurrent(bool other_mode, bool was_in_view);
  bool readsGates() const;
  void askAhead() const;
  void askBeside() const;
  bool isInView(int64_t slot) const;
  void drawTitles(ImDrawList& list, const QPalette& palette, int64_t first, int64_t last) const;
  void drawFrames(ImDrawList& list, const TokenRef& token, float thickness) const;
  const WallSample* sampleAt(int64_t slot) const;
  Standing wallWait() const;

  const ViewState& state_;
  const ImGuiHost& host_;
  RunSource* source_ = nullptr;
  Digests* digests_ = nullptr;
  const CanvasScene* leader_ = nullptr;
  std::shared_ptr<const RunData> run_;
  QString failure_;

  WallArrangement wall_;
  std::array<WallCamera, 3> cameras_;
  CanvasMode mode_ = CanvasMode::Wall;
  bool wall_is_new_ = false;  ///< ordered as wished since the wall was last looked at
  /// In the modes that show one image: where the layer or step is that the other views show.
  std::optional<int64_t> current_;
  bool followed_newest_ = false;
  QRectF area_{0, 0, 1, 1};
  WallSamples samples_;
  FlipCounts flips_;
  double flips_end_ = 1;
  ImageTextures textures_;
  std::pair<int64_t, int64_t> visible_{0, 0};  ///< slots of the newest frame
};

QColor canvasBackground(const QPalette& palette);

}  // namespace limoe::gui
