// `limoe`: trains, verifies and describes LIMoE models; what runs on a server.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "routing_probe/worker/commands.h"

namespace {

/// OpenMP's threads spin while they wait unless they are told not to before the OpenMP library is
/// loaded, that is before main(). Spinning, the training step is 4 times slower as soon as another
/// process wants a core (7 against 30 pairs/s with two compilers running beside it, two cores).
/// So the program starts itself anew with the policy set, unless the user has chosen one.
void restartWithPassiveWaiting(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr && std::getenv("GOMP_SPINCOUNT") == nullptr) {
    setenv("OMP_WAIT_POLICY", "PASSIVE", 1);
    // The resolved name, so that the process is still called "limoe".
    std::error_code code;
    execv(std::filesystem::read_symlink("/proc/self/exe", code).c_str(), argv);
    // Where /proc is missing, going on as we are is only slower.
  }
}

}  // namespace

int main(int argc, char** argv) {
  restartWithPassiveWaiting(argv);
  CLI::App app(
      "Trains LIMoE models (Language-Image Mixture of Experts) and records every routing "
      "decision.\nWhat is recorded is shown by limoe-scope, h5py or anything that reads "
      "HDF5.",
      "limoe");
  app.footer(
      "Examples:\n"
      "  limoe train --preset tiny --setting limoe --out runs/demo\n"
      "  limoe info H/14\n"
      "  limoe control runs/demo pause\n"
      "`limoe COMMAND --help` says more.");
  app.set_version_flag("--version", "limoe " LIMOE_SCOPE_VERSION);
  app.require_subcommand(1);
  int status = 0;
  limoe::probe::addTrainCommand(app, status);
  limoe::probe::addSweepCommand(app, status);
  limoe::probe::addControlCommand(app, status);
  limoe::probe::addProbeCommand(app, status);
  limoe::probe::addInfoCommand(app, status);
  limoe::probe::addExportCommand(app, status);
  limoe::probe::addCheckCommand(app, status);
  limoe::probe::addVerifyCommand(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // 0 for --help and --version, 2 for a command line that cannot be understood.
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "limoe: " << error.what() << '\n';
    return 1;
  }
  return status;
}
