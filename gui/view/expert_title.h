// How an expert is called wherever it is titled.
#pragma once

#include <QString>
#include <cstdint>

#include "gui/view/view_state.h"

namespace limoe::gui {

/// "e3", or "e3 · sky" where the user has named it. Experts belong to a layer.
QString expertTitle(const ViewState& state, int64_t layer, int64_t expert);

}  // namespace limoe::gui
