// `limoe`: trains, verifies and describes LIMoE models; what runs on a server.
#include <CLI/CLI.hpp>
#include <iostream>

#include "routing_probe/worker/commands.h"

int main(int argc, char** argv) {
  CLI::App app("Trains LIMoE models (Language-Image Mixture of Experts) and records every routing "
               "decision.\nWhat is recorded is shown by limoe-scope, h5py or anything that reads "
               "HDF5.",
               "limoe");
  app.footer("Examples:\n"
             "  limoe train --preset tiny --setting limoe --out runs/demo\n"
             "  limoe info H/14\n"
             "  limoe control runs/demo pause\n"
             "`limoe COMMAND --help` says more.");
  app.set_version_flag("--version", "limoe " LIMOE_SCOPE_VERSION);
  app.require_subcommand(1);
  int status = 0;
  limoe::probe::addTrainCommand(app, status);
  limoe::probe::addControlCommand(app, status);
  limoe::probe::addInfoCommand(app, status);
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
