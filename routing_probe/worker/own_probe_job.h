// A request for an own probe on its way through a running training: made by the control thread,
// worked on by others, asked after by the control thread again. Every function may be called from
// any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "routing_probe/worker/own_samples.h"

namespace limoe::probe {

/// OwnProbeState::doing begins with it while the run can do nothing; the trouble follows.
constexpr const char* kRunWaits = "the run waits: ";

struct OwnProbeState {
  std::string doing = "waiting";     ///< in words
  bool done = false;                 ///< with one of the two that follow
  std::string recording;             ///< absolute path
  std::string error;                 ///< in words
  int64_t step = 0;                  ///< of the weights
  int64_t samples = 0;               ///< recorded
  std::vector<std::string> remarks;  ///< OwnProbe::remarks()
};

class OwnProbeJob {
 public:
  explicit OwnProbeJob(std::vector<OwnSample> samples) : samples_(std::move(samples)) {}

  const std::vector<OwnSample>& samples() const { return samples_; }
  void set(OwnProbeState state) {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
  }
  OwnProbeState state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  void cancel() { cancelled_ = true; }  ///< ends it unless it is routed already
  bool isCancelled() const { return cancelled_; }

 private:
  const std::vector<OwnSample> samples_;
  std::atomic<bool> cancelled_ = false;
  mutable std::mutex mutex_;
  OwnProbeState state_;
};

}  // namespace limoe::probe
