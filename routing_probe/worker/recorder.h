// The recorder thread: takes plain arrays from the training thread through a bounded queue and is
// the only one in the worker that touches the HDF5 file.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <variant>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_writer.h"

namespace limoe::probe {

class Recorder {
 public:
  /// Creates the recording; throws RecordingError. Then starts the thread.
  Recorder(const std::filesystem::path& path, const Layout& layout, const Origin& origin,
           const ProbeSet& probe);
  ~Recorder();  ///< writes what is queued, but does not mark the recording complete
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  using Item = std::variant<StepRow, Snapshot, Event>;
  /// Waits while the queue is full. Rethrows what stopped the thread (RecordingWriteError).
  void push(Item item);

  /// Writes everything queued, marks the recording complete and closes it. Rethrows like push().
  void finish();

 private:
  void run();
  void drain();

  RecordingWriter writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  std::exception_ptr failure_;
  bool closing_ = false;
  std::jthread thread_;
};

}  // namespace limoe::probe
