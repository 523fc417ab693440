// Reads what can be read of one recording file, however damaged, believing none of it: for checking
// and repairing. RecordingReader refuses a file with a fault; this tells the faults and goes on.
//
// Internal to routing_recording. Not for files that grow: of one that does, it sees the rows that
// were committed when it was made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_error.h"
#include "routing_probe/recording/schema.h"

namespace limoe::probe {

class Salvage {
 public:
  /// `real_bytes`: what lies beyond is not data (a copy may have been extended with zeros); 0: the
  /// whole file counts. Throws RecordingError where nothing can be had: the file does not open, or
  /// its attributes or sizes are gone.
  explicit Salvage(std::filesystem::path path, uint64_t real_bytes = 0);

  const std::filesystem::path& path() const { return path_; }
  /// Only what is readable: no scalar names where steps/scalars is lost, no probabilities where
  /// those are. Without images each patch is one pixel.
  const Layout& layout() const { return layout_; }
  const Origin& origin() const { return origin_; }
  /// Marked complete and closed by its writer.
  bool finished() const { return finished_; }
  /// Datasets that a recording has and this file does not, or not readably: "steps/entropy: why".
  const std::map<std::string, std::string>& lostDatasets() const { return lost_; }

  bool has(const std::string& dataset) const { return datasets_.contains(dataset); }
  /// Length of the first axis as the file claims it, at most what the file could hold; 0 where the
  /// dataset is lost.
  int64_t rows(const std::string& dataset) const;

  /// For a dataset of uncompressed rows: how many of the rows [first, first + count) are in the
  /// file before the first one that is not.
  int64_t rowsPresent(const std::string& dataset, int64_t first, int64_t count) const;

  /// The block [offset, offset + count). Throws RecordingError where any of it is missing or
  /// unreadable, or where it is larger than a recording's.
  template <typename T>
  std::vector<T> read(const std::string& dataset, const std::vector<int64_t>& offset,
                      const std::vector<int64_t>& count) const {
    std::vector<T> values(elementsOf(dataset, offset, count, sizeof(T)));
    if (!values.empty()) {
      readInto(dataset, offset, count, values.data());
    }
    return values;
  }
  /// Rows [first, first + count) of texts; `inner` is the other axis' size, 0 where there is none.
  std::vector<std::string> readTexts(const std::string& dataset, int64_t first, int64_t count,
                                     int64_t inner = 0) const;

  /// One layer of the snapshot in row `row` of the file, over all samples. Throws RecordingError
  /// naming the dataset that cannot be read.
  LayerSlice readLayer(int64_t row, int64_t layer) const;

 private:
  struct Dataset {
    schema::Dataset description;
    hdf5::Handle handle;
    hdf5::Handle type;
    int64_t rows = 0;
  };

  void open();
  void readOrigin();
  void readLayout();
  void readNames();
  void openDatasets();
  void openDataset(const schema::Dataset& expected);
  int64_t sizeFrom(const std::vector<std::pair<const char*, size_t>>& places) const;
  std::vector<hsize_t> shapeOf(const std::string& dataset) const;
  bool exists(const std::string& dataset) const;
  size_t textBytes(const char* dataset) const;
  uint64_t chunkBytesPresent(const Dataset& dataset, const std::vector<hsize_t>& place) const;
  bool chunksPresent(const Dataset& dataset, const std::vector<int64_t>& offset,
                     const std::vector<int64_t>& count) const;
  uint64_t realBytes() const;
  void requirePossibleSizes() const;
  void requirePresent(const Dataset& dataset, const std::vector<int64_t>& offset,
                      const std::vector<int64_t>& count) const;
  size_t elementsOf(const std::string& dataset, const std::vector<int64_t>& offset,
                    const std::vector<int64_t>& count, size_t element_bytes) const;
  void readInto(const std::string& dataset, const std::vector<int64_t>& offset,
                const std::vector<int64_t>& count, void* out) const;
  std::vector<uint16_t> readExperts(const std::string& dataset, const std::vector<int64_t>& offset,
                                    const std::vector<int64_t>& count) const;
  Decisions readDecisions(const std::string& modality, int64_t row, int64_t layer,
                          int64_t units) const;
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path path_;
  uint64_t real_bytes_ = 0;  // 0: the file, as far as it has grown
  bool swmr_ = false;
  bool finished_ = false;
  hdf5::Handle file_;
  hdf5::Handle root_;
  Layout layout_;
  Origin origin_;
  bool labelled_ = false;
  std::map<std::string, std::string> lost_;
  std::map<std::string, Dataset> datasets_;
};

}  // namespace limoe::probe
