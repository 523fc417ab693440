#include "model/data/image_file.h"

#include <algorithm>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/data/image_header.h"

namespace limoe::model {
namespace {

namespace fs = std::filesystem;

std::vector<uint8_t> readBytes(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw ImageFileError(path.string() + ": there is no such file");
  }
  if (!fs::is_regular_file(path, error)) {
    throw ImageFileError(path.string() + ": is a folder or a device, not an image file");
  }
  const uint64_t size = fs::file_size(path, error);
  if (error || size > kLargestImageBytes) {
    throw ImageFileError(path.string() + ": is too large (" + std::to_string(size / 1'000'000) +
                         " MB); scale the picture down first");
  }
  std::ifstream file(path, std::ios::binary);
  std::vector<uint8_t> bytes(size);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    throw ImageFileError(path.string() + ": cannot be read; check its permissions");
  }
  return bytes;
}

/// The pixels as stored, in OpenCV's order of channels. Empty where they cannot be unpacked.
cv::Mat unpack(std::vector<uint8_t>& bytes, const ImageHeader& header) {
  if (header.orientation_at != 0) {
    // OpenCV turns some kinds of TIFF by itself and others not: here the file says "upright", so
    // that it is turned exactly once.
    bytes[header.orientation_at] = header.big_endian ? 0 : 1;
    bytes[header.orientation_at + 1] = header.big_endian ? 1 : 0;
  }
  try {
    return cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {
    return {};
  }
}

/// EXIF 2.3, tag Orientation: what is done to the stored picture to show it.
void turn(cv::Mat& image, int orientation) {
  if (orientation == 5 || orientation == 7) {  // mirrored and turned: at a diagonal
    cv::transpose(image, image);
  }
  switch (orientation) {
    case 2:
      cv::flip(image, image, 1);
      break;
    case 3:
    case 7:
      cv::rotate(image, image, cv::ROTATE_180);
      break;
    case 4:
      cv::flip(image, image, 0);
      break;
    case 6:
      cv::rotate(image, image, cv::ROTATE_90_CLOCKWISE);
      break;
    case 8:
      cv::rotate(image, image, cv::ROTATE_90_COUNTERCLOCKWISE);
      break;
    default:
      break;
  }
}

/// BGRA over white, as BGR. `premultiplied`: colours have been multiplied by alpha already.
cv::Mat overWhite(const cv::Mat& image, bool premultiplied) {
  cv::Mat opaque(image.size(), CV_8UC3);
  for (int y = 0; y < image.rows; ++y) {
    const auto* from = image.ptr<cv::Vec4b>(y);
    auto* to = opaque.ptr<cv::Vec3b>(y);
    for (int x = 0; x < image.cols; ++x) {
      const int alpha = from[x][3];
      for (int c = 0; c < 3; ++c) {
        const int colour = premultiplied ? 255 * from[x][c] : alpha * from[x][c];
        to[x][c] = cv::saturate_cast<uint8_t>((colour + 255 * (255 - alpha) + 127) / 255);
      }
    }
  }
  return opaque;
}

/// Throws std::runtime_error without the file's name.
cv::Mat asRgb(cv::Mat image, const ImageHeader& header) {
  const bool wide = image.depth() == CV_16U;
  if (wide) {
    image.convertTo(image, CV_8U, 1.0 / 257);
  }
  if (image.depth() != CV_8U) {
    throw std::runtime_error(
        "has numbers that are no pixel values of 8 or 16 bits; save it as PNG or 8-bit TIFF");
  }
  if (image.channels() == 4) {
    // libtiff multiplies 8-bit colours by an alpha that is stored apart from them.
    const bool multiplied = header.tiff_alpha == TiffAlpha::Associated ||
                            (header.tiff_alpha == TiffAlpha::Unassociated && !wide);
    image = overWhite(image, multiplied);
  }
  cv::Mat rgb;
  switch (image.channels()) {
    case 1:
      cv::cvtColor(image, rgb, cv::COLOR_GRAY2RGB);
      return rgb;
    case 3:
      cv::cvtColor(image, rgb, cv::COLOR_BGR2RGB);
      return rgb;
    default:
      throw std::runtime_error("has " + std::to_string(image.channels()) +
                               " channels; save it as grey or RGB, with or without alpha");
  }
}

}  // namespace

ImageFile readImageFile(const fs::path& path, int64_t side) {
  std::vector<uint8_t> bytes = readBytes(path);
  try {
    const ImageHeader header = readImageHeader(bytes);
    if (header.width > kLargestImagePixels || header.height > kLargestImagePixels ||
        header.width * header.height > kLargestImagePixels) {
      throw std::runtime_error("is too large (" + std::to_string(header.width) + " × " +
                               std::to_string(header.height) +
                               " pixels); scale the picture down first");
    }
    cv::Mat image = unpack(bytes, header);
    bytes = {};
    if (image.empty()) {
      throw std::runtime_error(
          "its pixels cannot be read: it is damaged, or packed in a way that "
          "is not known here; save it again as PNG");
    }
    ImageFile result{{}, image.cols, image.rows};
    if (header.orientation >= 5) {
      std::swap(result.width, result.height);
    }
    const int shorter = std::min(image.cols, image.rows);
    // The middle first: less is turned and converted, and a strip of 100 000 pixels is harmless.
    image =
        image({(image.cols - shorter) / 2, (image.rows - shorter) / 2, shorter, shorter}).clone();
    turn(image, header.orientation);
    image = asRgb(std::move(image), header);
    const int size = static_cast<int>(side);
    if (shorter != size) {
      cv::resize(image, image, {size, size}, 0, 0,
                 shorter > size ? cv::INTER_AREA : cv::INTER_LINEAR);
    }
    result.image = image;
    return result;
  } catch (const ImageFileError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw ImageFileError(path.string() + ": " + error.what());
  }
}

}  // namespace limoe::model
