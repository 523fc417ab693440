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

void Recorder::moveTo(const RunFolder& folder) {
  flush();  // in vain or not, the thread rests afterwards: writer and queue are ours
  Origin origin = origin_;
  origin.first_step = last_step_ + 1;
  origin.part += part_is_empty_ ? 0 : 1;
  const bool rescued = !part_is_empty_ && writer_->rescueTo(folder.recording(1));
  const std::filesystem::path path = folder.recording(rescued ? 2 : 1);
  const auto back = [&, step = last_step_, early = early_events_, empty = part_is_empty_] {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    if (rescued) {
      std::filesystem::remove(folder.recording(1), ignored);
    }
    last_step_ = step;
    early_events_ = early;
    part_is_empty_ = empty;
  };
  try {
    auto writer = newPart(path, origin);
    part_is_empty_ = true;
    std::swap(writer_, writer);
    try {
      for (const Item& item : queue_) {
        record(item);
      }
      writer_->sync();
    } catch (...) {
      std::swap(writer_, writer);
      throw;
    }
  } catch (...) {
    back();
    throw;
  }
  origin_ = origin;
  folder_ = folder;
  const std::lock_guard lock(mutex_);
  queue_.clear();
  trouble_.clear();
  sync_wanted_ = false;
}

std::unique_ptr<RecordingWriter> Recorder::newPart(const std::filesystem::path& path,
                                                   const Origin& origin) {
  auto writer = std::make_unique<RecordingWriter>(path, layout_, origin, probe_);
  try {
    for (const Event& event : early_events_) {
      writer->append(event);
    }
  } catch (...) {
    writer.reset();
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    throw;
  }
  return writer;
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
      beginPart();
    }
  } catch (const RecordingError& error) {
    return error.what();
  }
  return "";
}

/// Goes on in a new part, which takes the place of one in which nothing is recorded yet: a disk
/// that keeps failing must not fill up with empty parts.
void Recorder::beginPart() {
  Origin origin = origin_;
  origin.first_step = last_step_ + 1;
  if (!part_is_empty_) {
    ++origin.part;
  } else if (writer_->isInPlace()) {
    std::error_code ignored;
    std::filesystem::remove(writer_->path(), ignored);
  }
  writer_ = newPart(folder_.recording(origin.part), origin);
  origin_ = origin;
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
    std::erase_if(early_events_, [&](const Event& event) { return event.step <= last_step_; });
  } else if (const auto* event = std::get_if<Event>(&item); event && event->step > last_step_) {
    early_events_.push_back(*event);
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
