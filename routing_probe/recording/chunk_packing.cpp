#include "routing_probe/recording/chunk_packing.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "routing_probe/recording/half.h"
#include "routing_probe/recording/schema.h"

namespace limoe::probe {

std::vector<char> bytesOfExperts(const std::vector<uint16_t>& experts, hdf5::Element element) {
  std::vector<char> bytes(experts.size() * hdf5::bytesOf(element));
  if (element == hdf5::Element::U16) {
    std::memcpy(bytes.data(), experts.data(), bytes.size());
  } else {
    std::transform(experts.begin(), experts.end(), bytes.begin(), [](uint16_t expert) {
      return static_cast<char>(static_cast<uint8_t>(expert));  // 65535 → 255
    });
  }
  return bytes;
}

std::vector<char> bytesOfHalves(const std::vector<float>& values) {
  std::vector<char> bytes(values.size() * 2);
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t half = halfFromFloat(values[i]);
    std::memcpy(bytes.data() + 2 * i, &half, 2);
  }
  return bytes;
}

std::vector<unsigned char> packChunk(std::span<const char> data, size_t chunk_bytes,
                                     size_t element_bytes) {
  std::vector<char> shuffled(chunk_bytes, '\0');
  const size_t chunk_elements = chunk_bytes / element_bytes;
  const size_t elements = data.size() / element_bytes;
  for (size_t byte = 0; byte < element_bytes; ++byte) {
    for (size_t i = 0; i < elements; ++i) {
      shuffled[byte * chunk_elements + i] = data[i * element_bytes + byte];
    }
  }
  uLongf size = compressBound(chunk_bytes);
  std::vector<unsigned char> packed(size);
  if (compress2(packed.data(), &size, reinterpret_cast<const Bytef*>(shuffled.data()), chunk_bytes,
                schema::kGzipLevel) != Z_OK) {
    throw std::bad_alloc();  // the only way in which it fails with a large enough buffer
  }
  packed.resize(size);
  return packed;
}

}  // namespace limoe::probe
