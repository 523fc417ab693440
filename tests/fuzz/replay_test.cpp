// Every kept case of a fuzz target, without a fuzzer: what once went wrong stays right.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz_target.h"

namespace {

TEST(FuzzCases, LIMOE_FUZZ_TARGET) {
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LIMOE_FUZZ_CASES)) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(file), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    ++cases;
  }
  EXPECT_GT(cases, 0);
}

}  // namespace
