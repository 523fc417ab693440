// A run on the disk, live or not, as the views see it.
#pragma once

#include <QString>
#include <QTimer>
#include <memory>
#include <set>
#include <vector>

#include "gui/runs/piece_cache.h"
#include "gui/runs/reader_thread.h"
#include "gui/runs/recording_tracker.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// Follows a recording: a few times a second while it is written, now and then afterwards (it may
/// be resumed). All reading happens on the reader thread; nothing here waits, nor does destruction.
///
/// Emits failed() with data() still null where the run cannot be opened, and then does nothing
/// more.
class RecordingSource : public RunSource {
  Q_OBJECT
 public:
  enum class IfMissing {
    Fail,
    Wait  ///< its worker has just been started: the recording will appear
  };

  /// `path`: a run's folder, or any part of its recording.
  RecordingSource(std::shared_ptr<ReaderThread> reader, const QString& path,
                  IfMissing if_missing = IfMissing::Fail, QObject* parent = nullptr);
  ~RecordingSource() override;

  QString path() const { return path_; }
  bool isLive() const { return data_ && data_->state == probe::RunState::Live; }
  /// Whether everything that is on the disk and was asked for has come.
  bool isIdle() const;
  /// F5: looks at the disk now, and again at what could not be read.
  void reload();

  std::shared_ptr<const RunData> data() const override { return data_; }
  std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) override;
  std::shared_ptr<const probe::LayerSlice> decisions(int64_t snapshot, int64_t layer,
                                                     int64_t sample) override;
  std::shared_ptr<const probe::LayerSlice> choices(int64_t snapshot, int64_t layer,
                                                   int64_t sample) override;
  std::shared_ptr<const probe::Snapshot> summary(int64_t snapshot) override;
  bool cannotReadSample(int64_t sample) const override;
  bool cannotReadDecisions(int64_t snapshot, int64_t layer, int64_t sample) const override;
  bool cannotReadChoices(int64_t snapshot, int64_t layer, int64_t sample) const override;
  std::unique_ptr<Walk> walk(WalkRequest request) override;

 Q_SIGNALS:
  /// Another recording is there now under the same name, with other images and perhaps other sizes:
  /// data() is of that one. Whoever kept anything must be given the source anew; dataChanged()
  /// follows.
  void replaced();

 private:
  struct Exchange;
  /// What has come of something that was asked for; neither: it is no longer there.
  struct Arrival {
    PieceKey key;
    Piece piece;
    QString failure;
  };

  template <typename Content>
  std::shared_ptr<const Content> piece(const PieceKey& key);
  void startReading();
  void postUpdate();
  void poll();
  void takeUpdate(const RecordingTracker::Update& update);
  void take(const std::vector<Arrival>& arrivals);
  void giveUp(const QString& why);
  void report(const QString& failure);
  bool isKnown(const PieceKey& key) const;
  bool hasSample(int64_t sample) const;
  bool hasSnapshot(int64_t snapshot) const;
  bool isRouted(int64_t snapshot, int64_t layer, int64_t sample) const;

  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Exchange> exchange_;
  QString path_;
  std::shared_ptr<const RunData> data_;
  QTimer poll_timer_;
  int polls_skipped_ = 0;
  bool update_posted_ = false;
  bool caught_up_ = false;
  bool given_up_ = false;
  int64_t edition_ = 0;  ///< of data_

  PieceCache cache_;
  std::set<PieceKey> unreadable_;  ///< not asked for again before reload()
  QString last_failure_;
};

}  // namespace limoe::gui
