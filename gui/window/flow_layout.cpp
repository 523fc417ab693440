#include "gui/window/flow_layout.h"

#include <QWidget>
#include <algorithm>

namespace limoe::gui {

FlowLayout::FlowLayout(QWidget* parent) : QLayout(parent) {}

FlowLayout::~FlowLayout() {
  qDeleteAll(items_);
}

void FlowLayout::addItem(QLayoutItem* item) {
  items_ << item;
}

int FlowLayout::count() const {
  return static_cast<int>(items_.size());
}

QLayoutItem* FlowLayout::itemAt(int index) const {
  return items_.value(index);
}

QLayoutItem* FlowLayout::takeAt(int index) {
  return index >= 0 && index < count() ? items_.takeAt(index) : nullptr;
}

int FlowLayout::heightForWidth(int width) const {
  return arrange(QRect(0, 0, width, 0), false);
}

QSize FlowLayout::sizeHint() const {
  return minimumSize();
}

QSize FlowLayout::minimumSize() const {
  QSize size;
  for (const QLayoutItem* item : items_) {
    size = size.expandedTo(item->minimumSize());
  }
  const QMargins margins = contentsMargins();
  return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom());
}

void FlowLayout::setGeometry(const QRect& rect) {
  QLayout::setGeometry(rect);
  arrange(rect, true);
}

int FlowLayout::arrange(const QRect& rect, bool moves) const {
  const QRect room = rect.marginsRemoved(contentsMargins());
  int x = room.left();
  int y = room.top();
  QList<QLayoutItem*> row;
  int row_height = 0;
  const auto end_row = [&] {
    for (QLayoutItem* item : row) {
      const QRect place = item->geometry();
      if (moves) {  // in the middle of the row's height
        item->setGeometry(place.translated(0, (row_height - place.height()) / 2));
      }
    }
    y += row_height;
    row.clear();
    row_height = 0;
    x = room.left();
  };
  for (QLayoutItem* item : items_) {
    if (item->isEmpty()) {
      continue;  // hidden
    }
    const QSize hint = item->sizeHint().expandedTo(item->minimumSize());
    const QSize size(std::min(hint.width(), std::max(room.width(), item->minimumSize().width())),
                     hint.height());
    if (!row.isEmpty() && x + size.width() > room.right() + 1) {
      end_row();
      y += spacing();
    }
    if (moves) {
      item->setGeometry(QRect({x, y}, size));
    }
    row << item;
    x += size.width() + spacing();
    row_height = std::max(row_height, size.height());
  }
  end_row();
  return y - rect.top() + contentsMargins().bottom();
}

}  // namespace limoe::gui
