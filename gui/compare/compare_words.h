// What a column's header says, in words. Values of CompareRuns alone, no widgets.
#pragma once

#include <QString>

#include "gui/compare/compare_runs.h"
#include "gui/compare/run_numbers.h"

namespace limoe::gui {

/// "b · training", "demo · reference".
QString titleWords(const CompareRuns& runs, std::size_t column);
/// "step 30 (demo: 40) · MoE layer 1 (block 1)".
QString placeWords(const CompareRuns& runs, std::size_t column);
/// "64 % in matched pairs (chance 13 %), 59 % beyond chance", or why there is no match.
QString matchWords(const CompareRuns& runs, std::size_t column);
/// How that was counted.
QString matchRule(const CompareRuns& runs, std::size_t column);
/// "another expert than in demo: 36 % of patches, 20 % of words".
QString disagreementWords(const CompareRuns& runs, std::size_t column);
/// "kept: image 93 %, text 88 % · entropy 1.20, 0.83 nats · text 12 % of kept tokens"
QString numberWords(const LayerNumbers& numbers);
QString numberRule(const CompareRuns& runs, std::size_t column);
/// What is set differently than in the reference.
QString settingWords(const CompareRuns& runs, std::size_t column);

}  // namespace limoe::gui
