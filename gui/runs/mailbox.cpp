#include "gui/runs/mailbox.h"

#include <utility>

namespace limoe::gui {

// Only a sender of signals: without a home thread it may die on whichever thread needs it last.
Mailbox::Mailbox() {
  moveToThread(nullptr);
}

std::shared_ptr<Mailbox> Mailbox::of(QObject* receiver) {
  const std::shared_ptr<Mailbox> mailbox(new Mailbox);
  // The connection ends with the receiver, which Qt guarantees against signals under way.
  connect(
      mailbox.get(), &Mailbox::arrived, receiver,
      [weak = std::weak_ptr(mailbox)] {
        if (const auto self = weak.lock()) {
          self->openAll();
        }
      },
      Qt::QueuedConnection);
  return mailbox;
}

void Mailbox::send(std::function<void()> letter) {
  {
    const std::lock_guard lock(mutex_);
    letters_.push_back(std::move(letter));
  }
  Q_EMIT arrived();
}

void Mailbox::openAll() {
  std::vector<std::function<void()>> letters;
  {
    const std::lock_guard lock(mutex_);
    letters.swap(letters_);
  }
  for (const auto& letter : letters) {
    letter();
  }
}

}  // namespace limoe::gui
