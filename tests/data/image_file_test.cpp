// Users' pictures arrive as the pixels that a person sees: every format, every way up, transparent,
// of 16 bits, grey – or the error says what is wrong with which file.
#include "model/data/image_file.h"

#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "tests/data/temporary_folder.h"

namespace limoe::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

const cv::Vec3b kRed{255, 0, 0};  // RGB, as readImageFile() gives it
const cv::Vec3b kGreen{0, 255, 0};
const cv::Vec3b kBlue{0, 0, 255};
const cv::Vec3b kYellow{255, 255, 0};

/// 64 × 48, stored with red above left, green above right, blue below left, yellow below right.
/// Of type 8UC3 or 16UC3, OpenCV's BGR.
cv::Mat quadrants(int depth = CV_8U) {
  cv::Mat image(48, 64, CV_8UC3);
  image(cv::Rect(0, 0, 32, 24)) = cv::Scalar(0, 0, 255);
  image(cv::Rect(32, 0, 32, 24)) = cv::Scalar(0, 255, 0);
  image(cv::Rect(0, 24, 32, 24)) = cv::Scalar(255, 0, 0);
  image(cv::Rect(32, 24, 32, 24)) = cv::Scalar(0, 255, 255);
  image.convertTo(image, depth, depth == CV_16U ? 257 : 1);
  return image;
}

void put(Bytes& bytes, uint64_t value, int size, bool big_endian) {
  for (int i = 0; i < size; ++i) {
    bytes.push_back(static_cast<uint8_t>(value >> 8 * (big_endian ? size - 1 - i : i)));
  }
}
void put(Bytes& bytes, const std::string& text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}
void put(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

/// An uncompressed TIFF (TIFF 6.0, section 3). `extra`: ExtraSamples, −1: none. Also EXIF's
/// structure where `pixels` is empty: a directory with the orientation alone.
Bytes tiffOf(const cv::Mat& pixels, int orientation, int extra = -1, bool big = false) {
  Bytes tiff;
  put(tiff, big ? "MM" : "II");
  put(tiff, 42, 2, big);
  Bytes data;
  const int channels = pixels.channels();
  const int bytes_each = pixels.depth() == CV_16U ? 2 : 1;
  for (int y = 0; y < pixels.rows; ++y) {
    for (int v = 0; v < pixels.cols * channels; ++v) {
      // BGR(A) to RGB(A)
      const int c = v % channels;
      const int from = v - c + (channels >= 3 && c < 3 ? 2 - c : c);
      const int value = bytes_each == 2 ? pixels.ptr<uint16_t>(y)[from] : pixels.ptr(y)[from];
      put(data, static_cast<uint64_t>(value), bytes_each, big);
    }
  }
  const std::size_t depths_at = 8 + data.size();
  put(tiff, depths_at + 8, 4, big);  // where the directory is
  put(tiff, data);
  for (int c = 0; c < 4; ++c) {
    put(tiff, static_cast<uint64_t>(8 * bytes_each), 2, big);
  }
  Bytes entries;
  uint64_t count = 0;
  const auto entry = [&](uint64_t tag, uint64_t value, uint64_t values = 1) {
    const bool inside = values <= 2;
    put(entries, tag, 2, big);
    put(entries, tag == 258 || tag == 274 || tag == 338 ? 3 : 4, 2, big);
    put(entries, values, 4, big);
    const bool is_short = (tag == 258 || tag == 274 || tag == 338) && inside;
    put(entries, value, is_short ? 2 : 4, big);
    put(entries, 0, is_short ? 2 : 0, big);
    ++count;
  };
  if (!pixels.empty()) {
    entry(256, static_cast<uint64_t>(pixels.cols));
    entry(257, static_cast<uint64_t>(pixels.rows));
    channels == 1 ? entry(258, static_cast<uint64_t>(8 * bytes_each))
                  : entry(258, depths_at, static_cast<uint64_t>(channels));
    entry(259, 1);                      // not compressed
    entry(262, channels == 1 ? 1 : 2);  // grey, RGB
    entry(273, 8);                      // where the strip is
  }
  entry(274, static_cast<uint64_t>(orientation));
  if (!pixels.empty()) {
    entry(277, static_cast<uint64_t>(channels));
    entry(278, static_cast<uint64_t>(pixels.rows));
    entry(279, data.size());
    if (extra >= 0) {
      entry(338, static_cast<uint64_t>(extra));
    }
  }
  put(tiff, count, 2, big);
  put(tiff, entries);
  put(tiff, 0, 4, big);
  return tiff;
}

uint32_t crcOf(const Bytes& bytes) {
  uint32_t crc = ~0U;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0U);
    }
  }
  return ~crc;
}

