#include "routing_probe/worker/sweep_runner.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "model/config_json.h"
#include "routing_probe/recording/recording_error.h"
#include "routing_probe/worker/control_server.h"
#include "routing_probe/worker/fork.h"
#include "routing_probe/worker/run_setup.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr auto kPollInterval = std::chrono::milliseconds(100);
constexpr auto kProgressInterval = std::chrono::seconds(2);
constexpr double kAnswerSeconds = 0.5;
constexpr std::size_t kLongestReason = 300;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// How a run is computed is no part of what it computes.
model::RunConfig withoutThreads(model::RunConfig config) {
  config.train.threads = 0;
  config.train.loader_threads = 1;
  return config;
}

/// What keeps a run that is there from being this one; empty where nothing does.
std::string misfit(const SweepRunner::Planned& planned) {
  model::RunConfig there;
  try {
    there = model::runConfigFromLayers({model::readJsonFile(planned.folder.config())});
  } catch (const model::ConfigError& error) {
    return std::string("its configuration cannot be read: ") + error.what();
  }
  const std::string changes =
      differencesText(withoutThreads(there), withoutThreads(planned.run.config));
  if (!changes.empty()) {
    return "was begun with another configuration: " + changes;
  }
  return RunLock::isHeld(planned.folder) ? "is being trained by another process" : "";
}

/// What `limoe` said at last, on one line.
std::string lastWords(const fs::path& log) {
  std::ifstream file(log, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto error = text.rfind("limoe: ");
  if (error == std::string::npos) {
    return "";
  }
  text = text.substr(error + std::string_view("limoe: ").size());
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::size_t cut = kLongestReason;
  while (text.size() > kLongestReason && (text[cut] & 0xC0) == 0x80) {
    --cut;  // not inside a UTF-8 character
  }
  return text.size() > kLongestReason ? text.substr(0, cut) + "…" : text;
}

void makeFolder(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) {
    throw std::runtime_error(folder.string() + ": the folder cannot be made: " + code.message());
  }
}

}  // namespace

SweepRunner::SweepRunner(const model::SweepSpec& spec, const fs::path& folder, int64_t jobs)
    : spec_(spec), folder_(folder), jobs_(static_cast<std::size_t>(jobs)) {
  const auto cores = static_cast<int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  std::string faults;
  for (const model::SweepRun& run : spec_.runs) {
    Planned planned{run, RunFolder{folder_ / run.name()}};
    if (planned.run.config.train.threads == 0) {
      planned.run.config.train.threads = std::max<int64_t>(1, cores / jobs);
    }
    if (planned.folder.isRun()) {
      if (const std::string fault = misfit(planned); !fault.empty()) {
        faults += (faults.empty() ? "" : "\n") + planned.folder.path.string() + ": " + fault;
        continue;
      }
      planned.state = State::Interrupted;
      takeResult(planned);
    }
    plan_.push_back(std::move(planned));
  }
  if (!faults.empty()) {
    throw std::runtime_error(faults +
                             "\nGo on with the specification that the sweep was begun with, choose "
                             "another --out, or remove these runs");
  }
}

/// Of a run that is there: its result, where it is finished.
void SweepRunner::takeResult(Planned& planned) {
  try {
    const RunResult result = resultOf(planned.folder.path);
    planned.steps = result.steps;
    if (result.finished && result.steps >= planned.run.config.train.steps) {
      planned.state = State::Finished;
      outcome_.results[planned.run.name()] = result;
    }
  } catch (const RecordingError&) {      // none yet: it is gone on with
  } catch (const model::ConfigError&) {  // neither can that be: the run itself says why
  }
}

bool SweepRunner::run(const std::string& spec_text, const std::atomic<int>& interrupts) {
  makeFolder(folder_ / "configs");
  makeFolder(folder_ / "logs");
  writeTextFile(folder_ / "sweep.json", spec_text);
  writeSweepTables(folder_, spec_, outcome_);
  auto shown = Clock::now();
  while (!children_.empty() || (next_ < plan_.size() && told_ == 0)) {
    for (; told_ < interrupts; ++told_) {
      progress_.say("interrupted: the runs under way end after their step with everything saved");
      for (const Child& child : children_) {
        child.process->interrupt();
      }
    }
    while (told_ == 0 && next_ < plan_.size() && children_.size() < jobs_) {
      Planned& planned = plan_[next_++];
      if (planned.state != State::Finished) {
        begin(planned);
      }
    }
    std::this_thread::sleep_for(kPollInterval);
    takeEnded();
    if (!children_.empty() && Clock::now() - shown > kProgressInterval) {
      showProgress();
      shown = Clock::now();
    }
  }
  writeSweepTables(folder_, spec_, outcome_);
  report();
  return outcome_.results.size() == plan_.size();
}

