#include "routing_probe/worker/recorder.h"

#include <utility>

#include "routing_probe/recording/recording_error.h"

namespace limoe::probe {
namespace {

// Rows are small and come a few a second; a snapshot is some megabytes. The bound only matters
// where the disk stalls.
constexpr std::size_t kQueueLimit = 256;

}  // namespace

Recorder::Recorder(const RunFolder& folder, const Layout& layout, const Origin& origin,
                   const ProbeSet& probe)
    : folder_(folder),
      layout_(layout),
      origin_(origin),
      probe_(probe),
      writer_(
          std::make_unique<RecordingWriter>(folder.recording(origin.part), layout, origin, probe)),
      last_step_(origin.first_step - 1),
      thread_([this] { run(); }) {}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
}

void Recorder::push(Item item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [this] { return queue_.size() < kQueueLimit || !trouble_.empty() || failure_; });
  if (failure_) {
    std::rethrow_exception(failure_);
  }
  queue_.push_back(std::move(item));
  changed_.notify_all();
}

std::string Recorder::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

std::string Recorder::flush() {
  {
    const std::lock_guard lock(mutex_);
    sync_wanted_ = true;
  }
  changed_.notify_all();
  return settle();
}

/// Waits until the thread has nothing to do, or cannot do it.
std::string Recorder::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(
      lock, [this] { return (queue_.empty() && !sync_wanted_) || !trouble_.empty() || failure_; });
  if (failure_) {
    std::rethrow_exception(failure_);
  }
  return trouble_;
}

std::string Recorder::retry() {
  if (!trouble().empty()) {
    // The thread rests, so the writer is ours.
    std::string still = recover();
    const std::lock_guard lock(mutex_);
    trouble_ = std::move(still);
    if (!trouble_.empty()) {
      return trouble_;
    }
  }
  return flush();
}

std::string Recorder::moveTo(const RunFolder& folder) {
  flush();  // in vain or not, the thread rests afterwards
  beginPart(folder);
  {
    const std::lock_guard lock(mutex_);
    trouble_.clear();
  }
  return flush();
}

/// Makes the writer ready for the row that failed. Returns what is still wrong.
std::string Recorder::recover() {
  try {
    try {
      writer_->recover();
    } catch (const RecordingWriteError&) {
      return trouble();  // no room yet
    } catch (const RecordingError&) {
      if (!part_is_empty_) {
        writer_->putBack();
      }
      beginPart(folder_);
    }
  } catch (const RecordingError& error) {
    return error.what();
  }
  return "";
}

/// Goes on in a new part, which takes the place of one in which nothing is recorded yet: a disk
/// that keeps failing must not fill up with empty parts.
void Recorder::beginPart(const RunFolder& folder) {
  Origin origin = origin_;
  origin.first_step = last_step_ + 1;
  const bool elsewhere = folder.path != folder_.path;
  if (!part_is_empty_) {
    ++origin.part;
  } else if (!elsewhere && writer_->isInPlace()) {
    std::error_code ignored;
    std::filesystem::remove(writer_->path(), ignored);
  }
  writer_ = std::make_unique<RecordingWriter>(folder.recording(elsewhere ? 1 : origin.part),
                                              layout_, origin, probe_);
  origin_ = origin;
  folder_ = folder;
  part_is_empty_ = true;
}

std::string Recorder::finish() {
  try {
    writer_->finish();
  } catch (const RecordingWriteError& error) {
    const std::lock_guard lock(mutex_);
    trouble_ = error.what();
    return trouble_;
  }
  return "";
}

void Recorder::record(const Item& item) {
  std::visit([this](const auto& row) { writer_->append(row); }, item);
  part_is_empty_ = false;
  if (const auto* row = std::get_if<StepRow>(&item)) {
    last_step_ = row->step;
  }
}

void Recorder::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return closing_ || (trouble_.empty() && (!queue_.empty() || sync_wanted_));
    });
    if (!trouble_.empty() || (queue_.empty() && !sync_wanted_)) {
      return;  // closing
    }
    // Others only add behind the front, which leaves the reference valid.
    const Item* item = queue_.empty() ? nullptr : &queue_.front();
    std::string trouble;
    lock.unlock();
    try {
      if (item != nullptr) {
        record(*item);
      } else {
        writer_->sync();
      }
    } catch (const RecordingWriteError& error) {
      trouble = error.what();
    } catch (...) {
      lock.lock();
      failure_ = std::current_exception();
      changed_.notify_all();
      return;
    }
    lock.lock();
    trouble_ = trouble;
    if (trouble_.empty() && item != nullptr) {
      queue_.pop_front();
    } else if (trouble_.empty()) {
      sync_wanted_ = !queue_.empty();  // what came meanwhile is to be safe, too
    }
    changed_.notify_all();
  }
}

}  // namespace limoe::probe
