// Says why the worker of the shown run waits, and offers what can be done about it.
#pragma once

#include <QFrame>
#include <QString>
#include <optional>

class QLabel;

namespace limoe::gui {

struct WorkerStatus;

/// Visible while the worker waits for room on its disk; goes by itself when it trains on.
class WaitingBar : public QFrame {
  Q_OBJECT
 public:
  explicit WaitingBar(QWidget* parent = nullptr);

  void setStatus(const std::optional<WorkerStatus>& status);

 Q_SIGNALS:
  void retryAsked();
  void stopAsked();  ///< with everything saved in a folder that the user has yet to choose

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QLabel* text_;
};

}  // namespace limoe::gui
