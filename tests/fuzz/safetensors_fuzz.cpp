// Fuzzes readSafetensorsHeader and, with the numbers and the configuration in the file, the check
// of checkpoints. The input is the whole file, or where it does not begin with 'H' only the
// header's JSON, whose last two bytes say how many bytes of tensors follow.
#include <fstream>
#include <limits>

#include "model/safetensors_header.h"
#include "routing_probe/worker/checkpoint_check.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using limoe::model::SafetensorsHeader;

/// What whoever loads tensors relies on.
void requireSound(const SafetensorsHeader& header, uint64_t file_bytes) {
  for (const auto& [name, entry] : header.tensors) {
    auto elements = uint64_t{1};
    for (const int64_t size : entry.shape) {
      if (size < 0 || __builtin_mul_overflow(elements, static_cast<uint64_t>(size), &elements)) {
        std::abort();
      }
    }
    const auto element = static_cast<uint64_t>(limoe::model::safetensorsElementSize(entry.dtype));
    if (entry.bytes != elements * element || entry.offset > file_bytes ||
        entry.bytes > file_bytes - entry.offset) {
      std::abort();
    }
  }
}

std::string fileFrom(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with('H') || size < 4) {
    return input.substr(input.starts_with('H') ? 1 : 0);
  }
  const size_t payload = data[size - 1] * 16u + data[size - 2] % 16u;
  std::string file;
  for (int i = 0; i < 8; ++i) {
    file.push_back(static_cast<char>((size - 2) >> (8 * i)));
  }
  return file + input.substr(0, size - 2) + std::string(payload, 'x');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::filesystem::path path = limoe::fuzz::scratchFile("fuzzed.safetensors");
  const std::string file = fileFrom(data, size);
  std::ofstream(path, std::ios::binary) << file;
  try {
    requireSound(limoe::model::readSafetensorsHeader(path), file.size());
  } catch (const limoe::model::SafetensorsError& error) {
    limoe::fuzz::requireNamed(error, path);
  }
  limoe::probe::checkSafetensors(path, [](const std::string&, double) {});
  return 0;
}
