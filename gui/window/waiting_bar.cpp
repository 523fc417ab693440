#include "gui/window/waiting_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "gui/window/message_bar.h"
#include "gui/window/run_control.h"

namespace limoe::gui {

WaitingBar::WaitingBar(QWidget* parent) : QFrame(parent), text_(new QLabel(this)) {
  setObjectName("waitingBar");
  setAutoFillBackground(true);
  setPalette(messagePalette(MessageBar::Kind::Warning));
  text_->setObjectName("waitingText");
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::PlainText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(10, 5, 6, 5);
  layout->addWidget(new MessageSign(MessageBar::Kind::Warning, this));
  layout->addWidget(text_, 1);
  const auto addButton = [&](const char* name, const QString& text, const QString& tip) {
    auto* button = new QPushButton(text, this);
    button->setObjectName(name);
    button->setToolTip(tip);
    button->setFocusPolicy(Qt::TabFocus);
    layout->addWidget(button);
    return button;
  };
  connect(addButton("waitingRetry", "Retry", "Try to write now"), &QPushButton::clicked, this,
          &WaitingBar::retryAsked);
  connect(addButton("waitingStop", "Save elsewhere and stop…",
                    "Stop with a checkpoint, and what is not recorded yet, in another folder"),
          &QPushButton::clicked, this, &WaitingBar::stopAsked);
  hide();
}

void WaitingBar::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) {
    setPalette(messagePalette(MessageBar::Kind::Warning));
  }
}

void WaitingBar::setStatus(const std::optional<WorkerStatus>& status) {
  const bool waiting = status && status->state == "waiting";
  if (waiting) {
    text_->setText(status->message.isEmpty()
                       ? QString("The worker waits: something cannot be written.")
                       : status->message);
  }
  setVisible(waiting);
}

}  // namespace limoe::gui
