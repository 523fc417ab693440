#include "gui/steer/config_keys.h"

#include <QLocale>
#include <QRegularExpression>
#include <algorithm>
#include <cmath>

#include "model/config_json.h"

namespace limoe::gui {
namespace {

using nlohmann::json;
using enum ValueKind;

ConfigGroup lossKeys() {
  return {
      "Auxiliary losses",
      {{"aux.weight",
        "Weight of all",
        "The auxiliary losses' share of the objective: loss = contrastive + weight · mean of "
        "coefficient · loss over those whose coefficient is above 0.",
        {}},
       {"aux.importance",
        "Importance",
        "Keeps the experts' summed gates alike, image and text together (classic).",
        {}},
       {"aux.load",
        "Load",
        "Keeps alike how many tokens are likely to choose each expert (classic; needs noise).",
        {}},
       {"aux.z", "Z-loss", "Keeps the router's logits small, which keeps training stable.", {}},
       {"aux.gshard",
        "GShard",
        "Balances the choices by mean gate times share of first choices (GShard).",
        {}},
       {"aux.local_image",
        "Local image",
        "Makes the router sure of each patch: the mean entropy of its distribution.",
        {}},
       {"aux.local_text",
        "Local text",
        "Makes the router sure of each word: the mean entropy of its distribution (LIMoE).",
        {}},
       {"aux.global_image",
        "Global image",
        "Spreads the patches over at least the soft minimum of experts: entropy of their mean "
        "distribution (LIMoE).",
        {}},
       {"aux.global_text",
        "Global text",
        "Spreads the words over at least the soft minimum of experts: entropy of their mean "
        "distribution (LIMoE).",
        {}},
       {"aux.min_experts_image", "Soft min., image",
        "Soft minimum: so many experts the global loss asks for on patches; it is 0 once they are "
        "used evenly.",
        "experts", Integer},
       {"aux.min_experts_text", "Soft min., text",
        "Soft minimum: so many experts the global loss asks for on words; it is 0 once they are "
        "used evenly.",
        "experts", Integer}}};
}

ConfigGroup routerKeys() {
  return {
      "Router",
      {{"moe",
        "MLPs",
        "Experts: some blocks route each token to a few of many MLPs. Dense: one MLP in every "
        "block, no router.",
        {},
        Routing,
        {"experts", "dense"}},
       {"moe.experts", "Experts E", "MLPs in each MoE block.", "experts", Integer},
       {"moe.top_k", "Experts per token K", "Each token is sent to so many of them.", "experts",
        Integer},
       {"moe.blocks",
        "MoE blocks",
        "Which blocks route, counted from 0, for example 1, 3; the others have one MLP.",
        {},
        Blocks},
       {"moe.capacity_factor",
        "Capacity factor",
        "Places of an expert relative to an even share: C = K · N · factor / E of a group of N "
        "tokens; who comes later is dropped.",
        {}},
       {"moe.priority",
        "Priority",
        "Who gets a place first: bpr, the tokens with the largest gates; vanilla, in their order.",
        {},
        Choice,
        {"bpr", "vanilla"}},
       {"moe.noise_std",
        "Router noise",
        "Noise on the router's logits while training, divided by the number of experts.",
        {}},
       {"moe.group_pairs", "Routing group",
        "Capacity is counted in groups of so many pairs; 0: the whole batch is one.", "pairs",
        Integer}}};
}

ConfigGroup trainingKeys() {
  return {
      "Training",
      {{"train.steps", "Steps", "Optimiser steps until the run ends.", "steps", Integer},
       {"train.batch_size", "Batch size", "Pairs of image and caption in a step.", "pairs",
        Integer},
       {"train.learning_rate",
        "Learning rate",
        "The peak: reached after the warm-up, from where a cosine leads down.",
        {}},
       {"train.final_learning_rate", "Final learning rate", "Where the cosine ends.", {}},
       {"train.warmup_steps", "Warm-up",
        "Steps in which the learning rate grows from 0 to its peak.", "steps", Integer},
       {"train.weight_decay",
        "Weight decay",
        "AdamW draws the matrices' weights towards 0 by so much times the learning rate.",
        {}},
       {"train.beta1", "Adam's β₁", "Memory of the gradient's mean.", {}},
       {"train.beta2", "Adam's β₂", "Memory of the gradient's square.", {}},
       {"train.clip_norm",
        "Clip gradients at",
        "A gradient longer than that is shortened to it; 0: never.",
        {}},
       {"train.seed",
        "Seed",
        "Of the first weights, the router's noise and the data's order.",
        {},
        Integer},
       {"train.threads", "Threads", "Of the training step; 0: as many as there are cores.",
        "threads", Integer},
       {"train.loader_threads", "Loader threads", "They draw, decode and tokenise ahead.",
        "threads", Integer},
       {"train.checkpoint_every", "Checkpoint every",
        "Steps between checkpoints, from which a run can be resumed or forked; 0: only at the end.",
        "steps", Integer}}};
}

ConfigGroup recordingKeys() {
  return {"Recording",
          {{"record.every", "Snapshot every",
            "Steps between snapshots, in which the probe's every routing decision is recorded.",
            "steps", Integer},
           {"record.probe_samples", "Probe",
            "Held-out pairs whose every decision is recorded: the images of the wall.", "pairs",
            Integer},
           {"record.probe_group_pairs", "Probe's group",
            "Capacity on the probe is counted in groups of so many pairs; 0: as in training.",
            "pairs", Integer},
           {"record.probabilities",
            "Distributions",
            "Whether each token's probability of every expert is recorded, which what-if questions "
            "need; auto: while they take under 4 MB a snapshot.",
            {},
            Choice,
            {"auto", "all", "none"}},
           {"record.embeddings",
            "Embeddings",
            "Whether the probe's embeddings are recorded.",
            {},
            Switch,
            {"true", "false"}},
           {"record.recall_samples", "Recall among",
            "Held-out pairs among which recall is "
            "measured.",
            "pairs", Integer},
           {"record.recall_every", "Recall every",
            "Steps between measurements of recall, which also is measured at the end.", "steps",
            Integer}}};
}

ConfigGroup modelKeys() {
  return {"Model",
          {{"towers",
            "Towers",
            "One encoder for both modalities, as LIMoE's, or two, one for each, as CLIP's.",
            {},
            Choice,
            {"one", "two"}},
           {"width", "Width D", "Numbers that stand for a token between the blocks.", {}, Integer},
           {"depth", "Blocks", "Transformer blocks, each attention and an MLP.", "blocks", Integer},
           {"heads", "Heads", "Of the attention; they share the width.", "heads", Integer},
           {"mlp_dim", "MLP width M", "Hidden units of an MLP, and of each expert.", {}, Integer},
           {"embed_dim",
            "Embedding width Z",
            "Numbers that stand for an image or a caption in the "
            "end.",
            {},
            Integer},
           {"image_size", "Image size", "Side of the square images.", "pixels", Integer},
           {"patch_size", "Patch size", "Side of a patch: each is one token.", "pixels", Integer},
           {"text_length", "Caption length", "Tokens of a caption at most; longer ones are cut.",
            "tokens", Integer},
           {"vocab_size", "Vocabulary", "Word pieces that the tokenizer tells apart.", "pieces",
            Integer},
           {"gelu",
            "GELU",
            "Which form of the MLPs' activation: by tanh, or exactly by erf.",
            {},
            Choice,
            {"tanh", "erf"}}}};
}

ConfigGroup dataKeys() {
  return {"Data",
          {{"data.source",
            "Source",
            "scenes: pictures that the program draws itself, each with a caption and a label for "
            "every patch.",
            {},
            Choice,
            {"scenes"}},
           {"data.seed", "Seed of the data", "Another number draws other pictures.", {}, Integer},
           {"data.train_samples", "Training pairs",
            "So many, then they come again in another "
            "order.",
            "pairs", Integer},
           {"data.held_out_samples", "Held-out pairs",
            "Never trained on; the probe and recall take theirs from them.", "pairs", Integer}}};
}

json parsedNumber(const QString& text) {
  bool fine = false;
  if (const qlonglong whole = text.toLongLong(&fine); fine) {
    return static_cast<int64_t>(whole);
  }
  const double number = text.toDouble(&fine);
  if (fine && std::isfinite(number)) {
    return number;
  }
  return text.toStdString();
}

json blocksFrom(const QString& text) {
  json blocks = json::array();
  static const QRegularExpression between("[,;\\s\\[\\]]+");
  for (const QString& part : text.split(between, Qt::SkipEmptyParts)) {
    bool fine = false;
    const qlonglong block = part.toLongLong(&fine);
    if (!fine) {
      return text.toStdString();
    }
    blocks.push_back(static_cast<int64_t>(block));
  }
  return blocks;
}

}  // namespace

const std::vector<ConfigGroup>& configGroups() {
  static const std::vector<ConfigGroup> groups = {lossKeys(),      routerKeys(), trainingKeys(),
                                                  recordingKeys(), modelKeys(),  dataKeys()};
  return groups;
}

const ConfigKey* findConfigKey(const std::string& key) {
  for (const ConfigGroup& group : configGroups()) {
    for (const ConfigKey& each : group.keys) {
      if (each.key == key) {
        return &each;
      }
    }
  }
  return nullptr;
}

QString rangeText(const std::string& key) {
  json layer = json::object();
  setValueAt(layer, key, json::object());  // no value is an object: the check says what may be
  try {
    model::runConfigFromLayers({layer});
  } catch (const model::ConfigError& error) {
    for (const std::string& fault : error.faults()) {
      const QString text = QString::fromStdString(fault);
      const QString begin = QString::fromStdString(key) + ": must be ";
      if (text.startsWith(begin)) {
        return text.mid(begin.size(), text.lastIndexOf(", is ") - begin.size());
      }
    }
  }
  return {};
}

QString valueText(const json& value) {
  if (value.is_string()) {
    return QString::fromStdString(value.get<std::string>());
  }
  if (value.is_number_float()) {
    return QString::number(value.get<double>(), 'g', QLocale::FloatingPointShortest);
  }
  if (value.is_array()) {
    QStringList parts;
    for (const json& each : value) {
      parts << valueText(each);
    }
    return parts.join(", ");
  }
  return value.is_null() ? QString() : QString::fromStdString(value.dump());
}

json valueFromText(const ConfigKey& key, const QString& text) {
  const QString trimmed = text.trimmed();
  switch (key.kind) {
    case Integer:
    case Number:
      return parsedNumber(trimmed);
    case Blocks:
      return blocksFrom(trimmed);
    case Switch:
      return trimmed == "true"    ? json(true)
             : trimmed == "false" ? json(false)
                                  : json(trimmed.toStdString());
    case Choice:
    case Routing:
      break;
  }
  return trimmed.toStdString();
}

json valueAt(const json& config, const std::string& key) {
  const json* at = &config;
  std::size_t begin = 0;
  while (begin <= key.size()) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    const auto found = at->is_object() ? at->find(key.substr(begin, end - begin)) : at->end();
    if (!at->is_object() || found == at->end()) {
      return nullptr;
    }
    at = &*found;
    begin = end + 1;
  }
  return *at;
}

void setValueAt(json& config, const std::string& key, json value) {
  json* at = &config;
  std::size_t begin = 0;
  for (std::size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', begin)) {
    at = &(*at)[key.substr(begin, dot - begin)];
    begin = dot + 1;
  }
  (*at)[key.substr(begin)] = std::move(value);
}

}  // namespace limoe::gui
