// What the views want of a recording and has not come yet: which of it is read next, and what is no
// longer wanted.
//
// Whoever wants something asks again whenever something has come. What was asked for since then is
// read first, in the order of the asking; what nobody has asked for again for a while is dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "gui/runs/piece_cache.h"

namespace limoe::gui {

/// Shared by the GUI thread, which wants, and the reader thread, which takes.
class PieceRequests {
 public:
  /// GUI thread. Does nothing where very much is wanted already: it will be asked for again.
  void want(const PieceKey& key);
  /// GUI thread: these have come. Drops what has not been asked for lately.
  void came(const std::vector<PieceKey>& keys);
  /// GUI thread: a resumed run took snapshots back, or there is another recording.
  void forget(const std::function<bool(const PieceKey&)>& which);
  bool isEmpty() const;

  /// Whether reading must begin now: something waits, none is under way, and what was read is being
  /// taken. Reading is under way then.
  bool beginReading();

  /// Reader thread: what to read next, of one kind, snapshot and layer, by sample. Empty: nothing.
  std::vector<PieceKey> next();
  /// Reader thread: what was taken with next() goes to the GUI thread now, except for `unread`.
  /// Returns whether to read on; if not, reading has ended.
  bool send(const std::vector<PieceKey>& unread);

  /// Reader thread: next() gave nothing. Returns whether to read on, because something has come
  /// meanwhile; if not, reading has ended.
  bool rest();
  /// Reader thread: nothing can be read now. beginReading() begins again.
  void stop();

 private:
  struct Request {
    int64_t round = 0;  ///< of arrivals, in which it was asked for last
    int64_t turn = 0;   ///< place among those that were asked for
    bool is_read = false;
  };

  mutable std::mutex mutex_;
  std::map<PieceKey, Request> requests_;
  int64_t round_ = 1;
  int64_t turn_ = 0;
  int64_t untaken_ = 0;  ///< parts that were sent and have not come
  bool reading_ = false;
};

}  // namespace limoe::gui
