#include "routing_probe/worker/recorder.h"

#include <utility>

namespace limoe::probe {
namespace {

// Rows are small and come a few a second; a snapshot is some megabytes. The bound only matters
// where the disk stalls.
constexpr std::size_t kQueueLimit = 256;

}  // namespace

Recorder::Recorder(const std::filesystem::path& path, const Layout& layout, const Origin& origin,
                   const ProbeSet& probe)
    : writer_(path, layout, origin, probe), thread_([this] { run(); }) {}

Recorder::~Recorder() {
  drain();
}

void Recorder::push(Item item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.size() < kQueueLimit || failure_; });
  if (failure_) {
    std::rethrow_exception(failure_);
  }
  queue_.push_back(std::move(item));
  changed_.notify_all();
}

void Recorder::finish() {
  drain();
  if (failure_) {
    std::rethrow_exception(failure_);
  }
  writer_.finish();
}

void Recorder::drain() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Recorder::run() {
  while (true) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !queue_.empty() || closing_; });
      if (queue_.empty()) {
        return;
      }
      item = std::move(queue_.front());
      queue_.pop_front();
    }
    changed_.notify_all();
    try {
      std::visit([this](const auto& row) { writer_.append(row); }, item);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      queue_.clear();
      changed_.notify_all();
      return;
    }
  }
}

}  // namespace limoe::probe
