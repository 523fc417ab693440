// The table of a sweep: variants × measures, mean ± sample standard deviation over seeds.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/sweep_spec.h"
#include "routing_probe/worker/run_results.h"

namespace limoe::probe {

struct SweepOutcome {
  std::map<std::string, RunResult> results;   ///< of finished runs, by SweepRun::name()
  std::map<std::string, std::string> failed;  ///< of runs that ended with an error: why
};

struct MeanAndSpread {
  int64_t count = 0;  ///< of the values that are known
  double mean = 0;    ///< NaN where there are none
  double spread = 0;  ///< sample standard deviation (n − 1); NaN for fewer than two
};

/// NaNs are left out.
MeanAndSpread meanAndSpread(const std::vector<double>& values);

/// Writes `folder`/table.csv, table.md and runs.csv, each whole or not at all. Runs without a
/// result are not counted; n says how many were. Throws std::runtime_error naming the file.
void writeSweepTables(const std::filesystem::path& folder, const model::SweepSpec& spec,
                      const SweepOutcome& outcome);

}  // namespace limoe::probe
