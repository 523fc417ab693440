// The dialogs behind the window's actions.
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>
#include <QStatusBar>

#include "gui/figures/run_figures.h"
#include "gui/inspect/what_if_panel.h"
#include "gui/runs/worker_process.h"
#include "gui/window/demo.h"
#include "gui/window/key_sheet.h"
#include "gui/window/main_window.h"
#include "gui/window/message_bar.h"
#include "gui/window/new_run_dialog.h"
#include "gui/window/run_control.h"

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
  return taken;
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
  auto* dialog = new NewRunDialog(options_.runs_folder,
                                  QFileInfo(freeRunFolder(options_.runs_folder, "run")).fileName(),
                                  takenNames(), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] { startRun(dialog->newRun()); });
  dialog->open();
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
