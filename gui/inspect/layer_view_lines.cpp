#include "gui/inspect/layer_view_lines.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "gui/inspect/walk_bar.h"

namespace limoe::gui {
namespace {

constexpr int kLines = 3;
constexpr int kReadoutLines = 2;

}  // namespace

LayerLines::LayerLines(QWidget* parent)
    : QWidget(parent),
      readout_(new ElidedLabel(this)),
      note_(new ElidedLabel(this)),
      offer_(new QPushButton(this)),
      bar_(new WalkBar(this, WalkBar::Look::Line)) {
  readout_->setObjectName(QStringLiteral("readout"));
  readout_->setLines(kReadoutLines);
  readout_->setTextInteractionFlags(Qt::NoTextInteraction);
  note_->setObjectName(QStringLiteral("note"));
  note_->setForegroundRole(QPalette::PlaceholderText);
  offer_->setObjectName(QStringLiteral("offer"));
  offer_->setAccessibleName(tr("Filter by this column"));
  offer_->setToolTip(offer_->accessibleName());
  offer_->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  auto* lines = new QVBoxLayout;
  lines->setSpacing(0);
  lines->addWidget(readout_);
  lines->addWidget(note_);
  auto* buttons = new QVBoxLayout;
  buttons->setSpacing(1);
  buttons->addWidget(offer_, 0, Qt::AlignRight);
  buttons->addWidget(bar_);
  buttons->addStretch(1);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSizeConstraint(QLayout::SetNoConstraint);
  lines->addStretch(1);
  row->addLayout(lines, 1);
  row->addLayout(buttons);
  connect(offer_, &QPushButton::clicked, this, &LayerLines::offerTaken);
  fitToFont();
  setReadout({}, {});
  offer_->hide();
}

void LayerLines::fitToFont() {
  const int line = fontMetrics().height();
  offer_->setMaximumHeight(line + 4);
  bar_->setMaximumHeight(line + 4);
  setMinimumHeight(line + 2);  // in a very low panel the last ones go
  setMaximumHeight(kLines * line + 2);
}

void LayerLines::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
    fitToFont();
  }
}

void LayerLines::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fitNote();
}

/// Where there is no room for all lines the note gives way to what is said of the cell.
void LayerLines::fitNote() {
  note_->setVisible(readout_->isHidden() || height() >= kLines * fontMetrics().height());
}

void LayerLines::setNote(const QString& how_counted) {
  note_->setWholeText(how_counted);
}

void LayerLines::setReadout(const QString& cell, const QString& best) {
  readout_->setWholeText(best.isEmpty() ? cell : cell + QLatin1Char('\n') + best);
  readout_->setVisible(!cell.isEmpty());
  note_->setLines(cell.isEmpty() ? kLines : kLines - kReadoutLines);
  fitNote();
}

void LayerLines::setOffer(const QString& text, const QString& tip) {
  offer_->setVisible(!text.isEmpty());
  if (!text.isEmpty()) {
    offer_->setText(text);
    offer_->setToolTip(tip);
    offer_->setAccessibleName(tip);
  }
}

}  // namespace limoe::gui
