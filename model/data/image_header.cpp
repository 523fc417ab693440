#include "model/data/image_header.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace limoe::model {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr const char* kEndsEarly = "ends early, it is cut or damaged; copy or save it again";

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

Bytes part(Bytes bytes, std::size_t offset, std::size_t count) {
  if (offset > bytes.size() || count > bytes.size() - offset) {
    fail(kEndsEarly);
  }
  return bytes.subspan(offset, count);
}

bool begins(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin(),
                    [](char c, uint8_t byte) { return static_cast<uint8_t>(c) == byte; });
}

uint64_t number(Bytes bytes, std::size_t offset, std::size_t size, bool big_endian) {
  const Bytes field = part(bytes, offset, size);
  uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | field[big_endian ? i : size - 1 - i];
  }
  return value;
}

/// Reads the first directory of a TIFF structure, which EXIF uses too, into `header`: the
/// orientation, and for a file that is a TIFF its sizes. Returns whether it is one.
bool readTiff(Bytes tiff, ImageHeader& header, bool whole_file) {
  const bool big = begins(tiff, std::string_view("MM\0*", 4));
  if (!big && !begins(tiff, std::string_view("II*\0", 4))) {
    return false;
  }
  const std::size_t directory = number(tiff, 4, 4, big);
  const std::size_t entries = number(tiff, directory, 2, big);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    const uint64_t tag = number(tiff, entry, 2, big);
    const bool is_short = number(tiff, entry + 2, 2, big) == 3;
    const uint64_t value = number(tiff, entry + 8, is_short ? 2 : 4, big);
    if (tag == 274 && is_short && value >= 1 && value <= 8) {
      header.orientation = static_cast<int>(value);
      header.orientation_at = whole_file ? entry + 8 : 0;
    } else if (whole_file && tag == 256) {
      header.width = value;
    } else if (whole_file && tag == 257) {
      header.height = value;
    } else if (whole_file && tag == 338) {
      header.tiff_alpha = value == 1   ? TiffAlpha::Associated
                          : value == 2 ? TiffAlpha::Unassociated
                                       : TiffAlpha::None;
    }
  }
  header.big_endian = big;
  return true;
}

/// EXIF that is damaged turns nothing; the picture is there without it.
void readExif(Bytes exif, ImageHeader& header) {
  constexpr std::string_view kPrefix("Exif\0\0", 6);
  try {
    readTiff(begins(exif, kPrefix) ? exif.subspan(kPrefix.size()) : exif, header, false);
  } catch (const std::runtime_error&) {
    header.orientation = 1;
  }
}

ImageHeader readPng(Bytes bytes) {
  ImageHeader header;
  header.format = ImageFormat::Png;
  for (std::size_t at = 8;;) {
    const std::size_t length = number(bytes, at, 4, true);
    const Bytes type = part(bytes, at + 4, 4);
    const Bytes data = part(bytes, at + 8, length + 4).first(length);  // a checksum is behind it
    if (begins(type, "IHDR")) {
      header.width = number(data, 0, 4, true);
      header.height = number(data, 4, 4, true);
    } else if (begins(type, "eXIf")) {
      readExif(data, header);
    } else if (begins(type, "IEND")) {
      return header;
    }
    at += 12 + length;
  }
}

bool isFrameHeader(uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

ImageHeader readJpeg(Bytes bytes) {
  ImageHeader header;
  header.format = ImageFormat::Jpeg;
  std::size_t at = 2;
  for (;;) {
    if (part(bytes, at, 2)[0] != 0xFF) {
      fail("has bytes between its segments that are none; save it again");
    }
    const uint8_t marker = bytes[at + 1];
    if (marker == 0xFF) {  // fill
      ++at;
      continue;
    }
    const std::size_t length = number(bytes, at + 2, 2, true);
    const Bytes segment = part(bytes, at + 2, std::max<std::size_t>(length, 2)).subspan(2);
    if (isFrameHeader(marker)) {
      header.height = number(segment, 1, 2, true);
      header.width = number(segment, 3, 2, true);
    } else if (marker == 0xE1 && begins(segment, "Exif")) {
      readExif(segment, header);
    } else if (marker == 0xDA) {
      break;
    }
    at += 2 + std::max<std::size_t>(length, 2);
  }
  // libjpeg makes grey of what is missing, without a word. In a scan FF is never followed by D9.
  constexpr std::array<uint8_t, 2> kEnd = {0xFF, 0xD9};
  const Bytes scans = bytes.subspan(at);
  if (std::search(scans.begin(), scans.end(), kEnd.begin(), kEnd.end()) == scans.end()) {
    fail(kEndsEarly);
  }
  return header;
}

ImageHeader readWebp(Bytes bytes) {
  ImageHeader header;
  header.format = ImageFormat::Webp;
  const Bytes riff = part(bytes, 0, 8 + number(bytes, 4, 4, false));
  for (std::size_t at = 12; at + 8 <= riff.size();) {
    const std::size_t length = number(riff, at + 4, 4, false);
    const Bytes data = part(riff, at + 8, length);
    const Bytes type = riff.subspan(at, 4);
    if (begins(type, "VP8X")) {
      if ((part(data, 0, 1)[0] & 2) != 0) {
        fail("is an animation; save one of its pictures");
      }
      header.width = number(data, 4, 3, false) + 1;
      header.height = number(data, 7, 3, false) + 1;
    } else if (begins(type, "VP8 ") && header.width == 0) {
      header.width = number(data, 6, 2, false) & 0x3FFF;
      header.height = number(data, 8, 2, false) & 0x3FFF;
    } else if (begins(type, "VP8L") && header.width == 0) {
      const uint64_t sizes = number(data, 1, 4, false);
      header.width = (sizes & 0x3FFF) + 1;
      header.height = (sizes >> 14 & 0x3FFF) + 1;
    } else if (begins(type, "EXIF")) {
      readExif(data, header);
    }
    at += 8 + length + length % 2;
  }
  return header;
}

}  // namespace

ImageHeader readImageHeader(Bytes bytes) {
  ImageHeader header;
  if (begins(bytes, "\x89PNG\r\n\x1a\n")) {
    header = readPng(bytes);
  } else if (begins(bytes, "\xFF\xD8\xFF")) {
    header = readJpeg(bytes);
  } else if (begins(bytes, "RIFF") &&
             begins(bytes.subspan(std::min<std::size_t>(8, bytes.size())), "WEBP")) {
    header = readWebp(bytes);
  } else if (begins(bytes, std::string_view("II+\0", 4)) ||
             begins(bytes, std::string_view("MM\0+", 4))) {
    fail("is a BigTIFF, which is not read; save it as TIFF or PNG");
  } else {
    header.format = ImageFormat::Tiff;
    if (!readTiff(bytes, header, true)) {
      fail("is no PNG, JPEG, WebP or TIFF; save the picture in one of these formats");
    }
  }
  if (header.width == 0 || header.height == 0) {
    fail("does not say how large it is; it is damaged, save it again");
  }
  return header;
}

}  // namespace limoe::model
