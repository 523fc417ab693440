#include "routing_probe/worker/training_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "model/config_json.h"
#include "model/training/trainer.h"
#include "routing_probe/worker/control_server.h"
#include "routing_probe/worker/held_out_probe.h"
#include "routing_probe/worker/recorder.h"
#include "routing_probe/worker/terminal.h"
#include "routing_probe/worker/trace_arrays.h"

namespace limoe::probe {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Origin originOf(const model::RunConfig& config, const ResumePoint& from, int64_t group_pairs) {
  Origin origin;
  origin.config_json = model::toJson(config).dump();
  origin.program = "limoe " LIMOE_SCOPE_VERSION;
  origin.created = utcNow();
  origin.run_id = from.run_id;
  origin.part = from.part;
  origin.first_step = from.first_step;
  origin.probe_capacity_factor = config.model.moe ? config.model.moe->capacity_factor : 0;
  origin.probe_group_pairs = group_pairs;
  return origin;
}

/// The loop and what it needs between two steps.
class TrainingRun {
 public:
  TrainingRun(const RunFolder& folder, const model::RunConfig& config, const ResumePoint& from,
              const std::atomic<bool>& interrupted)
      : folder_(folder),
        interrupted_(interrupted),
        train_data_(model::openDataset(config.data, config.model, model::Part::Train)),
        held_out_data_(model::openDataset(config.data, config.model, model::Part::HeldOut)),
        control_(folder, config),
        tokenizer_(prepareTokenizer(config)),
        trainer_(config),
        probe_(config, *held_out_data_, tokenizer_) {
    if (!from.checkpoint.empty()) {
      wall_base_ = trainer_.loadCheckpoint(from.checkpoint);
    }
    recorder_.emplace(folder.recording(from.part), probe_.layout(),
                      originOf(config, from, probe_.groupPairs()), probe_.probeSet());
    loader_.emplace(*train_data_, tokenizer_, config.model, config.train.batch_size,
                    config.train.seed, config.train.loader_threads, trainer_.stepsDone());
    started_ = Clock::now();
    if (from.checkpoint.empty()) {
      snapshot();
    } else {
      recordEvent("resume", "from " + from.checkpoint.filename().string());
      progress_.say("going on from step " + std::to_string(trainer_.stepsDone()));
    }
  }

  void train() {
    while (trainer_.stepsDone() < trainer_.config().train.steps && !stopping()) {
      applyCommands();
      if (!stopping()) {
        oneStep();
      }
    }
    publish(WorkerState::Stopping);
    saveCheckpoint("at the end");
    if (last_snapshot_ != trainer_.stepsDone()) {
      snapshot();
    }
    recorder_->finish();
    printMeasures();
  }

 private:
  model::Tokenizer prepareTokenizer(const model::RunConfig& config) {
    progress_.say("tokenizer: SentencePiece, at most " + std::to_string(config.model.vocab_size) +
                  " pieces");
    return runTokenizer(folder_, config, *train_data_);
  }

  bool stopping() const { return stop_requested_ || interrupted_; }

  double wall() const {
    const double pausing = paused_since_ ? secondsSince(*paused_since_) : 0.0;
    return wall_base_ + secondsSince(started_) - paused_seconds_ - pausing;
  }

  void publish(WorkerState state) {
    const int64_t left = trainer_.config().train.steps - trainer_.stepsDone();
    const auto batch = static_cast<double>(trainer_.config().train.batch_size);
    const double seconds_left =
        pairs_per_second_ > 0 ? static_cast<double>(left) * batch / pairs_per_second_ : NAN;
    control_.publish({state, trainer_.stepsDone(), trainer_.config().train.steps, loss_,
                      pairs_per_second_, seconds_left});
  }

  void recordEvent(const std::string& kind, const std::string& text) {
    recorder_->push(Event{trainer_.stepsDone(), wall(), kind, text});
  }

  void oneStep() {
    const auto begin = Clock::now();
    const double waited = loader_->waitedSeconds();
    const model::Batch batch = loader_->next();
    const double data_wait = loader_->waitedSeconds() - waited;
    std::optional<model::StepResult> result;
    try {
      result = trainer_.step(batch);
    } catch (const model::NonFiniteError& error) {
      recordEvent("error", error.what());
      const auto path = trainer_.saveCheckpoint(folder_.checkpoints(), wall());
      recorder_->finish();
      throw model::NonFiniteError(std::string(error.what()) + "\nThe last good weights are in " +
                                  path.string());
    }
    const double duration = secondsSince(begin);
    const double speed = static_cast<double>(batch.pairs) / duration;
    constexpr double kSmoothing = 0.9;
    pairs_per_second_ =
        pairs_per_second_ == 0 ? speed : kSmoothing * pairs_per_second_ + (1 - kSmoothing) * speed;
    loss_ = result->loss;
    recorder_->push(stepRow(*result, {wall(), speed, data_wait}, trainer_.config().model));
    if (paused_since_) {
      paused_since_ = Clock::now();  // a single step taken while paused is no pause
    }
    publish(paused_since_ ? WorkerState::Paused : WorkerState::Training);
    showProgress();

    const auto every = [&](int64_t n) { return n > 0 && trainer_.stepsDone() % n == 0; };
    if (every(trainer_.config().record.every)) {
      snapshot();
    }
    if (every(trainer_.config().train.checkpoint_every) &&
        trainer_.stepsDone() < trainer_.config().train.steps) {
      saveCheckpoint("every " + std::to_string(trainer_.config().train.checkpoint_every) +
                     " steps");
    }
  }

