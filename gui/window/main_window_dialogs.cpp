// The dialogs behind the window's actions.
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>
#include <QStatusBar>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "gui/figures/run_figures.h"
#include "gui/inspect/what_if_panel.h"
#include "gui/runs/worker_process.h"
#include "gui/steer/fork_points.h"
#include "gui/window/demo.h"
#include "gui/window/key_sheet.h"
#include "gui/window/main_window.h"
#include "gui/window/message_bar.h"
#include "gui/window/new_run_dialog.h"
#include "gui/window/run_control.h"
#include "model/config_json.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {

void MainWindow::showKeys() {
  auto* sheet = new KeySheet(keyGroups(*menuBar()), this);
  sheet->show();
}

void MainWindow::askForRecordings() {
  openPaths(QFileDialog::getOpenFileNames(this, "Open recordings", options_.runs_folder,
                                          "Recordings (*.h5 *.hdf5);;All files (*)"));
}

void MainWindow::askForFolder() {
  const QString folder =
      QFileDialog::getExistingDirectory(this, "Open the folder of a run", options_.runs_folder);
  if (!folder.isEmpty()) {
    openPaths({folder});
  }
}

QStringList MainWindow::takenNames() const {
  QStringList taken;
  for (const RunEntry& run : catalog_.runs()) {
    taken << run.name;
  }
  for (const auto& run : runs_.all()) {
    taken << run->name;
  }
  for (const QueueEntry& entry : queue_.entries()) {
    taken << entry.run.name();
  }
  return taken;
}

NewRunPlace MainWindow::newRunPlace(const QString& name) const {
  const QStringList taken = takenNames();
  QString free = QFileInfo(freeRunFolder(options_.runs_folder, name)).fileName();
  for (int i = 2; taken.contains(free); ++i) {
    free = QString("%1-%2").arg(name).arg(i);
  }
  return {options_.runs_folder, free, taken};
}

void MainWindow::startDemo() {
  const DemoFolder demo = chooseDemoFolder(options_.runs_folder);
  if (demo.is_training) {
    openPaths({demo.path});
  } else {
    startRun(demoRun(demo.path));
  }
}

void MainWindow::askForNewRun() {
  auto* dialog = new NewRunDialog(newRunPlace("run"), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] { takeNewRun(*dialog); });
  dialog->open();
}

void MainWindow::takeNewRun(const NewRunDialog& dialog) {
  if (dialog.isForQueue()) {
    queue_.add(dialog.newRun());
  } else {
    startRun(dialog.newRun());
  }
}

void MainWindow::askForFork(const QString& run_path) {
  // The list of checkpoints and their configurations lie on the disk.
  reader_->post(ReaderThread::Urgency::Now, [this, letters = letters_, run_path] {
    const QString folder =
        QString::fromStdString(probe::runFolderOf(run_path.toStdString()).path.string());
    letters->send(
        [this, folder, found = readForkPoints(folder)] { showForkDialog(folder, found); });
  });
}

std::optional<ForkPoint> MainWindow::forkPointNow(const QString& folder) const {
  const auto run_data = shownData();
  const auto& status = control_->status();
  if (!run_data || run_data->folder != folder || !status || status->live.empty()) {
    return std::nullopt;
  }
  try {
    return ForkPoint{status->step, model::withLiveChanges(run_data->config, status->live)};
  } catch (const model::ConfigError&) {
    return std::nullopt;
  }
}

void MainWindow::showForkDialog(const QString& folder, const ForkPoints& found) {
  for (const QString& fault : found.faults) {
    messages_->post(MessageBar::Kind::Warning, fault);
  }
  const ForkChoice choice{folder, found.points, forkPointNow(folder)};
  const QString name = QFileInfo(folder).fileName();
  if (choice.points.empty() && !choice.now) {
    messages_->post(MessageBar::Kind::Warning,
                    QString("Run %1 has no checkpoint that a fork could begin with. While it "
                            "trains, Run → Checkpoint makes one.")
                        .arg(name));
    return;
  }
  auto* dialog = new NewRunDialog(newRunPlace(name + "-fork"), choice, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog, folder] {
    if (dialog->wantsCheckpoint()) {
      startForkFromNow(folder, dialog->newRun());
    } else {
      takeNewRun(*dialog);
    }
  });
  dialog->open();
}

