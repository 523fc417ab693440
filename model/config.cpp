#include "model/config.h"

#include <algorithm>
#include <cmath>

namespace limoe::model {
namespace {

std::string joined(const std::vector<std::string>& faults) {
  std::string text;
  for (const auto& fault : faults) {
    text += (text.empty() ? "" : "\n") + fault;
  }
  return text;
}

constexpr std::array<std::string_view, 8> kPresets = {"tiny", "S/32", "S/16", "B/32",
                                                      "B/16", "L/32", "L/16", "H/14"};
constexpr std::array<std::string_view, 6> kSettings = {"none",  "classic",      "classic+bpr",
                                                       "limoe", "limoe-no-bpr", "gshard"};

int64_t scaledMinimum(int64_t experts, int64_t of_32) {
  // Halves up, exactly: floor(E·S/32 + 1/2).
  return std::max<int64_t>(1, (experts * of_32 * 2 + 32) / 64);
}

}  // namespace

bool ModelConfig::isMoeBlock(int64_t block) const {
  return moe && std::find(moe->blocks.begin(), moe->blocks.end(), block) != moe->blocks.end();
}

int64_t ModelConfig::moeLayers() const {
  return moe ? static_cast<int64_t>(moe->blocks.size()) * (towers == Towers::Two ? 2 : 1) : 0;
}

ConfigError::ConfigError(std::vector<std::string> faults)
    : std::runtime_error(joined(faults)), faults_(std::move(faults)) {}

std::span<const std::string_view> presetNames() {
  return kPresets;
}
std::span<const std::string_view> settingNames() {
  return kSettings;
}

int64_t defaultMinExpertsImage(int64_t experts) {
  return scaledMinimum(experts, 20);
}
int64_t defaultMinExpertsText(int64_t experts) {
  return scaledMinimum(experts, 9);
}

}  // namespace limoe::model
