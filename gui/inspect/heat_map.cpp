#include "gui/inspect/heat_map.h"

#include <QFontMetricsF>
#include <QLinearGradient>
#include <algorithm>
#include <array>
#include <cmath>

#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

// Lengths at scale 1.
constexpr double kLeastColumn = 11;
constexpr double kMostRow = 26;
constexpr double kMostColumn = 84;
constexpr double kGap = 4;
constexpr double kSwatch = 8;
constexpr double kLegendBar = 9;
constexpr double kMostRowTitles = 0.34;    ///< of the room's width
constexpr double kMostColumnTitles = 0.3;  ///< of the room's height; in a low room:
constexpr double kLeastTitleLetters = 7;   ///< so much, but
constexpr double kMostOfLowRoom = 0.5;
constexpr double kDimmed = 0.3;
constexpr double kLiftEnd = 8;

double titleWidth(const std::vector<HeatLine>& lines, QFont font, QString HeatLine::*title) {
  font.setBold(true);  // a selected line's
  const QFontMetricsF metrics(font);
  double width = 0;
  for (const HeatLine& line : lines) {
    width = std::max(width, metrics.horizontalAdvance(line.*title));
  }
  return std::ceil(width);
}

QString scaleMark(const HeatMap& map, double value) {
  switch (map.scale) {
    case HeatScale::Percent:
      return QStringLiteral("%1 %").arg(value * 100, 0, 'g', 3);
    case HeatScale::Lift:
      return value < 1 ? QStringLiteral("⅛×") : QStringLiteral("%1×").arg(value);
    case HeatScale::Count:
      break;
  }
  return QString::number(value, 'g', 6);
}

}  // namespace

double HeatMap::shade(double value) const {
  if (scale == HeatScale::Lift) {
    // log2 from −3 to 3; nothing at all is at the dark end.
    return value > 0 ? std::clamp((std::log2(value) + 3) / 6, 0.0, 1.0) : 0.0;
  }
  return top > 0 ? std::clamp(value / top, 0.0, 1.0) : 0.0;
}

QString HeatMap::digits(double value) const {
  if (std::isnan(value)) {
    return {};
  }
  switch (scale) {
    case HeatScale::Percent:
      return value > 0 && value < 0.005 ? QStringLiteral("<1")
                                        : QString::number(value * 100, 'f', 0);
    case HeatScale::Lift:
      return QString::number(value, 'f', value < 9.95 ? 1 : 0);
    case HeatScale::Count:
      break;
  }
  return QString::number(value, 'f', 0);
}

double topOf(HeatScale scale, const std::vector<double>& values) {
  if (scale == HeatScale::Lift) {
    return kLiftEnd;
  }
  double largest = 0;
  for (const double value : values) {
    largest = std::isnan(value) ? largest : std::max(largest, value);
  }
  if (scale == HeatScale::Percent) {
    constexpr std::array<double, 5> kTops = {0.05, 0.1, 0.2, 0.5, 1};
    const auto top = std::ranges::find_if(kTops, [&](double t) { return largest <= t; });
    return top == kTops.end() ? 1 : *top;
  }
  double power = 1;
  while (power * 10 < largest) {
    power *= 10;
  }
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (largest <= factor * power) {
      return factor * power;
    }
  }
  return 10 * power;
}

HeatLayout::HeatLayout(const HeatMap& map, const PlotStyle& style, QSizeF room)
    : map_(map), style_(style) {
  if (map.isEmpty()) {
    return;
  }
  const double s = style.scale;
  const QFontMetricsF metrics(style.small);
  const double legend =
      (2 * kGap + kLegendBar + 2) * s + std::max(metrics.horizontalAdvance(scaleMark(map, map.top)),
                                                 metrics.horizontalAdvance(QStringLiteral("0 %")));
  swatch_ = kSwatch * s;
  title_width_ =
      std::min(titleWidth(map.rows, style.small, &HeatLine::title), room.width() * kMostRowTitles);
  cells_.setLeft(std::ceil(title_width_ + swatch_ + 2 * kGap * s));
  cells_.setRight(std::max(room.width() - legend, cells_.left() + 1));
  layColumns(room);
  layRows(room.height() - cells_.top());
  cells_.setHeight(
      std::min(std::max(room.height() - cells_.top(), 1.0), std::ceil(whole_.height())));
  cells_.setWidth(std::min(cells_.width(), std::ceil(whole_.width())));
  double widest = 0;
  for (const double value : map.values) {
    widest = std::max(widest, metrics.horizontalAdvance(map.digits(value)));
  }
  digits_fit_ = widest + 3 * s <= cell_.width() && lineHeight() <= cell_.height();
}

double HeatLayout::lineHeight() const {
  const QFontMetricsF metrics(style_.small);
  return std::ceil(metrics.ascent() + 1);
}

