// Own probes of a running training. A thread of its own reads the images and writes the recording;
// the training thread does nothing but route, between two steps.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/run_folder.h"
#include "routing_probe/worker/own_probe.h"
#include "routing_probe/worker/own_probe_job.h"

namespace limoe::probe {

class OwnProbeService {
 public:
  /// What is referred to must outlive the service. `config`: the sizes, which never change.
  OwnProbeService(const RunFolder& folder, const model::RunConfig& config,
                  const model::Dataset& held_out, const model::Tokenizer& tokenizer,
                  const std::string& run_id);
  ~OwnProbeService();
  OwnProbeService(const OwnProbeService&) = delete;
  OwnProbeService& operator=(const OwnProbeService&) = delete;

  /// Jobs are done one after the other.
  void begin(std::shared_ptr<OwnProbeJob> job);

  /// Called by the training thread between two steps: routes what has been read, if anything has.
  /// `config`: as it is now. Throws nothing; what is wrong is the job's error.
  void routeIfReady(model::Limoe& model, int64_t step, const model::RunConfig& config);

  /// Called by the training thread while it cannot route: whoever asks for the job is told `why`.
  void tellDelay(const std::string& why);

  /// What was written since the last call, for the run's recording.
  struct Written {
    int64_t step = 0;
    std::string text;  ///< "probes/own-300.h5: 3 samples"
  };
  std::vector<Written> takeWritten();

  /// Writes what is routed, ends the other jobs with an error, ends the thread.
  void close();

 private:
  void run();
  void work(OwnProbeJob& job);
  struct Routed {
    Snapshot snapshot;
    Origin origin;
  };
  Routed waitForRouting(const OwnProbe& probe, OwnProbeJob& job);

  const RunFolder folder_;
  const model::RunConfig config_;
  const model::Dataset& held_out_;
  const model::Tokenizer& tokenizer_;
  const std::string run_id_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<OwnProbeJob>> jobs_;
  const OwnProbe* ready_ = nullptr;   ///< read, to be routed
  OwnProbeJob* ready_job_ = nullptr;  ///< of ready_
  std::optional<Routed> routed_;
  std::exception_ptr failure_;  ///< of the routing
  std::vector<Written> written_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace limoe::probe
