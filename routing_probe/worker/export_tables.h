// What is in a recording as files for other programs: CSV (RFC 4180) and NumPy's .npy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/work_progress.h"
#include "routing_probe/worker/output_file.h"

namespace limoe::probe {

/// One row a step: step, wall_seconds, then the scalars as the recording names them. Numbers have
/// as many digits as tell them apart from their neighbours; what was not recorded is "nan".
void exportScalars(const RecordingReader& run, OutputFile& file, const WorkProgress& progress);

/// One row a snapshot: step, wall_seconds (of the step's row; nan before the first), then the
/// metrics.
void exportMetrics(const RecordingReader& run, OutputFile& file, const WorkProgress& progress);

struct DecisionChoice {
  std::vector<int64_t> snapshots;  ///< indices into snapshotSteps()
  std::vector<int64_t> layers;
};

/// One row a choice of a token that was routed in the layer: step, layer, block, sample, modality,
/// position (patch, row-major, or place in the text), row, column, choice, expert, gate, kept,
/// runner_up, margin, order, piece, label. What there is not (a text's row, a patch without label)
/// is left empty. Returns the number of rows.
int64_t exportDecisionsCsv(const RecordingReader& run, const DecisionChoice& choice,
                           OutputFile& file, const WorkProgress& progress);

/// The same as one structured array (.npy, format version 1.0:
/// numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Numbers stand for words:
/// modality 0 image, 1 text; token_id for piece; label is an index into probe/label_names; −1 is
/// none.
int64_t exportDecisionsNpy(const RecordingReader& run, const DecisionChoice& choice,
                           OutputFile& file, const WorkProgress& progress);

}  // namespace limoe::probe
