#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "model/config_json.h"
#include "model/model_size.h"
#include "model/safetensors_header.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/worker/commands.h"

namespace limoe::probe {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

struct Described {
  model::ModelConfig config;
  std::optional<ParentRun> parent;
};

Described describedBy(const std::string& what) {
  const auto presets = model::presetNames();
  if (std::find(presets.begin(), presets.end(), what) != presets.end()) {
    return {model::runConfigFromLayers({{{"preset", what}}}).model, {}};
  }
  const std::filesystem::path path(what);
  if (!std::filesystem::exists(path)) {
    std::string names;
    for (const auto& name : presets) {
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    throw std::runtime_error("\"" + what + "\" is neither a preset (" + names + ") nor a file");
  }
  if (path.extension() == ".safetensors") {
    const auto header = model::readSafetensorsHeader(path);
    const auto found = header.metadata.find("config");
    if (found == header.metadata.end()) {
      throw std::runtime_error(what + ": has no configuration under __metadata__.config");
    }
    return {
        model::modelConfigFromJson(model::parseJson(found->second, what + ": __metadata__.config")),
        {}};
  }
  if (std::filesystem::is_directory(path) || path.extension() == ".h5") {
    const RecordingReader recording(path);
    return {model::runConfigFromLayers(
                {model::parseJson(recording.origin().config_json, what + ": config")})
                .model,
            recording.origin().parent};
  }
  return {model::runConfigFromLayers({model::readJsonFile(path)}).model, {}};
}

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

void printInfo(const std::string& what, const Described& described, bool as_json) {
  const model::ModelConfig& c = described.config;
  const std::optional<ParentRun>& parent = described.parent;
  const model::ModelSize size = model::modelSize(c);
  if (as_json) {
    ordered_json out = {{"name", what},
                        {"parameters", size.parameters},
                        {"parameters_per_token", size.parameters_per_token},
                        {"flops_per_pair", size.flops_per_pair},
                        {"patches", c.patches()},
                        {"moe_layers", c.moeLayers()},
                        {"config", model::toJson(c)}};
    if (parent) {
      out["parent"] = {
          {"run_id", parent->run_id}, {"folder", parent->folder}, {"step", parent->step}};
    }
    std::cout << out.dump(2) << '\n';
    return;
  }
  std::ostringstream blocks;
  if (c.moe) {
    for (const int64_t block : c.moe->blocks) {
      blocks << (blocks.tellp() > 0 ? " " : "") << block;
    }
  }
  const auto row = [](const char* label) -> std::ostream& {
    return std::cout << "  " << std::left << std::setw(24) << label;
  };
  std::cout << what << '\n';
  if (parent) {
    row("fork of") << "step " << parent->step << " of "
                   << std::filesystem::path(parent->folder).filename().string() << " ("
                   << parent->folder << ", run " << parent->run_id << ")\n";
  }
  row("image") << c.image_size << " pixels in patches of " << c.patch_size << ": " << c.patches()
               << " tokens\n";
  row("text") << "up to " << c.text_length << " tokens of a vocabulary of " << grouped(c.vocab_size)
              << '\n';
  row("width D, MLP M") << c.width << ", " << c.mlp_dim << '\n';
  row("blocks, heads") << c.depth << ", " << c.heads << '\n';
  row("embedding width Z") << c.embed_dim << '\n';
  row("towers") << (c.towers == model::Towers::One ? "one for both modalities"
                                                   : "two, one for each modality")
                << '\n';
  if (c.moe) {
    row("experts E, per token K") << c.moe->experts << ", " << c.moe->top_k << '\n';
    row("MoE blocks") << blocks.str() << '\n';
  } else {
    row("MoE blocks") << "none (dense)\n";
  }
  row("parameters") << grouped(size.parameters) << '\n';
  row("applied per token") << grouped(size.parameters_per_token)
                           << (c.towers == model::Towers::Two ? " (one tower)\n" : "\n");
  row("FLOPs per pair") << std::setprecision(4) << size.flops_per_pair
                        << " (forward, matrix products, multiply-add = 2)\n";
}

}  // namespace

void addInfoCommand(CLI::App& app, int& status) {
  struct Options {
    std::string what;
    bool as_json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("info", "Sizes of a model, without allocating it");
  command->footer("Examples:\n  limoe info H/14\n  limoe info runs/demo --json");
  command
      ->add_option("what", options->what,
                   "a preset, a configuration (JSON), a checkpoint (.safetensors) or a run")
      ->required();
  command->add_flag("--json", options->as_json, "print JSON");
  command->callback([options, &status] {
    printInfo(options->what, describedBy(options->what), options->as_json);
    status = 0;
  });
}

}  // namespace limoe::probe
