// Menus, tool bar and keys of the window, and the dialogs behind them.
#include <QDateTime>
#include <QDir>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>
#include <QStatusBar>
#include <QStyle>
#include <QToolBar>
#include <utility>

#include "gui/canvas/canvas_widget.h"
#include "gui/figures/run_figures.h"
#include "gui/runs/worker_process.h"
#include "gui/window/demo.h"
#include "gui/window/key_sheet.h"
#include "gui/window/main_window.h"
#include "gui/window/message_bar.h"
#include "gui/window/new_run_dialog.h"
#include "gui/window/run_control.h"
#include "gui/window/time_bar.h"

namespace limoe::gui {
namespace {

/// A page of images leaves a bit of the one before in view.
constexpr double kPageScreens = 0.9;

}  // namespace

QAction* MainWindow::addAction(QMenu* menu, const char* name, const QString& text,
                               const QKeySequence& key, const QString& tip,
                               std::function<void()> does) {
  QAction* action = menu->addAction(text, this, std::move(does));
  action->setObjectName(name);
  action->setShortcut(key);
  action->setToolTip(tip);
  action->setStatusTip(tip);
  key_actions_ << action;
  return action;
}

void MainWindow::makeMenus() {
  makeFileMenu();
  makeViewMenu();
  makeRunMenu();
  makeHelpMenu();
  for (QMenu* menu : menuBar()->findChildren<QMenu*>()) {
    menu->setToolTipsVisible(true);
  }
}

void MainWindow::makeFileMenu() {
  QMenu* menu = menuBar()->addMenu("&File");
  addAction(menu, "newRunAction", "&New run…", Qt::CTRL | Qt::Key_N, "Start training a model",
            [this] { askForNewRun(); })
      ->setIcon(style()->standardIcon(QStyle::SP_FileIcon));
  addAction(menu, "openAction", "&Open…", Qt::CTRL | Qt::Key_O, "Open recordings", [this] {
    askForRecordings();
  })->setIcon(style()->standardIcon(QStyle::SP_DialogOpenButton));
  addAction(menu, "openFolderAction", "Open run &folder…", Qt::CTRL | Qt::SHIFT | Qt::Key_O,
            "Open the folder of a run", [this] { askForFolder(); });
  recent_menu_ = menu->addMenu("Open &recent");
  recent_menu_->menuAction()->setToolTip("Runs opened before");
  connect(recent_menu_, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);
  addAction(menu, "closeRunAction", "&Close run", Qt::CTRL | Qt::Key_W,
            "Stop showing this run; its worker, if there is one, trains on", [this] {
              if (shown_) {
                closeRun(shown_);
              }
            });
  addAction(menu, "reloadAction", "Re&load", Qt::Key_F5, "Look at the disk again", [this] {
    catalog_.refresh();
    if (shown_) {
      shown_->source->reload();
    }
  });
  menu->addSeparator();
  addAction(menu, "exportAction", "&Export figures…", Qt::CTRL | Qt::Key_E,
            "Write overlay, modality shares and curves as PDF and PNG",
            [this] { askForFigures(); });
  addAction(menu, "screenshotAction", "&Save screenshot…", Qt::CTRL | Qt::SHIFT | Qt::Key_S,
            "Save what the window shows as PNG", [this] { askForScreenshot(); });
  addAction(menu, "copyAction", "Cop&y view", QKeySequence::Copy,
            "Copy the image wall as a picture", [this] { copyView(); });
  menu->addSeparator();
  addAction(menu, "quitAction", "&Quit", Qt::CTRL | Qt::Key_Q, "Close the window",
            [this] { close(); });
}

void MainWindow::makeViewMenu() {
  QMenu* menu = menuBar()->addMenu("&View");
  addAction(menu, "fitAction", "&Fit", Qt::Key_F, "Show the whole image wall",
            [this] { canvas_->fitToWindow(); });
  addAction(menu, "actualSizeAction", "&Actual size", Qt::CTRL | Qt::Key_0,
            "One image pixel per screen pixel", [this] { canvas_->actualSize(); });
  const auto add_scroll = [&](const char* name, const QString& text, const QKeySequence& key,
                              const QString& tip, double screens) {
    addAction(menu, name, text, key, tip, [this, screens] { canvas_->scroll(screens); });
  };
  constexpr double kAll = 1e9;
  add_scroll("pageUpAction", "Page &up", Qt::Key_PageUp, "The images above", -kPageScreens);
  add_scroll("pageDownAction", "Page &down", Qt::Key_PageDown, "The images below", kPageScreens);
  add_scroll("firstImagesAction", "F&irst images", Qt::CTRL | Qt::Key_Home,
             "Where the image wall begins", -kAll);
  add_scroll("lastImagesAction", "Las&t images", Qt::CTRL | Qt::Key_End,
             "Where the image wall ends", kAll);
  addAction(menu, "overlayAction", "&Overlay", Qt::Key_O, "Show or hide the experts' colours",
            [this] { state_.setOverlayVisible(!state_.overlayVisible()); });
  menu->addSeparator();
  addAction(menu, "previousLayerAction", "&Previous layer", Qt::Key_BracketLeft,
            "The MoE layer before", [this] { moveLayer(-1); });
  addAction(menu, "nextLayerAction", "&Next layer", Qt::Key_BracketRight, "The MoE layer after",
            [this] { moveLayer(1); });
  addAction(menu, "previousStepAction", "Step &back", Qt::Key_Left, "The recorded step before",
            [this] { time_bar_->stepBy(-1); });
  addAction(menu, "nextStepAction", "Step &forward", Qt::Key_Right, "The recorded step after",
            [this] { time_bar_->stepBy(1); });
  addAction(menu, "playAction", "P&lay", Qt::Key_Space, "Play through the recorded steps",
            [this] { time_bar_->togglePlay(); });
  addAction(menu, "newestAction", "Follow ne&west", Qt::Key_End, "Always show the newest step",
            [this] { time_bar_->followNewest(); });
  menu->addSeparator();
  makeExpertActions(menu);
  menu->addSeparator();
  for (QDockWidget* dock : findChildren<QDockWidget*>()) {
    QAction* toggle = dock->toggleViewAction();
    toggle->setToolTip(QString("Show or hide the panel “%1”").arg(dock->windowTitle()));
    menu->addAction(toggle);
  }
  addAction(menu, "panelsAction", "&Hide panels", Qt::CTRL | Qt::Key_B,
            "Only the image wall, or all panels again", [this] { togglePanels(); });
  addAction(menu, "defaultLayoutAction", "&Default layout", {}, "Every panel back in its place",
            [this] { resetLayout(); });
}

void MainWindow::makeExpertActions(QMenu* menu) {
  QMenu* experts = menu->addMenu("Select &expert");
  for (int expert = 0; expert <= 9; ++expert) {
    auto* action = new QAction(QString("Expert %1").arg(expert), this);
    action->setObjectName(QString("expert%1Action").arg(expert));
    action->setShortcut(QKeySequence(Qt::Key_0 + expert));
    action->setToolTip(QString("Select expert %1; again: off").arg(expert));
    connect(action, &QAction::triggered, this, [this, expert] {
      const auto run_data = shownData();
      if (run_data && expert < run_data->layout.experts) {
        state_.toggleSelectedExpert(expert);
      }
    });
    experts->addAction(action);
    key_actions_ << action;
  }
  addAction(menu, "soloAction", "&Solo", Qt::Key_S, "Show the selected expert alone; again: all",
            [this] { soloSelected(); });
  addAction(menu, "hideAction", "&Hide expert", Qt::Key_H, "Hide or show the selected expert",
            [this] { hideSelected(); });
  addAction(menu, "showAllAction", "Show a&ll experts", {}, "No expert hidden, none solo",
            [this] { state_.showAllExperts(); });
  addAction(menu, "clearAction", "&Clear selection", Qt::Key_Escape,
            "No expert and no token selected", [this] { state_.clearSelection(); });
}

void MainWindow::makeRunMenu() {
  QMenu* menu = menuBar()->addMenu("&Run");
  addAction(menu, "demoAction", "Start the &demo run", {},
            "Train a tiny model on drawn scenes, as limoe-scope --demo", [this] { startDemo(); });
  menu->addSeparator();
  for (QAction* action : {control_->trainAction(), control_->stepAction(), control_->stopAction(),
                          control_->checkpointAction()}) {
    action->setStatusTip(action->toolTip());
    menu->addAction(action);
    key_actions_ << action;
  }
}

void MainWindow::makeHelpMenu() {
  QMenu* menu = menuBar()->addMenu("&Help");
  addAction(menu, "keysAction", "&Keys", Qt::Key_Question, "All keys on one sheet", [this] {
    auto* sheet = new KeySheet(key_actions_, this);
    sheet->show();
  });
  addAction(menu, "aboutAction", "&About LIMoE Scope", {}, "Version and what it is",
            [this] { showAbout(); });
}

void MainWindow::makeToolBar() {
  QToolBar* bar = addToolBar("Run control");
  bar->setObjectName("runControlBar");
  bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  bar->setIconSize({16, 16});
  bar->addAction(findChild<QAction*>("newRunAction"));
  bar->addAction(findChild<QAction*>("openAction"));
  bar->addSeparator();
  for (QAction* action : {control_->trainAction(), control_->stepAction(), control_->stopAction(),
                          control_->checkpointAction()}) {
    bar->addAction(action);
  }
  bar->toggleViewAction()->setToolTip("Show or hide the tool bar");
}

void MainWindow::fillRecentMenu() {
  recent_menu_->clear();
  for (const QString& path : recentPaths()) {
    QAction* action = recent_menu_->addAction(path, this, [this, path] { openPaths({path}); });
    action->setToolTip(path);
  }
  if (recent_menu_->isEmpty()) {
    recent_menu_->addAction("None yet")->setEnabled(false);
  }
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
                    QString("Wrote %1 figures into %2.").arg(files.size()).arg(folder));
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
