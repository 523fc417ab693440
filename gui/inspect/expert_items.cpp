#include "gui/inspect/expert_items.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cstdlib>

#include "gui/view/wrapped_tips.h"

namespace limoe::gui {
namespace {

constexpr double kDimmedOpacity = 0.4;
constexpr int kLeastWidth = 120;

bool isActivation(int key) {
  return key == Qt::Key_Space || key == Qt::Key_Return || key == Qt::Key_Enter ||
         key == Qt::Key_Select;
}

bool isMove(int key) {
  return key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down ||
         key == Qt::Key_Home || key == Qt::Key_End;
}

}  // namespace

ExpertItems::ExpertItems(QWidget* parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  answerToolTips(*this);
}

int ExpertItems::itemAt(const QPoint& point) const {
  const auto found = std::find_if(rects_.begin(), rects_.end(),
                                  [&](const QRect& rect) { return rect.contains(point); });
  return found == rects_.end() ? -1 : static_cast<int>(found - rects_.begin());
}

void ExpertItems::setDimmed(bool dimmed) {
  if (dimmed_ != dimmed) {
    dimmed_ = dimmed;
    update();
  }
}

int ExpertItems::heightForWidth(int width) const {
  return place(width).height;
}

QSize ExpertItems::sizeHint() const {
  return {2 * kLeastWidth, heightForWidth(std::max(width(), kLeastWidth))};
}

QSize ExpertItems::minimumSizeHint() const {
  return {kLeastWidth, 0};
}

ExpertItems::Placed ExpertItems::stacked(std::size_t rows, int width, int row_height) {
  Placed placed;
  for (std::size_t row = 0; row < rows; ++row) {
    placed.rects.emplace_back(0, static_cast<int>(row) * row_height, width, row_height);
  }
  placed.height = static_cast<int>(rows) * row_height;
  return placed;
}

void ExpertItems::itemsChanged() {
  rects_ = place(width()).rects;
  current_ = std::min(current_, itemCount() - 1);
  hovered_ = -1;
  setFocusPolicy(rects_.empty() ? Qt::NoFocus : Qt::StrongFocus);
  updateGeometry();
  update();
}

bool ExpertItems::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const int item = itemAt(help->pos());
    if (item >= 0) {
      QToolTip::showText(help->globalPos(), tipOf(itemTip(item)), this, itemRect(item));
      return true;
    }
  }
  if (event->type() == QEvent::ShortcutOverride) {
    // Keys that move in here, also where the window has shortcuts on them (← steps in time).
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->modifiers() == Qt::NoModifier && (isActivation(key->key()) || isMove(key->key()))) {
      event->accept();
      return true;
    }
  }
  return QWidget::event(event);
}

void ExpertItems::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setOpacity(dimmed_ ? kDimmedOpacity : 1);
  paintBehind(painter);
  for (int item = 0; item < itemCount(); ++item) {
    if (event->rect().intersects(itemRect(item))) {
      painter.save();
      paintItem(painter, item, itemRect(item), item == hovered_);
      painter.restore();
    }
  }
  if (hasFocus() && current_ >= 0) {
    painter.setOpacity(1);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(itemRect(current_)).adjusted(1, 1, -1, -1), 3, 3);
  }
}

void ExpertItems::resizeEvent(QResizeEvent* event) {
  rects_ = place(width()).rects;
  QWidget::resizeEvent(event);
}

void ExpertItems::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
    itemsChanged();
  }
}

void ExpertItems::mouseMoveEvent(QMouseEvent* event) {
  const int item = itemAt(event->pos());
  if (item != hovered_) {
    hovered_ = item;
    setCursor(item >= 0 && receivers(SIGNAL(activated(int))) > 0 ? Qt::PointingHandCursor
                                                                 : Qt::ArrowCursor);
    update();
  }
}

void ExpertItems::mousePressEvent(QMouseEvent* event) {
  const int item = itemAt(event->pos());
  if (event->button() != Qt::LeftButton || item < 0) {
    QWidget::mousePressEvent(event);
    return;
  }
  current_ = item;
  update();
  Q_EMIT activated(item);
}

void ExpertItems::leaveEvent(QEvent* event) {
  hovered_ = -1;
  update();
  QWidget::leaveEvent(event);
}

/// The item that an arrow leads to; −1: none that way.
int ExpertItems::neighbour(int key) const {
  if (key == Qt::Key_Home || key == Qt::Key_End) {
    return key == Qt::Key_Home ? 0 : itemCount() - 1;
  }
  if (key == Qt::Key_Left || key == Qt::Key_Right) {
    const int next = current_ + (key == Qt::Key_Left ? -1 : 1);
    return next < itemCount() ? next : -1;
  }
  const QPoint here = itemRect(current_).center();
  const int way = key == Qt::Key_Down ? 1 : -1;
  int nearest = -1;
  int least = 0;
  for (int item = 0; item < itemCount(); ++item) {
    const QRect rect = itemRect(item);
    const bool beyond = way > 0 ? rect.top() > here.y() : rect.bottom() < here.y();
    const QPoint far = rect.center() - here;
    const int distance = 16 * std::abs(far.y()) + std::abs(far.x());
    if (beyond && (nearest < 0 || distance < least)) {
      nearest = item;
      least = distance;
    }
  }
  return nearest;
}

void ExpertItems::keyPressEvent(QKeyEvent* event) {
  const bool plain = (event->modifiers() & ~Qt::KeypadModifier) == 0;
  if (plain && current_ < 0 && itemCount() > 0 && isMove(event->key())) {
    setCurrent(0);  // the items have come while the keys were already in here
    return;
  }
  if (plain && current_ >= 0 && isActivation(event->key())) {
    Q_EMIT activated(current_);
    return;
  }
  if (plain && current_ >= 0 && isMove(event->key())) {
    const int item = neighbour(event->key());
    if (item >= 0) {
      setCurrent(item);
      return;
    }
  }
  QWidget::keyPressEvent(event);
}

void ExpertItems::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  if (itemCount() > 0 && event->reason() != Qt::MouseFocusReason) {
    setCurrent(std::max(current_, 0));
  }
}

void ExpertItems::setCurrent(int item) {
  current_ = item;
  setAccessibleDescription(itemTip(item).join(QStringLiteral(". ")));
  update();
  Q_EMIT currentMoved(itemRect(item));
}

QString tipOf(const QStringList& lines) {
  QStringList escaped;
  for (const QString& line : lines) {
    escaped << line.toHtmlEscaped();
  }
  return QStringLiteral("<qt>%1</qt>").arg(escaped.join(QStringLiteral("<br/>")));
}

QString liftText(double lift) {
  return QStringLiteral("×%1").arg(lift, 0, 'f', lift < 9.95 ? 1 : 0);
}

}  // namespace limoe::gui
