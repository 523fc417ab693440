#include "gui/compare/run_numbers.h"

#include <QStringList>
#include <cmath>
#include <limits>
#include <string>

#include "gui/charts/expert_counts.h"

namespace limoe::gui {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<const char*, 2> kSuccess = {"success/image/", "success/text/"};

/// Metrics of a kind stand in the order of the layers.
double layerMetric(const RunData& run, const probe::Snapshot& summary, const std::string& prefix,
                   int64_t layer) {
  int64_t at = 0;
  for (std::size_t i = 0; i < run.layout.metric_names.size(); ++i) {
    if (run.layout.metric_names[i].starts_with(prefix) && at++ == layer) {
      return i < summary.metrics.size() ? static_cast<double>(summary.metrics[i]) : kNone;
    }
  }
  return kNone;
}

QString cell(double value) {
  return std::isfinite(value) ? QString::number(value, 'g', 4) : QStringLiteral("n/a");
}

}  // namespace

LayerNumbers numbersOf(const RunData& run, const probe::Snapshot& summary, int64_t layer,
                       const ChoiceTable* table) {
  LayerNumbers numbers;
  numbers.run = run.name;
  numbers.step = summary.step;
  numbers.layer = layer;
  numbers.place = layerTitle(run, layer);
  std::array<uint64_t, 2> kept{};
  const auto experts = static_cast<std::size_t>(run.layout.experts);
  for (std::size_t m = 0; m < 2; ++m) {
    numbers.success[m] = layerMetric(run, summary, kSuccess[m], layer);
    numbers.token_entropy[m] = table ? table->token_entropy[m] : kNone;
    const std::size_t first = (static_cast<std::size_t>(layer) * 2 + m) * experts;
    for (std::size_t e = first; e < first + experts && e < summary.tokens.size(); ++e) {
      kept[m] += summary.tokens[e];
    }
  }
  numbers.text_share = kept[0] + kept[1] > 0
                           ? static_cast<double>(kept[1]) / static_cast<double>(kept[0] + kept[1])
                           : kNone;
  return numbers;
}

QString asTsv(const std::vector<LayerNumbers>& numbers) {
  QStringList lines{
      "run\tstep\tMoE layer\tsuccess image\tsuccess text\ttoken entropy image (nats)\t"
      "token entropy text (nats)\ttext share of kept tokens"};
  for (const LayerNumbers& line : numbers) {
    lines << QStringList{line.run,
                         QString::number(line.step),
                         QString::number(line.layer + 1),
                         cell(line.success[0]),
                         cell(line.success[1]),
                         cell(line.token_entropy[0]),
                         cell(line.token_entropy[1]),
                         cell(line.text_share)}
                 .join('\t');
  }
  return lines.join('\n') + '\n';
}

}  // namespace limoe::gui
