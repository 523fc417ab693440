#include "gui/steer/run_draft.h"

#include <algorithm>
#include <set>

#include "gui/steer/config_keys.h"
#include "model/config_json.h"

namespace limoe::gui {
namespace {

using nlohmann::json;

constexpr const char* kRouting = "moe";  // the key that says whether there is a router at all

json plain(const model::RunConfig& config) {
  return json::parse(model::toJson(config).dump());
}

json routingOf(const json& config) {
  return config.value(kRouting, json()).is_null() ? "dense" : "experts";
}

/// Plain text for a --set: JSON where it would not be read as this text otherwise.
QString assignedText(const json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  return QString::fromStdString(value.is_string() && json::accept(text) ? value.dump() : text);
}

const std::set<std::string>& keysOfTheWeights() {
  static const std::set<std::string> keys = {
      "moe",  "moe.experts", "moe.blocks", "towers",     "width",      "depth",       "heads",
      "gelu", "mlp_dim",     "embed_dim",  "image_size", "patch_size", "text_length", "vocab_size"};
  return keys;
}

}  // namespace

RunDraft::RunDraft() {
  refreshBase();
}

RunDraft::RunDraft(const ForkPoint& parent)
    : preset_(parent.config.preset), setting_(parent.config.setting), parent_(parent) {
  refreshBase();
  if (parent.config.train.steps <= parent.step) {
    set("train.steps", parent.step + std::max<int64_t>(parent.config.train.steps, 1));
  }
}

void RunDraft::setPreset(const std::string& preset) {
  preset_ = preset;
  refreshBase();
}

void RunDraft::setSetting(const std::string& setting) {
  setting_ = setting;
  refreshBase();
}

std::vector<json> RunDraft::baseLayers() const {
  if (!parent_) {
    return {{{"preset", preset_}, {"setting", setting_}}};
  }
  std::vector<json> layers = {plain(parent_->config)};
  if (setting_ != parent_->config.setting) {
    layers.push_back({{"setting", setting_}});
  }
  return layers;
}

QString RunDraft::baseName() const {
  const QString setting = QString::fromStdString(setting_);
  if (!parent_) {
    return QString("%1 with %2").arg(QString::fromStdString(preset_), setting);
  }
  return setting_ == parent_->config.setting ? QString("the parent")
                                             : QString("the parent with %1").arg(setting);
}

void RunDraft::refreshBase() {
  std::vector<json> layers = baseLayers();
  base_ = plain(model::runConfigFromLayers(layers));
  const auto experts = changes_.find("moe.experts");
  if (experts != changes_.end()) {
    try {
      layers.push_back({{"moe", {{"experts", experts->second}}}});
      base_["aux"] = plain(model::runConfigFromLayers(layers))["aux"];
    } catch (const model::ConfigError&) {  // the field says so
    }
  }
}

void RunDraft::set(const std::string& key, const json& value) {
  if (value == baseValue(key)) {
    changes_.erase(key);
  } else {
    changes_[key] = value;
  }
  refreshBase();
}

void RunDraft::reset(const std::string& key) {
  changes_.erase(key);
  refreshBase();
}

void RunDraft::resetAll() {
  changes_.clear();
  refreshBase();
}

json RunDraft::value(const std::string& key) const {
  const auto change = changes_.find(key);
  return change == changes_.end() ? baseValue(key) : change->second;
}

json RunDraft::baseValue(const std::string& key) const {
  return key == kRouting ? routingOf(base_) : valueAt(base_, key);
}

bool RunDraft::differs(const std::string& key) const {
  const auto change = changes_.find(key);
  return change != changes_.end() && change->second != baseValue(key);
}

std::vector<std::string> RunDraft::changes() const {
  std::vector<std::string> keys;
  for (const ConfigGroup& group : configGroups()) {
    for (const ConfigKey& each : group.keys) {
      if (differs(each.key) && hasMeaning(each.key)) {
        keys.push_back(each.key);
      }
    }
  }
  return keys;
}

bool RunDraft::isDense() const {
  return value(kRouting) == "dense";
}

bool RunDraft::hasMeaning(const std::string& key) const {
  return !(isDense() && key.starts_with("moe."));
}

QString RunDraft::whyLocked(const std::string& key) const {
  if (!hasMeaning(key)) {
    return "A dense model has no router.";
  }
  if (parent_ && keysOfTheWeights().contains(key)) {
    return "As in the parent: the weights that the fork goes on with are made for it.";
  }
  if (parent_ && key.starts_with("data.")) {
    return "As in the parent: a fork goes on with its data and tokenizer.";
  }
  return {};
}

DraftCheck RunDraft::check() const {
  json layer = json::object();
  for (const std::string& key : changes()) {
    if (key != kRouting) {
      setValueAt(layer, key, changes_.at(key));
    }
  }
  if (isDense()) {
    layer[kRouting] = nullptr;
  }
  std::vector<json> layers = baseLayers();
  layers.push_back(layer);
  DraftCheck result;
  try {
    result.config = model::runConfigFromLayers(layers);
    if (parent_ && result.config->train.steps <= parent_->step) {
      throw model::ConfigError({"train.steps: the fork begins at step " +
                                std::to_string(parent_->step) + ", so it needs more than that"});
    }
  } catch (const model::ConfigError& error) {
    result.config.reset();
    for (const std::string& fault : error.faults()) {
      const std::size_t colon = fault.find(": ");
      const std::string key = fault.substr(0, colon);
      if (colon != std::string::npos && findConfigKey(key)) {
        result.faults[key] << QString::fromStdString(fault.substr(colon + 2));
      } else {
        result.other_faults << QString::fromStdString(fault);
      }
    }
  }
  return result;
}

QStringList RunDraft::options() const {
  QStringList words;
  if (!parent_) {
    words << "--preset" << QString::fromStdString(preset_);
  }
  if (!parent_ || setting_ != parent_->config.setting) {
    words << "--setting" << QString::fromStdString(setting_);
  }
  for (const std::string& key : changes()) {
    const QString name = QString::fromStdString(key);
    words << "--set"
          << name + "=" + (key == kRouting ? QString("null") : assignedText(changes_.at(key)));
  }
  return words;
}

}  // namespace limoe::gui
