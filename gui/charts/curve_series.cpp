#include "gui/charts/curve_series.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace limoe::gui {

Smoother::Smoother(double weight) : weight_(weight) {
  if (!(weight >= 0 && weight < 1)) {
    throw std::invalid_argument("the smoothing weight must be at least 0 and less than 1");
  }
}

double Smoother::next(double value) {
  if (!std::isfinite(value)) {
    return value;
  }
  sum_ = weight_ * sum_ + (1 - weight_) * value;
  remaining_ *= weight_;
  return sum_ / (1 - remaining_);
}

std::vector<double> smoothed(const std::vector<double>& values, double weight) {
  Smoother smoother(weight);
  std::vector<double> result;
  result.reserve(values.size());
  for (const double value : values) {
    result.push_back(smoother.next(value));
  }
  return result;
}

namespace {

/// Collects the points of one pixel column.
class ColumnOfPoints {
 public:
  ColumnOfPoints(const std::vector<double>& x, const std::vector<double>& y, Points& out)
      : x_(x), y_(y), out_(out) {}

  void add(std::size_t index) {
    if (empty_) {
      first_ = lowest_ = highest_ = index;
      empty_ = false;
    }
    lowest_ = y_[index] < y_[lowest_] ? index : lowest_;
    highest_ = y_[index] > y_[highest_] ? index : highest_;
    last_ = index;
  }

  void flush() {
    if (empty_) {
      return;
    }
    std::array<std::size_t, 4> indices = {first_, lowest_, highest_, last_};
    std::ranges::sort(indices);
    const auto end = std::unique(indices.begin(), indices.end());
    for (auto index = indices.begin(); index != end; ++index) {
      out_.x.push_back(x_[*index]);
      out_.y.push_back(y_[*index]);
    }
    empty_ = true;
  }

 private:
  const std::vector<double>& x_;
  const std::vector<double>& y_;
  Points& out_;
  bool empty_ = true;
  std::size_t first_ = 0, lowest_ = 0, highest_ = 0, last_ = 0;
};

}  // namespace

Points thinned(const std::vector<double>& x, const std::vector<double>& y, double lower,
               double upper, int columns, bool positive_only) {
  Points result;
  if (x.empty() || columns < 1 || !(upper > lower)) {
    return result;
  }
  auto begin = static_cast<std::size_t>(std::ranges::lower_bound(x, lower) - x.begin());
  auto end = static_cast<std::size_t>(std::ranges::upper_bound(x, upper) - x.begin());
  // The neighbours outside, so that lines run on to the edge.
  begin -= begin > 0 ? 1 : 0;
  end += end < x.size() ? 1 : 0;
  const double per_column = (upper - lower) / columns;
  ColumnOfPoints column(x, y, result);
  double column_end = -std::numeric_limits<double>::infinity();
  for (std::size_t i = begin; i < end; ++i) {
    if (!std::isfinite(y[i]) || (positive_only && y[i] <= 0)) {
      column.flush();
      if (!result.y.empty() && !std::isnan(result.y.back())) {
        result.x.push_back(x[i]);
        result.y.push_back(std::numeric_limits<double>::quiet_NaN());
      }
      continue;
    }
    if (x[i] >= column_end) {
      column.flush();
      column_end = lower + (std::floor((x[i] - lower) / per_column) + 1) * per_column;
    }
    column.add(i);
  }
  column.flush();
  return result;
}

}  // namespace limoe::gui