void MainWindow::startForkFromNow(const QString& folder, const NewRun& fork) {
  const auto& all = runs_.all();
  const auto parent = std::find_if(
      all.begin(), all.end(), [&](const auto& run) { return run->path == folder && run->control; });
  const QString name = QFileInfo(folder).fileName();
  if (parent == all.end()) {
    messages_->post(MessageBar::Kind::Error,
                    QString("Run %1 is not open any more; fork it from a checkpoint.").arg(name));
    return;
  }
  statusBar()->showMessage(QString("Saving a checkpoint of %1 for the fork…").arg(name));
  auto* maker = new CheckpointMaker(reader_, *(*parent)->control, folder, this);
  connect(maker, &CheckpointMaker::made, this, [this, maker, folder, fork](int64_t step) {
    maker->deleteLater();
    statusBar()->clearMessage();
    NewRun exact = fork;
    exact.options[exact.options.indexOf("--fork") + 1] = QString("%1@%2").arg(folder).arg(step);
    startRun(exact);
  });
  connect(maker, &CheckpointMaker::failed, this, [this, maker, name](const QString& why) {
    maker->deleteLater();
    messages_->post(
        MessageBar::Kind::Error,
        QString("The fork was not started: run %1 has saved no checkpoint: %2.").arg(name, why));
  });
}

void MainWindow::askForFigures() {
  const auto run_data = shownData();
  if (!run_data || exporting_) {
    return;
  }
  const QString folder =
      QFileDialog::getExistingDirectory(this, "Folder for the figures", run_data->folder);
  if (!folder.isEmpty()) {
    exportFigures(folder);
  }
}

void MainWindow::exportFigures(const QString& folder) {
  // The figures wait for the reader in an event loop of their own: meanwhile the run must stay.
  exporting_ = true;
  menuBar()->setEnabled(false);
  try {
    const QStringList files = writeRunFigures(*shown_->source, state_, folder);
    messages_->post(MessageBar::Kind::Information,
                    QString("Wrote %1 figures into %2.%3")
                        .arg(files.size())
                        .arg(folder, what_if_panel_->isApplied()
                                         ? QString(" They show the recording, not the what-if.")
                                         : QString()));
  } catch (const std::exception& failure) {
    messages_->post(MessageBar::Kind::Error,
                    QString("The figures could not be written: %1").arg(failure.what()));
  }
  menuBar()->setEnabled(true);
  exporting_ = false;
}

void MainWindow::askForScreenshot() {
  const QString file = QFileDialog::getSaveFileName(
      this, "Save screenshot", QDir::home().absoluteFilePath("limoe-scope.png"), "PNG (*.png)");
  if (file.isEmpty()) {
    return;
  }
  if (grab().save(file, "PNG")) {
    statusBar()->showMessage(QString("Saved %1").arg(file));
  } else {
    messages_->post(
        MessageBar::Kind::Error,
        QString("Cannot write %1: is the folder there, and may you write to it?").arg(file));
  }
}

void MainWindow::askWhereToStop() {
  auto* dialog = new QFileDialog(this, "Folder for the checkpoint and what is not recorded yet",
                                 QDir::homePath());
  dialog->setObjectName("stopFolderDialog");
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  dialog->setLabelText(QFileDialog::Accept, "Save here and stop");
  // Another run may be shown by then, or its worker may have gone on.
  connect(dialog, &QFileDialog::fileSelected, this, [this, run = shown_](const QString& folder) {
    if (run == shown_ && control_->status() && control_->status()->state == "waiting") {
      control_->stopInto(folder);
    }
  });
  dialog->open();
}

void MainWindow::showAbout() {
  QMessageBox::about(
      this, "LIMoE Scope",
      QString("<h3>LIMoE Scope %1</h3><p>Shows what the experts of a LIMoE model – one sparse "
              "transformer for image patches and words – have specialised in.</p><p>Mustafa et "
              "al. 2022, <i>Multimodal Contrastive Learning with LIMoE</i>, arXiv:2206.02770</p>")
          .arg(LIMOE_SCOPE_VERSION));
}

}  // namespace limoe::gui
