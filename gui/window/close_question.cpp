#include "gui/window/close_question.h"

#include <QMessageBox>
#include <QPointer>
#include <QProgressDialog>
#include <QPushButton>

namespace limoe::gui {
namespace {

constexpr int kCheckMs = 100;

QString workersOf(const QStringList& names) {
  return names.size() == 1
             ? QString("The worker of run %1 is training.").arg(names.first())
             : QString("%1 workers are training: %2.").arg(names.size()).arg(names.join(", "));
}

}  // namespace

CloseQuestion::CloseQuestion(OpenRuns& runs, RunQueue& queue, QWidget* window)
    : QObject(window), runs_(runs), queue_(queue), window_(window) {
  check_timer_.setInterval(kCheckMs);
  connect(&check_timer_, &QTimer::timeout, this, &CloseQuestion::checkStopped);
}

QStringList CloseQuestion::names() const {
  QStringList names = queue_.names(QueueState::Training);
  for (const OpenRun* run : runs_.live()) {
    if (!queue_.folders(QueueState::Training).contains(run->path)) {
      names << run->name;
    }
  }
  return names;
}

void CloseQuestion::ask() {
  if (question_ || waiting_) {
    return;
  }
  question_ = new QMessageBox(QMessageBox::Question, "Close LIMoE Scope", workersOf(names()),
                              QMessageBox::NoButton, window_);
  question_->setObjectName("closeQuestion");
  question_->setAttribute(Qt::WA_DeleteOnClose);
  const int queued = queue_.isStarted() ? queue_.count(QueueState::Waiting) : 0;
  question_->setInformativeText(
      QString("It can train on without the window; opening the run again shows it.") +
      (queued > 0 ? QString(" The queue starts none of its %1 other runs meanwhile; they are kept.")
                        .arg(queued)
                  : QString()));
  QPushButton* stop = question_->addButton("Stop the worker", QMessageBox::DestructiveRole);
  QPushButton* leave = question_->addButton("Let it train on", QMessageBox::AcceptRole);
  QPushButton* cancel = question_->addButton(QMessageBox::Cancel);
  stop->setObjectName("stopWorker");
  leave->setObjectName("letItTrain");
  cancel->setObjectName("cancelClose");
  stop->setToolTip("After its step, with a checkpoint and a complete recording");
  leave->setToolTip("The window closes, the worker goes on");
  cancel->setToolTip("The window stays");
  question_->setDefaultButton(leave);
  question_->setEscapeButton(cancel);
  connect(question_, &QMessageBox::buttonClicked, this, [this, stop, leave](const auto* button) {
    question_ = nullptr;
    if (button == stop) {
      stopWorkers();
    } else if (button == leave) {
      Q_EMIT mayClose();
    }
  });
  connect(question_, &QObject::destroyed, this, [this] { question_ = nullptr; });
  question_->open();
}

void CloseQuestion::stopWorkers() {
  waiting_ = new QProgressDialog("Stopping the worker, saving a checkpoint…",
                                 "Close without waiting", 0, 0, window_);
  waiting_->setObjectName("stoppingDialog");
  waiting_->setWindowModality(Qt::WindowModal);
  waiting_->setMinimumDuration(0);
  waiting_->setAutoClose(false);
  waiting_->setAutoReset(false);
  connect(waiting_, &QProgressDialog::canceled, this, [this] {
    endWaiting();
    Q_EMIT mayClose();
  });
  waiting_->show();
  queue_.stopAll();
  for (OpenRun* run : runs_.live()) {
    if (queue_.folders(QueueState::Training).contains(run->path)) {
      continue;
    }
    if (!run->control) {
      run->worker->interrupt();  // it has no socket before its recording
      continue;
    }
    run->control->send("stop", [self = QPointer(this), run](const auto& outcome) {
      // A worker that has just ended by itself does not answer either.
      if (self && self->waiting_ && !outcome.error.isEmpty() && run->isLive()) {
        self->endWaiting();
        Q_EMIT self->failed(QString("Run %1 could not be stopped: %2. The window stays open.")
                                .arg(run->name, outcome.error));
      }
    });
  }
  check_timer_.start();
}

void CloseQuestion::checkStopped() {
  if (!isWorkerAlive()) {
    endWaiting();
    Q_EMIT mayClose();
  }
}

void CloseQuestion::endWaiting() {
  check_timer_.stop();
  if (waiting_) {
    waiting_->disconnect(this);
    waiting_->hide();
    waiting_->deleteLater();
    waiting_ = nullptr;
  }
}

}  // namespace limoe::gui
