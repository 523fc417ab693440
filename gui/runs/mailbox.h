// Carries results from the reader thread to an object of the GUI thread that may be gone by then.
#pragma once

#include <QObject>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace limoe::gui {

/// Held by the receiver and by every job that will answer it. What arrives after the receiver's
/// death is dropped, so a letter may use the receiver freely – but must not delete it.
class Mailbox : public QObject {
  Q_OBJECT
 public:
  /// A mailbox whose letters are run, in order, on `receiver`'s thread while it lives.
  static std::shared_ptr<Mailbox> of(QObject* receiver);

  /// From any thread.
  void send(std::function<void()> letter);

 Q_SIGNALS:
  void arrived();

 private:
  Mailbox();
  void openAll();

  std::mutex mutex_;
  std::vector<std::function<void()>> letters_;
};

}  // namespace limoe::gui
