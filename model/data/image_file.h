// Pictures from users' files, as a model is fed with them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <stdexcept>

namespace limoe::model {

/// Names the file, what is wrong and the remedy.
class ImageFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What would take more memory than a picture for a model is worth is refused before it is
/// unpacked.
inline constexpr uint64_t kLargestImagePixels = 200'000'000;
inline constexpr uint64_t kLargestImageBytes = 1'000'000'000;

struct ImageFile {
  cv::Mat image;      ///< CV_8UC3, RGB, [side, side]
  int64_t width = 0;  ///< of the whole picture in the file, turned upright
  int64_t height = 0;
};

/// Reads a PNG, JPEG, WebP or TIFF (of several pages the first): turned as its orientation (EXIF,
/// TIFF) says, the middle square of it, laid over white where it is transparent, 16 bits rounded
/// to 8, grey as three equal channels; then brought to `side` pixels, averaging over areas where it
/// shrinks. A square of that size keeps its pixels. Colour profiles are not looked at: values count
/// as sRGB. Throws ImageFileError.
ImageFile readImageFile(const std::filesystem::path& path, int64_t side);

}  // namespace limoe::model
