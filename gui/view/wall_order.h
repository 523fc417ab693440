// The order of the wall in words, as every view says it.
#pragma once

#include <QString>
#include <cstdint>

#include "gui/view/view_state.h"

namespace limoe::gui {

/// "share of an image’s patches that choose e3 · sky, largest first"; empty for the recorded order.
/// `layer` is that of the selected expert. Where a filter is set, its patches are said to count.
QString orderInWords(const ViewState& state, int64_t layer);

}  // namespace limoe::gui