void SweepRunner::begin(Planned& planned) {
  const std::string name = planned.run.name();
  std::vector<std::string> arguments;
  if (planned.state == State::Interrupted) {
    arguments = {"--resume", planned.folder.path.string()};
    progress_.say(name + ": goes on after step " + std::to_string(planned.steps));
  } else {
    const fs::path config = folder_ / "configs" / (name + ".json");
    writeTextFile(config, model::toJson(planned.run.config).dump(2) + "\n");
    arguments = {"--config", config.string(), "--out", planned.folder.path.string()};
    progress_.say(name + ": begins");
  }
  children_.push_back(
      {&planned, std::make_unique<TrainProcess>(arguments, folder_ / "logs" / (name + ".log")),
       Clock::now()});
}

void SweepRunner::takeEnded() {
  for (auto child = children_.begin(); child != children_.end();) {
    const auto failure = child->process->failure();
    if (!failure) {
      ++child;
      continue;
    }
    Planned& planned = *child->planned;
    const std::string name = planned.run.name();
    const int64_t before = planned.steps;
    planned.state = State::Interrupted;
    takeResult(planned);
    const std::string words = failure->empty() ? "" : lastWords(folder_ / "logs" / (name + ".log"));
    // One that was interrupted before it could take notice just ends.
    if (!failure->empty() && !(told_ > 0 && words.empty())) {
      outcome_.failed[name] = words.empty() ? *failure : words;
      progress_.say(name + ": FAILED: " + outcome_.failed[name]);
    } else if (planned.state == State::Finished) {
      finished_seconds_ += secondsSince(child->started);
      finished_steps_ += static_cast<double>(planned.steps - before);
      progress_.say(name + ": finished after " + durationText(secondsSince(child->started)));
    } else {
      progress_.say(name + ": stopped at step " + std::to_string(planned.steps));
    }
    try {
      writeSweepTables(folder_, spec_, outcome_);
    } catch (const std::runtime_error& error) {  // others may still train; the end tries once more
      progress_.say(error.what());
    }
    child = children_.erase(child);
  }
}

void SweepRunner::showProgress() {
  std::string line = std::to_string(outcome_.results.size()) + " of " +
                     std::to_string(plan_.size()) + " runs done";
  double steps = finished_steps_;
  double seconds = finished_seconds_;
  double left = 0;
  for (const Child& child : children_) {
    const Planned& planned = *child.planned;
    int64_t step = planned.steps;
    try {
      const json status =
          json::parse(askWorker(planned.folder, "{\"command\": \"status\"}", kAnswerSeconds));
      step = std::max(step, status.value("step", step));
    } catch (const std::exception&) {  // it starts, or ends
    }
    steps += static_cast<double>(step - planned.steps);
    seconds += secondsSince(child.started);
    left += static_cast<double>(planned.run.config.train.steps - step);
    line += "  " + planned.run.name() + " " + std::to_string(step) + "/" +
            std::to_string(planned.run.config.train.steps);
  }
  for (std::size_t i = next_; i < plan_.size(); ++i) {
    left += plan_[i].state == State::Finished
                ? 0
                : static_cast<double>(plan_[i].run.config.train.steps - plan_[i].steps);
  }
  if (steps > 0) {
    const auto jobs = static_cast<double>(std::max<std::size_t>(1, children_.size()));
    line += "  about " + durationText(left * seconds / steps / jobs) + " left";
  }
  progress_.update(line);
}

void SweepRunner::report() {
  std::string open;
  for (const Planned& planned : plan_) {
    const std::string name = planned.run.name();
    if (planned.state != State::Finished && !outcome_.failed.contains(name)) {
      open += (open.empty() ? "" : ", ") + name;
    }
  }
  for (const auto& [name, why] : outcome_.failed) {
    progress_.say("failed: " + name + ": " + why + "\n  " +
                  (folder_ / "logs" / (name + ".log")).string());
  }
  if (!open.empty()) {
    progress_.say("not finished: " + open + (told_ > 0 ? "" : " (stopped before the last step)") +
                  "; the same command goes on with them");
  }
  progress_.say("table: " + (folder_ / "table.md").string() + " (" +
                std::to_string(outcome_.results.size()) + " of " + std::to_string(plan_.size()) +
                " runs)");
}

}  // namespace limoe::probe
