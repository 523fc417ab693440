// A file that is either there whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace limoe::probe {

/// Throws std::runtime_error where no file may get the name `path`: its folder is missing or not
/// writable, or something is there that is not to be replaced. What is no regular file is never
/// replaced, nor is an HDF5 file, which may be a recording that took days.
void requireTarget(const std::filesystem::path& path, bool replace);

/// Written as PATH.NUMBER.partial, a file of its own, which gets its name at keep() and is removed
/// where that is not reached. Each member throws std::runtime_error naming the file where the disk
/// refuses.
class OutputFile {
 public:
  /// Throws as requireTarget() does.
  OutputFile(const std::filesystem::path& path, bool replace);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  /// Overwrites the beginning.
  void writeFirst(std::string_view bytes);
  /// Throws as requireTarget() does, for what came there in the meantime.
  void keep();

 private:
  void flush();
  [[noreturn]] void fail(const char* what, int error) const;

  std::filesystem::path path_;
  bool replace_;
  std::filesystem::path partial_;
  int descriptor_ = -1;
  std::string buffer_;
};

}  // namespace limoe::probe
