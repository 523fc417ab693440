// The command palette's contents: what the menus hold, and places to go to.
#include <QMenuBar>
#include <QRegularExpression>
#include <algorithm>
#include <cstdlib>

#include "gui/canvas/token_readout.h"
#include "gui/charts/expert_counts.h"
#include "gui/window/command_palette.h"
#include "gui/window/main_window.h"

namespace limoe::gui {
namespace {

constexpr std::size_t kMostWords = 5;

}  // namespace

void MainWindow::openPalette() {
  std::vector<PaletteCommand> commands = commandsOf(*menuBar());
  for (PaletteCommand& place : placeCommands()) {
    commands.push_back(std::move(place));
  }
  digests_.texts({});  // the words, for the questions
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
  const int64_t shown_layer = sparse ? shownLayer(*run_data, state_.layer()) : 0;
  for (int64_t expert = 0; sparse && expert < run_data->layout.experts; ++expert) {
    const QString name = state_.expertName(shown_layer, expert);
    commands.push_back({.title = name.isEmpty()
                                     ? QString("Expert %1").arg(expert)
                                     : QString::fromUtf8("Expert %1 · %2").arg(expert).arg(name),
                        .detail = "Select it; again: off",
                        .key = {},
                        .checked = state_.selectedExpert() == expert,
                        .run = [this, expert] { selectExpert(expert); },
                        .where = QString("(%1)").arg(layerName(*run_data, shown_layer))});
  }
  // What has a name is found from every layer.
  for (const auto& [place, name] : state_.expertNames()) {
    const auto [layer, expert] = place;
    if (sparse && layer != shown_layer && layer < run_data->layout.layers) {
      commands.push_back({.title = QString::fromUtf8("Expert %1 · %2").arg(expert).arg(name),
                          .detail = "Go to its layer and select it",
                          .key = {},
                          .run =
                              [this, layer = layer, expert = expert] {
                                state_.setLayer(layer);
                                if (state_.selectedExpert() != expert) {
                                  selectExpert(expert);
                                }
                              },
                          .where = QString("(%1)").arg(layerName(*run_data, layer))});
    }
  }
  for (PaletteCommand& command : columnCommands()) {
    commands.push_back(std::move(command));
  }
  return commands;
}

std::vector<PaletteCommand> MainWindow::columnCommands() {
  const QString why_not = whyNoLayers();
  std::vector<PaletteCommand> commands;
  const auto add = [&](MapKind kind, const QString& title) {
    commands.push_back({.title = title,
                        .detail = why_not.isEmpty() ? QString("What each expert of the layer takes")
                                                    : "Not now: " + why_not,
                        .key = {},
                        .enabled = why_not.isEmpty(),
                        .run = [this, kind] { showColumns(kind); }});
  };
  add(MapKind::Labels, "Heat map: patches by label (labels)");
  add(MapKind::Pieces, "Heat map: text tokens by word (words)");
  add(MapKind::Words, "Heat map: patches by caption word (words)");
  return commands;
}

/// For a word or a label of the run: who takes it?
std::vector<PaletteCommand> MainWindow::questionCommands(const QString& typed) {
  const auto run_data = shownData();
  const QString name = typed.simplified();
  if (!run_data || run_data->layout.layers == 0 || name.size() < 2) {
    return {};
  }
  std::vector<PaletteCommand> commands;
  const auto add = [&](MapKind kind, const QString& title, const QString& of) {
    commands.push_back({.title = title.arg(of),
                        .detail = "Opens the heat map there and selects the expert",
                        .key = {},
                        .run = [this, kind, of] { showColumns(kind, of); }});
  };
  for (const std::string& label : run_data->layout.label_names) {
    const QString of = QString::fromStdString(label);
    if (of.startsWith(name, Qt::CaseInsensitive)) {
      add(MapKind::Labels, QString::fromUtf8("Which expert takes patches labelled “%1”?"), of);
    }
  }
  const auto texts = digests_.texts({});
  if (!texts) {
    return commands;  // being read
  }
  // The one that was typed first; of those that go on a few.
  std::vector<QString> words;
  for (const QString& word : texts->words) {
    if (word.startsWith(name, Qt::CaseInsensitive)) {
      const bool whole = word.size() == name.size();
      words.insert(whole ? words.begin() : words.end(), whole ? name : word);
    }
  }
  words.resize(std::min(words.size(), kMostWords));
  for (const QString& word : words) {
    add(MapKind::Pieces, QString::fromUtf8("Which expert takes the word “%1”?"), word);
  }
  return commands;
}

std::vector<PaletteCommand> MainWindow::typedCommands(const QString& typed) {
  static const QRegularExpression number("(\\d{1,12})\\s*$");
  const auto match = number.match(typed);
  const auto run_data = shownData();
  if (!match.hasMatch() || !run_data || run_data->snapshot_steps.empty()) {
    return questionCommands(typed);
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
