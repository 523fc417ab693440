// Runs side by side in the middle of the window.
#include <QDockWidget>
#include <QStackedWidget>
#include <QStatusBar>
#include <algorithm>
#include <utility>

#include "gui/canvas/canvas_widget.h"
#include "gui/compare/compare_canvas.h"
#include "gui/compare/compare_dialog.h"
#include "gui/compare/compare_view.h"
#include "gui/compare/other_run_peek.h"
#include "gui/runs/own_recording.h"
#include "gui/window/main_window.h"
#include "gui/window/message_bar.h"
#include "gui/window/runs_panel.h"
#include "gui/window/starting_page.h"

namespace limoe::gui {
namespace {

constexpr int kPassingMessageMs = 6000;

}  // namespace

void MainWindow::comparePaths(const QStringList& paths) {
  std::vector<OpenRun*> runs;
  for (const QString& path : paths) {
    OpenRun* run = runs_.open(path);
    if (std::find(runs.begin(), runs.end(), run) == runs.end()) {
      runs.push_back(run);
    }
  }
  if (runs.size() < 2 || runs.size() > CompareRuns::kMost) {
    messages_->post(MessageBar::Kind::Warning,
                    QString("A comparison is of two to %1 different runs; these are %2.")
                        .arg(CompareRuns::kMost)
                        .arg(runs.size()));
    openPaths(paths);
    return;
  }
  compare(runs);
}

void MainWindow::compare(const std::vector<OpenRun*>& runs) {
  makeCompareView();
  compared_.clear();  // what is shown changes once, not twice
  showRun(runs.front());
  compared_ = runs;
  giveToComparison();
  // The columns need the room, and the panels are of one run.
  if (layout_with_panels_.isEmpty()) {
    togglePanels();
    hid_panels_ = true;
    statusBar()->showMessage("The panels are hidden while runs are compared; Ctrl+B shows them",
                             kPassingMessageMs);
  }
  refreshRun();
  refreshRunsPanel();
  showWall();
}

void MainWindow::makeCompareView() {
  if (compare_ != nullptr) {
    return;
  }
  compare_ = new CompareView(state_, centre_);
  centre_->addWidget(compare_);
  connect(compare_, &CompareView::closeAsked, this, &MainWindow::stopComparing);
  connect(compare_, &CompareView::runsAsked, this, &MainWindow::askWhatToCompare);
  connect(compare_, &CompareView::informed, this,
          [this](const QString& message) { statusBar()->showMessage(message, kPassingMessageMs); });
}

void MainWindow::giveToComparison() {
  std::vector<RunSource*> sources;
  for (const auto& connection : std::exchange(compared_connections_, {})) {
    disconnect(connection);
  }
  for (OpenRun* run : compared_) {
    sources.push_back(run->source.get());
    if (run != shown_) {  // of that one the window hears itself
      compared_connections_.push_back(
          connect(run->source.get(), &RecordingSource::replaced, compare_,
                  [this] { compare(std::vector<OpenRun*>(compared_)); }));
    }
  }
  compare_->setSources(sources);
}

void MainWindow::endComparison() {
  compared_.clear();
  giveToComparison();
  if (std::exchange(hid_panels_, false) && !layout_with_panels_.isEmpty()) {
    togglePanels();
  }
}

void MainWindow::stopComparing() {
  if (isComparing()) {
    endComparison();
    refreshRun();
    showWall();
  }
}

void MainWindow::toggleComparison() {
  if (isComparing()) {
    stopComparing();
  } else {
    askWhatToCompare();
  }
}

void MainWindow::askWhatToCompare() {
  std::vector<ComparableRun> runs;
  for (const RunEntry& entry : entries_) {
    ComparableRun run{entry.path, entry.name, stateWord(entry), entry.setting,
                      entry.step, 0,          entry.fault};
    if (!entry.run.isEmpty()) {
      continue;  // images of the user's own are no run
    }
    const auto place = std::find_if(compared_.begin(), compared_.end(),
                                    [&](const OpenRun* open) { return open->path == entry.path; });
    if (place != compared_.end()) {
      run.chosen = static_cast<int>(place - compared_.begin()) + 1;
    } else if (!isComparing() && shown_ && shown_->path == entry.path) {
      run.chosen = 1;
    }
    runs.push_back(run);
  }
  auto* dialog = new CompareDialog(std::move(runs), this);
  connect(dialog, &CompareDialog::chosen, this, &MainWindow::comparePaths);
  dialog->open();
}

void MainWindow::followInComparison(OpenRun* shown) {
  if (!isComparing()) {
    return;
  }
  const auto place = std::find(compared_.begin(), compared_.end(), shown);
  if (place == compared_.end()) {
    endComparison();
    return;
  }
  // A run of the comparison becomes its reference.
  std::vector<OpenRun*> runs = compared_;
  std::rotate(runs.begin(), runs.begin() + (place - compared_.begin()),
              runs.begin() + (place - compared_.begin()) + 1);
  compared_ = runs;
  giveToComparison();
}

void MainWindow::leaveOutOfComparison(OpenRun* closing) {
  const auto place = std::find(compared_.begin(), compared_.end(), closing);
  if (place == compared_.end()) {
    return;
  }
  std::vector<OpenRun*> rest = compared_;
  rest.erase(rest.begin() + (place - compared_.begin()));
  if (rest.size() < 2) {
    stopComparing();
  } else {
    compare(rest);
  }
}

void MainWindow::offerOtherRun() {
  OpenRun* other = before_ != shown_ ? before_ : nullptr;
  for (const auto& run : runs_.all()) {
    if (!other && run.get() != shown_ && run->is_open && !ownRecording(run->path)) {
      other = run.get();
    }
  }
  peek_->setRuns(shownSource(), other ? other->source.get() : nullptr);
}

void MainWindow::peekAtOtherRun(bool peek) {
  if (peek && !isComparing()) {
    offerOtherRun();
    peek_->begin();
  } else if (!peek) {
    peek_->end();
  }
}

QWidget* MainWindow::centreWidget() const {
  if (isComparing()) {
    return compare_;
  }
  const bool starting = shown_ && shown_->worker && !shownData();
  return starting ? static_cast<QWidget*>(starting_page_) : canvas_;
}

}  // namespace limoe::gui
