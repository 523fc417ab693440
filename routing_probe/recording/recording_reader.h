// Reads a run: all parts of a recording as one, also while it is being written, also after its
// writer died. Every size in the file is checked before memory is taken for it.
//
// One thread only (HDF5 has one lock per process); in limoe-scope that is the reader thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_error.h"

namespace limoe::probe {

enum class RunState {
  Live,      ///< a worker holds the run, or its recording keeps growing (see refresh())
  Finished,  ///< closed properly
  Died       ///< the writer is gone; everything up to the last commit is here
};

/// Where one part comes from, opened alone. Throws RecordingError.
Origin originOf(const std::filesystem::path& part);

class RecordingReader {
 public:
  /// `path`: a run's folder, or any part of its recording; a file with another name than a part's
  /// is opened alone. Waits up to a second for a file that is just being created. Throws
  /// RecordingError naming what is wrong: not there, not HDF5, not this format, a newer version, a
  /// missing dataset, …
  explicit RecordingReader(const std::filesystem::path& path);
  ~RecordingReader();
  RecordingReader(const RecordingReader&) = delete;
  RecordingReader& operator=(const RecordingReader&) = delete;

  /// Of the newest part. Without MoE layers experts is 0 and top_k 1; without embeddings embed_dim
  /// is 0. Scalars and metrics that an older part did not record are NaN in its rows.
  const Layout& layout() const;
  const Origin& origin() const;
  std::vector<Origin> origins() const;   ///< of every part, the first one first
  std::filesystem::path folder() const;  ///< that holds the parts
  RunState state() const;                ///< as of construction or the last refresh()

  /// Looks for rows and parts that came since. Returns whether anything changed (rows, events or
  /// state). A recording that grows while nobody seems to hold the run is live, too: in a folder
  /// shared with another machine its lock may not be seen. Where a new part supersedes old rows, or
  /// the run was started again, counts below can shrink. Throws RecordingError where the recording
  /// is gone or damaged; can be called again.
  bool refresh();

  /// Committed rows, parts joined, superseded rows left out.
  int64_t stepCount() const;
  const std::vector<int64_t>& snapshotSteps() const;  ///< [S] step of each snapshot, ascending
  int64_t eventCount() const;

  /// Rows [first, first + count). Throw RecordingError where out of range or unreadable.
  std::vector<StepRow> readSteps(int64_t first, int64_t count) const;
  std::vector<Event> readEvents(int64_t first, int64_t count) const;

  /// Samples [first, first + count) of the probe; readProbeTexts() leaves the images out.
  ProbeSet readProbe(int64_t first, int64_t count) const;
  ProbeSet readProbeTexts(int64_t first, int64_t count) const;

  /// [N] tokens of each sample's caption, padding left out.
  std::vector<int64_t> readTextTokens() const;

  /// One layer of one snapshot (an index into snapshotSteps()) for some samples.
  /// `with_probabilities`: also the whole distributions, where they are recorded.
  LayerSlice readLayer(int64_t snapshot, int64_t layer, int64_t first_sample, int64_t samples,
                       bool with_probabilities) const;

  /// Of the same, experts and whether they were kept, the rest left empty: a third of the reading.
  LayerSlice readChoices(int64_t snapshot, int64_t layer, int64_t first_sample,
                         int64_t samples) const;

  /// Everything of a snapshot that does not grow with the probe: tokens, label_tokens, metrics
  /// (`layers` and `embeddings` are left empty).
  Snapshot readSummary(int64_t snapshot) const;

  /// [N, 2, Z] embeddings of one snapshot, NaN where its part recorded none; empty where the newest
  /// part records none.
  std::vector<float> readEmbeddings(int64_t snapshot) const;

 private:
  struct State;
  struct LayerPlace;
  LayerPlace placeOf(int64_t snapshot, int64_t layer, int64_t first_sample, int64_t samples) const;

  std::unique_ptr<State> state_;
};

}  // namespace limoe::probe
