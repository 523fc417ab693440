// Pause, step, stop, checkpoint and live values of the run that is shown, through its worker.
#pragma once

#include <QAction>
#include <QObject>
#include <QTimer>
#include <nlohmann/json.hpp>
#include <optional>

#include "gui/window/open_runs.h"

namespace limoe::gui {

/// What a worker last told about itself.
struct WorkerStatus {
  QString state;    ///< training, paused, waiting, stopping or finished
  QString message;  ///< why it waits; empty where it does not
  int64_t step = 0;
  int64_t steps = 0;
  double loss = 0;              ///< NaN where it told none
  double pairs_per_second = 0;  ///< likewise
  double seconds_left = 0;      ///< likewise
  nlohmann::json live;          ///< current live values by dotted key
};

class RunControl : public QObject {
  Q_OBJECT
 public:
  explicit RunControl(QObject* parent = nullptr);

  void setRun(OpenRun* run);  ///< nullptr: none
  void refresh();             ///< the run's state may have changed

  /// Empty where no worker lives or none has answered yet.
  const std::optional<WorkerStatus>& status() const { return status_; }
  /// Sends new live values, {"aux.weight": 0.1, …}.
  void setValues(const nlohmann::json& values);
  /// To a worker that waits for room: try again now, or stop with a checkpoint and what is not
  /// recorded yet saved in another folder.
  void retry();
  void stopInto(const QString& folder);

  QAction* trainAction() const { return train_; }
  QAction* stepAction() const { return step_; }
  QAction* stopAction() const { return stop_; }
  QAction* checkpointAction() const { return checkpoint_; }

 Q_SIGNALS:
  void statusChanged();
  void valuesAccepted(nlohmann::json values);
  void informed(QString message);  ///< passing: for the status bar
  void failed(QString message);

 private:
  void poll();
  void takeStatus(const ControlClient::Outcome& outcome);
  void command(const char* name, const QString& done);
  void command(const nlohmann::json& request, const QString& done);
  QAction* makeAction(const char* name, const QString& text, const QKeySequence& key,
                      const QString& tip);

  OpenRun* run_ = nullptr;
  std::optional<WorkerStatus> status_;
  bool asking_ = false;
  bool told_silence_ = false;
  QTimer poll_timer_;
  QAction* train_;
  QAction* step_;
  QAction* stop_;
  QAction* checkpoint_;
};

}  // namespace limoe::gui
