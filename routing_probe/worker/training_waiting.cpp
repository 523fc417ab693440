// What a run does while something cannot be written: it waits, or is saved elsewhere.
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "routing_probe/worker/training_loop.h"

namespace limoe::probe {
namespace {

/// Between two attempts to write what could not be written.
constexpr double kRetrySeconds = 5;

}  // namespace

void TrainingRun::insist(const std::function<std::string()>& attempt) {
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

std::filesystem::path TrainingRun::refuge() const {
  std::error_code unusable;  // TMPDIR may name what is no folder
  const auto folder = std::filesystem::temp_directory_path(unusable);
  return (unusable ? std::filesystem::path("/tmp") : folder) /
         ("limoe-" + nameOfRun() + "-" + std::to_string(::getpid()));
}

std::string TrainingRun::nameOfRun() const {
  const auto path = std::filesystem::absolute(folder_.path).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

void TrainingRun::waitForRetry() {
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

void TrainingRun::saveElsewhere(std::filesystem::path path) {
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

void TrainingRun::finishRecording() {
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

}  // namespace limoe::probe
