// JSON from files and messages made elsewhere, bounded before anything is built from it.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/config.h"

namespace limoe::model {

/// Parses `text`, which `name` names in errors. Throws ConfigError for a syntax error (with line
/// and column), text longer than a megabyte, nesting deeper than 32, and a key given twice in one
/// object (which of the two was meant?). Strings of the result are valid UTF-8.
nlohmann::json parseJson(const std::string& text, const std::string& name);

/// The same of a file's text. Throws ConfigError naming the file. Reads a pipe, too.
nlohmann::json readJsonFile(const std::filesystem::path& path);

}  // namespace limoe::model
