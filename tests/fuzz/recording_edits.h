// Damaged recordings for the fuzzer: edits of a small good one.
//
// All metadata of HDF5 files of format V110 carries a checksum, so almost no random change gets
// past it. An unlucky or an ill-meant file can have right checksums over wrong contents: that is
// what the edits make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace limoe::probe::test {

/// A stretch of metadata in the file: from its signature to the end of its checksum.
struct MetadataBlock {
  std::string signature;  ///< "OHDR", "FRHP", …; "\x89HDF" is the superblock
  size_t begin = 0;
  size_t bytes = 0;
  size_t checksum = 0;  ///< its place in the file; 4 bytes, little-endian
};

/// The checksum of HDF5 metadata: lookup3 (Bob Jenkins, 2006, public domain), started with 0. The
/// four bytes at `hole` count as zeros where it lies in the block.
uint32_t metadataChecksum(std::span<const uint8_t> block, size_t hole = SIZE_MAX);

/// All blocks of a good file whose checksum is found.
std::vector<MetadataBlock> metadataBlocks(const std::vector<uint8_t>& file);

/// A recording to edit: three samples, two layers, two snapshots, six steps, every dataset.
struct GoodRecording {
  std::vector<uint8_t> bytes;
  std::vector<MetadataBlock> blocks;
};
GoodRecording makeGoodRecording();

/// Applies the edits that `input` spells, then repairs the checksums of blocks that were edited so.
/// The input is a sequence of (operation, …) whose numbers are taken modulo what there is, so that
/// any bytes are a valid input. Operations (low three bits; bit 7: leave the checksum wrong):
///   0 bytes into a block:   u8 block, u16 place, u8 count, bytes
///   1 a number into a block: u8 block, u16 place, u8 which number, u8 width
///   2 bytes anywhere:       u24 place, u8 count, bytes
///   3 cut the file:         u24 size
///   4 block onto block:     u8 from, u8 to, u16 place in both, u8 count
///   5 flip one bit:         u8 block, u16 place, u8 bit
///   6 consistency flags of the superblock (5: as its writer would leave it): u8
///   7 zeros into a block:   u8 block, u16 place, u8 count
/// `may_repair`: without it all checksums stay wrong where something changed.
/// libhdf5 1.10.8 crashes in many places where wrong metadata has a right checksum (see known/),
/// and before a reader could look at it.
std::vector<uint8_t> edited(const GoodRecording& good, std::span<const uint8_t> input,
                            bool may_repair);

}  // namespace limoe::probe::test
