#include "routing_probe/worker/fork.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "model/config_json.h"
#include "model/safetensors.h"
#include "model/training/trainer.h"
#include "routing_probe/recording/recording_reader.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Place {
  std::string run;
  std::optional<int64_t> step;
};

/// A folder may have an @ in its name.
Place placeOf(const std::string& text) {
  const auto at = text.rfind('@');
  if (at == std::string::npos || fs::exists(text)) {
    return {text, std::nullopt};
  }
  int64_t step = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + at + 1, end, step);
  if (error != std::errc() || stop != end || step < 0) {
    throw std::runtime_error("train: --fork " + text + ": \"" + text.substr(at + 1) +
                             "\" is no step; write RUN@STEP, for example runs/a@400");
  }
  return {text.substr(0, at), step};
}

/// The step that a checkpoint's name says: of step-00000400.safetensors 400.
int64_t stepInName(const fs::path& checkpoint) {
  return std::strtoll(checkpoint.stem().string().c_str() + std::string_view("step-").size(),
                      nullptr, 10);
}

/// "200, 400".
std::string stepsOf(std::vector<fs::path> checkpoints) {
  std::string text;
  for (auto at = checkpoints.rbegin(); at != checkpoints.rend(); ++at) {
    text += (text.empty() ? "" : ", ") + std::to_string(stepInName(*at));
  }
  return text;
}

ResumePoint newestOf(const RunFolder& folder) {
  ResumePoint newest = resumePointOf(folder);
  ResumePoint point = pointAt(newest.checkpoint);
  point.warnings = newest.warnings;
  return point;
}

/// Of the newest part that can be read.
std::string runIdOf(const RunFolder& folder) {
  std::vector<fs::path> parts = folder.partsAsTheyAre();
  for (; !parts.empty(); parts.pop_back()) {
    try {
      return originOf(parts.back()).run_id;
    } catch (const RecordingError&) {  // the checkpoint is what counts
    }
  }
  return {};
}

bool isSameFolder(const RunFolder& a, const RunFolder& b) {
  std::error_code ignored;
  return fs::weakly_canonical(fs::absolute(a.path), ignored) ==
         fs::weakly_canonical(fs::absolute(b.path), ignored);
}

/// How `folder` is found from `from`: so that both can move together.
std::string seenFrom(const fs::path& from, const fs::path& folder) {
  std::error_code code;
  const fs::path relative = fs::relative(folder, from, code);
  return (code || relative.empty() ? fs::absolute(folder) : relative).generic_string();
}

struct Checkpoint {
  model::TensorFile parameters, optimiser;
};

/// The checkpoint as the fork's own: with its configuration and its parent.
Checkpoint readCheckpoint(const ForkSource& source, const model::RunConfig& config,
                          const ParentRun& parent) {
  Checkpoint checkpoint{model::readSafetensors(source.point.checkpoint),
                        model::readSafetensors(model::optimiserPath(source.point.checkpoint))};
  checkpoint.optimiser.metadata["run"] = model::toJson(config).dump();
  checkpoint.optimiser.metadata[kParentKey] = parentText(parent);
  checkpoint.parameters.metadata["config"] = model::toJson(config.model).dump();
  return checkpoint;
}

}  // namespace

ForkSource forkSourceOf(const std::string& run) {
  const Place place = placeOf(run);
  ForkSource source;
  source.folder = runFolderOf(place.run);
  const std::string name = source.folder.path.string();
  if (!source.folder.isRun()) {
    throw std::runtime_error(name + ": there is no run here to fork");
  }
  const std::vector<fs::path> checkpoints = model::checkpointsIn(source.folder.checkpoints());
  if (checkpoints.empty()) {
    throw std::runtime_error(name +
                             ": has no checkpoint yet. While it trains, one is made by: limoe "
                             "control " +
                             name + " checkpoint");
  }
  if (place.step) {
    const auto found = std::find_if(checkpoints.begin(), checkpoints.end(), [&](const auto& path) {
      return stepInName(path) == *place.step;
    });
    if (found == checkpoints.end()) {
      throw std::runtime_error(name + ": has no checkpoint of step " + std::to_string(*place.step) +
                               "; there are: " + stepsOf(checkpoints));
    }
    source.point = pointAt(*found);
  } else {
    source.point = newestOf(source.folder);
  }
  source.point.run_id = runIdOf(source.folder);
  source.config = configAt(source.folder, source.point);
  return source;
}

