#include "gui/inspect/token_similar_grid.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/charts/plot_style.h"

namespace limoe::gui {
namespace {

constexpr double kGap = 6;
constexpr double kPictureLines = 3.2;   ///< side of a picture in lines of text
constexpr double kMostForPiece = 0.35;  ///< of the width

}  // namespace

TokenSimilarGrid::TokenSimilarGrid(QWidget* parent)
    : TokenPart("tokenSimilar", tr("Tokens most alike in routing"), parent) {
  setToolTip(tr("Click a patch or word, or arrows and Enter: selects it"));
  layOut();
}

void TokenSimilarGrid::show(std::vector<TokenCard> cards, const std::optional<TokenRef>& current) {
  cards_ = std::move(cards);
  selected_ = current;
  current_ = cards_.empty() ? 0 : std::min(current_, cards_.size() - 1);
  QStringList words;
  for (const TokenCard& card : cards_) {
    words << card.tip.section(QLatin1Char('\n'), 0, 0);
  }
  setAccessibleDescription(words.join(QStringLiteral(", ")));
  layOut();
}

bool TokenSimilarGrid::hasWords() const {
  return !cards_.empty() && cards_.front().token.modality == probe::kText;
}

void TokenSimilarGrid::layOut() {
  const double side = kPictureLines * fontMetrics().height();
  columns_ = hasWords() ? 1 : std::max(1, static_cast<int>((width() + kGap) / (side + kGap)));
  const double bottom = cards_.empty() ? 0 : cardRect(cards_.size() - 1).bottom() + 1;
  setFixedHeight(static_cast<int>(std::ceil(bottom)));
  update();
}

void TokenSimilarGrid::resizeEvent(QResizeEvent* event) {
  TokenPart::resizeEvent(event);
  layOut();
}

QRectF TokenSimilarGrid::cardRect(std::size_t card) const {
  const double row = static_cast<double>(card / static_cast<std::size_t>(columns_));
  const double column = static_cast<double>(card % static_cast<std::size_t>(columns_));
  if (hasWords()) {
    const double high = fontMetrics().height() + 6;
    return {0, row * high, static_cast<double>(width()), high};
  }
  const double side = kPictureLines * fontMetrics().height();
  const double high = side + QFontMetricsF(screenStyle(*this).small).height() + 3;
  // The row is filled: what is left over goes between the pictures.
  const double pitch =
      columns_ > 1 ? side + (width() - columns_ * side) / (columns_ - 1) : side + kGap;
  return {column * pitch, row * (high + kGap), side, high};
}

int TokenSimilarGrid::cardAt(const QPoint& at) const {
  for (std::size_t card = 0; card < cards_.size(); ++card) {
    if (cardRect(card).contains(at)) {
      return static_cast<int>(card);
    }
  }
  return -1;
}

void TokenSimilarGrid::paintPatch(QPainter& painter, const TokenCard& card,
                                  const QRectF& rect) const {
  const PlotStyle style = screenStyle(*this);
  const QRectF room(rect.topLeft(), QSizeF(rect.width(), rect.width()));
  painter.fillRect(room, style.grid);
  if (!card.picture.isNull()) {
    QSizeF size = card.picture.size();
    size.scale(room.size(), Qt::KeepAspectRatio);
    QRectF place(QPointF(), size);
    place.moveCenter(room.center());
    paintPixels(painter, place, card.picture, card.picture.rect());
    const double scale = size.width() / card.picture.width();
    const QRectF mark(place.topLeft() + card.mark.topLeft() * scale, card.mark.size() * scale);
    painter.setRenderHint(QPainter::Antialiasing);
    paintMark(painter, mark.adjusted(-1, -1, 1, 1) & place.adjusted(1, 1, -1, -1), 1);
  }
  painter.setFont(style.small);
  painter.setPen(palette().color(QPalette::WindowText));
  painter.drawText(QRectF(room.bottomLeft(), rect.bottomRight()).adjusted(-4, 1, 4, 0),
                   Qt::AlignCenter, card.value);
}

void TokenSimilarGrid::paintWord(QPainter& painter, const TokenCard& card,
                                 const QRectF& rect) const {
  const QFontMetricsF metrics(font());
  QFont bold = font();
  bold.setBold(true);
  const QFontMetricsF bold_metrics(bold);
  double piece = 0;
  double value = 0;
  for (const TokenCard& other : cards_) {
    piece = std::max(piece, bold_metrics.horizontalAdvance(other.piece));
    value = std::max(value, metrics.horizontalAdvance(other.value));
  }
  piece = std::min(piece, kMostForPiece * rect.width());
  const QRectF room = rect.adjusted(4, 0, -4, 0);
  painter.setFont(bold);
  painter.setPen(palette().color(QPalette::WindowText));
  painter.drawText(QRectF(room.topLeft(), QSizeF(piece + 1, room.height())),
                   Qt::AlignLeft | Qt::AlignVCenter,
                   bold_metrics.elidedText(card.piece, Qt::ElideRight, piece + 1));
  painter.setFont(font());
  painter.drawText(room, Qt::AlignRight | Qt::AlignVCenter, card.value);
  const QRectF middle = room.adjusted(piece + 10, 0, -value - 10, 0);
  painter.setPen(palette().color(QPalette::PlaceholderText));
  painter.drawText(middle, Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(card.context, Qt::ElideRight, middle.width()));
}

void TokenSimilarGrid::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  for (std::size_t c = 0; c < cards_.size(); ++c) {
    const QRectF rect = cardRect(c);
    if (selected_ == cards_[c].token) {
      painter.fillRect(rect.adjusted(-3, -2, 3, 1), screenStyle(*this).highlight);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    if (hasWords()) {
      paintWord(painter, cards_[c], rect);
    } else {
      paintPatch(painter, cards_[c], rect);
    }
  }
  painter.setRenderHint(QPainter::Antialiasing);
  if (!cards_.empty()) {
    paintFocus(painter, cardRect(current_));
  }
}

QString TokenSimilarGrid::toolTipAt(const QPoint& at) const {
  const int card = cardAt(at);
  return card < 0 ? QString()
                  : cards_[static_cast<std::size_t>(card)].tip +
                        tr("\nClick: select it · arrow keys and Enter");
}

bool TokenSimilarGrid::usesKey(int key, Qt::KeyboardModifiers modifiers) const {
  static const QList<int> kKeys = {Qt::Key_Left,  Qt::Key_Right,  Qt::Key_Up,   Qt::Key_Down,
                                   Qt::Key_Space, Qt::Key_Return, Qt::Key_Enter};
  return modifiers == Qt::NoModifier && !cards_.empty() && kKeys.contains(key);
}

void TokenSimilarGrid::pressKey(int key, Qt::KeyboardModifiers) {
  const int last = static_cast<int>(cards_.size()) - 1;
  const int at = static_cast<int>(current_);
  int to = at;
  switch (key) {
    case Qt::Key_Left:
      to = at - 1;
      break;
    case Qt::Key_Right:
      to = at + 1;
      break;
    case Qt::Key_Up:
      to = at - columns_;
      break;
    case Qt::Key_Down:
      to = at + columns_;
      break;
    default:
      Q_EMIT chosen(cards_[current_].token);
      return;
  }
  if (to >= 0 && to <= last) {
    current_ = static_cast<std::size_t>(to);
    update();
  }
}

void TokenSimilarGrid::mousePressEvent(QMouseEvent* event) {
  const int card = cardAt(event->pos());
  if (event->button() == Qt::LeftButton && card >= 0) {
    current_ = static_cast<std::size_t>(card);
    Q_EMIT chosen(cards_[current_].token);
  }
}

}  // namespace limoe::gui
