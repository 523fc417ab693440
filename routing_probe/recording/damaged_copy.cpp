#include "routing_probe/recording/damaged_copy.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "routing_probe/recording/recording_error.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;

/// The superblock, version 3 (HDF5 File Format Specification 3.0, II.A): signature, version, sizes
/// of offsets and lengths, consistency flags, then 8 bytes each of base address, extension's
/// address, end of file and root group's address, then a checksum of all before it.
constexpr size_t kSuperblockBytes = 48;
constexpr std::array<unsigned char, 12> kBegin = {0x89, 'H',  'D', 'F', '\r', '\n',
                                                  0x1a, '\n', 3,   8,   8,    0};
constexpr size_t kFlags = 11, kBase = 12, kExtension = 20, kEnd = 28, kRoot = 36, kChecksum = 44;
constexpr size_t kSignatureBytes = 8;
/// What follows it in a recording: the superblock's extension, which says that the file has pages
/// and which a reader does without, then the root group. Older recordings have no extension.
constexpr size_t kExtensionBytes = 60;
using Superblock = std::array<unsigned char, kSuperblockBytes>;

uint32_t rotated(uint32_t value, unsigned bits) {
  return (value << bits) | (value >> (32 - bits));
}

/// Bob Jenkins' lookup3 (hashlittle, burtleburtle.net/bob/c/lookup3.c, public domain), HDF5's
/// checksum of metadata.
uint32_t lookup3(const unsigned char* bytes, size_t length) {
  uint32_t a = 0xdeadbeef + static_cast<uint32_t>(length);
  uint32_t b = a;
  uint32_t c = a;
  const auto word = [](const unsigned char* at, size_t count) {
    uint32_t value = 0;
    for (size_t i = 0; i < std::min<size_t>(count, 4); ++i) {
      value |= static_cast<uint32_t>(at[i]) << (8 * i);
    }
    return value;
  };
  for (; length > 12; bytes += 12, length -= 12) {
    a += word(bytes, 4);
    b += word(bytes + 4, 4);
    c += word(bytes + 8, 4);
    a = (a - c) ^ rotated(c, 4), c += b;
    b = (b - a) ^ rotated(a, 6), a += c;
    c = (c - b) ^ rotated(b, 8), b += a;
    a = (a - c) ^ rotated(c, 16), c += b;
    b = (b - a) ^ rotated(a, 19), a += c;
    c = (c - b) ^ rotated(b, 4), b += a;
  }
  a += word(bytes, length);
  b += length > 4 ? word(bytes + 4, length - 4) : 0;
  c += length > 8 ? word(bytes + 8, length - 8) : 0;
  c = (c ^ b) - rotated(b, 14);
  a = (a ^ c) - rotated(c, 11);
  b = (b ^ a) - rotated(a, 25);
  c = (c ^ b) - rotated(b, 16);
  a = (a ^ c) - rotated(c, 4);
  b = (b ^ a) - rotated(a, 14);
  c = (c ^ b) - rotated(b, 24);
  return c;
}

template <typename T>
T numberAt(const Superblock& block, size_t offset) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<T>(block[offset + i]) << (8 * i));
  }
  return value;
}

template <typename T>
void setNumber(Superblock& block, size_t offset, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    block[offset + i] = static_cast<unsigned char>(value >> (8 * i));
  }
}

}  // namespace

DamagedCopy::DamagedCopy(const fs::path& file, fs::path path) : path_(std::move(path)) {
  std::error_code error;
  real_bytes_ = fs::file_size(file, error);
  if (!error) {
    fs::copy_file(file, path_, fs::copy_options::overwrite_existing, error);
  }
  if (error) {
    fs::remove(path_, error);
    throw RecordingError(file.string() + ": no working copy of it can be made as " +
                         path_.string() + ": " + error.message());
  }
  try {
    repairSuperblock(file);
  } catch (...) {
    fs::remove(path_, error);
    throw;
  }
}

DamagedCopy::~DamagedCopy() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

void DamagedCopy::repairSuperblock(const fs::path& file) {
  std::error_code error;
  fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write, fs::perm_options::add,
                  error);
  std::fstream stream(path_, std::ios::in | std::ios::out | std::ios::binary);
  Superblock block{};
  stream.read(reinterpret_cast<char*>(block.data()), block.size());
  int alike = 0;
  for (size_t i = 0; i < kSignatureBytes; ++i) {
    alike += block[i] == kBegin[i] ? 1 : 0;
  }
  std::array<char, kExtensionBytes + 4> next{};
  stream.read(next.data(), next.size());
  const auto has_header = [&next](size_t at) { return std::memcmp(&next[at], "OHDR", 4) == 0; };
  const bool paged = has_header(kExtensionBytes);
  if (!stream || alike < 5 || !(paged || has_header(0))) {
    throw RecordingError(file.string() +
                         ": nothing can be saved: its first bytes are not a recording's");
  }
  uint64_t end = numberAt<uint64_t>(block, kEnd);
  const bool intact = alike == kSignatureBytes &&
                      numberAt<uint32_t>(block, kChecksum) == lookup3(block.data(), kChecksum);
  if (!intact) {
    end = real_bytes_;
    std::copy(kBegin.begin(), kBegin.end(), block.begin());
    setNumber<uint64_t>(block, kBase, 0);
    setNumber<uint64_t>(block, kRoot, kSuperblockBytes + (paged ? kExtensionBytes : 0));
  }
  setNumber<uint64_t>(block, kExtension, UINT64_MAX);
  // Closed as far as the library is concerned: it then believes the end of the file.
  block[kFlags] = 0;
  end = std::max(end, real_bytes_);
  setNumber<uint64_t>(block, kEnd, end);
  setNumber<uint32_t>(block, kChecksum, lookup3(block.data(), kChecksum));
  stream.seekp(0);
  stream.write(reinterpret_cast<const char*>(block.data()), block.size());
  stream.close();
  fs::resize_file(path_, end, error);
  if (!stream || error) {
    throw RecordingError(file.string() + ": its working copy " + path_.string() +
                         " cannot be written: " + error.message());
  }
}

}  // namespace limoe::probe
