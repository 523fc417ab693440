#include "routing_probe/worker/training_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "model/config_json.h"
#include "model/safetensors_header.h"
#include "model/training/trainer.h"
#include "routing_probe/worker/control_server.h"
#include "routing_probe/worker/held_out_probe.h"
#include "routing_probe/worker/own_probe_service.h"
#include "routing_probe/worker/recorder.h"
#include "routing_probe/worker/terminal.h"
#include "routing_probe/worker/trace_arrays.h"

namespace limoe::probe {
namespace {

using Clock = std::chrono::steady_clock;

/// Between two attempts to write what could not be written.
constexpr double kRetrySeconds = 5;

/// The run was told to end although its folder takes nothing any more; all is saved elsewhere.
struct SavedElsewhere {};

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string readBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The loop and what it needs between two steps.
class TrainingRun {
 public:
  TrainingRun(const RunFolder& folder, const model::RunConfig& config, const ResumePoint& from,
              const std::atomic<bool>& interrupted)
      : folder_(folder),
        first_config_(std::filesystem::exists(folder.config())
                          ? model::runConfigFromLayers({model::readJsonFile(folder.config())})
                          : config),
        interrupted_(interrupted),
        train_data_(model::openDataset(config.data, config.model, model::Part::Train)),
        held_out_data_(model::openDataset(config.data, config.model, model::Part::HeldOut)),
        control_(folder, config),
        tokenizer_(prepareTokenizer(config)),
        tokenizer_bytes_(readBytes(folder.tokenizer())),
        trainer_(config),
        probe_(config, *held_out_data_, tokenizer_),
        own_probes_(folder, config, *held_out_data_, tokenizer_, from.run_id) {
    if (!from.checkpoint.empty()) {
      wall_base_ = trainer_.loadCheckpoint(from.checkpoint);
    }
    recorder_.emplace(folder, probe_.layout(), originAt(config, from, probe_.groupPairs()),
                      probe_.probeSet());
    loader_.emplace(*train_data_, tokenizer_, config.model, config.train.batch_size,
                    config.train.seed, config.train.loader_threads, trainer_.stepsDone());
    started_ = Clock::now();
    if (from.part > 1) {
      const std::string place =
          from.checkpoint.empty() ? "the beginning" : from.checkpoint.filename().string();
      recordEvent("resume", "from " + place);
      recordSettings();
      progress_.say("going on from step " + std::to_string(trainer_.stepsDone()));
    }
    resumed_ = !from.checkpoint.empty();
  }

  void train() {
    try {
      try {
        trainAll();
      } catch (const model::NonFiniteError& error) {
        failure_ = error.what();
        saveAfterFailure();
      }
    } catch (const SavedElsewhere&) {
      if (failure_.empty()) {
        return;
      }
    }
    if (!failure_.empty()) {
      throw model::NonFiniteError(failure_);
    }
    progress_.say("recording: " + recorder_->path().string());
  }

 private:
  model::Tokenizer prepareTokenizer(const model::RunConfig& config) {
    progress_.say("tokenizer: SentencePiece, at most " + std::to_string(config.model.vocab_size) +
                  " pieces");
    return runTokenizer(folder_, config, *train_data_);
  }

  void trainAll() {
    if (!resumed_) {
      snapshot();
    }
    while (trainer_.stepsDone() < trainer_.config().train.steps && !stopping()) {
      applyCommands();
      if (!stopping()) {
        oneStep();
      }
    }
    ending_ = true;
    publish(WorkerState::Stopping);
    endOwnProbes();
    saveCheckpoint("at the end");
    if (last_snapshot_ != trainer_.stepsDone()) {
      snapshot();
    }
    finishRecording();
    printMeasures();
  }

  void saveAfterFailure() {
    ending_ = true;
    endOwnProbes();
    recordEvent("error", failure_);
    const auto path = saveCheckpoint("the last good weights");
    finishRecording();
    failure_ += "\nThe last good weights are in " + path.string();
  }

