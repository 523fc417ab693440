// The command palette's contents: what the menus hold, and places to go to.
#include <QMenuBar>
#include <QRegularExpression>
#include <algorithm>
#include <cstdlib>

#include "gui/canvas/token_readout.h"
#include "gui/window/command_palette.h"
#include "gui/window/main_window.h"

namespace limoe::gui {

void MainWindow::openPalette() {
  std::vector<PaletteCommand> commands = commandsOf(*menuBar());
  for (PaletteCommand& place : placeCommands()) {
    commands.push_back(std::move(place));
  }
  palette_->open(std::move(commands),
                 [this](const QString& typed) { return typedCommands(typed); });
}

std::vector<PaletteCommand> MainWindow::placeCommands() {
  std::vector<PaletteCommand> commands;
  const auto run_data = shownData();
  for (int64_t layer = 0; run_data && layer < run_data->layout.layers; ++layer) {
    commands.push_back({.title = QString("Layer %1").arg(layer + 1),
                        .detail = layerPlace(*run_data, layer),
                        .key = {},
                        .checked = layer == state_.layer(),
                        .run = [this, layer] { state_.setLayer(layer); }});
  }
  const bool sparse = run_data && run_data->layout.layers > 0;
  for (int64_t expert = 0; sparse && expert < run_data->layout.experts; ++expert) {
    const QString name = state_.expertName(state_.layer(), expert);
    commands.push_back({.title = name.isEmpty()
                                     ? QString("Expert %1").arg(expert)
                                     : QString::fromUtf8("Expert %1 · %2").arg(expert).arg(name),
                        .detail = "Select it; again: off",
                        .key = {},
                        .checked = state_.selectedExpert() == expert,
                        .run = [this, expert] { selectExpert(expert); }});
  }
  return commands;
}

std::vector<PaletteCommand> MainWindow::typedCommands(const QString& typed) {
  static const QRegularExpression number("(\\d{1,12})\\s*$");
  const auto match = number.match(typed);
  const auto run_data = shownData();
  if (!match.hasMatch() || !run_data || run_data->snapshot_steps.empty()) {
    return {};
  }
  const int64_t step = match.captured(1).toLongLong();
  const auto& steps = run_data->snapshot_steps;
  const int64_t nearest = *std::min_element(steps.begin(), steps.end(), [step](auto a, auto b) {
    return std::abs(a - step) < std::abs(b - step);
  });
  return {{.title = QString("Step %1").arg(step),
           .detail = nearest == step
                         ? QString("Show this recorded step")
                         : QString("Show the nearest that is recorded, %1").arg(nearest),
           .key = {},
           .run = [this, step] {
             if (shownData()) {
               showStep(step);
             }
           }}};
}

}  // namespace limoe::gui
