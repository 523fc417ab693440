// Several runs' curves of one quantity: which runs repeat one another, and their mean and spread.
// Values only, no widgets.
#pragma once

#include <QString>
#include <cstddef>
#include <optional>
#include <vector>

#include "gui/charts/curve_groups.h"

namespace limoe::gui {

struct StepSeries {
  std::vector<double> steps;  ///< ascending
  std::vector<double> values;
};

/// Where a run has a quantity; nullopt: it does not record it. `name` is "group: curve" as
/// quantitiesOf() gives them.
std::optional<CurveSpec> quantityNamed(const RunData& run, const QString& name);
QStringList quantitiesOf(const RunData& run);

/// A quantity of a run, at its steps; of held-out measures only those that were measured. `weight`:
/// of the debiased moving average (Smoother), 0 for none; held-out measures are never smoothed.
StepSeries seriesOf(const RunData& run, const CurveSpec& quantity, double weight);

/// At the steps at which all have a value.
struct Spread {
  std::size_t runs = 0;  ///< n
  std::vector<double> steps;
  std::vector<double> mean;
  std::vector<double> deviation;  ///< of the sample: √(Σ(x − mean)² / (n − 1)); 0 where n = 1
};
Spread spreadOf(const std::vector<const StepSeries*>& series);

}  // namespace limoe::gui
