// Random numbers that are the same with every compiler and library: splitmix64 (Steele, Lea and
// Flood 2014). The <random> distributions are not specified bit by bit and differ between
// libraries.
#pragma once

#include <cstdint>

namespace limoe::model {

/// The finaliser of splitmix64: a bijection on 64 bits that spreads every bit of x.
constexpr uint64_t mixBits(uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// A stream of random numbers that depends on its key alone.
class CounterRandom {
 public:
  explicit CounterRandom(uint64_t key) : state_(key) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    return mixBits(state_);
  }
  /// Uniform in {0 … count − 1}; count in [1, 2³²). The bias, at most count / 2³², is nothing here.
  int below(int count) {
    return static_cast<int>(((next() >> 32U) * static_cast<uint64_t>(count)) >> 32U);
  }
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  /// Uniform in [low, high).
  double between(double low, double high) { return low + (high - low) * unit(); }
  bool chance(double probability) { return unit() < probability; }

 private:
  uint64_t state_;
};

}  // namespace limoe::model