void HeatLayout::layRows(double room) {
  const auto rows = static_cast<double>(map_.rows.size());
  // Whole units keep the edges of the cells sharp.
  const double least = lineHeight() + 2 * style_.scale;  // each row has its name beside it
  const double pitch =
      std::floor(std::clamp(room / rows, least, std::max(least, kMostRow * style_.scale)));
  cell_.setHeight(pitch);
  whole_.setHeight(pitch * rows);
}

void HeatLayout::layColumns(QSizeF room) {
  const auto columns = static_cast<double>(map_.columns.size());
  const double s = style_.scale;
  const double pitch =
      std::floor(std::clamp(cells_.width() / columns, kLeastColumn * s, kMostColumn * s));
  cell_.setWidth(pitch);
  whole_.setWidth(pitch * columns);
  const QFontMetricsF metrics(style_.small);
  const double longest = titleWidth(map_.columns, style_.small, &HeatLine::title);
  const double shortest = titleWidth(map_.columns, style_.small, &HeatLine::short_title);
  short_columns_ = longest + kGap * s > pitch && shortest + kGap * s <= pitch;
  turned_ = longest + kGap * s > pitch && !short_columns_;
  const double swatch = map_.columns.front().color.isValid() ? swatch_ : 0;
  const double titles =
      turned_ ? std::min(longest, std::clamp(kLeastTitleLetters * metrics.averageCharWidth(),
                                             room.height() * kMostColumnTitles,
                                             room.height() * kMostOfLowRoom))
              : metrics.height();
  cells_.setTop(std::ceil(titles + swatch + kGap * s));
}

QRectF HeatLayout::cellRect(std::size_t row, std::size_t column, QPointF scroll) const {
  return {cells_.left() + static_cast<double>(column) * cell_.width() - scroll.x(),
          cells_.top() + static_cast<double>(row) * cell_.height() - scroll.y(), cell_.width(),
          cell_.height()};
}

std::optional<HeatPlace> HeatLayout::placeAt(QPointF at, QPointF scroll) const {
  if (map_.isEmpty()) {
    return std::nullopt;
  }
  const auto index = [](double offset, double pitch,
                        std::size_t count) -> std::optional<std::size_t> {
    const double place = std::floor(offset / pitch);
    return place >= 0 && place < static_cast<double>(count)
               ? std::optional(static_cast<std::size_t>(place))
               : std::nullopt;
  };
  const bool in_rows = at.y() >= cells_.top() && at.y() < cells_.bottom();
  const bool in_columns = at.x() >= cells_.left() && at.x() < cells_.right();
  HeatPlace place;
  if (in_rows && at.x() < cells_.right()) {
    place.row = index(at.y() - cells_.top() + scroll.y(), cell_.height(), map_.rows.size());
  }
  if (in_columns && at.y() < cells_.bottom()) {
    place.column = index(at.x() - cells_.left() + scroll.x(), cell_.width(), map_.columns.size());
  }
  return place.row || place.column ? std::optional(place) : std::nullopt;
}

void HeatLayout::paint(QPainter& painter, QPointF scroll, std::optional<HeatPlace> cursor) const {
  if (map_.isEmpty()) {
    return;
  }
  painter.save();
  painter.setFont(style_.small);
  paintCells(painter, scroll);
  paintRowTitles(painter, scroll);
  paintColumnTitles(painter, scroll);
  paintFrames(painter, scroll, cursor);
  paintLegend(painter);
  painter.restore();
}

void HeatLayout::paintCells(QPainter& painter, QPointF scroll) const {
  painter.save();
  painter.setClipRect(cells_);
  const double opacity = painter.opacity();
  const double gap = std::min(cell_.width(), cell_.height()) >= 9 * style_.scale ? style_.scale : 0;
  const QBrush nothing(style_.grid, Qt::BDiagPattern);
  for (std::size_t r = 0; r < map_.rows.size(); ++r) {
    painter.setOpacity(map_.rows[r].dimmed ? opacity * kDimmed : opacity);
    for (std::size_t c = 0; c < map_.columns.size(); ++c) {
      const QRectF cell = cellRect(r, c, scroll).adjusted(0, 0, -gap, -gap);
      if (!cell.intersects(cells_)) {
        continue;
      }
      const double value = map_.value(r, c);
      if (std::isnan(value)) {
        painter.fillRect(cell, nothing);
        continue;
      }
      const QColor color = viridis(map_.shade(value));
      painter.fillRect(cell, color);
      if (digits_fit_) {
        painter.setPen(textColorOn(color));
        painter.drawText(cell, Qt::AlignCenter, map_.digits(value));
      }
    }
  }
  painter.restore();
}

