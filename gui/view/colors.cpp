#include "gui/view/colors.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "routing_probe/recording/recording.h"

namespace limoe::gui {
namespace {

constexpr std::array<QRgb, 10> kPetroff = {0x3f90da, 0xffa90e, 0xbd1f01, 0x94a4a2, 0x832db6,
                                           0xa96b59, 0xe76300, 0xb9ac70, 0x717581, 0x92dadd};

/// CIE lightness steps of the rounds through the palette when ten colours are not enough.
constexpr std::array<double, 4> kLightness = {1.0, 0.62, 1.45, 0.42};

// viridis (Smith & van der Walt 2015) at t = 0, 1/8, … 1; linear between is within 2/255 of it.
constexpr std::array<QRgb, 9> kViridis = {0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c,
                                          0x28ae80, 0x5ec962, 0xaddc30, 0xfde725};

double linear(double channel) {
  return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

}  // namespace

QColor expertColor(int64_t expert, int64_t experts) {
  const QColor base(kPetroff[static_cast<std::size_t>(expert) % kPetroff.size()]);
  if (experts <= static_cast<int64_t>(kPetroff.size())) {
    return base;
  }
  const auto round = static_cast<std::size_t>(expert) / kPetroff.size() % kLightness.size();
  const auto lightness = static_cast<float>(
      std::clamp(static_cast<double>(base.lightnessF()) * kLightness[round], 0.08, 0.92));
  return QColor::fromHslF(base.hslHueF(), base.hslSaturationF(), lightness);
}

QColor mixed(const QColor& a, const QColor& b, double part_of_b) {
  const auto channel = [part_of_b](int x, int y) {
    return static_cast<int>(std::lround(x + (y - x) * part_of_b));
  };
  return {channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue())};
}

QColor textColorOn(const QColor& background) {
  const double luminance = 0.2126 * linear(background.redF()) +
                           0.7152 * linear(background.greenF()) +
                           0.0722 * linear(background.blueF());
  // Contrast with black is (L + 0.05) / 0.05, with white 1.05 / (L + 0.05).
  return (luminance + 0.05) * (luminance + 0.05) > 0.05 * 1.05 ? QColor(Qt::black)
                                                               : QColor(Qt::white);
}

QColor modalityColor(int modality) {
  return modality == probe::kImage ? QColor(0x2f6f9f) : QColor(0xd9822b);
}

QColor viridis(double t) {
  const double at = std::clamp(t, 0.0, 1.0) * (kViridis.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(at), kViridis.size() - 2);
  const double weight = at - static_cast<double>(low);
  return mixed(QColor(kViridis[low]), QColor(kViridis[low + 1]), weight);
}

}  // namespace limoe::gui
