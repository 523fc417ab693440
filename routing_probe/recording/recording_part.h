// One part of a recording, opened for reading: the file itself, checked against the schema.
// RecordingReader joins parts.
//
// Internal to routing_recording.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/packed_chunks.h"
#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_error.h"
#include "routing_probe/recording/schema.h"

namespace limoe::probe {

class RecordingPart {
 public:
  /// Opens and checks the file; waits up to a second for one that a worker is about to open to
  /// readers. Throws RecordingError.
  explicit RecordingPart(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  const Layout& layout() const { return layout_; }
  const Origin& origin() const { return origin_; }
  /// Closed by its writer after everything was recorded.
  bool complete() const { return complete_; }
  /// Whether another file has the path now (a run started again), or none.
  bool replaced() const;

  /// Looks for new rows. Returns whether anything changed.
  bool refresh();

  /// The step of every committed row.
  const std::vector<int64_t>& steps() const { return indices_.at(schema::Rows::Step); }
  const std::vector<int64_t>& snapshotSteps() const { return indices_.at(schema::Rows::Snapshot); }
  const std::vector<int64_t>& eventSteps() const { return indices_.at(schema::Rows::Event); }

  /// Whether the probe has labels.
  bool labelled() const { return labelled_; }

  /// Reads the block [offset, offset + count) of a dataset in the file's element type. Empty where
  /// the layout has no such dataset. Throws RecordingError naming file and dataset.
  template <typename T>
  std::vector<T> read(const std::string& dataset, const std::vector<int64_t>& offset,
                      const std::vector<int64_t>& count) const {
    std::vector<T> values;
    if (const int64_t bytes = checkedBytes(dataset, offset, count, sizeof(T)); bytes > 0) {
      values.resize(static_cast<size_t>(bytes) / sizeof(T));
      readInto(dataset, offset, count,
               {reinterpret_cast<unsigned char*>(values.data()), values.size() * sizeof(T)});
    }
    return values;
  }
  /// Images of samples [first, first + count): [count, H, W, 3], as read() gives, but faster.
  std::vector<uint8_t> readImages(int64_t first, int64_t count) const;
  std::vector<std::string> readTexts(const std::string& dataset, const std::vector<int64_t>& offset,
                                     const std::vector<int64_t>& count) const;

 private:
  struct Dataset {
    schema::Dataset description;
    hdf5::Handle handle;
    hdf5::Handle type;
    hsize_t rows = 0;
    std::unique_ptr<PackedChunks> packed;  ///< of compressed parts of snapshots
  };

  void open();
  void readOrigin();
  void readLayout();
  void openDatasets();
  bool refreshIndex(schema::Rows rows);
  void refreshPayload();
  void readComplete();
  std::vector<hsize_t> shapeOf(const char* dataset, size_t rank) const;
  hsize_t rowsOf(const schema::Dataset& description, hid_t dataset) const;
  int64_t checkedBytes(const std::string& dataset, const std::vector<int64_t>& offset,
                       const std::vector<int64_t>& count, size_t element_bytes) const;
  void readInto(const std::string& dataset, const std::vector<int64_t>& offset,
                const std::vector<int64_t>& count, std::span<unsigned char> out) const;
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path path_;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  bool swmr_ = false;
  bool complete_ = false;
  hdf5::Handle file_;
  hdf5::Handle root_;
  Layout layout_;
  Origin origin_;
  schema::TextBytes texts_;
  bool labelled_ = false;
  std::map<std::string, Dataset> datasets_;
  std::map<schema::Rows, std::vector<int64_t>> indices_;
};

}  // namespace limoe::probe
