#include "routing_probe/worker/checkpoint_check.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "model/config_json.h"
#include "model/safetensors_header.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;
using Entry = model::SafetensorsHeader::Entry;

constexpr uint64_t kBlockBytes = 1 << 20;
const std::string kOptimiser = ".optimizer.safetensors";
const std::string kWeights = ".safetensors";

std::string withoutPath(const fs::path& file, const std::string& text) {
  const std::string prefix = file.string() + ": ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

/// Bits of the exponent, all set in infinities and NaN, of each floating-point type; nothing for
/// types that cannot hold those.
std::optional<uint64_t> exponentBits(const std::string& dtype) {
  if (dtype == "F64")
    return uint64_t{0x7ff} << 52;
  if (dtype == "F32")
    return uint64_t{0xff} << 23;
  if (dtype == "F16")
    return uint64_t{0x1f} << 10;
  if (dtype == "BF16")
    return uint64_t{0xff} << 7;
  return std::nullopt;
}

std::string placeIn(const Entry& entry, uint64_t index) {
  std::string text;
  for (auto size = entry.shape.rbegin(); size != entry.shape.rend(); ++size) {
    const auto length = static_cast<uint64_t>(std::max<int64_t>(1, *size));
    text = std::to_string(index % length) + (text.empty() ? "" : ", ") + text;
    index /= length;
  }
  return "[" + text + "]";
}

/// The first number that is not finite, in words. Calls `progress` with the bytes done so far,
/// often enough for a program that shows it and ends with Ctrl+C.
std::optional<std::string> numbersFault(std::ifstream& stream, const Entry& entry,
                                        const std::function<void(uint64_t)>& progress) {
  const auto exponent = exponentBits(entry.dtype);
  if (!exponent) {
    return std::nullopt;
  }
  const auto size = static_cast<uint64_t>(model::safetensorsElementSize(entry.dtype));
  std::vector<char> block(std::min(kBlockBytes, entry.bytes));
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(entry.offset));
  for (uint64_t done = 0; done < entry.bytes; done += block.size()) {
    progress(done);
    block.resize(std::min(kBlockBytes, entry.bytes - done));
    if (!stream.read(block.data(), static_cast<std::streamsize>(block.size()))) {
      return "cannot be read";
    }
    for (uint64_t at = 0; at + size <= block.size(); at += size) {
      uint64_t bits = 0;
      std::memcpy(&bits, block.data() + at, size);
      if ((bits & *exponent) == *exponent) {
        return "is not finite at " + placeIn(entry, (done + at) / size);
      }
    }
  }
  return std::nullopt;
}

/// The step that an optimiser's state says, or that a weights file's name says; −1: none.
int64_t stepOf(const fs::path& file, const model::SafetensorsHeader& header) {
  const auto found = header.metadata.find("step");
  const std::string name = file.filename().string();
  const std::string text = found != header.metadata.end() ? found->second
                           : name.starts_with("step-")    ? name.substr(5)
                                                          : "";
  return text.empty() || text[0] < '0' || text[0] > '9' || text.size() > 100
             ? -1
             : std::strtoll(text.c_str(), nullptr, 10);
}

void checkPair(const fs::path& file, const model::SafetensorsHeader& header, FileReport& report) {
  const std::string name = file.string();
  const bool optimiser = name.ends_with(kOptimiser);
  const std::string stem = name.substr(0, name.size() - (optimiser ? kOptimiser : kWeights).size());
  if (!fs::path(stem).filename().string().starts_with("step-")) {
    return;  // no checkpoint of a run
  }
  const fs::path other = stem + (optimiser ? kWeights : kOptimiser);
  if (std::error_code ignored; !fs::exists(other, ignored)) {
    report.faults.push_back(other.filename().string() +
                            " is missing, so no run can go on from here; limoe train --resume "
                            "takes the checkpoint before");
    return;
  }
  try {
    const int64_t here = stepOf(file, header);
    const int64_t there = stepOf(other, model::readSafetensorsHeader(other));
    if (here != there) {
      report.faults.push_back("is of step " + std::to_string(here) + ", but " +
                              other.filename().string() + " of step " + std::to_string(there));
    }
  } catch (const model::SafetensorsError&) {
    // That file has its own report.
  }
}

void checkOwnConfiguration(const model::SafetensorsHeader& header, FileReport& report) {
  try {
    if (const auto found = header.metadata.find("config"); found != header.metadata.end()) {
      model::modelConfigFromJson(model::parseJson(found->second, "__metadata__.config"));
    }
    if (const auto found = header.metadata.find("run"); found != header.metadata.end()) {
      model::runConfigFromLayers({model::parseJson(found->second, "__metadata__.run")});
    }
  } catch (const model::ConfigError& error) {
    for (const std::string& fault : error.faults()) {
      report.faults.push_back("its configuration: " + fault);
    }
  }
}

}  // namespace

FileReport checkSafetensors(const fs::path& file, const WorkProgress& progress) {
  FileReport report;
  try {
    const model::SafetensorsHeader header = model::readSafetensorsHeader(file);
    std::ifstream stream(file, std::ios::binary);
    uint64_t done = 0;
    std::error_code ignored;
    const auto all = static_cast<double>(std::max<uintmax_t>(1, fs::file_size(file, ignored)));
    for (const auto& [name, entry] : header.tensors) {
      const auto fault = numbersFault(stream, entry, [&](uint64_t of_tensor) {
        progress(file.filename().string(), static_cast<double>(done + of_tensor) / all);
      });
      if (fault) {
        report.faults.push_back("tensor \"" + name + "\" " + *fault);
      }
      done += entry.bytes;
    }
    checkOwnConfiguration(header, report);
    checkPair(file, header, report);
    report.summary = std::to_string(header.tensors.size()) + " tensors, " + std::to_string(done) +
                     " bytes of numbers";
  } catch (const model::SafetensorsError& error) {
    report.faults.push_back(withoutPath(file, error.what()));
  }
  return report;
}

FileReport checkConfiguration(const fs::path& file) {
  FileReport report;
  try {
    const nlohmann::json json = model::readJsonFile(file);
    const model::RunConfig config = model::runConfigFromLayers({json});
    report.summary = "a configuration (" + std::to_string(config.model.depth) +
                     " blocks of width " + std::to_string(config.model.width) + ", " +
                     std::to_string(config.model.moeLayers()) + " MoE layers)";
  } catch (const model::ConfigError& error) {
    for (const std::string& fault : error.faults()) {
      report.faults.push_back(withoutPath(file, fault));
    }
  }
  return report;
}

}  // namespace limoe::probe
