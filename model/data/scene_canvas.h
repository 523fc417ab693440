// Drawing on a picture and on its labels at once, in fractions of the picture's side.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>

#include "model/data/counter_random.h"
#include "model/data/scenes.h"

namespace limoe::model {

/// Red, green, blue in [0, 255].
using Rgb = cv::Vec3f;
using Point = cv::Point2d;

/// a at share 0, b at share 1.
inline Rgb blend(const Rgb& a, const Rgb& b, double share) {
  return a + (b - a) * static_cast<float>(share);
}

/// What the time of day makes of a colour: color · scale + offset.
struct Light {
  Rgb scale{1, 1, 1};
  Rgb offset{0, 0, 0};

  Rgb operator()(const Rgb& color) const { return color.mul(scale) + offset; }
};

/// Shapes are seen in the canvas's light; gradients, glows and what is drawn with Lit::Itself keep
/// the colours given.
enum class Lit { ByScene, Itself };

class SceneCanvas {
 public:
  /// `size`: pixels of a side.
  SceneCanvas(int size, const Light& light);

  void polygon(std::span<const Point> points, const Rgb& color, SceneLabel label,
               Lit lit = Lit::ByScene);
  void polygon(std::initializer_list<Point> points, const Rgb& color, SceneLabel label,
               Lit lit = Lit::ByScene) {
    polygon(std::span<const Point>(points.begin(), points.size()), color, label, lit);
  }
  void rectangle(double left, double top, double right, double bottom, const Rgb& color,
                 SceneLabel label, Lit lit = Lit::ByScene);
  void ellipse(Point center, double radius_x, double radius_y, const Rgb& color, SceneLabel label,
               Lit lit = Lit::ByScene);
  void circle(Point center, double radius, const Rgb& color, SceneLabel label,
              Lit lit = Lit::ByScene) {
    ellipse(center, radius, radius, color, label, lit);
  }
  /// A bar from a to b, `width` wide.
  void line(Point a, Point b, double width, const Rgb& color, SceneLabel label,
            Lit lit = Lit::ByScene);
  /// One line of capitals that fills the box around `center` as far as its shape allows; the
  /// labels stay as they are.
  void text(const std::string& words, Point center, double width, double height, const Rgb& color);

  /// Rows from `top` to `bottom`, from one colour to the other.
  void verticalGradient(double top, double bottom, const Rgb& upper, const Rgb& lower,
                        SceneLabel label);
  /// Blends `color` in, `strength` in the middle and nothing at the rim; labels stay as they are.
  /// Serves as glow (bright) and as shadow (dark).
  void softSpot(Point center, double radius_x, double radius_y, const Rgb& color, double strength);
  /// Blends a hairline in; labels stay as they are.
  void hairline(Point a, Point b, const Rgb& color);
  /// Adds noise of ±`amplitude` to the pixels of rows `top` to `bottom` that carry `label`.
  void grain(double top, double bottom, int amplitude, SceneLabel label, CounterRandom& random);

  /// Averages the picture down to [size, size].
  cv::Mat downsampled(int size) const;
  const cv::Mat& labels() const { return labels_; }

 private:
  cv::Scalar scalar(const Rgb& color, Lit lit) const;
  int row(double y) const;  // the row at y, kept inside the picture

  int size_;
  Light light_;
  cv::Mat image_;   // CV_8UC3, RGB
  cv::Mat labels_;  // CV_16UC1
};

}  // namespace limoe::model
