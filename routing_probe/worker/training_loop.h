// The training loop: one object that owns the model, the data, the recorder and the control socket
// of a run. Only the training thread touches it.
//
// Internal to the worker's training_*.cpp; others call runTraining().
#pragma once

#include <atomic>
#include <chrono>
#include <cmath>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/training/trainer.h"
#include "routing_probe/worker/control_server.h"
#include "routing_probe/worker/held_out_probe.h"
#include "routing_probe/worker/own_probe_service.h"
#include "routing_probe/worker/recorder.h"
#include "routing_probe/worker/run_setup.h"
#include "routing_probe/worker/terminal.h"

namespace limoe::probe {

/// The run was told to end although its folder takes nothing any more; all is saved elsewhere.
struct SavedElsewhere {};

/// The loop and what it needs between two steps.
class TrainingRun {
 public:
  TrainingRun(const RunFolder& folder, const model::RunConfig& config, const ResumePoint& from,
              const std::atomic<bool>& interrupted);

  /// Throws as runTraining() does.
  void train();

  using Clock = std::chrono::steady_clock;
  static double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

 private:
  // --- training_run.cpp: from the first step to the last
  model::Tokenizer prepareTokenizer(const model::RunConfig& config);

  void recordBeginning(const ResumePoint& from);
  void trainAll();
  void saveAfterFailure();

  void oneStep();
  void snapshot();
  std::filesystem::path saveCheckpoint(const std::string& why);
  void showProgress();
  void printMeasures();
  void routeOwnProbes();
  void endOwnProbes();

  bool stopping() const { return stop_requested_ || interrupted_; }

  double wall() const;
  void publish(WorkerState state);
  void recordEvent(const std::string& kind, const std::string& text);
  void recordEvent(const std::string& kind, const std::string& text, int64_t step);

  // --- training_waiting.cpp: what cannot be written

  /// Calls `attempt` until it returns nothing wrong. In between the run waits and says why: on the
  /// terminal, to whoever asks for its status, afterwards in the recording. Nothing is trained
  /// meanwhile, so that nothing can be lost. Throws SavedElsewhere where the run is told to stop.
  void insist(const std::function<std::string()>& attempt);

  /// Where an interrupted run is saved that cannot be written to its folder.
  std::filesystem::path refuge() const;
  std::string nameOfRun() const;

  /// Until it is time to try again. Other commands are kept for later.
  void waitForRetry();

  /// Makes `path` (or a folder in it, where something is in it already) a run that goes on where
  /// this one has to end: configuration, tokenizer, checkpoint, and a recording with the rows that
  /// could not be recorded. Throws SavedElsewhere. Where there is no room either, the run goes on
  /// waiting, unless it was interrupted.
  void saveElsewhere(std::filesystem::path path);

  void finishRecording();

  // --- training_commands.cpp: what the control socket asks for

  /// Applies what came since the last step; while paused, waits here.
  void applyCommands();

  std::optional<Command> nextCommand();
  void setPaused(bool paused);
  /// Moves the time paused so far out of the wall clock.
  void accountPause();

  /// Those that came while the run waited: they were accepted.
  void applyKeptSettings();

  void applySetting(const Command& command);

  /// What of the settings is not as in the run's file. Those made just before the checkpoint would
  /// not show otherwise: the part that has them as an event of the next step is superseded there.
  void recordSettings();

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
  bool resumed_ = false;  ///< what it goes on from has been recorded already
  bool fork_begins_ = false;
  bool ending_ = false;
  bool recorder_finished_ = false;
  bool tried_when_interrupted_ = false;
  std::string failure_;        ///< why it cannot go on training
  std::string trouble_;        ///< why the run waits
  std::string not_elsewhere_;  ///< why the newest `stop --folder` failed
  std::deque<Command> kept_commands_;
  int64_t last_snapshot_ = -1;
  std::vector<float> last_metrics_;  ///< of last_snapshot_, where recall was measured; else empty
};

}  // namespace limoe::probe
