#include "routing_probe/worker/terminal.h"

#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

namespace limoe::probe {

using namespace std::chrono_literals;

std::string durationText(double seconds) {
  const auto total = static_cast<long>(std::lround(std::isfinite(seconds) ? seconds : 0.0));
  std::array<char, 48> text{};
  if (total >= 3600) {
    std::snprintf(text.data(), text.size(), "%ld:%02ld:%02ld", total / 3600, total / 60 % 60,
                  total % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%ld:%02ld", total / 60, total % 60);
  }
  return text.data();
}

Progress::Progress() : terminal_(::isatty(STDOUT_FILENO) == 1) {}

Progress::~Progress() {
  clearLine();
}

void Progress::update(const std::string& line) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < (terminal_ ? 100ms : 10'000ms)) {
    return;
  }
  last_ = now;
  if (terminal_) {
    std::cout << '\r' << line << "\033[K" << std::flush;
    line_open_ = true;
  } else {
    std::cout << line << std::endl;
  }
}

void Progress::say(const std::string& line) {
  clearLine();
  std::cout << line << std::endl;
}

void Progress::clearLine() {
  if (line_open_) {
    std::cout << "\r\033[K" << std::flush;
    line_open_ = false;
  }
}

}  // namespace limoe::probe
