#include "gui/charts/column_labels.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

// At scale 1.
constexpr double kNumberHeight = 14;    ///< at least
constexpr double kMinNumberWidth = 13;  ///< narrower columns show only the colour
constexpr double kStripe = 6;           ///< height of the colour alone

}  // namespace

ColumnLabels::ColumnLabels(QCPAxisRect* rect)
    : QCPLayerable(rect->parentPlot(), QStringLiteral("axes")), rect_(rect) {}

double ColumnLabels::numberHeight() const {
  return std::max(kNumberHeight * style.scale, QFontMetricsF(style.small).height());
}

int ColumnLabels::height() const {
  const int names = groups.empty() ? 0 : QFontMetrics(style.small).height();
  return static_cast<int>(std::ceil(numberHeight())) + style.px(groups.empty() ? 4 : 6) + names;
}

void ColumnLabels::applyDefaultAntialiasingHint(QCPPainter* painter) const {
  painter->setAntialiasing(true);
}

QRect ColumnLabels::clipRect() const {
  return rect_->outerRect();
}

void ColumnLabels::draw(QCPPainter* painter) {
  QCPAxis* axis = rect_->axis(QCPAxis::atBottom);
  const double pitch = std::abs(axis->coordToPixel(1) - axis->coordToPixel(0));
  const double width = pitch * kBarWidth;
  const double top = rect_->bottom() + 3 * style.scale;
  const QFontMetricsF metrics(style.small);
  double widest = kMinNumberWidth * style.scale;
  for (const Label& label : labels) {
    widest = std::max(widest, metrics.horizontalAdvance(label.number));
  }
  const bool numbered = width >= widest;
  painter->setFont(style.small);
  for (const Label& label : labels) {
    const double x = axis->coordToPixel(label.key);
    const QRectF box(x - width / 2, top, width, numbered ? numberHeight() : kStripe * style.scale);
    painter->fillRect(box, label.color);
    if (label.selected) {
      painter->setPen(QPen(style.text, 1.5 * style.scale));
      painter->setBrush(Qt::NoBrush);
      painter->drawRect(box);
    }
    if (numbered) {
      painter->setPen(textColorOn(label.color));
      painter->drawText(box, Qt::AlignCenter, label.number);
    }
  }
  painter->setPen(style.text);
  const double names_top = top + (numbered ? numberHeight() + style.scale : 8 * style.scale);
  for (const Group& group : groups) {
    const double room = (group.width + kGroupGap) * pitch;
    const auto fits = [&](const QString& name) { return metrics.horizontalAdvance(name) < room; };
    const auto name = std::ranges::find_if(group.names, fits);
    painter->drawText(
        QRectF(axis->coordToPixel(group.key) - room / 2, names_top, room, metrics.height()),
        Qt::AlignHCenter | Qt::AlignTop, name != group.names.end() ? *name : group.names.back());
  }
}

}  // namespace limoe::gui
