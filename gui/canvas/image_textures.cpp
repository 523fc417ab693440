#include "gui/canvas/image_textures.h"

#include <QImage>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

namespace limoe::gui {
namespace {

/// A texture holds as many images as fit into so many pixels squared, or one that is larger.
constexpr int kSheetSide = 1024;
/// Images that are shown smaller than they are in the texture, but not half as large, are drawn of
/// both levels.
constexpr int kLevels = 2;
/// Every image is surrounded by copies of its border pixels: without, images bleed into each other.
/// Even, so that the second level lies under the first.
constexpr int kGutter = 2;
constexpr int kMostShrink = 32;
constexpr int64_t kBudgetBytes = int64_t{48} << 20;
constexpr int64_t kUploadNanoseconds = 2'500'000;  // in a frame
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

/// An image's picture in its cell, RGBA, its border pixels repeated all around.
void fillCell(const uint8_t* rgb, int width, int height, int gutter, int cell_width,
              int cell_height, std::vector<uint8_t>& rgba) {
  rgba.resize(static_cast<std::size_t>(cell_width) * static_cast<std::size_t>(cell_height) * 4);
  uint8_t* out = rgba.data();
  for (int y = -gutter; y < cell_height - gutter; ++y) {
    const uint8_t* row = rgb + std::ptrdiff_t{std::clamp(y, 0, height - 1)} * width * 3;
    const auto put = [&out](const uint8_t* pixel) {
      std::memcpy(out, pixel, 3);
      out[3] = 255;
      out += 4;
    };
    for (int x = 0; x < gutter; ++x) {
      put(row);
    }
    for (int x = 0; x < width; ++x) {
      put(row + std::ptrdiff_t{x} * 3);
    }
    for (int x = gutter + width; x < cell_width; ++x) {
      put(row + std::ptrdiff_t{width - 1} * 3);
    }
  }
}

int cellSide(int64_t image_side, int shrink) {
  const int side = static_cast<int>(image_side) / shrink + 2 * kGutter;
  return side + side % 2;
}

int64_t bytesOf(const QOpenGLTexture& texture) {
  return int64_t{texture.width()} * texture.height() * 5;  // RGBA, and the second level
}

}  // namespace

void ImageTextures::beginFrame(double scale) {
  const bool hard_pixels = scale >= kHardPixelsFrom;
  scale_ = scale;
  ++frame_;
  has_uploaded_ = false;
  needs_frame_ = false;
  if (hard_pixels != hard_pixels_) {
    hard_pixels_ = hard_pixels;
    for (const auto& sheet : sheets_) {
      sheet->texture->setMagnificationFilter(hard_pixels ? QOpenGLTexture::Nearest
                                                         : QOpenGLTexture::Linear);
    }
  }
}

/// Something is uploaded in every frame, however slowly.
bool ImageTextures::hasTime() {
  if (!has_uploaded_) {
    has_uploaded_ = true;
    clock_.start();
    return true;
  }
  return clock_.nsecsElapsed() < kUploadNanoseconds;
}

std::optional<ImageTextures::Place> ImageTextures::place(int64_t sample,
                                                         const std::vector<uint8_t>& rgb,
                                                         const probe::Layout& layout) {
  const int shrink = shrinkFor(scale_, layout);
  auto found = cells_.find(sample);
  if (found == cells_.end() || found->second.sheet->shrink != shrink) {
    if (hasTime()) {
      upload(sample, rgb, layout, shrink);
      found = cells_.find(sample);
    } else {
      needs_frame_ = true;
    }
  }
  if (found == cells_.end()) {
    return std::nullopt;
  }
  const Cell& cell = found->second;
  const Sheet& sheet = *cell.sheet;
  cell.sheet->last_frame = frame_;
  const int left = cell.index % sheet.columns * sheet.width + kGutter;
  const int top = cell.index / sheet.columns * sheet.height + kGutter;
  const int right = left + static_cast<int>(layout.image_width) / sheet.shrink;
  const int bottom = top + static_cast<int>(layout.image_height) / sheet.shrink;
  const auto u = static_cast<float>(sheet.texture->width());
  const auto v = static_cast<float>(sheet.texture->height());
  return Place{textureId(sheet.texture->textureId()),
               {static_cast<float>(left) / u, static_cast<float>(top) / v},
               {static_cast<float>(right) / u, static_cast<float>(bottom) / v}};
}

void ImageTextures::upload(int64_t sample, const std::vector<uint8_t>& rgb,
                           const probe::Layout& layout, int shrink) {
  if (const auto before = cells_.find(sample); before != cells_.end()) {
    before->second.sheet->free.push_back(before->second.index);
    cells_.erase(before);
  }
  const Cell cell = freeCell(layout, shrink);
  const Sheet& sheet = *cell.sheet;
  const auto width = static_cast<int>(layout.image_width);
  const auto height = static_cast<int>(layout.image_height);
  for (int level = 0; level < kLevels; ++level) {
    const int by = std::min({shrink << level, width, height});
    const std::vector<uint8_t> small =
        by > 1 ? shrunk(rgb.data(), width, height, by) : std::vector<uint8_t>();
    const int cell_width = sheet.width >> level;
    const int cell_height = sheet.height >> level;
    fillCell(by > 1 ? small.data() : rgb.data(), width / by, height / by, kGutter >> level,
             cell_width, cell_height, pixels_);
    sheet.texture->setData(cell.index % sheet.columns * cell_width,
                           cell.index / sheet.columns * cell_height, 0, cell_width, cell_height, 1,
                           level, QOpenGLTexture::RGBA, QOpenGLTexture::UInt8, pixels_.data());
  }
  cells_[sample] = cell;
}

ImageTextures::Cell ImageTextures::freeCell(const probe::Layout& layout, int shrink) {
  auto sheet = std::find_if(sheets_.begin(), sheets_.end(), [shrink](const auto& held) {
    return held->shrink == shrink && !held->free.empty();
  });
  if (sheet == sheets_.end()) {
    auto made = std::make_shared<Sheet>(makeSheet(layout, shrink));
    keepBudget(bytesOf(*made->texture));
    sheet = sheets_.insert(sheets_.end(), std::move(made));
  }
  const int index = (*sheet)->free.back();
  (*sheet)->free.pop_back();
  return {*sheet, index};
}

ImageTextures::Sheet ImageTextures::makeSheet(const probe::Layout& layout, int shrink) const {
  Sheet sheet;
  sheet.shrink = shrink;
  sheet.width = cellSide(layout.image_width, shrink);
  sheet.height = cellSide(layout.image_height, shrink);
  sheet.columns = std::max(1, kSheetSide / sheet.width);
  const int rows = std::max(1, kSheetSide / sheet.height);
  for (int cell = sheet.columns * rows; cell > 0; --cell) {
    sheet.free.push_back(cell - 1);
  }
  sheet.texture = std::make_unique<QOpenGLTexture>(QOpenGLTexture::Target2D);
  QOpenGLTexture& texture = *sheet.texture;
  texture.setFormat(QOpenGLTexture::RGBA8_UNorm);
  texture.setSize(sheet.columns * sheet.width, rows * sheet.height);
  texture.setAutoMipMapGenerationEnabled(false);
  texture.setMipLevels(kLevels);
  texture.allocateStorage(QOpenGLTexture::RGBA, QOpenGLTexture::UInt8);
  texture.setMipMaxLevel(kLevels - 1);
  texture.setWrapMode(QOpenGLTexture::ClampToEdge);
  texture.setMinificationFilter(QOpenGLTexture::LinearMipMapLinear);
  texture.setMagnificationFilter(hard_pixels_ ? QOpenGLTexture::Nearest : QOpenGLTexture::Linear);
  return sheet;
}

/// Drops those that were drawn longest ago until there is room for so many bytes, or only those are
/// left that are on the screen (in the frame before, since this one may come to them yet).
void ImageTextures::keepBudget(int64_t more) {
  int64_t bytes = more;
  for (const auto& sheet : sheets_) {
    bytes += bytesOf(*sheet->texture);
  }
  while (bytes > kBudgetBytes && !sheets_.empty()) {
    const auto oldest = std::min_element(
        sheets_.begin(), sheets_.end(),
        [](const auto& a, const auto& b) { return a->last_frame < b->last_frame; });
    if ((*oldest)->last_frame >= frame_ - 1) {
      return;
    }
    bytes -= bytesOf(*(*oldest)->texture);
    std::erase_if(cells_, [&](const auto& cell) { return cell.second.sheet == *oldest; });
    sheets_.erase(oldest);
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
  cells_.clear();
  sheets_.clear();
  hatch_.reset();
}

}  // namespace limoe::gui
