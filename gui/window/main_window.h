// The window: image wall in the middle, experts, runs and charts around it, time below.
#pragma once

#include <QMainWindow>
#include <QSettings>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/digests.h"
#include "gui/inspect/expert_flow.h"
#include "gui/inspect/layer_view_find.h"
#include "gui/runs/run_catalog.h"
#include "gui/steer/run_queue.h"
#include "gui/view/view_state.h"
#include "gui/window/appearance.h"
#include "gui/window/open_runs.h"
#include "gui/window/session_keeper.h"

class QDockWidget;
class QLabel;
class QMimeData;
class QMenu;
class QStackedWidget;

namespace limoe::gui {

class CanvasWidget;
class CloseQuestion;
class CommandPalette;
class CompareView;
class CurvesView;
class ExpertGallery;
class ExpertStrip;
class FilterBar;
class LayerView;
class LiveValues;
class MessageBar;
class NewRunDialog;
class ModalityChart;
class OtherRunPeek;
class OwnBar;
class OwnProbeDialog;
class RunControl;
class RunsPanel;
class StartingPage;
class TimeBar;
class TokenInspector;
class WaitingBar;
class WhatIfPanel;
class WhatIfSource;
struct ForkPoint;
struct ForkPoints;
struct NewRunPlace;
struct PaletteCommand;

struct WindowOptions {
  QString runs_folder;     ///< absolute; need not exist
  QString worker_program;  ///< empty: none was found
  QString settings_file;   ///< layout, looks and recent runs are kept there; empty: nowhere
  std::optional<Appearance> appearance;  ///< for this window, not kept; empty: as in the settings
  bool sessions = true;                  ///< give back and keep what the user made of each run
};

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(const WindowOptions& options);
  ~MainWindow() override;

  /// Opens recordings and run folders and shows the first of them.
  void openPaths(const QStringList& paths);
  /// Starts a worker and shows its run.
  void startRun(const NewRun& run);

  ViewState& viewState() { return state_; }
  /// The run on the screen; nullptr: none.
  RecordingSource* shownSource() const { return shown_ ? shown_->source.get() : nullptr; }
  CanvasWidget* canvas() const { return canvas_; }
  /// Opens the runs and shows them side by side; the first is the reference. Two to six.
  void comparePaths(const QStringList& paths);
  /// nullptr until runs have been compared once.
  CompareView* compareView() const { return compare_; }
  bool isComparing() const { return !compared_.empty(); }
  /// Of the run on the screen, for every view of this window.
  Digests& digests() { return digests_; }
  /// Whether the session has been given back, and every change of it is on the disk.
  bool isSessionIdle() const { return sessions_.isIdle(); }

  /// Whether everything that was asked for has come and is drawn with the next frame.
  bool isSettled() const;
  void redraw();
  /// Shows the recorded step nearest to `step` and the MoE layer `layer`, counted from 1. Returns
  /// what is wrong with them, empty where nothing is.
  QString showStepAndLayer(std::optional<int64_t> step, std::optional<int64_t> layer);

 Q_SIGNALS:
  void openFailed(QString message);

