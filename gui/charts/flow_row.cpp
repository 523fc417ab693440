#include "gui/charts/flow_row.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>
#include <utility>

namespace limoe::gui {
namespace {

// In units of the font's size.
constexpr double kSwatch = 1.3;      ///< length of a swatch
constexpr double kSwatchGap = 0.35;  ///< between swatch and text
constexpr double kEntryGap = 1.0;    ///< between two legend entries

}  // namespace

FlowRow::FlowRow(QCustomPlot* plot) : QCPLayoutElement(plot) {}

void FlowRow::setEntries(std::vector<FlowEntry> entries) {
  entries_ = std::move(entries);
  is_text_ = false;
}

void FlowRow::setText(const QString& text) {
  entries_.clear();
  const QStringList words = text.split(' ', Qt::SkipEmptyParts);
  for (const QString& word : words) {
    entries_.push_back({word, FlowEntry::Swatch::None, {}, Qt::SolidLine});
  }
  is_text_ = true;
}

void FlowRow::setLook(const PlotStyle& style, const QFont& font, const QColor& color) {
  line_ = style.scale * style.line;
  font_ = font;
  color_ = color;
}

QString FlowRow::text() const {
  QStringList words;
  for (const FlowEntry& entry : entries_) {
    words << entry.text;
  }
  return words.join(' ');
}

double FlowRow::lineHeight() const {
  return std::ceil(QFontMetricsF(font_).height() * 1.08);
}

double FlowRow::swatchWidth(const FlowEntry& entry) const {
  return entry.swatch == FlowEntry::Swatch::None ? 0 : (kSwatch + kSwatchGap) * em();
}

std::vector<FlowRow::Placed> FlowRow::placed(double width, int* lines) const {
  const QFontMetricsF metrics(font_);
  const double gap = is_text_ ? metrics.horizontalAdvance(' ') : kEntryGap * em();
  std::vector<Placed> result;
  double x = 0;
  int line = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const double needed = swatchWidth(entries_[i]) + metrics.horizontalAdvance(entries_[i].text);
    if (x > 0 && x + needed > width) {
      x = 0;
      ++line;
    }
    result.push_back({i, x, line});
    x += needed + gap;
  }
  *lines = entries_.empty() ? 0 : line + 1;
  return result;
}

int FlowRow::wholeHeight() const {
  // The layout asks for heights before it gives widths; a row is as wide as the chart less the
  // margins around everything.
  const QMargins around = mParentPlot->plotLayout()->margins();
  const double width = mParentPlot->viewport().width() - around.left() - around.right();
  int lines = 0;
  placed(width, &lines);
  return static_cast<int>(std::ceil(std::max(lines, minimum_lines_) * lineHeight()));
}

void FlowRow::update(UpdatePhase phase) {
  if (phase == upPreparation) {
    const int height = collapsed_ ? 0 : wholeHeight();
    setMinimumSize(0, height);
    setMaximumSize(QWIDGETSIZE_MAX, height);
  }
  QCPLayoutElement::update(phase);
}

void FlowRow::draw(QCPPainter* painter) {
  if (collapsed_) {
    return;
  }
  int lines = 0;
  const std::vector<Placed> places = placed(mRect.width(), &lines);
  const QFontMetricsF metrics(font_);
  painter->setFont(font_);
  painter->setAntialiasing(true);
  for (const Placed& place : places) {
    const FlowEntry& entry = entries_[place.entry];
    const double top = mRect.top() + place.line * lineHeight();
    const double baseline = top + metrics.ascent();
    const double middle = baseline - metrics.xHeight() / 2;
    const double left = mRect.left() + place.left;
    if (entry.swatch == FlowEntry::Swatch::Line) {
      // A broken line is as thin as the mark it stands for, so that its dashes show.
      const double width = (entry.line == Qt::SolidLine ? 1.6 : 1.0) * line_;
      painter->setPen(QPen(entry.color, width, entry.line, Qt::FlatCap));
      painter->drawLine(QPointF(left, middle), QPointF(left + kSwatch * em(), middle));
    } else if (entry.swatch == FlowEntry::Swatch::Box) {
      const double side = 0.75 * em();
      painter->fillRect(QRectF(left + (kSwatch * em() - side) / 2, middle - side / 2, side, side),
                        entry.color);
    }
    painter->setPen(color_);
    painter->drawText(QPointF(left + swatchWidth(entry), baseline), entry.text);
  }
}

void collapseRows(const QCustomPlot& plot, const std::vector<FlowRow*>& rows, int fixed,
                  int wanted) {
  int room = plot.viewport().height() - fixed;
  for (const FlowRow* row : rows) {
    room -= row->wholeHeight();
  }
  for (FlowRow* row : rows) {
    row->setCollapsed(room < wanted);
    room += room < wanted ? row->wholeHeight() : 0;
  }
}

}  // namespace limoe::gui
