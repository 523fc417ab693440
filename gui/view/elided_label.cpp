#include "gui/view/elided_label.h"

#include <QPainter>
#include <QStyle>
#include <QTextLayout>
#include <algorithm>

namespace limoe::gui {

void ElidedLabel::setWholeText(const QString& text) {
  setText(text);
  setToolTip(text);
}

void ElidedLabel::setLines(int lines) {
  lines_ = lines;
  updateGeometry();
  update();
}

QSize ElidedLabel::minimumSizeHint() const {
  return wordWrap() ? QLabel::minimumSizeHint()
                    : QSize(0, lines_ * fontMetrics().height()).grownBy(contentsMargins());
}

QSize ElidedLabel::sizeHint() const {
  if (wordWrap()) {
    return QLabel::sizeHint();
  }
  return QSize(fontMetrics().horizontalAdvance(text()) + 2, lines_ * fontMetrics().height())
      .grownBy(contentsMargins());
}

void ElidedLabel::paintEvent(QPaintEvent* event) {
  if (wordWrap()) {
    QLabel::paintEvent(event);
    return;
  }
  QPainter painter(this);
  if (lines_ > 1) {
    return paintLines(painter);
  }
  style()->drawItemText(&painter, contentsRect(),
                        static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), palette(), isEnabled(),
                        fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width()),
                        foregroundRole());
}

void ElidedLabel::paintLines(QPainter& painter) const {
  const QRect room = contentsRect();
  const auto write = [&](int line, const QString& shown) {
    const QRect rect(room.left(), room.top() + line * fontMetrics().height(), room.width(),
                     fontMetrics().height());
    style()->drawItemText(
        &painter, rect, static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), palette(), isEnabled(),
        fontMetrics().elidedText(shown, Qt::ElideRight, room.width()), foregroundRole());
  };
  const QString whole = text();
  if (whole.contains(QLatin1Char('\n'))) {  // each has its own line, however long it is
    const QStringList parts = whole.split(QLatin1Char('\n'));
    for (int i = 0; i < std::min<qsizetype>(lines_, parts.size()); ++i) {
      write(i, parts[i]);
    }
    return;
  }
  QTextLayout layout(whole, font());
  layout.beginLayout();
  for (int i = 0; i < lines_; ++i) {
    QTextLine line = layout.createLine();
    if (!line.isValid()) {
      break;
    }
    line.setLineWidth(room.width());
    write(i, i == lines_ - 1 ? whole.mid(line.textStart())
                             : whole.mid(line.textStart(), line.textLength()));
  }
  layout.endLayout();
}

}  // namespace limoe::gui
