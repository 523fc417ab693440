#include "routing_probe/recording/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>

#include "routing_probe/recording/recording_error.h"

namespace limoe::probe {
namespace {

/// The part that a file name stands for: recording.h5 is 1, recording-2.h5 is 2; 0 for others.
int64_t partOf(const std::string& name) {
  const std::string stem = "recording";
  const std::string extension = ".h5";
  if (name == stem + extension) {
    return 1;
  }
  if (name.size() <= stem.size() + 1 + extension.size() || !name.starts_with(stem + "-") ||
      !name.ends_with(extension)) {
    return 0;
  }
  const char* begin = name.data() + stem.size() + 1;
  const char* end = name.data() + name.size() - extension.size();
  int64_t part = 0;
  const auto [rest, error] = std::from_chars(begin, end, part);
  return error == std::errc() && rest == end && *begin != '0' && part >= 2 ? part : 0;
}

std::string systemError(int error) {
  return std::strerror(error);
}

/// The process id that the holder wrote into the lock file; empty where there is none.
std::string holderOf(int descriptor) {
  char text[24] = {};
  const ssize_t size = pread(descriptor, text, sizeof(text) - 1, 0);
  std::string digits(text, size > 0 ? static_cast<size_t>(size) : 0);
  digits.erase(
      std::find_if(digits.begin(), digits.end(), [](char c) { return c < '0' || c > '9'; }),
      digits.end());
  return digits;
}

std::vector<std::filesystem::path> ownFiles(const std::filesystem::path& folder,
                                            const std::string& ending) {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("own-") && name.ends_with(ending)) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::filesystem::path RunFolder::recording(int64_t part) const {
  return path / (part == 1 ? "recording.h5" : "recording-" + std::to_string(part) + ".h5");
}

std::vector<std::filesystem::path> RunFolder::partsAsTheyAre() const {
  std::vector<int64_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (const int64_t part = partOf(entry.path().filename().string()); part > 0) {
      found.push_back(part);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw RecordingError(path.string() + ": the folder cannot be read: " + error.message());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::filesystem::path> parts;
  for (const int64_t part : found) {
    parts.push_back(recording(part));
  }
  return parts;
}

std::vector<std::filesystem::path> RunFolder::parts() const {
  std::vector<std::filesystem::path> parts = partsAsTheyAre();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto expected = recording(static_cast<int64_t>(i) + 1);
    if (parts[i] != expected) {
      throw RecordingError(expected.string() + " is missing, but " + parts[i].filename().string() +
                           " is there. Put the missing part back, or move the later part out of "
                           "the folder and give it another name to open it alone");
    }
  }
  return parts;
}

std::vector<std::filesystem::path> RunFolder::ownProbes() const {
  return ownFiles(probes(), ".h5");
}

std::vector<std::filesystem::path> RunFolder::ownProbeSessions() const {
  auto sessions = ownFiles(probes(), ".h5.session.json");
  const auto replaced = ownFiles(probes(), ".h5.session.json.bak");
  sessions.insert(sessions.end(), replaced.begin(), replaced.end());
  return sessions;
}

bool RunFolder::isRun() const {
  std::error_code ignored;
  return std::filesystem::exists(config(), ignored) ||
         std::filesystem::exists(recording(1), ignored);
}

RunFolder runFolderOf(const std::filesystem::path& path_or_part) {
  std::error_code ignored;
  const bool part = partOf(path_or_part.filename().string()) > 0 ||
                    std::filesystem::is_regular_file(path_or_part, ignored);
  if (part && !std::filesystem::is_directory(path_or_part, ignored)) {
    const std::filesystem::path parent = path_or_part.parent_path();
    return {parent.empty() ? std::filesystem::path(".") : parent};
  }
  return {path_or_part};
}

RunLock::RunLock(const RunFolder& folder) {
  const std::string name = folder.lock().string();
  descriptor_ = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw RecordingError(name + ": the run cannot be locked: " + systemError(errno) +
                         ". Check that the folder exists and is writable");
  }
  // isHeld() of another process takes a shared lock for an instant, so one refusal proves nothing.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error == EINTR) {
      continue;
    }
    if (error != EWOULDBLOCK || std::chrono::steady_clock::now() >= deadline) {
      const std::string holder = holderOf(descriptor_);
      close(descriptor_);
      if (error != EWOULDBLOCK) {
        throw RecordingError(name + ": the run cannot be locked: " + systemError(error));
      }
      throw RecordingError(folder.path.string() + " is in use by another worker" +
                           (holder.empty() ? "" : " (process " + holder + ")") +
                           "; stop it first, or choose another folder");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // For messages alone; that the lock is held does not depend on it.
  const std::string holder = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, holder.data(), holder.size(), 0) < 0) {
    const int error = errno;
    close(descriptor_);
    throw RecordingError(name + ": cannot be written: " + systemError(error));
  }
}

RunLock::~RunLock() {
  close(descriptor_);
}

bool RunLock::isHeld(const RunFolder& folder) {
  const std::string name = folder.lock().string();
  const int descriptor = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return false;
    }
    throw RecordingError(name +
                         ": cannot be read, so it is unknown whether a worker holds the "
                         "run: " +
                         systemError(errno));
  }
  const bool held = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(descriptor);
  return held;
}

SocketAddress::SocketAddress(const RunFolder& folder)
    : descriptor_(open(folder.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) {
    throw RecordingError(folder.path.string() +
                         ": the run's folder cannot be opened: " + systemError(errno));
  }
}

SocketAddress::~SocketAddress() {
  close(descriptor_);
}

std::string SocketAddress::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_) + "/control.sock";
}

std::string SocketAddress::zmqEndpoint() const {
  return "ipc://" + path();
}

}  // namespace limoe::probe
