// IEEE 754 binary16, the type of recorded gates, margins and embeddings.
#pragma once

#include <cstdint>

namespace limoe::probe {

/// Rounds to nearest, halves to even; beyond ±65504 (after rounding) to infinity; NaN stays NaN.
uint16_t halfFromFloat(float value);

/// Exact: every half is a float.
float floatFromHalf(uint16_t half);

}  // namespace limoe::probe
