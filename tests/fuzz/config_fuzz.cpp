// Fuzzes configurations: files, KEY=VALUE assignments, changes while training. The first byte says
// which; each either works or throws ConfigError.
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/config_json.h"
#include "model/model_size.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using nlohmann::json;
using namespace limoe::model;

/// A configuration that is accepted is sound: it has sizes, and can be written and read again.
void requireSound(const RunConfig& run) {
  const std::string text = toJson(run).dump();
  if (modelSize(run.model).parameters <= 0 ||
      toJson(runConfigFromLayers({json::parse(text)})).dump() != text) {
    std::abort();
  }
}

void readFile(const std::string& text) {
  static const std::filesystem::path path = limoe::fuzz::scratchFile("fuzzed.json");
  std::ofstream(path, std::ios::binary) << text;
  json layer;
  try {
    layer = readJsonFile(path);
  } catch (const ConfigError& error) {
    limoe::fuzz::requireNamed(error, path);
    return;
  }
  requireSound(runConfigFromLayers({layer}));
}

void readModel(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_discarded() && text.size() < 4096) {
    modelConfigFromJson(object);
  }
}

void readAssignments(const std::string& text) {
  std::vector<json> layers;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    layers.push_back(layerFromAssignment(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  requireSound(runConfigFromLayers(layers));
}

void readChanges(const std::string& text) {
  static const RunConfig config = runConfigFromLayers({});
  const json changes = json::parse(text, nullptr, false);
  if (!changes.is_discarded() && text.size() < 4096) {
    requireSound(withLiveChanges(config, changes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr void (*kReaders[])(const std::string&) = {readFile, readModel, readAssignments,
                                                      readChanges};
  try {
    kReaders[data[0] % 4](text);
  } catch (const ConfigError& error) {
    if (error.faults().empty() || std::string(error.what()).empty()) {
      std::abort();
    }
  }
  return 0;
}
