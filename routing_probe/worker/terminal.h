// Progress for people: one line that is rewritten on a terminal, plain lines where output is piped.
#pragma once

#include <chrono>
#include <string>

namespace limoe::probe {

/// "1:02:03", "4:05", "0:07".
std::string durationText(double seconds);

class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows `line` in place of the last one; piped output gets at most one line every 10 seconds.
  void update(const std::string& line);
  /// A line that stays.
  void say(const std::string& line);

 private:
  void clearLine();
  bool terminal_;
  bool line_open_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace limoe::probe
