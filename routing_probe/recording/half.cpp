#include "routing_probe/recording/half.h"

#include <bit>

namespace limoe::probe {

uint16_t halfFromFloat(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN: keep its leading bits, and keep it a quiet NaN
    return static_cast<uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x1ffu));
  }
  if (magnitude >= 0x477ff000u) {  // 65520 and more round to infinity
    return static_cast<uint16_t>(sign | 0x7c00u);
  }
  uint32_t kept = 0;  // the half before rounding
  uint32_t rest = 0;  // what is cut off, in units of 1/scale of the half's last place
  uint32_t halfway = 0;
  if (magnitude >= 0x38800000u) {  // normal: at least 2^-14
    const uint32_t rebiased = magnitude - 0x38000000u;
    kept = rebiased >> 13;
    rest = rebiased & 0x1fffu;
    halfway = 0x1000u;
  } else if (magnitude >= 0x33000000u) {  // subnormal: at least 2^-25, half of the smallest
    const uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    const uint32_t shift = 126u - (magnitude >> 23);
    kept = mantissa >> shift;
    rest = mantissa & ((1u << shift) - 1u);
    halfway = 1u << (shift - 1u);
  }
  // A carry out of the mantissa runs into the exponent, which is the next half up.
  if (rest > halfway || (rest == halfway && halfway != 0 && (kept & 1u) != 0)) {
    ++kept;
  }
  return static_cast<uint16_t>(sign | kept);
}

float floatFromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  const uint32_t mantissa = half & 0x3ffu;
  if (exponent == 0) {  // zero or subnormal: mantissa · 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
  }
  const uint32_t wide = exponent == 0x1fu ? 0xffu : exponent + 112u;
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}

}  // namespace limoe::probe
