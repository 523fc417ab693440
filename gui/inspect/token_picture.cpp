#include "gui/inspect/token_picture.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/charts/plot_style.h"

namespace limoe::gui {
namespace {

constexpr double kGap = 10;
constexpr double kMostOfWidth = 0.46;  ///< that the enlarged patch takes
constexpr double kLinesHigh = 8;       ///< height in lines of text

}  // namespace

QImage imageOf(const probe::ProbeSet& sample, const probe::Layout& layout) {
  const auto bytes = static_cast<std::size_t>(layout.image_height * layout.image_width * 3);
  if (bytes == 0 || sample.images.size() < bytes) {
    return {};
  }
  return QImage(sample.images.data(), static_cast<int>(layout.image_width),
                static_cast<int>(layout.image_height), layout.image_width * 3,
                QImage::Format_RGB888)
      .convertToFormat(QImage::Format_RGB32);  // a copy: the sample may go
}

PatchCut patchWithNeighbours(const probe::ProbeSet& sample, const probe::Layout& layout,
                             int64_t patch) {
  const QImage whole = imageOf(sample, layout);
  if (whole.isNull()) {
    return {};
  }
  const auto width = static_cast<int>(layout.image_width / layout.patch_columns);
  const auto height = static_cast<int>(layout.image_height / layout.patch_rows);
  const QRect inside(static_cast<int>(patch % layout.patch_columns) * width,
                     static_cast<int>(patch / layout.patch_columns) * height, width, height);
  const QSize size(std::min(whole.width(), 3 * width), std::min(whole.height(), 3 * height));
  const QPoint corner(std::clamp(inside.left() - width, 0, whole.width() - size.width()),
                      std::clamp(inside.top() - height, 0, whole.height() - size.height()));
  return {whole.copy(QRect(corner, size)), inside.translated(-corner)};
}

QString pieceAt(const probe::ProbeSet& sample, int64_t position) {
  const auto at = static_cast<std::size_t>(position);
  QString piece = at < sample.pieces.size() ? QString::fromStdString(sample.pieces[at]) : QString();
  return piece.remove(QChar(0x2581));
}

TokenPicture::TokenPicture(QWidget* parent)
    : TokenPart("tokenPicture", tr("Selected patch or word"), parent) {
  setToolTip(
      tr("Click another patch, or arrows: selects it. Of a word: arrows go along the caption"));
  layOut();
}

void TokenPicture::layOut() {
  setFixedHeight(static_cast<int>(std::lround(kLinesHigh * fontMetrics().height())));
}

void TokenPicture::showNothing() {
  image_ = {};
  patch_ = -1;
  piece_.clear();
  setAccessibleDescription({});
  update();
}

void TokenPicture::showPatch(const QImage& image, int64_t rows, int64_t columns, int64_t patch) {
  image_ = image;
  rows_ = rows;
  columns_ = columns;
  patch_ = patch;
  piece_.clear();
  setAccessibleDescription(
      tr("Patch row %1, column %2 of its image").arg(patch / columns + 1).arg(patch % columns + 1));
  update();
}

void TokenPicture::showPiece(const QImage& image, int64_t rows, int64_t columns,
                             const QString& piece) {
  image_ = image;
  rows_ = rows;
  columns_ = columns;
  patch_ = -1;
  piece_ = piece;
  setAccessibleDescription(tr("Word piece “%1”").arg(piece));
  update();
}

QRectF TokenPicture::tile() const {
  const double side = std::min<double>(height(), kMostOfWidth * width());
  return {0, (height() - side) / 2, side, side};
}

QRectF TokenPicture::enlargedRect() const {
  if (image_.isNull() || patch_ < 0) {
    return {};
  }
  const QRectF room = tile();
  const QSizeF patch(static_cast<double>(image_.width()) / static_cast<double>(columns_),
                     static_cast<double>(image_.height()) / static_cast<double>(rows_));
  const double ratio = devicePixelRatioF();
  double scale = std::min(room.width() / patch.width(), room.height() / patch.height()) * ratio;
  // Whole multiples: every pixel of the image takes as many of the screen as the others.
  scale = (scale >= 1 ? std::floor(scale) : scale) / ratio;
  QRectF rect(QPointF(), patch * scale);
  rect.moveCenter(room.center());
  rect.moveTopLeft(
      {std::round(rect.left() * ratio) / ratio, std::round(rect.top() * ratio) / ratio});
  return rect;
}

QRectF TokenPicture::imageRect() const {
  if (image_.isNull()) {
    return {};
  }
  const double left = tile().right() + kGap;
  QSizeF size = image_.size();
  size.scale(width() - left - 1, height() - 2, Qt::KeepAspectRatio);
  return {QPointF(left, (height() - size.height()) / 2), size};
}

int64_t TokenPicture::patchAt(const QPointF& at) const {
  const QRectF rect = imageRect();
  if (!rect.contains(at)) {
    return -1;
  }
  const auto place = [](double part, int64_t count) {
    return std::clamp<int64_t>(static_cast<int64_t>(part * static_cast<double>(count)), 0,
                               count - 1);
  };
  return place((at.y() - rect.top()) / rect.height(), rows_) * columns_ +
         place((at.x() - rect.left()) / rect.width(), columns_);
}

void TokenPicture::paintPiece(QPainter& painter, const QRectF& rect) const {
  QFont large = font();
  large.setBold(true);
  double pixels = rect.height() / 2;
  large.setPixelSize(static_cast<int>(pixels));
  const double wide = QFontMetricsF(large).horizontalAdvance(piece_);
  pixels = std::clamp(pixels * (rect.width() - 12) / std::max(wide, 1.0), 9.0, pixels);
  large.setPixelSize(static_cast<int>(pixels));
  painter.setFont(large);
  painter.setPen(palette().color(QPalette::Text));
  painter.drawText(rect, Qt::AlignCenter,
                   QFontMetricsF(large).elidedText(piece_, Qt::ElideMiddle, rect.width() - 4));
}

void TokenPicture::paintEvent(QPaintEvent*) {
  const PlotStyle style = screenStyle(*this);
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing, false);
  const QRectF room = tile();
  if (image_.isNull() || patch_ < 0) {
    painter.setPen(style.grid);
    painter.setBrush(style.background);
    painter.drawRect(room.adjusted(0, 0, -1, -1));
    paintPiece(painter, room);
  }
  if (image_.isNull()) {
    return;
  }
  const double wide = static_cast<double>(image_.width()) / static_cast<double>(columns_);
  const double high = static_cast<double>(image_.height()) / static_cast<double>(rows_);
  const QRectF image_rect = imageRect();
  paintPixels(painter, image_rect, image_, image_.rect());
  if (patch_ >= 0) {
    const auto row = static_cast<double>(patch_ / columns_);
    const auto column = static_cast<double>(patch_ % columns_);
    paintPixels(painter, enlargedRect(), image_, {column * wide, row * high, wide, high});
    const QSizeF patch(image_rect.width() / static_cast<double>(columns_),
                       image_rect.height() / static_cast<double>(rows_));
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF mark(image_rect.topLeft() + QPointF(column * patch.width(), row * patch.height()),
                      patch);
    paintMark(painter, mark.adjusted(-1, -1, 1, 1) & image_rect.adjusted(1, 1, -1, -1), 1.5);
  }
  painter.setRenderHint(QPainter::Antialiasing);
  paintFocus(painter, rect());
}

