// Numbers behind one drawn curve: smoothing over all points and thinning to what a screen or page
// can show. Values only, no widgets.
#pragma once

#include <cstddef>
#include <vector>

namespace limoe::gui {

/// Debiased exponential moving average (Kingma & Ba 2014, section 3), one value at a time:
/// s_t = w·s_{t−1} + (1−w)·x_t, shown as s_t / (1 − w^t). Values that are not finite are passed
/// over: they are returned as they are and count for nothing.
class Smoother {
 public:
  /// `weight` w in [0, 1). Throws std::invalid_argument otherwise.
  explicit Smoother(double weight);
  double next(double value);

 private:
  double weight_;
  double sum_ = 0;
  double remaining_ = 1;  ///< w^t
};

/// Smoother over a whole series.
std::vector<double> smoothed(const std::vector<double>& values, double weight);

struct Points {
  std::vector<double> x, y;
};

/// The part of a curve within [lower, upper], with one neighbour on each side, as at most four
/// points for each of `columns` equal columns: the first, lowest, highest and last one, in order,
/// so that the drawn line covers the same pixels and no peak is lost. Gaps (NaN, infinities, and
/// values ≤ 0 where `positive_only`, for logarithmic axes) stay gaps: one NaN point each.
/// `x` ascends; `x` and `y` are equally long.
Points thinned(const std::vector<double>& x, const std::vector<double>& y, double lower,
               double upper, int columns, bool positive_only);

}  // namespace limoe::gui
