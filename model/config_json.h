// Configurations as JSON: reading with every fault reported at once, writing, layering.
//
// A run's JSON has the model's keys at the top level (so a checkpoint's configuration is a valid
// configuration file), and "train", "data", "record", "preset" and "setting" beside them.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/json_text.h"

namespace limoe::model {

/// Lays `layers` over one another, later over earlier, on top of the defaults. A layer's "preset"
/// and "setting" are expanded where they stand, under that layer's own keys.
/// Throws ConfigError with all faults: unknown names and keys, wrong types, values out of range,
/// values that contradict one another.
RunConfig runConfigFromLayers(const std::vector<nlohmann::json>& layers);

/// The configuration of a model alone, complete (as in a checkpoint). Throws ConfigError.
ModelConfig modelConfigFromJson(const nlohmann::json& json);

nlohmann::ordered_json toJson(const ModelConfig& config);
nlohmann::ordered_json toJson(const RunConfig& config);

/// `text` is KEY=VALUE with a dotted key ("moe.experts=16"); VALUE is JSON, or a string if it is
/// not. Returns a layer. Throws ConfigError where there is no '=' or a part of the key is empty.
nlohmann::json layerFromAssignment(const std::string& text);

/// The values that may change while a model trains: "aux.weight", "aux.global_text", …,
/// "aux.min_experts_image", "moe.noise_std", "moe.capacity_factor", "moe.priority",
/// "train.learning_rate". Applies all of `changes` (dotted keys) to a copy of `config` and returns
/// it. Throws ConfigError, and applies nothing, where any of them is at fault.
RunConfig withLiveChanges(const RunConfig& config, const nlohmann::json& changes);

}  // namespace limoe::model
