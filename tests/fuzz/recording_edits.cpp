#include "tests/fuzz/recording_edits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/input.h"
#include "tests/recording/recording_test_support.h"
#include "tests/recording/synthetic_recording.h"

namespace limoe::probe::test {
namespace {

constexpr size_t kChecksumBytes = 4;
constexpr size_t kFlagsPlace = 11;  ///< of the superblock, version 3
constexpr std::array<const char*, 16> kSignatures = {
    "\x89HDF", "OHDR", "OCHK", "FRHP", "FHDB", "FHIB", "BTHD", "BTIN",
    "BTLF",    "EAHD", "EAIB", "EASB", "EADB", "FAHD", "FADB", "FSHD"};
// Where sizes, counts and addresses go wrong.
constexpr std::array<uint64_t, 20> kNumbers = {0,
                                               1,
                                               2,
                                               3,
                                               7,
                                               0x7f,
                                               0x80,
                                               0xff,
                                               0x7fff,
                                               0xffff,
                                               0x10000,
                                               0x7fffffff,
                                               0x80000000,
                                               0xffffffff,
                                               uint64_t{1} << 32,
                                               uint64_t{1} << 40,
                                               uint64_t{1} << 62,
                                               INT64_MAX,
                                               uint64_t{1} << 63,
                                               UINT64_MAX};

uint32_t numberAt(std::span<const uint8_t> bytes, size_t place) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + place, sizeof(value));
  return value;
}

void putNumber(std::vector<uint8_t>& bytes, size_t place, uint32_t value) {
  if (place + sizeof(value) <= bytes.size()) {
    std::memcpy(bytes.data() + place, &value, sizeof(value));
  }
}

/// The end of an object header as its first bytes (perhaps edited) tell it: flags, optional times
/// and attribute limits, then the size of the messages.
size_t objectHeaderBytes(const std::vector<uint8_t>& file, size_t begin) {
  const uint8_t flags = file[begin + 5];
  const size_t size_place =
      begin + 6 + ((flags & 0x20u) != 0 ? 16 : 0) + ((flags & 0x10u) != 0 ? 4 : 0);
  const size_t width = size_t{1} << (flags & 3u);
  size_t size = 0;
  for (size_t i = 0; i < width && size_place + i < file.size(); ++i) {
    size |= static_cast<size_t>(file[size_place + i]) << (8 * i);
  }
  return size > file.size() ? file.size() : size_place + width - begin + size + kChecksumBytes;
}

class Editor {
 public:
  Editor(const GoodRecording& good, bool may_repair)
      : blocks_(good.blocks),
        bytes_(good.bytes),
        repair_(good.blocks.size(), false),
        may_repair_(may_repair) {}

  void edit(Input& input) {
    const uint8_t operation = input.byte();
    const bool repair = may_repair_ && (operation & 0x80u) == 0;
    switch (operation & 7u) {
      case 0:
        return bytesInto(placeInBlock(input, repair), input, input.byte() % 24);
      case 1:
        return numberInto(placeInBlock(input, repair), input);
      case 2:
        return bytesInto(input.number(3) % bytes_.size(), input, input.byte() % 64);
      case 3:
        size_ = std::min(size_, input.number(3) % bytes_.size());
        return;
      case 4:
        return copy(input, repair);
      case 5: {
        const size_t place = placeInBlock(input, repair);
        bytes_[place] ^= static_cast<uint8_t>(1u << (input.byte() % 8));
        return;
      }
      case 6:
        bytes_[kFlagsPlace] = input.byte();
        repair_.front() = true;
        return;
      default: {
        const size_t place = placeInBlock(input, repair);
        const size_t end = std::min(bytes_.size(), place + input.byte());
        std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(place),
                  bytes_.begin() + static_cast<std::ptrdiff_t>(end), uint8_t{0});
      }
    }
  }

  std::vector<uint8_t> finish() {
    for (size_t i = 0; i < blocks_.size(); ++i) {
      if (repair_[i]) {
        repair(blocks_[i]);
      }
    }
    bytes_.resize(std::min(size_, bytes_.size()));
    return std::move(bytes_);
  }

 private:
  size_t placeInBlock(Input& input, bool repair) {
    const size_t block = input.byte() % blocks_.size();
    repair_[block] = repair_[block] || repair;
    return blocks_[block].begin + input.number(2) % blocks_[block].bytes;
  }

  void bytesInto(size_t place, Input& input, size_t count) {
    for (size_t i = 0; i < count && place + i < bytes_.size(); ++i) {
      bytes_[place + i] = input.byte();
    }
  }

  void numberInto(size_t place, Input& input) {
    const uint64_t value = kNumbers[input.byte() % kNumbers.size()];
    const size_t width = size_t{1} << (input.byte() % 4);
    for (size_t i = 0; i < width && place + i < bytes_.size(); ++i) {
      bytes_[place + i] = static_cast<uint8_t>(value >> (8 * i));
    }
  }

  void copy(Input& input, bool repair) {
    const MetadataBlock& from = blocks_[input.byte() % blocks_.size()];
    const size_t number = input.byte() % blocks_.size();
    const MetadataBlock& to = blocks_[number];
    const size_t place = input.number(2);
    const size_t count = input.byte();
    for (size_t i = 0; i < count; ++i) {
      const size_t source = from.begin + (place + i) % from.bytes;
      bytes_[to.begin + (place + i) % to.bytes] = bytes_[source];
    }
    repair_[number] = repair_[number] || repair;
  }

  void repair(const MetadataBlock& block) {
    const std::span<const uint8_t> all(bytes_);
    const size_t hole = block.checksum - block.begin;
    const bool at_end = hole + kChecksumBytes == block.bytes;
    putNumber(bytes_, block.checksum,
              metadataChecksum(
                  all.subspan(block.begin, at_end ? block.bytes - kChecksumBytes : block.bytes),
                  at_end ? SIZE_MAX : hole));
    if (block.signature == "OHDR") {
      const size_t bytes = objectHeaderBytes(bytes_, block.begin);
      if (bytes != block.bytes && block.begin + bytes <= bytes_.size()) {
        putNumber(bytes_, block.begin + bytes - kChecksumBytes,
                  metadataChecksum(all.subspan(block.begin, bytes - kChecksumBytes)));
      }
    }
  }

  const std::vector<MetadataBlock>& blocks_;
  std::vector<uint8_t> bytes_;
  std::vector<bool> repair_;
  bool may_repair_;
  size_t size_ = SIZE_MAX;
};

