// Images straight from their compressed chunks: a third of the time that HDF5's filters take.
//
// Internal to routing_recording.
#pragma once

#include <cstdint>
#include <span>

#include "routing_probe/recording/hdf5.h"

namespace limoe::probe {

/// Fills `pixels`, [count, H, W, 3], with images [first, first + count) of `dataset`, each of which
/// has to be a chunk compressed with gzip alone, as limoe writes them. Returns false, the pixels
/// undefined, where they are stored otherwise or are damaged: then H5Dread can or says why not.
/// Throws hdf5::Error.
bool readPackedImages(hid_t dataset, int64_t first, int64_t count, std::span<uint8_t> pixels);

}  // namespace limoe::probe
