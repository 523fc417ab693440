// The window: image wall in the middle, experts, runs and charts around it, time below.
#pragma once

#include <QMainWindow>
#include <QSettings>
#include <functional>
#include <memory>
#include <optional>

#include "gui/runs/run_catalog.h"
#include "gui/view/view_state.h"
#include "gui/window/open_runs.h"

class QDockWidget;
class QLabel;
class QMenu;
class QStackedWidget;

namespace limoe::gui {

class CanvasWidget;
class CloseQuestion;
class CurvesView;
class ExpertStrip;
class LiveValues;
class MessageBar;
class ModalityChart;
class RunControl;
class RunsPanel;
class StartingPage;
class TimeBar;
class WaitingBar;

struct WindowOptions {
  QString runs_folder;     ///< absolute; need not exist
  QString worker_program;  ///< empty: none was found
  QString settings_file;   ///< layout and recent runs are kept there; empty: nowhere
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
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void makeCentre();
  void makeDocks();
  QDockWidget* makeDock(const char* name, const QString& title, QWidget* content,
                        Qt::DockWidgetArea area);
  void connectRuns();
  void setDefaultLayout();
  void resetLayout();
  void restoreLayout();
  void saveLayout();

  // main_window_menus.cpp
  QAction* addAction(QMenu* menu, const char* name, const QString& text, const QKeySequence& key,
                     const QString& tip, std::function<void()> does);
  void makeMenus();
  void makeFileMenu();
  void makeViewMenu();
  void makeExpertActions(QMenu* menu);
  void makeRunMenu();
  void makeHelpMenu();
  void makeToolBar();
  void fillRecentMenu();
  void askForRecordings();
  void askForFolder();
  void askForNewRun();
  void askForFigures();
  void askForScreenshot();
  void askWhereToStop();
  void exportFigures(const QString& folder);
  void startDemo();
  QStringList takenNames() const;
  void showAbout();

  std::shared_ptr<const RunData> shownData() const;  ///< null: none, or not read yet
  void showRun(OpenRun* run);
  void closeRun(OpenRun* run);
  void refreshRun();  ///< the run on the screen has changed
  void refreshRunsPanel();
  void refreshStatus();
  void refreshHealth();
  void moveLayer(int by);
  void soloSelected();
  void hideSelected();
  void togglePanels();
  void copyView();
  void remember(const QString& path);
  QStringList recentPaths() const;

  WindowOptions options_;
  std::unique_ptr<QSettings> settings_;
  std::shared_ptr<ReaderThread> reader_;
  ViewState state_;
  OpenRuns runs_;
  RunCatalog catalog_;
  OpenRun* shown_ = nullptr;
  OpenRun* show_when_open_ = nullptr;  ///< asked for, not read yet
  bool close_allowed_ = false;
  bool exporting_ = false;
  QByteArray default_layout_;
  QByteArray layout_with_panels_;  ///< Ctrl+B: how the docks were; empty while they show

  RunControl* control_;
  CloseQuestion* close_question_;
  MessageBar* messages_;
  WaitingBar* waiting_bar_;
  QStackedWidget* centre_;
  CanvasWidget* canvas_;
  StartingPage* starting_page_;
  QLabel* health_;
  TimeBar* time_bar_;
  RunsPanel* runs_panel_;
  LiveValues* live_values_;
  ExpertStrip* expert_strip_;
  ModalityChart* modality_chart_;
  CurvesView* curves_;
  QLabel* status_;
  QMenu* recent_menu_ = nullptr;
  QList<QAction*> key_actions_;  ///< in the order of the menus, for the sheet of keys
};

}  // namespace limoe::gui
