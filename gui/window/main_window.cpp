#include "gui/window/main_window.h"

#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QMimeData>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabBar>
#include <QVBoxLayout>
#include <algorithm>
#include <cstdlib>

#include "gui/canvas/canvas_widget.h"
#include "gui/charts/curves_view.h"
#include "gui/charts/expert_strip.h"
#include "gui/charts/modality_chart.h"
#include "gui/compare/compare_canvas.h"
#include "gui/compare/compare_view.h"
#include "gui/compare/other_run_peek.h"
#include "gui/compare/shift_watch.h"
#include "gui/inspect/what_if_source.h"
#include "gui/runs/own_recording.h"
#include "gui/view/elided_label.h"
#include "gui/window/close_question.h"
#include "gui/window/command_palette.h"
#include "gui/window/dock_controls.h"
#include "gui/window/filter_bar.h"
#include "gui/window/focus_keys.h"
#include "gui/window/health.h"
#include "gui/window/live_values.h"
#include "gui/window/message_bar.h"
#include "gui/window/own_bar.h"
#include "gui/window/run_control.h"
#include "gui/window/runs_panel.h"
#include "gui/window/starting_page.h"
#include "gui/window/status_line.h"
#include "gui/window/time_bar.h"
#include "gui/window/waiting_bar.h"

