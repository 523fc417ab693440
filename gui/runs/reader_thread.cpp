#include "gui/runs/reader_thread.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace limoe::gui {
namespace {

constexpr std::chrono::milliseconds kPatienceAtEnd{500};

}  // namespace

struct ReaderThread::State {
  std::mutex mutex;
  std::condition_variable work_or_end;
  std::condition_variable ended_changed;
  std::array<std::deque<std::function<void()>>, 3> jobs;  ///< by Urgency
  bool ending = false;
  bool ended = false;

  bool isIdle() const { return jobs[0].empty() && jobs[1].empty() && jobs[2].empty(); }

  /// Requires that there is one.
  std::function<void()> takeNext() {
    const bool newest_first = jobs[0].empty() && !jobs[1].empty();
    auto& queue = !jobs[0].empty() ? jobs[0] : newest_first ? jobs[1] : jobs[2];
    std::function<void()> job = std::move(newest_first ? queue.back() : queue.front());
    if (newest_first) {
      queue.pop_back();
    } else {
      queue.pop_front();
    }
    return job;
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      work_or_end.wait(lock, [this] { return ending || !isIdle(); });
      if (isIdle()) {
        break;
      }
      std::function<void()> job = takeNext();
      lock.unlock();
      job();
      // What the job owned (a recording's reader) dies here, on this thread.
      job = nullptr;
      lock.lock();
    }
    ended = true;
    ended_changed.notify_all();
  }
};

ReaderThread::ReaderThread() : state_(std::make_shared<State>()) {
  std::thread([state = state_] { state->run(); }).detach();
}

ReaderThread::~ReaderThread() {
  std::unique_lock lock(state_->mutex);
  // Urgent jobs release recordings and still run; nobody waits for the others any more.
  state_->jobs[1].clear();
  state_->jobs[2].clear();
  state_->ending = true;
  state_->work_or_end.notify_all();
  state_->ended_changed.wait_for(lock, kPatienceAtEnd, [this] { return state_->ended; });
}

void ReaderThread::post(Urgency urgency, std::function<void()> job) {
  const std::lock_guard lock(state_->mutex);
  state_->jobs[static_cast<std::size_t>(urgency)].push_back(std::move(job));
  state_->work_or_end.notify_all();
}

}  // namespace limoe::gui
