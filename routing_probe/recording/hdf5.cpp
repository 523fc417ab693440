#include "routing_probe/recording/hdf5.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <mutex>

namespace limoe::probe::hdf5 {
namespace {

// No recording comes near these; a damaged file may claim anything.
constexpr size_t kLargestTextAttribute = 16 << 20;
constexpr hssize_t kLongestListAttribute = 1 << 16;
constexpr size_t kLargestNumber = 8;

/// The system's own words out of a description like "file write failed: time = …, errno = 28, error
/// message = 'No space left on device', …"; other descriptions as they are.
std::string withoutDetails(const std::string& description) {
  const std::string mark = "error message = '";
  if (description.find(mark) == std::string::npos) {
    return description.substr(0, description.find(": time = "));
  }
  const size_t begin = description.find(mark);
  return description.substr(begin + mark.size(),
                            description.find('\'', begin + mark.size()) - begin - mark.size());
}

/// Innermost descriptions first: the cause is where the stack begins.
herr_t collect(unsigned depth, const H5E_error2_t* error, void* data) {
  auto& lines = *static_cast<std::vector<std::string>*>(data);
  if (depth < 4 && error->desc != nullptr) {
    lines.push_back(withoutDetails(error->desc));
  }
  return 0;
}

struct OpenAttribute {
  Handle attribute;
  Handle type;
  hssize_t elements = 0;
};

OpenAttribute openAttribute(hid_t object, const std::string& name, H5T_class_t type_class,
                            bool list) {
  const std::string action = "read the attribute \"" + name + "\"";
  OpenAttribute opened;
  opened.attribute = own(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, action);
  opened.type = own(H5Aget_type(opened.attribute.get()), H5Tclose, action);
  const Handle space = own(H5Aget_space(opened.attribute.get()), H5Sclose, action);
  opened.elements = check(H5Sget_simple_extent_npoints(space.get()), action);
  if (H5Tget_class(opened.type.get()) != type_class ||
      H5Sget_simple_extent_ndims(space.get()) != (list ? 1 : 0)) {
    throw Error("the attribute \"" + name + "\" has another type or shape than in a recording");
  }
  const size_t size = H5Tget_size(opened.type.get());
  if (opened.elements > kLongestListAttribute || size == 0 ||
      size > kLargestTextAttribute / static_cast<size_t>(std::max<hssize_t>(1, opened.elements))) {
    throw Error("the attribute \"" + name + "\" is too large to be right");
  }
  if (type_class != H5T_STRING && size > kLargestNumber) {
    throw Error("the attribute \"" + name + "\" has numbers of " + std::to_string(size) + " bytes");
  }
  if (type_class == H5T_STRING && H5Tis_variable_str(opened.type.get()) != 0) {
    throw Error("the attribute \"" + name + "\" has variable-length text, which no recording has");
  }
  return opened;
}

void createAttribute(hid_t object, const std::string& name, hid_t type, const Handle& space,
                     const void* data) {
  const std::string action = "write the attribute \"" + name + "\"";
  const Handle attribute =
      own(H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
          action);
  check(H5Awrite(attribute.get(), type, data), action);
}

Handle scalarSpace() {
  return own(H5Screate(H5S_SCALAR), H5Sclose, "make a dataspace");
}

Handle listSpace(size_t size) {
  const hsize_t length = size;
  return own(H5Screate_simple(1, &length, nullptr), H5Sclose, "make a dataspace");
}

size_t longest(const std::vector<std::string>& texts) {
  size_t bytes = 1;  // the library has no text of zero bytes
  for (const std::string& text : texts) {
    bytes = std::max(bytes, text.size());
  }
  return bytes;
}

Handle halfType() {
  Handle type = own(H5Tcopy(H5T_IEEE_F32LE), H5Tclose, "make the type f16");
  check(H5Tset_fields(type.get(), 15, 10, 5, 0, 10), "make the type f16");
  check(H5Tset_size(type.get(), 2), "make the type f16");
  check(H5Tset_ebias(type.get(), 15), "make the type f16");
  return type;
}

Handle textType(size_t bytes) {
  Handle type = own(H5Tcopy(H5T_C_S1), H5Tclose, "make a text type");
  check(H5Tset_size(type.get(), bytes), "make a text type");
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "make a text type");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "make a text type");
  return type;
}