  void routeOwnProbes() {
    own_probes_.routeIfReady(trainer_.model(), trainer_.stepsDone(), trainer_.config());
    for (const OwnProbeService::Written& written : own_probes_.takeWritten()) {
      recordEvent("probe", written.text, written.step);
    }
  }
  void endOwnProbes() {
    own_probes_.close();
    routeOwnProbes();
  }

  bool stopping() const { return stop_requested_ || interrupted_; }

  double wall() const {
    const auto& since = paused_since_ ? paused_since_ : waiting_since_;
    const double resting = since ? secondsSince(*since) : 0.0;
    return wall_base_ + secondsSince(started_) - paused_seconds_ - resting;
  }

  void publish(WorkerState state) {
    const int64_t left = trainer_.config().train.steps - trainer_.stepsDone();
    const auto batch = static_cast<double>(trainer_.config().train.batch_size);
    const double seconds_left =
        pairs_per_second_ > 0 ? static_cast<double>(left) * batch / pairs_per_second_ : NAN;
    control_.publish({state, trainer_.stepsDone(), trainer_.config().train.steps, loss_,
                      pairs_per_second_, seconds_left,
                      trouble_ + (trouble_.empty() ? "" : not_elsewhere_)});
  }

  void recordEvent(const std::string& kind, const std::string& text) {
    recordEvent(kind, text, trainer_.stepsDone());
  }
  void recordEvent(const std::string& kind, const std::string& text, int64_t step) {
    recorder_->push(Event{step, wall(), kind, text});
  }

  /// Calls `attempt` until it returns nothing wrong. In between the run waits and says why: on the
  /// terminal, to whoever asks for its status, afterwards in the recording. Nothing is trained
  /// meanwhile, so that nothing can be lost. Throws SavedElsewhere where the run is told to stop.
  void insist(const std::function<std::string()>& attempt) {
    const auto since = Clock::now();
    waiting_since_ = since;
    trouble_ = attempt();
    if (trouble_.empty()) {
      waiting_since_.reset();
      return;
    }
    const std::string first_trouble = trouble_;
    progress_.say("WAITING at step " + std::to_string(trainer_.stepsDone()) + ": " + trouble_ +
                  ".\nIt is tried again every few seconds, nothing is lost. To stop instead: "
                  "limoe control " +
                  folder_.path.string() +
                  " stop --folder DIR saves everything in another folder, Ctrl+C in " +
                  refuge().string() + ".");
    while (!trouble_.empty()) {
      publish(WorkerState::Waiting);
      waitForRetry();
      trouble_ = attempt();
    }
    const double waited = secondsSince(since);
    if (!paused_since_) {
      paused_seconds_ += waited;
    }
    waiting_since_.reset();
    not_elsewhere_.clear();
    progress_.say("going on after " + durationText(waited));
    if (!recorder_finished_) {
      recordEvent("warning", "waited " + durationText(waited) + ": " + first_trouble);
    }
    publish(ending_         ? WorkerState::Stopping
            : paused_since_ ? WorkerState::Paused
                            : WorkerState::Training);
  }

  /// Where an interrupted run is saved that cannot be written to its folder.
  std::filesystem::path refuge() const {
    std::error_code unusable;  // TMPDIR may name what is no folder
    const auto folder = std::filesystem::temp_directory_path(unusable);
    return (unusable ? std::filesystem::path("/tmp") : folder) /
           ("limoe-" + nameOfRun() + "-" + std::to_string(::getpid()));
  }
  std::string nameOfRun() const {
    const auto path = std::filesystem::absolute(folder_.path).lexically_normal();
    return (path.has_filename() ? path : path.parent_path()).filename().string();
  }

  /// Until it is time to try again. Other commands are kept for later.
  void waitForRetry() {
    const auto begin = Clock::now();
    while (secondsSince(begin) < kRetrySeconds) {
      if (interrupted_) {
        if (!std::exchange(tried_when_interrupted_, true)) {
          return;
        }
        saveElsewhere(refuge());
      }
      own_probes_.tellDelay(kRunWaits + trouble_);
      auto command = control_.wait(0.1);
      if (!command) {
        continue;
      }
      if (command->kind == CommandKind::Probe) {  // read meanwhile, routed when it goes on
        own_probes_.begin(command->probe);
        continue;
      }
      if (command->kind == CommandKind::Retry) {
        return;
      }
      if (command->kind == CommandKind::Stop && !command->text.empty()) {
        saveElsewhere(command->text);
        return;
      }
      kept_commands_.push_back(std::move(*command));
    }
  }

