#include "gui/charts/expert_delegate.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "gui/charts/expert_model.h"
#include "gui/charts/plot_style.h"
#include "gui/view/colors.h"
#include "routing_probe/recording/recording.h"

namespace limoe::gui {
namespace {

constexpr double kDimmed = 0.35;

// Lengths are in units of pixelsPerUnit().
constexpr double kRow = 24;  ///< least height
constexpr double kRowPadding = 4;
constexpr double kButton = 22;
constexpr double kSwatchMargin = 6;
constexpr double kSwatchPadding = 4;
constexpr double kMargin = 4;
constexpr double kCorner = 2.5;
constexpr double kMinTrack = 8;  ///< a narrower load bar tells nothing; the number stands alone

int whole(double units, const QFont& font) {
  return static_cast<int>(std::lround(units * pixelsPerUnit(font)));
}

/// `cell` less so many units at both sides, and above and below.
QRectF inside(const QRectF& cell, double sides, double ends, double unit) {
  return cell.adjusted(sides * unit, ends * unit, -sides * unit, -ends * unit);
}

void paintNumber(QPainter& painter, const QRectF& cell, const QColor& color, const QString& text,
                 double unit) {
  const QRectF swatch = inside(cell, kSwatchMargin, 4, unit);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  painter.drawRoundedRect(swatch, kCorner * unit, kCorner * unit);
  painter.setPen(textColorOn(color));
  const QRectF room = inside(swatch, kSwatchPadding, 0, unit);
  painter.drawText(room, Qt::AlignCenter,
                   QFontMetricsF(painter.font()).elidedText(text, Qt::ElideRight, room.width()));
}

/// A bar up to the mark (capacity or fair share) at 1; the scale ends at 1 against capacity.
void paintLoad(QPainter& painter, const QRectF& cell, const QPalette& palette, const QColor& color,
               double load, const QString& text, double unit) {
  const QFontMetricsF metrics(painter.font());
  const double text_width = metrics.horizontalAdvance(QStringLiteral("100 %")) + kMargin * unit;
  const QRectF track = inside(cell, kMargin, 6, unit).adjusted(0, 0, -text_width, 0);
  if (track.width() >= kMinTrack * unit) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(mixed(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.1));
    painter.drawRoundedRect(track, kCorner * unit, kCorner * unit);
    QRectF bar = track;
    bar.setWidth(track.width() * std::clamp(load, 0.0, 1.0));
    if (bar.width() > 0) {
      painter.setBrush(color);
      painter.drawRoundedRect(bar, kCorner * unit, kCorner * unit);
    }
  }
  painter.setPen(palette.color(QPalette::Text));
  painter.drawText(inside(cell, kMargin, 0, unit), Qt::AlignRight | Qt::AlignVCenter, text);
}

void paintModality(QPainter& painter, const QRectF& cell, const QPalette& palette,
                   const QVariant& image_share, const QString& text, double unit) {
  if (!image_share.isValid()) {
    painter.setPen(palette.color(QPalette::PlaceholderText));
    painter.drawText(inside(cell, kMargin, 0, unit), Qt::AlignLeft | Qt::AlignVCenter, text);
    return;
  }
  const QRectF bar = inside(cell, kMargin, 7, unit);
  const double split = bar.width() * image_share.toDouble();
  painter.fillRect(QRectF(bar.left(), bar.top(), split, bar.height()),
                   modalityColor(probe::kImage));
  painter.fillRect(QRectF(bar.left() + split, bar.top(), bar.width() - split, bar.height()),
                   modalityColor(probe::kText));
}

bool hasWords(const QModelIndex& index) {
  return index.siblingAtColumn(ExpertModel::kLabels).data(ExpertModel::kWordsRole).isValid();
}

/// As many of the labels ("sky 89 %, tree 12 %") as fit whole; the first is shortened if it must.
QString labelsThatFit(QString text, const QFontMetricsF& metrics, double width) {
  while (metrics.horizontalAdvance(text) > width && text.contains(QLatin1String(", "))) {
    text.truncate(text.lastIndexOf(QLatin1String(", ")));
  }
  return metrics.elidedText(text, Qt::ElideRight, width);
}

void paintEye(QPainter& painter, const QPointF& middle, const QColor& color, bool open,
              double unit) {
  const auto at = [&](double x, double y) { return middle + QPointF(x, y) * unit; };
  painter.setPen(QPen(color, 1.3 * unit));
  painter.setBrush(Qt::NoBrush);
  QPainterPath lids;
  lids.moveTo(at(-7, 0));
  lids.quadTo(at(0, -7.5), at(7, 0));
  lids.quadTo(at(0, 7.5), at(-7, 0));
  painter.drawPath(lids);
  if (open) {
    painter.setBrush(color);
    painter.drawEllipse(middle, 1.9 * unit, 1.9 * unit);
  } else {
    painter.drawLine(at(-6, 5.5), at(6, -5.5));
  }
}

void paintSolo(QPainter& painter, const QRectF& cell, const QPalette& palette, bool on,
               double unit) {
  QRectF box(0, 0, 17 * unit, 17 * unit);
  box.moveCenter(cell.center());
  painter.setPen(on ? QPen(Qt::NoPen) : QPen(palette.color(QPalette::Mid), unit));
  painter.setBrush(on ? QBrush(palette.color(QPalette::Highlight)) : QBrush(Qt::NoBrush));
  painter.drawRoundedRect(box, 3 * unit, 3 * unit);
  painter.setPen(palette.color(on ? QPalette::HighlightedText : QPalette::Text));
  painter.drawText(box, Qt::AlignCenter, QStringLiteral("S"));
}

}  // namespace

