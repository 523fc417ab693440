// The samples that the canvas holds: what is on the screen and a little more.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "gui/canvas/wall_scene.h"

namespace limoe::gui {

class FlipCounts;

/// What one place of the canvas shows: a page, or one sample of it.
struct PlaceWish {
  int64_t id = 0;      ///< of the place, the caller's own
  int64_t sample = 0;  ///< one that it holds
  bool single = false;
  int64_t snapshot = -1;  ///< −1: no routing is wanted
  int64_t layer = 0;
};

class WallPages {
 public:
  void clear() { pages_.clear(); }
  /// A resumed run replaced snapshots: what is held is looked at anew.
  void forgetDecisions();

  void beginFrame() {
    ++frame_;
    pending_ = false;
  }

  /// What the place holds, asked for where it is missing. While the wanted decisions are being read
  /// the place keeps those it had, so that nothing flickers; isPending() then says so.
  /// `flips`: nullptr where no counts are wanted.
  const WallPage& page(const PlaceWish& wish, RunSource& source, const RunData& run,
                       const WallGeometry& geometry, const TokenFilter& filter, FlipCounts* flips);
  bool isPending() const { return pending_; }

  /// Drops places that this frame has not asked for, except a few.
  void endFrame();

  /// nullptr where it has never been asked for.
  const WallPage* find(int64_t id) const;

 private:
  struct Held {
    WallPage page;
    int64_t first_sample = -1;
    int64_t last_frame = 0;
    TokenFilter filter;  ///< of page.matches
  };
  static void readProbe(Held& held, const PlaceWish& wish, RunSource& source, const RunData& run,
                        const WallGeometry& geometry);
  bool readDecisions(Held& held, const PlaceWish& wish, RunSource& source,
                     const RunData& run) const;
  static void match(Held& held, const RunData& run, const TokenFilter& filter);

  std::map<int64_t, Held> pages_;
  int64_t frame_ = 0;
  bool pending_ = false;
};

}  // namespace limoe::gui
