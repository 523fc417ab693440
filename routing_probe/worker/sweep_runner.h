// Trains all runs of a sweep, each in a process and a folder of its own:
//
//     DIR/sweep.json             the specification
//         configs/RUN.json       what each run was started with
//         logs/RUN.log           what it printed
//         VARIANT-seedN/         the runs (RUN)
//         table.csv, table.md    variants × measures, mean ± standard deviation (sweep_table.h)
//         runs.csv               the same of every run
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/sweep_spec.h"
#include "routing_probe/recording/run_folder.h"
#include "routing_probe/worker/sweep_table.h"
#include "routing_probe/worker/terminal.h"
#include "routing_probe/worker/train_process.h"

namespace limoe::probe {

class SweepRunner {
 public:
  enum class State { New, Interrupted, Finished };
  struct Planned {
    model::SweepRun run;
    RunFolder folder;
    State state = State::New;
    int64_t steps = 0;  ///< done already
  };

  /// Looks at what is in `folder`; writes nothing. A run that names no number of threads gets a
  /// share of the cores. Throws std::runtime_error with everything that does not fit: runs that
  /// were begun with another configuration, and runs that another process trains.
  SweepRunner(const model::SweepSpec& spec, const std::filesystem::path& folder, int64_t jobs);

  const std::vector<Planned>& plan() const { return plan_; }

  /// Trains what is not finished, `jobs` runs at a time, and writes the tables after each. A run
  /// that fails does not end the others. Each time `interrupts` grows, the runs under way are
  /// interrupted, and no other is begun. Returns whether all runs are finished; what is not is
  /// named. Throws std::runtime_error where the folder cannot be written.
  bool run(const std::string& spec_text, const std::atomic<int>& interrupts);

 private:
  struct Child {
    Planned* planned;
    std::unique_ptr<TrainProcess> process;
    std::chrono::steady_clock::time_point started;
  };
  void begin(Planned& planned);
  void takeEnded();
  void takeResult(Planned& planned);
  void showProgress();
  void report();

  model::SweepSpec spec_;
  std::filesystem::path folder_;
  std::size_t jobs_;
  std::vector<Planned> plan_;
  SweepOutcome outcome_;
  std::vector<Child> children_;
  std::size_t next_ = 0;  ///< of plan_, the first that was not looked at
  int told_ = 0;          ///< interrupts passed on
  double finished_seconds_ = 0;
  double finished_steps_ = 0;  ///< both of runs that were trained now
  Progress progress_;
};

}  // namespace limoe::probe
