// Which part of the wall is on the screen: zoom, place and number of columns.
#pragma once

#include <QPointF>
#include <QRectF>
#include <cstdint>
#include <optional>

#include "gui/canvas/wall_scene.h"

namespace limoe::gui {

/// From wall units to the widget's logical pixels: screen = offset + zoom · wall.
struct WallView {
  QPointF offset;
  double zoom = 1;
  bool operator==(const WallView&) const = default;

  QPointF toScreen(const QPointF& wall) const { return offset + wall * zoom; }
  QPointF toWall(const QPointF& screen) const { return (screen - offset) / zoom; }
  QRectF toScreen(const QRectF& wall) const {
    return {toScreen(wall.topLeft()), wall.size() * zoom};
  }
  QRectF toWall(const QRectF& screen) const {
    return {toWall(screen.topLeft()), screen.size() / zoom};
  }
};

/// What the camera looks at.
struct WallShape {
  int64_t slots = 0;
  bool headers = false;
  double smallest = 56;  ///< logical pixels of an image's width below which "fit" fits the width
  bool operator==(const WallShape&) const = default;
};

class WallCamera {
 public:
  const WallView& view() const { return view_; }
  int64_t columns() const { return columns_; }
  std::optional<int64_t> chosenColumns() const { return chosen_columns_; }
  bool isFitted() const { return fitted_; }  ///< neither moved nor zoomed since the last fit
  WallGeometry geometry(const probe::Layout& layout) const {
    return {layout, shape_.slots, columns_, true, shape_.headers};
  }
  /// There is more or less to look at now. Where the user has not moved or zoomed since the last
  /// fit and asked for what changed, it fits again; else place and zoom stay.
  void setShape(const WallShape& shape, bool wished, const probe::Layout& layout,
                const QRectF& area);

  /// Another run: forgets chosen columns. fit() comes next.
  void reset();
  /// The whole wall in `area`, in the chosen number of columns or else in that which makes the
  /// images largest. A wall too large for that fits the area's width, its first row on top.
  void fit(const probe::Layout& layout, const QRectF& area);
  /// Fits again where the user has not moved or zoomed since the last fit and the area changed.
  void areaChanged(const probe::Layout& layout, const QRectF& area);
  /// What was fitted to an area of the one size counts as fitted to the other, as it is.
  void keepFit(const QSizeF& before, const QSizeF& now);
  /// The view moves, and stays fitted if it was. Where too little of the wall would be left in the
  /// area, what was fitted is so again.
  void shift(const QPointF& by, const probe::Layout& layout, const QRectF& area);
  /// `columns`: chosen by the user; nullopt: what fits best. Fits.
  void setColumns(std::optional<int64_t> columns, const probe::Layout& layout, const QRectF& area);
  /// The wall's point at `anchor` stays there.
  void zoomTo(double zoom, const QPointF& anchor, const probe::Layout& layout, const QRectF& area);
  /// Down (up where below 0) by so many heights of `area`; stops at the first and the last row.
  void scroll(double screens, const probe::Layout& layout, const QRectF& area);
  /// Back to the first row; the zoom stays.
  void toTop(const probe::Layout& layout, const QRectF& area);
  /// Looks at what `leader` looks at, with as many images in a row: `scale` as large, shifted by
  /// `by` logical pixels.
  void follow(const WallCamera& leader, double scale, const QPointF& by);
  /// Moves as little as brings `wall` into `area`.
  void reveal(const QRectF& wall, const probe::Layout& layout, const QRectF& area);
  /// Some of the wall always stays in `area`.
  void moveTo(const QPointF& offset, const probe::Layout& layout, const QRectF& area);

 private:
  WallShape shape_;
  WallView view_;
  std::optional<int64_t> chosen_columns_;
  int64_t columns_ = 1;
  bool fitted_ = true;
  QSizeF fitted_area_;
};

}  // namespace limoe::gui
