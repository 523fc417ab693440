// Every value of a configuration by its dotted key ("aux.weight"), with what it means in words: the
// one table that the New run dialog and the live values show.
#pragma once

#include <QString>
#include <QStringList>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace limoe::gui {

enum class ValueKind {
  Integer,
  Number,
  Choice,  ///< one of `choices`
  Switch,  ///< true or false
  Blocks,  ///< a list of block indices, typed "1, 3"
  Routing  ///< the key "moe" itself: experts, or null for a dense model
};

struct ConfigKey {
  std::string key;
  QString title;
  QString sentence;  ///< what it does
  QString unit;      ///< "steps"; empty: a number without one
  ValueKind kind = ValueKind::Number;
  QStringList choices = {};
};

struct ConfigGroup {
  QString title;
  std::vector<ConfigKey> keys;
};

/// In the order in which they are shown. "preset" and "setting" are not values of their own.
const std::vector<ConfigGroup>& configGroups();
/// nullptr: there is no such key.
const ConfigKey* findConfigKey(const std::string& key);

/// What may be typed, in the words of the code that checks it: "a whole number from 1 to 4096".
QString rangeText(const std::string& key);

/// A value as it is typed and shown, and back. What is typed and is no value of this kind comes
/// back as a text: the configuration's own check says what is wrong with it.
QString valueText(const nlohmann::json& value);
nlohmann::json valueFromText(const ConfigKey& key, const QString& text);

/// The value under a dotted key; null where there is none.
nlohmann::json valueAt(const nlohmann::json& config, const std::string& key);
/// Puts `value` there, making the objects on the way.
void setValueAt(nlohmann::json& config, const std::string& key, nlohmann::json value);

}  // namespace limoe::gui
