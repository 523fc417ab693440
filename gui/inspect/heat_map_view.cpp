#include "gui/inspect/heat_map_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <utility>

#include "gui/view/wrapped_tips.h"

namespace limoe::gui {
namespace {

constexpr double kStale = 0.4;
constexpr int kTipAbove = 36;  ///< Qt puts it below what is given by the pointer's height

bool isOwnKey(int key) {
  switch (key) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_Home:
    case Qt::Key_End:
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return true;
    default:
      return false;
  }
}

}  // namespace

HeatMapView::HeatMapView(QWidget* parent) : QAbstractScrollArea(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setFrameShape(QFrame::NoFrame);
  answerToolTips(*viewport());
  viewport()->setMouseTracking(true);
  viewport()->setAutoFillBackground(false);
  setAccessibleName(tr("Heat map"));
  setToolTip(tr("Click a cell, or arrows and Enter: selects its expert"));
  style_ = screenStyle(*this);
}

void HeatMapView::setMap(HeatMap map) {
  if (cursor_) {
    const QString title =
        *cursor_->column < map_.columns.size() ? map_.columns[*cursor_->column].title : QString();
    const auto found = std::ranges::find(map.columns, title, &HeatLine::title);
    if (found == map.columns.end() || *cursor_->row >= map.rows.size()) {
      cursor_.reset();
    } else {
      cursor_->column = static_cast<std::size_t>(found - map.columns.begin());
    }
  }
  map_ = std::move(map);
  layBars();
  viewport()->update();
  Q_EMIT cursorMoved();
}

void HeatMapView::setRows(std::vector<HeatLine> rows) {
  map_.rows = std::move(rows);
  layBars();
  viewport()->update();
  Q_EMIT cursorMoved();  // titles are part of what is said about the cell
}

void HeatMapView::setMessage(const QString& message) {
  message_ = message;
  setMap({});
}

void HeatMapView::setStale(bool stale) {
  if (std::exchange(stale_, stale) != stale) {
    viewport()->update();
  }
}

QPointF HeatMapView::scroll() const {
  return {static_cast<double>(horizontalScrollBar()->value()),
          static_cast<double>(verticalScrollBar()->value())};
}

HeatLayout HeatMapView::mapLayout() const {
  return {map_, style_, QSizeF(viewport()->size())};
}

QRectF HeatMapView::cellRect(std::size_t row, std::size_t column) const {
  return mapLayout().cellRect(row, column, scroll());
}

void HeatMapView::layBars() {
  const HeatLayout lay = mapLayout();
  const QSizeF over = lay.wholeSize() - lay.cells().size();
  const auto set = [](QScrollBar* bar, double beyond, double page, double step) {
    bar->setRange(0, std::max(0, static_cast<int>(std::ceil(beyond))));
    bar->setPageStep(std::max(1, static_cast<int>(page)));
    bar->setSingleStep(std::max(1, static_cast<int>(step)));
  };
  set(horizontalScrollBar(), over.width(), lay.cells().width(), lay.cellSize().width());
  set(verticalScrollBar(), over.height(), lay.cells().height(), lay.cellSize().height());
}

void HeatMapView::paintEvent(QPaintEvent*) {
  QPainter painter(viewport());
  painter.fillRect(viewport()->rect(), style_.background);
  if (map_.isEmpty()) {
    painter.setPen(style_.muted);
    painter.drawText(viewport()->rect().adjusted(8, 4, -8, -4), Qt::AlignCenter | Qt::TextWordWrap,
                     message_);
    return;
  }
  painter.setOpacity(stale_ ? kStale : 1);
  mapLayout().paint(painter, scroll(), cursor_);
  if (hasFocus()) {
    painter.setOpacity(1);
    painter.setPen(palette().color(QPalette::Highlight));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(viewport()->rect().adjusted(0, 0, -1, -1));
  }
}

void HeatMapView::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  layBars();
}

void HeatMapView::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    style_ = screenStyle(*this);
    layBars();
    viewport()->update();
  }
}

QString HeatMapView::description(const HeatPlace& place) const {
  if (place.row && place.column) {
    return map_.describe ? map_.describe(map_, *place.row, *place.column) : QString();
  }
  return place.row ? map_.rows[*place.row].title : map_.columns[*place.column].title;
}

