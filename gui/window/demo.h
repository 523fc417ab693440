// `--demo`: which folder it uses, and the whole job where there is no display.
#pragma once

#include <QString>

#include "gui/runs/worker_process.h"
#include "gui/window/command_line.h"

namespace limoe::gui {

struct DemoFolder {
  QString path;
  bool is_training = false;  ///< a worker holds it: follow instead of starting one
};

/// runs/demo if a worker trains it or it is free, else the first of runs/demo-2, … that is free.
DemoFolder chooseDemoFolder(const QString& runs_folder);

/// The run that the demo starts.
NewRun demoRun(const QString& folder);

/// Trains in the foreground with the worker's progress on the terminal (Ctrl+C is passed on), then
/// writes overlay, modality shares and curves into the run's folder. Returns the exit status.
/// Requires that no QCoreApplication exists; makes its own.
int runDemoWithoutDisplay(const CommandLine& line, int argc, char** argv);

}  // namespace limoe::gui