 protected:
  bool event(QEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void makeCentre();
  void connectRuns();
  void connectWorker();
  void connectSession();

  // main_window_layout.cpp
  void makeDocks();
  /// `tab_with`: name of a dock whose place it shares, behind it; nullptr: none.
  QDockWidget* makeDock(const char* name, const QString& title, QWidget* content,
                        Qt::DockWidgetArea area, const char* tab_with = nullptr);
  QList<QDockWidget*> docks() const;
  QSize firstSize() const;  ///< of a window that has never been sized by hand
  void setApart(QDockWidget* dock, const QPoint& from);
  void setDefaultSizes();
  void resetLayout();
  void restoreLayout();
  void saveLayout();
  void restoreSessionLayout(const QByteArray& layout);
  SessionKeeper::Layout sessionLayout() const;
  void togglePanels();
  void showPanel(QDockWidget* dock);
  std::vector<QWidget*> panels() const;
  void showWall();         ///< the keyboard goes there
  void movePanel(int by);  ///< the keyboard goes to the next panel, or back
  void readAppearance();
  void setAppearance(const Appearance& appearance);
  void fitCentre();
  void fitToScale(double growth);
  void fitDock(QDockWidget& dock, double growth);

  // main_window_views.cpp
  void makeInspectDocks();
  void followFilter();  ///< counts of the charts are of what matches
  std::shared_ptr<const WordTable> topWords(int64_t snapshot, int64_t layer);
  void showSource(RecordingSource* source);  ///< in all views; nullptr: in none
  void giveToViews(RunSource* source);
  /// What was selected where nothing was comes to the front; from then on it is the user who
  /// chooses what is there.
  void showSelection();
  void raiseDetails(const char* dock);
  void findInLayer();  ///< in the heat map, where one types
  /// The heat map with these columns; with `name` that one, and its best expert selected.
  void showColumns(MapKind kind, const QString& name = {});

  // main_window_runs.cpp
  void showRun(OpenRun* run);
  void showReplaced();  ///< another recording is where that of the shown run was
  void closeRun(OpenRun* run);
  void refreshRun();  ///< the run on the screen has changed
  void refreshRunsPanel();
  void askForOwnProbe(const QMimeData* dropped = nullptr);
  /// From the run's images to those of the user's own that it routed last, and back.
  void switchOwn();
  QString otherWall() const;  ///< path of what switchOwn() shows; empty: there is nothing

  // main_window_compare.cpp
  void compare(const std::vector<OpenRun*>& runs);
  void makeCompareView();
  void giveToComparison();  ///< compared_
  void endComparison();     ///< what is shown instead is set by the caller
  void stopComparing();
  void askWhatToCompare();
  void toggleComparison();  ///< C
  /// Another run is shown than that of the window so far, or a compared one goes.
  void followInComparison(OpenRun* shown);
  void leaveOutOfComparison(OpenRun* closing);
  void offerOtherRun();  ///< to whom holds Shift on the single wall
  /// Shift was pressed or released, or the window is no longer in front.
  void peekAtOtherRun(bool peek);
  QWidget* centreWidget() const;  ///< what belongs in the middle now

  // main_window_menus.cpp
  QAction* addAction(QMenu* menu, const char* name, const QString& text, const QKeySequence& key,
                     const QString& tip, std::function<void()> does);
  /// `why_not` gives the reason why the action cannot do anything now; empty: it can.
  void onlyIf(QAction* action, std::function<QString()> why_not);
  void makeMenus();
  void makeFileMenu();
  void makeViewMenu();
  void makePanelsMenu(QMenu* menu);
  void makeAppearanceMenus(QMenu* menu);
  void makeGoMenu();
  void makePanelKeys(QMenu* menu);
  void makeExpertsMenu();
  void makeRunMenu();
  void makeHelpMenu();
  void makeToolBar();
  void fillRecentMenu();
  void refreshActions();
  QString whyNoRun() const;
  QString whyNoLayers() const;
  QString whyNoExpert() const;

  // main_window_commands.cpp
  void openPalette();
  std::vector<PaletteCommand> placeCommands();
  std::vector<PaletteCommand> columnCommands();
  std::vector<PaletteCommand> typedCommands(const QString& typed);
  std::vector<PaletteCommand> questionCommands(const QString& typed);

  // main_window_dialogs.cpp
  void showKeys();
  void askForRecordings();
  void askForFolder();
  void askForNewRun();
  void askForFork(const QString& run_path);
  void askForFigures();
  void askForScreenshot();
  void askWhereToStop();
  void exportFigures(const QString& folder);
  void startDemo();
  void showForkDialog(const QString& folder, const ForkPoints& found);
  /// Starts or queues what the dialog asked for.
  void takeNewRun(const NewRunDialog& dialog);
  void startForkFromNow(const QString& folder, const NewRun& fork);
  std::optional<ForkPoint> forkPointNow(const QString& folder) const;
  QStringList takenNames() const;
  NewRunPlace newRunPlace(const QString& name) const;  ///< with a name like that
  void showAbout();

  std::shared_ptr<const RunData> shownData() const;  ///< null: none, or not read yet
  void refreshStatus();
  void refreshHealth();
  void moveLayer(int by);
  void soloSelected();
  void hideSelected();
  void selectExpert(int64_t expert);
  void showStep(int64_t step);  ///< the nearest that is recorded
  void copyView();
  void remember(const QString& path);
  QStringList recentPaths() const;

  WindowOptions options_;
  std::unique_ptr<QSettings> settings_;
  std::shared_ptr<ReaderThread> reader_;
  ViewState state_;
  Digests digests_;
  std::shared_ptr<const LayerDigest> words_of_;  ///< that words_ come from
  std::shared_ptr<const WordTable> words_;
  Flows flows_;
  SessionKeeper sessions_;
  OpenRuns runs_;
  RunCatalog catalog_;
  RunQueue queue_;
  std::vector<RunEntry> entries_;  ///< lines of the list of runs
  OpenRun* shown_ = nullptr;
  /// Between the run on the screen and the views of routing; passes everything through until the
  /// user asks what would be if.
  std::unique_ptr<WhatIfSource> what_if_;
  std::vector<OpenRun*> compared_;  ///< side by side, the shown one first; empty: a single wall
  std::vector<QMetaObject::Connection> compared_connections_;
  bool hid_panels_ = false;            ///< the comparison did, for its columns
  OpenRun* show_when_open_ = nullptr;  ///< asked for, not read yet
  bool close_allowed_ = false;
  bool exporting_ = false;
  QByteArray default_layout_;
  bool default_sizes_ = true;      ///< the panels get theirs when the window is first seen
  QByteArray layout_with_panels_;  ///< Ctrl+B: how the docks were; empty while they show
  Appearance appearance_;
  bool had_token_ = false;  ///< was selected when it was last looked
  bool had_expert_ = false;
  bool layout_given_back_ = false;  ///< by the session of the first run that was shown

  RunControl* control_;
  CloseQuestion* close_question_;
  MessageBar* messages_;
  WaitingBar* waiting_bar_;
  OwnBar* own_bar_;
  FilterBar* filter_bar_;
  CommandPalette* palette_;
  QStackedWidget* centre_;
  CanvasWidget* canvas_;
  StartingPage* starting_page_;
  CompareView* compare_ = nullptr;
  std::shared_ptr<Mailbox> letters_;  ///< what the reader thread has to tell the dialogs
  OtherRunPeek* peek_;
  OpenRun* before_ = nullptr;  ///< was shown before the one that is
  QLabel* health_ = nullptr;
  TimeBar* time_bar_;
  RunsPanel* runs_panel_;
  LiveValues* live_values_;
  ExpertStrip* expert_strip_;
  ModalityChart* modality_chart_;
  CurvesView* curves_;
  TokenInspector* token_inspector_;
  ExpertGallery* gallery_;
  LayerView* layer_view_;
  WhatIfPanel* what_if_panel_;
  OwnProbeDialog* own_probe_ = nullptr;
  QLabel* status_;
  QMenu* recent_menu_ = nullptr;
  struct Condition {
    QAction* action;
    QString tip;
    std::function<QString()> why_not;
  };
  std::vector<Condition> conditions_;
};

}  // namespace limoe::gui
