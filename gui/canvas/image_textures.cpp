#include "gui/canvas/image_textures.h"

#include <QImage>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

namespace limoe::gui {
namespace {

/// Samples side by side in a texture; 8 × 8 = RunSource::kPageSamples.
constexpr int kPerRow = 8;
static_assert(kPerRow * kPerRow == RunSource::kPageSamples);
/// Every image is surrounded by copies of its border pixels, and mipmaps stop where they would
/// mix neighbours: without both, images bleed into each other when zoomed out.
constexpr int kGutter = 8;
constexpr int kMipmaps = 4;
constexpr int kMostShrink = 8;
constexpr int64_t kBudgetBytes = int64_t{96} << 20;
constexpr std::size_t kUploadsPerFrame = 16;  // samples, or one page
constexpr double kHardPixelsFrom = 2;

/// ImTextureID is a pointer in some versions of Dear ImGui and an integer in others.
template <typename Id = ImTextureID>
Id textureId(GLuint id) {
  if constexpr (std::is_pointer_v<Id>) {
    return reinterpret_cast<Id>(static_cast<std::uintptr_t>(id));
  } else {
    return static_cast<Id>(id);
  }
}

/// Means over squares of `shrink` pixels; what does not fill a square at the right and below goes.
std::vector<uint8_t> shrunk(const uint8_t* rgb, int width, int height, int shrink) {
  const int columns = width / shrink;
  const int rows = height / shrink;
  std::vector<uint8_t> small(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows) *
                             3);
  uint8_t* out = small.data();
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      int sums[3] = {0, 0, 0};
      for (int y = 0; y < shrink; ++y) {
        const uint8_t* from =
            rgb + (std::ptrdiff_t{row * shrink + y} * width + column * shrink) * 3;
        for (int x = 0; x < shrink; ++x, from += 3) {
          sums[0] += from[0];
          sums[1] += from[1];
          sums[2] += from[2];
        }
      }
      for (const int sum : sums) {
        *out++ = static_cast<uint8_t>(sum / (shrink * shrink));
      }
    }
  }
  return small;
}

/// The power of two by which images can shrink without being enlarged on the screen again.
int shrinkFor(double scale, const probe::Layout& layout) {
  int shrink = 1;
  const int64_t smallest_side = std::min(layout.image_width, layout.image_height);
  while (shrink < kMostShrink && 2 * shrink * scale <= 1 && smallest_side / (2 * shrink) >= 8) {
    shrink *= 2;
  }
  return shrink;
}

void copyWithGutter(const uint8_t* rgb, int width, int height, QImage& atlas, int left, int top) {
  for (int y = -kGutter; y < height + kGutter; ++y) {
    const uint8_t* source = rgb + std::ptrdiff_t{std::clamp(y, 0, height - 1)} * width * 3;
    uint8_t* target = atlas.scanLine(top + y) + std::ptrdiff_t{left - kGutter} * 4;
    for (int x = -kGutter; x < width + kGutter; ++x, target += 4) {
      std::memcpy(target, source + std::ptrdiff_t{std::clamp(x, 0, width - 1)} * 3, 3);
      target[3] = 255;
    }
  }
}

}  // namespace

void ImageTextures::beginFrame(double scale) {
  const bool hard_pixels = scale >= kHardPixelsFrom;
  scale_ = scale;
  ++frame_;
  uploads_ = 0;
  needs_frame_ = false;
  if (hard_pixels != hard_pixels_) {
    hard_pixels_ = hard_pixels;
    for (auto& [number, page] : pages_) {
      page.texture->setMagnificationFilter(hard_pixels ? QOpenGLTexture::Nearest
                                                       : QOpenGLTexture::Linear);
    }
  }
}

std::optional<ImageTextures::Place> ImageTextures::place(int64_t page, const probe::ProbeSet& probe,
                                                         const probe::Layout& layout,
                                                         int64_t index) {
  auto found = pages_.find(page);
  if (found == pages_.end() || found->second.shrink > shrinkFor(scale_, layout)) {
    const std::size_t samples = probe.captions.size();
    if (uploads_ == 0 || uploads_ + samples <= kUploadsPerFrame) {
      uploads_ += samples;
      found = pages_.try_emplace(page).first;
      bytes_ -= found->second.bytes;
      found->second = upload(probe, layout);
      bytes_ += found->second.bytes;
      found->second.last_frame = frame_;
      keepBudget();
    } else {
      needs_frame_ = true;
    }
  }
  if (found == pages_.end()) {
    return std::nullopt;
  }
  found->second.last_frame = frame_;
  const QOpenGLTexture& texture = *found->second.texture;
  const int width = static_cast<int>(layout.image_width) / found->second.shrink;
  const int height = static_cast<int>(layout.image_height) / found->second.shrink;
  const auto at = static_cast<int>(index);
  const float left = static_cast<float>(at % kPerRow * (width + 2 * kGutter) + kGutter);
  const float top = static_cast<float>(at / kPerRow * (height + 2 * kGutter) + kGutter);
  const auto u = static_cast<float>(texture.width());
  const auto v = static_cast<float>(texture.height());
  return Place{textureId(texture.textureId()),
               {left / u, top / v},
               {(left + static_cast<float>(width)) / u, (top + static_cast<float>(height)) / v}};
}

