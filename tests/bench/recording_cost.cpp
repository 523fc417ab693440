// What recording costs a training of the tiny preset: steps with it and without it in turns, in one
// run, and the same again while three other processes follow the recording.
//
// Prints medians and ratios; nothing is asserted. Arguments: turns (10), steps a turn (10).
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "model/config_json.h"
#include "model/training/trainer.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/worker/held_out_probe.h"
#include "routing_probe/worker/recorder.h"
#include "routing_probe/worker/run_setup.h"
#include "routing_probe/worker/trace_arrays.h"

namespace {

using namespace limoe;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

/// Another process that does what a window does: looks for new rows three times a second and reads
/// one layer of each new snapshot.
pid_t startReader(const std::filesystem::path& folder) {
  const pid_t child = fork();
  if (child != 0) {
    return child;
  }
  while (getppid() != 1) {
    try {
      probe::RecordingReader reader(folder);
      std::size_t read = 0;
      while (getppid() != 1) {
        reader.refresh();
        for (; read < reader.snapshotSteps().size(); ++read) {
          reader.readLayer(static_cast<int64_t>(read), 0, 0, reader.layout().samples, false);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(330));
      }
    } catch (const std::exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // not there yet
    }
  }
  _exit(0);
}

/// How a turn of steps is spent.
struct Costs {
  std::vector<double> step;      ///< [s] the training itself
  std::vector<double> row;       ///< [s] of the training thread, a step's row
  std::vector<double> snapshot;  ///< [s] of the training thread, routing the probe and handing over
  double seconds = 0;            ///< all turns together
  int steps = 0;

  double perStep() const { return seconds / steps; }
};

class Bench {
 public:
  explicit Bench(const std::filesystem::path& folder)
      : folder_{folder},
        config_(model::runConfigFromLayers({{{"preset", "tiny"}}})),
        train_(model::openDataset(config_.data, config_.model, model::Part::Train)),
        held_out_(model::openDataset(config_.data, config_.model, model::Part::HeldOut)),
        tokenizer_(probe::runTokenizer(folder_, config_, *train_)),
        trainer_(config_),
        probe_(config_, *held_out_, tokenizer_),
        loader_(*train_, tokenizer_, config_.model, config_.train.batch_size, 1,
                config_.train.loader_threads, 0) {
    probe::Origin origin;
    origin.config_json = "{}";
    origin.run_id = "bench";
    origin.probe_group_pairs = probe_.groupPairs();
    recorder_.emplace(folder_, probe_.layout(), origin, probe_.probeSet());
  }

  void turn(int steps, bool recording, Costs& costs) {
    const auto begin = Clock::now();
    for (int i = 0; i < steps; ++i) {
      const auto step_begin = Clock::now();
      const model::StepResult result = trainer_.step(loader_.next());
      costs.step.push_back(since(step_begin));
      if (!recording) {
        continue;
      }
      const auto row_begin = Clock::now();
      recorder_->push(probe::stepRow(result, {}, config_.model));
      costs.row.push_back(since(row_begin));
      if (++recorded_ % config_.record.every == 0) {
        const auto snapshot_begin = Clock::now();
        recorder_->push(probe_.route(trainer_.model(), trainer_.stepsDone(), false));
        costs.snapshot.push_back(since(snapshot_begin));
      }
    }
    costs.seconds += since(begin);
    costs.steps += steps;
  }

  /// Seconds of a snapshot with recall beyond those of one without.
  double recallSeconds() {
    std::vector<double> with, without;
    for (int i = 0; i < 3; ++i) {
      for (const bool recall : {false, true}) {
        const auto begin = Clock::now();
        probe_.route(trainer_.model(), trainer_.stepsDone(), recall);
        (recall ? with : without).push_back(since(begin));
      }
    }
    return median(with) - median(without);
  }

  const model::RecordConfig& record() const { return config_.record; }
  void finish() {
    recorder_->flush();
    recorder_->finish();
  }

 private:
  probe::RunFolder folder_;
  model::RunConfig config_;
  std::unique_ptr<model::Dataset> train_, held_out_;
  model::Tokenizer tokenizer_;
  model::Trainer trainer_;
  probe::HeldOutProbe probe_;
  model::BatchLoader loader_;
  std::optional<probe::Recorder> recorder_;
  int64_t recorded_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const int turns = argc > 1 ? std::atoi(argv[1]) : 10;
  const int steps = argc > 2 ? std::atoi(argv[2]) : 10;
  const auto folder =
      std::filesystem::temp_directory_path() / ("limoe-cost-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  // Forked before any thread is there; they sleep until their turn.
  std::array<pid_t, 3> readers{};
  for (pid_t& reader : readers) {
    reader = startReader(folder);
    kill(reader, SIGSTOP);
  }
  const auto all = [&readers](int signal) {
    for (const pid_t reader : readers) {
      kill(reader, signal);
    }
  };
  double followed_seconds = 0;
  torch::set_num_threads(static_cast<int>(std::thread::hardware_concurrency()));
  {
    Bench bench(folder);
    Costs off, on, followed;
    bench.turn(3, false, off);  // warm up
    off = {};
    for (int turn = 0; turn < turns; ++turn) {
      bench.turn(steps, false, off);
      bench.turn(steps, true, on);
      all(SIGCONT);
      bench.turn(steps, true, followed);
      all(SIGSTOP);
    }
    bench.finish();
    const double recall_seconds = bench.recallSeconds();
    std::printf("step %.1f ms; its row %.0f us, a snapshot of the probe %.0f ms, recall %.0f ms\n",
                1e3 * median(off.step), 1e6 * median(on.row), 1e3 * median(on.snapshot),
                1e3 * recall_seconds);
    const double recording =
        median(on.row) + median(on.snapshot) / static_cast<double>(bench.record().every);
    const double recall = recall_seconds / static_cast<double>(bench.record().recall_every);
    std::printf(
        "recording on / off, snapshot every %lld steps: %.4f; with recall every %lld: %.4f "
        "(medians); all time of both: %.3f\n",
        static_cast<long long>(bench.record().every), 1 + recording / median(off.step),
        static_cast<long long>(bench.record().recall_every),
        1 + (recording + recall) / median(off.step), on.perStep() / off.perStep());
    std::printf("three readers / none: %.3f (all time), %.3f (median step)\n",
                followed.perStep() / on.perStep(), median(followed.step) / median(on.step));
    followed_seconds = followed.seconds;
  }
  all(SIGCONT);
  all(SIGKILL);
  double reader_seconds = 0;
  for (const pid_t reader : readers) {
    rusage used{};
    wait4(reader, nullptr, 0, &used);
    for (const timeval& time : {used.ru_utime, used.ru_stime}) {
      reader_seconds += static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    }
  }
  // What they take of the machine bounds what they take of the training; the ratio above is noisy.
  std::printf("three readers use %.2f %% of the %u cores while they follow\n",
              100 * reader_seconds / (followed_seconds * std::thread::hardware_concurrency()),
              std::thread::hardware_concurrency());
  std::filesystem::remove_all(folder);
  return 0;
}
