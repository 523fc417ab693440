#include "routing_probe/recording/packed_chunks.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "routing_probe/recording/chunk_packing.h"

namespace limoe::probe {
namespace {

/// Walks go through a few layers, or steps, side by side.
constexpr size_t kHeldBytes = size_t{1} << 20;

/// Whether shuffle and gzip are the filters, in this order.
bool isShuffledGzip(hid_t creation) {
  const auto filter = [creation](unsigned number) {
    unsigned flags = 0;
    unsigned config = 0;
    size_t values = 0;
    return H5Pget_filter2(creation, number, &flags, &values, nullptr, 0, nullptr, &config);
  };
  return H5Pget_nfilters(creation) == 2 && filter(0) == H5Z_FILTER_SHUFFLE &&
         filter(1) == H5Z_FILTER_DEFLATE;
}

std::vector<hsize_t> chunkOf(hid_t dataset, size_t axes) {
  const hdf5::Handle creation =
      hdf5::own(H5Dget_create_plist(dataset), H5Pclose, "read the layout of a dataset");
  std::vector<hsize_t> chunk(axes);
  const bool readable = std::endian::native == std::endian::little &&
                        H5Pget_layout(creation.get()) == H5D_CHUNKED &&
                        H5Pget_chunk(creation.get(), static_cast<int>(axes), chunk.data()) ==
                            static_cast<int>(axes) &&
                        isShuffledGzip(creation.get());
  return readable ? chunk : std::vector<hsize_t>();
}

/// Elements [first, first + out.size() / element_bytes) of a shuffled chunk, put together again.
void unshuffle(std::span<const unsigned char> chunk, size_t element_bytes, size_t first,
               std::span<unsigned char> out) {
  const size_t elements = out.size() / element_bytes;
  const size_t stride = chunk.size() / element_bytes;
  if (element_bytes == 1) {
    std::memcpy(out.data(), chunk.data() + first, elements);
    return;
  }
  for (size_t byte = 0; byte < element_bytes; ++byte) {
    const unsigned char* from = chunk.data() + byte * stride + first;
    for (size_t i = 0; i < elements; ++i) {
      out[i * element_bytes + byte] = from[i];
    }
  }
}

}  // namespace

PackedChunks::PackedChunks(hid_t dataset, const schema::Dataset& description)
    : element_bytes_(description.elementBytes()),
      row_(description.row),
      chunk_(chunkOf(dataset, 1 + description.row.size())) {}

std::span<const unsigned char> PackedChunks::chunkAt(hid_t dataset,
                                                     const std::vector<hsize_t>& place,
                                                     size_t chunk_bytes) {
  const auto found = std::find_if(held_.begin(), held_.end(),
                                  [&place](const Held& held) { return held.place == place; });
  if (found != held_.end()) {
    std::rotate(held_.begin(), found, found + 1);
    return held_.front().bytes;
  }
  hsize_t size = 0;
  // What compression could not shrink is hardly larger than it was.
  if (H5Dget_chunk_storage_size(dataset, place.data(), &size) < 0 || size == 0 ||
      size > 2 * chunk_bytes + 1024) {
    return {};
  }
  packed_.resize(size);
  uint32_t skipped_filters = 0;
  if (H5Dread_chunk(dataset, H5P_DEFAULT, place.data(), &skipped_filters, packed_.data()) < 0 ||
      skipped_filters != 0) {
    return {};
  }
  if (held_.empty() || (held_.size() + 1) * chunk_bytes <= kHeldBytes) {
    held_.emplace_back();
  }
  // The oldest makes room.
  held_.back().place.clear();
  held_.back().bytes.resize(chunk_bytes);
  if (!unpackChunk(packed_, held_.back().bytes)) {
    return {};
  }
  held_.back().place = place;
  std::rotate(held_.begin(), held_.end() - 1, held_.end());
  return held_.front().bytes;
}

bool PackedChunks::read(hid_t dataset, const std::vector<int64_t>& offset,
                        const std::vector<int64_t>& count, std::span<unsigned char> out) {
  if (chunk_.empty() || out.empty()) {
    return false;
  }
  // Inner axes that are wanted whole, and that chunks hold whole, are one.
  size_t axis = chunk_.size() - 1;
  size_t unit = 1;
  while (axis > 0 && offset[axis] == 0 && static_cast<hsize_t>(count[axis]) == row_[axis - 1] &&
         chunk_[axis] == row_[axis - 1]) {
    unit *= row_[axis - 1];
    --axis;
  }
  std::vector<hsize_t> place(chunk_.size(), 0);
  for (size_t outer = 0; outer < axis; ++outer) {
    if (chunk_[outer] != 1 || count[outer] != 1) {
      return false;
    }
    place[outer] = static_cast<hsize_t>(offset[outer]);
  }
  const hsize_t chunk_units = chunk_[axis];
  const size_t unit_bytes = unit * element_bytes_;
  const auto end = static_cast<hsize_t>(offset[axis] + count[axis]);
  for (auto first = static_cast<hsize_t>(offset[axis]); first < end;) {
    place[axis] = first / chunk_units * chunk_units;
    const hsize_t last = std::min(end, place[axis] + chunk_units);
    const auto chunk = chunkAt(dataset, place, chunk_units * unit_bytes);
    if (chunk.empty()) {
      return false;
    }
    const auto done = first - static_cast<hsize_t>(offset[axis]);
    unshuffle(chunk, element_bytes_, (first - place[axis]) * unit,
              out.subspan(done * unit_bytes, (last - first) * unit_bytes));
    first = last;
  }
  return true;
}

}  // namespace limoe::probe
