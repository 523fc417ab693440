// Parts of a compressed dataset straight from its chunks: what HDF5's filters would do, in half of
// the time, and with the chunks that were unpacked last at hand. Few samples of many, as a window
// shows them, come from as many chunks; neighbours come from one.
//
// Internal to routing_recording.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/schema.h"

namespace limoe::probe {

class PackedChunks {
 public:
  /// Looks at how `dataset` is stored, which need not be as `description` says. Throws hdf5::Error.
  PackedChunks(hid_t dataset, const schema::Dataset& description);

  /// Fills `out` with the block [offset, offset + count), in the file's element type. Returns
  /// false, `out` undefined, where the dataset is stored otherwise than shuffled, compressed and in
  /// chunks that hold the inner axes whole, or is damaged: then H5Dread can or says why not.
  bool read(hid_t dataset, const std::vector<int64_t>& offset, const std::vector<int64_t>& count,
            std::span<unsigned char> out);

  /// What was read may be written anew: an unfinished row was taken back.
  void forget() { held_.clear(); }

 private:
  struct Held {
    std::vector<hsize_t> place;
    std::vector<unsigned char> bytes;  ///< still shuffled
  };
  /// The chunk at `place`, empty where it cannot be read.
  std::span<const unsigned char> chunkAt(hid_t dataset, const std::vector<hsize_t>& place,
                                         size_t chunk_bytes);

  size_t element_bytes_;
  std::vector<hsize_t> row_;    ///< all axes but the first
  std::vector<hsize_t> chunk_;  ///< all axes; empty: not to be read here
  std::vector<Held> held_;      ///< the one used last is the first
  std::vector<unsigned char> packed_;
};

}  // namespace limoe::probe
