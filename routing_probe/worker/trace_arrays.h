// The one place where tensors become the recording's plain arrays.
//
// Axis letters as in recording.h: L MoE layers · E experts · K choices · P patches · T text
// positions · U = P or T.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/limoe.h"
#include "model/training/trainer.h"
#include "routing_probe/recording/recording.h"

namespace limoe::probe {

/// Columns of steps/scalars and their units, in the order in which stepRow() fills them.
std::vector<std::string> scalarNames();
std::vector<std::string> scalarUnits();

/// What a step's duration was spent on.
struct StepTiming {
  double wall = 0;              ///< seconds since the run began, without pauses
  double pairs_per_second = 0;  ///< of this step, waiting for data included
  double data_wait = 0;         ///< seconds waited for data
};

StepRow stepRow(const model::StepResult& result, const StepTiming& timing,
                const model::ModelConfig& config);

/// Shapes of a snapshot: what Layout says of layers, experts, choices and tokens.
/// Makes the slices of all layers for all samples, filled with padding.
std::vector<LayerSlice> emptySlices(const Layout& layout);

/// Copies what one evaluation batch decided into `slices`. The batch is one routing group of
/// samples first_sample … first_sample + pairs − 1; those at or beyond layout.samples are left out.
void copyDecisions(const std::vector<model::RoutingTrace>& traces, int64_t first_sample,
                   int64_t pairs, const model::ModelConfig& config, const Layout& layout,
                   std::vector<LayerSlice>& slices);

/// Kept tokens by modality and expert [L, 2, E], and kept image tokens by label [L, E, labels].
std::vector<uint32_t> countTokens(const std::vector<LayerSlice>& slices, const Layout& layout);
std::vector<uint32_t> countLabels(const std::vector<LayerSlice>& slices, const Layout& layout,
                                  const std::vector<uint16_t>& labels);

}  // namespace limoe::probe
