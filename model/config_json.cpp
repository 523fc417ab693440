#include "model/config_json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "model/config_fields.h"
#include "model/config_presets.h"
#include "model/model_size.h"

namespace limoe::model {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int64_t kMany = 1'000'000'000;
// More than any machine holds; a typing error should not end in a failed allocation.
constexpr int64_t kMostParameters = 1'000'000'000'000;
constexpr int64_t kMostPatches = 65536;
constexpr int64_t kMostBatchBytes = int64_t{1} << 40;

void readMoe(const json& object, MoeConfig& moe, std::vector<std::string>& faults) {
  Fields fields(object, "moe.", faults);
  if (const json* blocks = fields.find("blocks")) {
    const bool fine =
        blocks->is_array() && std::all_of(blocks->begin(), blocks->end(), [](auto& b) {
          return b.is_number_integer() && b >= 0 && b < kMany;
        });
    if (!fine) {
      fields.fault("blocks",
                   "must be a list of block indices such as [1, 3], is " + shown(*blocks));
    } else {
      moe.blocks = blocks->get<std::vector<int64_t>>();
    }
  }
  fields.integer("experts", moe.experts, 1, 4096);
  fields.integer("top_k", moe.top_k, 1, 4096);
  fields.number("capacity_factor", moe.capacity_factor, 1e-6, 1e6);
  fields.choice("priority", moe.priority, {Priority::Bpr, Priority::Vanilla});
  fields.number("noise_std", moe.noise_std, 0, 1e6);
  fields.integer("group_pairs", moe.group_pairs, 0, kMany);
  fields.reportUnknownKeys();
}

void readAux(const json& object, AuxConfig& aux, std::vector<std::string>& faults) {
  Fields fields(object, "aux.", faults);
  fields.number("weight", aux.weight, 0, 1e6);
  for (std::size_t a = 0; a < kAuxLossCount; ++a) {
    fields.number(kAuxLossNames[a], aux.coefficients[a], 0, 1e6);
  }
  fields.integer("min_experts_image", aux.min_experts_image, 1, 4096);
  fields.integer("min_experts_text", aux.min_experts_text, 1, 4096);
  fields.reportUnknownKeys();
}

void checkModel(const ModelConfig& c, std::vector<std::string>& faults) {
  const auto need = [&faults](bool fine, const std::string& text) {
    if (!fine) {
      faults.push_back(text);
    }
  };
  need(c.image_size % c.patch_size == 0, "patch_size: must divide image_size (" +
                                             std::to_string(c.image_size) + "), is " +
                                             std::to_string(c.patch_size));
  need(c.width % c.heads == 0,
       "heads: must divide width (" + std::to_string(c.width) + "), is " + std::to_string(c.heads));
  const int64_t patches_a_side = c.image_size / c.patch_size;
  need(patches_a_side * patches_a_side <= kMostPatches,
       "patch_size: makes " + std::to_string(patches_a_side * patches_a_side) +
           " patches of an image, more than " + std::to_string(kMostPatches));
  const int64_t parameters = modelSize(c).parameters;
  need(parameters <= kMostParameters,
       "the model would have " + std::to_string(parameters) + " parameters, more than " +
           std::to_string(kMostParameters) +
           "; make width, mlp_dim, depth, vocab_size or moe.experts smaller");
  if (!c.moe) {
    return;
  }
  const MoeConfig& moe = *c.moe;
  need(!moe.blocks.empty(),
       "moe.blocks: must name at least one block; for a dense model write \"moe\": null");
  need(std::adjacent_find(moe.blocks.begin(), moe.blocks.end(), std::greater_equal<>()) ==
           moe.blocks.end(),
       "moe.blocks: must ascend without repetition, is " + shown(json(moe.blocks)));
  need(moe.blocks.empty() || *std::max_element(moe.blocks.begin(), moe.blocks.end()) < c.depth,
       "moe.blocks: must be below depth (" + std::to_string(c.depth) + "), is " +
           shown(json(moe.blocks)));
  need(moe.top_k <= moe.experts, "moe.top_k: must be at most moe.experts (" +
                                     std::to_string(moe.experts) + "), is " +
                                     std::to_string(moe.top_k));
}

/// The model's keys of `fields`; those of a run beside them are left to the caller.
void readModel(Fields& fields, ModelConfig& c, std::vector<std::string>& faults) {
  fields.integer("image_size", c.image_size, 1, 4096);
  fields.integer("patch_size", c.patch_size, 1, 4096);
  fields.integer("text_length", c.text_length, 1, 65536);
  fields.integer("vocab_size", c.vocab_size, 1, 10'000'000);
  fields.integer("width", c.width, 1, 65536);
  fields.integer("mlp_dim", c.mlp_dim, 1, 1'000'000);
  fields.integer("depth", c.depth, 1, 1024);
  fields.integer("heads", c.heads, 1, 1024);
  fields.integer("embed_dim", c.embed_dim, 1, 65536);
  fields.choice("gelu", c.gelu, {Gelu::Tanh, Gelu::Erf});
  fields.choice("towers", c.towers, {Towers::One, Towers::Two});
  const json* moe = fields.find("moe");
  if (moe != nullptr && !moe->is_null()) {
    c.moe.emplace();
    readMoe(*moe, *c.moe, faults);
  }
  const int64_t experts = c.moe ? c.moe->experts : 8;
  c.aux.min_experts_image = defaultMinExpertsImage(experts);
  c.aux.min_experts_text = defaultMinExpertsText(experts);
  if (const json* aux = fields.find("aux")) {
    readAux(*aux, c.aux, faults);
  }
  if (c.patch_size >= 1 && c.heads >= 1) {
    checkModel(c, faults);
  }
}

void readTrain(const json& object, TrainConfig& t, std::vector<std::string>& faults) {
  Fields fields(object, "train.", faults);
  fields.integer("steps", t.steps, 0, kMany);
  fields.integer("batch_size", t.batch_size, 1, 1'000'000);
  fields.number("learning_rate", t.learning_rate, 0, 1e3);
  fields.number("final_learning_rate", t.final_learning_rate, 0, 1e3);
  fields.integer("warmup_steps", t.warmup_steps, 0, kMany);
  fields.number("weight_decay", t.weight_decay, 0, 1e3);
  fields.number("beta1", t.beta1, 0, 0.999999);
  fields.number("beta2", t.beta2, 0, 0.999999);
  fields.number("clip_norm", t.clip_norm, 0, 1e9);
  fields.integer("seed", t.seed, 0, std::numeric_limits<int64_t>::max());
  fields.integer("threads", t.threads, 0, 1024);
  fields.integer("loader_threads", t.loader_threads, 1, 256);
  fields.integer("checkpoint_every", t.checkpoint_every, 0, kMany);
  fields.reportUnknownKeys();
}

void readData(const json& object, DataConfig& d, std::vector<std::string>& faults) {
  Fields fields(object, "data.", faults);
  fields.text("source", d.source);
  fields.integer("seed", d.seed, 0, std::numeric_limits<int64_t>::max());
  fields.integer("train_samples", d.train_samples, 1, 1'000'000'000'000);
  fields.integer("held_out_samples", d.held_out_samples, 1, 1'000'000'000);
  fields.reportUnknownKeys();
}

void readRecord(const json& object, RecordConfig& r, std::vector<std::string>& faults) {
  Fields fields(object, "record.", faults);
  fields.integer("every", r.every, 1, kMany);
  fields.integer("probe_samples", r.probe_samples, 1, 10'000'000);
  fields.integer("probe_group_pairs", r.probe_group_pairs, 0, 1'000'000);
  fields.integer("recall_samples", r.recall_samples, 1, 1'000'000);
  fields.integer("recall_every", r.recall_every, 1, kMany);
  fields.text("probabilities", r.probabilities);
  if (r.probabilities != "auto" && r.probabilities != "all" && r.probabilities != "none") {
    fields.fault("probabilities",
                 "must be \"auto\", \"all\" or \"none\", is \"" + r.probabilities + "\"");
  }
  fields.boolean("embeddings", r.embeddings);
  fields.reportUnknownKeys();
}

/// What the sizes of a run must have in common.
void checkRun(const RunConfig& run, std::vector<std::string>& faults) {
  const auto need = [&faults](bool fine, const std::string& text) {
    if (!fine) {
      faults.push_back(text);
    }
  };
  const int64_t batch = run.train.batch_size;
  const int64_t image_bytes = run.model.image_size * run.model.image_size * 3 * 4;
  need(batch <= kMostBatchBytes / image_bytes, "train.batch_size: " + std::to_string(batch) +
                                                   " images of " + std::to_string(image_bytes) +
                                                   " bytes do not fit into a terabyte");
  if (run.model.moe && run.model.moe->group_pairs > 0) {
    need(batch % run.model.moe->group_pairs == 0,
         "moe.group_pairs: must divide train.batch_size (" + std::to_string(batch) + "), is " +
             std::to_string(run.model.moe->group_pairs));
  }
  need(run.data.train_samples >= batch, "data.train_samples: must be at least train.batch_size (" +
                                            std::to_string(batch) + "), is " +
                                            std::to_string(run.data.train_samples));
  const int64_t held_out = std::max(run.record.probe_samples, run.record.recall_samples);
  need(run.data.held_out_samples >= held_out,
       "data.held_out_samples: must be at least record.probe_samples and record.recall_samples (" +
           std::to_string(held_out) + "), is " + std::to_string(run.data.held_out_samples));
}

/// Lays `over` on `base`: objects are merged key by key, everything else replaces. Unlike a merge
/// patch, null is a value ("moe": null is a dense model).
void lay(json& base, const json& over) {
  if (!base.is_object() || !over.is_object()) {
    base = over;
    return;
  }
  for (const auto& [key, value] : over.items()) {
    lay(base[key], value);
  }
}

bool isNamed(const json& layer, const char* key, std::span<const std::string_view> names,
             std::vector<std::string>& faults) {
  const auto found = layer.find(key);
  if (found == layer.end()) {
    return false;
  }
  if (found->is_string() &&
      std::find(names.begin(), names.end(), found->get<std::string>()) != names.end()) {
    return true;
  }
  faults.push_back(std::string(key) + ": there is no " + key + " " + shown(*found) +
                   "; possible: " + listed(names));
  return false;
}

}  // namespace

RunConfig runConfigFromLayers(const std::vector<json>& layers) {
  std::vector<std::string> faults;
  json merged = json::object();
  lay(merged, presetLayer("tiny"));
  lay(merged, settingLayer("limoe"));
  merged["preset"] = "tiny";
  merged["setting"] = "limoe";
  for (const json& layer : layers) {
    if (!layer.is_object()) {
      faults.push_back("a configuration must be an object {…}, is " + shown(layer));
      continue;
    }
    if (isNamed(layer, "preset", presetNames(), faults)) {
      lay(merged, presetLayer(layer["preset"]));
    }
    if (isNamed(layer, "setting", settingNames(), faults)) {
      const bool dense = merged.contains("moe") && merged["moe"].is_null();
      lay(merged, settingLayer(layer["setting"]));
      if (dense) {
        merged["moe"] = nullptr;
      }
    }
    lay(merged, layer);
  }

  RunConfig run;
  Fields fields(merged, "", faults);
  fields.find("preset");
  fields.find("setting");
  readModel(fields, run.model, faults);
  if (const json* train = fields.find("train")) {
    readTrain(*train, run.train, faults);
  }
  if (const json* data = fields.find("data")) {
    readData(*data, run.data, faults);
  }
  if (const json* record = fields.find("record")) {
    readRecord(*record, run.record, faults);
  }
  fields.reportUnknownKeys();
  checkRun(run, faults);
  if (!faults.empty()) {
    throw ConfigError(std::move(faults));
  }
  run.preset = merged["preset"];
  run.setting = merged["setting"];
  return run;
}

ModelConfig modelConfigFromJson(const json& object) {
  std::vector<std::string> faults;
  ModelConfig config;
  Fields fields(object, "", faults);
  for (const char* key : {"image_size", "patch_size", "text_length", "vocab_size", "width",
                          "mlp_dim", "depth", "heads", "embed_dim", "moe"}) {
    if (object.is_object() && fields.find(key) == nullptr) {
      fields.fault(key, "missing");
    }
  }
  readModel(fields, config, faults);
  for (const char* of_a_run : {"preset", "setting", "train", "data", "record"}) {
    fields.find(of_a_run);
  }
  fields.reportUnknownKeys();
  if (!faults.empty()) {
    throw ConfigError(std::move(faults));
  }
  return config;
}

ordered_json toJson(const ModelConfig& c) {
  ordered_json json = {
      {"image_size", c.image_size}, {"patch_size", c.patch_size}, {"text_length", c.text_length},
      {"vocab_size", c.vocab_size}, {"width", c.width},           {"mlp_dim", c.mlp_dim},
      {"depth", c.depth},           {"heads", c.heads},           {"embed_dim", c.embed_dim},
      {"gelu", name(c.gelu)},       {"towers", name(c.towers)},   {"moe", nullptr}};
  if (c.moe) {
    json["moe"] = {{"blocks", c.moe->blocks},
                   {"experts", c.moe->experts},
                   {"top_k", c.moe->top_k},
                   {"capacity_factor", c.moe->capacity_factor},
                   {"priority", name(c.moe->priority)},
                   {"noise_std", c.moe->noise_std},
                   {"group_pairs", c.moe->group_pairs}};
  }
  ordered_json aux = {{"weight", c.aux.weight}};
  for (std::size_t a = 0; a < kAuxLossCount; ++a) {
    aux[kAuxLossNames[a]] = c.aux.coefficients[a];
  }
  aux["min_experts_image"] = c.aux.min_experts_image;
  aux["min_experts_text"] = c.aux.min_experts_text;
  json["aux"] = aux;
  return json;
}

ordered_json toJson(const RunConfig& run) {
  ordered_json json = {{"preset", run.preset}, {"setting", run.setting}};
  json.update(toJson(run.model));
  const TrainConfig& t = run.train;
  json["train"] = {{"steps", t.steps},
                   {"batch_size", t.batch_size},
                   {"learning_rate", t.learning_rate},
                   {"final_learning_rate", t.final_learning_rate},
                   {"warmup_steps", t.warmup_steps},
                   {"weight_decay", t.weight_decay},
                   {"beta1", t.beta1},
                   {"beta2", t.beta2},
                   {"clip_norm", t.clip_norm},
                   {"seed", t.seed},
                   {"threads", t.threads},
                   {"loader_threads", t.loader_threads},
                   {"checkpoint_every", t.checkpoint_every}};
  json["data"] = {{"source", run.data.source},
                  {"seed", run.data.seed},
                  {"train_samples", run.data.train_samples},
                  {"held_out_samples", run.data.held_out_samples}};
  json["record"] = {{"every", run.record.every},
                    {"probe_samples", run.record.probe_samples},
                    {"probe_group_pairs", run.record.probe_group_pairs},
                    {"recall_samples", run.record.recall_samples},
                    {"recall_every", run.record.recall_every},
                    {"probabilities", run.record.probabilities},
                    {"embeddings", run.record.embeddings}};
  return json;
}

json layerFromAssignment(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ConfigError({"\"" + excerpt(text) + "\": write KEY=VALUE, for example moe.experts=16"});
  }
  const std::string value = text.substr(equals + 1);
  json layer = json::accept(value) ? parseJson(value, excerpt(text)) : json(value);
  std::size_t end = equals;
  while (end != std::string::npos) {  // from the innermost key out
    const std::size_t dot = end == 0 ? std::string::npos : text.rfind('.', end - 1);
    const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
    if (begin == end) {
      throw ConfigError({"\"" + excerpt(text) + "\": a part of the key is empty"});
    }
    json outer = json::object();
    outer[text.substr(begin, end - begin)] = std::move(layer);
    layer = std::move(outer);
    end = dot;
  }
  return layer;
}

