#include "routing_probe/recording/chunk_packing.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>

#include "routing_probe/recording/half.h"
#include "routing_probe/recording/schema.h"

namespace limoe::probe {
namespace {

template <typename T, void (*release)(T*)>
struct Release {
  void operator()(T* owned) const { release(owned); }
};

/// Making one costs as much as packing a chunk; each thread keeps its own.
libdeflate_compressor* threadsCompressor() {
  static thread_local const std::unique_ptr<
      libdeflate_compressor, Release<libdeflate_compressor, libdeflate_free_compressor>>
      compressor(libdeflate_alloc_compressor(static_cast<int>(schema::kGzipLevel)));
  if (!compressor) {
    throw std::bad_alloc();
  }
  return compressor.get();
}

libdeflate_decompressor* threadsDecompressor() {
  static thread_local const std::unique_ptr<
      libdeflate_decompressor, Release<libdeflate_decompressor, libdeflate_free_decompressor>>
      decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) {
    throw std::bad_alloc();
  }
  return decompressor.get();
}

}  // namespace

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
  std::vector<char> shuffled;
  std::span<const char> ordered = data;
  if (element_bytes > 1 || data.size() < chunk_bytes) {
    shuffled.assign(chunk_bytes, '\0');
    const size_t chunk_elements = chunk_bytes / element_bytes;
    const size_t elements = data.size() / element_bytes;
    for (size_t byte = 0; byte < element_bytes; ++byte) {
      for (size_t i = 0; i < elements; ++i) {
        shuffled[byte * chunk_elements + i] = data[i * element_bytes + byte];
      }
    }
    ordered = shuffled;
  }
  libdeflate_compressor* compressor = threadsCompressor();
  std::vector<unsigned char> packed(libdeflate_zlib_compress_bound(compressor, chunk_bytes));
  const size_t size = libdeflate_zlib_compress(compressor, ordered.data(), ordered.size(),
                                               packed.data(), packed.size());
  if (size == 0) {
    throw std::logic_error("a chunk does not fit into the bound of its compressed size");
  }
  packed.resize(size);
  return packed;
}

bool unpackChunk(std::span<const unsigned char> packed, std::span<unsigned char> out) {
  size_t size = 0;
  const libdeflate_result result = libdeflate_zlib_decompress(
      threadsDecompressor(), packed.data(), packed.size(), out.data(), out.size(), &size);
  return result == LIBDEFLATE_SUCCESS && size == out.size();
}

}  // namespace limoe::probe
