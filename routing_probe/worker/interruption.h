// Ctrl+C for commands that write files: they end by an exception, which takes what is half written
// away.
#pragma once

#include <stdexcept>

namespace limoe::probe {

class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted; no unfinished file is left") {}
};

/// From now on SIGINT, SIGTERM and SIGHUP are remembered; a second one kills.
void catchInterrupts();

/// Throws Interrupted where one came.
void throwIfInterrupted();

}  // namespace limoe::probe
