// `limoe probe`: a user's own images and captions, routed by the weights of a checkpoint.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/config_json.h"
#include "model/safetensors.h"
#include "routing_probe/worker/commands.h"
#include "routing_probe/worker/long_work.h"
#include "routing_probe/worker/own_probe.h"
#include "routing_probe/worker/run_setup.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct ProbeOptions {
  std::string model, list, out;
  OwnSampleOptions samples;
  bool as_json = false;
};

/// A run and which of its checkpoints.
struct Weights {
  RunFolder folder;
  ResumePoint point;
};

Weights weightsOf(const fs::path& path) {
  if (path.extension() == ".safetensors") {
    // RUN/checkpoints/step-00000300.safetensors
    const fs::path folder = fs::absolute(path).parent_path().parent_path();
    Weights weights{{folder}, pointAt(path)};
    weights.point.run_id = resumePointOf(weights.folder).run_id;
    return weights;
  }
  const RunFolder folder = runFolderOf(path);
  if (!folder.isRun()) {
    throw std::runtime_error(path.string() + ": is neither a run nor a checkpoint (.safetensors)");
  }
  Weights weights{folder, resumePointOf(folder)};
  if (weights.point.checkpoint.empty()) {
    throw std::runtime_error(folder.path.string() +
                             ": has no checkpoint yet; while it is trained, ask its worker: limoe "
                             "control " +
                             folder.path.string() + " probe …");
  }
  return weights;
}

std::vector<OwnSample> samplesOf(const ProbeOptions& options) {
  std::vector<OwnSample> samples = ownSamplesFrom(options.samples);
  if (!options.list.empty()) {
    const std::string file = options.list == "-" ? "/dev/stdin" : options.list;
    const json list = model::readJsonFile(file);
    const auto more = ownSamplesFromJson(list.is_object() ? list.value("samples", json()) : list);
    samples.insert(samples.end(), more.begin(), more.end());
  }
  if (samples.empty()) {
    throw std::runtime_error("probe: give --image FILE, --caption TEXT or --pair FILE TEXT");
  }
  if (samples.size() > kMostOwnSamples) {
    throw std::runtime_error("probe: at most " + std::to_string(kMostOwnSamples) +
                             " images and captions at once, not " + std::to_string(samples.size()));
  }
  return samples;
}

/// The run's own; nullptr where it is not to be had.
std::unique_ptr<model::Dataset> heldOutOf(const model::RunConfig& config) {
  try {
    return model::openDataset(config.data, config.model, model::Part::HeldOut);
  } catch (const std::exception&) {
    return nullptr;
  }
}

void probe(const ProbeOptions& options) {
  if (!options.out.empty() && fs::exists(fs::symlink_status(options.out))) {
    throw std::runtime_error(options.out +
                             " exists already; a recording is never overwritten. Choose another "
                             "name");
  }
  catchInterrupts();
  LongWork work;
  const auto say = [&](const std::string& line) {
    if (options.as_json) {
      std::cerr << line << std::endl;
    } else {
      work.say(line);
    }
  };
  const std::vector<OwnSample> samples = samplesOf(options);
  Weights weights = weightsOf(options.model);
  for (const std::string& warning : weights.point.warnings) {
    say(warning);
  }
  const std::string name = weights.point.checkpoint.filename().string();
  const model::RunConfig config = configAt(weights.folder, weights.point);
  const model::Tokenizer tokenizer = existingTokenizer(weights.folder, config);
  const auto held_out = heldOutOf(config);
  const OwnProbe own(samples, config, held_out.get(), tokenizer,
                     [&](const std::string& what, double done) {
                       throwIfInterrupted();
                       if (options.as_json) {
                         std::cerr << what << std::endl;
                       } else {
                         work.progress()(what, done);
                       }
                     });
  say("loading " + name);
  model::Limoe model(config.model, config.train.seed);
  model::loadParameters(model, model::readSafetensors(weights.point.checkpoint),
                        weights.point.checkpoint);
  throwIfInterrupted();
  say("routing " + samplesText(own.samples()) + " in groups of " +
      std::to_string(own.groupPairs()));
  const int64_t step = weights.point.first_step - 1;
  const Snapshot snapshot = own.route(model, step);
  throwIfInterrupted();
  weights.point.part = 1;  // whatever the run has, this is a recording of its own
  const fs::path path = own.save(snapshot, originAt(config, weights.point, own.groupPairs()),
                                 weights.folder, options.out);
  if (options.as_json) {
    const json reply = {{"recording", path.string()},
                        {"step", step},
                        {"samples", own.samples()},
                        {"remarks", own.remarks()}};
    std::cout << reply.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    return;
  }
  for (const std::string& remark : own.remarks()) {
    say("note: " + remark);
  }
  say(path.string() + ": " + samplesText(own.samples()) + ", weights of step " +
      std::to_string(step));
}

}  // namespace

void addProbeCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<ProbeOptions>();
  auto* command =
      app.add_subcommand("probe", "Route images and captions of your own with a run's checkpoint");
  command->footer(
      "The recording has one snapshot and is opened like any other: limoe-scope "
      "runs/a/probes/own-300.h5.\n"
      "Images are turned upright, cropped to their middle square and scaled to the model's size. "
      "An image\nalone gets an empty caption (one unknown token), a caption alone a plain grey "
      "picture; both are\nrouted. Groups are filled with held-out pairs of the run, so that "
      "capacity means what it meant in\ntraining.\n"
      "While the run trains: limoe control runs/a probe --image cat.png\n"
      "Exit status 1 where none could be used; what is wrong with single files is said.\n"
      "Examples:\n"
      "  limoe probe --model runs/a --image cat.png dog.jpg\n"
      "  limoe probe --model runs/a --pair house.png \"a red house under a blue sky\"\n"
      "  limoe probe --model runs/a/checkpoints/step-00000200.safetensors --caption \"a tree\" "
      "--out "
      "tree.h5");
  command
      ->add_option("--model", options->model,
                   "a run (its newest checkpoint), or a checkpoint in it")
      ->required();
  addOwnSampleOptions(*command, options->samples);
  command->add_option("--list", options->list,
                      "JSON file (-: standard input) {\"samples\": [{\"image\": FILE, \"caption\": "
                      "TEXT}, …]}");
  command->add_option("--out", options->out,
                      "the recording (default: RUN/probes/own-STEP.h5); never replaced");
  command->add_flag("--json", options->as_json, "the result as JSON, progress on standard error");
  command->callback([options, &status] {
    probe(*options);
    status = 0;
  });
}

}  // namespace limoe::probe
