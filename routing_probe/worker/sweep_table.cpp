#include "routing_probe/worker/sweep_table.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <sstream>

#include "routing_probe/worker/run_setup.h"

namespace limoe::probe {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// With the decimals that suit the measure; thousands are grouped where there are none.
std::string readable(double value, int decimals) {
  if (std::isnan(value)) {
    return "–";
  }
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string digits = text.data();
  if (decimals == 0) {
    for (auto at = std::ssize(digits) - 3; at > 0; at -= 3) {
      digits.insert(static_cast<std::size_t>(at), ",");
    }
  }
  return digits;
}

/// For programs: every digit that counts, nothing where it is unknown.
std::string exact(double value) {
  if (std::isnan(value)) {
    return "";
  }
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    result += c == '"' ? std::string("\"\"") : std::string(1, c == '\n' ? ' ' : c);
  }
  return result + "\"";
}

/// The finished runs of a variant, in the order of the seeds.
std::vector<const RunResult*> resultsOf(const model::SweepSpec& spec, const SweepOutcome& outcome,
                                        const std::string& variant) {
  std::vector<const RunResult*> results;
  for (const model::SweepRun& run : spec.runs) {
    const auto found = outcome.results.find(run.name());
    if (run.variant == variant && found != outcome.results.end()) {
      results.push_back(&found->second);
    }
  }
  return results;
}

int64_t failuresOf(const model::SweepSpec& spec, const SweepOutcome& outcome,
                   const std::string& variant) {
  int64_t failures = 0;
  for (const model::SweepRun& run : spec.runs) {
    failures += run.variant == variant && outcome.failed.contains(run.name()) ? 1 : 0;
  }
  return failures;
}

MeanAndSpread over(const std::vector<const RunResult*>& results, std::size_t measure) {
  std::vector<double> values;
  for (const RunResult* result : results) {
    values.push_back(result->values[measure]);
  }
  return meanAndSpread(values);
}

/// Sizes are the same for every seed.
bool isSize(std::size_t measure) {
  return kMeasures[measure].decimals == 0;
}

std::string csvTable(const model::SweepSpec& spec, const SweepOutcome& outcome) {
  std::ostringstream out;
  out << "variant,n,failed,planned";
  for (std::size_t m = 0; m < kMeasureCount; ++m) {
    out << ',' << kMeasures[m].key << "_mean," << kMeasures[m].key << "_sd";
  }
  out << '\n';
  for (const std::string& variant : spec.variants) {
    const auto results = resultsOf(spec, outcome, variant);
    out << variant << ',' << results.size() << ',' << failuresOf(spec, outcome, variant) << ','
        << spec.seeds.size();
    for (std::size_t m = 0; m < kMeasureCount; ++m) {
      const MeanAndSpread value = over(results, m);
      out << ',' << exact(value.mean) << ',' << exact(value.spread);
    }
    out << '\n';
  }
  return out.str();
}

std::string csvRuns(const model::SweepSpec& spec, const SweepOutcome& outcome) {
  std::ostringstream out;
  out << "variant,seed,run,state,error";
  for (const Measure& measure : kMeasures) {
    out << ',' << measure.key;
  }
  out << '\n';
  for (const model::SweepRun& run : spec.runs) {
    const auto result = outcome.results.find(run.name());
    const auto failure = outcome.failed.find(run.name());
    const bool done = result != outcome.results.end();
    const bool failed = failure != outcome.failed.end();
    out << run.variant << ',' << run.seed << ',' << run.name() << ','
        << (done     ? "finished"
            : failed ? "failed"
                     : "to do")
        << ',' << (failed ? quoted(failure->second) : "");
    for (std::size_t m = 0; m < kMeasureCount; ++m) {
      out << ',' << (done ? exact(result->second.values[m]) : "");
    }
    out << '\n';
  }
  return out.str();
}

std::string markdownTable(const model::SweepSpec& spec, const SweepOutcome& outcome) {
  std::ostringstream out;
  out << "# " << spec.name << "\n\n";
  if (!spec.description.empty()) {
    out << spec.description << "\n\n";
  }
  out << outcome.results.size() << " of " << spec.runs.size()
      << " runs. Mean ± sample standard deviation over the n finished runs of a variant (seeds";
  for (const int64_t seed : spec.seeds) {
    out << ' ' << seed;
  }
  out << "); – is not known, or for a deviation fewer than two runs.\n\n| variant | n |";
  for (const Measure& measure : kMeasures) {
    out << ' ' << measure.title << " |";
  }
  out << "\n| --- | --- |";
  for (std::size_t m = 0; m < kMeasureCount; ++m) {
    out << " --- |";
  }
  for (const std::string& variant : spec.variants) {
    const auto results = resultsOf(spec, outcome, variant);
    const int64_t failures = failuresOf(spec, outcome, variant);
    out << "\n| " << variant << " | " << results.size() << " of " << spec.seeds.size()
        << (failures > 0 ? ", " + std::to_string(failures) + " failed" : "") << " |";
    for (std::size_t m = 0; m < kMeasureCount; ++m) {
      const MeanAndSpread value = over(results, m);
      out << ' ' << readable(value.mean, kMeasures[m].decimals);
      if (!isSize(m) && value.count > 0) {
        out << " ± " << readable(value.spread, kMeasures[m].decimals);
      }
      out << " |";
    }
  }
  out << "\n\nHow it is counted:\n\n";
  for (const Measure& measure : kMeasures) {
    out << "- " << measure.title << ": " << measure.how << '\n';
  }
  for (const auto& [run, why] : outcome.failed) {
    out << (run == outcome.failed.begin()->first ? "\nFailed:\n\n" : "") << "- " << run << ": "
        << why << '\n';
  }
  return out.str();
}

}  // namespace

MeanAndSpread meanAndSpread(const std::vector<double>& values) {
  MeanAndSpread result{0, kUnknown, kUnknown};
  double sum = 0;
  for (const double value : values) {
    if (!std::isnan(value)) {
      sum += value;
      ++result.count;
    }
  }
  if (result.count == 0) {
    return result;
  }
  result.mean = sum / static_cast<double>(result.count);
  double squares = 0;
  for (const double value : values) {
    squares += std::isnan(value) ? 0 : (value - result.mean) * (value - result.mean);
  }
  if (result.count > 1) {
    result.spread = std::sqrt(squares / static_cast<double>(result.count - 1));
  }
  return result;
}

void writeSweepTables(const std::filesystem::path& folder, const model::SweepSpec& spec,
                      const SweepOutcome& outcome) {
  writeTextFile(folder / "runs.csv", csvRuns(spec, outcome));
  writeTextFile(folder / "table.csv", csvTable(spec, outcome));
  writeTextFile(folder / "table.md", markdownTable(spec, outcome));
}

}  // namespace limoe::probe
