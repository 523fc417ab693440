// Work that may take long: shows how far it is, and ends with Ctrl+C.
#pragma once

#include <chrono>
#include <string>

#include "routing_probe/recording/work_progress.h"
#include "routing_probe/worker/interruption.h"
#include "routing_probe/worker/terminal.h"

namespace limoe::probe {

class LongWork {
 public:
  LongWork() : started_(Clock::now()) {}

  /// Says nothing for the first second; throws Interrupted after Ctrl+C.
  WorkProgress progress() {
    return [this](const std::string& what, double done) {
      throwIfInterrupted();
      if (Clock::now() - started_ > std::chrono::seconds(1)) {
        shown_.update(what + " " + std::to_string(static_cast<int>(100 * done)) + " %");
      }
    };
  }
  void say(const std::string& line) { shown_.say(line); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point started_;
  Progress shown_;
};

}  // namespace limoe::probe
