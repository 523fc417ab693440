// Damaged safetensors files are refused with their name and the reason.
#include "model/safetensors_header.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace limoe::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A file of this process, gone when it ends: tests run side by side.
std::string scratchFile() {
  struct File {
    std::string path = testing::TempDir() + std::to_string(getpid()) + ".safetensors";
    ~File() { std::filesystem::remove(path); }
  };
  static const File file;
  return file.path;
}

std::string fileWith(const std::string& header, const std::string& payload) {
  const std::string path = scratchFile();
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

TEST(SafetensorsHeader, NamesTheTensorOfAnUnknownType) {
  expectRefused(
      fileWith(R"({"tower.weight":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", "xx"),
      "\"tower.weight\": the type \"F8_E4M3\" is not supported");
}

TEST(SafetensorsHeader, RefusesNumbersThatAreNoSizes) {
  const auto tensor = [](const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  const std::string payload(8, 'x');
  for (const char* shape : {"[2.0]", "[NaN]", "[null]", "[\"2\"]", "[[2]]", "2", "[1e400]", "{}",
                            "[18446744073709551616]"}) {
    SCOPED_TRACE(shape);
    EXPECT_THROW(readSafetensorsHeader(fileWith(tensor(shape, "[0,8]"), payload)),
                 SafetensorsError);
  }
  for (const char* offsets : {"[8,0]", "[-8,0]", "[0]", "[0,8,16]", "[0,18446744073709551615]",
                              "[18446744073709551608,18446744073709551615]", "[4,12]"}) {
    SCOPED_TRACE(offsets);
    expectRefused(fileWith(tensor("[2]", offsets), payload), "\"a\"");
  }
  // No bytes, but a shape that overflows whoever multiplies it.
  expectRefused(fileWith(tensor("[0,9223372036854775807,2]", "[0,0]"), ""), "impossible size");
  expectRefused(fileWith(tensor("[" + std::string(200, '1') + "]", "[0,8]"), payload), "\"a\"");
}

TEST(SafetensorsHeader, RefusesWhatIsGivenTwice) {
  const std::string tensor = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  expectRefused(fileWith("{\"a\":" + tensor + ",\"a\":" + tensor + "}", std::string(8, 'x')),
                "given twice");
  expectRefused(fileWith(R"({"a":{"dtype":"F32","shape":[4],"shape":[2],"data_offsets":[0,8]}})",
                         std::string(8, 'x')),
                "twice");
}

TEST(SafetensorsHeader, ReadsNestingAndListsWithoutBuildingThem) {
  expectRefused(fileWith(std::string(1'000'000, '['), ""), "not an object");
  expectRefused(fileWith("{\"a\":" + std::string(1'000'000, '['), ""), "\"a\"");
  std::string ones = R"({"a":{"dtype":"F32","shape":[1)";
  for (int i = 0; i < 1'000'000; ++i) {
    ones += ",1";
  }
  expectRefused(fileWith(ones + R"(],"data_offsets":[0,4]}})", "xxxx"), "axes");
}

TEST(SafetensorsHeader, RefusesAHeaderLongerThanTheFile) {
  const std::string path = scratchFile();
  std::ofstream(path, std::ios::binary)
      << std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8) << "{}";
  expectRefused(path, "truncated");
  std::ofstream(path, std::ios::binary) << "abc";
  expectRefused(path, "too short");
}

}  // namespace
}  // namespace limoe::model
