#include "gui/charts/expert_counts.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string_view>

#include "model/routing.h"

namespace limoe::gui {
namespace {

bool hasTwoTowers(const RunData& run) {
  return run.config.model.towers == model::Towers::Two;
}

std::vector<LabelShare> labelShares(const RunData& run, const probe::Snapshot& summary,
                                    int64_t layer, int64_t expert) {
  const auto labels = run.layout.label_names.size();
  const auto experts = static_cast<std::size_t>(run.layout.experts);
  const auto offset = static_cast<std::size_t>(layer) * experts * labels;
  if (labels == 0 || summary.label_tokens.size() < offset + experts * labels) {
    return {};
  }
  const uint32_t* counts = summary.label_tokens.data() + offset;
  const uint32_t* own = counts + static_cast<std::size_t>(expert) * labels;
  const auto own_total = std::accumulate(own, own + labels, uint64_t{0});
  const auto all = std::accumulate(counts, counts + experts * labels, uint64_t{0});
  if (own_total == 0) {
    return {};
  }
  const double chance = static_cast<double>(own_total) / static_cast<double>(all);
  std::vector<LabelShare> shares;
  for (std::size_t label = 0; label < labels; ++label) {
    uint64_t of_label = 0;
    for (std::size_t e = 0; e < experts; ++e) {
      of_label += counts[e * labels + label];
    }
    if (own[label] == 0) {
      continue;
    }
    const double share = static_cast<double>(own[label]) / static_cast<double>(of_label);
    if (share > chance) {
      shares.push_back({QString::fromStdString(run.layout.label_names[label]), own[label], of_label,
                        share, share / chance});
    }
  }
  // By patches beyond chance: neither a rare label's few patches nor a common label's many that
  // any expert would get come first.
  const auto beyond_chance = [chance](const LabelShare& label) {
    return static_cast<double>(label.tokens) - chance * static_cast<double>(label.of_label);
  };
  std::stable_sort(shares.begin(), shares.end(), [&](const LabelShare& a, const LabelShare& b) {
    return beyond_chance(a) > beyond_chance(b);
  });
  return shares;
}

/// What follows the arrow of `key` in "moe.noise_std 0.1 → 0, moe.capacity_factor 1.2 → 0.5", to
/// the end of the text; empty where the key is not among the changes.
std::string_view newValueOf(std::string_view key, std::string_view changes) {
  constexpr std::string_view kArrow = "→ ";
  const auto name = changes.find(key);
  const auto arrow = name == changes.npos ? changes.npos : changes.find(kArrow, name);
  return arrow == changes.npos ? std::string_view() : changes.substr(arrow + kArrow.size());
}

std::optional<double> capacityFactorSetBy(std::string_view changes) {
  const std::string_view number = newValueOf("moe.capacity_factor ", changes);
  double value = 0;
  const auto end = std::from_chars(number.data(), number.data() + number.size(), value);
  return end.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<model::Priority> prioritySetBy(std::string_view changes) {
  const std::string_view name = newValueOf("moe.priority ", changes);
  if (name.starts_with("\"bpr\"")) {
    return model::Priority::Bpr;
  }
  return name.starts_with("\"vanilla\"") ? std::optional(model::Priority::Vanilla) : std::nullopt;
}

}  // namespace

std::vector<ExpertCounts> expertCounts(const RunData& run, const probe::Snapshot& summary,
                                       int64_t layer) {
  const auto experts = static_cast<std::size_t>(run.layout.experts);
  const auto offset = static_cast<std::size_t>(std::max<int64_t>(layer, 0)) * 2 * experts;
  if (layer < 0 || experts == 0 || summary.tokens.size() < offset + 2 * experts) {
    return {};
  }
  const uint32_t* tokens = summary.tokens.data() + offset;
  const auto all = std::accumulate(tokens, tokens + 2 * experts, uint64_t{0});
  std::vector<ExpertCounts> result(experts);
  for (std::size_t e = 0; e < experts; ++e) {
    result[e].image = tokens[probe::kImage * experts + e];
    result[e].text = tokens[probe::kText * experts + e];
    result[e].share =
        all == 0 ? 0 : static_cast<double>(result[e].total()) / static_cast<double>(all);
    result[e].labels = labelShares(run, summary, layer, static_cast<int64_t>(e));
  }
  return result;
}

double capacityFactorAt(const RunData& run, int64_t step) {
  double factor = run.origin.probe_capacity_factor;
  for (const probe::Event& event : run.events) {
    if (event.kind == "setting" && event.step <= step) {
      factor = capacityFactorSetBy(event.text).value_or(factor);
    }
  }
  return factor;
}

std::optional<model::Priority> priorityAt(const RunData& run, int64_t step) {
  if (!run.config.model.moe) {
    return std::nullopt;
  }
  model::Priority priority = run.config.model.moe->priority;
  for (const probe::Event& event : run.events) {
    if (event.kind == "setting" && event.step <= step) {
      priority = prioritySetBy(event.text).value_or(priority);
    }
  }
  return priority;
}

namespace {

int64_t groupPairs(const RunData& run) {
  return run.origin.probe_group_pairs > 0 ? run.origin.probe_group_pairs : run.layout.samples;
}

/// Where more samples are routed than recorded, the last group may have tokens that nobody knows.
int64_t samplesInWholeGroups(const RunData& run) {
  const int64_t samples = run.layout.samples;
  return run.config.record.recall_samples > samples ? samples - samples % groupPairs(run) : samples;
}

}  // namespace

std::optional<int64_t> probeCapacity(const RunData& run, int64_t layer, int64_t step,
                                     const std::vector<int64_t>& text_tokens) {
  const probe::Layout& layout = run.layout;
  if (layout.experts < 1 || std::ssize(text_tokens) < layout.samples) {
    return std::nullopt;
  }
  const bool counts_image = !hasTwoTowers(run) || !isTextTower(run, layer);
  const bool counts_text = !hasTwoTowers(run) || isTextTower(run, layer);
  const int64_t group_pairs = groupPairs(run);
  if (samplesInWholeGroups(run) < layout.samples) {
    return std::nullopt;
  }
  const double factor = capacityFactorAt(run, step);
  int64_t capacity = 0;
  for (int64_t first = 0; first < layout.samples; first += group_pairs) {
    const int64_t end = std::min(first + group_pairs, layout.samples);
    int64_t tokens = counts_image ? (end - first) * layout.patches() : 0;
    if (counts_text) {
      tokens = std::accumulate(text_tokens.begin() + first, text_tokens.begin() + end, tokens);
    }
    capacity += model::expertCapacity(layout.top_k, tokens, factor, layout.experts);
  }
  return capacity;
}

bool isTextTower(const RunData& run, int64_t layer) {
  return hasTwoTowers(run) && layer >= run.layout.layers / 2;
}

int64_t shownLayer(const RunData& run, int64_t layer) {
  return std::min(layer, run.layout.layers - 1);
}

QString towerName(const RunData& run, int64_t layer) {
  if (!hasTwoTowers(run)) {
    return {};
  }
  return isTextTower(run, layer) ? QStringLiteral("text tower") : QStringLiteral("image tower");
}

QString layerTitle(const RunData& run, int64_t layer) {
  if (layer < 0 || layer >= std::ssize(run.layout.blocks)) {
    return QStringLiteral("dense model, no MoE layer");
  }
  const QString tower = towerName(run, layer);
  return QStringLiteral("MoE layer %1 (%2block %3)")
      .arg(layer + 1)
      .arg(tower.isEmpty() ? tower : tower + QStringLiteral(", "))
      .arg(run.layout.blocks[static_cast<std::size_t>(layer)]);
}

QString stepTitle(const RunData& run, int64_t snapshot) {
  if (snapshot < 0 || snapshot >= std::ssize(run.snapshot_steps)) {
    return QStringLiteral("no snapshot yet");
  }
  return QStringLiteral("step %1").arg(run.snapshot_steps[static_cast<std::size_t>(snapshot)]);
}

QString noDataTitle(const RunSource* source) {
  return source == nullptr ? QStringLiteral("No run is open")
                           : QStringLiteral("Waiting for the run’s first data…");
}

QString countingRule(const RunData& run) {
  return QStringLiteral("kept %1 over %2 probe samples, evaluation routing")
             .arg(run.layout.top_k > 1
                      ? QStringLiteral("choices (up to %1 a token)").arg(run.layout.top_k)
                      : QStringLiteral("tokens"))
             .arg(run.what_if.isEmpty() ? run.layout.samples : samplesInWholeGroups(run)) +
         (run.what_if.isEmpty() ? QString() : QStringLiteral("; what if: ") + run.what_if);
}

QString countingRule(const RunData& run, const TokenFilter& filter) {
  const QString rule = countingRule(run);
  return filter.isEmpty() ? rule
                          : rule + QString::fromUtf8("; only: ") + inWords(filter, run.layout);
}

}  // namespace limoe::gui