/// Finds how far the block at `begin` goes by its checksum: the last four bytes, or (blocks of a
/// fractal heap) four bytes in its head, of a block whose size is a power of two.
bool measure(std::span<const uint8_t> file, size_t begin, MetadataBlock& block) {
  const std::span<const uint8_t> rest = file.subspan(begin);
  if (block.signature == "FHDB" || block.signature == "FHIB") {
    for (size_t bytes = 64; bytes <= std::min<size_t>(rest.size(), 1 << 17); bytes *= 2) {
      for (size_t hole = 13; hole <= 21; ++hole) {
        if (metadataChecksum(rest.first(bytes), hole) == numberAt(rest, hole)) {
          block.bytes = bytes;
          block.checksum = begin + hole;
          return true;
        }
      }
    }
  }
  const size_t longest = std::min<size_t>(rest.size(), 8192);
  for (size_t end = 8; end + kChecksumBytes <= longest; ++end) {
    if (metadataChecksum(rest.first(end)) == numberAt(rest, end)) {
      block.bytes = end + kChecksumBytes;
      block.checksum = begin + end;
      return true;
    }
  }
  return false;
}

}  // namespace

uint32_t metadataChecksum(std::span<const uint8_t> block, size_t hole) {
  const auto at = [&](size_t place) -> uint32_t {
    const bool blank = place >= hole && place - hole < kChecksumBytes;
    return blank || place >= block.size() ? 0 : block[place];
  };
  const auto word = [&](size_t place) {
    return at(place) | at(place + 1) << 8u | at(place + 2) << 16u | at(place + 3) << 24u;
  };
  uint32_t a = 0xdeadbeef + static_cast<uint32_t>(block.size());
  uint32_t b = a;
  uint32_t c = a;
  size_t place = 0;
  for (; block.size() - place > 12; place += 12) {
    a += word(place), b += word(place + 4), c += word(place + 8);
    a -= c, a ^= std::rotl(c, 4), c += b;
    b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a;
    a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c;
    c -= b, c ^= std::rotl(b, 4), b += a;
  }
  if (place == block.size()) {
    return c;
  }
  a += word(place), b += word(place + 4), c += word(place + 8);
  c ^= b, c -= std::rotl(b, 14);
  a ^= c, a -= std::rotl(c, 11);
  b ^= a, b -= std::rotl(a, 25);
  c ^= b, c -= std::rotl(b, 16);
  a ^= c, a -= std::rotl(c, 4);
  b ^= a, b -= std::rotl(a, 14);
  c ^= b, c -= std::rotl(b, 24);
  return c;
}

std::vector<MetadataBlock> metadataBlocks(const std::vector<uint8_t>& file) {
  std::vector<MetadataBlock> blocks;
  for (size_t begin = 0; begin + 8 < file.size(); ++begin) {
    for (const char* signature : kSignatures) {
      MetadataBlock block{signature, begin, 0, 0};
      if (std::memcmp(file.data() + begin, signature, 4) == 0 && measure(file, begin, block)) {
        blocks.push_back(std::move(block));
      }
    }
  }
  return blocks;
}

GoodRecording makeGoodRecording() {
  SyntheticOptions options;
  options.samples = 3;
  options.experts = 3;
  options.patch_rows = options.patch_columns = 2;
  options.text_length = 3;
  options.snapshots = 2;
  options.steps = 6;
  options.pixels = 2;
  options.probabilities = true;
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), options);
  std::ifstream file(folder / "recording.h5", std::ios::binary);
  GoodRecording good;
  good.bytes.assign(std::istreambuf_iterator<char>(file), {});
  good.blocks = metadataBlocks(good.bytes);
  return good;
}

std::vector<uint8_t> edited(const GoodRecording& good, std::span<const uint8_t> input,
                            bool may_repair) {
  Editor editor(good, may_repair);
  Input rest(input);
  while (!rest.empty()) {
    editor.edit(rest);
  }
  return editor.finish();
}

}  // namespace limoe::probe::test
