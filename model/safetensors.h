// Tensors and checkpoints in safetensors files.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "model/limoe.h"
#include "model/safetensors_header.h"

namespace limoe::model {

struct TensorFile {
  std::map<std::string, torch::Tensor> tensors;  ///< on the CPU
  std::map<std::string, std::string> metadata;

  /// Throws SafetensorsError naming the tensor where there is none of that name.
  const torch::Tensor& at(const std::string& name, const std::filesystem::path& path) const;
};

/// Throws SafetensorsError.
TensorFile readSafetensors(const std::filesystem::path& path);

/// Writes beside `path` first and renames when all is on the disk: a crash leaves the old file or
/// the new one. Throws SafetensorsError where it cannot be written.
void writeSafetensors(const std::filesystem::path& path, const TensorFile& file);

/// The model of a checkpoint, with the configuration of its metadata (`config`).
/// Throws SafetensorsError: no configuration, a parameter missing, superfluous or of another shape
/// (all of them named), a value that is not finite; ConfigError.
std::shared_ptr<Limoe> loadModel(const std::filesystem::path& path);

/// Sets every parameter of `model` from `file`. Throws like loadModel().
void loadParameters(Limoe& model, const TensorFile& file, const std::filesystem::path& path);

/// All parameters under the names of the README's table, the configuration as metadata.
TensorFile parametersOf(const Limoe& model);

}  // namespace limoe::model
