#include "gui/inspect/layer_view_lines.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "gui/inspect/walk_bar.h"

namespace limoe::gui {
namespace {

constexpr int kLines = 3;  ///< one for the cell and two for its column, or all for the note

}  // namespace

LayerLines::LayerLines(QWidget* parent)
    : QWidget(parent),
      readout_(new ElidedLabel(this)),
      best_(new QLabel(this)),
      note_(new ElidedLabel(this)),
      offer_(new QPushButton(this)),
      bar_(new WalkBar(this, WalkBar::Look::Line)) {
  readout_->setObjectName(QStringLiteral("readout"));
  readout_->setTextInteractionFlags(Qt::NoTextInteraction);
  best_->setObjectName(QStringLiteral("best"));
  best_->setAccessibleName(tr("Who takes most of this column in each layer"));
  best_->setTextFormat(Qt::RichText);
  best_->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
  best_->setWordWrap(true);
  best_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  best_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Ignored);
  note_->setObjectName(QStringLiteral("note"));
  note_->setForegroundRole(QPalette::PlaceholderText);
  note_->setLines(kLines);
  offer_->setObjectName(QStringLiteral("offer"));
  offer_->setAccessibleName(tr("Filter by this column"));
  offer_->setToolTip(offer_->accessibleName());
  offer_->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  auto* lines = new QVBoxLayout;
  lines->setSpacing(0);
  lines->addWidget(readout_);
  lines->addWidget(best_, 1);
  lines->addWidget(note_);
  auto* buttons = new QVBoxLayout;
  buttons->setSpacing(1);
  buttons->addWidget(offer_, 0, Qt::AlignRight);
  buttons->addWidget(bar_);
  buttons->addStretch(1);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSizeConstraint(QLayout::SetNoConstraint);
  row->addLayout(lines, 1);
  row->addLayout(buttons);
  connect(offer_, &QPushButton::clicked, this, &LayerLines::offerTaken);
  connect(best_, &QLabel::linkActivated, this, [this](const QString& link) {
    const QStringList place = link.split(QLatin1Char(' '));
    Q_EMIT expertChosen(place.value(0).toLongLong(), place.value(1).toLongLong());
  });
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

void LayerLines::setNote(const QString& how_counted) {
  note_->setWholeText(how_counted);
  readout_->setToolTip(readout_->text() + QStringLiteral("\n\n") + how_counted);
}

void LayerLines::setReadout(const QString& cell, const std::vector<BestExperts::Part>& best) {
  readout_->setWholeText(cell);
  readout_->setToolTip(cell + QStringLiteral("\n\n") + note_->text());
  const QColor ink = palette().color(QPalette::Link);
  QStringList parts;
  for (const BestExperts::Part& part : best) {
    const QString words = part.words.toHtmlEscaped().replace(QLatin1Char(' '), QChar(0xA0));
    parts << (part.expert < 0 ? words
                              : QStringLiteral("<a style=\"color:%4\" href=\"%1 %2\">%3</a>")
                                    .arg(part.layer)
                                    .arg(part.expert)
                                    .arg(words, ink.name()));
  }
  best_->setText(best.empty() ? QString()
                              : tr("Takes most of it: %1").arg(parts.join(QStringLiteral("; "))));
  QStringList whole;  // of many layers not all have room
  for (const BestExperts::Part& part : best) {
    whole << part.words;
  }
  best_->setToolTip(whole.join(QLatin1Char('\n')) + QStringLiteral("\n\n") + bestDefinition());
  readout_->setVisible(!cell.isEmpty());
  best_->setVisible(!cell.isEmpty());
  note_->setVisible(cell.isEmpty());
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
