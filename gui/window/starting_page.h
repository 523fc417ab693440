// What stands in the canvas's place while a run's recording does not exist yet.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;

namespace limoe::gui {

class StartingPage : public QWidget {
  Q_OBJECT
 public:
  explicit StartingPage(QWidget* parent = nullptr);
  /// `log`: what the worker has printed so far; the last line is what it does now.
  void describe(const QString& run, const QString& log);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void fitToFont();

  QLabel* title_;
  QProgressBar* busy_;
  QLabel* now_;
};

}  // namespace limoe::gui
