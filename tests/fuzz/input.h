// Numbers from a fuzzer's input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace limoe::probe::test {

/// Takes numbers off the front of the input; zeros after its end.
class Input {
 public:
  explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::span<const uint8_t> rest() const { return bytes_; }
  uint8_t byte() {
    if (bytes_.empty()) {
      return 0;
    }
    const uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }
  /// Little-endian, of so many bytes.
  size_t number(int bytes) {
    size_t value = 0;
    for (int i = 0; i < bytes; ++i) {
      value |= static_cast<size_t>(byte()) << (8 * i);
    }
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace limoe::probe::test