void requireForkable(const ForkSource& source, const model::RunConfig& config) {
  const json before = json::parse(model::toJson(source.config).dump());
  const json after = json::parse(model::toJson(config).dump());
  std::vector<std::string> faults;
  const auto keep = [&](const json& a, const json& b, const std::string& key,
                        const std::string& why) {
    if (a != b) {
      faults.push_back(key + ": a fork keeps its parent's (" + a.dump() + "), " + why + "; " +
                       b.dump() + " needs a new run");
    }
  };
  for (const char* key : {"image_size", "patch_size", "text_length", "vocab_size", "width",
                          "mlp_dim", "depth", "heads", "embed_dim", "gelu", "towers"}) {
    keep(before[key], after[key], key, "the checkpoint's weights are of such a model");
  }
  if (before["moe"].is_null() != after["moe"].is_null()) {
    faults.push_back(std::string("moe: the parent is ") +
                     (before["moe"].is_null() ? "dense" : "no dense model") +
                     ", and a fork has its weights; the other kind needs a new run");
  } else if (!before["moe"].is_null()) {
    for (const char* key : {"blocks", "experts"}) {
      keep(before["moe"][key], after["moe"][key], std::string("moe.") + key,
           "the checkpoint's weights are of such a model");
    }
  }
  for (const auto& [key, value] : before["data"].items()) {
    keep(value, after["data"][key], "data." + key, "it goes on with the same data");
  }
  if (config.train.steps <= source.step()) {
    faults.push_back("train.steps: the fork begins at step " + std::to_string(source.step()) +
                     ", so give --steps above that, is " + std::to_string(config.train.steps));
  }
  if (!faults.empty()) {
    throw model::ConfigError(std::move(faults));
  }
}

std::string differencesText(const model::RunConfig& before, const model::RunConfig& after) {
  const json old_values = json::parse(model::toJson(before).dump()).flatten();
  const json new_values = json::parse(model::toJson(after).dump()).flatten();
  std::string text;
  for (const auto& [pointer, value] : new_values.items()) {
    const json old_value = old_values.value(pointer, json());
    if (old_value != value) {
      std::string key = pointer.substr(1);
      std::replace(key.begin(), key.end(), '/', '.');
      text += (text.empty() ? "" : ", ") + key + " " + old_value.dump() + " → " + value.dump();
    }
  }
  return text;
}

std::unique_ptr<RunLock> claimFork(const RunFolder& folder, const ForkSource& source,
                                   const model::RunConfig& config, bool force, ResumePoint& from) {
  if (isSameFolder(folder, source.folder)) {
    throw std::runtime_error(folder.path.string() +
                             ": a run cannot be replaced by its own fork; choose another --out");
  }
  from = source.point;
  from.part = 1;
  from.run_id = newRunId();
  from.parent =
      ParentRun{source.point.run_id, seenFrom(folder.path, source.folder.path), source.step()};
  from.changes = differencesText(source.config, config);
  // Read before anything is replaced: what cannot be forked costs no other run.
  const Checkpoint checkpoint = readCheckpoint(source, config, *from.parent);
  return claimNewRun(folder, config, force, [&] {
    from.checkpoint = folder.checkpoints() / source.point.checkpoint.filename();
    model::writeSafetensors(model::optimiserPath(from.checkpoint), checkpoint.optimiser);
    model::writeSafetensors(from.checkpoint, checkpoint.parameters);
    if (fs::exists(source.folder.tokenizer())) {  // else it is trained anew, the same
      fs::copy_file(source.folder.tokenizer(), folder.tokenizer());
    }
  });
}

}  // namespace limoe::probe
