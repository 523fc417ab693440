#include "routing_probe/recording/packed_images.h"

#include <future>
#include <vector>

#include "routing_probe/recording/chunk_packing.h"

namespace limoe::probe {
namespace {

constexpr size_t kAxes = 4;
/// So many images take longer to unpack than a thread to start.
constexpr size_t kWorthAThread = 8;

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

/// The compressed image `index`; empty where it is stored in another way.
std::vector<unsigned char> readPacked(hid_t dataset, int64_t index, size_t image_bytes) {
  const hsize_t offset[kAxes] = {static_cast<hsize_t>(index), 0, 0, 0};
  hsize_t size = 0;
  // What compression could not shrink is hardly larger than it was.
  if (H5Dget_chunk_storage_size(dataset, offset, &size) < 0 || size > 2 * image_bytes + 1024) {
    return {};
  }
  std::vector<unsigned char> packed(size);
  uint32_t skipped_filters = 0;
  if (size == 0 ||
      H5Dread_chunk(dataset, H5P_DEFAULT, offset, &skipped_filters, packed.data()) < 0 ||
      skipped_filters != 0) {
    return {};
  }
  return packed;
}

/// Unpacks images first, first + stride, … of `packed` into their places.
bool unpackEvery(const std::vector<std::vector<unsigned char>>& packed, size_t first, size_t stride,
                 std::span<uint8_t> pixels) {
  const size_t image_bytes = pixels.size() / packed.size();
  for (size_t i = first; i < packed.size(); i += stride) {
    if (!unpackChunk(packed[i], pixels.subspan(i * image_bytes, image_bytes))) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool readPackedImages(hid_t dataset, int64_t first, int64_t count, std::span<uint8_t> pixels) {
  if (count <= 0 || pixels.empty() || !isPackedByImage(dataset)) {
    return false;
  }
  std::vector<std::vector<unsigned char>> packed;
  for (int64_t i = 0; i < count; ++i) {
    packed.push_back(readPacked(dataset, first + i, pixels.size() / static_cast<size_t>(count)));
    if (packed.back().empty()) {
      return false;
    }
  }
  if (packed.size() < kWorthAThread) {
    return unpackEvery(packed, 0, 1, pixels);
  }
  auto other_half =
      std::async(std::launch::async, [&] { return unpackEvery(packed, 1, 2, pixels); });
  const bool unpacked = unpackEvery(packed, 0, 2, pixels);
  return other_half.get() && unpacked;
}

}  // namespace limoe::probe