QString TokenPicture::toolTipAt(const QPoint& at) const {
  if (imageRect().contains(at)) {
    const int64_t patch = patchAt(at);
    return tr("Click: select patch row %1, column %2 · arrow keys: its neighbours")
        .arg(patch / columns_ + 1)
        .arg(patch % columns_ + 1);
  }
  if (patch_ >= 0) {
    return tr("The patch as the model saw it, pixel by pixel · arrow keys: its neighbours");
  }
  return piece_.isEmpty() ? QString() : tr("The word piece · ← and →: its neighbours");
}

bool TokenPicture::usesKey(int key, Qt::KeyboardModifiers modifiers) const {
  if (modifiers != Qt::NoModifier || image_.isNull()) {
    return false;
  }
  const bool sideways = key == Qt::Key_Left || key == Qt::Key_Right;
  return sideways || (patch_ >= 0 && (key == Qt::Key_Up || key == Qt::Key_Down));
}

void TokenPicture::pressKey(int key, Qt::KeyboardModifiers) {
  const int by = key == Qt::Key_Left || key == Qt::Key_Up ? -1 : 1;
  if (patch_ < 0) {
    Q_EMIT pieceStepped(by);
    return;
  }
  const bool sideways = key == Qt::Key_Left || key == Qt::Key_Right;
  const int64_t row = patch_ / columns_ + (sideways ? 0 : by);
  const int64_t column = patch_ % columns_ + (sideways ? by : 0);
  if (row >= 0 && row < rows_ && column >= 0 && column < columns_) {
    Q_EMIT patchChosen(row * columns_ + column);
  }
}

void TokenPicture::mousePressEvent(QMouseEvent* event) {
  const int64_t patch = patchAt(event->position());
  if (event->button() == Qt::LeftButton && patch >= 0) {
    Q_EMIT patchChosen(patch);
  }
}

}  // namespace limoe::gui
