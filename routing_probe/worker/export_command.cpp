// `limoe export`: a run as files for other programs, its parts joined, no step twice.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
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

namespace fs = std::filesystem;

struct ExportOptions {
  std::string run, scalars, metrics, decisions, join;
  std::vector<std::string> layers;
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

/// Decimal digits alone: "024" is 24, "1e3" is refused.
int64_t numberFrom(const std::string& given, const std::string& what, const std::string& remedy) {
  const std::string text = CLI::detail::trim_copy(given);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("export: \"" + given + "\" is no " + what + "; " + remedy);
  }
  return number;
}

void sortUnique(std::vector<int64_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

/// Each once, ascending.
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
    const int64_t step = numberFrom(text, "step", remedy);
    const auto found = std::lower_bound(present.begin(), present.end(), step);
    if (found == present.end() || *found != step) {
      throw std::runtime_error("export: there is no snapshot of step " + text + "; " + remedy);
    }
    chosen.push_back(found - present.begin());
  }
  sortUnique(chosen);
  return chosen;
}

DecisionChoice choiceOf(const RecordingReader& run, const ExportOptions& options) {
  const int64_t layers = run.layout().layers;
  if (layers == 0) {
    throw std::runtime_error("export: the model has no MoE layers, so there are no decisions");
  }
  DecisionChoice choice{chosenSnapshots(run, options.steps), {}};
  const std::string remedy = "the MoE layers are 0 … " + std::to_string(layers - 1) + " (blocks " +
                             joined(run.layout().blocks) + ")";
  for (const std::string& text : options.layers) {
    const int64_t layer = numberFrom(text, "layer", remedy);
    if (layer < 0 || layer >= layers) {
      throw std::runtime_error("export: there is no layer " + text + "; " + remedy);
    }
    choice.layers.push_back(layer);
  }
  for (int64_t layer = 0; options.layers.empty() && layer < layers; ++layer) {
    choice.layers.push_back(layer);
  }
  sortUnique(choice.layers);
  return choice;
}

void requireExtension(const std::string& option, const fs::path& path,
                      const std::vector<std::string>& extensions) {
  if (std::find(extensions.begin(), extensions.end(), path.extension()) == extensions.end()) {
    throw std::runtime_error("export: " + option + " " + path.string() + ": the name must end in " +
                             extensions.front() +
                             (extensions.size() > 1 ? " or " + extensions.back() : ""));
  }
}

/// So that nothing is written where a later output could not be.
void requireTargets(const ExportOptions& options) {
  const std::vector<std::pair<std::string, std::string>> outputs = {
      {"--scalars", options.scalars},
      {"--metrics", options.metrics},
      {"--decisions", options.decisions},
      {"--join", options.join}};
  std::map<fs::path, std::string> taken;
  for (const auto& [option, name] : outputs) {
    if (name.empty()) {
      continue;
    }
    if (option == "--join" && fs::exists(fs::symlink_status(name))) {
      throw std::runtime_error(
          name + " exists already; a recording is never overwritten. Choose another name");
    }
    if (option != "--join") {
      requireExtension(option, name,
                       option == "--decisions" ? std::vector<std::string>{".csv", ".npy"}
                                               : std::vector<std::string>{".csv"});
    }
    requireTarget(name, options.force);
    const auto [other, is_new] = taken.emplace(fs::weakly_canonical(fs::absolute(name)), option);
    if (!is_new) {
      throw std::runtime_error("export: " + other->second + " and " + option +
                               " have the same name " + name + "; choose two");
    }
  }
}

void writeTable(const std::string& path, bool force, LongWork& work,
                const std::function<std::string(OutputFile&)>& write) {
  OutputFile file(path, force);
  const std::string what = write(file);
  throwIfInterrupted();
  file.keep();
  work.say(path + ": " + what);
}

void writeDecisions(const RecordingReader& run, const DecisionChoice& choice,
                    const ExportOptions& options, LongWork& work) {
  writeTable(options.decisions, options.force, work, [&](OutputFile& file) {
    const int64_t rows = fs::path(options.decisions).extension() == ".csv"
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
  requireTargets(options);
  const RecordingReader run(options.run);
  const DecisionChoice choice =
      options.decisions.empty() ? DecisionChoice() : choiceOf(run, options);
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
    writeDecisions(run, choice, options, work);
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
  auto* decisions = command->add_option(
      "--decisions", options->decisions,
      ".csv, or .npy for one structured NumPy array: a row a choice of a token");
  command->add_option("--layers", options->layers, "for --decisions: MoE layers, from 0 (all)")
      ->delimiter(',')
      ->needs(decisions);
  command->add_option("--steps", options->steps, "for --decisions: all, last or 100,200,…")
      ->needs(decisions)
      ->capture_default_str();
  command->add_option("--join", options->join, "one finished recording (.h5) of all parts");
  command->add_flag("--force", options->force, "replace tables that exist (never a recording)");
  command->callback([options, &status] {
    exportRun(*options);
    status = 0;
  });
}

}  // namespace limoe::probe
