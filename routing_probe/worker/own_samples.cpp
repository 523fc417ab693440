#include "routing_probe/worker/own_samples.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace limoe::probe {

using nlohmann::json;

std::vector<OwnSample> ownSamplesFromJson(const json& list) {
  if (!list.is_array() || list.empty() || list.size() > kMostOwnSamples) {
    throw std::runtime_error(
        "\"samples\" is a list of 1 to " + std::to_string(kMostOwnSamples) +
        " objects such as {\"image\": \"cat.png\", \"caption\": \"a red house\"}");
  }
  std::vector<OwnSample> samples;
  for (const json& entry : list) {
    OwnSample sample;
    if (entry.is_object()) {
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string() || (key != "image" && key != "caption")) {
          throw std::runtime_error("a sample has \"" + key +
                                   "\"; it has an \"image\", a \"caption\" or both, as texts");
        }
        if (key == "image") {
          sample.image = value.get<std::string>();
        } else {
          sample.caption = value.get<std::string>();
        }
      }
    }
    if (sample.image.empty() && !sample.caption) {
      throw std::runtime_error("a sample has neither an \"image\" nor a \"caption\"");
    }
    // The worker has a working directory of its own.
    if (!sample.image.empty() && !std::filesystem::path(sample.image).is_absolute()) {
      throw std::runtime_error(sample.image + ": give the whole path of an image, from / on");
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

json toJson(const std::vector<OwnSample>& samples) {
  json list = json::array();
  for (const OwnSample& sample : samples) {
    json entry = json::object();
    if (!sample.image.empty()) {
      entry["image"] = sample.image;
    }
    if (sample.caption) {
      entry["caption"] = *sample.caption;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

std::string samplesText(int64_t count) {
  return std::to_string(count) + (count == 1 ? " sample" : " samples");
}

void addOwnSampleOptions(CLI::App& command, OwnSampleOptions& options) {
  command.add_option("--image", options.images, "images: PNG, JPEG, WebP or TIFF");
  command.add_option("--caption", options.captions, "captions");
  command.add_option("--pair", options.pairs, "an image and its caption; may be repeated")
      ->type_name("FILE TEXT");
}

std::vector<OwnSample> ownSamplesFrom(const OwnSampleOptions& options) {
  const auto absolute = [](const std::string& path) {
    return std::filesystem::absolute(path).lexically_normal().string();
  };
  std::vector<OwnSample> samples;
  for (const std::string& image : options.images) {
    samples.push_back({absolute(image), {}});
  }
  for (const auto& [image, caption] : options.pairs) {
    samples.push_back({absolute(image), caption});
  }
  for (const std::string& caption : options.captions) {
    samples.push_back({"", caption});
  }
  try {
    static_cast<void>(toJson(samples).dump());
  } catch (const json::exception&) {
    throw std::runtime_error("a caption or a file name is not UTF-8; set the terminal to UTF-8");
  }
  return samples;
}

}  // namespace limoe::probe
