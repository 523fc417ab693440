#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "model/config_json.h"
#include "routing_probe/worker/commands.h"
#include "routing_probe/worker/control_server.h"
#include "routing_probe/worker/own_samples.h"

namespace limoe::probe {
namespace {

constexpr double kAnswerSeconds = 5;
constexpr auto kProbeInterval = std::chrono::milliseconds(100);

struct ControlOptions {
  std::string run;
  std::string command;
  std::vector<std::string> values;
  std::string folder;
  OwnSampleOptions samples;
};

nlohmann::ordered_json ask(const ControlOptions& options, const nlohmann::json& request) {
  auto reply = nlohmann::ordered_json::parse(
      askWorker(runFolderOf(options.run), request.dump(), kAnswerSeconds));
  if (!reply.value("ok", false)) {
    throw std::runtime_error(reply.value("error", "the worker refused"));
  }
  return reply;
}

/// Waits until the worker has routed them.
nlohmann::ordered_json probe(const ControlOptions& options) {
  const auto samples = ownSamplesFrom(options.samples);
  auto reply = ask(options, {{"command", "probe"}, {"samples", toJson(samples)}});
  const nlohmann::json number = reply["probe"];
  std::string told;
  while (!reply.value("done", false)) {
    // Who waits for minutes is told why.
    const std::string doing = reply.value("doing", "");
    if (doing.starts_with(kRunWaits) && told != doing) {
      std::cerr << doing << std::endl;
      told = doing;
    }
    std::this_thread::sleep_for(kProbeInterval);
    reply = ask(options, {{"command", "probe"}, {"probe", number}});
  }
  if (reply.contains("failed")) {
    throw std::runtime_error(reply["failed"].get<std::string>());
  }
  return reply;
}

bool control(const ControlOptions& options) {
  if (options.command == "probe") {
    std::cout << probe(options).dump(2) << '\n';
    return true;
  }
  nlohmann::json request = {{"command", options.command}};
  for (const std::string& text : options.values) {
    // {"aux": {"weight": 0.1}} → {"aux.weight": 0.1}
    const auto flat = model::layerFromAssignment(text).flatten();
    for (const auto& [pointer, value] : flat.items()) {
      std::string key = pointer.substr(1);
      std::replace(key.begin(), key.end(), '/', '.');
      request["values"][key] = value;
    }
  }
  if (!options.folder.empty()) {
    request["folder"] = std::filesystem::absolute(options.folder).string();
  }
  std::cout << ask(options, request).dump(2) << '\n';
  return true;
}

}  // namespace

void addControlCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<ControlOptions>();
  auto* command = app.add_subcommand("control", "Steer a worker that is training");
  command->footer(
      "Examples:\n"
      "  limoe control runs/demo status\n"
      "  limoe control runs/demo set aux.weight=0.1 aux.global_text=0\n"
      "  limoe control runs/demo probe --image cat.png --caption \"a red house\"\n"
      "Can be set: aux.* (weight, coefficients, min_experts_image, min_experts_text), "
      "moe.noise_std,\nmoe.capacity_factor, moe.priority, train.learning_rate. A change takes "
      "effect at the next step and is recorded as\nan event with that step, old and new value.\n"
      "To try other settings beside the run: `checkpoint` (its event says when it is written), "
      "then "
      "`limoe train --fork RUN`.");
  command->add_option("run", options->run, "the run's folder")->required();
  command->add_option("command", options->command, "what to do")
      ->required()
      ->check(CLI::IsMember(
          {"status", "pause", "resume", "step", "stop", "checkpoint", "retry", "set", "probe"}));
  command->add_option("values", options->values, "of set: KEY=VALUE");
  command->add_option("--folder", options->folder,
                      "of stop, while the worker waits for room: save the checkpoint and what is "
                      "not recorded yet here");
  addOwnSampleOptions(*command, options->samples);
  command->callback([options, &status] { status = control(*options) ? 0 : 1; });
}

}  // namespace limoe::probe
