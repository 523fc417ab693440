// Tells when Shift alone is held and when no longer, wherever in the window the keyboard is.
#pragma once

#include <QObject>

class QWidget;

namespace limoe::gui {

class ShiftWatch : public QObject {
  Q_OBJECT
 public:
  /// Of the window that `widget` is in.
  explicit ShiftWatch(QWidget* widget);

 Q_SIGNALS:
  /// True only while that window is in front and nothing is typed (Shift makes capitals there).
  void held(bool held);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* widget_;
  bool held_ = false;
};

}  // namespace limoe::gui
