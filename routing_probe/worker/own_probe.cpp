#include "routing_probe/worker/own_probe.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "model/data/image_file.h"
#include "routing_probe/recording/recording_copy.h"
#include "routing_probe/recording/recording_error.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kNoLimit = 1 << 20;
constexpr std::size_t kQuotedBytes = 60;

/// The beginning of a caption, for a message; cut between characters.
std::string captionBegin(const std::string& text) {
  std::size_t end = std::min(text.size(), kQuotedBytes);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return "“" + text.substr(0, end) + (end < text.size() ? "…”" : "”");
}

/// What the tokenizer makes of a caption, where that is not all of it.
void tellTokens(const std::string& caption, int64_t length, const model::Tokenizer& tokenizer,
                std::vector<std::string>& remarks) {
  const int64_t unknown = tokenizer.encode("", 1).front();
  std::string words;
  std::istringstream stream(caption);
  for (std::string word; stream >> word;) {
    const auto ids = tokenizer.encode(word, kNoLimit);
    if (std::find(ids.begin(), ids.end(), unknown) != ids.end()) {
      words += (words.empty() ? "" : ", ") + word;
    }
  }
  if (!words.empty()) {
    remarks.push_back("caption " + captionBegin(caption) +
                      ": the run's tokenizer has no pieces for all of: " + words +
                      "; an unknown token stands for them");
  }
  const auto ids = tokenizer.encode(caption, kNoLimit);
  if (static_cast<int64_t>(ids.size()) > length) {
    std::string read;
    for (int64_t t = 0; t < length; ++t) {
      read += tokenizer.piece(ids[static_cast<std::size_t>(t)]);
    }
    const std::string space = "▁";
    for (std::size_t at = read.find(space); at != std::string::npos; at = read.find(space)) {
      read.replace(at, space.size(), " ");
    }
    remarks.push_back("caption " + captionBegin(caption) + " has " + std::to_string(ids.size()) +
                      " tokens, the model reads " + std::to_string(length) + ": up to “…" +
                      read.substr(read.find_last_of(' ') + 1) + "”");
  }
}

/// Keeps other writers of own probes out while a free name is looked for and taken. Where a file
/// system has no such locks, two of them at the same moment end in an error, never in a lost file.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : descriptor_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ >= 0) {
      flock(descriptor_, LOCK_EX);
    }
  }
  ~FolderLock() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

fs::path freeName(const fs::path& folder, int64_t step) {
  const std::string stem = "own-" + std::to_string(step);
  fs::path path = folder / (stem + ".h5");
  for (int i = 2; fs::exists(fs::symlink_status(path)); ++i) {
    path = folder / (stem + "-" + std::to_string(i) + ".h5");
  }
  return path;
}

}  // namespace

/// The user's pairs, and behind them the held-out ones that fill the last group.
class OwnProbe::Pairs : public model::Dataset {
 public:
  Pairs(std::vector<model::Sample> own, int64_t group, int64_t fillers,
        const model::Dataset* held_out)
      : own_(std::move(own)), group_(group), held_out_(held_out) {
    const auto count = static_cast<int64_t>(own_.size());
    const int64_t last_group = (count - 1) / group * group;
    size_ = last_group + std::max(count - last_group, std::min(group, fillers));
  }

  int64_t size() const override { return size_; }
  model::Sample sample(int64_t index) const override {
    const auto count = static_cast<int64_t>(own_.size());
    return index < count ? own_[static_cast<std::size_t>(index)]
                         : held_out_->sample(index % group_);
  }
  std::string caption(int64_t index) const override { return sample(index).caption; }
  const std::vector<std::string>& labelNames() const override { return no_labels_; }

 private:
  std::vector<model::Sample> own_;
  int64_t group_;
  const model::Dataset* held_out_;
  int64_t size_ = 0;
  std::vector<std::string> no_labels_;
};

