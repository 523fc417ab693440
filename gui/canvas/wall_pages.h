// The pages of a run that the canvas holds: what is on the screen and a few more.
#pragma once

#include <cstdint>
#include <map>

#include "gui/canvas/wall_scene.h"

namespace limoe::gui {

class WallPages {
 public:
  void clear() { pages_.clear(); }

  /// Starts a frame. `snapshot` −1: no routing is wanted.
  void beginFrame(int64_t snapshot, int64_t layer);

  /// The page, asked for where it is missing. While the wanted decisions are being read the page
  /// keeps those it had, so that nothing flickers; isPending() then says so.
  const WallPage& page(int64_t number, RunSource& source, const RunData& run,
                       const WallGeometry& geometry);
  bool isPending() const { return pending_; }

  /// Drops pages that this frame has not asked for, except a few.
  void endFrame();

  /// nullptr where it has never been asked for.
  const WallPage* find(int64_t number) const;

 private:
  struct Held {
    WallPage page;
    int64_t last_frame = 0;
  };
  std::map<int64_t, Held> pages_;
  int64_t frame_ = 0;
  int64_t snapshot_ = -1;
  int64_t layer_ = 0;
  bool pending_ = false;
};

}  // namespace limoe::gui
