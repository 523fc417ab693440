// Typed values out of a JSON object, every fault reported with its key.
//
// Internal to config_json.cpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "model/config.h"

namespace limoe::model {

/// The words of a configuration.
const char* name(Gelu gelu);
const char* name(Towers towers);
const char* name(Priority priority);

/// What a message quotes of a text that may be long.
std::string excerpt(const std::string& text);

/// "8", "tanh" and the like for a message; long values are cut, what is not UTF-8 is replaced.
std::string shown(const nlohmann::json& value);

template <typename Names>
std::string listed(const Names& names) {
  std::string text;
  for (const auto& each : names) {
    text += (text.empty() ? "" : ", ") + std::string(each);
  }
  return text;
}

/// Takes typed values out of a JSON object, collects faults, and reports keys nobody asked for.
/// A value at fault, or absent, leaves the variable as it is.
class Fields {
 public:
  /// `prefix` ("moe.") comes before each key in faults.
  Fields(const nlohmann::json& object, std::string prefix, std::vector<std::string>& faults);

  void integer(const char* key, int64_t& value, int64_t low, int64_t high);
  void number(const char* key, double& value, double low, double high);
  void text(const char* key, std::string& value);
  void boolean(const char* key, bool& value);

  template <typename Enum>
  void choice(const char* key, Enum& value, std::initializer_list<Enum> possible) {
    if (const nlohmann::json* found = find(key)) {
      std::string names;
      for (const Enum each : possible) {
        if (found->is_string() && found->get<std::string>() == name(each)) {
          value = each;
          return;
        }
        names += (names.empty() ? "\"" : " or \"") + std::string(name(each)) + "\"";
      }
      fault(key, "must be " + names + ", is " + shown(*found));
    }
  }

  /// The value under `key`, or nullptr where it is absent; either way the key is known.
  const nlohmann::json* find(const char* key);
  void fault(const std::string& key, const std::string& text);
  void reportUnknownKeys();

 private:
  const nlohmann::json& object_;
  std::string prefix_;
  std::vector<std::string>& faults_;
  std::set<std::string> known_;
};

}  // namespace limoe::model
