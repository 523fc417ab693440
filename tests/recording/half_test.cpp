// Half floats against NumPy's.
#include "routing_probe/recording/half.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <random>
#include <vector>

#include "tests/recording/recording_test_support.h"

namespace limoe::probe::test {
namespace {

template <typename T>
void writeValues(const std::filesystem::path& path, const std::vector<T>& values) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
}

TEST(Half, AgreesWithNumPyBothWays) {
  std::vector<float> of_halves;
  std::vector<float> floats;
  for (uint32_t half = 0; half <= 0xffff; ++half) {
    const float value = floatFromHalf(static_cast<uint16_t>(half));
    of_halves.push_back(value);
    // Between this half and the next: the tie, and what lies just beside it.
    const float next = floatFromHalf(static_cast<uint16_t>(half + 1));
    const float middle = value + (next - value) / 2;
    floats.insert(floats.end(),
                  {value, middle, std::nextafterf(middle, value), std::nextafterf(middle, next)});
  }
  std::mt19937 random(7);
  for (int i = 0; i < 200000; ++i) {
    floats.push_back(std::bit_cast<float>(static_cast<uint32_t>(random())));
  }
  for (const float special : {65504.0f, 65519.99f, 65520.0f, 1e30f, -1e30f, 0x1p-25f,
                              0x1.000002p-25f, 0x1.8p-25f, -0.0f, INFINITY}) {
    floats.push_back(special);
  }
  std::vector<uint16_t> halves;
  for (const float value : floats) {
    halves.push_back(halfFromFloat(value));
  }
  const TestFolder folder;
  writeValues(folder / "of_halves", of_halves);
  writeValues(folder / "floats", floats);
  writeValues(folder / "halves", halves);
  const CommandResult result = runPython(R"(
import sys, numpy as np
folder = sys.argv[1] + "/"
np.seterr(all="ignore")
def same(a, b):
    return (a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a) & np.isnan(b)
all_halves = np.arange(65536, dtype="<u2").view("<f2").astype("<f4")
assert same(all_halves, np.fromfile(folder + "of_halves", "<f4")).all()
floats = np.fromfile(folder + "floats", "<f4")
ours = np.fromfile(folder + "halves", "<u2").view("<f2")
wrong = ~same(floats.astype("<f2"), ours)
assert not wrong.any(), (floats[wrong][:5], ours[wrong][:5])
assert len(floats) > 400000
)",
                                         folder.path());
  EXPECT_EQ(result.status, 0) << result.output;
}

}  // namespace
}  // namespace limoe::probe::test
