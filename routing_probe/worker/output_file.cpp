#include "routing_probe/worker/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace limoe::probe {
namespace {

constexpr size_t kBufferBytes = 1 << 20;

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path, bool replace)
    : path_(path), partial_(path.string() + ".partial") {
  std::error_code ignored;
  if (!replace && std::filesystem::exists(path_, ignored)) {
    throw std::runtime_error(path_.string() +
                             ": exists already; --force replaces it, or choose another name");
  }
  descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
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
  if (::rename(partial_.c_str(), path_.c_str()) != 0) {
    fail("cannot get its name", errno);
  }
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace limoe::probe
