// The worker's socket: a thread that answers requests and turns them into commands for the
// training thread, which applies them between two steps.
//
// ZeroMQ REP on runs/NAME/control.sock (mode 0600); one JSON object each way:
//   {"command": "status"}   → {"ok": true, "state": "training", "step": 12, "steps": 1000, "loss":
//   …,
//                              "pairs_per_second": …, "seconds_left": …, "pid": …, "live": {…}}
//   {"command": "pause" | "resume" | "step" | "stop" | "checkpoint" | "retry"}
//                                                                     → {"ok": true, "state": …}
//   {"command": "stop", "folder": "/elsewhere"}  → the same, only while it waits; what the run's
//                              own folder has no room for, and a checkpoint, are saved there
//   {"command": "set", "values": {"aux.weight": 0.1, …}}              → {"ok": true, "state": …}
//   {"command": "probe", "samples": [{"image": FILE, "caption": TEXT}, …]} → {…, "probe": 1}: they
//                              are routed between two steps (own_probe.h)
//   {"command": "probe", "probe": 1}             → {…, "probe": 1, "done": false, "doing": "…"},
//   then
//                              "done": true with "recording", "step", "samples", "remarks", or with
//                              "failed": why. With "cancel": true it ends, unless it is routed
//                              already
// `state` is training, paused, stopping or waiting: something cannot be written, "message" says
// what; it is tried again every few seconds and on "retry". A request that cannot be carried out →
// {"ok": false, "error": "…"}.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "model/config.h"
#include "routing_probe/recording/run_folder.h"
#include "routing_probe/worker/own_probe_job.h"

namespace limoe::probe {

enum class CommandKind { Pause, Resume, Step, Stop, Checkpoint, Retry, SetConfig, Probe };

struct Command {
  CommandKind kind;
  model::RunConfig config;  ///< of SetConfig: the whole new configuration, already checked
  std::string text;         ///< of Stop: a folder, or empty
  std::shared_ptr<OwnProbeJob> probe = nullptr;  ///< of Probe
};

enum class WorkerState { Training, Paused, Waiting, Stopping };

struct WorkerStatus {
  WorkerState state = WorkerState::Training;
  int64_t step = 0;
  int64_t steps = 0;
  double loss = 0;
  double pairs_per_second = 0;
  double seconds_left = 0;
  std::string message;  ///< why it waits
};

class ControlServer {
 public:
  /// Binds the socket and starts the thread. The caller holds the run's lock, so a socket that
  /// nobody answers is a dead worker's and is replaced. Throws std::runtime_error where some
  /// program listens on it, or it cannot be made.
  ControlServer(const RunFolder& folder, const model::RunConfig& config);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  void publish(const WorkerStatus& status);

  /// The next command, or nothing if there is none.
  std::optional<Command> poll();
  /// Waits for a command, at most `seconds`.
  std::optional<Command> wait(double seconds);

 private:
  struct Socket;
  void serve(const std::stop_token& stop);
  std::string answer(const std::string& request);
  std::string answerProbe(const nlohmann::json& request, nlohmann::ordered_json reply);
  void enqueue(Command command);

  RunFolder folder_;
  std::unique_ptr<Socket> socket_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Command> commands_;
  std::map<int64_t, std::shared_ptr<OwnProbeJob>> probes_;  ///< the last few, by number
  WorkerStatus status_;
  model::RunConfig config_;  ///< with every change accepted so far, applied or still queued
  std::jthread thread_;
};

/// The live values that differ, as "aux.weight 0.04 → 0.1, …": one text, or several where one event
/// could not hold it; none where nothing differs.
std::vector<std::string> changesTexts(const model::RunConfig& before,
                                      const model::RunConfig& after);

/// Sends one request to the worker of a run and returns its answer (JSON). Waits at most
/// `seconds`. Throws std::runtime_error where nobody answers.
std::string askWorker(const RunFolder& folder, const std::string& request, double seconds);

}  // namespace limoe::probe
