// The views of a run's routing, and what stands between them and its recording.
#include <QDockWidget>
#include <utility>

#include "gui/canvas/canvas_widget.h"
#include "gui/charts/curves_view.h"
#include "gui/charts/expert_strip.h"
#include "gui/charts/modality_chart.h"
#include "gui/inspect/expert_gallery.h"
#include "gui/inspect/layer_view.h"
#include "gui/inspect/token_inspector.h"
#include "gui/inspect/what_if_panel.h"
#include "gui/inspect/what_if_source.h"
#include "gui/window/filter_bar.h"
#include "gui/window/main_window.h"
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
  expert_strip_->setTopWords(
      [this](int64_t snapshot, int64_t layer) { return topWords(snapshot, layer); });
  modality_chart_->setFilteredSums(sums);
  connect(&digests_, &Digests::ready, this, [this] {
    expert_strip_->refresh();
    if (!state_.filter().isEmpty()) {
      modality_chart_->refresh();
    }
  });
}

std::shared_ptr<const WordTable> MainWindow::topWords(int64_t snapshot, int64_t layer) {
  // They take a walk over the probe. Of a large one that is begun only by a view that needs it.
  constexpr int64_t kMostSamples = 1024;
  constexpr std::size_t kMostWords = 12;
  const auto run = what_if_ ? what_if_->data() : nullptr;
  const Standing::Kind standing =
      digests_.standing(Digests::question(snapshot, layer, state_.filter())).kind;
  if (!run || standing == Standing::Kind::Stopped || standing == Standing::Kind::Failed ||
      (run->layout.samples > kMostSamples && standing != Standing::Kind::Made)) {
    return nullptr;
  }
  const auto digest = digests_.layer(snapshot, layer, state_.filter());
  if (!digest) {
    return std::make_shared<const WordTable>();
  }
  if (digest != words_of_) {
    WordTable words;
    for (const std::vector<Lift>& top : topPieces(*digest, kMostWords)) {
      auto& of_expert = words.emplace_back();
      for (const Lift& lift : top) {
        of_expert.push_back({lift.name, lift.count, lift.of_all,
                             static_cast<double>(lift.count) / static_cast<double>(lift.of_all),
                             lift.lift});
      }
    }
    words_ = std::make_shared<const WordTable>(std::move(words));
    words_of_ = digest;
  }
  return words_;
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
    connect(what_if_.get(), &WhatIfSource::kChanged, this, [this] {
      const WallPlace place = canvas_->wallPlace();
      giveToViews(what_if_.get());
      canvas_->setWallPlace(place);
    });
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

}  // namespace limoe::gui