namespace limoe::gui {
namespace {

/// By its name: whether it can be read is said when it is.
bool isImage(const QUrl& url) {
  static const QStringList suffixes = {"png", "jpg", "jpeg", "webp", "tif", "tiff"};
  return url.isLocalFile() && suffixes.contains(QFileInfo(url.toLocalFile()).suffix().toLower());
}

constexpr int kPassingMessageMs = 6000;
constexpr int kMostRecent = 10;

}  // namespace

MainWindow::MainWindow(const WindowOptions& options)
    : options_(options),
      settings_(options.settings_file.isEmpty()
                    ? nullptr
                    : std::make_unique<QSettings>(options.settings_file, QSettings::IniFormat)),
      reader_(std::make_shared<ReaderThread>()),
      sessions_(state_, reader_, options.settings_file),
      runs_(reader_),
      catalog_(reader_, options.runs_folder),
      queue_(reader_, options.runs_folder, options.worker_program),
      control_(new RunControl(this)),
      close_question_(new CloseQuestion(runs_, queue_, this)) {
  letters_ = Mailbox::of(this);
  setWindowTitle("LIMoE Scope");
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  readAppearance();
  makeCentre();
  makeDocks();
  makeMenus();
  makeToolBar();
  palette_ = new CommandPalette(this);
  status_ = new QLabel(this);
  status_->setObjectName("statusLine");
  statusBar()->addPermanentWidget(status_);
  connectRuns();
  connectWorker();
  connectSession();
  resize(firstSize());
  setDefaultSizes();
  restoreLayout();
  refreshRunsPanel();
  refreshStatus();
  refreshHealth();
  refreshActions();
}

MainWindow::~MainWindow() {
  // The views must let go of the run before it goes; they die after this object's members.
  showRun(nullptr);
}

void MainWindow::makeCentre() {
  auto* centre = new QWidget(this);
  messages_ = new MessageBar(centre);
  waiting_bar_ = new WaitingBar(centre);
  own_bar_ = new OwnBar(centre);
  filter_bar_ = new FilterBar(state_, digests_, centre);
  centre_ = new QStackedWidget(centre);
  canvas_ = new CanvasWidget(state_, centre_);
  canvas_->setDigests(&digests_);
  canvas_->setAccessibleName("Image wall");
  peek_ = new OtherRunPeek(*canvas_, state_, this);
  starting_page_ = new StartingPage(centre_);
  health_ = new ElidedLabel(centre);
  health_->setObjectName("health");
  health_->setContentsMargins(10, 3, 10, 0);
  health_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  time_bar_ = new TimeBar(state_, centre);
  centre_->addWidget(canvas_);
  centre_->addWidget(starting_page_);
  auto* layout = new QVBoxLayout(centre);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(messages_);
  layout->addWidget(waiting_bar_);
  layout->addWidget(own_bar_);
  layout->addWidget(filter_bar_);
  layout->addWidget(centre_, 1);
  layout->addWidget(health_);
  layout->addWidget(time_bar_);
  setCentralWidget(centre);
  for (QWidget* bar :
       std::initializer_list<QWidget*>{messages_, waiting_bar_, own_bar_, filter_bar_, centre}) {
    bar->installEventFilter(this);
  }
  fitCentre();
}

void MainWindow::connectRuns() {
  connect(&catalog_, &RunCatalog::changed, this, &MainWindow::refreshRunsPanel);
  runs_panel_->setQueue(&queue_);
  connect(&queue_, &RunQueue::changed, &catalog_, &RunCatalog::refresh);
  connect(&queue_, &RunQueue::warned, this,
          [this](const QString& message) { messages_->post(MessageBar::Kind::Warning, message); });
  connect(runs_panel_, &RunsPanel::forkAsked, this, &MainWindow::askForFork);
  connect(runs_panel_, &RunsPanel::chosen, this,
          [this](const QString& path) { showRun(runs_.open(path)); });
  connect(runs_panel_, &RunsPanel::compareAsked, this, &MainWindow::comparePaths);
  connect(&runs_, &OpenRuns::opened, this, [this](OpenRun* run) {
    remember(run->path);
    if (run == show_when_open_) {
      showRun(run);
    }
    refreshRunsPanel();
  });
  connect(&runs_, &OpenRuns::changed, this, [this](OpenRun* run) {
    if (run == shown_) {
      refreshRun();
    }
    refreshRunsPanel();
  });
  connect(&runs_, &OpenRuns::openFailed, this,
          [this](OpenRun* run, const QString& why, const QString& log) {
            messages_->post(MessageBar::Kind::Error, why, log);
            closeRun(run);
            Q_EMIT openFailed(why);
          });
  connect(&runs_, &OpenRuns::died, this,
          [this](OpenRun*, const QString& message, const QString& log) {
            messages_->post(MessageBar::Kind::Error, message, log);
            catalog_.refresh();
          });
  connect(&runs_, &OpenRuns::warned, this,
          [this](const QString& message) { messages_->post(MessageBar::Kind::Warning, message); });
  connect(&digests_, &Digests::failed, this,
          [this](const QString& message) { messages_->post(MessageBar::Kind::Warning, message); });
  connect(new ShiftWatch(this), &ShiftWatch::held, this, &MainWindow::peekAtOtherRun);
  connect(filter_bar_, &FilterBar::dismissed, this, &MainWindow::showWall);
  connect(own_bar_, &OwnBar::backAsked, this, &MainWindow::switchOwn);
  connect(own_bar_, &OwnBar::moreAsked, this, [this] { askForOwnProbe(); });
  connect(&state_, &ViewState::changed, this, [this] {
    refreshHealth();
    refreshActions();
  });
  // Later, when a session that is being given back has said what it selected.
  connect(&state_, &ViewState::changed, this, &MainWindow::showSelection, Qt::QueuedConnection);
}

void MainWindow::connectWorker() {
  connect(control_, &RunControl::informed, this,
          [this](const QString& message) { statusBar()->showMessage(message, kPassingMessageMs); });
  connect(control_, &RunControl::failed, this,
          [this](const QString& message) { messages_->post(MessageBar::Kind::Warning, message); });
  connect(control_, &RunControl::statusChanged, this, [this] {
    refreshStatus();
    refreshRunsPanel();
    waiting_bar_->setStatus(control_->status());
    live_values_->setCurrent(control_->status() ? control_->status()->live
                                                : nlohmann::json::object());
  });
  connect(waiting_bar_, &WaitingBar::retryAsked, control_, &RunControl::retry);
  connect(waiting_bar_, &WaitingBar::stopAsked, this, &MainWindow::askWhereToStop);
  connect(control_, &RunControl::valuesAccepted, live_values_, &LiveValues::accept);
  connect(live_values_, &LiveValues::applied, control_, &RunControl::setValues);
  connect(close_question_, &CloseQuestion::mayClose, this, [this] {
    close_allowed_ = true;
    close();
  });
  connect(close_question_, &CloseQuestion::failed, this,
          [this](const QString& message) { messages_->post(MessageBar::Kind::Error, message); });
}

void MainWindow::connectSession() {
  sessions_.setLayout([this] { return sessionLayout(); });
  sessions_.setWall([this] { return canvas_->wallPlace(); });
  connect(&sessions_, &SessionKeeper::restored, this, &MainWindow::restoreSessionLayout);
  connect(&sessions_, &SessionKeeper::wallRestored, canvas_, &CanvasWidget::setWallPlace);
  connect(&sessions_, &SessionKeeper::warned, this,
          [this](const QString& message) { messages_->post(MessageBar::Kind::Warning, message); });
  connect(&sessions_, &SessionKeeper::informed, this, [this](const QString& message) {
    messages_->post(MessageBar::Kind::Information, message);
  });
}

std::shared_ptr<const RunData> MainWindow::shownData() const {
  return shown_ ? shown_->source->data() : nullptr;
}

void MainWindow::refreshStatus() {
  status_->setText(statusLine(shown_, control_->status()));
}

void MainWindow::refreshHealth() {
  const auto run_data = what_if_ ? what_if_->data() : nullptr;
  const auto summary = run_data ? what_if_->summary(state_.snapshot()) : nullptr;
  // A few images of one's own say nothing of the model's health.
  if (!summary || ownRecording(shown_->path)) {
    health_->setText(" ");
    health_->setToolTip({});
    return;
  }
  const Health health = healthOf(*run_data, *summary);
  const bool well = health.warnings.isEmpty();
  const QString text = well ? health.summary : "⚠ " + health.warnings.join("; ");
  QPalette colors;  // of one role, so that all others follow the window's
  if (!well) {
    const bool dark = palette().color(QPalette::Window).lightness() < 128;
    colors.setColor(QPalette::WindowText, dark ? QColor(255, 190, 90) : QColor(150, 80, 0));
  }
  health_->setPalette(colors);
  health_->setText(text);
  health_->setToolTip("Routing of the shown step:\n" +
                      (well ? health.summary : health.warnings.join('\n')));
}

bool MainWindow::isSettled() const {
  const bool compared = std::all_of(compared_.begin(), compared_.end(), [](const OpenRun* run) {
    return run->source->data() && run->source->isIdle();
  });
  return shown_ && shown_->source->isIdle() && what_if_->isIdle() && compared &&
         (!isComparing() || compare_->isSettled());
}

void MainWindow::redraw() {
  canvas_->update();
  if (isComparing()) {
    compare_->canvas().update();
  }
}

QString MainWindow::showStepAndLayer(std::optional<int64_t> step, std::optional<int64_t> layer) {
  const auto run_data = shownData();
  if (!run_data) {
    return "no run is open";
  }
  if (layer && (*layer < 1 || *layer > run_data->layout.layers)) {
    return QString("--layer %1: run %2 has %3 MoE layers")
        .arg(*layer)
        .arg(run_data->name)
        .arg(run_data->layout.layers);
  }
  if (layer) {
    state_.setLayer(*layer - 1);
  }
  if (step && run_data->snapshot_steps.empty()) {
    return QString("--step %1: run %2 has recorded no step of the probe yet")
        .arg(*step)
        .arg(run_data->name);
  }
  if (step) {
    showStep(*step);
  }
  return {};
}

void MainWindow::moveLayer(int by) {
  const auto run_data = shownData();
  if (run_data && run_data->layout.layers > 0) {
    state_.setLayer(std::clamp<int64_t>(state_.layer() + by, 0, run_data->layout.layers - 1));
  }
}

void MainWindow::soloSelected() {
  if (state_.selectedExpert()) {
    state_.toggleSolo(*state_.selectedExpert());
  }
}

void MainWindow::hideSelected() {
  if (state_.selectedExpert()) {
    state_.toggleHidden(*state_.selectedExpert());
  }
}

void MainWindow::selectExpert(int64_t expert) {
  const auto run_data = shownData();
  if (run_data && expert < run_data->layout.experts) {
    state_.toggleSelectedExpert(expert);
  }
}

void MainWindow::showStep(int64_t step) {
  const auto& steps = shownData()->snapshot_steps;
  const auto nearest = std::min_element(steps.begin(), steps.end(), [step](auto a, auto b) {
    return std::abs(a - step) < std::abs(b - step);
  });
  state_.setSnapshot(nearest - steps.begin());
}

void MainWindow::copyView() {
  QApplication::clipboard()->setPixmap(centre_->currentWidget()->grab());
  statusBar()->showMessage("Copied the view as a picture", kPassingMessageMs);
}

void MainWindow::remember(const QString& path) {
  if (!settings_) {
    return;
  }
  QStringList recent = recentPaths();
  recent.removeAll(path);
  recent.prepend(path);
  settings_->setValue("recent", QStringList(recent.mid(0, kMostRecent)));
}

QStringList MainWindow::recentPaths() const {
  return settings_ ? settings_->value("recent").toStringList() : QStringList();
}

bool MainWindow::event(QEvent* event) {
  if (event->type() == QEvent::PaletteChange && health_ != nullptr) {
    refreshHealth();
  }
  if (event->type() == QEvent::ChildPolished) {
    // Qt makes the bars of docks that share a place as they come to share it.
    if (auto* bar = qobject_cast<QTabBar*>(static_cast<QChildEvent*>(event)->child())) {
      nameTabControls(*bar);
    }
  }
  if (event->type() == QEvent::ShortcutOverride && focusWidget() &&
      isKeyOf(*focusWidget(), *static_cast<QKeyEvent*>(event))) {
    event->accept();
    return true;
  }
  return QMainWindow::event(event);
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  const bool other_height = event->type() == QEvent::Resize || event->type() == QEvent::Show ||
                            event->type() == QEvent::Hide;
  if (other_height) {  // of a bar above the wall, or of all of them with it
    fitCentre();
  }
  return QMainWindow::eventFilter(watched, event);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (exporting_) {
    statusBar()->showMessage("The figures are being written; a moment", kPassingMessageMs);
    event->ignore();
    return;
  }
  if (!close_allowed_ && close_question_->isWorkerAlive()) {
    close_question_->ask();
    event->ignore();
    return;
  }
  saveLayout();
  sessions_.save();
  QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) {
    event->acceptProposedAction();
  }
}

void MainWindow::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (!urls.isEmpty() && std::all_of(urls.begin(), urls.end(), isImage)) {
    askForOwnProbe(event->mimeData());
    event->acceptProposedAction();
    return;
  }
  QStringList paths;
  for (const QUrl& url : urls) {
    if (url.isLocalFile()) {
      paths << url.toLocalFile();
    } else {
      messages_->post(MessageBar::Kind::Error,
                      QString("%1 is not a file on this machine.").arg(url.toString()));
    }
  }
  openPaths(paths);
  event->acceptProposedAction();
}

}  // namespace limoe::gui
