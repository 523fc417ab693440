#include "gui/window/run_control.h"

#include <QApplication>
#include <QPointer>
#include <QStyle>
#include <limits>
#include <utility>

namespace limoe::gui {
namespace {

constexpr int kStatusMs = 700;

double numberOrNan(const nlohmann::json& reply, const char* key) {
  const auto found = reply.find(key);
  return found != reply.end() && found->is_number() ? found->get<double>()
                                                    : std::numeric_limits<double>::quiet_NaN();
}

int64_t integerOr0(const nlohmann::json& reply, const char* key) {
  const auto found = reply.find(key);
  return found != reply.end() && found->is_number() ? found->get<int64_t>() : 0;
}

QString textOf(const nlohmann::json& reply, const char* key, const QString& otherwise) {
  const auto found = reply.find(key);
  return found != reply.end() && found->is_string()
             ? QString::fromStdString(found->get<std::string>())
             : otherwise;
}

}  // namespace

RunControl::RunControl(QObject* parent)
    : QObject(parent),
      train_(makeAction("trainAction", "Pause", Qt::Key_T, "Pause or train on (T)")),
      step_(makeAction("stepAction", "One step", Qt::Key_Period,
                       "Train one step, then pause again (.)")),
      stop_(
          makeAction("stopAction", "Stop", {},
                     "Stop training after this step, with a checkpoint and a complete recording")),
      checkpoint_(makeAction("checkpointAction", "Checkpoint", {},
                             "Save weights and optimiser state now")) {
  const QStyle* style = QApplication::style();
  step_->setIcon(style->standardIcon(QStyle::SP_MediaSkipForward));
  stop_->setIcon(style->standardIcon(QStyle::SP_MediaStop));
  checkpoint_->setIcon(style->standardIcon(QStyle::SP_DialogSaveButton));
  connect(train_, &QAction::triggered, this, [this] {
    const bool paused = status_ && status_->state == "paused";
    command(paused ? "resume" : "pause", paused ? "Training on" : "Pausing after this step");
  });
  connect(step_, &QAction::triggered, this, [this] { command("step", "Training one step"); });
  connect(stop_, &QAction::triggered, this,
          [this] { command("stop", "Stopping: saving a checkpoint…"); });
  connect(checkpoint_, &QAction::triggered, this,
          [this] { command("checkpoint", "Saving a checkpoint"); });
  connect(&poll_timer_, &QTimer::timeout, this, &RunControl::poll);
  poll_timer_.start(kStatusMs);
  refresh();
}

QAction* RunControl::makeAction(const char* name, const QString& text, const QKeySequence& key,
                                const QString& tip) {
  auto* action = new QAction(text, this);
  action->setObjectName(name);
  action->setShortcut(key);
  action->setStatusTip(tip);
  return action;
}

void RunControl::setRun(OpenRun* run) {
  run_ = run;
  status_.reset();
  asking_ = false;
  told_silence_ = false;
  refresh();
  poll();
  Q_EMIT statusChanged();
}

void RunControl::refresh() {
  const bool live = run_ && run_->source->isLive() && run_->control;
  if (!live && status_) {
    status_.reset();
    Q_EMIT statusChanged();
  }
  const bool paused = status_ && status_->state == "paused";
  const bool steerable = live && status_ && (paused || status_->state == "training");
  const QString why_not = steerable ? QString()
                          : !run_   ? QString(" (not now: no run is shown)")
                          : !live   ? QString(" (not now: no worker trains this run)")
                                    : QString(" (not now: the worker is busy)");
  for (QAction* action : {train_, step_, stop_, checkpoint_}) {
    action->setEnabled(steerable);
    action->setToolTip(action->statusTip() + why_not);
  }
  train_->setText(paused ? "Train" : "Pause");
  train_->setIcon(
      QApplication::style()->standardIcon(paused ? QStyle::SP_MediaPlay : QStyle::SP_MediaPause));
}

void RunControl::poll() {
  if (!run_ || !run_->control || !run_->source->isLive() || asking_) {
    return;
  }
  asking_ = true;
  // The client belongs to the run: its answer may come after another run is shown, or never.
  run_->control->send("status", [self = QPointer(this), run = run_](const auto& outcome) {
    if (self && self->run_ == run) {
      self->takeStatus(outcome);
    }
  });
}

void RunControl::takeStatus(const ControlClient::Outcome& outcome) {
  asking_ = false;
  if (!outcome.error.isEmpty()) {
    // A worker that is about to end stops answering before its lock is free: said once, quietly.
    if (!std::exchange(told_silence_, true)) {
      Q_EMIT informed(outcome.error);
    }
    return;
  }
  told_silence_ = false;
  const nlohmann::json& reply = outcome.reply;
  WorkerStatus status;
  status.state = textOf(reply, "state", "training");
  status.message = textOf(reply, "message", {});
  status.step = integerOr0(reply, "step");
  status.steps = integerOr0(reply, "steps");
  status.loss = numberOrNan(reply, "loss");
  status.pairs_per_second = numberOrNan(reply, "pairs_per_second");
  status.seconds_left = numberOrNan(reply, "seconds_left");
  status.live = reply.value("live", nlohmann::json::object());
  run_->last_known_step = status.step;
  status_ = std::move(status);
  refresh();
  Q_EMIT statusChanged();
}

void RunControl::retry() {
  command("retry", "Trying to write again");
}

void RunControl::stopInto(const QString& folder) {
  command({{"command", "stop"}, {"folder", folder.toStdString()}},
          QString("Stopping: saving into %1…").arg(folder));
}

void RunControl::command(const char* name, const QString& done) {
  command(nlohmann::json{{"command", name}}, done);
}

void RunControl::command(const nlohmann::json& request, const QString& done) {
  if (!run_ || !run_->control) {
    return;
  }
  run_->control->send(request, [self = QPointer(this), run = run_, done](const auto& outcome) {
    if (!self || self->run_ != run) {
      return;
    }
    if (!outcome.error.isEmpty()) {
      Q_EMIT self->failed(QString("Run %1: %2.").arg(run->name, outcome.error));
      return;
    }
    Q_EMIT self->informed(done);
    // The answer tells the state before the command; what came of it is asked for at once.
    self->poll();
  });
}

void RunControl::setValues(const nlohmann::json& values) {
  if (!run_ || !run_->control) {
    return;
  }
  run_->control->send(nlohmann::json{{"command", "set"}, {"values", values}},
                      [self = QPointer(this), run = run_, values](const auto& outcome) {
                        if (!self || self->run_ != run) {
                          return;
                        }
                        if (!outcome.error.isEmpty()) {
                          Q_EMIT self->failed(QString("The worker of run %1 did not take the "
                                                      "new values: %2.")
                                                  .arg(run->name, outcome.error));
                          return;
                        }
                        Q_EMIT self->valuesAccepted(values);
                        Q_EMIT self->informed("New values take effect with the next step");
                        self->poll();
                      });
}

}  // namespace limoe::gui
