// Carries out a walk over a recording on the reader thread, a little at a time.
#pragma once

#include <functional>
#include <memory>

#include "gui/runs/mailbox.h"
#include "gui/runs/reader_thread.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// `recording` is called on the reader thread and gives the open recording, or nullptr where it has
/// been closed or is another than when the walk began. What the request is told on the GUI thread
/// goes through `mailbox`.
std::unique_ptr<Walk> startWalk(const std::shared_ptr<ReaderThread>& reader,
                                std::shared_ptr<Mailbox> mailbox, WalkRequest request,
                                std::function<const probe::RecordingReader*()> recording);

}  // namespace limoe::gui
