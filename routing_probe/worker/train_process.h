// `limoe train …` as a child process of this program.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace limoe::probe {

class TrainProcess {
 public:
  /// Starts this very program with "train" and `arguments`; what it prints replaces `log`. It
  /// is in a process group of its own, so that Ctrl+C on the terminal reaches this program alone;
  /// should this program die, it ends as after interrupt(). Throws std::runtime_error.
  TrainProcess(const std::vector<std::string>& arguments, const std::filesystem::path& log);
  ~TrainProcess();  ///< interrupts it, and waits for its end
  TrainProcess(const TrainProcess&) = delete;
  TrainProcess& operator=(const TrainProcess&) = delete;

  /// As Ctrl+C: it ends after its step with everything saved; a second time it ends at once.
  void interrupt();

  /// How it ended, or nothing while it runs: empty where its exit status was 0, else why ("it ended
  /// with exit status 1", "it was ended by signal 9").
  std::optional<std::string> failure();

 private:
  pid_t pid_ = -1;
  std::optional<std::string> failure_;
};

}  // namespace limoe::probe
