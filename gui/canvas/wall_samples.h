// The samples that the canvas holds: what is on the screen and a little more.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "gui/canvas/wall_scene.h"

namespace limoe::gui {

class FlipCounts;

/// What one place of the canvas shows.
struct PlaceWish {
  int64_t id = 0;  ///< of the place, the caller's own
  int64_t sample = 0;
  int64_t snapshot = -1;  ///< −1: no routing is wanted
  int64_t layer = 0;
  bool gates = false;  ///< gates and margins too, which take longer to read than choices alone
};

class WallSamples {
 public:
  void clear() { places_.clear(); }
  /// A resumed run replaced snapshots: what is held is looked at anew.
  void forgetDecisions();

  void beginFrame() {
    ++frame_;
    pending_ = false;
    unreadable_ = 0;
  }

  /// What the place holds, asked for where it is missing. While the wanted decisions are being read
  /// the place keeps those it had, so that nothing flickers; isPending() then says so. Those that
  /// cannot be read leave none there. A slice without gates where they are wanted is one that waits
  /// for them.
  /// `flips`: nullptr where no counts are wanted.
  const WallSample& at(const PlaceWish& wish, RunSource& source, const RunData& run,
                       const WallGeometry& geometry, const TokenFilter& filter, FlipCounts* flips);
  bool isPending() const { return pending_; }
  /// Places of this frame whose image or decisions cannot be read.
  int64_t unreadable() const { return unreadable_; }

  /// Drops places that this frame has not asked for, except a few.
  void endFrame();

  /// nullptr where it has never been asked for.
  const WallSample* find(int64_t id) const;

 private:
  struct Held {
    WallSample content;
    int64_t last_frame = 0;
    TokenFilter filter;  ///< of content.matches
  };
  enum class Reading { Done, Pending, Impossible };
  static Reading readDecisions(WallSample& content, const PlaceWish& wish, RunSource& source,
                               const RunData& run);
  static void match(Held& held, const RunData& run, const TokenFilter& filter);
  static void countFlips(WallSample& content, const PlaceWish& wish, const RunData& run,
                         FlipCounts& flips);

  std::map<int64_t, Held> places_;
  int64_t frame_ = 0;
  bool pending_ = false;
  int64_t unreadable_ = 0;
};

}  // namespace limoe::gui
