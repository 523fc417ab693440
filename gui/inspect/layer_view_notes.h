// What the layer view says about how its numbers were counted.
#pragma once

#include <QString>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/layer_view_maps.h"

namespace limoe::gui {

/// "Only …." where a filter is in force, empty otherwise.
QString filterNote(const TokenFilter& filter, const probe::Layout& layout);

/// `found`: what was looked for.
QString kindNote(const RunData& run, const TokenFilter& filter, const KindMap& shown,
                 const std::optional<Found>& found, MapKind kind, CellValue value,
                 ColumnOrder order);
QString flowNote(const RunData& run, const ExpertFlow& flow, std::optional<int> modality,
                 CellValue value);
QString coactivationNote(const RunData& run, const Coactivation& found, std::optional<int> modality,
                         CellValue value);
QString measuresNote(const RunData& run, const TokenFilter& filter);

/// Why a map of kinds has no columns.
QString noKinds(const LayerDigest& digest, const probe::Layout& layout, MapKind kind);
/// Why none of `names` is a column.
QString noneFound(const KindCounts& counts, const QString& names);
/// Why there is no flow from `layer`.
QString noFlow(const RunData& run, int64_t layer);

}  // namespace limoe::gui
