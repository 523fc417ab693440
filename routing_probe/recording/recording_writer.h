// Writes one part of a recording (HDF5, single writer / multiple readers).
//
// Protocol: construct (everything but rows is written, then SWMR begins), then append in any order,
// then finish(). Every append is committed for readers before it returns: payload first, then the
// index, then the file (about 50 µs for a step's row); it is on the disk at the latest with the
// next snapshot or, where rows are appended, 10 seconds later. One thread at a time; in the worker
// that is the recorder thread. Without finish() the recording stays readable, but is not complete.
#pragma once

#include <filesystem>
#include <memory>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_error.h"

namespace limoe::probe {

class RecordingWriter {
 public:
  /// Creates `path`, which must not exist; the file is made as `path`.creating and gets its name
  /// once readers can open it. Steps of rows must be origin.first_step or later; a snapshot may
  /// also be of the step before. Throws RecordingError where `path` exists, cannot be written, or
  /// the probe does not fit the layout. Makes the process ignore SIGXFSZ.
  RecordingWriter(const std::filesystem::path& path, const Layout& layout, const Origin& origin,
                  const ProbeSet& probe);

  /// The same for a probe whose images are too many for the memory: `probe.images` is empty, they
  /// come from `images`, some at a time. What `images` throws is passed on, and no file is made.
  RecordingWriter(const std::filesystem::path& path, const Layout& layout, const Origin& origin,
                  const ProbeSet& probe, const ImageSource& images);
  /// Without finish() the file stays readable, not complete. Where the last append failed, nothing
  /// more is written to it.
  ~RecordingWriter();
  RecordingWriter(const RecordingWriter&) = delete;
  RecordingWriter& operator=(const RecordingWriter&) = delete;

  /// Each throws RecordingError where a shape does not fit the layout or steps do not ascend, and
  /// RecordingWriteError where the disk refuses or the file is no longer at path(); then nothing of
  /// the row is visible to readers, and nothing can be appended before recover(). Rows' and
  /// snapshots' steps ascend, each for themselves; events may come in any order.
  void append(const StepRow& row);
  void append(const Snapshot& snapshot);
  void append(const Event& event);

  /// The same for a snapshot that is too large for the memory: `summary.layers` is empty, each
  /// layer comes from `layers` when it is written. What `layers` throws is passed on; then, too,
  /// recover() comes before the next append.
  void append(const Snapshot& summary, const LayerSource& layers);

  /// After a RecordingWriteError: takes back what was half written, so that the row can be appended
  /// again. A plain retry would report success and lose data. Throws RecordingWriteError where
  /// there still is no room, and RecordingError where this file cannot be gone on with: it is no
  /// longer at path(), or the disk failed in a way that the library does not get over. What was
  /// recorded before is intact; what comes has to go to a new part.
  void recover();

  /// Where the file was removed or moved away while it was written: writes what is recorded to
  /// path() again, as a dead writer leaves it. Does nothing where it is in its place. Throws
  /// RecordingError.
  void putBack();

  /// The same under another name, that nothing has. Returns whether there was anything to do.
  bool rescueTo(const std::filesystem::path& to) const;

  const std::filesystem::path& path() const;
  bool isInPlace() const;  ///< whether the file is still found at path()

  /// Waits until everything committed is on the disk (fdatasync).
  void sync();

  /// Marks the recording complete and closes it. Nothing may be appended afterwards.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limoe::probe
