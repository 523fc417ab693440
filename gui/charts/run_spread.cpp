#include "gui/charts/run_spread.h"

#include <QStringList>
#include <algorithm>
#include <cmath>

#include "gui/charts/curve_series.h"

namespace limoe::gui {
namespace {

QString nameOf(const CurveGroup& group, const PanelSpec& panel, const CurveSpec& curve) {
  // "Optimisation: learning rate" says enough; "success: image" needs its panel.
  const bool alone = panel.curves.size() == 1;
  const bool said = alone || panel.axis.startsWith(curve.name);
  return group.name + QStringLiteral(": ") +
         (said ? curve.name : QStringLiteral("%1, %2").arg(panel.axis, curve.name));
}

/// Value of a series at a step; NaN where it has none.
double at(const StepSeries& series, double step) {
  const auto found = std::ranges::lower_bound(series.steps, step);
  return found != series.steps.end() && *found == step
             ? series.values[static_cast<std::size_t>(found - series.steps.begin())]
             : std::nan("");
}

}  // namespace

QStringList quantitiesOf(const RunData& run) {
  QStringList names;
  for (const CurveGroup& group : curveGroups(run)) {
    for (const PanelSpec& panel : group.panels) {
      for (const CurveSpec& curve : panel.curves) {
        names << nameOf(group, panel, curve);
      }
    }
  }
  return names;
}

std::optional<CurveSpec> quantityNamed(const RunData& run, const QString& name) {
  for (const CurveGroup& group : curveGroups(run)) {
    for (const PanelSpec& panel : group.panels) {
      for (const CurveSpec& curve : panel.curves) {
        if (nameOf(group, panel, curve) == name) {
          return curve;
        }
      }
    }
  }
  return std::nullopt;
}

StepSeries seriesOf(const RunData& run, const CurveSpec& quantity, double weight) {
  StepSeries series;
  const bool measured = quantity.kind == CurveSpec::Kind::Metric;
  Smoother smoother(measured ? 0 : weight);
  const std::size_t length = curveLength(run, quantity);
  series.steps.reserve(length);
  series.values.reserve(length);
  for (std::size_t i = 0; i < length; ++i) {
    const double value = curveValue(run, quantity, i);
    if (!measured || !std::isnan(value)) {
      series.steps.push_back(curveStep(run, quantity, i));
      series.values.push_back(smoother.next(value));
    }
  }
  return series;
}

Spread spreadOf(const std::vector<const StepSeries*>& series) {
  Spread spread;
  spread.runs = series.size();
  if (series.empty()) {
    return spread;
  }
  const auto n = static_cast<double>(series.size());
  for (const double step : series.front()->steps) {
    double sum = 0;
    for (const StepSeries* one : series) {
      sum += at(*one, step);
    }
    const double mean = sum / n;
    if (!std::isfinite(mean)) {
      continue;
    }
    double squares = 0;
    for (const StepSeries* one : series) {
      const double away = at(*one, step) - mean;
      squares += away * away;
    }
    spread.steps.push_back(step);
    spread.mean.push_back(mean);
    spread.deviation.push_back(n > 1 ? std::sqrt(squares / (n - 1)) : 0);
  }
  return spread;
}

}  // namespace limoe::gui