namespace {

/// Throws std::runtime_error where the sample cannot be used.
model::Sample readSample(const OwnSample& own, const model::ModelConfig& config,
                         const model::Tokenizer& tokenizer, std::vector<std::string>& remarks) {
  model::Sample sample;
  sample.caption = own.caption.value_or("");
  if (sample.caption.size() > kLongestCaptionBytes) {
    throw std::runtime_error("caption " + captionBegin(sample.caption) + ": is longer than " +
                             std::to_string(kLongestCaptionBytes) + " bytes; shorten it");
  }
  const bool blank = sample.caption.find_first_not_of(" \t\r\n") == std::string::npos;
  if (own.image.empty()) {
    if (blank) {
      throw std::runtime_error("a caption alone has no words");
    }
    const int side = static_cast<int>(config.image_size);
    sample.image = cv::Mat(side, side, CV_8UC3, cv::Scalar::all(128));
    sample.source = "a caption alone; the picture is plain grey, and is routed as well";
  } else {
    const model::ImageFile file = model::readImageFile(own.image, config.image_size);
    sample.image = file.image;
    sample.source = own.image + " (" + std::to_string(file.width) + " × " +
                    std::to_string(file.height) + ")" +
                    (blank ? ", without a caption: one unknown token stands for it" : "");
  }
  if (!blank) {
    tellTokens(sample.caption, config.text_length, tokenizer, remarks);
  }
  return sample;
}

/// The patches of a plain picture all want the same few experts.
void tellCrowding(const std::vector<OwnSample>& samples, const model::RunConfig& config,
                  std::vector<std::string>& remarks) {
  const auto alone = std::count_if(samples.begin(), samples.end(),
                                   [](const OwnSample& sample) { return sample.image.empty(); });
  const bool share_experts = config.model.moe && config.model.towers == model::Towers::One;
  if (share_experts && 8 * alone > groupPairsOf(config)) {
    remarks.push_back(std::to_string(alone) + " captions alone in groups of " +
                      std::to_string(groupPairsOf(config)) +
                      " pairs: their plain grey pictures crowd the experts that take grey, where "
                      "words may be dropped more often than in training; give fewer, or pictures "
                      "with them");
  }
}

/// The run's configuration with the pairs that were recorded and routed here instead of its own, so
/// that readers know which groups are whole.
std::string configOfProbe(const std::string& of_run, int64_t recorded, int64_t routed) {
  auto config = nlohmann::json::parse(of_run);
  config["record"]["probe_samples"] = recorded;
  config["record"]["recall_samples"] = routed;
  // No configuration may record more than there are held-out pairs.
  auto& held_out = config["data"]["held_out_samples"];
  held_out = std::max(held_out.is_number_integer() ? held_out.get<int64_t>() : 0, routed);
  return config.dump();
}

}  // namespace

OwnProbe::OwnProbe(const std::vector<OwnSample>& samples, const model::RunConfig& config,
                   const model::Dataset* held_out, const model::Tokenizer& tokenizer,
                   const WorkProgress& progress) {
  std::vector<model::Sample> own;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    progress("reading " + std::to_string(i + 1) + " of " + std::to_string(samples.size()),
             static_cast<double>(i) / static_cast<double>(samples.size()));
    try {
      own.push_back(readSample(samples[i], config.model, tokenizer, remarks_));
    } catch (const std::runtime_error& error) {
      remarks_.push_back(error.what());
    }
  }
  if (own.empty()) {
    std::string why = "none of the images and captions can be used";
    for (const std::string& remark : remarks_) {
      why += "\n  " + remark;
    }
    throw std::runtime_error(why);
  }
  tellCrowding(samples, config, remarks_);
  model::RunConfig of_probe = config;
  of_probe.record.probe_samples = static_cast<int64_t>(own.size());
  of_probe.record.probabilities = "all";
  of_probe.record.probe_group_pairs = groupPairsOf(config);
  // The run's own probe has no more pairs than these in its first group.
  const int64_t fillers = held_out == nullptr
                              ? 0
                              : std::min(held_out->size(), std::max(config.record.probe_samples,
                                                                    config.record.recall_samples));
  if (held_out == nullptr && config.model.moe) {
    remarks_.push_back(
        "the run's held-out data is not there to fill the group: more is dropped than in training "
        "where few pairs are given");
  }
  pairs_ = std::make_unique<Pairs>(std::move(own), groupPairsOf(config), fillers, held_out);
  of_probe.record.recall_samples = pairs_->size();
  probe_ = std::make_unique<HeldOutProbe>(of_probe, *pairs_, tokenizer);
}

OwnProbe::~OwnProbe() = default;

Snapshot OwnProbe::route(model::Limoe& model, int64_t step) const {
  return probe_->route(model, step, false);
}

fs::path OwnProbe::save(const Snapshot& snapshot, const Origin& origin, const RunFolder& folder,
                        const fs::path& out) const {
  CopySource source;
  source.layout = probe_->layout();
  source.layout.scalar_names.clear();  // nothing is trained
  source.layout.scalar_units.clear();
  source.origin = origin;
  source.origin.config_json = configOfProbe(origin.config_json, samples(), pairs_->size());
  source.probe = probe_->probeSet();
  const std::vector<uint8_t> images = std::exchange(source.probe.images, {});
  const auto image_bytes =
      static_cast<std::ptrdiff_t>(3 * source.layout.image_height * source.layout.image_width);
  source.images = [&](int64_t first, int64_t count) {
    return std::vector<uint8_t>(images.begin() + first * image_bytes,
                                images.begin() + (first + count) * image_bytes);
  };
  source.snapshots = 1;
  source.read_summary = [&](int64_t) {
    Snapshot summary = snapshot;
    summary.layers.clear();
    return summary;
  };
  source.read_layer = [&](int64_t, int64_t layer) {
    return snapshot.layers[static_cast<std::size_t>(layer)];
  };
  for (const std::string& remark : remarks_) {
    source.remarks.push_back({snapshot.step, 0, "warning", remark});
  }
  const fs::path place = out.empty() ? folder.probes() : fs::absolute(out).parent_path();
  if (out.empty()) {
    std::error_code error;
    fs::create_directories(place, error);
    if (error) {
      throw RecordingError(place.string() + ": the folder cannot be made: " + error.message());
    }
  }
  const FolderLock lock(place);
  const fs::path path =
      fs::absolute(out.empty() ? freeName(place, snapshot.step) : out).lexically_normal();
  copyRecording(source, path, [](const std::string&, double) {});
  return path;
}

}  // namespace limoe::probe
