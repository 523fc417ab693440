#include "routing_probe/worker/training_run.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "model/config_json.h"
#include "model/safetensors_header.h"
#include "routing_probe/worker/trace_arrays.h"
#include "routing_probe/worker/training_loop.h"

namespace limoe::probe {
namespace {

std::string readBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TrainingRun::TrainingRun(const RunFolder& folder, const model::RunConfig& config,
                         const ResumePoint& from, const std::atomic<bool>& interrupted)
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
  fork_begins_ = from.parent && from.part == 1;
  resumed_ = !from.checkpoint.empty() && !fork_begins_;
  recordBeginning(from);
}

void TrainingRun::recordBeginning(const ResumePoint& from) {
  const std::string step = std::to_string(trainer_.stepsDone());
  if (fork_begins_) {
    const std::string name = std::filesystem::path(from.parent->folder).filename().string();
    recordEvent("fork", "from step " + step + " of " + name +
                            (from.changes.empty() ? "" : ": " + from.changes));
    progress_.say("a fork of " + name + ", from step " + step);
  } else if (from.part > 1) {
    const std::string place =
        from.checkpoint.empty() ? "the beginning" : from.checkpoint.filename().string();
    recordEvent("resume", "from " + place);
    recordSettings();
    progress_.say("going on from step " + step);
  }
}

void TrainingRun::train() {
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

model::Tokenizer TrainingRun::prepareTokenizer(const model::RunConfig& config) {
  progress_.say("tokenizer: SentencePiece, at most " + std::to_string(config.model.vocab_size) +
                " pieces");
  return runTokenizer(folder_, config, *train_data_);
}

void TrainingRun::trainAll() {
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

void TrainingRun::saveAfterFailure() {
  ending_ = true;
  endOwnProbes();
  recordEvent("error", failure_);
  const auto path = saveCheckpoint("the last good weights");
  finishRecording();
  failure_ += "\nThe last good weights are in " + path.string();
}

void TrainingRun::routeOwnProbes() {
  own_probes_.routeIfReady(trainer_.model(), trainer_.stepsDone(), trainer_.config());
  for (const OwnProbeService::Written& written : own_probes_.takeWritten()) {
    recordEvent("probe", written.text, written.step);
  }
}

void TrainingRun::endOwnProbes() {
  own_probes_.close();
  routeOwnProbes();
}

double TrainingRun::wall() const {
  const auto& since = paused_since_ ? paused_since_ : waiting_since_;
  const double resting = since ? secondsSince(*since) : 0.0;
  return wall_base_ + secondsSince(started_) - paused_seconds_ - resting;
}

void TrainingRun::publish(WorkerState state) {
  const int64_t left = trainer_.config().train.steps - trainer_.stepsDone();
  const auto batch = static_cast<double>(trainer_.config().train.batch_size);
  const double seconds_left =
      pairs_per_second_ > 0 ? static_cast<double>(left) * batch / pairs_per_second_ : NAN;
  control_.publish({state, trainer_.stepsDone(), trainer_.config().train.steps, loss_,
                    pairs_per_second_, seconds_left,
                    trouble_ + (trouble_.empty() ? "" : not_elsewhere_)});
}

void TrainingRun::recordEvent(const std::string& kind, const std::string& text) {
  recordEvent(kind, text, trainer_.stepsDone());
}

void TrainingRun::recordEvent(const std::string& kind, const std::string& text, int64_t step) {
  recorder_->push(Event{step, wall(), kind, text});
}

void TrainingRun::oneStep() {
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
    saveCheckpoint("every " + std::to_string(trainer_.config().train.checkpoint_every) + " steps");
  }
}

void TrainingRun::snapshot() {
  const int64_t step = trainer_.stepsDone();
  const model::RecordConfig& record = trainer_.config().record;
  const bool first = last_snapshot_ < 0 && !resumed_;
  // Of the snapshots, the first of all, the first at or after each multiple, and the last.
  const bool with_recall =
      first || ending_ || step == trainer_.config().train.steps ||
      step / record.recall_every != (step - record.every) / record.recall_every;
  Snapshot snapshot = probe_.route(trainer_.model(), step, with_recall);
  last_snapshot_ = snapshot.step;
  last_metrics_ = with_recall ? snapshot.metrics : std::vector<float>();
  recorder_->push(std::move(snapshot));
}

std::filesystem::path TrainingRun::saveCheckpoint(const std::string& why) {
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

void TrainingRun::showProgress() {
  const int64_t steps = trainer_.config().train.steps;
  const double left = static_cast<double>(steps - trainer_.stepsDone()) *
                      static_cast<double>(trainer_.config().train.batch_size) / pairs_per_second_;
  std::array<char, 200> line{};
  std::snprintf(line.data(), line.size(), "step %lld/%lld  loss %.4f  %.1f pairs/s  %s left",
                static_cast<long long>(trainer_.stepsDone()), static_cast<long long>(steps), loss_,
                pairs_per_second_, durationText(left).c_str());
  progress_.update(line.data());
}

void TrainingRun::printMeasures() {
  const bool known = last_snapshot_ == trainer_.stepsDone() && !last_metrics_.empty();
  const std::vector<float> metrics =
      known ? last_metrics_ : probe_.route(trainer_.model(), trainer_.stepsDone(), true).metrics;
  progress_.say("step " + std::to_string(trainer_.stepsDone()) + " after " + durationText(wall()) +
                ", held-out measures (recall among " +
                std::to_string(trainer_.config().record.recall_samples) + " pairs):");
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    std::array<char, 120> line{};
    std::snprintf(line.data(), line.size(), "  %-36s %.3f", probe_.layout().metric_names[m].c_str(),
                  static_cast<double>(metrics[m]));
    progress_.say(line.data());
  }
}

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
