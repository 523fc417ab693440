// Cutting what was read of neighbouring samples into parts, and joining parts that follow one
// another.
#pragma once

#include <cstdint>

#include "routing_probe/recording/recording.h"

namespace limoe::gui {

/// Samples [skip, skip + samples) of a slice.
probe::LayerSlice cut(const probe::LayerSlice& slice, int64_t skip, int64_t samples);
/// The same of `of_samples` samples of a probe. What `probe` lacks (images, labels) is lacking.
probe::ProbeSet cut(const probe::ProbeSet& probe, int64_t of_samples, int64_t skip,
                    int64_t samples);

/// `piece` begins where `to` ends; `to` may be empty.
void append(probe::LayerSlice& to, const probe::LayerSlice& piece);
void append(probe::ProbeSet& to, const probe::ProbeSet& piece);

}  // namespace limoe::gui
