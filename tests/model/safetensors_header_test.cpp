// Damaged safetensors files are refused with their name and the reason.
#include "model/safetensors_header.h"

#include <gmock/gmock.h>

#include <fstream>

namespace limoe::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string fileWith(const std::string& header, const std::string& payload) {
  const std::string path = testing::TempDir() + "/case.safetensors";
  std::ofstream file(path, std::ios::binary);
  for (int i = 0; i < 8; ++i) {
    file.put(static_cast<char>(header.size() >> (8 * i)));
  }
  file << header << payload;
  return path;
}

constexpr const char* kGood = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

void expectRefused(const std::string& path, const std::string& reason) {
  EXPECT_THAT([&] { readSafetensorsHeader(path); },
              ThrowsMessage<SafetensorsError>(AllOf(HasSubstr(path), HasSubstr(reason))));
}

TEST(SafetensorsHeader, ReadsShapesTypesAndMetadata) {
  const auto path =
      fileWith(R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
               std::string(8, 'x'));
  const auto header = readSafetensorsHeader(path);
  EXPECT_EQ(header.metadata.at("k"), "v");
  EXPECT_EQ(header.tensors.at("a").shape, std::vector<int64_t>{2});
  EXPECT_EQ(header.tensors.at("a").bytes, 8U);
}

TEST(SafetensorsHeader, RefusesDamage) {
  expectRefused(testing::TempDir() + "/missing.safetensors", "no such file");
  expectRefused(fileWith(kGood, std::string(5, 'x')), "truncated");
  expectRefused(fileWith(kGood, std::string(9, 'x')), "belong to no tensor");
  expectRefused(fileWith("not json at all", ""), "not JSON");
  expectRefused(
      fileWith(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", std::string(8, 'x')),
      "do not fit");
  expectRefused(
      fileWith(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", std::string(8, 'x')),
      "\"a\"");
  expectRefused(
      fileWith(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})",
               std::string(8, 'x')),
      "impossible size");
}

TEST(SafetensorsHeader, RefusesAHeaderLongerThanTheFile) {
  const std::string path = testing::TempDir() + "/long.safetensors";
  std::ofstream(path, std::ios::binary)
      << std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8) << "{}";
  expectRefused(path, "truncated");
  std::ofstream(path, std::ios::binary) << "abc";
  expectRefused(path, "too short");
}

}  // namespace
}  // namespace limoe::model
