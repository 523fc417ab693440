#include "model/data/scene_canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace limoe::model {
namespace {

constexpr int kFractionBits = 4;  // OpenCV takes coordinates in 1/16 pixel
constexpr std::size_t kMostEllipseCorners = 32;

std::array<Point, kMostEllipseCorners> unitCircle() {
  std::array<Point, kMostEllipseCorners> points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / kMostEllipseCorners;
    points[i] = {std::cos(angle), std::sin(angle)};
  }
  return points;
}

}  // namespace

SceneCanvas::SceneCanvas(int size, const Light& light)
    : size_(size),
      light_(light),
      image_(size, size, CV_8UC3, cv::Scalar::all(0)),
      labels_(size, size, CV_16UC1, cv::Scalar::all(0)) {}

cv::Scalar SceneCanvas::scalar(const Rgb& color, Lit lit) const {
  const Rgb seen = lit == Lit::ByScene ? light_(color) : color;
  return {seen[0], seen[1], seen[2]};
}

int SceneCanvas::row(double y) const {
  return std::clamp(cvRound(y * size_), 0, size_);
}

void SceneCanvas::polygon(std::span<const Point> points, const Rgb& color, SceneLabel label,
                          Lit lit) {
  constexpr std::size_t kMostCorners = 128;
  CV_Assert(points.size() <= kMostCorners);
  std::array<cv::Point, kMostCorners> corners;
  for (std::size_t i = 0; i < points.size(); ++i) {
    // OpenCV means pixel centres by whole numbers: hence the half.
    corners[i] = {cvRound((points[i].x * size_ - 0.5) * (1 << kFractionBits)),
                  cvRound((points[i].y * size_ - 0.5) * (1 << kFractionBits))};
  }
  const cv::Point* first = corners.data();
  const int count = static_cast<int>(points.size());
  cv::fillPoly(image_, &first, &count, 1, scalar(color, lit), cv::LINE_AA, kFractionBits);
  cv::fillPoly(labels_, &first, &count, 1, cv::Scalar(static_cast<double>(label)), cv::LINE_8,
               kFractionBits);
}

void SceneCanvas::rectangle(double left, double top, double right, double bottom, const Rgb& color,
                            SceneLabel label, Lit lit) {
  polygon({{left, top}, {right, top}, {right, bottom}, {left, bottom}}, color, label, lit);
}

void SceneCanvas::ellipse(Point center, double radius_x, double radius_y, const Rgb& color,
                          SceneLabel label, Lit lit) {
  static const std::array<Point, kMostEllipseCorners> kUnitCircle = unitCircle();
  // Stars and petals are many and small: fewer corners halve the time of a picture.
  const double pixels = std::max(radius_x, radius_y) * size_;
  const std::size_t stride = pixels < 4 ? 4 : pixels < 16 ? 2 : 1;
  std::array<Point, kMostEllipseCorners> points;
  const std::size_t corners = kMostEllipseCorners / stride;
  for (std::size_t i = 0; i < corners; ++i) {
    const Point& unit = kUnitCircle[i * stride];
    points[i] = {center.x + radius_x * unit.x, center.y + radius_y * unit.y};
  }
  polygon(std::span<const Point>(points.data(), corners), color, label, lit);
}

void SceneCanvas::line(Point a, Point b, double width, const Rgb& color, SceneLabel label,
                       Lit lit) {
  const Point along = b - a;
  const double length = std::max(1e-9, std::hypot(along.x, along.y));
  const Point across(-along.y / length * width / 2, along.x / length * width / 2);
  polygon({a + across, b + across, b - across, a - across}, color, label, lit);
}

void SceneCanvas::text(const std::string& words, Point center, double width, double height,
                       const Rgb& color) {
  constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
  int baseline = 0;
  const cv::Size unit = cv::getTextSize(words, kFont, 1.0, 1, &baseline);
  const double scale = std::min(width * size_ / unit.width, height * size_ / unit.height);
  // Strokes a seventh of the letters' height: thick enough to survive averaging down.
  const int thickness = std::max(1, cvRound(scale * unit.height / 6.0));
  const cv::Point origin(cvRound(center.x * size_ - scale * unit.width / 2.0),
                         cvRound(center.y * size_ + scale * unit.height / 2.0));
  cv::putText(image_, words, origin, kFont, scale, scalar(color, Lit::ByScene), thickness,
              cv::LINE_AA);
}

void SceneCanvas::verticalGradient(double top, double bottom, const Rgb& upper, const Rgb& lower,
                                   SceneLabel label) {
  const int first = row(top);
  const int end = row(bottom);
  for (int y = first; y < end; ++y) {
    const Rgb color = blend(upper, lower, (y - first + 0.5) / (end - first));
    std::fill_n(image_.ptr<cv::Vec3b>(y), size_, cv::Vec3b(color));
  }
  labels_.rowRange(first, end).setTo(cv::Scalar(static_cast<double>(label)));
}

void SceneCanvas::softSpot(Point center, double radius_x, double radius_y, const Rgb& color,
                           double strength) {
  const int left = std::max(0, static_cast<int>((center.x - radius_x) * size_));
  const int right = std::min(size_, static_cast<int>((center.x + radius_x) * size_) + 1);
  const int end = row(center.y + radius_y);
  const auto full = static_cast<float>(strength);
  for (int y = row(center.y - radius_y); y < end; ++y) {
    const double dy = ((y + 0.5) / size_ - center.y) / radius_y;
    uint8_t* pixels = image_.ptr<uint8_t>(y);
    for (int x = left; x < right; ++x) {
      const double dx = ((x + 0.5) / size_ - center.x) / radius_x;
      const auto fade = static_cast<float>(1 - dx * dx - dy * dy);
      if (fade <= 0) {
        continue;
      }
      const float share = full * fade * fade;
      for (int channel = 0; channel < 3; ++channel) {
        uint8_t& value = pixels[3 * x + channel];
        value = static_cast<uint8_t>(static_cast<float>(value) +
                                     (color[channel] - static_cast<float>(value)) * share + 0.5F);
      }
    }
  }
}

void SceneCanvas::hairline(Point a, Point b, const Rgb& color) {
  const auto pixel = [this](const Point& point) {
    return cv::Point(static_cast<int>(point.x * size_), static_cast<int>(point.y * size_));
  };
  cv::line(image_, pixel(a), pixel(b), scalar(color, Lit::Itself), 1, cv::LINE_AA);
}

void SceneCanvas::grain(double top, double bottom, int amplitude, SceneLabel label,
                        CounterRandom& random) {
  const int end = row(bottom);
  for (int y = row(top); y < end; ++y) {
    uint8_t* pixels = image_.ptr<uint8_t>(y);
    const uint16_t* labels = labels_.ptr<uint16_t>(y);
    // A linear congruential generator for each row: noise need not be good, only quick.
    auto state = static_cast<uint32_t>(random.next());
    for (int x = 0; x < size_; ++x) {
      state = state * 1664525U + 1013904223U;
      if (labels[x] != static_cast<uint16_t>(label)) {
        continue;
      }
      const int noise = (static_cast<int>(state >> 24U) - 128) * amplitude / 128;
      for (int channel = 0; channel < 3; ++channel) {
        uint8_t& value = pixels[3 * x + channel];
        value = cv::saturate_cast<uint8_t>(value + noise);
      }
    }
  }
}

cv::Mat SceneCanvas::downsampled(int size) const {
  cv::Mat image;
  cv::resize(image_, image, {size, size}, 0, 0, cv::INTER_AREA);
  return image;
}

}  // namespace limoe::model
