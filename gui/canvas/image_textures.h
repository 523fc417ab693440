// Probe images on the GPU: one texture per page of samples, or per sample where the wall's order
// scatters them, uploaded once, dropped beyond a budget.
// All functions need the widget's OpenGL context to be current.
#pragma once

#include <imgui.h>

#include <QOpenGLTexture>
#include <cstdint>
#include <map>
#include <memory>

#include "gui/view/run_source.h"

namespace limoe::gui {

class ImageTextures {
 public:
  struct Place {
    ImTextureID texture;
    ImVec2 from, to;  ///< texture coordinates of the sample's image
  };

  /// Starts a frame: what it asks for is not dropped before the next one starts.
  /// `scale`: physical pixels of the screen a pixel of an image takes. Images that are shown
  /// smaller than they are, are uploaded smaller; of enlarged ones, pixels are not blurred.
  void beginFrame(double scale);
  /// Where sample `index` of `probe` is; `page` names the texture. nullopt while it has to wait:
  /// only one page's worth is uploaded in one frame, so that scrolling stays smooth (needsFrame()
  /// tells).
  std::optional<Place> place(int64_t page, const probe::ProbeSet& probe,
                             const probe::Layout& layout, int64_t index);
  bool needsFrame() const { return needs_frame_; }
  /// A seamless tile of diagonal lines, dark beside light: one shows on any colour.
  /// `pixels` is the tile's size on the screen in physical pixels.
  ImTextureID hatchTile(int pixels);
  /// Drops everything.
  void clear();

 private:
  struct Page {
    std::unique_ptr<QOpenGLTexture> texture;
    int shrink = 1;  ///< pixels of an image to a pixel of the texture, along each side
    int64_t bytes = 0;
    int64_t last_frame = 0;
  };
  Page upload(const probe::ProbeSet& probe, const probe::Layout& layout) const;
  void keepBudget();

  std::map<int64_t, Page> pages_;
  std::unique_ptr<QOpenGLTexture> hatch_;
  int64_t bytes_ = 0;
  int64_t frame_ = 0;
  std::size_t uploads_ = 0;  ///< samples in this frame
  double scale_ = 1;
  bool hard_pixels_ = false;
  bool needs_frame_ = false;
};

}  // namespace limoe::gui
