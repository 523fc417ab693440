#include "model/data/dataset.h"

#include <algorithm>
#include <opencv2/core/utility.hpp>
#include <stdexcept>
#include <utility>

#include "model/data/scene_classes.h"
#include "model/data/scene_painter.h"
#include "model/data/scenes.h"

namespace limoe::model {
namespace {

constexpr int64_t kSmallestScene = 32;
constexpr int64_t kLargestScene = 256;

class SceneDataset : public Dataset {
 public:
  SceneDataset(const DataConfig& data, const ModelConfig& model, Part part)
      : stream_(sceneStream(data.seed, part == Part::HeldOut)),
        size_(part == Part::HeldOut ? data.held_out_samples : data.train_samples),
        image_size_(static_cast<int>(model.image_size)),
        patch_size_(model.patch_size),
        source_("scenes, seed " + std::to_string(data.seed) +
                (part == Part::HeldOut ? ", held out, " : ", train, ")),
        label_names_(kSceneLabelNames.begin(), kSceneLabelNames.end()) {}

  int64_t size() const override { return size_; }

  Sample sample(int64_t index) const override {
    const Scene scene = sceneAt(index);
    SceneImage drawn = paintScene(scene, image_size_);
    return {std::move(drawn.image), scene.caption,
            majorityPatchLabels(drawn.labels, patch_size_ * kSceneSupersampling),
            source_ + std::to_string(index), sceneClass(scene)};
  }

  std::string caption(int64_t index) const override { return sceneAt(index).caption; }

  const std::vector<std::string>& labelNames() const override { return label_names_; }
  std::vector<ZeroShotClass> zeroShotClasses() const override { return sceneClasses(); }

 private:
  Scene sceneAt(int64_t index) const {
    if (index < 0 || index >= size_) {
      throw std::out_of_range("no sample " + std::to_string(index) + " in " +
                              std::to_string(size_) + " scenes");
    }
    return makeScene(stream_, index);
  }

  uint64_t stream_;
  int64_t size_;
  int image_size_;
  int64_t patch_size_;
  std::string source_;
  std::vector<std::string> label_names_;
};

std::vector<std::string> sceneFaults(const ModelConfig& model) {
  std::vector<std::string> faults;
  if (model.image_size < kSmallestScene || model.image_size > kLargestScene) {
    faults.push_back("image_size is " + std::to_string(model.image_size) +
                     ", but scenes are drawn at " + std::to_string(kSmallestScene) + " to " +
                     std::to_string(kLargestScene) + " pixels");
  }
  if (model.patch_size < 1 || model.image_size % model.patch_size != 0) {
    faults.push_back("patch_size is " + std::to_string(model.patch_size) +
                     ", which does not divide image_size " + std::to_string(model.image_size));
  }
  return faults;
}

}  // namespace

std::unique_ptr<Dataset> openDataset(const DataConfig& data, const ModelConfig& model, Part part) {
  if (data.source != "scenes") {
    throw ConfigError({"data.source is \"" + data.source + "\", must be \"scenes\""});
  }
  if (std::vector<std::string> faults = sceneFaults(model); !faults.empty()) {
    throw ConfigError(std::move(faults));
  }
  cv::setNumThreads(1);
  return std::make_unique<SceneDataset>(data, model, part);
}

std::vector<uint16_t> majorityPatchLabels(const cv::Mat& labels, int64_t patch_size) {
  if (labels.type() != CV_16UC1) {
    throw std::invalid_argument("majorityPatchLabels: labels are of type " +
                                cv::typeToString(labels.type()) + ", must be CV_16UC1");
  }
  if (patch_size < 1 || labels.rows % patch_size != 0 || labels.cols % patch_size != 0) {
    throw std::invalid_argument(
        "majorityPatchLabels: " + std::to_string(labels.rows) + "×" + std::to_string(labels.cols) +
        " labels cannot be divided into patches of " + std::to_string(patch_size));
  }
  const int patch = static_cast<int>(patch_size);
  std::vector<uint16_t> majority;
  majority.reserve(labels.total() / static_cast<std::size_t>(patch_size * patch_size));
  double largest = 0;
  cv::minMaxLoc(labels, nullptr, &largest);
  std::vector<int> counts(static_cast<std::size_t>(largest) + 1);  // all 0 between patches
  for (int top = 0; top < labels.rows; top += patch) {
    for (int left = 0; left < labels.cols; left += patch) {
      for (int y = top; y < top + patch; ++y) {
        const uint16_t* row = labels.ptr<uint16_t>(y) + left;
        std::for_each_n(row, patch, [&](uint16_t label) { ++counts[label]; });
      }
      uint16_t best = labels.at<uint16_t>(top, left);
      int best_count = 0;
      for (int y = top; y < top + patch; ++y) {
        const uint16_t* row = labels.ptr<uint16_t>(y) + left;
        std::for_each_n(row, patch, [&](uint16_t label) {
          const int count =
              std::exchange(counts[label], 0);  // seen once; the next patch starts at 0
          if (count > best_count || (count == best_count && count > 0 && label < best)) {
            best = label;
            best_count = count;
          }
        });
      }
      majority.push_back(best);
    }
  }
  return majority;
}

}  // namespace limoe::model
