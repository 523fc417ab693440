// Which recorded numbers are drawn together: the groups that the curves view offers, made from the
// names in the recording, so that nothing recorded is left out.
#pragma once

#include <QString>
#include <cstddef>
#include <optional>
#include <vector>

#include "gui/view/run_source.h"

namespace limoe::gui {

struct CurveSpec {
  enum class Kind {
    Scalar,   ///< a column of Curves::scalars
    Success,  ///< Curves::kept / Curves::chosen of a modality
    Metric    ///< a column of RunData::metrics, one value per snapshot
  };
  QString name;  ///< for legend and read-out
  Kind kind = Kind::Scalar;
  std::size_t column = 0;       ///< of its kind; the modality for Success
  std::optional<int> modality;  ///< drawn in that modality's colour
};

/// Curves that share a vertical axis.
struct PanelSpec {
  QString axis;  ///< label with unit
  std::vector<CurveSpec> curves;
  bool is_fraction = false;  ///< between 0 and 1 by definition: shown on the whole scale
};

struct CurveGroup {
  QString name;
  std::vector<PanelSpec> panels;  ///< stacked, with one horizontal axis
};

/// Every scalar and every metric is in exactly one group; routing success is added where there are
/// MoE layers. Groups without curves are left out.
std::vector<CurveGroup> curveGroups(const RunData& run);

/// Number of points of a curve, and their steps and values. A value that is not there is NaN.
std::size_t curveLength(const RunData& run, const CurveSpec& curve);
double curveStep(const RunData& run, const CurveSpec& curve, std::size_t index);
double curveValue(const RunData& run, const CurveSpec& curve, std::size_t index);

}  // namespace limoe::gui
