// Draws a scene, together with an image of what every pixel shows.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>

#include "model/data/scenes.h"

namespace limoe::model {

/// Pictures are drawn this many times larger and averaged down; labels, which cannot be averaged,
/// stay at that size.
inline constexpr int kSceneSupersampling = 2;

struct SceneImage {
  cv::Mat image;   ///< CV_8UC3, RGB, [size, size]
  cv::Mat labels;  ///< CV_16UC1, SceneLabel, [size · kSceneSupersampling]²
};

/// The same scene and size give the same image (with one version of OpenCV).
SceneImage paintScene(const Scene& scene, int size);

}  // namespace limoe::model