void HeatMapView::setCursorPlace(const HeatPlace& place) {
  cursor_ = place;
  const HeatLayout lay = mapLayout();
  // Into sight: the cell's edges, from where all cells begin.
  const QRectF cell =
      lay.cellRect(*place.row, *place.column, {}).translated(-lay.cells().topLeft());
  const auto show = [](QScrollBar* bar, double from, double to, double room) {
    if (from < bar->value()) {
      bar->setValue(static_cast<int>(std::floor(from)));
    } else if (to > bar->value() + room) {
      bar->setValue(static_cast<int>(std::ceil(to - room)));
    }
  };
  show(horizontalScrollBar(), cell.left(), cell.right(), lay.cells().width());
  show(verticalScrollBar(), cell.top(), cell.bottom(), lay.cells().height());
  viewport()->update();
  setAccessibleDescription(description(place));
  Q_EMIT cursorMoved();
}

void HeatMapView::moveCursor(int rows, int columns) {
  if (!cursor_) {
    setCursorPlace({0, 0});
    return;
  }
  const auto moved = [](std::size_t at, int by, std::size_t count) {
    return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(
        static_cast<std::ptrdiff_t>(at) + by, 0, static_cast<std::ptrdiff_t>(count) - 1));
  };
  setCursorPlace({moved(*cursor_->row, rows, map_.rows.size()),
                  moved(*cursor_->column, columns, map_.columns.size())});
}

bool HeatMapView::event(QEvent* event) {
  // These keys are the map's while it has the focus, also where the window has shortcuts on them.
  if (event->type() == QEvent::ShortcutOverride) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->modifiers() == Qt::NoModifier && isOwnKey(key->key()) && !map_.isEmpty()) {
      event->accept();
      return true;
    }
  }
  return QAbstractScrollArea::event(event);
}

void HeatMapView::keyPressEvent(QKeyEvent* event) {
  if (map_.isEmpty() || event->modifiers() & ~Qt::KeypadModifier || !isOwnKey(event->key())) {
    QAbstractScrollArea::keyPressEvent(event);
    return;
  }
  const auto all = static_cast<int>(map_.columns.size());
  switch (event->key()) {
    case Qt::Key_Left:
      return moveCursor(0, -1);
    case Qt::Key_Right:
      return moveCursor(0, 1);
    case Qt::Key_Up:
      return moveCursor(-1, 0);
    case Qt::Key_Down:
      return moveCursor(1, 0);
    case Qt::Key_Home:
      return moveCursor(0, -all);
    case Qt::Key_End:
      return moveCursor(0, all);
    default:
      if (cursor_) {
        Q_EMIT chosen(*cursor_, true);
      } else {
        moveCursor(0, 0);
      }
  }
}

void HeatMapView::mousePressEvent(QMouseEvent* event) {
  const auto place = mapLayout().placeAt(event->position(), scroll());
  if (event->button() != Qt::LeftButton || !place) {
    QAbstractScrollArea::mousePressEvent(event);
    return;
  }
  if (!place->row) {  // the title of a column: only looked at
    setCursorPlace({cursor_ ? cursor_->row : 0, place->column});
    return;
  }
  const bool again = cursor_ == place || !place->column;
  if (place->column) {
    setCursorPlace(*place);
  }
  Q_EMIT chosen(*place, again);
}

void HeatMapView::mouseMoveEvent(QMouseEvent* event) {
  const auto place = mapLayout().placeAt(event->position(), scroll());
  const QString text = place ? description(*place) : QString();
  // Above the pointer: below the map is what tells of the chosen cell, and a button.
  const QFontMetrics metrics(QToolTip::font());
  const int height = metrics.boundingRect(QRect(0, 0, 4096, 4096), 0, text).height();
  QToolTip::showText(event->globalPosition().toPoint() - QPoint(0, height + kTipAbove), text,
                     viewport());
  viewport()->setCursor(place && place->row ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void HeatMapView::focusInEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusInEvent(event);
  viewport()->update();
}

void HeatMapView::focusOutEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusOutEvent(event);
  viewport()->update();
}

bool HeatMapView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    return true;  // shown while the pointer moves
  }
  return QAbstractScrollArea::viewportEvent(event);
}

}  // namespace limoe::gui
