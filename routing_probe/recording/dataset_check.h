// What a reader looks at before it lets libhdf5 read a dataset: a recording uses a small part of
// what HDF5 can store, and the rest (links to other files, filters, variable-length data, types of
// any size) is where a file made by another program, or with ill intent, does harm.
//
// Internal to routing_recording.
#pragma once

#include <string>

#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/schema.h"

namespace limoe::probe {

/// Opens a dataset ("group/name" or "name") that lies in the file itself: refuses links to other
/// places or files. Throws hdf5::Error naming the dataset.
hdf5::Handle openDataset(hid_t file, const std::string& path);

/// Why the dataset is not the one of the schema (type, shape, chunks, filters, storage), to follow
/// its name; empty where it is.
std::string faultOf(const schema::Dataset& expected, hid_t dataset);

}  // namespace limoe::probe
