// Whether checkpoints and configurations are sound. Plain C++, without LibTorch.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "routing_probe/recording/work_progress.h"

namespace limoe::probe {

struct FileReport {
  std::string summary;              ///< "32 tensors, 1,234,567 numbers"
  std::vector<std::string> faults;  ///< each a sentence without the file's name; none: sound
};

/// A .safetensors file: its header, that every floating-point number is finite (read in blocks),
/// its configuration and, where there is a file of the other kind beside it (weights and
/// .optimizer), that both are of the same step.
FileReport checkSafetensors(const std::filesystem::path& file, const WorkProgress& progress);

/// A .json configuration: syntax, and every key and value.
FileReport checkConfiguration(const std::filesystem::path& file);

}  // namespace limoe::probe