Handle eventType() {
  Handle type = own(H5Tcreate(H5T_COMPOUND, sizeof(EventRow)), H5Tclose, "make the event type");
  const Handle kind = textType(sizeof(EventRow::kind));
  const Handle text = textType(sizeof(EventRow::text));
  check(H5Tinsert(type.get(), "step", offsetof(EventRow, step), H5T_STD_I64LE), "make events");
  check(H5Tinsert(type.get(), "wall", offsetof(EventRow, wall), H5T_IEEE_F64LE), "make events");
  check(H5Tinsert(type.get(), "kind", offsetof(EventRow, kind), kind.get()), "make events");
  check(H5Tinsert(type.get(), "text", offsetof(EventRow, text), text.get()), "make events");
  return type;
}

Handle selectBlock(hid_t dataset, const std::vector<hsize_t>& offset,
                   const std::vector<hsize_t>& count, const char* action) {
  Handle space = own(H5Dget_space(dataset), H5Sclose, action);
  check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, offset.data(), nullptr, count.data(),
                            nullptr),
        action);
  return space;
}

Handle memorySpace(const std::vector<hsize_t>& count, const char* action) {
  return own(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose,
             action);
}

}  // namespace

void prepareThread() {
  static std::once_flag once;
  std::call_once(once, [] { H5dont_atexit(); });
  thread_local const bool quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  (void)quiet;
}

void throwError(const std::string& action) {
  std::vector<std::string> causes;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &causes);
  std::string message = "could not " + action;
  const char* separator = ": ";
  for (const std::string& cause : causes) {
    message += separator + cause;
    separator = " ← ";
  }
  throw Error(message);
}

herr_t Handle::reset() {
  const hid_t id = std::exchange(id_, H5I_INVALID_HID);
  return id >= 0 ? close_(id) : 0;
}

Handle own(hid_t id, Handle::Close close, const std::string& action) {
  return {check(id, action), close};
}

Handle typeOf(Element element, size_t text_bytes) {
  switch (element) {
    case Element::U8:
      return own(H5Tcopy(H5T_STD_U8LE), H5Tclose, "make a type");
    case Element::U16:
      return own(H5Tcopy(H5T_STD_U16LE), H5Tclose, "make a type");
    case Element::U32:
      return own(H5Tcopy(H5T_STD_U32LE), H5Tclose, "make a type");
    case Element::I32:
      return own(H5Tcopy(H5T_STD_I32LE), H5Tclose, "make a type");
    case Element::I64:
      return own(H5Tcopy(H5T_STD_I64LE), H5Tclose, "make a type");
    case Element::F16:
      return halfType();
    case Element::F32:
      return own(H5Tcopy(H5T_IEEE_F32LE), H5Tclose, "make a type");
    case Element::F64:
      return own(H5Tcopy(H5T_IEEE_F64LE), H5Tclose, "make a type");
    case Element::Text:
      return textType(text_bytes);
    case Element::Event:
      return eventType();
  }
  throw std::invalid_argument("not an element type");
}

size_t bytesOf(Element element, size_t text_bytes) {
  switch (element) {
    case Element::U8:
      return 1;
    case Element::U16:
    case Element::F16:
      return 2;
    case Element::U32:
    case Element::I32:
    case Element::F32:
      return 4;
    case Element::I64:
    case Element::F64:
      return 8;
    case Element::Text:
      return text_bytes;
    case Element::Event:
      return sizeof(EventRow);
  }
  throw std::invalid_argument("not an element type");
}

void writeAttribute(hid_t object, const std::string& name, int64_t value) {
  createAttribute(object, name, H5T_STD_I64LE, scalarSpace(), &value);
}

void writeAttribute(hid_t object, const std::string& name, double value) {
  createAttribute(object, name, H5T_IEEE_F64LE, scalarSpace(), &value);
}

void writeAttribute(hid_t object, const std::string& name, const std::string& value) {
  const size_t bytes = std::max<size_t>(1, value.size());
  const std::vector<char> cell = packTexts({value}, bytes);
  createAttribute(object, name, textType(bytes).get(), scalarSpace(), cell.data());
}

void writeAttribute(hid_t object, const std::string& name, const std::vector<int64_t>& values) {
  static constexpr int64_t kNothing = 0;  // the library refuses a null pointer, for no elements too
  createAttribute(object, name, H5T_STD_I64LE, listSpace(values.size()),
                  values.empty() ? &kNothing : values.data());
}

void writeAttribute(hid_t object, const std::string& name, const std::vector<std::string>& values) {
  const size_t bytes = longest(values);
  const std::vector<char> cells = packTexts(values, bytes);
  createAttribute(object, name, textType(bytes).get(), listSpace(values.size()), cells.data());
}

void overwriteAttribute(hid_t object, const std::string& name, int64_t value) {
  const std::string action = "overwrite the attribute \"" + name + "\"";
  const Handle attribute = own(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, action);
  check(H5Awrite(attribute.get(), H5T_STD_I64LE, &value), action);
}