RunConfig withLiveChanges(const RunConfig& config, const json& changes) {
  static const std::set<std::string> kLive = {"moe.noise_std", "moe.capacity_factor",
                                              "moe.priority", "train.learning_rate"};
  std::vector<std::string> faults;
  if (!changes.is_object() || changes.empty()) {
    throw ConfigError(
        {"changes must be an object such as {\"aux.weight\": 0.1}, are " + shown(changes)});
  }
  json layer = json::parse(toJson(config).dump());
  for (const auto& [key, value] : changes.items()) {
    if (!key.starts_with("aux.") && !kLive.contains(key)) {
      faults.push_back(excerpt(key) + ": cannot be changed while training; possible: aux.*, " +
                       listed(kLive));
      continue;
    }
    if (key.starts_with("moe.") && !config.model.moe) {
      faults.push_back(key + ": this model is dense, it has no router");
      continue;
    }
    const std::size_t dot = key.find('.');
    layer[key.substr(0, dot)][key.substr(dot + 1)] = value;
  }
  try {
    RunConfig changed = runConfigFromLayers({layer});
    if (faults.empty()) {
      return changed;
    }
  } catch (const ConfigError& error) {
    faults.insert(faults.end(), error.faults().begin(), error.faults().end());
  }
  throw ConfigError(std::move(faults));
}

}  // namespace limoe::model
