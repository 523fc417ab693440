// How often each token's first choice changed over the snapshots up to one, for samples on the
// screen: counted in the background, and gone on with (forwards or backwards) where the step moves.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QString>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "gui/inspect/walk_cache.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// A sample in one layer, counted up to one snapshot.
struct FlipSample {
  int64_t snapshot = -1;
  int64_t layer = 0;
  int64_t sample = 0;
  std::vector<uint16_t> image, text;  ///< [P], [T] changes; stops at 65535
  /// First choices at `snapshot`: all that going on needs.
  std::vector<uint16_t> image_expert, text_expert;
  uint16_t most = 0;
};

/// Counts on with the next snapshot, or back with the one before; with any if nothing is counted.
/// `slice` holds the sample among others.
void countOn(FlipSample& flips, int64_t snapshot, const probe::LayerSlice& slice, int64_t top_k);

class FlipCounts : public QObject {
  Q_OBJECT
 public:
  /// `id` is a place on the screen: what was counted for it last stays until the new count is
  /// there.
  struct Place {
    int64_t id = 0;
    int64_t snapshot = 0;
    int64_t layer = 0;
    int64_t sample = 0;
  };

  explicit FlipCounts(QObject* parent = nullptr);
  ~FlipCounts() override;

  void setSource(RunSource* source);
  void forget();
  /// What could not be read is tried again.
  void retry() { failure_.clear(); }

  void beginFrame() { ++frame_; }
  /// What has been counted, up to the wanted snapshot or another; nullptr: nothing yet.
  std::shared_ptr<const FlipSample> at(const Place& place);
  /// Begins to count what is missing, and drops places that this frame has not asked for where
  /// there are many.
  void endFrame();

  /// Ends counting until goOn(): what has been counted stays.
  void stop();
  /// Where it was stopped, or anew what could not be read.
  void goOn();
  /// Of the places of the newest frame; Unasked where all of them have been counted, and for the
  /// first moment: what comes at once does not flicker.
  Standing standing() const;

  bool isCounting() const { return walk_ != nullptr; }
  const QString& failure() const { return failure_; }  ///< why counting ended; "": it did not
  double progress() const { return progress_; }  ///< 0 … 1 of the places of the newest frame

 Q_SIGNALS:
  void changed();

 private:
  struct Held {
    Place wanted;
    std::shared_ptr<const FlipSample> flips;
    int64_t last_frame = 0;
  };

  bool isSeen(const Held& held) const { return held.last_frame == frame_; }
  struct Work {
    std::shared_ptr<FlipSample> flips;
    int64_t from = -1, to = 0;  ///< snapshots
  };
  using Key = std::pair<int64_t, int64_t>;  ///< layer, sample
  using Works = std::map<Key, Work>;
  using Counted = std::multimap<Key, const FlipSample*>;
  static Key keyOf(const Place& place) { return {place.layer, place.sample}; }

  /// What is nearest to the wanted count, to go on from.
  static std::shared_ptr<FlipSample> beginningOf(const Place& place, const Counted& counted);
  void start();
  /// Counts of the wanted places that are there; adds the others to works_.
  double collectWorks();
  /// What to read for works_, neighbours together; works that are too much for once are dropped.
  std::vector<WalkItem> readsOfWorks();
  /// Gives what was counted to the places that want it.
  void publish(const Works& works);
  void finish(const QString& failure);

  QPointer<RunSource> source_;
  std::map<int64_t, Held> places_;
  int64_t frame_ = 0;
  Works works_;  ///< by layer and sample; their counts are the reader thread's during a walk
  std::unique_ptr<Walk> walk_;
  double progress_ = 1;
  bool stopped_ = false;
  QElapsedTimer counting_;  ///< since something was missing
  QString failure_;         ///< until retry(): what cannot be read is not asked for again
};

}  // namespace limoe::gui
