#include "gui/inspect/token_part.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "gui/view/colors.h"
#include "gui/view/wrapped_tips.h"

namespace limoe::gui {

TokenPart::TokenPart(const char* object_name, const QString& accessible_name, QWidget* parent)
    : QWidget(parent) {
  setObjectName(QLatin1String(object_name));
  setAccessibleName(accessible_name);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  answerToolTips(*this);
}

bool TokenPart::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    auto* help = static_cast<QHelpEvent*>(event);
    const QString text = toolTipAt(help->pos());
    QToolTip::showText(help->globalPos(), text.isEmpty() ? toolTip() : text, this);
    return true;
  }
  if (event->type() == QEvent::ShortcutOverride) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (usesKey(key->key(), key->modifiers() & ~Qt::KeypadModifier)) {
      event->accept();
      return true;
    }
  }
  return QWidget::event(event);
}

void TokenPart::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) {
    layOut();
  }
  QWidget::changeEvent(event);
}

void TokenPart::keyPressEvent(QKeyEvent* event) {
  const Qt::KeyboardModifiers modifiers = event->modifiers() & ~Qt::KeypadModifier;
  if (usesKey(event->key(), modifiers)) {
    pressKey(event->key(), modifiers);
  } else {
    QWidget::keyPressEvent(event);
  }
}

void TokenPart::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  update();
}

void TokenPart::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  update();
}

void TokenPart::paintFocus(QPainter& painter, const QRectF& rect) const {
  if (hasFocus()) {
    painter.setPen(QPen(palette().color(QPalette::Highlight), 1.6));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(0.8, 0.8, -0.8, -0.8), 3, 3);
  }
}

void paintMark(QPainter& painter, const QRectF& rect, double thickness) {
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(Qt::black, thickness + 2));
  painter.drawRect(rect);
  painter.setPen(QPen(Qt::white, thickness));
  painter.drawRect(rect);
}

void paintDropped(QPainter& painter, const QRectF& rect, const QColor& ground) {
  painter.fillRect(rect, QBrush(textColorOn(ground), Qt::BDiagPattern));
}

void paintPixels(QPainter& painter, const QRectF& target, const QImage& image,
                 const QRectF& source) {
  const double scale =
      target.width() * painter.device()->devicePixelRatioF() / std::max(1.0, source.width());
  painter.setRenderHint(QPainter::SmoothPixmapTransform, scale < 1);
  painter.drawImage(target, image, source);
}

}  // namespace limoe::gui
