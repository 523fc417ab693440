// The heat maps of the layer view, made of counts. Values only, no widgets.
//
// Axis letters: E experts.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "gui/inspect/expert_flow.h"
#include "gui/inspect/heat_map.h"
#include "gui/inspect/layer_digest.h"
#include "gui/inspect/layer_view_coactivation.h"
#include "gui/inspect/layer_view_find.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// What a cell says.
enum class CellValue {
  Share,  ///< of the column (kinds) or of the row (flow, co-activation)
  Lift,   ///< count / expected, were row and column independent
  Count
};

enum class ColumnOrder {
  Count,   ///< most frequent first
  Expert,  ///< by the expert that takes most of it, its largest share first
  Name
};

/// Of word pieces and caption words only the most frequent ones are columns, or what was looked
/// for.
inline constexpr std::size_t kMostColumns = 24;

struct KindMap {
  HeatMap map;
  /// [columns] index of the label, piece or word; one column more has them all together.
  std::vector<std::size_t> kinds;
  std::size_t occurring = 0;  ///< kinds that were counted at all; the others have no column

  std::vector<std::size_t> kindsOf(std::size_t column) const;  ///< one, or all
};

/// Rows (or columns) for the experts of a layer: "e3" or "e3 · NAME".
std::vector<HeatLine> expertLines(const ViewState& state, int64_t layer, int64_t experts);

/// `counts` are of the digest. `found`: only those, and the sum of several.
KindMap kindMap(const LayerDigest& digest, const KindCounts& counts, CellValue value,
                ColumnOrder order, const std::optional<Found>& found,
                std::vector<HeatLine> experts);

/// From the layer's experts (rows) to those of the next one. No modality: both.
HeatMap flowMap(const ExpertFlow& flow, std::optional<int> modality, CellValue value,
                std::vector<HeatLine> from, std::vector<HeatLine> to);

/// Share: of the row expert's tokens, those that choose the column's, too. Lift is not defined: the
/// choices of a token differ from each other, so they are never independent.
HeatMap coactivationMap(const Coactivation& found, std::optional<int> modality, CellValue value,
                        const std::vector<HeatLine>& experts);

}  // namespace limoe::gui