Bytes pngChunk(const std::string& type, const Bytes& data) {
  Bytes body;
  put(body, type);
  put(body, data);
  Bytes chunk;
  put(chunk, data.size(), 4, true);
  put(chunk, body);
  put(chunk, crcOf(body), 4, true);
  return chunk;
}

Bytes encoded(const cv::Mat& image, const std::string& extension) {
  Bytes bytes;
  cv::imencode(extension, image, bytes,
               extension == ".webp" ? std::vector{cv::IMWRITE_WEBP_QUALITY, 101}  // lossless
                                    : std::vector<int>{});
  return bytes;
}

Bytes withOrientation(const std::string& extension, const cv::Mat& image, int orientation) {
  if (extension == ".tif") {
    return tiffOf(image, orientation);
  }
  Bytes file = encoded(image, extension);
  Bytes exif = tiffOf({}, orientation, -1, orientation % 2 == 0);
  if (extension == ".jpg") {
    Bytes segment = {0xFF, 0xE1};
    put(segment, exif.size() + 8, 2, true);
    put(segment, std::string("Exif\0\0", 6));
    put(segment, exif);
    file.insert(file.begin() + 2, segment.begin(), segment.end());
    return file;
  }
  if (extension == ".png") {
    const Bytes chunk = pngChunk("eXIf", exif);
    file.insert(file.begin() + 33, chunk.begin(), chunk.end());  // behind the header
    return file;
  }
  Bytes webp;  // the extended format, developers.google.com/speed/webp/docs/riff_container
  put(webp, "WEBPVP8X");
  put(webp, 10, 4, false);
  put(webp, 8, 4, false);  // has EXIF
  put(webp, static_cast<uint64_t>(image.cols - 1), 3, false);
  put(webp, static_cast<uint64_t>(image.rows - 1), 3, false);
  webp.insert(webp.end(), file.begin() + 12, file.end());
  if (exif.size() % 2 != 0) {
    exif.push_back(0);
  }
  put(webp, "EXIF");
  put(webp, exif.size(), 4, false);
  put(webp, exif);
  Bytes riff;
  put(riff, "RIFF");
  put(riff, webp.size(), 4, false);
  put(riff, webp);
  return riff;
}

class ImageFiles : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const Bytes& bytes) {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return path;
  }
  cv::Vec3b firstPixel(const std::string& name, const Bytes& bytes) {
    const ImageFile file = readImageFile(write(name, bytes), 8);
    EXPECT_EQ(file.image.type(), CV_8UC3);
    EXPECT_EQ(file.image.size(), cv::Size(8, 8));
    return file.image.at<cv::Vec3b>(0, 0);
  }
  std::string errorOf(const std::filesystem::path& path) {
    try {
      readImageFile(path, 8);
    } catch (const ImageFileError& error) {
      return error.what();
    }
    return "nothing was thrown";
  }
  TemporaryFolder folder_;
};

