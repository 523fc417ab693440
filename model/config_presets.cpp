#include "model/config_presets.h"

#include <nlohmann/json.hpp>
#include <set>

#include "model/config.h"

namespace limoe::model {

using nlohmann::json;

namespace {

json sizes(int64_t width, int64_t mlp, int64_t depth, int64_t heads, int64_t patch,
           int64_t first_moe_block) {
  json blocks = json::array();
  for (int64_t b = first_moe_block; b < depth; b += 2) {
    blocks.push_back(b);
  }
  return {{"image_size", 224},
          {"patch_size", patch},
          {"text_length", 16},
          {"vocab_size", 32000},
          {"width", width},
          {"mlp_dim", mlp},
          {"depth", depth},
          {"heads", heads},
          {"embed_dim", width},
          {"moe", {{"blocks", blocks}, {"experts", 32}, {"top_k", 1}, {"capacity_factor", 1.0}}}};
}

}  // namespace

json presetLayer(const std::string& preset) {
  if (preset == "tiny") {
    // Ten experts: as many as there are colours that a colour-blind reader can tell apart. A run
    // this short has not balanced its experts yet; with a capacity of 1.2 it drops about as much as
    // a long one does with 1.0.
    return {{"moe", {{"blocks", {1, 3}}, {"experts", 10}, {"top_k", 1}, {"capacity_factor", 1.2}}}};
  }
  const int64_t patch = preset.ends_with("/32") ? 32 : preset.ends_with("/16") ? 16 : 14;
  switch (preset[0]) {
    case 'S':
      return sizes(512, 2048, 8, 8, patch, 1);
    case 'B':
      return sizes(768, 3072, 12, 12, patch, 1);
    case 'L':
      return sizes(1024, 4096, 24, 16, patch, 1);
    default:
      return sizes(1280, 5120, 32, 16, patch, 9);
  }
}

json settingLayer(const std::string& setting) {
  std::set<std::string> active;
  if (setting.starts_with("classic")) {
    active = {"importance", "load", "z"};
  } else if (setting.starts_with("limoe")) {
    active = {"importance", "load", "z", "local_text", "global_image", "global_text"};
  } else if (setting == "gshard") {
    active = {"gshard", "z"};
  }
  json aux;
  for (const char* loss : kAuxLossNames) {
    aux[loss] = active.contains(loss) ? 1 : 0;
  }
  const bool bpr = setting == "limoe" || setting == "classic+bpr";
  return {{"aux", aux}, {"moe", {{"priority", bpr ? "bpr" : "vanilla"}}}};
}

}  // namespace limoe::model
