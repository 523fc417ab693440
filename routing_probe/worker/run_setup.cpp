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

std::map<std::string, std::string> optimiserMetadata(fs::path weights) {
  return model::readSafetensorsHeader(weights.replace_extension(".optimizer.safetensors")).metadata;
}

void removeRun(const RunFolder& folder) {
  for (const fs::path& part : folder.parts()) {
    fs::remove(part);
  }
  fs::remove(folder.config());
  fs::remove(folder.tokenizer());
  fs::remove(folder.session());
  fs::remove_all(folder.checkpoints());
}

}  // namespace

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
    throw std::runtime_error(path.string() +
                             ": cannot be written; check the permissions and the "
                             "room on the disk");
  }
}

std::unique_ptr<RunLock> claimNewRun(const RunFolder& folder, bool force) {
  if (!folder.isRun() && (fs::exists(folder.checkpoints()) || fs::exists(folder.tokenizer()))) {
    throw std::runtime_error(folder.path.string() +
                             ": is no run, but has a checkpoints folder or a tokenizer.model; "
                             "choose another --out");
  }
  if (folder.isRun() && !force) {
    throw std::runtime_error(folder.path.string() +
                             ": there is a run here already; choose another --out, go on with "
                             "--resume, or replace it with --force");
  }
  std::error_code code;
  fs::create_directories(folder.path, code);
  if (code) {
    throw std::runtime_error(folder.path.string() +
                             ": the folder cannot be made: " + code.message());
  }
  auto lock = std::make_unique<RunLock>(folder);
  removeRun(folder);
  fs::create_directories(folder.checkpoints(), code);
  if (code) {
    throw std::runtime_error(folder.checkpoints().string() + ": cannot be made: " + code.message());
  }
  return lock;
}

std::unique_ptr<RunLock> claimExistingRun(const RunFolder& folder) {
  if (!folder.isRun()) {
    throw std::runtime_error(folder.path.string() + ": there is no run here to go on with");
  }
  return std::make_unique<RunLock>(folder);
}

ResumePoint resumePointOf(const RunFolder& folder) {
  ResumePoint point;
  point.checkpoint = model::newestCheckpoint(folder.checkpoints());
  if (point.checkpoint.empty()) {
    throw std::runtime_error(folder.checkpoints().string() +
                             ": there is no checkpoint to go on from; start again with --force");
  }
  const auto metadata = optimiserMetadata(point.checkpoint);
  const auto step = metadata.find("step");
  int64_t done = 0;
  if (step == metadata.end() ||
      std::from_chars(step->second.data(), step->second.data() + step->second.size(), done).ec !=
          std::errc()) {
    throw std::runtime_error(point.checkpoint.string() + ": its optimiser state names no step");
  }
  point.first_step = done + 1;
  const auto parts = folder.parts();
  point.part = static_cast<int64_t>(parts.size()) + 1;
  point.run_id = parts.empty() ? newRunId() : RecordingReader(folder.path).origin().run_id;
  return point;
}

model::RunConfig configAtCheckpoint(const fs::path& weights) {
  const auto metadata = optimiserMetadata(weights);
  const auto run = metadata.find("run");
  if (run == metadata.end()) {
    throw std::runtime_error(weights.string() + ": its optimiser state has no configuration");
  }
  return model::runConfigFromLayers({nlohmann::json::parse(run->second, nullptr, false)});
}

model::Tokenizer runTokenizer(const RunFolder& folder, const model::RunConfig& config,
                              const model::Dataset& train) {
  if (!fs::exists(folder.tokenizer())) {
    std::vector<std::string> captions;
    for (int64_t i = 0; i < std::min(train.size(), kTokenizerCaptions); ++i) {
      captions.push_back(train.caption(i));
    }
    model::Tokenizer::train(captions, config.model.vocab_size, folder.tokenizer());
  }
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
