#include "routing_probe/worker/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBufferBytes = 1 << 20;
constexpr int kScratchNames = 100;  // to try where killed programs left theirs behind
constexpr std::string_view kHdf5Signature("\x89HDF\r\n\x1a\n", 8);

std::string beginningOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error(path.string() +
                             ": exists and cannot be read, so it is not replaced; choose another "
                             "name");
  }
  std::string bytes(kHdf5Signature.size(), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

}  // namespace

void requireTarget(const fs::path& path, bool replace) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw std::runtime_error(path.string() + ": cannot be made in the folder " + folder.string() +
                             ": " + std::strerror(errno));
  }
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) {
    return;
  }
  if (!fs::is_regular_file(path, ignored)) {
    throw std::runtime_error(path.string() + ": is there and no file; choose another name");
  }
  if (beginningOf(path) == kHdf5Signature) {
    throw std::runtime_error(path.string() +
                             ": exists already and is an HDF5 file; a recording is never "
                             "overwritten. Choose another name");
  }
  if (!replace) {
    throw std::runtime_error(path.string() +
                             ": exists already; --force replaces it, or choose another name");
  }
}

OutputFile::OutputFile(const fs::path& path, bool replace) : path_(path), replace_(replace) {
  requireTarget(path_, replace_);
  for (int i = 0; i < kScratchNames && descriptor_ < 0; ++i) {
    partial_ = path_.string() + "." + std::to_string(::getpid() + i) + ".partial";
    descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor_ < 0 && errno != EEXIST) {
      break;
    }
  }
  if (descriptor_ < 0) {
    fail("cannot be made", errno);
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(partial_.c_str());
  }
}

void OutputFile::fail(const char* what, int error) const {
  throw std::runtime_error(path_.string() + ": " + what + ": " + std::strerror(error));
}

void OutputFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kBufferBytes) {
    flush();
  }
}

void OutputFile::flush() {
  for (size_t done = 0; done < buffer_.size();) {
    const ssize_t wrote = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (wrote < 0 && errno != EINTR) {
      fail("cannot be written; what was written is removed", errno);
    }
    done += wrote > 0 ? static_cast<size_t>(wrote) : 0;
  }
  buffer_.clear();
}

void OutputFile::writeFirst(std::string_view bytes) {
  flush();
  if (::pwrite(descriptor_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    fail("cannot be written; what was written is removed", errno);
  }
}

void OutputFile::keep() {
  flush();
  if (::fsync(descriptor_) != 0 && errno != EINVAL) {
    fail("cannot be written; what was written is removed", errno);
  }
  requireTarget(path_, replace_);
  if (::rename(partial_.c_str(), path_.c_str()) != 0) {
    fail("cannot get its name", errno);
  }
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace limoe::probe
