// A sweep: the same model trained with several settings, each from several seeds.
//
//     {"name": "losses",
//      "description": "what the auxiliary losses do",            optional
//      "base": {"preset": "tiny", "moe": {"experts": 16}},        any configuration; optional
//      "steps": 200,                                              optional: base's train.steps
//      "seeds": 3,                                                0, 1, 2; or a list; optional: 1
//      "variants": [{"name": "classic", "setting": "classic"},
//                   {"name": "dense", "set": {"moe": null}},
//                   {"name": "more-aux", "set": {"aux.weight": 0.1, "train.learning_rate": 3e-3}}]}
//
// A variant's configuration is base < its setting < its "set" (keys as of `--set`); each run's
// train.seed is its seed. A variant without a name is called as its setting.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "model/config.h"

namespace limoe::model {

struct SweepRun {
  std::string variant;
  int64_t seed = 0;
  RunConfig config;

  std::string name() const { return variant + "-seed" + std::to_string(seed); }
};

struct SweepSpec {
  std::string name;
  std::string description;
  std::vector<std::string> variants;  ///< their names, in the order of the file
  std::vector<int64_t> seeds;
  /// Every variant with every seed: all variants with the first seed, then all with the second, so
  /// that the table soon has a row for each.
  std::vector<SweepRun> runs;
};

/// Throws ConfigError with every fault, each beginning with its place ("variants[1] (dense): …").
SweepSpec sweepSpecFromJson(const nlohmann::json& json);

}  // namespace limoe::model
