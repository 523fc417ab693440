#include "gui/canvas/wall_camera.h"

#include <algorithm>
#include <cmath>

namespace limoe::gui {
namespace {

// Logical pixels, except for the zoom.
constexpr double kMargin = 18;           // around a fitted wall
constexpr double kSmallestImage = 16;    // image width; bounds what a frame has to draw
constexpr double kMostBytes = 96 << 20;  // images in view; bounds the memory that a frame takes
constexpr double kLargestZoom = 48;
constexpr double kKeptInView = 60;

double fittingZoom(const QSizeF& wall, const QSizeF& area) {
  return std::min({(area.width() - 2 * kMargin) / wall.width(),
                   (area.height() - 2 * kMargin) / wall.height(), kLargestZoom});
}

/// The zoom at which as much of an endless wall is in `area` as may be.
double leastZoom(const probe::Layout& layout, const QSizeF& area) {
  const double images =
      kMostBytes / static_cast<double>(3 * layout.image_width * layout.image_height);
  const QSizeF wall = WallGeometry(layout, 1, 1, true).size();
  const double by_memory =
      std::sqrt(area.width() * area.height() / (images * wall.width() * wall.height()));
  return std::max(by_memory, kSmallestImage / static_cast<double>(layout.image_width));
}

int64_t bestColumns(const WallShape& shape, const probe::Layout& layout, const QSizeF& area) {
  const auto widest = static_cast<int64_t>(area.width() / shape.smallest);
  const int64_t most = std::clamp<int64_t>(widest, 1, std::max<int64_t>(shape.slots, 1));
  int64_t best = 1;
  double best_zoom = 0;
  for (int64_t columns = 1; columns <= most; ++columns) {
    const double zoom =
        fittingZoom(WallGeometry(layout, shape.slots, columns, true, shape.headers).size(), area);
    // Clearly larger, so that a window resized by a few pixels keeps its columns.
    if (zoom > 1.02 * best_zoom) {
      best = columns;
      best_zoom = zoom;
    }
  }
  return best;
}

}  // namespace

void WallCamera::reset() {
  chosen_columns_.reset();
  fitted_ = true;
}

void WallCamera::fit(const probe::Layout& layout, const QRectF& area) {
  fitted_ = true;
  fitted_area_ = area.size();
  columns_ = std::clamp<int64_t>(chosen_columns_.value_or(bestColumns(shape_, layout, area.size())),
                                 1, std::max<int64_t>(shape_.slots, 1));
  const QSizeF wall = geometry(layout).size();
  const auto image_width = static_cast<double>(layout.image_width);
  view_.zoom = fittingZoom(wall, area.size());
  if (view_.zoom * image_width < shape_.smallest) {
    // Too many images for one screen: the width fits, the rest is below.
    const double width_zoom = (area.width() - 2 * kMargin) / wall.width();
    view_.zoom = std::max(std::min(width_zoom, kLargestZoom), leastZoom(layout, area.size()));
  }
  const QSizeF shown = wall * view_.zoom;
  view_.offset = {area.left() + std::max(kMargin, (area.width() - shown.width()) / 2),
                  area.top() + std::max(kMargin, (area.height() - shown.height()) / 2)};
}

void WallCamera::setShape(const WallShape& shape, bool wished, const probe::Layout& layout,
                          const QRectF& area) {
  if (shape == shape_) {
    return;
  }
  const bool was_empty = shape_.slots == 0;
  shape_ = shape;
  if (fitted_ && (wished || was_empty)) {
    fit(layout, area);
  } else if (!fitted_) {
    scroll(0, layout, area);  // there may be less than before
  }
}

void WallCamera::areaChanged(const probe::Layout& layout, const QRectF& area) {
  if (fitted_ && fitted_area_ != area.size()) {
    fit(layout, area);
  }
}

void WallCamera::keepFit(const QSizeF& before, const QSizeF& now) {
  if (fitted_area_ == before) {
    fitted_area_ = now;
  }
}

void WallCamera::shift(const QPointF& by, const probe::Layout& layout, const QRectF& area) {
  const bool was_fitted = fitted_;
  const QPointF wanted = view_.offset + by;
  moveTo(wanted, layout, area);
  fitted_ = was_fitted;
  if (fitted_ && view_.offset != wanted) {
    fit(layout, area);
  }
}

void WallCamera::setColumns(std::optional<int64_t> columns, const probe::Layout& layout,
                            const QRectF& area) {
  chosen_columns_ = columns;
  fit(layout, area);
}

void WallCamera::zoomTo(double zoom, const QPointF& anchor, const probe::Layout& layout,
                        const QRectF& area) {
  const double least = std::min(leastZoom(layout, area.size()), view_.zoom);
  const QPointF wall = view_.toWall(anchor);
  view_.zoom = std::clamp(zoom, least, std::max(kLargestZoom, view_.zoom));
  moveTo(anchor - wall * view_.zoom, layout, area);
}

void WallCamera::scroll(double screens, const probe::Layout& layout, const QRectF& area) {
  const double height = geometry(layout).size().height() * view_.zoom;
  const double top = area.top() + kMargin;
  const double least = std::min(top, area.bottom() - kMargin - height);
  const double y = std::clamp(view_.offset.y() - screens * area.height(), least, top);
  moveTo({view_.offset.x(), y}, layout, area);
}

void WallCamera::toTop(const probe::Layout& layout, const QRectF& area) {
  if (fitted_) {
    fit(layout, area);
  } else {
    moveTo({view_.offset.x(), area.top() + kMargin}, layout, area);
  }
}

void WallCamera::follow(const WallCamera& leader, double scale, const QPointF& by) {
  *this = leader;
  view_.zoom *= scale;
  view_.offset += by;
}

void WallCamera::reveal(const QRectF& wall, const probe::Layout& layout, const QRectF& area) {
  const QRectF shown = view_.toScreen(wall);
  const auto shift = [](double from, double to, double least, double most) {
    // What is too large for the area shows its beginning.
    return from < least || to - from > most - least ? least - from : std::min(0.0, most - to);
  };
  const QPointF by(
      shift(shown.left(), shown.right(), area.left() + kMargin, area.right() - kMargin),
      shift(shown.top(), shown.bottom(), area.top() + kMargin, area.bottom() - kMargin));
  if (!area.contains(shown)) {
    moveTo(view_.offset + by, layout, area);
  }
}

void WallCamera::moveTo(const QPointF& offset, const probe::Layout& layout, const QRectF& area) {
  fitted_ = false;
  const QSizeF shown = geometry(layout).size() * view_.zoom;
  const auto keep = [](double at, double length, double from, double to) {
    const double kept = std::min(kKeptInView, length);
    const double least = from + kept - length;
    return std::clamp(at, least, std::max(least, to - kept));
  };
  view_.offset = {keep(offset.x(), shown.width(), area.left(), area.right()),
                  keep(offset.y(), shown.height(), area.top(), area.bottom())};
}

}  // namespace limoe::gui
