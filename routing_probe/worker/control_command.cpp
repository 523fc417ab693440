#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "model/config_json.h"
#include "routing_probe/worker/commands.h"
#include "routing_probe/worker/control_server.h"

namespace limoe::probe {
namespace {

constexpr double kAnswerSeconds = 5;

struct ControlOptions {
  std::string run;
  std::string command;
  std::vector<std::string> values;
  std::string folder;
};

bool control(const ControlOptions& options) {
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
  const auto reply = nlohmann::ordered_json::parse(
      askWorker(runFolderOf(options.run), request.dump(), kAnswerSeconds));
  if (!reply.value("ok", false)) {
    throw std::runtime_error(reply.value("error", "the worker refused"));
  }
  std::cout << reply.dump(2) << '\n';
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
      "Can be set: aux.*, moe.noise_std, moe.capacity_factor, moe.priority, "
      "train.learning_rate.\nA change takes effect at the next step and is recorded "
      "as an event with that step.");
  command->add_option("run", options->run, "the run's folder")->required();
  command->add_option("command", options->command, "what to do")
      ->required()
      ->check(CLI::IsMember(
          {"status", "pause", "resume", "step", "stop", "checkpoint", "retry", "set"}));
  command->add_option("values", options->values, "of set: KEY=VALUE");
  command->add_option("--folder", options->folder,
                      "of stop, while the worker waits for room: save the checkpoint and what is "
                      "not recorded yet here");
  command->callback([options, &status] { status = control(*options) ? 0 : 1; });
}

}  // namespace limoe::probe
