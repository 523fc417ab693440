#include "model/sweep_spec.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "model/config_fields.h"
#include "model/config_json.h"

namespace limoe::model {
namespace {

using nlohmann::json;

constexpr std::size_t kMostVariants = 100;
constexpr int64_t kMostSeeds = 100;

/// A name becomes the name of a folder.
bool isName(const std::string& text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= 60 && std::all_of(text.begin(), text.end(), fits) &&
         text.front() != '.' && text.front() != '-';
}

const char* const kNameRule =
    "must be a name of at most 60 letters, digits and + - _ . that does not begin with . or -";

struct Variant {
  std::string place;  ///< "variants[1] (dense)"
  std::string name;
  std::vector<json> layers;
};

Variant readVariant(const json& object, std::size_t index, std::vector<std::string>& faults) {
  Variant variant;
  variant.place = "variants[" + std::to_string(index) + "]";
  Fields fields(object, variant.place + ".", faults);
  std::string setting;
  fields.text("setting", setting);
  variant.name = setting;
  fields.text("name", variant.name);
  if (object.is_object() && !isName(variant.name)) {
    fields.fault("name", kNameRule + std::string(", is ") + shown(variant.name));
  }
  variant.place += " (" + excerpt(variant.name) + ")";
  if (!setting.empty()) {
    variant.layers.push_back({{"setting", setting}});
  }
  if (const json* set = fields.find("set")) {
    if (!set->is_object()) {
      fields.fault("set", "must be an object such as {\"aux.weight\": 0.1}, is " + shown(*set));
      return variant;
    }
    for (const auto& [key, value] : set->items()) {
      if (key == "train.seed") {
        fields.fault("set", "train.seed comes from \"seeds\"; leave it out here");
        continue;
      }
      try {
        variant.layers.push_back(layerFromAssignment(key + "=" + value.dump()));
      } catch (const ConfigError& error) {
        fields.fault("set", error.what());
      }
    }
  }
  fields.reportUnknownKeys();
  return variant;
}

std::vector<int64_t> readSeeds(Fields& fields) {
  const json* found = fields.find("seeds");
  int64_t count = 1;
  if (found != nullptr && found->is_array()) {
    std::set<int64_t> seeds;
    for (const json& seed : *found) {
      if (seed.is_number_integer() && seed >= 0 && seed <= std::numeric_limits<int64_t>::max()) {
        seeds.insert(seed.get<int64_t>());
      }
    }
    if (seeds.empty() || seeds.size() != found->size() || std::ssize(seeds) > kMostSeeds) {
      fields.fault("seeds", "must be different whole numbers, none negative, at most " +
                                std::to_string(kMostSeeds) + " of them; is " + shown(*found));
      return {0};
    }
    return found->get<std::vector<int64_t>>();
  }
  fields.integer("seeds", count, 1, kMostSeeds);
  std::vector<int64_t> seeds;
  for (int64_t seed = 0; seed < count; ++seed) {
    seeds.push_back(seed);
  }
  return seeds;
}

std::vector<Variant> readVariants(Fields& fields, std::vector<std::string>& faults) {
  std::vector<Variant> variants;
  const json* found = fields.find("variants");
  if (found == nullptr || !found->is_array() || found->empty() || found->size() > kMostVariants) {
    fields.fault("variants", "must be a list of 1 to " + std::to_string(kMostVariants) +
                                 " variants such as {\"setting\": \"classic\"}" +
                                 (found == nullptr ? ", is missing" : ", is " + shown(*found)));
    return variants;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < found->size(); ++i) {
    variants.push_back(readVariant((*found)[i], i, faults));
    if (!names.insert(variants.back().name).second) {
      faults.push_back(variants.back().place +
                       ": the name is taken by a variant before; give it "
                       "another \"name\"");
    }
  }
  return variants;
}

/// What is wrong with a configuration; sets `config` where nothing is.
std::vector<std::string> faultsOf(const std::vector<json>& layers, RunConfig& config) {
  try {
    config = runConfigFromLayers(layers);
    return {};
  } catch (const ConfigError& error) {
    return error.faults();
  }
}

}  // namespace

SweepSpec sweepSpecFromJson(const json& object) {
  std::vector<std::string> faults;
  Fields fields(object, "", faults);
  SweepSpec spec;
  fields.text("name", spec.name);
  if (object.is_object() && !isName(spec.name)) {
    fields.fault("name", kNameRule + std::string(", is ") + shown(spec.name));
  }
  fields.text("description", spec.description);
  spec.seeds = readSeeds(fields);
  json base = json::object();
  if (const json* found = fields.find("base")) {
    base = *found;
  }
  json common = json::object();
  int64_t steps = 0;
  if (fields.find("steps") != nullptr) {
    fields.integer("steps", steps, 1, 1'000'000'000);
    common["train"]["steps"] = steps;
  }
  const std::vector<Variant> variants = readVariants(fields, faults);
  fields.reportUnknownKeys();
  if (!faults.empty() && steps == 0) {
    common.erase("train");  // told already
  }

  RunConfig config;
  const std::vector<std::string> of_base = faultsOf({base, common}, config);
  for (const std::string& fault : of_base) {
    faults.push_back("base: " + fault);
  }
  std::vector<RunConfig> configs;
  for (const Variant& variant : variants) {
    std::vector<json> layers = {base, common};
    layers.insert(layers.end(), variant.layers.begin(), variant.layers.end());
    for (const std::string& fault : faultsOf(layers, config)) {
      if (std::find(of_base.begin(), of_base.end(), fault) == of_base.end()) {
        faults.push_back(variant.place + ": " + fault);
      }
    }
    configs.push_back(config);
    spec.variants.push_back(variant.name);
  }
  if (!faults.empty()) {
    throw ConfigError(std::move(faults));
  }
  for (const int64_t seed : spec.seeds) {
    for (std::size_t v = 0; v < configs.size(); ++v) {
      spec.runs.push_back({spec.variants[v], seed, configs[v]});
      spec.runs.back().config.train.seed = seed;
    }
  }
  return spec;
}

}  // namespace limoe::model
