#include "model/config_fields.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace limoe::model {
namespace {

using nlohmann::json;

constexpr int64_t kMostFaultsListed = 20;

bool isUtf8(const std::string& text) {
  try {
    json(text).dump();
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

/// What would end a message early or move a terminal's cursor.
bool isControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

const char* name(Gelu gelu) {
  return gelu == Gelu::Tanh ? "tanh" : "erf";
}
const char* name(Towers towers) {
  return towers == Towers::One ? "one" : "two";
}
const char* name(Priority priority) {
  return priority == Priority::Bpr ? "bpr" : "vanilla";
}

std::string excerpt(const std::string& text) {
  if (std::any_of(text.begin(), text.end(), isControl)) {
    std::string plain = text;
    std::replace_if(plain.begin(), plain.end(), isControl, '?');
    return excerpt(plain);
  }
  std::size_t cut = 57;
  while (cut > 0 && text.size() > 60 && (text[cut] & 0xC0) == 0x80) {
    --cut;  // not inside a UTF-8 character
  }
  return text.size() > 60 ? text.substr(0, cut) + "…" : text;
}

std::string shown(const json& value) {
  return excerpt(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

Fields::Fields(const json& object, std::string prefix, std::vector<std::string>& faults)
    : object_(object), prefix_(std::move(prefix)), faults_(faults) {
  if (!object_.is_object()) {
    fault("", "must be an object {…}, is " + shown(object_));
  }
}

void Fields::integer(const char* key, int64_t& value, int64_t low, int64_t high) {
  if (const json* found = find(key)) {
    const bool whole =
        found->is_number_integer() ||
        (found->is_number_float() && std::floor(found->get<double>()) == found->get<double>() &&
         std::abs(found->get<double>()) < 9e15);
    const bool too_large =
        found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX);
    if (!whole || too_large || found->get<int64_t>() < low || found->get<int64_t>() > high) {
      fault(key, "must be a whole number from " + std::to_string(low) + " to " +
                     std::to_string(high) + ", is " + shown(*found));
    } else {
      value = found->get<int64_t>();
    }
  }
}

void Fields::number(const char* key, double& value, double low, double high) {
  if (const json* found = find(key)) {
    if (!found->is_number() || !(found->get<double>() >= low && found->get<double>() <= high)) {
      std::ostringstream range;
      range << "must be a number from " << low << " to " << high << ", is " << shown(*found);
      fault(key, range.str());
    } else {
      value = found->get<double>();
    }
  }
}

void Fields::text(const char* key, std::string& value) {
  if (const json* found = find(key)) {
    if (!found->is_string()) {
      fault(key, "must be a text in quotes, is " + shown(*found));
    } else if (!isUtf8(found->get<std::string>())) {
      fault(key, "must be UTF-8, is " + shown(*found));
    } else {
      value = found->get<std::string>();
    }
  }
}

void Fields::boolean(const char* key, bool& value) {
  if (const json* found = find(key)) {
    if (!found->is_boolean()) {
      fault(key, "must be true or false, is " + shown(*found));
    } else {
      value = found->get<bool>();
    }
  }
}

const json* Fields::find(const char* key) {
  known_.insert(key);
  if (!object_.is_object()) {
    return nullptr;
  }
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

void Fields::fault(const std::string& key, const std::string& text) {
  faults_.push_back(prefix_ + key + ": " + text);
}

void Fields::reportUnknownKeys() {
  if (!object_.is_object()) {
    return;
  }
  int64_t unknown = 0;
  for (const auto& [key, value] : object_.items()) {
    if (!known_.contains(key) && ++unknown <= kMostFaultsListed) {
      fault(excerpt(key), "unknown key; known here: " + listed(known_));
    }
  }
  if (unknown > kMostFaultsListed) {
    fault("…", std::to_string(unknown - kMostFaultsListed) + " more unknown keys");
  }
}

}  // namespace limoe::model
