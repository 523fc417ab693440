#include "model/safetensors_header.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

namespace limoe::model {
namespace {

using nlohmann::json;

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeader = 100'000'000;  // the format's own limit

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw SafetensorsError(path.string() + ": " + what);
}

/// Number of bytes of a tensor; throws on overflow.
uint64_t tensorBytes(const std::filesystem::path& path, const std::string& name,
                     const SafetensorsHeader::Entry& entry) {
  uint64_t bytes = static_cast<uint64_t>(safetensorsElementSize(entry.dtype));
  for (const int64_t size : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) {
      fail(path, "tensor \"" + name + "\" claims an impossible size; the file is damaged");
    }
  }
  return bytes;
}

SafetensorsHeader::Entry readEntry(const std::filesystem::path& path, const std::string& name,
                                   const json& value, uint64_t data_begin, uint64_t file_bytes) {
  SafetensorsHeader::Entry entry;
  try {
    entry.dtype = value.at("dtype").get<std::string>();
    for (const json& size : value.at("shape")) {
      entry.shape.push_back(static_cast<int64_t>(
          size.is_number_unsigned() ? std::min<uint64_t>(size.get<uint64_t>(), INT64_MAX)
                                    : throw json::other_error::create(0, "shape", &size)));
    }
    const json& offsets = value.at("data_offsets");
    if (offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned()) {
      throw json::other_error::create(0, "data_offsets", &offsets);
    }
    const auto begin = offsets[0].get<uint64_t>();
    const auto end = offsets[1].get<uint64_t>();
    if (begin > end || end > file_bytes - data_begin) {
      fail(path, "tensor \"" + name + "\" lies beyond the end of the file (" +
                     std::to_string(file_bytes) + " bytes): the file is truncated; copy it again");
    }
    entry.offset = data_begin + begin;
    entry.bytes = end - begin;
  } catch (const json::exception&) {
    fail(path, "tensor \"" + name + "\" has no proper dtype, shape and data_offsets");
  }
  if (tensorBytes(path, name, entry) != entry.bytes) {
    fail(path, "tensor \"" + name + "\": its shape and type do not fit its " +
                   std::to_string(entry.bytes) + " bytes; the file is damaged");
  }
  return entry;
}

void checkLayout(const std::filesystem::path& path, const SafetensorsHeader& header,
                 uint64_t data_begin, uint64_t file_bytes) {
  std::vector<const SafetensorsHeader::Entry*> entries;
  for (const auto& [name, entry] : header.tensors) {
    entries.push_back(&entry);
  }
  std::sort(entries.begin(), entries.end(), [](auto* a, auto* b) {
    return std::pair(a->offset, a->bytes) < std::pair(b->offset, b->bytes);
  });
  uint64_t next = data_begin;
  for (const auto* entry : entries) {
    if (entry->offset != next) {
      fail(path, "tensors overlap or leave a hole; the file is damaged");
    }
    next += entry->bytes;
  }
  if (next != file_bytes) {
    fail(path, std::to_string(file_bytes - next) +
                   " bytes at the end belong to no tensor; the file is damaged");
  }
}

}  // namespace

int64_t safetensorsElementSize(const std::string& dtype) {
  static const std::map<std::string, int64_t> kSizes = {
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},
      {"I32", 4}, {"I16", 2}, {"I8", 1},  {"U8", 1},   {"BOOL", 1}};
  const auto found = kSizes.find(dtype);
  if (found == kSizes.end()) {
    throw SafetensorsError("tensors of type \"" + dtype + "\" are not supported; convert to F32");
  }
  return found->second;
}

SafetensorsHeader readSafetensorsHeader(const std::filesystem::path& path) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code)) {
    fail(path, std::filesystem::exists(path, code) ? "is not a file" : "no such file");
  }
  const uint64_t file_bytes = std::filesystem::file_size(path, code);
  std::ifstream file(path, std::ios::binary);
  std::array<unsigned char, kLengthBytes> length_bytes{};
  if (code || !file) {
    fail(path, "cannot be read; check the permissions");
  }
  if (!file.read(reinterpret_cast<char*>(length_bytes.data()), kLengthBytes)) {
    fail(path, "is " + std::to_string(file_bytes) +
                   " bytes long, too short for a safetensors file; copy it again");
  }
  uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<uint64_t>(length_bytes[i]) << (8 * i);
  }
  if (length > kMaxHeader || length > file_bytes - kLengthBytes) {
    fail(path, "its header would be " + std::to_string(length) + " bytes long, the file has only " +
                   std::to_string(file_bytes) + ": not a safetensors file, or truncated");
  }
  std::string text(length, '\0');
  file.read(text.data(), static_cast<std::streamsize>(length));
  const json object = file ? json::parse(text, nullptr, false) : json();
  if (!object.is_object()) {
    fail(path, "its header is not JSON: not a safetensors file, or damaged");
  }

  SafetensorsHeader header;
  const uint64_t data_begin = kLengthBytes + length;
  for (const auto& [name, value] : object.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, item] : value.items()) {
        if (!item.is_string()) {
          fail(path, "__metadata__." + key + " is not a text");
        }
        header.metadata[key] = item.get<std::string>();
      }
    } else {
      header.tensors[name] = readEntry(path, name, value, data_begin, file_bytes);
    }
  }
  checkLayout(path, header, data_begin, file_bytes);
  return header;
}

}  // namespace limoe::model
