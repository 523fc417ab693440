// Where a token is, as every view says it.
#pragma once

#include <QString>

#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// "Sample 12 · patch row 3, column 5" or "Sample 12 · word piece 4"; rows, columns and pieces are
/// counted from 1.
QString placeInWords(const probe::Layout& layout, const TokenRef& token);

}  // namespace limoe::gui
