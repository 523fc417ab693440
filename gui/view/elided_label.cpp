#include "gui/view/elided_label.h"

#include <QPainter>
#include <QStyle>

namespace limoe::gui {

void ElidedLabel::setWholeText(const QString& text) {
  setText(text);
  setToolTip(text);
}

QSize ElidedLabel::minimumSizeHint() const {
  return wordWrap() ? QLabel::minimumSizeHint()
                    : QSize(0, fontMetrics().height()).grownBy(contentsMargins());
}

QSize ElidedLabel::sizeHint() const {
  if (wordWrap()) {
    return QLabel::sizeHint();
  }
  return QSize(fontMetrics().horizontalAdvance(text()) + 2, fontMetrics().height())
      .grownBy(contentsMargins());
}

void ElidedLabel::paintEvent(QPaintEvent* event) {
  if (wordWrap()) {
    QLabel::paintEvent(event);
    return;
  }
  QPainter painter(this);
  style()->drawItemText(&painter, contentsRect(),
                        static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), palette(), isEnabled(),
                        fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width()),
                        foregroundRole());
}

}  // namespace limoe::gui
