// What a user wants routed: images, captions and pairs of them, as they come from the command line,
// a file or the control socket.
//
// As JSON: [{"image": FILE, "caption": TEXT}, …], each with one of them or both.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace limoe::probe {

/// Routed at once; so many stop a training for about as long as its snapshots do.
inline constexpr std::size_t kMostOwnSamples = 256;
inline constexpr std::size_t kLongestCaptionBytes = 2000;

struct OwnSample {
  std::string image;  ///< absolute path, or empty: a caption alone
  std::optional<std::string> caption;
};

/// Throws std::runtime_error naming what is not as described above, relative paths included.
std::vector<OwnSample> ownSamplesFromJson(const nlohmann::json& json);
nlohmann::json toJson(const std::vector<OwnSample>& samples);

/// "1 sample", "2 samples".
std::string samplesText(int64_t count);

/// --image, --caption and --pair of a command line.
struct OwnSampleOptions {
  std::vector<std::string> images, captions;
  std::vector<std::pair<std::string, std::string>> pairs;
};
void addOwnSampleOptions(CLI::App& command, OwnSampleOptions& options);
/// Images first, then pairs, then captions. Throws std::runtime_error for text that is not UTF-8.
std::vector<OwnSample> ownSamplesFrom(const OwnSampleOptions& options);

}  // namespace limoe::probe