TEST_F(ImageFiles, TurnsAsEveryFormatSays) {
  // What a person sees, above left, above right, below left, below right (EXIF 2.3, Orientation).
  const std::array<std::array<cv::Vec3b, 4>, 8> seen = {{
      {kRed, kGreen, kBlue, kYellow},
      {kGreen, kRed, kYellow, kBlue},  // 2: left and right exchanged
      {kYellow, kBlue, kGreen, kRed},  // 3: by 180°
      {kBlue, kYellow, kRed, kGreen},  // 4: above and below exchanged
      {kRed, kBlue, kGreen, kYellow},  // 5: at the diagonal from above left
      {kBlue, kRed, kYellow, kGreen},  // 6: clockwise
      {kYellow, kGreen, kBlue, kRed},  // 7: at the other diagonal
      {kGreen, kYellow, kRed, kBlue},  // 8: anticlockwise
  }};
  for (const std::string extension : {".png", ".jpg", ".webp", ".tif"}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      SCOPED_TRACE(extension + ", orientation " + std::to_string(orientation));
      const auto path =
          write("quadrants" + extension, withOrientation(extension, quadrants(), orientation));
      const ImageFile file = readImageFile(path, 16);
      EXPECT_EQ(file.width, orientation < 5 ? 64 : 48);
      EXPECT_EQ(file.height, orientation < 5 ? 48 : 64);
      const std::array<cv::Point, 4> corners = {{{1, 1}, {14, 1}, {1, 14}, {14, 14}}};
      for (std::size_t c = 0; c < 4; ++c) {
        const auto expected = seen[static_cast<std::size_t>(orientation - 1)][c];
        const double tolerance = extension == ".jpg" ? 4 : 0;  // JPEG rounds colours
        EXPECT_LE(cv::norm(file.image.at<cv::Vec3b>(corners[c]), expected, cv::NORM_INF), tolerance)
            << c << ": " << file.image.at<cv::Vec3b>(corners[c]) << " instead of " << expected;
      }
    }
  }
  // 16 bits and alpha take other ways through OpenCV, of which some turn by themselves.
  cv::Mat opaque;
  cv::merge(std::vector{quadrants(), cv::Mat(48, 64, CV_8U, cv::Scalar(255))}, opaque);
  EXPECT_EQ(firstPixel("wide.tif", tiffOf(quadrants(CV_16U), 6, -1, true)), kBlue);
  EXPECT_EQ(firstPixel("alpha.tif", tiffOf(opaque, 8, 2)), kGreen);
}

TEST_F(ImageFiles, KeepsThePixelsOfASquareOfItsSize) {
  cv::Mat noise(32, 32, CV_8UC3);
  cv::randu(noise, 0, 256);
  for (const std::string extension : {".png", ".webp", ".tif"}) {
    const cv::Mat read =
        readImageFile(write("noise" + extension, withOrientation(extension, noise, 1)), 32).image;
    for (const auto& [x, y] : {std::pair{0, 0}, {31, 0}, {7, 20}}) {
      const auto bgr = noise.at<cv::Vec3b>(y, x);
      EXPECT_EQ(read.at<cv::Vec3b>(y, x), cv::Vec3b(bgr[2], bgr[1], bgr[0])) << extension;
    }
  }
}

TEST_F(ImageFiles, TakesTheMiddleSquareAndAveragesAreas) {
  // 60 × 20: only the green middle is inside.
  cv::Mat wide(20, 60, CV_8UC3, cv::Scalar(0, 0, 255));
  wide(cv::Rect(20, 0, 20, 20)) = cv::Scalar(0, 255, 0);
  const cv::Mat read = readImageFile(write("wide.png", encoded(wide, ".png")), 10).image;
  EXPECT_EQ(cv::mean(read), cv::Scalar(0, 255, 0));
  // A chequerboard of 0 and 100 with fields of one pixel: every 2 × 2 is 50 on average.
  cv::Mat chequered(16, 16, CV_8UC1);
  for (int i = 0; i < 256; ++i) {
    chequered.at<uint8_t>(i / 16, i % 16) = (i / 16 + i % 16) % 2 == 0 ? 0 : 100;
  }
  EXPECT_EQ(firstPixel("chequered.png", encoded(chequered, ".png")), cv::Vec3b(50, 50, 50));
}

