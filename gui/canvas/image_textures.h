// Probe images on the GPU: many in a texture, uploaded as they come into view, a few milliseconds'
// worth a frame. Those that were drawn last stay, within a budget.
// All functions need the widget's OpenGL context to be current.
#pragma once

#include <imgui.h>

#include <QElapsedTimer>
#include <QOpenGLTexture>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "routing_probe/recording/recording.h"

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
  /// Where the image of a sample is; `rgb` are its pixels, [H, W, 3]. nullopt while it has to wait
  /// for another frame (needsFrame() tells).
  std::optional<Place> place(int64_t sample, const std::vector<uint8_t>& rgb,
                             const probe::Layout& layout);
  bool needsFrame() const { return needs_frame_; }
  /// A seamless tile of diagonal lines, dark beside light: one shows on any colour.
  /// `pixels` is the tile's size on the screen in physical pixels.
  ImTextureID hatchTile(int pixels);
  /// Drops everything.
  void clear();

 private:
  /// A texture of cells of one size, each with a border around its image.
  struct Sheet {
    std::unique_ptr<QOpenGLTexture> texture;
    int shrink = 1;  ///< pixels of an image to a pixel of the texture, along each side
    int columns = 0, width = 0, height = 0;  ///< of a cell
    std::vector<int> free;                   ///< cells
    int64_t last_frame = 0;
  };
  struct Cell {
    std::shared_ptr<Sheet> sheet;
    int index = 0;
  };

  bool hasTime();
  void upload(int64_t sample, const std::vector<uint8_t>& rgb, const probe::Layout& layout,
              int shrink);
  Cell freeCell(const probe::Layout& layout, int shrink);
  Sheet makeSheet(const probe::Layout& layout, int shrink) const;
  void keepBudget(int64_t more);

  std::vector<std::shared_ptr<Sheet>> sheets_;
  std::map<int64_t, Cell> cells_;  ///< by sample
  std::unique_ptr<QOpenGLTexture> hatch_;
  std::vector<uint8_t> pixels_;  ///< of the cell that is being uploaded
  int64_t frame_ = 0;
  double scale_ = 1;
  QElapsedTimer clock_;        ///< since this frame's first upload
  bool has_uploaded_ = false;  ///< in this frame
  bool hard_pixels_ = false;
  bool needs_frame_ = false;
};

}  // namespace limoe::gui
