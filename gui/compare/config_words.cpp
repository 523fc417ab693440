#include "gui/compare/config_words.h"

#include <QObject>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/config.h"

namespace limoe::gui {
namespace {

using Json = nlohmann::ordered_json;
using Values = std::vector<std::pair<std::string, Json>>;

const QString kAbsent = QStringLiteral("–");
const char* const kSeed = "train.seed";

/// As model::kAuxLossNames.
constexpr std::array<const char*, model::kAuxLossCount> kLossWords = {"importance loss",
                                                                      "load loss",
                                                                      "z-loss",
                                                                      "gshard loss",
                                                                      "local image entropy loss",
                                                                      "local text entropy loss",
                                                                      "global image entropy loss",
                                                                      "global text entropy loss"};

void collect(const Json& json, const std::string& prefix, Values& values) {
  for (const auto& [key, value] : json.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object()) {
      collect(value, path, values);
    } else {
      values.emplace_back(path, value);
    }
  }
}

Values valuesOf(const std::string& config) {
  Values values;
  const Json json = Json::parse(config, nullptr, false);
  if (json.is_object()) {
    collect(json, {}, values);
  }
  return values;
}

const Json* find(const Values& values, const std::string& key) {
  const auto found =
      std::ranges::find_if(values, [&](const auto& value) { return value.first == key; });
  return found == values.end() ? nullptr : &found->second;
}

QString text(const Json* value) {
  if (value == nullptr || value->is_null()) {
    return kAbsent;
  }
  return QString::fromStdString(value->is_string() ? value->get<std::string>() : value->dump());
}

/// "local text entropy loss off", "z-loss 0.5 (demo: 1)"; empty for another key.
QString lossWords(const std::string& key, const Json* reference, const Json* other,
                  const QString& name) {
  for (std::size_t loss = 0; loss < kLossWords.size(); ++loss) {
    if (key != std::string("aux.") + model::kAuxLossNames[loss]) {
      continue;
    }
    const auto number = [](const Json* value) {
      return value != nullptr && value->is_number() ? value->get<double>() : 0.0;
    };
    const QString words = QString::fromUtf8(kLossWords[loss]);
    if (number(other) == 0 || number(reference) == 0) {
      return words + (number(other) == 0 ? QObject::tr(" off") : QObject::tr(" on"));
    }
    return QObject::tr("%1 %2 (%3: %4)").arg(words, text(other), name, text(reference));
  }
  return {};
}

QString wordsOf(const std::string& key, const Json* reference, const Json* other,
                const QString& name) {
  const QString loss = lossWords(key, reference, other, name);
  if (!loss.isEmpty()) {
    return loss;
  }
  if (key == "moe.priority" && other != nullptr && reference != nullptr) {
    return text(other) == "bpr" ? QObject::tr("with batch priority routing (BPR)")
                                : QObject::tr("no batch priority routing (BPR)");
  }
  return QObject::tr("%1 %2 (%3: %4)")
      .arg(QString::fromStdString(key), text(other), name, text(reference));
}

}  // namespace

std::vector<ConfigDifference> configDifferences(const std::vector<std::string>& configs) {
  std::vector<Values> all;
  std::vector<std::string> keys;
  for (const std::string& config : configs) {
    all.push_back(valuesOf(config));
    for (const auto& [key, value] : all.back()) {
      if (std::ranges::find(keys, key) == keys.end()) {
        keys.push_back(key);
      }
    }
  }
  std::vector<ConfigDifference> differences;
  for (const std::string& key : keys) {
    ConfigDifference difference{QString::fromStdString(key), {}};
    for (const Values& values : all) {
      difference.values << text(find(values, key));
    }
    if (std::ranges::any_of(difference.values, [&](const QString& value) {
          return value != difference.values.front();
        })) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

QString differenceInWords(const std::string& reference, const std::string& other,
                          const QString& name) {
  const Values before = valuesOf(reference);
  const Values after = valuesOf(other);
  QStringList words;
  const bool dense_before = std::ranges::none_of(
      before, [](const auto& value) { return value.first.starts_with("moe."); });
  const bool dense_after = std::ranges::none_of(
      after, [](const auto& value) { return value.first.starts_with("moe."); });
  if (dense_before != dense_after) {
    words << (dense_after ? QObject::tr("dense (no experts)")
                          : QObject::tr("with experts (%1: dense)").arg(name));
  }
  for (const ConfigDifference& difference : configDifferences({reference, other})) {
    const std::string key = difference.key.toStdString();
    if (dense_before == dense_after || !key.starts_with("moe")) {
      words << wordsOf(key, find(before, key), find(after, key), name);
    }
  }
  return words.join(QStringLiteral(" · "));
}

QString withoutSeed(const std::string& config) {
  QStringList lines;
  for (const auto& [key, value] : valuesOf(config)) {
    if (key != kSeed) {
      lines << QString::fromStdString(key + "=" + value.dump());
    }
  }
  lines.sort();
  return lines.join('\n');
}

}  // namespace limoe::gui
