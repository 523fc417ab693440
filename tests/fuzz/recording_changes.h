// Recordings that HDF5 itself finds sound, but that are not what a recording must be: changed
// through the library, so that every checksum is right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace limoe::probe::test {

/// Takes changes from the front of `input` and makes them in the file, as far as the library makes
/// them; returns what is left of the input. The first byte is their number (modulo 4). Changes:
///   0 delete something · 1 make a dataset again with another type, shape, chunk or filter
///   2 another number of rows · 3 other values · 4 another attribute · 5 a link in its place
std::span<const uint8_t> change(const std::filesystem::path& path, std::span<const uint8_t> input);

}  // namespace limoe::probe::test
