// Measures of specialisation, computed from counts that are in the recording, so that any reader
// can check them.
#pragma once

#include <cstdint>
#include <span>

namespace limoe::probe {

/// I(expert; label) / H(label) over the kept image tokens of one layer, 0 … 1: how much of what
/// there is to know about a patch's label its expert tells. `counts` is [experts, labels]
/// row-major. 0 where there are no tokens or only one label. Throws std::invalid_argument where the
/// size is not experts · labels.
double labelInformation(std::span<const uint32_t> counts, int64_t experts, int64_t labels);

/// Kept choices / choices made; 1 where none was made.
double successRate(uint64_t kept, uint64_t chosen);

/// Fraction of the tokens an expert processes that are image tokens; NaN where it processes none.
double imageShare(uint64_t image_tokens, uint64_t text_tokens);

}  // namespace limoe::probe