bool hasAttribute(hid_t object, const std::string& name) {
  return check(H5Aexists(object, name.c_str()), "look for the attribute \"" + name + "\"") > 0;
}

int64_t readInteger(hid_t object, const std::string& name) {
  const OpenAttribute opened = openAttribute(object, name, H5T_INTEGER, false);
  int64_t value = 0;
  check(H5Aread(opened.attribute.get(), H5T_NATIVE_INT64, &value), "read \"" + name + "\"");
  return value;
}

double readReal(hid_t object, const std::string& name) {
  const OpenAttribute opened = openAttribute(object, name, H5T_FLOAT, false);
  double value = 0;
  check(H5Aread(opened.attribute.get(), H5T_NATIVE_DOUBLE, &value), "read \"" + name + "\"");
  return value;
}

std::string readText(hid_t object, const std::string& name) {
  const OpenAttribute opened = openAttribute(object, name, H5T_STRING, false);
  const size_t bytes = H5Tget_size(opened.type.get());
  std::vector<char> cell(bytes);
  check(H5Aread(opened.attribute.get(), opened.type.get(), cell.data()), "read \"" + name + "\"");
  return unpackTexts(cell, bytes).front();
}

std::vector<int64_t> readIntegers(hid_t object, const std::string& name) {
  const OpenAttribute opened = openAttribute(object, name, H5T_INTEGER, true);
  std::vector<int64_t> values(static_cast<size_t>(opened.elements));
  if (!values.empty()) {
    check(H5Aread(opened.attribute.get(), H5T_NATIVE_INT64, values.data()),
          "read \"" + name + "\"");
  }
  return values;
}

std::vector<std::string> readTexts(hid_t object, const std::string& name) {
  const OpenAttribute opened = openAttribute(object, name, H5T_STRING, true);
  const size_t bytes = H5Tget_size(opened.type.get());
  std::vector<char> cells(bytes * static_cast<size_t>(opened.elements));
  if (!cells.empty()) {
    check(H5Aread(opened.attribute.get(), opened.type.get(), cells.data()),
          "read \"" + name + "\"");
  }
  return unpackTexts(cells, bytes);
}

std::vector<hsize_t> extentOf(hid_t dataset) {
  const Handle space = own(H5Dget_space(dataset), H5Sclose, "read a dataset's shape");
  const int rank = check(H5Sget_simple_extent_ndims(space.get()), "read a dataset's shape");
  std::vector<hsize_t> extent(static_cast<size_t>(rank));
  check(H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr), "read a dataset's shape");
  return extent;
}

void readBlock(hid_t dataset, hid_t type, const std::vector<hsize_t>& offset,
               const std::vector<hsize_t>& count, void* out) {
  const Handle file_space = selectBlock(dataset, offset, count, "select what to read");
  const Handle memory_space = memorySpace(count, "select what to read");
  check(H5Dread(dataset, type, memory_space.get(), file_space.get(), H5P_DEFAULT, out),
        "read a dataset");
}

void writeBlock(hid_t dataset, hid_t type, const std::vector<hsize_t>& offset,
                const std::vector<hsize_t>& count, const void* in) {
  const Handle file_space = selectBlock(dataset, offset, count, "select what to write");
  const Handle memory_space = memorySpace(count, "select what to write");
  check(H5Dwrite(dataset, type, memory_space.get(), file_space.get(), H5P_DEFAULT, in),
        "write a dataset");
}

std::string cutAtCharacter(const std::string& text, size_t bytes) {
  if (text.size() <= bytes) {
    return text;
  }
  size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) {
    --end;  // a continuation byte: its character began before the cut
  }
  return text.substr(0, end);
}

std::vector<char> packTexts(const std::vector<std::string>& texts, size_t bytes) {
  std::vector<char> cells(texts.size() * bytes, '\0');
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string cut = cutAtCharacter(texts[i], bytes);
    std::copy(cut.begin(), cut.end(), cells.begin() + static_cast<std::ptrdiff_t>(i * bytes));
  }
  return cells;
}

std::vector<std::string> unpackTexts(const std::vector<char>& cells, size_t bytes) {
  std::vector<std::string> texts;
  texts.reserve(cells.size() / bytes);
  for (size_t begin = 0; begin + bytes <= cells.size(); begin += bytes) {
    texts.emplace_back(cells.data() + begin, strnlen(cells.data() + begin, bytes));
  }
  return texts;
}

}  // namespace limoe::probe::hdf5
