#include "gui/compare/match_chips.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <utility>

#include "gui/view/wrapped_tips.h"

namespace limoe::gui {
namespace {

constexpr int kMostRows = 4;
constexpr int kGap = 4;

}  // namespace

MatchChips::MatchChips(QWidget* parent) : QWidget(parent) {
  setObjectName("matchChips");
  setFocusPolicy(Qt::TabFocus);
  setAccessibleName(tr("Experts and their partners"));
  answerToolTips(*this);
  setToolTip(
      tr("The experts, and those of the reference that they are matched with:\nclick, or "
         "arrows and Space, to select one in all columns"));
  QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

void MatchChips::setChips(std::vector<Chip> chips) {
  if (chips == chips_) {
    return;
  }
  const bool other_texts = !std::ranges::equal(chips, chips_, {}, &Chip::text, &Chip::text);
  chips_ = std::move(chips);
  current_ = std::min(current_, chips_.empty() ? 0 : chips_.size() - 1);
  QStringList all;
  for (const Chip& chip : chips_) {
    all << chip.text;
  }
  setAccessibleDescription(all.join("; "));
  if (other_texts) {
    updateGeometry();
  }
  update();
}

QString MatchChips::moreWords(std::size_t shown) const {
  return tr("+ %1 more").arg(chips_.size() - shown);
}

MatchChips::Placed MatchChips::placed(int width) const {
  Placed placed;
  const QFontMetrics metrics(font());
  const int height = metrics.height() + 4;
  const int swatch = metrics.height() - 2;
  int x = 0;
  int row = 0;
  for (const Chip& chip : chips_) {
    const int wide = std::min(metrics.horizontalAdvance(chip.text) + swatch + 3 * kGap, width);
    if (x > 0 && x + wide > width) {
      x = 0;
      ++row;
    }
    // What does not fit is counted in the last row's end.
    const bool last = placed.rects.size() + 1 == chips_.size();
    const int reserve = last ? 0 : metrics.horizontalAdvance(moreWords(0)) + 2 * kGap;
    if (row >= kMostRows || (row == kMostRows - 1 && x > 0 && x + wide + reserve > width)) {
      break;
    }
    placed.rects.emplace_back(x, row * (height + 2), wide, height);
    x += wide + kGap;
  }
  placed.height = placed.rects.empty() ? 0 : placed.rects.back().bottom() + 1;
  return placed;
}

QRect MatchChips::rectOf(std::size_t chip) const {
  const auto rects = placed(width()).rects;
  return chip < rects.size() ? rects[chip] : QRect();
}

int MatchChips::heightForWidth(int width) const {
  return placed(std::max(width, 40)).height;
}

QSize MatchChips::sizeHint() const {
  return {200, heightForWidth(std::max(width(), 120))};
}

QSize MatchChips::minimumSizeHint() const {
  return {40, chips_.empty() ? 0 : fontMetrics().height() + 4};
}

std::optional<std::size_t> MatchChips::chipAt(const QPoint& position) const {
  const auto rects = placed(width()).rects;
  const auto found =
      std::ranges::find_if(rects, [&](const QRect& rect) { return rect.contains(position); });
  return found == rects.end() ? std::nullopt
                              : std::optional(static_cast<std::size_t>(found - rects.begin()));
}

void MatchChips::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const auto rects = placed(width()).rects;
  const int swatch = fontMetrics().height() - 2;
  for (std::size_t c = 0; c < rects.size(); ++c) {
    const Chip& chip = chips_[c];
    const QRect& rect = rects[c];
    const QRect square(rect.left() + kGap, rect.center().y() - swatch / 2, swatch, swatch);
    if (chip.selected) {
      painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
      painter.setBrush(Qt::NoBrush);
      painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 3, 3);
    } else if (hasFocus() && c == current_) {
      painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
      painter.setBrush(Qt::NoBrush);
      painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(chip.color);
    painter.drawRoundedRect(square, 2, 2);
    painter.setPen(
        palette().color(chip.reference ? QPalette::WindowText : QPalette::PlaceholderText));
    const QRect words = rect.adjusted(swatch + 2 * kGap, 0, -kGap, 0);
    painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(chip.text, Qt::ElideRight, words.width() + 1));
  }
  if (rects.size() < chips_.size() && !rects.empty()) {
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(
        QRect(rects.back().right() + kGap, rects.back().top(), width(), rects.back().height()),
        Qt::AlignLeft | Qt::AlignVCenter, moreWords(rects.size()));
  }
}

void MatchChips::mouseReleaseEvent(QMouseEvent* event) {
  const auto chip = chipAt(event->position().toPoint());
  if (event->button() == Qt::LeftButton && chip) {
    current_ = *chip;
    if (chips_[*chip].reference) {
      Q_EMIT chosen(*chips_[*chip].reference);
    }
    update();
  }
}

void MatchChips::keyPressEvent(QKeyEvent* event) {
  const std::size_t shown = placed(width()).rects.size();
  switch (event->key()) {
    case Qt::Key_Left:
      current_ = current_ > 0 ? current_ - 1 : 0;
      break;
    case Qt::Key_Right:
      current_ = current_ + 1 < shown ? current_ + 1 : current_;
      break;
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (current_ < shown && chips_[current_].reference) {
        Q_EMIT chosen(*chips_[current_].reference);
      }
      break;
    default:
      QWidget::keyPressEvent(event);
      return;
  }
  update();
}

void MatchChips::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  update();
}

void MatchChips::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  update();
}

bool MatchChips::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride) {
    switch (static_cast<QKeyEvent*>(event)->key()) {
      case Qt::Key_Left:
      case Qt::Key_Right:
      case Qt::Key_Space:
        event->accept();
        return true;
      default:
        break;
    }
  }
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto chip = chipAt(help->pos());
    QStringList rest;  // what has no room, where it says how many they are
    for (std::size_t c = placed(width()).rects.size(); c < chips_.size(); ++c) {
      rest << chips_[c].text;
    }
    const QString tip = chip ? chips_[*chip].tip : rest.isEmpty() ? toolTip() : rest.join('\n');
    QToolTip::showText(help->globalPos(), tip, this);
    return true;
  }
  return QWidget::event(event);
}

}  // namespace limoe::gui
