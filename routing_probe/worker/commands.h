// The subcommands of `limoe`. Each adds its options to the command line and, when it is chosen,
// runs and sets the exit status (0 done, 1 failed); errors leave as exceptions with a message for
// the user.
#pragma once

namespace CLI {
class App;
}

namespace limoe::probe {

void addTrainCommand(CLI::App& app, int& status);
void addControlCommand(CLI::App& app, int& status);
void addInfoCommand(CLI::App& app, int& status);
void addVerifyCommand(CLI::App& app, int& status);
void addExportCommand(CLI::App& app, int& status);
void addCheckCommand(CLI::App& app, int& status);
void addProbeCommand(CLI::App& app, int& status);
void addSweepCommand(CLI::App& app, int& status);

}  // namespace limoe::probe
