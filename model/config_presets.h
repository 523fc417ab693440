// The named starting points of a configuration, as layers of JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace limoe::model {

/// Sizes of a preset that presetNames() lists (V-MoE, table 1; LIMoE, section 4; the demo's).
nlohmann::json presetLayer(const std::string& preset);

/// Coefficients of the auxiliary losses and the priority of a setting that settingNames() lists.
nlohmann::json settingLayer(const std::string& setting);

}  // namespace limoe::model
