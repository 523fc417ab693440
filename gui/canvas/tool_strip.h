// The strip of controls along the canvas's top edge and the status line along its bottom edge.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "gui/canvas/imgui_host.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// What the user asked for in the strip. Carried out after the frame, so that nothing the views do
/// in answer happens while it is drawn.
struct StripRequests {
  std::vector<std::function<void()>> state_changes;
  std::optional<int64_t> columns;
  bool fit = false;
  bool actual_size = false;
};

/// Draws the strip, `width` wide; wraps into more rows where that is too narrow. `columns` is
/// what the wall has now. Returns the strip's height in logical pixels.
float drawToolStrip(float width, const RunData& run, ViewState& state, int64_t columns,
                    StripRequests& requests);

struct StatusTexts {
  QString left;
  QString right;
};

/// What is looked at, and what the colours mean. `pending`: newer decisions than those on the
/// screen are being read.
StatusTexts statusTexts(const RunData& run, const ViewState& state, double zoom, bool pending);

/// Draws the line at height `top`; returns its height.
float drawStatusLine(float top, float width, const StatusTexts& texts);
float statusLineHeight();

}  // namespace limoe::gui
