// The schema of a recording, version 1: every dataset's name, type, shape, chunks and filters, in
// one table from which the writer creates and against which the reader checks.
//
// Internal to routing_recording. A dataset whose rows would have no element is absent: a dense
// model (L = 0) has no steps/chosen, steps/kept, steps/entropy and of snapshots only step, metrics
// and embeddings. probe/labels and probe/label_names are always there, empty without labels.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/recording.h"

namespace limoe::probe::schema {

inline constexpr const char* kFormat = "limoe-routing";
inline constexpr int64_t kVersion = 1;
inline constexpr hsize_t kStepChunkRows = 1024;
inline constexpr hsize_t kIndexChunkRows = 64;
inline constexpr hsize_t kChunkBytes = 128 << 10;  ///< compressed chunks, before compression
inline constexpr size_t kPieceBytes = 24;
inline constexpr size_t kLabelNameBytes = 32;
inline constexpr unsigned kGzipLevel = 1;

/// What the first axis of a dataset counts; each but Probe has a dataset that is its commit index.
enum class Rows { Probe, Step, Event, Snapshot };
enum class Filter { None, Gzip, ShuffleGzip };

struct Dataset {
  std::string path;
  Rows rows = Rows::Probe;
  hdf5::Element element = hdf5::Element::U8;
  size_t text_bytes = 0;       ///< for Element::Text
  hsize_t probe_rows = 0;      ///< length of the first axis where rows is Probe
  std::vector<hsize_t> row;    ///< the other axes
  std::vector<hsize_t> chunk;  ///< all axes; empty: contiguous
  Filter filter = Filter::None;

  size_t elementBytes() const { return hdf5::bytesOf(element, text_bytes); }
  hsize_t rowElements() const;  ///< product of `row`
  /// Whether snapshots write it chunk by chunk, compressed outside the library.
  bool isCompressedSnapshot() const { return rows == Rows::Snapshot && filter != Filter::None; }
};

/// Bytes of the texts whose length the probe decides.
struct TextBytes {
  size_t caption = 1;
  size_t source = 1;
};

/// Every dataset of a recording with this layout. `labelled`: whether probe/labels is filled.
std::vector<Dataset> datasetsOf(const Layout& layout, const TextBytes& texts, bool labelled);

/// The dataset whose length says how many rows of a kind are committed. Not for Rows::Probe.
const char* indexOf(Rows rows);

/// u8 where 255 is free to mean "none", else u16.
hdf5::Element expertElement(int64_t experts);

/// Every fault of a layout's sizes in words ("experts is 0, but there are MoE layers"); empty where
/// there is none. Also bounds each size, so that products of them cannot overflow.
std::vector<std::string> faultsOf(const Layout& layout);

}  // namespace limoe::probe::schema
