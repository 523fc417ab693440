// What the first bytes of an image file tell before its pixels are unpacked: format, size, which
// way up. Plain C++; every read is bounded by the bytes that are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace limoe::model {

enum class ImageFormat { Png, Jpeg, Webp, Tiff };

/// How the alpha of a TIFF is stored (tag ExtraSamples; TIFF 6.0, page 31).
enum class TiffAlpha { None, Associated, Unassociated };

struct ImageHeader {
  ImageFormat format = ImageFormat::Png;
  uint64_t width = 0;   ///< as stored, before it is turned
  uint64_t height = 0;  ///< likewise
  /// Tag Orientation of EXIF 2.3 and TIFF 6.0, 1 … 8: 1 is upright, 6 means that the picture is
  /// shown turned clockwise by 90°.
  int orientation = 1;
  TiffAlpha tiff_alpha = TiffAlpha::None;
  /// Where a TIFF keeps its orientation, and in which order of bytes; 0: it keeps none.
  std::size_t orientation_at = 0;
  bool big_endian = false;
};

/// Throws std::runtime_error with what is wrong ("is no PNG, JPEG, WebP or TIFF", "ends early", …)
/// and the remedy, but without the file's name.
ImageHeader readImageHeader(std::span<const uint8_t> bytes);

}  // namespace limoe::model
