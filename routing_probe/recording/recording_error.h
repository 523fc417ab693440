// What goes wrong with recordings, in words a user can act on.
#pragma once

#include <stdexcept>
#include <string>

namespace limoe::probe {

/// Names the file, the place in it, what is wrong and the remedy.
class RecordingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Of a version of the format that this program does not know.
class NewerVersionError : public RecordingError {
 public:
  using RecordingError::RecordingError;
};

/// A write failed (disk full, quota, device gone). What was committed before is intact.
/// The writer can try again: RecordingWriter::recover().
class RecordingWriteError : public RecordingError {
 public:
  using RecordingError::RecordingError;
};

}  // namespace limoe::probe
