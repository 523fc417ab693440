// A table of numbers as colours: values, how they are laid out, and the painting, for the screen
// and for paper alike. No widgets.
#pragma once

#include <QColor>
#include <QPainter>
#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <QString>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "gui/charts/plot_style.h"

namespace limoe::gui {

/// A row or column.
struct HeatLine {
  QString title;
  QString short_title;    ///< where there is no room for the title
  QColor color;           ///< of the swatch beside it; invalid: none
  bool selected = false;  ///< framed
  bool dimmed = false;
};

/// What a value is, how it is written and which colour it has.
enum class HeatScale {
  Percent,  ///< a fraction, 0 … `top`
  Lift,  ///< times chance: logarithmic, 1/8 … 8, chance in the middle; beyond it the end's colour
  Count  ///< 0 … `top`
};

struct HeatMap {
  std::vector<HeatLine> rows, columns;
  std::vector<double> values;  ///< [rows, columns]; NaN: there is none
  HeatScale scale = HeatScale::Percent;
  double top = 1;  ///< value of the brightest colour (see topOf())
  /// What the pointer is told about a cell of the map, in full; may be empty.
  std::function<QString(const HeatMap& map, std::size_t row, std::size_t column)> describe;

  bool isEmpty() const { return rows.empty() || columns.empty(); }
  double value(std::size_t row, std::size_t column) const {
    return values[row * columns.size() + column];
  }
  /// Place of a value on viridis, 0 … 1.
  double shade(double value) const;
  /// As written into a cell: per cent, times or a count, without its unit; empty for NaN.
  QString digits(double value) const;
};

/// A round number at or above the largest value, so that colours do not move with every snapshot:
/// 5, 10, 20, 50 or 100 % · 1, 2 or 5 times a power of ten for counts · 8 for lift.
double topOf(HeatScale scale, const std::vector<double>& values);

/// A cell, or the title of a row (no column) or of a column (no row).
struct HeatPlace {
  std::optional<std::size_t> row, column;
  bool operator==(const HeatPlace&) const = default;
};

/// Where everything is in a room of a given size, in the units of `style`. Where rows would become
/// lower than their titles, or columns too narrow to see, the room holds a part of them only, and
/// the titles stay in sight.
class HeatLayout {
 public:
  HeatLayout(const HeatMap& map, const PlotStyle& style, QSizeF room);

  QRectF cells() const { return cells_; }      ///< the part of the room where cells are seen
  QSizeF wholeSize() const { return whole_; }  ///< of all cells
  QSizeF cellSize() const { return cell_; }
  /// `scroll`: how far the cells are moved to the left and up, 0 … wholeSize() − cells().size().
  QRectF cellRect(std::size_t row, std::size_t column, QPointF scroll) const;
  std::optional<HeatPlace> placeAt(QPointF at, QPointF scroll) const;

  /// `cursor` is framed.
  void paint(QPainter& painter, QPointF scroll, std::optional<HeatPlace> cursor) const;

 private:
  void layRows(double room);
  void layColumns(QSizeF room);
  void paintCells(QPainter& painter, QPointF scroll) const;
  void paintRowTitles(QPainter& painter, QPointF scroll) const;
  void paintColumnTitles(QPainter& painter, QPointF scroll) const;
  void paintFrames(QPainter& painter, QPointF scroll, std::optional<HeatPlace> cursor) const;
  void paintLegend(QPainter& painter) const;
  double lineHeight() const;  ///< that letters need at least

  const HeatMap& map_;
  const PlotStyle& style_;
  QRectF cells_;
  QSizeF whole_, cell_;
  double title_width_ = 0;  ///< of one row's title
  double swatch_ = 0;       ///< width
  bool short_columns_ = false;
  bool turned_ = false;      ///< titles of columns run upward
  bool digits_fit_ = false;  ///< into every cell
};

}  // namespace limoe::gui
