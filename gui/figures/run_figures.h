// The three pictures of a run: overlay, modality shares, curves. Drawn by the code that draws the
// window.
#pragma once

#include <QString>
#include <QStringList>

#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// Writes overlay, modality-shares and curves of `source` at the state's snapshot and layer as PDF
/// and PNG into `folder`. Returns the paths. Runs an event loop while it waits for the reader;
/// needs a QApplication (any platform, offscreen too).
/// Throws std::runtime_error naming a file that cannot be written, or what could not be read.
QStringList writeRunFigures(RunSource& source, const ViewState& state, const QString& folder);

}  // namespace limoe::gui
