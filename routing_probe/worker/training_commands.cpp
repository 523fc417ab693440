// Commands of the control socket, applied between two steps.
#include <algorithm>
#include <utility>

#include "routing_probe/worker/training_loop.h"

namespace limoe::probe {

void TrainingRun::applyKeptSettings() {
  for (const Command& command : kept_commands_) {
    if (command.kind == CommandKind::SetConfig) {
      applySetting(command);
    }
  }
  std::erase_if(kept_commands_,
                [](const Command& command) { return command.kind == CommandKind::SetConfig; });
}

void TrainingRun::applySetting(const Command& command) {
  const auto changes = changesTexts(trainer_.config(), command.config);
  trainer_.setConfig(command.config);
  for (const std::string& text : changes) {
    recordEvent("setting", text, trainer_.stepsDone() + 1);  // from then on
    progress_.say("step " + std::to_string(trainer_.stepsDone()) + ": " + text);
  }
}

void TrainingRun::recordSettings() {
  for (const std::string& changes : changesTexts(first_config_, trainer_.config())) {
    recordEvent("setting", "as in the checkpoint: " + changes, trainer_.stepsDone() + 1);
  }
}

void TrainingRun::applyCommands() {
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

std::optional<Command> TrainingRun::nextCommand() {
  if (kept_commands_.empty()) {
    return paused_since_ ? control_.wait(0.1) : control_.poll();
  }
  Command command = std::move(kept_commands_.front());
  kept_commands_.pop_front();
  return command;
}

void TrainingRun::setPaused(bool paused) {
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

void TrainingRun::accountPause() {
  if (paused_since_) {
    paused_seconds_ += secondsSince(*paused_since_);
    paused_since_ = Clock::now();
  }
}

}  // namespace limoe::probe
