#include "gui/window/own_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPushButton>

#include "gui/runs/own_recording.h"
#include "gui/view/elided_label.h"
#include "gui/window/message_bar.h"
#include "gui/window/open_runs.h"

namespace limoe::gui {

OwnBar::OwnBar(QWidget* parent)
    : QFrame(parent), text_(new ElidedLabel(this)), back_(new QPushButton(this)) {
  setObjectName("ownBar");
  setAutoFillBackground(true);
  setPalette(messagePalette(MessageBar::Kind::Information));
  text_->setObjectName("ownText");
  text_->setTextFormat(Qt::PlainText);
  text_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  back_->setObjectName("ownBack");
  back_->setText("Back");
  back_->setToolTip("The images of the run, as you left them (Ctrl+Shift+I)");
  auto* more = new QPushButton("Route more…", this);
  more->setObjectName("ownMore");
  more->setToolTip("More images and captions of your own for this run's model (Ctrl+I)");
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(10, 5, 6, 5);
  layout->addWidget(text_, 1);
  for (QPushButton* button : {more, back_}) {
    button->setFocusPolicy(Qt::TabFocus);
    layout->addWidget(button);
  }
  connect(back_, &QPushButton::clicked, this, &OwnBar::backAsked);
  connect(more, &QPushButton::clicked, this, &OwnBar::moreAsked);
  hide();
}

void OwnBar::setRun(const OpenRun* run) {
  const auto own = run ? ownRecording(run->path) : std::nullopt;
  if (own) {
    const auto run_data = run->source->data();
    const QString count = run_data
                              ? QString("Samples of your own: %1").arg(run_data->layout.samples)
                              : QString("Samples of your own");
    text_->setWholeText(
        QString("%1, routed by run %2 at step %3").arg(count, own->runName()).arg(own->step));
    back_->setText(QString("Back to %1").arg(own->runName()));
  }
  setVisible(own.has_value());
}

void OwnBar::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) {
    setPalette(messagePalette(MessageBar::Kind::Information));
  }
}

}  // namespace limoe::gui
