#include "routing_probe/worker/run_results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>
#include <vector>

#include "model/config_json.h"
#include "model/model_size.h"
#include "routing_probe/recording/recording_reader.h"

namespace limoe::probe {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kPage = 1024;
constexpr std::size_t kWindow = 20;
constexpr double kSpike = 3;  // standard deviations

/// One value a step.
struct Curves {
  std::vector<double> contrastive, gradient, speed;
  std::vector<double> success[2];  ///< by modality
};

int64_t columnOf(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : found - names.begin();
}

double valueAt(const std::vector<float>& values, int64_t column) {
  return column < 0 ? kUnknown : static_cast<double>(values[static_cast<std::size_t>(column)]);
}

/// Choices kept of those made, mean of the layers where the modality made any.
double successOf(const StepRow& row, const Layout& layout, int modality) {
  const auto experts = static_cast<std::size_t>(layout.experts);
  double sum = 0;
  double layers = 0;
  for (std::size_t l = 0; l < static_cast<std::size_t>(layout.layers); ++l) {
    const std::size_t first = (2 * l + static_cast<std::size_t>(modality)) * experts;
    const auto total = [&](const std::vector<uint32_t>& counts) {
      const auto begin = counts.begin() + static_cast<std::ptrdiff_t>(first);
      return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(experts), 0.0);
    };
    const double chosen = total(row.chosen);
    if (chosen > 0) {
      sum += total(row.kept) / chosen;
      ++layers;
    }
  }
  return layers > 0 ? sum / layers : kUnknown;
}

Curves curvesOf(const RecordingReader& run) {
  const Layout& layout = run.layout();
  const int64_t contrastive = columnOf(layout.scalar_names, "contrastive");
  const int64_t gradient = columnOf(layout.scalar_names, "grad_norm");
  const int64_t speed = columnOf(layout.scalar_names, "pairs_per_second");
  Curves curves;
  for (int64_t first = 0; first < run.stepCount(); first += kPage) {
    for (const StepRow& row : run.readSteps(first, std::min(kPage, run.stepCount() - first))) {
      curves.contrastive.push_back(valueAt(row.scalars, contrastive));
      curves.gradient.push_back(valueAt(row.scalars, gradient));
      curves.speed.push_back(valueAt(row.scalars, speed));
      for (const int m : {kImage, kText}) {
        curves.success[m].push_back(successOf(row, layout, m));
      }
    }
  }
  return curves;
}

double meanOf(const std::vector<double>& values, std::size_t first, std::size_t count) {
  if (count == 0) {
    return kUnknown;
  }
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(count), 0.0) /
         static_cast<double>(count);
}

double meanOfLastTenth(const std::vector<double>& values) {
  const std::size_t count = values.empty() ? 0 : std::max<std::size_t>(1, values.size() / 10);
  return meanOf(values, values.size() - count, count);
}

double lowestMean(const std::vector<double>& values) {
  const std::size_t window = std::min(kWindow, values.size());
  double lowest = kUnknown;
  for (std::size_t first = 0; window > 0 && first + window <= values.size(); ++first) {
    lowest = std::fmin(lowest, meanOf(values, first, window));  // passes over NaN
  }
  return lowest;
}

double median(std::vector<double> values) {
  if (values.empty()) {
    return kUnknown;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) {
    return *middle;
  }
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double spikesOf(const std::vector<double>& values) {
  double spikes = 0;
  for (std::size_t at = kWindow; at < values.size(); ++at) {
    const double mean = meanOf(values, at - kWindow, kWindow);
    double squares = 0;
    for (std::size_t i = at - kWindow; i < at; ++i) {
      squares += (values[i] - mean) * (values[i] - mean);
    }
    const double deviation = std::sqrt(squares / static_cast<double>(kWindow - 1));
    spikes += values[at] > mean + kSpike * deviation ? 1 : 0;
  }
  return spikes;
}

double largestAfter(const std::vector<double>& values, int64_t skipped) {
  double largest = kUnknown;
  for (auto at = static_cast<std::size_t>(std::max<int64_t>(0, skipped)); at < values.size();
       ++at) {
    largest = std::fmax(largest, values[at]);
  }
  return largest;
}

double deadExpertsOf(const Snapshot& snapshot, const Layout& layout) {
  double dead = 0;
  const auto experts = static_cast<std::size_t>(layout.experts);
  for (std::size_t l = 0; l < static_cast<std::size_t>(layout.layers); ++l) {
    for (std::size_t e = 0; e < experts; ++e) {
      const std::size_t image = 2 * l * experts + e;
      dead += snapshot.tokens[image] + snapshot.tokens[image + experts] == 0 ? 1 : 0;
    }
  }
  return layout.layers == 0 ? kUnknown : dead;
}

}  // namespace

RunResult resultOf(const std::filesystem::path& run) {
  const RecordingReader recording(run);
  const Layout& layout = recording.layout();
  const model::RunConfig config = model::runConfigFromLayers(
      {model::parseJson(recording.origin().config_json, run.string() + ": config")});
  const Curves curves = curvesOf(recording);
  RunResult result;
  result.values.fill(kUnknown);
  const auto set = [&result](std::string_view key, double value) {
    for (std::size_t i = 0; i < kMeasureCount; ++i) {
      if (key == kMeasures[i].key) {
        result.values[i] = value;
      }
    }
  };
  set("contrastive", meanOfLastTenth(curves.contrastive));
  if (layout.layers > 0) {
    set("success/image", meanOfLastTenth(curves.success[kImage]));
    set("success/text", meanOfLastTenth(curves.success[kText]));
    set("lowest_success/image", lowestMean(curves.success[kImage]));
    set("lowest_success/text", lowestMean(curves.success[kText]));
  }
  if (!recording.snapshotSteps().empty()) {
    const Snapshot last = recording.readSummary(std::ssize(recording.snapshotSteps()) - 1);
    const auto metric = [&](const char* name) {
      return valueAt(last.metrics, columnOf(layout.metric_names, name));
    };
    for (const char* name :
         {"recall_at_1/image_to_text", "recall_at_1/text_to_image", "zero_shot_accuracy"}) {
      set(name, metric(name));
    }
    set("label_information", metric("label_information/best"));
    set("dead_experts", deadExpertsOf(last, layout));
  }
  const int64_t first_step = recording.stepCount() > 0 ? recording.readSteps(0, 1)[0].step : 1;
  set("largest_gradient",
      largestAfter(curves.gradient, config.train.warmup_steps - (first_step - 1)));
  set("loss_spikes", spikesOf(curves.contrastive));
  const model::ModelSize size = model::modelSize(config.model);
  set("parameters", static_cast<double>(size.parameters));
  set("parameters_per_token", static_cast<double>(size.parameters_per_token));
  set("pairs_per_second", median(curves.speed));
  result.steps = recording.stepCount() > 0
                     ? recording.readSteps(recording.stepCount() - 1, 1).front().step
                     : std::max<int64_t>(0, recording.origin().first_step - 1);
  set("steps", static_cast<double>(result.steps));
  result.finished = recording.state() == RunState::Finished && result.steps >= config.train.steps;
  return result;
}

}  // namespace limoe::probe
