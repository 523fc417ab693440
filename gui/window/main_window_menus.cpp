// Menus, tool bar and keys of the window.
#include <QActionGroup>
#include <QDockWidget>
#include <QMenuBar>
#include <QStyle>
#include <QToolBar>
#include <utility>

#include "gui/canvas/canvas_widget.h"
#include "gui/compare/compare_canvas.h"
#include "gui/compare/compare_view.h"
#include "gui/inspect/what_if_source.h"
#include "gui/window/dock_controls.h"
#include "gui/window/filter_bar.h"
#include "gui/window/live_values.h"
#include "gui/window/main_window.h"
#include "gui/window/run_control.h"
#include "gui/window/scaled_style.h"
#include "gui/window/time_bar.h"

namespace limoe::gui {
namespace {

/// A page of images leaves a bit of the one before in view.
constexpr double kPageScreens = 0.9;
constexpr int kDigits = 10;

}  // namespace

QAction* MainWindow::addAction(QMenu* menu, const char* name, const QString& text,
                               const QKeySequence& key, const QString& tip,
                               std::function<void()> does) {
  QAction* action = menu->addAction(text, this, std::move(does));
  action->setObjectName(name);
  action->setShortcut(key);
  action->setToolTip(tip);
  action->setStatusTip(tip);
  return action;
}

void MainWindow::onlyIf(QAction* action, std::function<QString()> why_not) {
  conditions_.push_back({action, action->toolTip(), std::move(why_not)});
}

void MainWindow::refreshActions() {
  for (const Condition& condition : conditions_) {
    const QString why_not = condition.why_not();
    condition.action->setEnabled(why_not.isEmpty());
    condition.action->setToolTip(why_not.isEmpty()
                                     ? condition.tip
                                     : QString("%1 (not now: %2)").arg(condition.tip, why_not));
  }
}

QString MainWindow::whyNoRun() const {
  return shownData() ? QString() : QString("no run is shown");
}

QString MainWindow::whyNoLayers() const {
  const auto run_data = shownData();
  return !run_data                      ? whyNoRun()
         : run_data->layout.layers == 0 ? QString("the model is dense")
                                        : QString();
}

QString MainWindow::whyNoExpert() const {
  const QString no_layers = whyNoLayers();
  return !no_layers.isEmpty()      ? no_layers
         : state_.selectedExpert() ? QString()
                                   : QString("select an expert first, with 0 … 9 or in the panel");
}

void MainWindow::makeMenus() {
  makeFileMenu();
  makeViewMenu();
  makeGoMenu();
  makeExpertsMenu();
  makeRunMenu();
  makeHelpMenu();
  for (QMenu* menu : menuBar()->findChildren<QMenu*>()) {
    menu->setToolTipsVisible(true);
  }
  nameBarControls(*menuBar());
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
  const auto no_run = [this] { return whyNoRun(); };
  onlyIf(addAction(menu, "closeRunAction", "&Close run", Qt::CTRL | Qt::Key_W,
                   "Stop showing this run; its worker, if there is one, trains on",
                   [this] {
                     if (shown_) {
                       closeRun(shown_);
                     }
                   }),
         [this] { return shown_ ? QString() : QString("no run is shown"); });
  addAction(menu, "reloadAction", "Re&load", Qt::Key_F5, "Look at the disk again", [this] {
    catalog_.refresh();
    if (shown_) {
      if (what_if_) {
        what_if_->retry();
      }
      shown_->source->reload();
    }
  });
  menu->addSeparator();
  onlyIf(addAction(menu, "ownProbeAction", "Route &images and captions of your own…",
                   Qt::CTRL | Qt::Key_I,
                   "See where this run's model sends pictures and words that you give it",
                   [this] { askForOwnProbe(); }),
         no_run);
  onlyIf(addAction(menu, "switchOwnAction", "The run's images or &yours",
                   Qt::CTRL | Qt::SHIFT | Qt::Key_I,
                   "From the run's images to those of your own that it routed last, and back",
                   [this] { switchOwn(); }),
         [this] {
           return !shown_                 ? QString("no run is shown")
                  : otherWall().isEmpty() ? QString("this run has routed nothing of yours yet")
                                          : QString();
         });
  menu->addSeparator();
  onlyIf(addAction(menu, "exportAction", "&Export figures…", Qt::CTRL | Qt::Key_E,
                   "Write overlay, modality shares and curves as PDF and PNG",
                   [this] { askForFigures(); }),
         no_run);
  addAction(menu, "screenshotAction", "&Save screenshot…", Qt::CTRL | Qt::SHIFT | Qt::Key_S,
            "Save what the window shows as PNG", [this] { askForScreenshot(); });
  onlyIf(addAction(menu, "copyAction", "Cop&y view", QKeySequence::Copy,
                   "Copy the image wall as a picture", [this] { copyView(); }),
         no_run);
  menu->addSeparator();
  addAction(menu, "quitAction", "&Quit", Qt::CTRL | Qt::Key_Q, "Close the window",
            [this] { close(); });
}

void MainWindow::makeViewMenu() {
  QMenu* menu = menuBar()->addMenu("&View");
  addAction(menu, "fitAction", "&Fit", Qt::Key_F, "Show the whole image wall",
            [this] { isComparing() ? compare_->canvas().fitToWindow() : canvas_->fitToWindow(); });
  addAction(menu, "actualSizeAction", "&Actual size", Qt::CTRL | Qt::Key_0,
            "One image pixel per screen pixel",
            [this] { isComparing() ? compare_->canvas().actualSize() : canvas_->actualSize(); });
  const auto add_scroll = [&](const char* name, const QString& text, const QKeySequence& key,
                              const QString& tip, double screens) {
    addAction(menu, name, text, key, tip, [this, screens] {
      isComparing() ? compare_->canvas().scroll(screens) : canvas_->scroll(screens);
    });
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
  addAction(menu, "filterAction", "Filter and &sort…", Qt::CTRL | Qt::Key_F,
            "Find images by word, label, expert, dropped tokens or gate; order of the wall",
            [this] { filter_bar_->open(); })
      ->setIcon(glyphIcon(Glyph::Find));
  menu->addSeparator();
  addAction(menu, "compareAction", "Co&mpare runs…", Qt::Key_C,
            "Two to six runs side by side, their experts matched; again: back to one",
            [this] { toggleComparison(); });
  menu->addSeparator();
  makePanelsMenu(menu->addMenu("&Panels"));
  makeAppearanceMenus(menu);
}

void MainWindow::makePanelsMenu(QMenu* menu) {
  menu->menuAction()->setToolTip("Which panels there are, and the keyboard's way round them");
  for (QDockWidget* dock : docks()) {
    QAction* toggle = dock->toggleViewAction();
    toggle->setToolTip(QString("Show or hide the panel “%1”").arg(dock->windowTitle()));
    menu->addAction(toggle);
  }
  menu->addSeparator();
  addAction(menu, "panelsAction", "&Hide panels", Qt::CTRL | Qt::Key_B,
            "Only the image wall, or all panels again", [this] { togglePanels(); });
  addAction(menu, "defaultLayoutAction", "&Default layout", {}, "Every panel back in its place",
            [this] { resetLayout(); });
  addAction(menu, "nextPanelAction", "&Next panel", Qt::Key_F6, "The keyboard to the next panel",
            [this] { movePanel(1); });
  addAction(menu, "previousPanelAction", "&Previous panel", Qt::SHIFT | Qt::Key_F6,
            "The keyboard to the panel before", [this] { movePanel(-1); });
}

void MainWindow::makeAppearanceMenus(QMenu* menu) {
  QMenu* looks = menu->addMenu("&Appearance");
  looks->menuAction()->setToolTip("Light or dark");
  auto* schemes = new QActionGroup(this);
  const auto add_choice = [this](QMenu* to, QActionGroup* group, QAction* action, bool chosen) {
    to->addAction(group->addAction(action));
    action->setCheckable(true);
    action->setChecked(chosen);
  };
  for (const auto& [scheme, text, tip] :
       {std::tuple(ColorScheme::System, "&System", "Light or dark as the system"),
        std::tuple(ColorScheme::Light, "&Light", "Dark text on light ground"),
        std::tuple(ColorScheme::Dark, "&Dark", "Light text on dark ground")}) {
    QAction* action = addAction(looks, qPrintable(nameOf(scheme) + "AppearanceAction"), text, {},
                                tip, [this, scheme = scheme] {
                                  setAppearance({scheme, appearance_.percent});
                                });
    add_choice(looks, schemes, action, scheme == appearance_.scheme);
  }
  QMenu* sizes = menu->addMenu("S&cale");
  sizes->menuAction()->setToolTip("Size of text and controls");
  auto* scales = new QActionGroup(this);
  for (const int percent : Appearance::kScales) {
    QAction* action =
        addAction(sizes, qPrintable(QString("scale%1Action").arg(percent)),
                  QString::fromUtf8("%1 %").arg(percent), {},
                  QString::fromUtf8("Text and controls at %1 % of the system's size").arg(percent),
                  [this, percent] {
                    setAppearance({appearance_.scheme, percent});
                  });
    add_choice(sizes, scales, action, percent == appearance_.percent);
  }
  const auto go = [this, scales](int by) {
    setAppearance({appearance_.scheme, nextScale(appearance_.percent, by)});
    for (QAction* action : scales->actions()) {
      action->setChecked(action->objectName() == QString("scale%1Action").arg(appearance_.percent));
    }
  };
  sizes->addSeparator();
  addAction(sizes, "largerAction", "&Larger", Qt::CTRL | Qt::Key_Plus, "Larger text and controls",
            [go] { go(1); })
      ->setShortcuts({Qt::CTRL | Qt::Key_Plus, Qt::CTRL | Qt::Key_Equal});
  addAction(sizes, "smallerAction", "&Smaller", Qt::CTRL | Qt::Key_Minus,
            "Smaller text and controls", [go] { go(-1); });
}

void MainWindow::makeGoMenu() {
  QMenu* menu = menuBar()->addMenu("&Go");
  const auto no_layers = [this] { return whyNoLayers(); };
  const auto no_steps = [this] {
    const auto run_data = shownData();
    return !run_data                          ? whyNoRun()
           : run_data->snapshot_steps.empty() ? QString("no step of the probe is recorded yet")
                                              : QString();
  };
  onlyIf(addAction(menu, "previousLayerAction", "&Previous layer", Qt::Key_BracketLeft,
                   "The MoE layer before", [this] { moveLayer(-1); }),
         no_layers);
  onlyIf(addAction(menu, "nextLayerAction", "&Next layer", Qt::Key_BracketRight,
                   "The MoE layer after", [this] { moveLayer(1); }),
         no_layers);
  menu->addSeparator();
  onlyIf(addAction(menu, "previousStepAction", "Step &back", Qt::Key_Left,
                   "The recorded step before", [this] { time_bar_->stepBy(-1); }),
         no_steps);
  onlyIf(addAction(menu, "nextStepAction", "Step &forward", Qt::Key_Right,
                   "The recorded step after", [this] { time_bar_->stepBy(1); }),
         no_steps);
  onlyIf(addAction(menu, "playAction", "P&lay", Qt::Key_Space, "Play through the recorded steps",
                   [this] { time_bar_->togglePlay(); }),
         no_steps);
  onlyIf(addAction(menu, "newestAction", "Follow ne&west", Qt::Key_End,
                   "Always show the newest step", [this] { time_bar_->followNewest(); }),
         no_steps);
  menu->addSeparator();
  makePanelKeys(menu->addMenu("&Panel"));
}

void MainWindow::makePanelKeys(QMenu* menu) {
  menu->menuAction()->setToolTip("The keyboard to the image wall or to a panel");
  addAction(menu, "wallAction", "Image &wall", Qt::Key_W, "The keyboard to the image wall",
            [this] { showWall(); });
  // As they lie in the default layout: left, right, below.
  int key = Qt::Key_1;
  for (const char* name : {"runsDock", "liveValuesDock", "expertsDock", "tokenDock", "galleryDock",
                           "sharesDock", "layerDock", "whatIfDock", "curvesDock"}) {
    auto* dock = findChild<QDockWidget*>(name);
    const QString title = dock->windowTitle();
    addAction(menu, qPrintable(QString("%1Action").arg(name)), title,
              QKeySequence(Qt::CTRL | static_cast<Qt::Key>(key++)),
              QString("Show the panel “%1”, and the keyboard goes there").arg(title),
              [this, dock] { showPanel(dock); })
        ->setIconText(QString("Panel “%1”").arg(title));  // where the menu is not beside it
  }
}

void MainWindow::makeExpertsMenu() {
  QMenu* menu = menuBar()->addMenu("&Experts");
  QMenu* experts = menu->addMenu("Select &expert");
  experts->menuAction()->setToolTip("Select one of the first ten experts");
  for (int expert = 0; expert < kDigits; ++expert) {
    QAction* action = addAction(experts, qPrintable(QString("expert%1Action").arg(expert)),
                                QString("Expert %1").arg(expert), QKeySequence(Qt::Key_0 + expert),
                                QString("Select expert %1; again: off").arg(expert),
                                [this, expert] { selectExpert(expert); });
    onlyIf(action, [this, expert] {
      const QString no_layers = whyNoLayers();
      return !no_layers.isEmpty() || expert < shownData()->layout.experts
                 ? no_layers
                 : QString("there are %1 experts").arg(shownData()->layout.experts);
    });
  }
  onlyIf(
      addAction(menu, "findWordAction", "&Find by word or label…", Qt::CTRL | Qt::SHIFT | Qt::Key_F,
                "Which expert takes a word, however rare, or patches with a label",
                [this] { findInLayer(); }),
      [this] { return whyNoLayers(); });
  const auto no_expert = [this] { return whyNoExpert(); };
  onlyIf(addAction(menu, "soloAction", "&Solo", Qt::Key_S,
                   "Show the selected expert alone; again: all", [this] { soloSelected(); }),
         no_expert);
  onlyIf(addAction(menu, "hideAction", "&Hide expert", Qt::Key_H,
                   "Hide or show the selected expert", [this] { hideSelected(); }),
         no_expert);
  addAction(menu, "showAllAction", "Show a&ll experts", {}, "No expert hidden, none solo",
            [this] { state_.showAllExperts(); });
  addAction(menu, "clearAction", "&Clear selection", Qt::Key_Escape,
            "No expert and no token selected", [this] {
              if (isComparing() && !state_.selectedExpert() && !state_.selectedToken()) {
                stopComparing();
              }
              state_.clearSelection();
            });
}

void MainWindow::makeRunMenu() {
  QMenu* menu = menuBar()->addMenu("&Run");
  addAction(menu, "demoAction", "Start the &demo run", {},
            "Train a tiny model on drawn scenes, as limoe-scope --demo", [this] { startDemo(); });
  menu->addSeparator();
  for (QAction* action : {control_->trainAction(), control_->stepAction(), control_->stopAction(),
                          control_->checkpointAction()}) {
    menu->addAction(action);
  }
  menu->addSeparator();
  onlyIf(addAction(menu, "forkAction", "&Fork this run…", Qt::CTRL | Qt::SHIFT | Qt::Key_N,
                   "A new run that goes on from a checkpoint of this one, with other settings",
                   [this] { askForFork(shownData()->folder); }),
         [this] { return whyNoRun(); });
  menu->addSeparator();
  menu->addAction(live_values_->undoAction());
  menu->addAction(live_values_->redoAction());
}

void MainWindow::makeHelpMenu() {
  QMenu* menu = menuBar()->addMenu("&Help");
  addAction(menu, "paletteAction", "&Find a command…", Qt::CTRL | Qt::SHIFT | Qt::Key_P,
            "All commands in one list, found by typing", [this] { openPalette(); });
  addAction(menu, "keysAction", "&Keys", Qt::Key_Question, "All keys on one sheet",
            [this] { showKeys(); });
  addAction(menu, "aboutAction", "&About LIMoE Scope", {}, "Version and what it is",
            [this] { showAbout(); });
}

void MainWindow::makeToolBar() {
  QToolBar* bar = addToolBar("Run control");
  bar->setObjectName("runControlBar");
  bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  const int icon = style()->pixelMetric(QStyle::PM_SmallIconSize);
  bar->setIconSize({icon, icon});
  bar->addAction(findChild<QAction*>("newRunAction"));
  bar->addAction(findChild<QAction*>("openAction"));
  bar->addSeparator();
  for (QAction* action : {control_->trainAction(), control_->stepAction(), control_->stopAction(),
                          control_->checkpointAction()}) {
    bar->addAction(action);
  }
  bar->addSeparator();
  bar->addAction(findChild<QAction*>("filterAction"));
  bar->toggleViewAction()->setToolTip("Show or hide the tool bar");
  nameBarControls(*bar);
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

}  // namespace limoe::gui