void HeatLayout::paintRowTitles(QPainter& painter, QPointF scroll) const {
  const double s = style_.scale;
  const QFontMetricsF metrics(style_.small);
  painter.save();
  painter.setClipRect(QRectF(0, cells_.top(), cells_.left(), cells_.height()));
  const double opacity = painter.opacity();
  for (std::size_t r = 0; r < map_.rows.size(); ++r) {
    const HeatLine& row = map_.rows[r];
    const QRectF cell = cellRect(r, 0, scroll);
    const double right = cells_.left() - kGap / 2 * s;
    painter.setOpacity(row.dimmed ? opacity * kDimmed : opacity);
    if (row.color.isValid()) {
      painter.fillRect(QRectF(right - swatch_, cell.top(), swatch_, cell.height() - s), row.color);
    }
    const double end = right - swatch_ - kGap / 2 * s;
    QFont font = style_.small;
    font.setBold(row.selected);
    painter.setFont(font);
    painter.setPen(style_.text);
    painter.drawText(QRectF(end - title_width_, cell.center().y() - metrics.height() / 2,
                            title_width_, metrics.height()),
                     Qt::AlignRight | Qt::AlignVCenter,
                     QFontMetricsF(font).elidedText(row.title, Qt::ElideRight, title_width_ + s));
  }
  painter.restore();
}

void HeatLayout::paintColumnTitles(QPainter& painter, QPointF scroll) const {
  const double s = style_.scale;
  const QFontMetricsF metrics(style_.small);
  const double swatch = map_.columns.front().color.isValid() ? swatch_ : 0;
  const double bottom = cells_.top() - swatch - kGap / 2 * s;
  painter.save();
  painter.setClipRect(QRectF(cells_.left(), 0, cells_.width(), cells_.top()));
  painter.setPen(style_.text);
  for (std::size_t c = 0; c < map_.columns.size(); ++c) {
    const HeatLine& column = map_.columns[c];
    const QRectF cell = cellRect(0, c, scroll);
    if (swatch > 0) {
      painter.fillRect(QRectF(cell.left(), cells_.top() - swatch - 1 * s, cell.width() - s, swatch),
                       column.color);
    }
    QFont font = style_.small;
    font.setBold(column.selected);
    painter.setFont(font);
    if (!turned_) {
      painter.drawText(QRectF(cell.left(), 0, cell.width(), bottom),
                       Qt::AlignHCenter | Qt::AlignBottom,
                       short_columns_ ? column.short_title : column.title);
      continue;
    }
    painter.save();
    painter.translate(cell.center().x(), bottom);
    painter.rotate(-90);
    const QFontMetricsF letters(font);
    const bool fits = letters.horizontalAdvance(column.title) <= bottom;
    painter.drawText(
        QRectF(0, -metrics.height() / 2, bottom, metrics.height()),
        Qt::AlignLeft | Qt::AlignVCenter,
        letters.elidedText(fits ? column.title : column.short_title, Qt::ElideRight, bottom));
    painter.restore();
  }
  painter.restore();
}

void HeatLayout::paintFrames(QPainter& painter, QPointF scroll,
                             std::optional<HeatPlace> cursor) const {
  const double s = style_.scale;
  painter.save();
  painter.setClipRect(cells_.adjusted(-s, -s, s, s));
  painter.setBrush(Qt::NoBrush);
  const auto frame = [&](const QRectF& rect, double width) {
    painter.setPen(QPen(style_.background, (width + 2) * s));
    painter.drawRect(rect);
    painter.setPen(QPen(style_.text, width * s));
    painter.drawRect(rect);
  };
  for (std::size_t r = 0; r < map_.rows.size(); ++r) {
    if (map_.rows[r].selected) {
      QRectF row = cellRect(r, 0, scroll);
      row.setWidth(whole_.width());
      frame(row.adjusted(0, 0, -s, -s), 1);
    }
  }
  if (cursor && cursor->row && cursor->column) {
    frame(cellRect(*cursor->row, *cursor->column, scroll).adjusted(0, 0, -s, -s), 2);
  }
  painter.restore();
}

void HeatLayout::paintLegend(QPainter& painter) const {
  const double s = style_.scale;
  const QRectF bar(cells_.right() + 2 * kGap * s, cells_.top(), kLegendBar * s, cells_.height());
  QLinearGradient ramp(bar.bottomLeft(), bar.topLeft());
  for (int i = 0; i <= 16; ++i) {
    ramp.setColorAt(i / 16.0, viridis(i / 16.0));
  }
  painter.fillRect(bar, ramp);
  const QFontMetricsF metrics(style_.small);
  painter.setFont(style_.small);
  painter.setPen(style_.muted);
  const auto mark = [&](double part, double value) {
    const double y = std::clamp(bar.bottom() - part * bar.height() - metrics.height() / 2,
                                bar.top() - metrics.descent(), bar.bottom() - metrics.ascent());
    painter.drawText(QPointF(bar.right() + 2 * s, y + metrics.ascent()), scaleMark(map_, value));
  };
  const bool lift = map_.scale == HeatScale::Lift;
  mark(0, lift ? 1 / kLiftEnd : 0);
  mark(1, lift ? kLiftEnd : map_.top);
  if (bar.height() > 4 * metrics.height()) {
    mark(0.5, lift ? 1 : map_.top / 2);
  }
}

}  // namespace limoe::gui
