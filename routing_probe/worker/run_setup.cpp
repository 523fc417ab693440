#include "routing_probe/worker/run_setup.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "model/config_json.h"
#include "model/safetensors_header.h"
#include "model/training/trainer.h"
#include "routing_probe/recording/recording_reader.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;

// Enough captions for stable pieces; more only take longer.
constexpr int64_t kTokenizerCaptions = 5000;

/// Steps done at a checkpoint. Throws SafetensorsError where it is damaged.
int64_t stepOf(const fs::path& weights) {
  model::readSafetensorsHeader(weights);
  const fs::path optimiser = model::optimiserPath(weights);
  const auto metadata = model::readSafetensorsHeader(optimiser).metadata;
  const auto step = metadata.find("step");
  int64_t done = 0;
  if (step == metadata.end() ||
      std::from_chars(step->second.data(), step->second.data() + step->second.size(), done).ec !=
          std::errc()) {
    throw model::SafetensorsError(optimiser.string() + ": names no step; it is damaged");
  }
  return done;
}

/// What a resumed run could go on with goes first, so that one killed in between begins anew.
void removeRun(const RunFolder& folder) {
  std::vector<fs::path> parts = folder.partsAsTheyAre();
  fs::remove_all(folder.checkpoints());
  for (; !parts.empty(); parts.pop_back()) {
    fs::remove(parts.back());
  }
  std::error_code ignored;
  for (const fs::path& probe : folder.ownProbes()) {
    fs::remove(probe);
  }
  for (const fs::path& session : folder.ownProbeSessions()) {
    fs::remove(session);
  }
  fs::remove(folder.probes(), ignored);  // where nothing else is in it
  fs::remove(folder.tokenizer());
  fs::remove(folder.session());
}

void makeCheckpointsFolder(const RunFolder& folder) {
  std::error_code code;
  fs::create_directories(folder.checkpoints(), code);
  if (code) {
    throw std::runtime_error(folder.checkpoints().string() + ": cannot be made: " + code.message());
  }
}

std::optional<ParentRun> parentFromText(const std::string& text) {
  try {
    const nlohmann::json object = nlohmann::json::parse(text);
    return ParentRun{object.at("run_id"), object.at("folder"), object.at("step")};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // not ours
  }
}

/// The parent of a fork that recorded nothing yet.
std::optional<ParentRun> parentIn(const fs::path& checkpoint) {
  const auto metadata = model::readSafetensorsHeader(model::optimiserPath(checkpoint)).metadata;
  const auto found = metadata.find(kParentKey);
  return found == metadata.end() ? std::nullopt : parentFromText(found->second);
}

}  // namespace

