// Where a fork comes from, as attributes of its recording: parent_run_id, parent_folder,
// parent_step. A run that is no fork, and a recording of a program that knew none, has none.
//
// Internal to routing_recording.
#pragma once

#include <optional>

#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/recording.h"

namespace limoe::probe {

void writeParent(hid_t root, const ParentRun& parent);

/// Throws hdf5::Error where one of them is missing beside the first, or of another type.
std::optional<ParentRun> readParent(hid_t root);

}  // namespace limoe::probe
