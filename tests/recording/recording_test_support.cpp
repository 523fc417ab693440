#include "tests/recording/recording_test_support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>

namespace limoe::probe::test {

TestFolder::TestFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "limoe-recording-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("no temporary folder");
  }
  path_ = name;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

namespace {

CommandResult runCommand(const std::string& command) {
  CommandResult result;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    throw std::runtime_error("no pipe");
  }
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), got);
  }
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

}  // namespace

CommandResult runPython(const std::string& program, const std::filesystem::path& argument) {
  const TestFolder folder;
  const std::filesystem::path script = folder / "program.py";
  std::ofstream(script) << program;
  return runCommand(std::string(LIMOE_TEST_PYTHON) + " '" + script.string() + "' '" +
                    argument.string() + "'");
}

CommandResult checkRecording(const std::filesystem::path& recording) {
  return checkRecordings({recording});
}

CommandResult checkRecordings(const std::vector<std::filesystem::path>& recordings) {
  std::string command =
      std::string(LIMOE_TEST_PYTHON) + " '" LIMOE_SOURCE_DIR "/tests/recording/check_recording.py'";
  for (const std::filesystem::path& recording : recordings) {
    command += " '" + recording.string() + "'";
  }
  return runCommand(command);
}

void ChildProcess::Turns::report(int64_t value) {
  if (write(out_, &value, sizeof(value)) != sizeof(value)) {
    _exit(3);
  }
}

void ChildProcess::Turns::wait() {
  char turn = 0;
  if (read(in_, &turn, 1) != 1) {
    _exit(3);  // the test is gone
  }
}

ChildProcess::ChildProcess(const std::function<void(Turns&)>& body) {
  int to_child[2];
  int from_child[2];
  if (pipe(to_child) != 0 || pipe(from_child) != 0) {
    throw std::runtime_error("no pipe");
  }
  pid_ = fork();
  if (pid_ == 0) {
    close(to_child[1]);
    close(from_child[0]);
    Turns turns(to_child[0], from_child[1]);
    int status = 0;
    try {
      body(turns);
    } catch (const std::exception& error) {
      fprintf(stderr, "child: %s\n", error.what());
      status = 4;
    }
    _exit(status);
  }
  close(to_child[0]);
  close(from_child[1]);
  in_ = from_child[0];
  out_ = to_child[1];
}

ChildProcess::~ChildProcess() {
  kill();
  close(in_);
  close(out_);
}

int64_t ChildProcess::next() {
  int64_t value = 0;
  return read(in_, &value, sizeof(value)) == sizeof(value) ? value : -1;
}

void ChildProcess::proceed() {
  if (write(out_, "g", 1) != 1) {
    throw std::runtime_error("the child does not listen");
  }
}

void ChildProcess::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    join();
  }
}

int ChildProcess::join() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace limoe::probe::test