int ExpertDelegate::buttonWidth(const QFont& font) {
  return whole(kButton, font);
}

int ExpertDelegate::numberPadding(const QFont& font) {
  return whole(2 * (kSwatchMargin + kSwatchPadding), font) + 2;
}

int ExpertDelegate::labelPadding(const QFont& font) {
  return whole(2 * kMargin, font) + 2;
}

void ExpertDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                           const QModelIndex& index) const {
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setFont(option.font);
  const QPalette& palette = option.palette;
  const QRectF cell(option.rect);
  const double unit = pixelsPerUnit(option.font);
  const QColor color = index.data(ExpertModel::kColorRole).value<QColor>();
  const QString text = index.data(Qt::DisplayRole).toString();
  if (index.data(ExpertModel::kSelectedRole).toBool()) {
    painter->fillRect(
        cell, mixed(palette.color(QPalette::Base), palette.color(QPalette::Highlight), 0.3));
    if (index.column() == ExpertModel::kNumber) {
      painter->fillRect(QRectF(cell.left(), cell.top(), 3 * unit, cell.height()),
                        palette.color(QPalette::Highlight));
    }
  }
  if (index.column() >= ExpertModel::kShown && option.state.testFlag(QStyle::State_MouseOver)) {
    painter->fillRect(cell,
                      mixed(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.1));
  }
  const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
  if (index.data(ExpertModel::kDimmedRole).toBool() && index.column() < ExpertModel::kShown) {
    painter->setOpacity(kDimmed);
  }
  switch (index.column()) {
    case ExpertModel::kNumber:
      paintNumber(*painter, cell, color, text, unit);
      break;
    case ExpertModel::kLoad:
      paintLoad(*painter, cell, palette, color, index.data(ExpertModel::kFractionRole).toDouble(),
                text, unit);
      break;
    case ExpertModel::kModality:
      paintModality(*painter, cell, palette, index.data(ExpertModel::kFractionRole), text, unit);
      break;
    case ExpertModel::kLabels: {
      QRectF room = inside(cell, kMargin, 0, unit);
      const QFontMetricsF metrics(option.font);
      if (hasWords(index)) {
        room.adjust(0, kRowPadding * unit / 2, 0, -kRowPadding * unit / 2);
        painter->setPen(mixed(palette.color(QPalette::Text), modalityColor(probe::kText), 0.5));
        painter->drawText(
            room, Qt::AlignLeft | Qt::AlignBottom,
            labelsThatFit(index.data(ExpertModel::kWordsRole).toString(), metrics, room.width()));
        room.setBottom(room.center().y());
      }
      painter->setPen(palette.color(QPalette::Text));
      painter->drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                        labelsThatFit(text, metrics, room.width()));
      break;
    }
    case ExpertModel::kShown:
      paintEye(*painter, cell.center(),
               palette.color(checked ? QPalette::Text : QPalette::PlaceholderText), checked, unit);
      break;
    default:
      paintSolo(*painter, cell, palette, checked, unit);
  }
  painter->setOpacity(1);
  if (option.state & QStyle::State_HasFocus) {
    painter->setPen(QPen(palette.color(QPalette::Highlight), 1.2 * unit));
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(inside(cell, 1, 1, unit), kCorner * unit, kCorner * unit);
  }
  painter->restore();
}

QSize ExpertDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const int lines = hasWords(index) ? 2 : 1;
  // The table lays out its columns itself; measuring the texts would take a tenth of a step's time.
  return {0,
          std::max(lines * QFontMetrics(option.font).height() + whole(2 * kRowPadding, option.font),
                   whole(kRow, option.font))};
}

void ExpertDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
  const auto* line = qobject_cast<QLineEdit*>(editor);
  if (!line || !line->isModified()) {
    QStyledItemDelegate::setEditorData(editor, index);
  }
}

bool ExpertDelegate::editorEvent(QEvent* event, QAbstractItemModel* model,
                                 const QStyleOptionViewItem& option, const QModelIndex& index) {
  Q_UNUSED(option)
  if (!(model->flags(index) & Qt::ItemIsUserCheckable)) {
    return false;
  }
  const bool clicked = event->type() == QEvent::MouseButtonRelease &&
                       static_cast<QMouseEvent*>(event)->button() == Qt::LeftButton;
  const bool spaced = event->type() == QEvent::KeyPress &&
                      (static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space ||
                       static_cast<QKeyEvent*>(event)->key() == Qt::Key_Select);
  if (clicked || spaced) {
    const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    return model->setData(index, checked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
  }
  // A press and a double click must not start anything else in these cells.
  return event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonDblClick;
}

}  // namespace limoe::gui