TEST_F(ImageFiles, LaysTransparencyOverWhite) {
  // Red 200, green 100, blue 0 at alpha 128: 200·128/255 + 127 = 227.4, 177.2, 127.
  const cv::Vec3b expected(227, 177, 127);
  const cv::Mat straight(8, 8, CV_8UC4, cv::Scalar(0, 100, 200, 128));
  const cv::Mat multiplied(8, 8, CV_8UC4, cv::Scalar(0, 50, 100, 128));  // colours · alpha / 255
  EXPECT_EQ(firstPixel("a.png", encoded(straight, ".png")), expected);
  EXPECT_EQ(firstPixel("a.webp", encoded(straight, ".webp")), expected);
  EXPECT_EQ(firstPixel("unassociated.tif", tiffOf(straight, 1, 2)), expected);
  EXPECT_EQ(firstPixel("associated.tif", tiffOf(multiplied, 1, 1)), expected);
  cv::Mat wide;
  straight.convertTo(wide, CV_16U, 257);
  EXPECT_EQ(firstPixel("wide.png", encoded(wide, ".png")), expected);
  EXPECT_EQ(firstPixel("wide.tif", tiffOf(wide, 1, 2)), expected);
  multiplied.convertTo(wide, CV_16U, 257);
  EXPECT_EQ(firstPixel("wide_associated.tif", tiffOf(wide, 1, 1, true)), expected);
}

TEST_F(ImageFiles, ReadsGreyAndSixteenBits) {
  EXPECT_EQ(firstPixel("grey.png", encoded(cv::Mat(8, 8, CV_8UC1, 77), ".png")),
            cv::Vec3b(77, 77, 77));
  EXPECT_EQ(firstPixel("grey.tif", tiffOf(cv::Mat(8, 8, CV_8UC1, 77), 1)), cv::Vec3b(77, 77, 77));
  // 32896 = 128·257; 32767 / 257 = 127.498 is rounded down.
  EXPECT_EQ(
      firstPixel("wide.png", encoded(cv::Mat(8, 8, CV_16UC3, cv::Scalar(0, 32767, 32896)), ".png")),
      cv::Vec3b(128, 127, 0));
}

TEST_F(ImageFiles, SaysWhatIsWrongWithWhichFile) {
  EXPECT_THAT(errorOf(folder_ / "none.png"),
              AllOf(HasSubstr("none.png"), HasSubstr("no such file")));
  EXPECT_THAT(errorOf(folder_ / ""), HasSubstr("not an image file"));
  Bytes text;
  put(text, "This is a letter, not a picture.");
  EXPECT_THAT(errorOf(write("letter.png", text)),
              AllOf(HasSubstr("letter.png"), HasSubstr("no PNG, JPEG, WebP or TIFF")));
  EXPECT_THAT(errorOf(write("empty.jpg", {})), HasSubstr("no PNG, JPEG, WebP or TIFF"));
  cv::Mat noise(64, 64, CV_8UC3);
  cv::randu(noise, 0, 256);
  for (const std::string extension : {".png", ".jpg", ".webp"}) {
    Bytes cut = encoded(noise, extension);
    for (const std::size_t left : {cut.size() - 1, cut.size() / 2, std::size_t{15}}) {
      cut.resize(left);
      EXPECT_THAT(errorOf(write("cut" + extension, cut)),
                  AllOf(HasSubstr("cut" + extension), HasSubstr("ends early")))
          << left;
    }
  }
  Bytes damaged = encoded(noise, ".png");
  damaged[damaged.size() / 2] ^= 0xFF;
  EXPECT_THAT(errorOf(write("damaged.png", damaged)),
              AllOf(HasSubstr("damaged.png"), HasSubstr("cannot be read")));
  EXPECT_THAT(errorOf(write("float.tif", encoded(cv::Mat(8, 8, CV_32FC3, cv::Scalar(1)), ".tif"))),
              HasSubstr("no pixel values of 8 or 16 bits"));
}

TEST_F(ImageFiles, RefusesWhatIsTooLargeBeforeUnpackingIt) {
  Bytes bomb;
  put(bomb, "\x89PNG\r\n\x1a\n");
  Bytes header;
  put(header, 100'000, 4, true);
  put(header, 100'000, 4, true);
  put(header, Bytes{8, 2, 0, 0, 0});
  put(bomb, pngChunk("IHDR", header));
  put(bomb, pngChunk("IEND", {}));
  EXPECT_THAT(errorOf(write("bomb.png", bomb)),
              AllOf(HasSubstr("bomb.png"), HasSubstr("too large (100000 × 100000 pixels)")));
}

}  // namespace
}  // namespace limoe::model
