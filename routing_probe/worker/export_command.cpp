// `limoe export`: a run as files for other programs, its parts joined, no step twice.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "routing_probe/recording/recording_copy.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/worker/commands.h"
#include "routing_probe/worker/export_tables.h"
#include "routing_probe/worker/interruption.h"
#include "routing_probe/worker/long_work.h"
#include "routing_probe/worker/output_file.h"

namespace limoe::probe {
namespace {

struct ExportOptions {
  std::string run, scalars, metrics, decisions, join;
  std::vector<int64_t> layers;
  std::string steps = "last";
  bool force = false;
};

std::string joined(const std::vector<int64_t>& numbers) {
  std::string text;
  for (const int64_t number : numbers) {
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  }
  return text;
}

std::vector<int64_t> chosenSnapshots(const RecordingReader& run, const std::string& steps) {
  const std::vector<int64_t>& present = run.snapshotSteps();
  const auto remedy = "--steps takes all, last or some of the recorded ones: " + joined(present);
  if (present.empty()) {
    throw std::runtime_error("export: there is no snapshot in the recording yet");
  }
  std::vector<int64_t> chosen;
  if (steps == "last") {
    return {std::ssize(present) - 1};
  }
  if (steps == "all") {
    for (int64_t s = 0; s < std::ssize(present); ++s) {
      chosen.push_back(s);
    }
    return chosen;
  }
  for (const std::string& text : CLI::detail::split(steps, ',')) {
    int64_t step = 0;
    if (!CLI::detail::lexical_cast(text, step)) {
      throw std::runtime_error("export: \"" + text + "\" is no step; " + remedy);
    }
    const auto found = std::lower_bound(present.begin(), present.end(), step);
    if (found == present.end() || *found != step) {
      throw std::runtime_error("export: there is no snapshot of step " + text + "; " + remedy);
    }
    chosen.push_back(found - present.begin());
  }
  return chosen;
}

DecisionChoice choiceOf(const RecordingReader& run, const ExportOptions& options) {
  const int64_t layers = run.layout().layers;
  if (layers == 0) {
    throw std::runtime_error("export: the model has no MoE layers, so there are no decisions");
  }
  DecisionChoice choice{chosenSnapshots(run, options.steps), options.layers};
  for (const int64_t layer : choice.layers) {
    if (layer < 0 || layer >= layers) {
      throw std::runtime_error("export: there is no layer " + std::to_string(layer) +
                               "; the MoE layers are 0 … " + std::to_string(layers - 1) +
                               " (blocks " + joined(run.layout().blocks) + ")");
    }
  }
  for (int64_t layer = 0; options.layers.empty() && layer < layers; ++layer) {
    choice.layers.push_back(layer);
  }
  return choice;
}

void writeTable(const std::string& path, bool force, LongWork& work,
                const std::function<std::string(OutputFile&)>& write) {
  OutputFile file(path, force);
  const std::string what = write(file);
  throwIfInterrupted();
  file.keep();
  work.say(path + ": " + what);
}

void writeDecisions(const RecordingReader& run, const ExportOptions& options, LongWork& work) {
  const std::string extension = std::filesystem::path(options.decisions).extension();
  if (extension != ".csv" && extension != ".npy") {
    throw std::runtime_error("export: --decisions " + options.decisions +
                             ": the name must end in .csv or .npy");
  }
  const DecisionChoice choice = choiceOf(run, options);
  writeTable(options.decisions, options.force, work, [&](OutputFile& file) {
    const int64_t rows = extension == ".csv"
                             ? exportDecisionsCsv(run, choice, file, work.progress())
                             : exportDecisionsNpy(run, choice, file, work.progress());
    return std::to_string(rows) + " decisions";
  });
}

void exportRun(const ExportOptions& options) {
  if (options.scalars.empty() && options.metrics.empty() && options.decisions.empty() &&
      options.join.empty()) {
    throw std::runtime_error(
        "export: nothing to write; give --scalars, --metrics, --decisions or --join");
  }
  catchInterrupts();
  LongWork work;
  const RecordingReader run(options.run);
  const auto steps = std::to_string(run.stepCount()) + " steps";
  const auto snapshots = std::to_string(run.snapshotSteps().size()) + " snapshots";
  if (!options.scalars.empty()) {
    writeTable(options.scalars, options.force, work, [&](OutputFile& file) {
      exportScalars(run, file, work.progress());
      return steps;
    });
  }
  if (!options.metrics.empty()) {
    writeTable(options.metrics, options.force, work, [&](OutputFile& file) {
      exportMetrics(run, file, work.progress());
      return snapshots;
    });
  }
  if (!options.decisions.empty()) {
    writeDecisions(run, options, work);
  }
  if (!options.join.empty()) {
    const JoinReport report = joinRecording(run, options.join, work.progress());
    work.say(
        options.join + ": " + std::to_string(report.parts) +
        (report.parts == 1 ? " part, " : " parts, ") + steps + ", " + snapshots +
        (run.state() == RunState::Live ? "; the run goes on, this is what was committed" : ""));
    if (report.without_probabilities) {
      work.say("  without whole distributions: not all parts have them");
    }
  }
}

}  // namespace

void addExportCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<ExportOptions>();
  auto* command =
      app.add_subcommand("export", "Write a run as CSV, NumPy or one recording of all its parts");
  command->footer(
      "The parts of a resumed run are joined, no step appears twice; of a run that is still "
      "trained,\nwhat was committed at the start is written.\n"
      "Examples:\n"
      "  limoe export runs/a --scalars scalars.csv --metrics metrics.csv\n"
      "  limoe export runs/a --decisions routing.npy --layers 0,1 --steps 100,200\n"
      "  limoe export runs/a --join whole.h5");
  command->add_option("run", options->run, "a run's folder, or a recording")->required();
  command->add_option("--scalars", options->scalars, "CSV of everything measured at each step");
  command->add_option("--metrics", options->metrics, "CSV of the measures of each snapshot");
  command->add_option("--decisions", options->decisions,
                      ".csv, or .npy for one structured NumPy array: a row a choice of a token");
  command->add_option("--layers", options->layers, "for --decisions: MoE layers, from 0 (all)")
      ->delimiter(',');
  command->add_option("--steps", options->steps, "for --decisions: all, last or 100,200,…")
      ->capture_default_str();
  command->add_option("--join", options->join, "one finished recording (.h5) of all parts");
  command->add_flag("--force", options->force, "replace tables that exist (never a recording)");
  command->callback([options, &status] {
    exportRun(*options);
    status = 0;
  });
}

}  // namespace limoe::probe
