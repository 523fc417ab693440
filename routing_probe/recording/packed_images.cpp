#include "routing_probe/recording/packed_images.h"

#include <vector>

#include "routing_probe/recording/chunk_packing.h"

namespace limoe::probe {
namespace {

constexpr size_t kAxes = 4;

/// Whether an image is a chunk and gzip the only filter.
bool isPackedByImage(hid_t dataset) {
  const std::vector<hsize_t> shape = hdf5::extentOf(dataset);
  const hdf5::Handle creation =
      hdf5::own(H5Dget_create_plist(dataset), H5Pclose, "read the layout of the images");
  std::vector<hsize_t> chunk(kAxes);
  if (shape.size() != kAxes || H5Pget_layout(creation.get()) != H5D_CHUNKED ||
      H5Pget_chunk(creation.get(), static_cast<int>(kAxes), chunk.data()) < 0 ||
      chunk != std::vector<hsize_t>{1, shape[1], shape[2], shape[3]} ||
      H5Pget_nfilters(creation.get()) != 1) {
    return false;
  }
  unsigned flags = 0;
  unsigned config = 0;
  size_t values = 0;
  return H5Pget_filter2(creation.get(), 0, &flags, &values, nullptr, 0, nullptr, &config) ==
         H5Z_FILTER_DEFLATE;
}

}  // namespace

bool readPackedImages(hid_t dataset, int64_t first, int64_t count, std::span<uint8_t> pixels) {
  if (count <= 0 || pixels.empty() || !isPackedByImage(dataset)) {
    return false;
  }
  const size_t image_bytes = pixels.size() / static_cast<size_t>(count);
  std::vector<unsigned char> packed;
  for (int64_t i = 0; i < count; ++i) {
    const hsize_t offset[kAxes] = {static_cast<hsize_t>(first + i), 0, 0, 0};
    hsize_t size = 0;
    // What compression could not shrink is hardly larger than it was.
    if (H5Dget_chunk_storage_size(dataset, offset, &size) < 0 || size == 0 ||
        size > 2 * image_bytes + 1024) {
      return false;
    }
    packed.resize(size);
    uint32_t skipped_filters = 0;
    if (H5Dread_chunk(dataset, H5P_DEFAULT, offset, &skipped_filters, packed.data()) < 0 ||
        skipped_filters != 0 ||
        !unpackChunk(packed, pixels.subspan(static_cast<size_t>(i) * image_bytes, image_bytes))) {
      return false;
    }
  }
  return true;
}

}  // namespace limoe::probe
