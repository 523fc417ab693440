#include "gui/window/health.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

/// Below this share of kept choices the window warns.
constexpr double kGoodSuccess = 0.85;
/// An expert with more than this share of a layer's tokens is told.
constexpr double kLargestShare = 0.5;
constexpr int64_t kFewExperts = 2;  // of so few, one with more than half is no news

struct Modality {
  const char* word;
  std::string metric;  ///< mean share of kept choices; with "/LAYER", of a layer
};
const std::array<Modality, 2> kModalities = {
    {{"image", "success/image"}, {"text", "success/text"}}};

/// Value of a metric by its column; empty where there is none.
std::optional<double> metricAt(const probe::Snapshot& snapshot, std::size_t column) {
  return column < snapshot.metrics.size() && std::isfinite(snapshot.metrics[column])
             ? std::optional<double>(snapshot.metrics[column])
             : std::nullopt;
}

std::optional<double> metric(const RunData& run, const probe::Snapshot& snapshot,
                             const std::string& name) {
  const auto& names = run.layout.metric_names;
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? std::nullopt
                              : metricAt(snapshot, static_cast<std::size_t>(found - names.begin()));
}

/// Columns of the metrics whose name begins with `prefix`: one per layer, in their order.
std::vector<std::size_t> columnsOf(const RunData& run, const std::string& prefix) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < run.layout.metric_names.size(); ++i) {
    if (run.layout.metric_names[i].starts_with(prefix)) {
      columns.push_back(i);
    }
  }
  return columns;
}

QString allLayers(int64_t layers) {
  switch (layers) {
    case 1:
      return "in the one MoE layer";
    case 2:
      return "in both MoE layers";
    default:
      return QString("in all %1 MoE layers").arg(layers);
  }
}

/// Kept tokens of each expert of a layer, both modalities together. [E]
std::vector<uint64_t> tokensByExpert(const RunData& run, const probe::Snapshot& snapshot,
                                     int64_t layer) {
  const auto experts = static_cast<std::size_t>(run.layout.experts);
  std::vector<uint64_t> tokens(experts);
  const std::size_t first = static_cast<std::size_t>(layer) * 2 * experts;
  for (std::size_t i = 0; i < 2 * experts; ++i) {
    tokens[i % experts] += snapshot.tokens.at(first + i);
  }
  return tokens;
}

QStringList warningsOfExperts(const std::vector<uint64_t>& tokens) {
  QStringList warnings;
  const auto experts = static_cast<int64_t>(tokens.size());
  const auto unused = std::count(tokens.begin(), tokens.end(), 0u);
  if (unused > 0) {
    warnings << QString("%1 of %2 experts unused").arg(unused).arg(experts);
  }
  const uint64_t all = std::accumulate(tokens.begin(), tokens.end(), uint64_t{0});
  const auto largest = std::max_element(tokens.begin(), tokens.end());
  if (experts > kFewExperts && all > 0 &&
      static_cast<double>(*largest) > kLargestShare * static_cast<double>(all)) {
    warnings << QString("expert %1 takes %2 of all tokens")
                    .arg(largest - tokens.begin())
                    .arg(percentText(static_cast<double>(*largest) / static_cast<double>(all)));
  }
  return warnings;
}

QStringList warningsOfDrops(const RunData& run, const probe::Snapshot& snapshot, int64_t layer) {
  QStringList warnings;
  for (const Modality& modality : kModalities) {
    const auto columns = columnsOf(run, modality.metric + "/");
    const auto index = static_cast<std::size_t>(layer);
    const auto success = index < columns.size() ? metricAt(snapshot, columns[index]) : std::nullopt;
    if (success && *success < kGoodSuccess) {
      warnings << QString("%1 drops %2").arg(modality.word, percentText(1 - *success));
    }
  }
  return warnings;
}

}  // namespace

Health healthOf(const RunData& run, const probe::Snapshot& snapshot) {
  Health health;
  for (int64_t layer = 0; layer < run.layout.layers; ++layer) {
    const QStringList warnings = warningsOfExperts(tokensByExpert(run, snapshot, layer)) +
                                 warningsOfDrops(run, snapshot, layer);
    if (!warnings.isEmpty()) {
      health.warnings << QString("MoE layer %1: %2").arg(layer + 1).arg(warnings.join(", "));
    }
  }
  if (run.layout.layers == 0) {
    health.summary = "A dense model: it has no experts";
    return health;
  }
  QStringList summary{QString("all %1 experts in use %2")
                          .arg(run.layout.experts)
                          .arg(allLayers(run.layout.layers))};
  QStringList kept;
  for (const Modality& modality : kModalities) {
    if (const auto success = metric(run, snapshot, modality.metric)) {
      kept << QString("%1 of %2 choices").arg(percentText(*success), modality.word);
    }
  }
  if (!kept.isEmpty()) {
    const char* over = run.layout.layers == 1 ? "kept %1: %2" : "kept on average %1: %2";
    summary << QString(over).arg(allLayers(run.layout.layers), kept.join(", "));
  }
  health.summary = summary.join(" · ");
  return health;
}

}  // namespace limoe::gui
