// Asks what to train.
#pragma once

#include <QDialog>

#include "gui/runs/worker_process.h"

class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace limoe::gui {

class NewRunDialog : public QDialog {
  Q_OBJECT
 public:
  /// `suggested_name` does not exist in `runs_folder` yet; nor does anything in `taken`.
  NewRunDialog(const QString& runs_folder, const QString& suggested_name, const QStringList& taken,
               QWidget* parent);

  NewRun newRun() const;

 private:
  void check();

  QString runs_folder_;
  QStringList taken_;
  QComboBox* preset_;
  QComboBox* setting_;
  QSpinBox* steps_;
  QSpinBox* seed_;
  QLineEdit* name_;
  QLabel* fault_;
  QDialogButtonBox* buttons_;
};

}  // namespace limoe::gui
