// What the fuzz targets share.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>

/// libFuzzer's entry, also called by replay_test.cpp with each kept case.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace limoe::fuzz {

/// A file to write each input to, in memory where the system has a folder for that; its folder is
/// this process's own, and stays behind where the process dies.
inline std::filesystem::path scratchFile(const std::string& name) {
  const std::filesystem::path memory = "/dev/shm";
  const std::filesystem::path folder =
      (std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) /
      ("limoe-fuzz-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  return folder / name;
}

/// An error about a file is of no use without its name.
inline void requireNamed(const std::exception& error, const std::filesystem::path& path) {
  if (std::string(error.what()).find(path.filename().string()) == std::string::npos) {
    std::fprintf(stderr, "the error does not name the file: %s\n", error.what());
    std::abort();
  }
}

}  // namespace limoe::fuzz
