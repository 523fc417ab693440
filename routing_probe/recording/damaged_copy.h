// A copy of a recording that does not open, changed so that it may.
//
// Internal to routing_recording.
#pragma once

#include <cstdint>
#include <filesystem>

namespace limoe::probe {

/// Exists as long as this object.
class DamagedCopy {
 public:
  /// Copies `file` to `path` (replacing it). Where the superblock's checksum is wrong, writes the
  /// superblock that every recording has; where the file is shorter than its superblock says,
  /// extends it with zeros, which take no room on the disk. Throws RecordingError where that cannot
  /// help: the file is no HDF5 file, or its root group is not where a recording's is.
  DamagedCopy(const std::filesystem::path& file, std::filesystem::path path);
  ~DamagedCopy();
  DamagedCopy(const DamagedCopy&) = delete;
  DamagedCopy& operator=(const DamagedCopy&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Of the file itself; what lies beyond in the copy is no data.
  uint64_t realBytes() const { return real_bytes_; }

 private:
  void repairSuperblock(const std::filesystem::path& file);

  std::filesystem::path path_;
  uint64_t real_bytes_ = 0;
};

}  // namespace limoe::probe
