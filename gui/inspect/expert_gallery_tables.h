// What the expert gallery says in numbers: lifts and counts of one expert.
#pragma once

#include <cstdint>

#include "gui/inspect/expert_gallery_parts.h"
#include "gui/inspect/layer_digest.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// How many of a kind there must be before its lift is shown, max(5, 0.5 % of what the expert
/// keeps): something rare is soon "more often than by chance".
uint64_t leastCount(uint64_t of_expert);

/// Whether tokens of that modality come through a layer: with two towers, only their own.
bool hasModality(const RunData& run, int64_t layer, int modality);

/// Fills the tables of labels, pieces and caption words.
void showLifts(GalleryParts& parts, const RunData& run, const LayerDigest& digest, int64_t expert);
/// Fills the section on image and text.
void showCounts(GalleryParts& parts, const RunData& run, const LayerDigest& digest, int64_t expert);

}  // namespace limoe::gui
