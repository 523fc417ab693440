// Asks what to train: a new run from preset and setting, or a fork of another run. Every value can
// be changed, and the command line that does the same is shown.
#pragma once

#include <QDialog>
#include <QStringList>
#include <optional>
#include <vector>

#include "gui/runs/worker_process.h"
#include "gui/steer/run_draft.h"

class QBoxLayout;
class QCheckBox;
class QComboBox;
class QLabel;
class QLayout;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace limoe::gui {

class ConfigForm;

/// Where a new run goes.
struct NewRunPlace {
  QString runs_folder;
  QString suggested_name;  ///< does not exist in runs_folder yet
  QStringList taken;       ///< nor do these
};

/// What a fork can begin with.
struct ForkChoice {
  QString folder;                 ///< absolute path of the parent
  std::vector<ForkPoint> points;  ///< its checkpoints, the newest first
  std::optional<ForkPoint> now;   ///< while it trains: a checkpoint that is still to be made
};

class NewRunDialog : public QDialog {
  Q_OBJECT
 public:
  NewRunDialog(const NewRunPlace& place, QWidget* parent);
  /// `choice` has a checkpoint, or can make one.
  NewRunDialog(const NewRunPlace& place, const ForkChoice& choice, QWidget* parent);

  NewRun newRun() const;
  /// Whether it is to be queued instead of started.
  bool isForQueue() const { return for_queue_; }
  /// Whether a checkpoint of the parent has to be made first; newRun() then forks its newest.
  bool wantsCheckpoint() const;

 protected:
  void changeEvent(QEvent* event) override;

 private:
  NewRunDialog(const NewRunPlace& place, std::optional<ForkChoice> choice, QWidget* parent);
  QLayout* makeHeader();
  QLayout* makeSearch();
  QLayout* makeCommand();
  QLayout* makeButtons();
  void fillPoints();
  void choosePoint();
  void refresh();
  void showFaults(const DraftCheck& check);
  QString nameFault() const;
  void fitToFont();
  void finish(bool for_queue);

  NewRunPlace place_;
  std::optional<ForkChoice> choice_;
  RunDraft draft_;
  bool for_queue_ = false;
  QLineEdit* name_;
  QComboBox* preset_;
  QComboBox* setting_;
  QComboBox* data_;
  QComboBox* from_;
  QLabel* meaning_;
  QLineEdit* search_;
  QCheckBox* only_changed_;
  QPushButton* reset_all_;
  ConfigForm* form_;
  QLabel* faults_;
  QLabel* sizes_;
  QPlainTextEdit* command_;
  QPushButton* copy_;
  QPushButton* start_;
  QPushButton* queue_;
};

}  // namespace limoe::gui
