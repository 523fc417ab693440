// The strip of controls along the canvas's top edge and the status line along its
// bottom edge.
#pragma once

#include <QStringList>
#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "gui/canvas/imgui_host.h"
#include "gui/inspect/walk_cache.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// What the user asked for in the strip. Carried out after the frame, so that nothing the views do
/// in answer happens while it is drawn.
struct StripRequests {
  std::vector<std::function<void()>> state_changes;
  std::optional<int64_t> columns;
  int image_step = 0;  ///< −1 or 1: the image before or after
  bool stop_flips = false, go_on_flips = false;
  bool fit = false;
  bool actual_size = false;
};

/// What the strip shows besides the view's state.
struct StripFacts {
  CanvasMode mode = CanvasMode::Wall;
  int64_t columns = 1;
  int64_t slots = 1;
  int64_t sample = 0;    ///< of the modes that show one image
  double flips_end = 1;  ///< count at viridis' bright end
  Standing flips;        ///< of counting them
};

/// What is being typed: lives as long as the canvas.
struct StripMemory {
  std::array<char, 64> word{};
  bool typing = false;
  float whole_height = 0;  ///< of the strip in the frame before, if nothing of it were scrolled
};

/// The strip's name among ImGui's windows.
constexpr const char* kStripWindow = "strip";

/// Draws the strip, `width` wide; wraps into more rows where that is too narrow, and scrolls where
/// they are higher than `most`. Returns the strip's height in logical pixels.
float drawToolStrip(float width, float most, const RunData& run, ViewState& state,
                    const StripFacts& facts, StripMemory& memory, StripRequests& requests);

struct StatusTexts {
  QString left;
  QString right;
  QStringList notes;  ///< a second line, where there is something to say
};

/// What is looked at, and what the colours mean.
QString statusWords(const RunData& run, const ViewState& state);

/// Draws the line or lines with the lower edge at `bottom`.
void drawStatusLine(float bottom, float width, const StatusTexts& texts);
/// `font_pixels`: of the user interface.
float statusLineHeight(float font_pixels, const StatusTexts& texts);

}  // namespace limoe::gui
