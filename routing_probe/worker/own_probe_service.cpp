#include "routing_probe/worker/own_probe_service.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "routing_probe/worker/run_setup.h"

namespace limoe::probe {
namespace {

constexpr auto kEnded = "the training ended before it was routed; its checkpoint can do it";
constexpr auto kCancelInterval = std::chrono::milliseconds(50);

void throwIfCancelled(const OwnProbeJob& job) {
  if (job.isCancelled()) {
    throw std::runtime_error("cancelled");
  }
}

}  // namespace

OwnProbeService::OwnProbeService(const RunFolder& folder, const model::RunConfig& config,
                                 const model::Dataset& held_out, const model::Tokenizer& tokenizer,
                                 const std::string& run_id)
    : folder_(folder),
      config_(config),
      held_out_(held_out),
      tokenizer_(tokenizer),
      run_id_(run_id),
      thread_([this] { run(); }) {}

OwnProbeService::~OwnProbeService() {
  close();
}

void OwnProbeService::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void OwnProbeService::begin(std::shared_ptr<OwnProbeJob> job) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_) {
      OwnProbeState state;
      state.done = true;
      state.error = kEnded;
      job->set(std::move(state));
      return;
    }
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

void OwnProbeService::run() {
  for (;;) {
    std::shared_ptr<OwnProbeJob> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
      if (jobs_.empty()) {
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    try {
      work(*job);
    } catch (const std::exception& error) {
      OwnProbeState state;
      state.done = true;
      state.error = error.what();
      job->set(std::move(state));
    }
  }
}

void OwnProbeService::work(OwnProbeJob& job) {
  const auto tell = [&](const std::string& doing) {
    throwIfCancelled(job);
    const std::lock_guard lock(mutex_);
    if (closing_) {
      throw std::runtime_error(kEnded);
    }
    OwnProbeState state;
    state.doing = doing;
    job.set(std::move(state));
  };
  const OwnProbe probe(job.samples(), config_, &held_out_, tokenizer_,
                       [&](const std::string& what, double) { tell(what); });
  tell("waiting for the end of the training step");
  const Routed routed = waitForRouting(probe, job);
  const auto path = probe.save(routed.snapshot, routed.origin, folder_, {});
  const std::lock_guard lock(mutex_);
  written_.push_back({routed.snapshot.step, path.parent_path().filename().string() + "/" +
                                                path.filename().string() + ": " +
                                                samplesText(probe.samples())});
  OwnProbeState state;
  state.done = true;
  state.recording = path.string();
  state.step = routed.snapshot.step;
  state.samples = probe.samples();
  state.remarks = probe.remarks();
  job.set(std::move(state));
}

OwnProbeService::Routed OwnProbeService::waitForRouting(const OwnProbe& probe, OwnProbeJob& job) {
  std::unique_lock lock(mutex_);
  ready_ = &probe;
  ready_job_ = &job;
  while (ready_ != nullptr && !closing_ && !job.isCancelled()) {
    changed_.wait_for(lock, kCancelInterval);
  }
  ready_ = nullptr;
  if (const auto failure = std::exchange(failure_, nullptr)) {
    std::rethrow_exception(failure);
  }
  if (!routed_) {
    throwIfCancelled(job);
    throw std::runtime_error(kEnded);
  }
  Routed routed = std::move(*routed_);
  routed_.reset();
  return routed;
}

void OwnProbeService::routeIfReady(model::Limoe& model, int64_t step,
                                   const model::RunConfig& config) {
  const std::lock_guard lock(mutex_);
  if (ready_ == nullptr) {
    return;
  }
  try {
    ResumePoint point;
    point.first_step = step + 1;  // the snapshot is of what a part would go on from
    point.run_id = run_id_;
    routed_ = Routed{ready_->route(model, step), originAt(config, point, ready_->groupPairs())};
  } catch (...) {
    failure_ = std::current_exception();
  }
  ready_ = nullptr;
  changed_.notify_all();
}

void OwnProbeService::tellDelay(const std::string& why) {
  OwnProbeState state;
  state.doing = why;
  const std::lock_guard lock(mutex_);
  if (ready_ != nullptr) {
    ready_job_->set(state);
  }
  for (const auto& job : jobs_) {
    job->set(state);
  }
}

std::vector<OwnProbeService::Written> OwnProbeService::takeWritten() {
  const std::lock_guard lock(mutex_);
  return std::exchange(written_, {});
}

}  // namespace limoe::probe
