#include "gui/window/bar_scroll.h"

#include <QEvent>
#include <QLayout>
#include <QScrollBar>
#include <algorithm>

namespace limoe::gui {

BarScroll::BarScroll(QWidget* parent) : QScrollArea(parent) {
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::NoFocus);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void BarScroll::setBar(QWidget* bar) {
  setWidget(bar);
  bar->setAutoFillBackground(false);
  viewport()->setAutoFillBackground(false);
  bar->installEventFilter(this);
}

void BarScroll::setMostHeight(int height) {
  if (height != most_) {
    most_ = height;
    updateGeometry();
  }
}

int BarScroll::rowHeight() const {
  return widget()->layout()->minimumSize().height();
}

int BarScroll::heightForWidth(int width) const {
  return std::min(widget()->heightForWidth(width), std::max(most_, rowHeight()));
}

QSize BarScroll::sizeHint() const {
  return {widget()->sizeHint().width(), heightForWidth(width())};
}

QSize BarScroll::minimumSizeHint() const {
  return {widget()->minimumSizeHint().width(), rowHeight()};
}

bool BarScroll::eventFilter(QObject* watched, QEvent* event) {
  if (watched == widget() && event->type() == QEvent::LayoutRequest) {
    verticalScrollBar()->setSingleStep(rowHeight());
    updateGeometry();  // another number of rows
  }
  return QScrollArea::eventFilter(watched, event);
}

}  // namespace limoe::gui
