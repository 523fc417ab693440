// The views of a run's routing, and what stands between them and its recording.
#include <QDir>
#include <QDockWidget>
#include <QFileInfo>
#include <QMimeData>
#include <algorithm>
#include <utility>

#include "gui/canvas/canvas_widget.h"
#include "gui/charts/curves_view.h"
#include "gui/charts/expert_strip.h"
#include "gui/charts/modality_chart.h"
#include "gui/inspect/expert_gallery.h"
#include "gui/inspect/layer_view.h"
#include "gui/inspect/own_probe_dialog.h"
#include "gui/inspect/token_inspector.h"
#include "gui/inspect/what_if_panel.h"
#include "gui/inspect/what_if_source.h"
#include "gui/window/filter_bar.h"
#include "gui/window/main_window.h"
#include "gui/window/message_bar.h"
#include "gui/window/time_bar.h"

namespace limoe::gui {

void MainWindow::makeInspectDocks() {
  token_inspector_ = new TokenInspector(state_, this);
  gallery_ = new ExpertGallery(state_, digests_, this);
  layer_view_ = new LayerView(state_, digests_, flows_, this);
  what_if_panel_ = new WhatIfPanel(state_, this);
  makeDock("tokenDock", "Token", token_inspector_, Qt::RightDockWidgetArea, "expertsDock");
  makeDock("galleryDock", "Expert", gallery_, Qt::RightDockWidgetArea, "expertsDock");
  makeDock("layerDock", "Layer", layer_view_, Qt::BottomDockWidgetArea, "sharesDock");
  makeDock("whatIfDock", "What if", what_if_panel_, Qt::BottomDockWidgetArea, "sharesDock");
}

void MainWindow::followFilter() {
  const FilteredSums sums = [this](int64_t snapshot,
                                   int64_t layer) -> std::shared_ptr<const probe::Snapshot> {
    const auto digest = digests_.layer(snapshot, layer, state_.filter());
    return digest ? sumsOf(*digest, what_if_->data()->layout) : nullptr;
  };
  expert_strip_->setFilteredSums(sums);
  modality_chart_->setFilteredSums(sums);
  connect(&digests_, &Digests::ready, this, [this] {
    if (!state_.filter().isEmpty()) {
      expert_strip_->refresh();
      modality_chart_->refresh();
    }
  });
}

void MainWindow::showSource(RecordingSource* source) {
  auto next = source ? std::make_unique<WhatIfSource>(source) : nullptr;
  giveToViews(next.get());
  what_if_panel_->setSource(next.get());
  curves_->setSource(source);
  time_bar_->setSource(source);
  what_if_ = std::move(next);  // nobody looks at the old one any more
  if (what_if_) {
    connect(what_if_.get(), &RunSource::pageReady, this, &MainWindow::refreshHealth);
    connect(what_if_.get(), &RunSource::dataChanged, this, &MainWindow::refreshHealth);
    connect(what_if_.get(), &WhatIfSource::kChanged, this, [this] { giveToViews(what_if_.get()); });
  }
}

void MainWindow::giveToViews(RunSource* source) {
  digests_.setSource(source);
  flows_.setSource(source);
  filter_bar_->setSource(source);
  canvas_->setSource(source);
  expert_strip_->setSource(source);
  modality_chart_->setSource(source);
  token_inspector_->setSource(source);
  gallery_->setSource(source);
  layer_view_->setSource(source);
}

void MainWindow::showSelection() {
  const bool has_token = state_.selectedToken().has_value();
  const bool has_expert = state_.selectedExpert().has_value();
  if (has_expert && !std::exchange(had_expert_, has_expert)) {
    raiseDetails("galleryDock");
  }
  if (has_token && !std::exchange(had_token_, has_token)) {
    raiseDetails("tokenDock");
  }
  had_expert_ = has_expert;
  had_token_ = has_token;
}

void MainWindow::raiseDetails(const char* name) {
  auto* dock = findChild<QDockWidget*>(name);
  // Who clicks a patch in an expert's gallery goes on to look at the gallery.
  const QWidget* focus = focusWidget();
  const bool in_details =
      focus && (token_inspector_->isAncestorOf(focus) || gallery_->isAncestorOf(focus));
  if (!dock->isHidden() && !dock->isFloating() && !in_details) {
    dock->raise();
  }
}

void MainWindow::findInLayer() {
  showPanel(findChild<QDockWidget*>("layerDock"));
  layer_view_->showFind();
}

void MainWindow::showColumns(MapKind kind, const QString& name) {
  showPanel(findChild<QDockWidget*>("layerDock"));
  layer_view_->showColumns(kind, name);
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
    connect(own_probe_, &OwnProbeDialog::routed, this, &MainWindow::showOwnProbe);
  }
  // What was routed before is a recording in the folder probes of the run whose model did it.
  const QDir folder(run_data->folder);
  const bool own = folder.dirName() == "probes";
  const QString run = own ? QFileInfo(run_data->folder).path() : run_data->folder;
  const auto& open = runs_.all();
  const auto routes =
      std::find_if(open.begin(), open.end(), [&run](const auto& one) { return one->path == run; });
  own_probe_->setRun(own ? QFileInfo(run).fileName() : shown_->name, run,
                     routes != open.end() && (*routes)->source->isLive());
  if (dropped) {
    own_probe_->addFrom(*dropped);
  }
  own_probe_->show();
  own_probe_->raise();
  own_probe_->activateWindow();
}

void MainWindow::showOwnProbe(const QString& recording) {
  openPaths({recording});
}

}  // namespace limoe::gui