  void snapshot() {
    Snapshot snapshot = probe_.route(trainer_.model(), trainer_.stepsDone());
    metrics_ = snapshot.metrics;
    last_snapshot_ = snapshot.step;
    recorder_->push(std::move(snapshot));
  }

  void saveCheckpoint(const std::string& why) {
    const auto path = trainer_.saveCheckpoint(folder_.checkpoints(), wall());
    recordEvent("checkpoint", path.filename().string() + " (" + why + ")");
  }

  /// Applies what came since the last step; while paused, waits here.
  void applyCommands() {
    bool one_step = false;
    while (!one_step && !stopping()) {
      const auto command = paused_since_ ? control_.wait(0.1) : control_.poll();
      if (!command) {
        if (!paused_since_) {
          return;
        }
        continue;
      }
      switch (command->kind) {
        case CommandKind::Pause:
          setPaused(true);
          break;
        case CommandKind::Resume:
          setPaused(false);
          break;
        case CommandKind::Step:
          setPaused(true);
          one_step = true;
          break;
        case CommandKind::Stop:
          recordEvent("stop", "asked for");
          stop_requested_ = true;
          break;
        case CommandKind::Checkpoint:
          saveCheckpoint("asked for");
          break;
        case CommandKind::SetConfig:
          trainer_.setConfig(command->config);
          recordEvent("setting", command->text);
          progress_.say("step " + std::to_string(trainer_.stepsDone()) + ": " + command->text);
          break;
      }
    }
    accountPause();
  }

  void setPaused(bool paused) {
    if (paused && !paused_since_) {
      recordEvent("pause", "");
      paused_since_ = Clock::now();
      publish(WorkerState::Paused);
      progress_.say("paused at step " + std::to_string(trainer_.stepsDone()));
    } else if (!paused && paused_since_) {
      accountPause();
      paused_since_.reset();
      recordEvent("resume", "");
      publish(WorkerState::Training);
    }
  }

  /// Moves the time paused so far out of the wall clock.
  void accountPause() {
    if (paused_since_) {
      paused_seconds_ += secondsSince(*paused_since_);
      paused_since_ = Clock::now();
    }
  }

  void showProgress() {
    const int64_t steps = trainer_.config().train.steps;
    const double left = static_cast<double>(steps - trainer_.stepsDone()) *
                        static_cast<double>(trainer_.config().train.batch_size) / pairs_per_second_;
    std::array<char, 200> line{};
    std::snprintf(line.data(), line.size(), "step %lld/%lld  loss %.4f  %.1f pairs/s  %s left",
                  static_cast<long long>(trainer_.stepsDone()), static_cast<long long>(steps),
                  loss_, pairs_per_second_, durationText(left).c_str());
    progress_.update(line.data());
  }

  void printMeasures() {
    progress_.say("step " + std::to_string(trainer_.stepsDone()) + " after " +
                  durationText(wall()) + ", held-out measures (recall among " +
                  std::to_string(trainer_.config().record.recall_samples) + " pairs):");
    for (std::size_t m = 0; m < metrics_.size(); ++m) {
      std::array<char, 120> line{};
      std::snprintf(line.data(), line.size(), "  %-36s %.3f",
                    probe_.layout().metric_names[m].c_str(), static_cast<double>(metrics_[m]));
      progress_.say(line.data());
    }
  }

  RunFolder folder_;
  const std::atomic<bool>& interrupted_;
  Progress progress_;
  std::unique_ptr<model::Dataset> train_data_, held_out_data_;
  ControlServer control_;
  model::Tokenizer tokenizer_;
  model::Trainer trainer_;
  HeldOutProbe probe_;
  std::optional<Recorder> recorder_;
  std::optional<model::BatchLoader> loader_;

  Clock::time_point started_;
  double wall_base_ = 0;
  double paused_seconds_ = 0;
  std::optional<Clock::time_point> paused_since_;
  double pairs_per_second_ = 0;
  double loss_ = NAN;
  bool stop_requested_ = false;
  int64_t last_snapshot_ = -1;
  std::vector<float> metrics_;
};

}  // namespace

int runTraining(const RunFolder& folder, std::unique_ptr<RunLock> lock,
                const model::RunConfig& config, const ResumePoint& from,
                const std::atomic<bool>& interrupted) {
  const auto threads = config.train.threads > 0
                           ? static_cast<int>(config.train.threads)
                           : static_cast<int>(std::thread::hardware_concurrency());
  torch::set_num_threads(threads);
  Progress().say("training on " + std::to_string(threads) + " threads, loading on " +
                 std::to_string(config.train.loader_threads));
  const auto held = std::move(lock);  // freed after the run has tidied up its folder
  TrainingRun run(folder, config, from, interrupted);
  run.train();
  Progress().say("recording: " + folder.recording(from.part).string());
  return 0;
}

}  // namespace limoe::probe
