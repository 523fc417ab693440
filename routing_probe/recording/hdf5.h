// A thin layer over HDF5's C interface: handles that close themselves, and calls that throw with
// the library's own account of what went wrong.
//
// Internal to routing_recording; the public headers don't show HDF5.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace limoe::probe::hdf5 {

/// A call of the library failed. The text is "could not DO: CAUSE (and its cause …)".
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Before the first call in each thread: the library prints no errors by itself, and does not
/// write at process exit (a file left open by an error would otherwise be written again then).
void prepareThread();

/// Throws Error with the library's error stack where `result` says failure (below zero).
/// `action` completes "could not …".
template <typename T>
T check(T result, const std::string& action);

/// Owns an identifier of any kind.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  /// Closes and returns the library's answer: below zero where closing failed.
  herr_t reset();

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// An identifier that `action` was to make; throws Error where it is not one.
Handle own(hid_t id, Handle::Close close, const std::string& action);

/// Element types of recordings, little-endian. F16 is IEEE binary16, read and written as uint16_t.
enum class Element { U8, U16, U32, I32, I64, F16, F32, F64, Text, Event };

/// `text_bytes`: for Text, the fixed length; UTF-8, padded with zero bytes.
Handle typeOf(Element element, size_t text_bytes = 0);
size_t bytesOf(Element element, size_t text_bytes = 0);

/// A row of `events` in memory and in the file.
struct EventRow {
  int64_t step;
  double wall;
  char kind[32];
  char text[472];
};
static_assert(sizeof(EventRow) == 520);

/// Attributes. The reading ones throw Error where the attribute is absent, of another type, or
/// larger than any recording's.
void writeAttribute(hid_t object, const std::string& name, int64_t value);
void writeAttribute(hid_t object, const std::string& name, double value);
void writeAttribute(hid_t object, const std::string& name, const std::string& value);
void writeAttribute(hid_t object, const std::string& name, const std::vector<int64_t>& values);
void writeAttribute(hid_t object, const std::string& name, const std::vector<std::string>& values);
/// Overwrites an attribute in place: adds nothing to the file.
void overwriteAttribute(hid_t object, const std::string& name, int64_t value);

bool hasAttribute(hid_t object, const std::string& name);
int64_t readInteger(hid_t object, const std::string& name);
double readReal(hid_t object, const std::string& name);
std::string readText(hid_t object, const std::string& name);
std::vector<int64_t> readIntegers(hid_t object, const std::string& name);
std::vector<std::string> readTexts(hid_t object, const std::string& name);

/// Current sizes of a dataset, outermost first.
std::vector<hsize_t> extentOf(hid_t dataset);

/// Reads or writes the block [offset, offset + count) of `dataset`; `type` is that of the memory.
void readBlock(hid_t dataset, hid_t type, const std::vector<hsize_t>& offset,
               const std::vector<hsize_t>& count, void* out);
void writeBlock(hid_t dataset, hid_t type, const std::vector<hsize_t>& offset,
                const std::vector<hsize_t>& count, const void* in);

/// At most `bytes` bytes of UTF-8 text, cut between two characters.
std::string cutAtCharacter(const std::string& text, size_t bytes);

/// Text to fixed-length cells and back: `bytes` per text, zero-padded, cut between characters.
std::vector<char> packTexts(const std::vector<std::string>& texts, size_t bytes);
std::vector<std::string> unpackTexts(const std::vector<char>& cells, size_t bytes);

/// Throws Error where a call failed: action and error stack.
[[noreturn]] void throwError(const std::string& action);

template <typename T>
T check(T result, const std::string& action) {
  if (result < 0) {
    throwError(action);
  }
  return result;
}

}  // namespace limoe::probe::hdf5
