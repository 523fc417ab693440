// How an expert is called wherever it is titled.
#pragma once

#include <QString>
#include <cstdint>
#include <map>
#include <utility>

#include "gui/view/view_state.h"

namespace limoe::gui {

using ExpertNames = std::map<std::pair<int64_t, int64_t>, QString>;  ///< by layer and expert

/// "e3", or "e3 · sky" where the user has named it. Experts belong to a layer.
QString expertTitle(const ViewState& state, int64_t layer, int64_t expert);
QString expertTitle(const ExpertNames& names, int64_t layer, int64_t expert);

}  // namespace limoe::gui