  /// Makes `path` (or a folder in it, where something is in it already) a run that goes on where
  /// this one has to end: configuration, tokenizer, checkpoint, and a recording with the rows that
  /// could not be recorded. Throws SavedElsewhere. Where there is no room either, the run goes on
  /// waiting, unless it was interrupted.
  void saveElsewhere(std::filesystem::path path) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored) && !std::filesystem::is_empty(path, ignored)) {
      path /= nameOfRun();
    }
    const RunFolder folder{path};
    std::unique_ptr<RunLock> lock;
    try {
      applyKeptSettings();
      lock = claimNewRun(folder, first_config_, false);
      writeTextFile(folder.tokenizer(), tokenizer_bytes_);
      trainer_.saveCheckpoint(folder.checkpoints(), wall());
      recorder_->moveTo(folder);
    } catch (const std::exception& error) {
      not_elsewhere_ = "\nIt cannot be saved elsewhere: " + std::string(error.what());
      progress_.say(not_elsewhere_.substr(1));
      if (lock) {  // else it is not ours
        abandonNewRun(folder);
      }
      if (interrupted_) {
        throw std::runtime_error(std::string(error.what()) +
                                 "\nThe run ends here. It goes on from its newest checkpoint: "
                                 "limoe train --resume " +
                                 folder_.path.string());
      }
      return;
    }
    // All is saved. What fails now leaves a recording that is not marked as finished, no more.
    std::string trouble;
    try {
      recordEvent("stop", "saved in " + path.string());
      trouble = recorder_->flush();
      if (trouble.empty()) {
        trouble = recorder_->finish();
      }
    } catch (const std::exception& error) {
      trouble = error.what();
    }
    if (!trouble.empty()) {
      progress_.say("the recording there is whole, but not marked as finished: " + trouble);
    }
    progress_.say("stopped at step " + std::to_string(trainer_.stepsDone()) +
                  "; the checkpoint and what could not be recorded are in " + path.string() +
                  ". Go on with: limoe train --resume " + path.string());
    throw SavedElsewhere{};
  }

  /// Those that came while the run waited: they were accepted.
  void applyKeptSettings() {
    for (const Command& command : kept_commands_) {
      if (command.kind == CommandKind::SetConfig) {
        applySetting(command);
      }
    }
    std::erase_if(kept_commands_,
                  [](const Command& command) { return command.kind == CommandKind::SetConfig; });
  }

  void applySetting(const Command& command) {
    trainer_.setConfig(command.config);
    recordEvent("setting", command.text, trainer_.stepsDone() + 1);  // from then on
    progress_.say("step " + std::to_string(trainer_.stepsDone()) + ": " + command.text);
  }

  /// What of the settings is not as in the run's file. Those made just before the checkpoint would
  /// not show otherwise: the part that has them as an event of the next step is superseded there.
  void recordSettings() {
    const std::string changes = changesText(first_config_, trainer_.config());
    if (!changes.empty()) {
      recordEvent("setting", "as in the checkpoint: " + changes, trainer_.stepsDone() + 1);
    }
  }

  void finishRecording() {
    insist([this] { return recorder_->retry(); });
    insist([this] {
      std::string trouble = recorder_->retry();
      if (trouble.empty()) {
        trouble = recorder_->finish();
        recorder_finished_ = trouble.empty();
      }
      return trouble;
    });
  }

  void oneStep() {
    const auto begin = Clock::now();
    const double waited = loader_->waitedSeconds();
    const model::Batch batch = loader_->next();
    const double data_wait = loader_->waitedSeconds() - waited;
    const model::StepResult result = trainer_.step(batch);
    const double duration = secondsSince(begin);
    const double speed = static_cast<double>(batch.pairs) / duration;
    constexpr double kSmoothing = 0.9;
    pairs_per_second_ =
        pairs_per_second_ == 0 ? speed : kSmoothing * pairs_per_second_ + (1 - kSmoothing) * speed;
    loss_ = result.loss;
    recorder_->push(stepRow(result, {wall(), speed, data_wait}, trainer_.config().model));
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
    const int64_t step = trainer_.stepsDone();
    const model::RecordConfig& record = trainer_.config().record;
    // Of the snapshots, the first at or after each multiple, and the last.
    const bool with_recall =
        step == 0 || step == trainer_.config().train.steps ||
        step / record.recall_every != (step - record.every) / record.recall_every;
    Snapshot snapshot = probe_.route(trainer_.model(), step, with_recall);
    last_snapshot_ = snapshot.step;
    recorder_->push(std::move(snapshot));
  }

  std::filesystem::path saveCheckpoint(const std::string& why) {
    // What a run goes on from must not be ahead of what is recorded: steps would be missing.
    insist([this] { return recorder_->retry(); });
    std::filesystem::path path;
    insist([&]() -> std::string {
      try {
        std::error_code ignored;
        std::filesystem::create_directory(folder_.checkpoints(), ignored);
        path = trainer_.saveCheckpoint(folder_.checkpoints(), wall());
        return "";
      } catch (const model::SafetensorsError& error) {
        return error.what();
      }
    });
    recordEvent("checkpoint", path.filename().string() + " (" + why + ")");
    return path;
  }

  /// Applies what came since the last step; while paused, waits here.
  void applyCommands() {
    bool one_step = false;
    while (!one_step && !stopping()) {
      if (!recorder_->trouble().empty()) {
        insist([this] { return recorder_->retry(); });
      }
      routeOwnProbes();
      const auto command = nextCommand();
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
        case CommandKind::Retry:
          break;  // nothing waits
        case CommandKind::Probe:
          own_probes_.begin(command->probe);
          break;
        case CommandKind::SetConfig:
          applySetting(*command);
          break;
      }
    }
    accountPause();
  }

  std::optional<Command> nextCommand() {
    if (kept_commands_.empty()) {
      return paused_since_ ? control_.wait(0.1) : control_.poll();
    }
    Command command = std::move(kept_commands_.front());
    kept_commands_.pop_front();
    return command;
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
    const std::vector<float> metrics =
        probe_.route(trainer_.model(), trainer_.stepsDone(), true).metrics;
    progress_.say("step " + std::to_string(trainer_.stepsDone()) + " after " +
                  durationText(wall()) + ", held-out measures (recall among " +
                  std::to_string(trainer_.config().record.recall_samples) + " pairs):");
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      std::array<char, 120> line{};
      std::snprintf(line.data(), line.size(), "  %-36s %.3f",
                    probe_.layout().metric_names[m].c_str(), static_cast<double>(metrics[m]));
      progress_.say(line.data());
    }
  }

  RunFolder folder_;
  model::RunConfig first_config_;  ///< that the run began with: what its config.json says
  const std::atomic<bool>& interrupted_;
  Progress progress_;
  std::unique_ptr<model::Dataset> train_data_, held_out_data_;
  ControlServer control_;
  model::Tokenizer tokenizer_;
  std::string tokenizer_bytes_;  ///< its file, in case the run has to move
  model::Trainer trainer_;
  HeldOutProbe probe_;
  OwnProbeService own_probes_;
  std::optional<Recorder> recorder_;
  std::optional<model::BatchLoader> loader_;

  Clock::time_point started_;
  double wall_base_ = 0;
  double paused_seconds_ = 0;
  std::optional<Clock::time_point> paused_since_;
  std::optional<Clock::time_point> waiting_since_;  ///< for room; also within a pause
  double pairs_per_second_ = 0;
  double loss_ = NAN;
  bool stop_requested_ = false;
  bool resumed_ = false;
  bool ending_ = false;
  bool recorder_finished_ = false;
  bool tried_when_interrupted_ = false;
  std::string failure_;        ///< why it cannot go on training
  std::string trouble_;        ///< why the run waits
  std::string not_elsewhere_;  ///< why the newest `stop --folder` failed
  std::deque<Command> kept_commands_;
  int64_t last_snapshot_ = -1;
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
  return 0;
}

}  // namespace limoe::probe
