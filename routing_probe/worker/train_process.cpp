#include "routing_probe/worker/train_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace limoe::probe {
namespace {

constexpr int kNotStarted = 127;  // as shells say it

std::string endOf(int status) {
  if (WIFEXITED(status)) {
    return WEXITSTATUS(status) == 0
               ? ""
               : "it ended with exit status " + std::to_string(WEXITSTATUS(status));
  }
  return "it was ended by signal " + std::to_string(WTERMSIG(status));
}

/// Between fork and exec: only what may be called there.
[[noreturn]] void becomeTraining(const char* program, char* const* arguments, int log,
                                 pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  if (::getppid() != parent) {  // it died in between
    ::_exit(kNotStarted);
  }
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(program, arguments);
  ::_exit(kNotStarted);
}

}  // namespace

TrainProcess::TrainProcess(const std::vector<std::string>& arguments,
                           const std::filesystem::path& log) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<std::string> texts = {program, "train"};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (output < 0) {
    throw std::runtime_error(log.string() + ": cannot be written: " + std::strerror(errno));
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    becomeTraining(program.c_str(), pointers.data(), output, parent);
  }
  const int error = errno;
  ::close(output);
  if (pid_ < 0) {
    throw std::runtime_error(program + ": cannot be started: " + std::strerror(error));
  }
}

TrainProcess::~TrainProcess() {
  interrupt();
  int status = 0;
  while (!failure_ && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

void TrainProcess::interrupt() {
  if (!failure_) {
    ::kill(pid_, SIGINT);
  }
}

std::optional<std::string> TrainProcess::failure() {
  int status = 0;
  if (!failure_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    failure_ = endOf(status);
  }
  return failure_;
}

}  // namespace limoe::probe
