// Which runs are open, which one is shown, and the way to the user's own images and back.
#include <QFileInfo>
#include <QMimeData>
#include <QStackedWidget>
#include <algorithm>
#include <utility>

#include "gui/canvas/canvas_widget.h"
#include "gui/compare/other_run_peek.h"
#include "gui/inspect/own_probe_dialog.h"
#include "gui/inspect/what_if_source.h"
#include "gui/runs/own_recording.h"
#include "gui/window/live_values.h"
#include "gui/window/main_window.h"
#include "gui/window/message_bar.h"
#include "gui/window/own_bar.h"
#include "gui/window/run_control.h"
#include "gui/window/runs_panel.h"
#include "gui/window/starting_page.h"

namespace limoe::gui {
namespace {

/// Of the run whose model routed what is recorded.
QString modelPath(const OpenRun& run) {
  const auto own = ownRecording(run.path);
  return own ? own->run : run.path;
}

}  // namespace

void MainWindow::openPaths(const QStringList& paths) {
  OpenRun* first = nullptr;
  for (const QString& path : paths) {
    OpenRun* run = runs_.open(path);
    first = first ? first : run;
  }
  // What is shown stays until the new run has been read: it may be no recording at all.
  if (first && shown_ && !first->source->data()) {
    show_when_open_ = first;
  } else if (first) {
    showRun(first);
  }
}

void MainWindow::startRun(const NewRun& run) {
  showRun(runs_.start(run, options_.worker_program));
}

void MainWindow::showRun(OpenRun* run) {
  if (run == shown_ && run) {
    return;
  }
  std::optional<Session> look;
  if (shown_) {
    shown_->source->disconnect(this);
    if (run && shownData() && modelPath(*run) == modelPath(*shown_)) {
      look = sessionOf(state_, *shownData());
    }
  }
  peek_->setRuns(nullptr, nullptr);
  before_ = shown_ ? shown_ : before_;
  shown_ = run;
  show_when_open_ = nullptr;
  followInComparison(run);
  RecordingSource* source = shownSource();
  sessions_.leave();
  state_.reset();
  showSource(source);
  if (source) {
    connect(source, &RecordingSource::replaced, this, &MainWindow::showReplaced);
  }
  control_->setRun(run);
  if (source && options_.sessions) {
    sessions_.follow(run->path, source, look);
  }
  refreshRun();
  refreshRunsPanel();
}

void MainWindow::showReplaced() {
  OpenRun* run = shown_;
  OpenRun* opening = show_when_open_;
  const std::vector<OpenRun*> compared = compared_;
  // Neither the views nor the session know what their steps, samples and experts are now.
  sessions_.forget();
  showSource(nullptr);
  showRun(nullptr);
  showRun(run);
  show_when_open_ = opening;
  if (!compared.empty()) {
    compare(compared);
  }
}

void MainWindow::closeRun(OpenRun* run) {
  if (run == show_when_open_) {
    show_when_open_ = nullptr;
  }
  leaveOutOfComparison(run);
  peek_->setRuns(nullptr, nullptr);
  before_ = before_ == run ? nullptr : before_;
  if (run == shown_) {
    const auto& all = runs_.all();
    // From the user's own images back to the run that routed them.
    auto other = std::find_if(all.begin(), all.end(), [run](const auto& open) {
      return open.get() != run && open->path == modelPath(*run);
    });
    if (other == all.end()) {
      other = std::find_if(all.begin(), all.end(),
                           [run](const auto& open) { return open.get() != run; });
    }
    showRun(other == all.end() ? nullptr : other->get());
  }
  before_ = before_ == run ? nullptr : before_;
  runs_.close(run);
  refreshRunsPanel();
}

void MainWindow::refreshRun() {
  const auto run_data = shownData();
  if (run_data) {
    state_.showNewest(static_cast<int64_t>(run_data->snapshot_steps.size()));
  } else if (shown_ && shown_->worker) {
    starting_page_->describe(shown_->name, shown_->worker->logTail());
  }
  centre_->setCurrentWidget(centreWidget());
  setWindowTitle(shown_ ? shown_->title() : QString("LIMoE Scope"));
  own_bar_->setRun(shown_);
  live_values_->setRun(run_data.get());
  control_->refresh();
  refreshStatus();
  refreshHealth();
  refreshActions();
}

void MainWindow::refreshRunsPanel() {
  std::vector<RunEntry> entries = catalog_.runs();
  for (const auto& run : runs_.all()) {
    RunEntry entry;
    entry.path = run->path;
    entry.name = run->name;
    if (const auto own = ownRecording(run->path)) {
      entry = ownEntry(*own, run->path);
    } else if (const auto run_data = run->source->data()) {
      entry.state = run_data->state;
      setOrigin(entry, run_data->origin);
      entry.setting = QString::fromStdString(run_data->config.setting);
      entry.steps = run_data->config.train.steps;
      const bool any = run_data->curves && !run_data->curves->steps.empty();
      entry.step = any ? static_cast<int64_t>(run_data->curves->steps.back())
                   : run_data->snapshot_steps.empty() ? 0
                                                      : run_data->snapshot_steps.back();
      if (run.get() == shown_ && control_->status()) {
        entry.activity = control_->status()->state;
      }
    } else {
      entry.state = probe::RunState::Live;
    }
    const auto known = std::find_if(entries.begin(), entries.end(), [&](const RunEntry& other) {
      return other.path == entry.path;
    });
    if (known != entries.end()) {
      *known = entry;
    } else {
      entries.push_back(entry);
    }
  }
  QStringList open;
  for (const auto& run : runs_.all()) {
    open << run->path;
  }
  catalog_.setOthers(open);
  entries_ = std::move(entries);
  runs_panel_->setRuns(entries_, shown_ ? shown_->path : QString(), catalog_.folder());
  refreshActions();
}

void MainWindow::askForOwnProbe(const QMimeData* dropped) {
  const auto run_data = shownData();
  if (!run_data) {
    messages_->post(MessageBar::Kind::Warning,
                    "Open a run first: its model routes the images that you drop.");
    return;
  }
  if (!own_probe_) {
    own_probe_ = new OwnProbeDialog(reader_, options_.worker_program, this);
    connect(own_probe_, &OwnProbeDialog::routed, this, [this](const QString& recording) {
      openPaths({recording});
      catalog_.refresh();
    });
  }
  // What was routed before is a recording in the folder probes of the run whose model did it.
  const auto own = ownRecording(shown_->path);
  const QString run = own ? own->run : run_data->folder;
  const auto& open = runs_.all();
  const auto routes =
      std::find_if(open.begin(), open.end(), [&run](const auto& one) { return one->path == run; });
  own_probe_->setRun(own ? own->runName() : shown_->name, run,
                     routes != open.end() && (*routes)->source->isLive());
  if (dropped) {
    own_probe_->addFrom(*dropped);
  }
  own_probe_->show();
  own_probe_->raise();
  own_probe_->activateWindow();
}

QString MainWindow::otherWall() const {
  if (!shown_) {
    return {};
  }
  if (const auto own = ownRecording(shown_->path)) {
    return own->run;
  }
  QString newest;
  for (const RunEntry& entry : entries_) {  // in the order of the steps
    newest = entry.run == shown_->path ? entry.path : newest;
  }
  return newest;
}

void MainWindow::switchOwn() {
  const QString other = otherWall();
  if (!other.isEmpty()) {
    openPaths({other});
  }
}

}  // namespace limoe::gui
