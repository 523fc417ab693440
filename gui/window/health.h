// What a researcher should notice about the routing, in words.
#pragma once

#include <QStringList>

#include "gui/view/run_source.h"

namespace limoe::gui {

struct Health {
  QStringList warnings;  ///< e.g. "MoE layer 2: 3 of 8 experts unused"
  QString summary;       ///< one line where there are no warnings
};

/// Judges one snapshot: experts that get no token of the probe in a layer, experts that take more
/// than half of its tokens, and modalities that lose more than 15 % of their choices, by layer
/// where the worker measured that (metrics `success/image/LAYER`, `success/text/LAYER` in the order
/// of the layers). The summary gives the means (`success/image`, `success/text`).
Health healthOf(const RunData& run, const probe::Snapshot& snapshot);

}  // namespace limoe::gui
