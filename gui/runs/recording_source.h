// A run on the disk, live or not, as the views see it.
#pragma once

#include <QString>
#include <QTimer>
#include <map>
#include <memory>
#include <set>
#include <tuple>

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
  std::shared_ptr<const probe::ProbeSet> probePage(int64_t page) override;
  std::shared_ptr<const probe::LayerSlice> layerPage(int64_t snapshot, int64_t layer,
                                                     int64_t page) override;
  std::shared_ptr<const probe::Snapshot> summary(int64_t snapshot) override;
  std::unique_ptr<Walk> walk(WalkRequest request) override;

  enum class PageKind { Probe, Layer, Summary };
  /// kind, snapshot, layer, page; 0 where it has no meaning.
  using PageKey = std::tuple<PageKind, int64_t, int64_t, int64_t>;

 private:
  struct Exchange;
  struct CachedPage {
    std::shared_ptr<const void> content;
    std::size_t bytes = 0;
    int64_t last_used = 0;
  };

  template <typename Content>
  std::shared_ptr<const Content> page(const PageKey& key);
  void request(const PageKey& key);
  void postUpdate();
  void poll();
  void takeUpdate(const RecordingTracker::Update& update);
  void takePage(const PageKey& key, const CachedPage& page, const QString& failure);
  void giveUp(const QString& why);
  void report(const QString& failure);
  void forgetSnapshots();
  void remember(const PageKey& key, const CachedPage& page);

  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Exchange> exchange_;
  QString path_;
  std::shared_ptr<const RunData> data_;
  QTimer poll_timer_;
  int polls_skipped_ = 0;
  bool update_posted_ = false;
  bool caught_up_ = false;
  bool given_up_ = false;

  std::map<PageKey, CachedPage> pages_;
  std::size_t cached_bytes_ = 0;
  int64_t uses_ = 0;
  std::set<PageKey> requested_;   ///< on their way
  std::set<PageKey> unreadable_;  ///< reported once; not asked for again before reload()
  QString last_failure_;
};

}  // namespace limoe::gui
