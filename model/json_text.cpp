#include "model/json_text.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace limoe::model {
namespace {

using nlohmann::json;

// A configuration has 2 kB and four levels. The library copies, compares and writes values by
// recursion, so that a file of a million brackets would end the program.
constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kMostLevels = 32;

/// Follows the parser and throws where the text is nested too deeply or repeats a key.
class Watch {
 public:
  explicit Watch(const std::string& name) : name_(name) {}

  void operator()(json::parse_event_t event, const json& value) {
    if (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start) {
      if (keys_.size() >= kMostLevels) {
        throw ConfigError({name_ + ": nested more than " + std::to_string(kMostLevels) +
                           " levels deep; no configuration is"});
      }
      keys_.emplace_back();
    } else if (event == json::parse_event_t::object_end ||
               event == json::parse_event_t::array_end) {
      keys_.pop_back();
    } else if (event == json::parse_event_t::key &&
               !keys_.back().insert(value.get<std::string>()).second) {
      throw ConfigError({name_ + ": the key \"" + value.get<std::string>().substr(0, 60) +
                         "\" is given twice; remove one of them"});
    }
  }

 private:
  const std::string& name_;
  std::vector<std::set<std::string>> keys_;  ///< of each object around the parser's place
};

[[noreturn]] void failTooLong(const std::string& name) {
  throw ConfigError({name + ": longer than " + std::to_string(kMostBytes) +
                     " bytes, so not a configuration; check the name"});
}

}  // namespace

json parseJson(const std::string& text, const std::string& name) {
  if (text.size() > kMostBytes) {
    failTooLong(name);
  }
  Watch watch(name);
  try {
    return json::parse(text, [&watch](int, json::parse_event_t event, json& value) {
      watch(event, value);
      return true;
    });
  } catch (const json::exception& error) {
    throw ConfigError({name + ": not valid JSON: " + error.what()});
  }
}

json readJsonFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw ConfigError({path.string() + ": is a folder, not a configuration file"});
  }
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) {
    throw ConfigError({path.string() + ": cannot be read; check the name and the permissions"});
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parseJson(text, path.string());
}

}  // namespace limoe::model
