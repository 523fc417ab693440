// Stands in for `limoe train`: takes its arguments, holds the run's lock, writes a synthetic
// recording and answers on the control socket, without any model.
//
// Environment: FAKE_WORKER_STEPS ends it by itself after so many steps, which are all that it was
// to train; FAKE_WORKER_FAIL makes those fail before their recording begins whose folder ends in
// it; FAKE_WORKER_FULL_AT makes its disk full after so many steps, until there is a file "room" in
// the run's folder and it is told to retry.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "routing_probe/recording/run_folder.h"
#include "tests/recording/synthetic_recording.h"

namespace {

using limoe::probe::test::SyntheticOptions;
using nlohmann::json;

constexpr int64_t kStepsPerSnapshot = 5;
constexpr int64_t kPlannedSteps = 1000;
const char* const kFull =
    "runs/demo/recording.h5: step 13 was not recorded: could not extend steps/wall: no room for "
    "it: No space left on device. What was recorded before is intact. Free some room; it goes on "
    "by itself";

volatile std::sig_atomic_t interrupted = 0;

class FakeWorker {
 public:
  FakeWorker(const limoe::probe::RunFolder& folder, const SyntheticOptions& options)
      : options_(options),
        folder_(folder),
        lock_(folder),
        writer_(folder.recording(1), limoe::probe::test::syntheticLayout(options),
                limoe::probe::test::syntheticOrigin(options), syntheticProbe(options)),
        address_(folder),
        socket_(context_, zmq::socket_type::rep) {
    socket_.bind(address_.zmqEndpoint());
    live_ = {{"aux.weight", 0.04}, {"train.learning_rate", 0.001}, {"moe.priority", "bpr"}};
  }

  void run(int64_t last_step) {
    while (state_ != "stopping" && interrupted == 0 && step_ < last_step) {
      if (state_ == "training") {
        trainOneStep();
      }
      answerRequests(std::chrono::milliseconds(20));
    }
    writer_.finish();
    std::puts("saved everything");
  }

 private:
  void trainOneStep() {
    if (const char* full = std::getenv("FAKE_WORKER_FULL_AT");
        full && step_ == std::atoll(full) && !std::filesystem::exists(folder_.path / "room")) {
      state_ = "waiting";
      return;
    }
    ++step_;
    writer_.append(syntheticStep(options_, step_));
    if (step_ % kStepsPerSnapshot == 0) {
      auto snapshot = syntheticSnapshot(options_, step_ / kStepsPerSnapshot);
      snapshot.step = step_;
      writer_.append(snapshot);
    }
    std::printf("step %lld loss 1.25\n", static_cast<long long>(step_));
    std::fflush(stdout);
  }

  void answerRequests(std::chrono::milliseconds time) {
    zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
    if (zmq::poll(&item, 1, time) == 0) {
      return;
    }
    zmq::message_t request;
    if (socket_.recv(request)) {
      socket_.send(zmq::buffer(answer(json::parse(request.to_string())).dump()),
                   zmq::send_flags::none);
    }
  }

  json answer(const json& request) {
    const std::string command = request.at("command");
    if (command == "pause") {
      state_ = "paused";
    } else if (command == "resume") {
      state_ = "training";
    } else if (command == "step") {
      state_ = "paused";
      trainOneStep();
    } else if (command == "retry") {
      state_ = "training";
    } else if (command == "stop") {
      const std::string elsewhere = request.value("folder", "");
      if (state_ == "waiting" && elsewhere.empty()) {
        return {{"ok", false}, {"error", "it cannot stop without a folder"}};
      }
      if (!elsewhere.empty()) {
        std::ofstream(std::filesystem::path(elsewhere) / "unrecorded") << step_ + 1;
      }
      state_ = "stopping";
    } else if (command == "set") {
      std::string changes;
      for (const auto& [key, value] : request.at("values").items()) {
        if (value.is_number() && value > 100) {
          return {{"ok", false}, {"error", key + " must be at most 100"}};
        }
        if (live_[key] != value) {  // as the worker: what is so already is no change
          changes +=
              (changes.empty() ? "" : ", ") + key + " " + live_[key].dump() + " → " + value.dump();
        }
        live_[key] = value;
      }
      if (!changes.empty()) {
        writer_.append(limoe::probe::Event{step_ + 1, 0.0, "setting", changes});
      }
    }
    return {{"ok", true},
            {"state", state_},
            {"step", step_},
            {"steps", kPlannedSteps},
            {"message", state_ == "waiting" ? kFull : ""},
            {"loss", 1.25},
            {"pairs_per_second", 40.0},
            {"seconds_left", 75.0},
            {"pid", getpid()},
            {"live", live_}};
  }

  SyntheticOptions options_;
  limoe::probe::RunFolder folder_;
  limoe::probe::RunLock lock_;
  limoe::probe::RecordingWriter writer_;
  limoe::probe::SocketAddress address_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::string state_ = "training";
  int64_t step_ = 0;
  json live_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string out;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--out") {
      out = argv[i + 1];
    }
  }
  std::puts("building the tokenizer");
  std::fflush(stdout);
  const char* fail = std::getenv("FAKE_WORKER_FAIL");
  if (out.empty() || (fail && out.ends_with(fail))) {
    std::puts("limoe: error: no room for the tokenizer");
    return 3;
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });
  const limoe::probe::RunFolder folder{out};
  std::filesystem::create_directories(out);
  std::ofstream(folder.config()) << "{}";
  std::ofstream(folder.path / "pid") << getpid();
  std::ofstream(folder.path / "arguments.json")
      << json(std::vector<std::string>(argv + 1, argv + argc));
  std::this_thread::sleep_for(std::chrono::milliseconds(700));  // as long as a tokenizer takes
  const char* steps = std::getenv("FAKE_WORKER_STEPS");
  SyntheticOptions options;
  options.experts = 8;
  if (steps) {
    options.config_json = json{{"train", {{"steps", std::atoll(steps)}}}}.dump();
  }
  FakeWorker(folder, options).run(steps ? std::atoll(steps) : kPlannedSteps);
  return 0;
}
