#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>

#include "model/config_json.h"
#include "routing_probe/worker/commands.h"
#include "routing_probe/worker/fork.h"
#include "routing_probe/worker/training_run.h"

namespace limoe::probe {
namespace {

using nlohmann::json;

std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler needs it");

/// The first Ctrl+C ends the run after the step with everything saved; a second one kills.
void installInterruptHandler() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction hang_up {};
  sigaction(SIGHUP, nullptr, &hang_up);
  if (hang_up.sa_handler != SIG_IGN) {  // nohup wants it ignored
    sigaction(SIGHUP, &action, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);  // so did whoever read the progress
}

struct TrainOptions {
  std::string out, resume, fork, preset, config_file;
  bool force = false;
  bool dense = false;
  std::vector<std::string> assignments, record_assignments;
  json flags = json::object();  ///< what was given by a flag of its own
};

/// Adds a flag that sets one key of the configuration.
template <typename T>
void addKey(CLI::App& command, const std::shared_ptr<TrainOptions>& options,
            const std::string& flag, const std::string& pointer, const std::string& help) {
  command.add_option_function<T>(
      flag,
      [options, pointer](const T& value) { options->flags[json::json_pointer(pointer)] = value; },
      help);
}

/// What was asked for, laid over `base` where there is one.
model::RunConfig configFrom(const TrainOptions& options, const json& base = {}) {
  std::vector<json> layers;
  if (!base.is_null()) {
    layers.push_back(base);
  }
  if (!options.preset.empty()) {
    layers.push_back({{"preset", options.preset}});  // lies under the file
  }
  if (!options.config_file.empty()) {
    layers.push_back(model::readJsonFile(options.config_file));
  }
  layers.push_back(options.flags);
  for (const std::string& text : options.assignments) {
    layers.push_back(model::layerFromAssignment(text));
  }
  for (const std::string& text : options.record_assignments) {
    layers.push_back(model::layerFromAssignment("record." + text));
  }
  if (options.dense) {
    layers.push_back({{"moe", nullptr}});
  }
  return model::runConfigFromLayers(layers);
}

void say(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    std::cerr << "limoe: " << warning << '\n';
  }
}

int resume(const TrainOptions& options) {
  json others = options.flags;
  if (others.contains("train") && others["train"].erase("steps") && others["train"].empty()) {
    others.erase("train");
  }
  if (!others.empty() || !options.preset.empty() || !options.config_file.empty() ||
      !options.assignments.empty() || !options.record_assignments.empty() || options.dense) {
    throw std::runtime_error(
        "train: a resumed run keeps its configuration, only --steps can be "
        "given; change live values with `limoe control RUN set …`, or --fork the run");
  }
  const RunFolder folder = runFolderOf(options.resume);
  auto lock = claimExistingRun(folder);
  const ResumePoint from = resumePointOf(folder);
  say(from.warnings);
  const json before = json::parse(model::toJson(configAt(folder, from)).dump());
  const model::RunConfig config = model::runConfigFromLayers({before, options.flags});
  return runTraining(folder, std::move(lock), config, from, g_interrupted);
}

int fork(const TrainOptions& options) {
  const ForkSource source = forkSourceOf(options.fork);
  say(source.point.warnings);
  const model::RunConfig config =
      configFrom(options, json::parse(model::toJson(source.config).dump()));
  requireForkable(source, config);
  const RunFolder folder{options.out};
  ResumePoint from;
  auto lock = claimFork(folder, source, config, options.force, from);
  return runTraining(folder, std::move(lock), config, from, g_interrupted);
}

int train(const TrainOptions& options) {
  installInterruptHandler();
  if (!options.resume.empty()) {
    return resume(options);
  }
  if (options.out.empty()) {
    throw std::runtime_error("train: give --out runs/NAME for a new run, or --resume runs/NAME");
  }
  if (!options.fork.empty()) {
    return fork(options);
  }
  const model::RunConfig config = configFrom(options);
  // What is wrong with the data is said before anything in the folder is replaced.
  model::openDataset(config.data, config.model, model::Part::Train);
  const RunFolder folder{options.out};
  auto lock = claimNewRun(folder, config, options.force);
  ResumePoint from;
  from.run_id = newRunId();
  return runTraining(folder, std::move(lock), config, from, g_interrupted);
}

}  // namespace

void addTrainCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<TrainOptions>();
  auto* command = app.add_subcommand("train", "Train a model and record its routing");
  command->footer(
      "Configuration: defaults < --preset < --config < the other flags; `--set` reaches every key "
      "(README, \"Configuration\").\n"
      "Ctrl+C ends after the step with everything saved.\n"
      "A fork is a new run that begins with a checkpoint of another one: weights, optimiser, order "
      "of the data and\nnoise as they were, other settings where given (sizes and data stay). Its "
      "recording begins at that step and\nnames its parent. Of a run that trains: `limoe control "
      "RUN checkpoint` first, then --fork RUN.\n"
      "Examples:\n"
      "  limoe train --preset tiny --setting limoe --out runs/demo\n"
      "  limoe train --config my.json --set moe.experts=16 --steps 5000 --out runs/e16\n"
      "  limoe train --resume runs/e16\n"
      "  limoe train --fork runs/e16@2000 --set aux.weight=0.1 --out runs/e16-more-aux");
  auto* out = command->add_option("--out", options->out, "folder of the new run");
  command->add_option("--resume", options->resume, "go on with a run from its newest checkpoint")
      ->excludes(out);
  command
      ->add_option("--fork", options->fork,
                   "begin with a checkpoint of this run: RUN (the newest) or RUN@STEP")
      ->needs(out);
  command->add_flag("--force", options->force, "replace the run that is in --out");
  command->add_option("--config", options->config_file, "configuration file (JSON)");
  command->add_option("--set", options->assignments,
                      "KEY=VALUE for any key, for example moe.experts=16");
  command->add_option("--record", options->record_assignments,
                      "KEY=VALUE of what is recorded, for example probabilities=all");
  command->add_flag("--dense", options->dense, "no MoE layers");
  command->add_option("--preset", options->preset,
                      "sizes: tiny, S/32, S/16, B/32, B/16, L/32, L/16, H/14");
  addKey<std::string>(*command, options, "--setting", "/setting",
                      "auxiliary losses: none, classic, classic+bpr, limoe, limoe-no-bpr, gshard");
  addKey<std::string>(*command, options, "--towers", "/towers", "one or two");
  addKey<std::string>(*command, options, "--data", "/data/source", "the data: scenes");
  addKey<int64_t>(*command, options, "--steps", "/train/steps", "optimiser steps");
  addKey<int64_t>(*command, options, "--batch-size", "/train/batch_size", "pairs in a batch");
  addKey<double>(*command, options, "--lr", "/train/learning_rate", "peak learning rate");
  addKey<int64_t>(*command, options, "--seed", "/train/seed", "of weights, order and noise");
  addKey<int64_t>(*command, options, "--threads", "/train/threads",
                  "of the training step (0: one a core)");
  addKey<int64_t>(*command, options, "--every", "/record/every", "steps between snapshots");
  command->callback([options, &status] { status = train(*options); });
}

}  // namespace limoe::probe
