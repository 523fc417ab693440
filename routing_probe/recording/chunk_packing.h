// From plain arrays to the bytes of a compressed chunk and back: what HDF5's filters would do, done
// outside the library, whose one lock readers of the same process would wait for, and in a half of
// the time (libdeflate against zlib).
//
// Internal to routing_recording.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "routing_probe/recording/hdf5.h"

namespace limoe::probe {

/// Experts as u8 (65535 becomes 255) or u16.
std::vector<char> bytesOfExperts(const std::vector<uint16_t>& experts, hdf5::Element element);

/// Floats as halves, rounded to nearest even.
std::vector<char> bytesOfHalves(const std::vector<float>& values);

/// The memory of `values` itself.
template <typename T>
std::span<const char> bytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// Shuffled (first bytes of all elements, then second bytes, …) and compressed, as the filters
/// shuffle and gzip leave a chunk of `chunk_bytes`; `data` is filled up with zeros to that size.
std::vector<unsigned char> packChunk(std::span<const char> data, size_t chunk_bytes,
                                     size_t element_bytes);

/// The other way round, without the shuffle: false where `packed` is not what fills `out` exactly.
bool unpackChunk(std::span<const unsigned char> packed, std::span<unsigned char> out);

}  // namespace limoe::probe
