// What the tests of recordings share: a folder that vanishes, Python, and a second process.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace limoe::probe::test {

/// An empty folder, removed with everything in it at the end of the test.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct CommandResult {
  int status = -1;     ///< exit status; −1 where it ended by a signal
  std::string output;  ///< stdout and stderr
};

/// Runs a Python program (given as text) with one argument.
CommandResult runPython(const std::string& program, const std::filesystem::path& argument);

/// Runs check_recording.py on a file, or on several.
CommandResult checkRecording(const std::filesystem::path& recording);
CommandResult checkRecordings(const std::vector<std::filesystem::path>& recordings);

/// A child process that runs `body` and takes turns with the test. Killed at destruction.
class ChildProcess {
 public:
  /// The child's side.
  class Turns {
   public:
    Turns(int in, int out) : in_(in), out_(out) {}
    void report(int64_t value);  ///< read by ChildProcess::next()
    void wait();                 ///< until ChildProcess::proceed()

   private:
    int in_;
    int out_;
  };

  explicit ChildProcess(const std::function<void(Turns&)>& body);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int64_t next();  ///< the next reported value; −1 where the child has ended
  void proceed();
  void kill();  ///< SIGKILL, and waits until it is gone
  int join();   ///< waits for its end and returns its exit status, −1 after a signal

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
};

}  // namespace limoe::probe::test
