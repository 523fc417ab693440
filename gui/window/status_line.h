// The permanent part of the status bar: which run, its state, step, loss, speed and time left.
#pragma once

#include <QString>
#include <optional>

#include "gui/window/run_control.h"

namespace limoe::gui {

/// "3 min 20 s", "1 h 5 min".
QString durationWords(double seconds);

/// One line; what is not known is left out.
QString statusLine(const OpenRun* run, const std::optional<WorkerStatus>& status);

}  // namespace limoe::gui
