// `--screenshot`: waits until the window shows everything asked for, saves it and ends the program.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include "gui/window/command_line.h"

namespace limoe::gui {

class MainWindow;

class Screenshot : public QObject {
  Q_OBJECT
 public:
  /// `window` has been told to open the recordings. Ends the event loop with the exit status.
  Screenshot(MainWindow& window, const CommandLine& line);

 private:
  void look();
  void fail(const QString& message);
  bool applyView();
  void save();

  MainWindow& window_;
  CommandLine line_;
  QTimer timer_;
  QElapsedTimer waited_;
  bool view_applied_ = false;
  int quiet_looks_ = 0;
};

}  // namespace limoe::gui
