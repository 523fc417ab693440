#include "routing_probe/recording/dataset_check.h"

#include <algorithm>

namespace limoe::probe {
namespace {

using hdf5::Handle;

// Nothing in a recording comes near these; a damaged file may claim anything.
constexpr hsize_t kLargestChunkBytes = hsize_t{1} << 30;
constexpr hsize_t kAnyChunkBytes = hsize_t{16} << 20;
constexpr int kMostFilters = 3;

std::string shapeText(const std::vector<hsize_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  }
  return text + "]";
}

void requireHardLink(hid_t file, const std::string& path) {
  H5L_info_t link{};
  hdf5::check(H5Lget_info(file, path.c_str(), &link, H5P_DEFAULT), "find " + path);
  if (link.type != H5L_TYPE_HARD) {
    throw hdf5::Error(path + " is a link to another place or file, which no recording has");
  }
}

/// Bytes of a chunk; above kLargestChunkBytes that plus one.
hsize_t chunkBytes(const std::vector<hsize_t>& chunk, hsize_t element_bytes) {
  hsize_t bytes = std::max<hsize_t>(1, element_bytes);
  for (const hsize_t size : chunk) {
    if (size > kLargestChunkBytes / bytes) {
      return kLargestChunkBytes + 1;
    }
    bytes *= std::max<hsize_t>(1, size);
  }
  return bytes;
}

/// A copy packed by another program may use fewer filters, or a checksum; others are the library's
/// to decode, with sizes taken from the file.
bool filtersAreKnown(hid_t creation) {
  const int filters = H5Pget_nfilters(creation);
  for (int i = 0; i < filters && i < kMostFilters; ++i) {
    unsigned flags = 0;
    unsigned config = 0;
    size_t values = 0;
    const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values,
                                               nullptr, 0, nullptr, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
        filter != H5Z_FILTER_FLETCHER32) {
      return false;
    }
  }
  return filters >= 0 && filters <= kMostFilters;
}

std::string storageFault(const schema::Dataset& expected, hid_t creation) {
  const std::string other = " is stored in another way than a recording's; the file is damaged";
  if (H5Pget_external_count(creation) != 0) {
    return " is stored in another file, which no recording is";
  }
  const H5D_layout_t storage = H5Pget_layout(creation);
  if (storage == H5D_CONTIGUOUS && expected.chunk.empty()) {
    return "";
  }
  std::vector<hsize_t> chunk(1 + expected.row.size());
  if (storage != H5D_CHUNKED || expected.chunk.empty() ||
      H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data()) !=
          static_cast<int>(chunk.size())) {
    return other;
  }
  const hsize_t most =
      std::max(chunkBytes(expected.chunk, expected.elementBytes()), kAnyChunkBytes);
  if (chunkBytes(chunk, expected.elementBytes()) > std::min(most, kLargestChunkBytes)) {
    return " has chunks too large to be right; the file is damaged";
  }
  if (!filtersAreKnown(creation)) {
    return " is packed with a filter that no recording uses; repack it with gzip (h5repack)";
  }
  return "";
}

}  // namespace

Handle openDataset(hid_t file, const std::string& path) {
  if (const size_t slash = path.find('/'); slash != std::string::npos) {
    requireHardLink(file, path.substr(0, slash));
  }
  requireHardLink(file, path);
  return hdf5::own(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose, "open " + path);
}

std::string faultOf(const schema::Dataset& expected, hid_t dataset) {
  const Handle type = hdf5::own(H5Dget_type(dataset), H5Tclose, "read the type");
  const Handle wanted = hdf5::typeOf(expected.element, expected.text_bytes);
  if (H5Tget_class(type.get()) != H5Tget_class(wanted.get()) ||
      H5Tget_size(type.get()) != H5Tget_size(wanted.get()) || H5Tcommitted(type.get()) != 0 ||
      hdf5::check(H5Tequal(type.get(), wanted.get()), "compare types") == 0) {
    return " has another element type than a recording; the file is damaged or made by another "
           "program";
  }
  const std::vector<hsize_t> shape = hdf5::extentOf(dataset);
  std::vector<hsize_t> wanted_shape = {
      expected.rows == schema::Rows::Probe || shape.empty() ? expected.probe_rows : shape.front()};
  wanted_shape.insert(wanted_shape.end(), expected.row.begin(), expected.row.end());
  if (shape != wanted_shape) {
    return " has the shape " + shapeText(shape) + ", which does not fit the others (" +
           shapeText(wanted_shape) + "); the file is damaged";
  }
  const Handle creation = hdf5::own(H5Dget_create_plist(dataset), H5Pclose, "read the layout");
  return storageFault(expected, creation.get());
}

}  // namespace limoe::probe