std::string parentText(const ParentRun& parent) {
  const nlohmann::json object = {
      {"run_id", parent.run_id}, {"folder", parent.folder}, {"step", parent.step}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void writeTextFile(const fs::path& path, const std::string& text) {
  const fs::path temporary = path.string() + ".part";
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  std::error_code code;
  if (file) {
    fs::rename(temporary, path, code);
  }
  if (!file || code) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw std::runtime_error(path.string() +
                             ": cannot be written; check the permissions and the "
                             "room on the disk");
  }
}

std::unique_ptr<RunLock> claimNewRun(const RunFolder& folder, const model::RunConfig& config,
                                     bool force, const std::function<void()>& fill) {
  const bool recorded = !folder.partsAsTheyAre().empty() || !folder.ownProbes().empty();
  const bool is_run = folder.isRun() || recorded;
  if (!is_run && (fs::exists(folder.checkpoints()) || fs::exists(folder.tokenizer()))) {
    throw std::runtime_error(folder.path.string() +
                             ": is no run, but has a checkpoints folder or a tokenizer.model; "
                             "choose another --out");
  }
  if (is_run && !force) {
    throw std::runtime_error(
        folder.path.string() +
        (folder.isRun() ? ": there is a run here already; choose another --out, go on with "
                          "--resume, or replace it with --force"
                        : ": has recordings of a run, but no config.json to go on with; choose "
                          "another --out, or replace them with --force"));
  }
  std::error_code code;
  fs::create_directories(folder.path, code);
  if (code) {
    throw std::runtime_error(folder.path.string() +
                             ": the folder cannot be made: " + code.message());
  }
  auto lock = std::make_unique<RunLock>(folder);
  try {
    removeRun(folder);
    if (fill) {
      fs::remove(folder.config());  // one killed from here on is no run, not a wrong one
      makeCheckpointsFolder(folder);
      fill();
    }
    // From here on it is a run that can be gone on with.
    writeTextFile(folder.config(), model::toJson(config).dump(2) + "\n");
    makeCheckpointsFolder(folder);
  } catch (...) {
    if (!is_run) {
      abandonNewRun(folder);
    }
    throw;
  }
  return lock;
}

void abandonNewRun(const RunFolder& folder) {
  std::error_code ignored;
  fs::remove_all(folder.checkpoints(), ignored);
  for (const fs::path& file : {folder.tokenizer(), folder.config(), folder.lock()}) {
    fs::remove(file, ignored);
  }
}

std::unique_ptr<RunLock> claimExistingRun(const RunFolder& folder) {
  if (!folder.isRun()) {
    throw std::runtime_error(folder.path.string() + ": there is no run here to go on with");
  }
  return std::make_unique<RunLock>(folder);
}

ResumePoint resumePointOf(const RunFolder& folder) {
  ResumePoint point;
  const std::vector<fs::path> checkpoints = model::checkpointsIn(folder.checkpoints());
  for (const fs::path& checkpoint : checkpoints) {
    try {
      point.first_step = stepOf(checkpoint) + 1;
      point.checkpoint = checkpoint;
      break;
    } catch (const model::SafetensorsError& error) {
      point.warnings.push_back(std::string(error.what()) + "; going on from the one before");
    }
  }
  if (point.checkpoint.empty() && !checkpoints.empty()) {
    throw std::runtime_error(point.warnings.front() +
                             "\nThere is no whole checkpoint to go on from; start again with "
                             "--force");
  }
  const std::vector<fs::path> parts = folder.parts();
  point.part = static_cast<int64_t>(parts.size()) + 1;
  for (auto part = parts.rbegin(); part != parts.rend() && point.run_id.empty(); ++part) {
    try {
      const Origin origin = originOf(*part);
      point.run_id = origin.run_id;
      point.parent = origin.parent;
    } catch (const NewerVersionError&) {
      throw;  // what the other program recorded there is not ours to go on with
    } catch (const RecordingError& error) {
      point.warnings.push_back(std::string(error.what()) +
                               "; the run goes on, but can only be shown as a whole after "
                               "`limoe check --repair`");
    }
  }
  if (point.run_id.empty()) {
    point.run_id = newRunId();
  }
  if (!point.parent && !point.checkpoint.empty()) {
    point.parent = parentIn(point.checkpoint);
  }
  return point;
}

ResumePoint pointAt(const fs::path& checkpoint) {
  ResumePoint point;
  point.checkpoint = checkpoint;
  if (!fs::exists(checkpoint)) {
    throw std::runtime_error(checkpoint.string() + ": there is no such checkpoint");
  }
  const fs::path optimiser = model::optimiserPath(checkpoint);
  if (!fs::exists(optimiser)) {
    throw std::runtime_error(optimiser.string() +
                             ": is missing; it has the step and the run's configuration and "
                             "belongs beside the checkpoint");
  }
  point.first_step = stepOf(checkpoint) + 1;
  return point;
}

Origin originAt(const model::RunConfig& config, const ResumePoint& from, int64_t group_pairs) {
  Origin origin;
  origin.config_json = model::toJson(config).dump();
  origin.program = "limoe " LIMOE_SCOPE_VERSION;
  origin.created = utcNow();
  origin.run_id = from.run_id;
  origin.part = from.part;
  origin.first_step = from.first_step;
  origin.probe_capacity_factor = config.model.moe ? config.model.moe->capacity_factor : 0;
  origin.probe_group_pairs = group_pairs;
  origin.parent = from.parent;
  return origin;
}

model::RunConfig configAt(const RunFolder& folder, const ResumePoint& point) {
  if (point.checkpoint.empty()) {
    return model::runConfigFromLayers({model::readJsonFile(folder.config())});
  }
  const fs::path optimiser = model::optimiserPath(point.checkpoint);
  const auto metadata = model::readSafetensorsHeader(optimiser).metadata;
  const auto run = metadata.find("run");
  if (run == metadata.end()) {
    throw std::runtime_error(optimiser.string() + ": has no configuration");
  }
  return model::runConfigFromLayers(
      {model::parseJson(run->second, optimiser.string() + ": __metadata__.run")});
}

model::Tokenizer runTokenizer(const RunFolder& folder, const model::RunConfig& config,
                              const model::Dataset& train) {
  if (!fs::exists(folder.tokenizer())) {
    std::vector<std::string> captions;
    for (int64_t i = 0; i < std::min(train.size(), kTokenizerCaptions); ++i) {
      captions.push_back(train.caption(i));
    }
    const fs::path unfinished = folder.tokenizer().string() + ".part";
    model::Tokenizer::train(captions, config.model.vocab_size, unfinished);
    fs::rename(unfinished, folder.tokenizer());
  }
  return existingTokenizer(folder, config);
}

model::Tokenizer existingTokenizer(const RunFolder& folder, const model::RunConfig& config) {
  model::Tokenizer tokenizer(folder.tokenizer());
  if (tokenizer.vocabSize() > config.model.vocab_size) {
    throw std::runtime_error(
        folder.tokenizer().string() + ": has " + std::to_string(tokenizer.vocabSize()) +
        " pieces, the model only vocab_size = " + std::to_string(config.model.vocab_size));
  }
  return tokenizer;
}

std::string utcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

std::string newRunId() {
  std::random_device device;
  std::string id;
  for (int i = 0; i < 32; ++i) {
    id += "0123456789abcdef"[device() % 16];
  }
  return id;
}

}  // namespace limoe::probe
