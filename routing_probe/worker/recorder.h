// The recorder thread: takes plain arrays from the training thread through a bounded queue and is
// the only one in the worker that touches the HDF5 file while it is recorded.
//
// Where the disk refuses a row, nothing is lost: the thread keeps it, with everything queued behind
// it, and says in trouble() what is wrong. The training thread then stops pushing, and calls
// retry() until it is told that all is recorded.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_writer.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::probe {

class Recorder {
 public:
  /// Creates part `origin.part` of the recording in `folder`; throws RecordingError. Then starts
  /// the thread.
  Recorder(const RunFolder& folder, const Layout& layout, const Origin& origin,
           const ProbeSet& probe);
  ~Recorder();  ///< writes what is queued, but does not mark the recording complete
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  using Item = std::variant<StepRow, Snapshot, Event>;
  /// Waits while the queue is full, unless there is trouble. Rethrows what stopped the thread.
  void push(Item item);

  /// What keeps everything pushed from being recorded, in words; empty where nothing does.
  std::string trouble() const;

  /// Waits until everything pushed is recorded and on the disk. Returns trouble().
  std::string flush();

  /// Tries once more to record everything. Where the file cannot be gone on with although there is
  /// room, a new part is begun; where the file was removed, it is put back first. Returns like
  /// flush(). Not from two threads at once.
  std::string retry();

  /// Whatever the trouble: begins a new part in another folder, a run's without a recording, and
  /// records everything that is not recorded yet there; what was recorded in a file that is no
  /// longer found becomes the part before it. All or nothing: throws RecordingError where the
  /// folder does not take it, and then nothing has changed.
  void moveTo(const RunFolder& folder);

  /// After flush() or retry() returned nothing: marks the recording complete and closes it. Returns
  /// what is wrong, or nothing. Where something is, retry() and then this again.
  std::string finish();

  /// The part that is written now.
  const std::filesystem::path& path() const { return writer_->path(); }

 private:
  void run();
  void record(const Item& item);
  std::string recover();
  void beginPart();
  std::unique_ptr<RecordingWriter> newPart(const std::filesystem::path& path, const Origin& origin);
  std::string settle();

  RunFolder folder_;
  const Layout layout_;
  Origin origin_;
  const ProbeSet probe_;

  // The thread's own, and while there is trouble that of whoever calls retry().
  std::unique_ptr<RecordingWriter> writer_;
  int64_t last_step_;          ///< of the newest step row recorded
  bool part_is_empty_ = true;  ///< nothing recorded in it yet
  /// Of the steps to come. A part that begins at such a step takes the place of the rows there, so
  /// it gets them anew.
  std::vector<Event> early_events_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;      ///< the front stays until it is recorded
  bool sync_wanted_ = false;    ///< everything to the disk
  std::string trouble_;         ///< while there is any, the thread rests
  std::exception_ptr failure_;  ///< a fault of the program: the thread has ended
  bool closing_ = false;
  std::jthread thread_;
};

}  // namespace limoe::probe
