// Makes a recording's file: everything but rows, then opens it to readers.
//
// Internal to routing_recording.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/schema.h"

namespace limoe::probe {

struct OpenDataset {
  schema::Dataset dataset;
  hdf5::Handle handle;
  hdf5::Handle type;  ///< of its elements
};

struct CreatedRecording {
  // The order of destruction closes datasets before the file.
  hdf5::Handle file;
  std::map<std::string, OpenDataset> datasets;  ///< those that grow, by path
};

/// Creates `path` with layout, origin and probe in it and starts SWMR. The layout and the probe
/// have been checked; images come from `images`. The file gets its name last. Throws
/// RecordingError.
CreatedRecording createRecording(const std::filesystem::path& path, const Layout& layout,
                                 const Origin& origin, const ProbeSet& probe,
                                 const ImageSource& images);

/// Gives the file at `working_path` the name `path`. Never replaces a file: throws RecordingError
/// where there is one.
void publishRecording(const std::filesystem::path& working_path, const std::filesystem::path& path);

}  // namespace limoe::probe
