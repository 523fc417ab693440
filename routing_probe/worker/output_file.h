// A file that is either there whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace limoe::probe {

/// Written as PATH.partial, which gets its name at keep() and is removed where that is not reached.
/// Each member throws std::runtime_error naming the file where the disk refuses.
class OutputFile {
 public:
  /// Throws where `path` exists and is not to be replaced.
  OutputFile(const std::filesystem::path& path, bool replace);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  /// Overwrites the beginning.
  void writeFirst(std::string_view bytes);
  void keep();

 private:
  void flush();
  [[noreturn]] void fail(const char* what, int error) const;

  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_ = -1;
  std::string buffer_;
};

}  // namespace limoe::probe