ImageTextures::Page ImageTextures::upload(const probe::ProbeSet& probe,
                                          const probe::Layout& layout) const {
  const int shrink = shrinkFor(scale_, layout);
  const auto full_width = static_cast<int>(layout.image_width);
  const auto full_height = static_cast<int>(layout.image_height);
  const int width = full_width / shrink;
  const int height = full_height / shrink;
  const std::size_t bytes =
      static_cast<std::size_t>(full_width) * static_cast<std::size_t>(full_height) * 3;
  const auto samples = static_cast<int>(probe.images.size() / bytes);
  const int rows = std::max(1, (samples + kPerRow - 1) / kPerRow);
  const int columns = std::clamp(samples, 1, kPerRow);
  QImage atlas(columns * (width + 2 * kGutter), rows * (height + 2 * kGutter),
               QImage::Format_RGBA8888);
  atlas.fill(Qt::transparent);
  for (int i = 0; i < samples; ++i) {
    const uint8_t* image = probe.images.data() + static_cast<std::size_t>(i) * bytes;
    const std::vector<uint8_t> small =
        shrink > 1 ? shrunk(image, full_width, full_height, shrink) : std::vector<uint8_t>();
    copyWithGutter(shrink > 1 ? small.data() : image, width, height, atlas,
                   i % kPerRow * (width + 2 * kGutter) + kGutter,
                   i / kPerRow * (height + 2 * kGutter) + kGutter);
  }
  Page page;
  page.shrink = shrink;
  page.texture = std::make_unique<QOpenGLTexture>(QOpenGLTexture::Target2D);
  page.texture->setFormat(QOpenGLTexture::RGBA8_UNorm);
  page.texture->setSize(atlas.width(), atlas.height());
  page.texture->setMipLevels(std::min(kMipmaps, page.texture->maximumMipLevels()));
  page.texture->allocateStorage(QOpenGLTexture::RGBA, QOpenGLTexture::UInt8);
  page.texture->setData(QOpenGLTexture::RGBA, QOpenGLTexture::UInt8, atlas.constBits());
  page.texture->generateMipMaps();
  page.texture->setWrapMode(QOpenGLTexture::ClampToEdge);
  page.texture->setMinificationFilter(QOpenGLTexture::LinearMipMapLinear);
  page.texture->setMagnificationFilter(hard_pixels_ ? QOpenGLTexture::Nearest
                                                    : QOpenGLTexture::Linear);
  page.bytes = atlas.sizeInBytes() * 4 / 3;
  return page;
}

void ImageTextures::keepBudget() {
  while (bytes_ > kBudgetBytes) {
    const auto oldest = std::min_element(
        pages_.begin(), pages_.end(),
        [](const auto& a, const auto& b) { return a.second.last_frame < b.second.last_frame; });
    if (oldest->second.last_frame == frame_) {
      return;  // everything that is left is on the screen
    }
    bytes_ -= oldest->second.bytes;
    pages_.erase(oldest);
  }
}

ImTextureID ImageTextures::hatchTile(int pixels) {
  if (!hatch_ || hatch_->width() != pixels) {
    constexpr double kHalfBand = 0.095;
    QImage tile(pixels, pixels, QImage::Format_RGBA8888);
    // Across the lines: dark beside light, soft edges, the rest clear.
    for (int y = 0; y < pixels; ++y) {
      for (int x = 0; x < pixels; ++x) {
        const double across = (x + y + 1) % pixels / static_cast<double>(pixels);
        const auto band = [&](double middle) {
          const double away = std::abs(across - middle);
          return std::clamp((kHalfBand - away) * pixels / 1.4 + 0.5, 0.0, 1.0);
        };
        const double dark = band(0.5 - kHalfBand);
        const double light = band(0.5 + kHalfBand);
        const double alpha = std::max(dark, light);
        const int value = static_cast<int>(255 * light / std::max(dark + light, 1e-6));
        tile.setPixelColor(x, y, QColor(value, value, value, static_cast<int>(215 * alpha)));
      }
    }
    hatch_ = std::make_unique<QOpenGLTexture>(tile, QOpenGLTexture::DontGenerateMipMaps);
    hatch_->setWrapMode(QOpenGLTexture::Repeat);
    hatch_->setMinMagFilters(QOpenGLTexture::Linear, QOpenGLTexture::Linear);
  }
  return textureId(hatch_->textureId());
}

void ImageTextures::clear() {
  pages_.clear();
  hatch_.reset();
  bytes_ = 0;
}

}  // namespace limoe::gui
