// What a model is trained on: pairs of an image and a caption, with labels for the patches where
// the data has them. Everything that reads data does so through Dataset.
//
// No LibTorch here. Axis letters: H, W pixels · P patches.
#pragma once

#include <cstdint>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "model/config.h"

namespace limoe::model {

inline constexpr uint16_t kNoPatchLabel = 65535;

struct Sample {
  cv::Mat image;  ///< CV_8UC3, RGB, [H, W] = image_size²
  std::string caption;
  std::vector<uint16_t> patch_labels;  ///< [P] row-major, index into labelNames(); may be empty
  std::string source;                  ///< file name, or generator and index
  int64_t zero_shot_class = -1;        ///< index into zeroShotClasses(); −1: none, or several
};

/// A class that images are told apart by without having been trained for it: an image belongs to
/// the class whose prompts, embedded as captions are and averaged, are nearest to it (CLIP,
/// section 3.1).
struct ZeroShotClass {
  std::string name;
  std::vector<std::string> prompts;  ///< ways to say it, at least one
};

/// Any method may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  /// Sample `index` in [0, size()), always the same one. Throws std::out_of_range.
  virtual Sample sample(int64_t index) const = 0;
  /// Only the caption: what a tokenizer is trained on.
  virtual std::string caption(int64_t index) const = 0;
  virtual const std::vector<std::string>& labelNames() const = 0;
  /// Empty where the data has none.
  virtual std::vector<ZeroShotClass> zeroShotClasses() const { return {}; }
};

enum class Part { Train, HeldOut };

/// Opens the train or held-out part of the configured data; they share no sample. Switches OpenCV's
/// own threads off for the whole process: samples are prepared one per thread, and the cores are
/// the training's.
/// Throws ConfigError where the source is unknown or the sizes do not suit it.
std::unique_ptr<Dataset> openDataset(const DataConfig& data, const ModelConfig& model, Part part);

/// The label that most of a patch's pixels carry (the lower index of equals), for every patch.
/// `labels` is CV_16UC1 [H, W]; returns [P]. Throws std::invalid_argument where H or W is not a
/// multiple of patch_size.
std::vector<uint16_t> majorityPatchLabels(const cv::Mat& labels, int64_t patch_size);

}  // namespace limoe::model
