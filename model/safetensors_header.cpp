#include "model/safetensors_header.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace limoe::model {
namespace {

using nlohmann::json;

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeader = 100'000'000;  // the format's own limit

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw SafetensorsError(path.string() + ": " + what);
}

/// Takes the header as the parser comes to it, so that no more is built than a header has: a text
/// of brackets or numbers alone would otherwise take tens of times its length.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  HeaderReader(const std::filesystem::path& path, SafetensorsHeader& header)
      : path_(path), header_(header) {}

  bool null() override { return value(""); }
  bool boolean(bool) override { return value("true or false"); }
  bool number_integer(int64_t) override { return value("a negative number"); }
  bool number_float(double, const std::string&) override { return value("a fraction"); }
  bool binary(json::binary_t&) override { return value("binary"); }
  bool number_unsigned(uint64_t number) override {
    if (list_ == nullptr) {
      return value("a number");
    }
    if (list_->size() >= kMostNumbers) {
      fail(path_, "tensor \"" + name_ + "\" has more than " + std::to_string(kMostNumbers) +
                      " axes; the file is damaged");
    }
    list_->push_back(number);
    return true;
  }
  bool string(std::string& text) override;
  bool start_object(std::size_t) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override {
    list_ = nullptr;
    return true;
  }
  bool key(std::string& key) override;
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    fail(path_, "its header is not JSON: not a safetensors file, or damaged");
  }

 private:
  enum class Place { Outside, Header, Metadata, Tensor };
  static constexpr std::size_t kMostNumbers = 64;

  /// Ends the reading: no value of this kind belongs here.
  bool value(const std::string& what) const {
    if (place_ == Place::Outside) {
      fail(path_, "its header is not an object: not a safetensors file, or damaged");
    }
    if (place_ == Place::Metadata) {
      fail(path_, "__metadata__." + key_ + " is not a text");
    }
    fail(path_, "tensor \"" + name_ + "\" has no proper dtype, shape and data_offsets" +
                    (what.empty() || key_.empty() ? "" : ": \"" + key_ + "\" is " + what));
  }
  void finishTensor();

  const std::filesystem::path& path_;
  SafetensorsHeader& header_;
  Place place_ = Place::Outside;
  std::string name_;  ///< of the tensor that the parser is in
  std::string key_;
  std::string dtype_;
  std::vector<uint64_t> shape_;
  std::vector<uint64_t> offsets_;
  std::vector<uint64_t>* list_ = nullptr;  ///< that the parser is in
  std::set<std::string> seen_;             ///< keys of this tensor
};

bool HeaderReader::string(std::string& text) {
  if (place_ == Place::Metadata) {
    if (!header_.metadata.emplace(key_, text).second) {
      fail(path_, "__metadata__." + key_ + " is given twice; the file is damaged");
    }
    return true;
  }
  if (place_ != Place::Tensor || key_ != "dtype" || list_ != nullptr) {
    return value("a text");
  }
  dtype_ = text;
  return true;
}

bool HeaderReader::start_object(std::size_t) {
  if (place_ == Place::Outside) {
    place_ = Place::Header;
  } else if (place_ == Place::Header) {
    place_ = name_ == "__metadata__" ? Place::Metadata : Place::Tensor;
    key_.clear();
  } else {
    return value("an object");
  }
  return true;
}

bool HeaderReader::end_object() {
  if (place_ == Place::Tensor) {
    finishTensor();
  }
  place_ = place_ == Place::Header ? Place::Outside : Place::Header;
  return true;
}

bool HeaderReader::start_array(std::size_t) {
  const bool shape = key_ == "shape";
  if (place_ != Place::Tensor || list_ != nullptr || !(shape || key_ == "data_offsets")) {
    return value("a list");
  }
  list_ = shape ? &shape_ : &offsets_;
  return true;
}

bool HeaderReader::key(std::string& key) {
  if (place_ != Place::Header) {
    key_ = key;
    if (place_ == Place::Tensor && !seen_.insert(key).second) {
      fail(path_, "tensor \"" + name_ + "\" gives " + key + " twice; the file is damaged");
    }
    return true;
  }
  name_ = key;
  if (header_.tensors.contains(name_) || (name_ == "__metadata__" && !header_.metadata.empty())) {
    fail(path_, "\"" + name_ + "\" is given twice; the file is damaged");
  }
  dtype_.clear();
  shape_.clear();
  offsets_.clear();
  seen_.clear();
  key_.clear();
  return true;
}

/// Offsets are checked against the file, and sizes against one another, by checkEntry().
void HeaderReader::finishTensor() {
  if (!seen_.contains("dtype") || !seen_.contains("shape") || offsets_.size() != 2) {
    value("");
  }
  SafetensorsHeader::Entry entry;
  entry.dtype = dtype_;
  for (const uint64_t size : shape_) {
    entry.shape.push_back(static_cast<int64_t>(std::min<uint64_t>(size, INT64_MAX)));
  }
  entry.offset = offsets_[0];
  entry.bytes = offsets_[1] - offsets_[0];
  if (offsets_[0] > offsets_[1]) {
    fail(path_, "tensor \"" + name_ + "\" ends before it begins; the file is damaged");
  }
  header_.tensors.emplace(name_, std::move(entry));
}

/// Turns the entry's offset, so far from the end of the header, into one from the start of the
/// file; refuses what does not lie in the file or does not fit its shape and type.
void checkEntry(const std::filesystem::path& path, const std::string& name,
                SafetensorsHeader::Entry& entry, uint64_t data_begin, uint64_t file_bytes) {
  const uint64_t room = file_bytes - data_begin;
  if (entry.offset > room || entry.bytes > room - entry.offset) {
    fail(path, "tensor \"" + name + "\" lies beyond the end of the file (" +
                   std::to_string(file_bytes) + " bytes): the file is truncated; copy it again");
  }
  entry.offset += data_begin;
  int64_t element_bytes = 0;
  try {
    element_bytes = safetensorsElementSize(entry.dtype);
  } catch (const SafetensorsError& error) {
    fail(path, "tensor \"" + name + "\": " + error.what());
  }
  // With an axis of length 0 the others must be possible all the same: whoever makes the tensor
  // multiplies them.
  auto bytes = static_cast<uint64_t>(element_bytes);
  bool empty = false;
  for (const int64_t size : entry.shape) {
    empty = empty || size == 0;
    if (size != 0 && (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes) ||
                      bytes > static_cast<uint64_t>(INT64_MAX))) {
      fail(path, "tensor \"" + name + "\" claims an impossible size; the file is damaged");
    }
  }
  if ((empty ? 0 : bytes) != entry.bytes) {
    fail(path, "tensor \"" + name + "\": its shape and type do not fit its " +
                   std::to_string(entry.bytes) + " bytes; the file is damaged");
  }
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
    throw SafetensorsError("the type \"" + dtype.substr(0, 60) +
                           "\" is not supported; convert it to F32");
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
  if (!file) {
    fail(path, "cannot be read");
  }

  SafetensorsHeader header;
  HeaderReader reader(path, header);
  json::sax_parse(text, &reader);
  const uint64_t data_begin = kLengthBytes + length;
  for (auto& [name, entry] : header.tensors) {
    checkEntry(path, name, entry, data_begin, file_bytes);
  }
  checkLayout(path, header, data_begin, file_bytes);
  return header;
}

}  // namespace limoe::model
