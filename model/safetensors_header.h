// The header of a safetensors file (github.com/huggingface/safetensors, "Format"): 8 bytes of
// little-endian length, JSON, then the tensors' bytes. Plain C++, reads no tensor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace limoe::model {

/// Names the file, the tensor where there is one, what is wrong and the remedy.
class SafetensorsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct SafetensorsHeader {
  struct Entry {
    std::string dtype;  ///< "F32", "I64", "BOOL", …
    std::vector<int64_t> shape;
    uint64_t offset = 0;  ///< from the start of the file
    uint64_t bytes = 0;
  };
  std::map<std::string, Entry> tensors;
  std::map<std::string, std::string> metadata;
};

/// Bytes of one element. Throws SafetensorsError for a type that is not in the format.
int64_t safetensorsElementSize(const std::string& dtype);

/// Reads and checks the header: sizes that fit the file, no overlap, no hole. Throws
/// SafetensorsError.
SafetensorsHeader readSafetensorsHeader(const std::filesystem::path& path);

}  // namespace limoe::model
