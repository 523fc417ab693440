#include "gui/inspect/what_if.h"

#include <QStringList>
#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "gui/charts/expert_counts.h"
#include "model/routing.h"

namespace limoe::gui {
namespace {

std::size_t index(int64_t i) {
  return static_cast<std::size_t>(i);
}

/// One token of a group, in the order in which the worker lines them up.
struct Place {
  int modality;
  std::size_t token;  ///< sample · positions + position, within the slice
};

std::vector<Place> placesOf(const probe::Layout& layout, const probe::LayerSlice& recorded) {
  std::vector<Place> places;
  for (const int modality : {probe::kImage, probe::kText}) {
    const auto& expert = modality == probe::kImage ? recorded.image.expert : recorded.text.expert;
    const auto top_k = index(layout.top_k);
    for (std::size_t token = 0; token * top_k < expert.size(); ++token) {
      if (expert[token * top_k] != probe::kNoExpert) {
        places.push_back({modality, token});
      }
    }
  }
  return places;
}

/// Writes token n of `routing` to `token` of `into`.
void copyToken(const model::Routing& routing, std::size_t n, const float* p, int64_t experts,
               probe::Decisions& into, std::size_t token) {
  const std::size_t top_k = routing.expert_index.size() / routing.order.size();
  const auto chosen = routing.expert_index.begin() + static_cast<int64_t>(n * top_k);
  for (std::size_t k = 0; k < top_k; ++k) {
    const std::size_t choice = token * top_k + k;
    into.expert[choice] = static_cast<uint16_t>(chosen[static_cast<int64_t>(k)]);
    into.gate[choice] = p[chosen[static_cast<int64_t>(k)]];
    into.kept[choice] = routing.kept[n * top_k + k];
  }
  const auto end = chosen + static_cast<int64_t>(top_k);
  int64_t runner_up = -1;
  for (int64_t e = 0; e < experts; ++e) {
    if (std::find(chosen, end, e) == end && (runner_up < 0 || p[e] > p[runner_up])) {
      runner_up = e;
    }
  }
  if (runner_up >= 0) {
    into.runner_up[token] = static_cast<uint16_t>(runner_up);
    into.margin[token] = p[*(end - 1)] - p[runner_up];
  }
}

probe::Decisions noDecisions(int64_t tokens, int64_t top_k) {
  probe::Decisions decisions;
  decisions.expert.assign(index(tokens * top_k), probe::kNoExpert);
  decisions.gate.assign(index(tokens * top_k), 0);
  decisions.kept.assign(index(tokens * top_k), 0);
  decisions.runner_up.assign(index(tokens), probe::kNoExpert);
  decisions.margin.assign(index(tokens), 0);
  return decisions;
}

/// Experts that process a token, in the order of its choices.
void processingExperts(const probe::Decisions& decisions, std::size_t token, std::size_t top_k,
                       std::vector<uint16_t>& experts) {
  experts.clear();
  for (std::size_t choice = token * top_k; choice < (token + 1) * top_k; ++choice) {
    if (decisions.kept[choice] != 0) {
      experts.push_back(decisions.expert[choice]);
    }
  }
}

const std::string& nameOf(const probe::Layout& layout, const probe::ProbeSet& texts, int modality,
                          std::size_t token) {
  static const std::string kNone;
  if (modality == probe::kText) {
    return token < texts.pieces.size() ? texts.pieces[token] : kNone;
  }
  const bool labelled =
      token < texts.labels.size() && texts.labels[token] < layout.label_names.size();
  return labelled ? layout.label_names[texts.labels[token]] : kNone;
}

TokenChange changeOf(const std::vector<uint16_t>& recorded, const std::vector<uint16_t>& now) {
  if (recorded == now) {
    return TokenChange::None;
  }
  if (now.empty()) {
    return TokenChange::Dropped;
  }
  return recorded.empty() ? TokenChange::Rescued : TokenChange::Elsewhere;
}

}  // namespace

std::vector<RoutingRule> recordedRules(const RunData& run) {
  RunData settings;  // events are many, changes of settings few
  settings.origin = run.origin;
  settings.config = run.config;
  std::copy_if(run.events.begin(), run.events.end(), std::back_inserter(settings.events),
               [](const probe::Event& event) { return event.kind == "setting"; });
  std::vector<RoutingRule> rules;
  for (const int64_t step : run.snapshot_steps) {
    const auto priority = priorityAt(settings, step);
    if (!priority || run.layout.experts < 1) {
      return {};
    }
    rules.push_back({run.layout.top_k, capacityFactorAt(settings, step), *priority});
  }
  return rules;
}

std::optional<RoutingRule> recordedRule(const RunData& run, int64_t step) {
  const auto priority = priorityAt(run, step);
  if (!priority || run.layout.experts < 1) {
    return std::nullopt;
  }
  return RoutingRule{run.layout.top_k, capacityFactorAt(run, step), *priority};
}

RoutingRule changedRule(const RoutingRule& recorded, const WhatIfSettings& settings,
                        int64_t experts) {
  return {std::clamp<int64_t>(settings.top_k.value_or(recorded.top_k), 1, experts),
          settings.capacity_factor.value_or(recorded.capacity_factor),
          settings.priority.value_or(recorded.priority)};
}

QString priorityName(model::Priority priority) {
  return priority == model::Priority::Bpr ? QStringLiteral("BPR") : QStringLiteral("vanilla");
}

QString inWords(const WhatIfSettings& settings) {
  QStringList parts;
  if (settings.capacity_factor) {
    parts << QStringLiteral("capacity factor %1").arg(*settings.capacity_factor);
  }
  if (settings.top_k) {
    parts << QStringLiteral("K = %1").arg(*settings.top_k);
  }
  if (settings.priority) {
    parts << QStringLiteral("%1 priority").arg(priorityName(*settings.priority));
  }
  return parts.join(QStringLiteral(" · "));
}

QString whatIfObstacle(const RunData& run) {
  if (run.layout.layers == 0) {
    return QStringLiteral(
        "This is a dense model: it has no router, so there is nothing to route differently.");
  }
  if (!run.layout.probabilities) {
    return QStringLiteral(
        "This recording has no routing probabilities, which a what-if is computed from. A run "
        "records them when it is started with\nlimoe train --record probabilities=all …");
  }
  if (!run.config.model.moe) {
    return QStringLiteral(
        "The run’s configuration, which says how its tokens were routed, cannot be read from the "
        "recording.");
  }
  const ProbeGroups groups(run);
  if (groups.wholeSamples() == 0 && run.layout.scalar_names.empty()) {
    // Nothing was trained here: a user's own pairs, which no other start of a run would change.
    return QStringLiteral(
        "These images and captions were routed in one group with held-out pairs of the run, which "
        "are not recorded here: who else asked for a place is not known. Open the run itself to "
        "see what its own probe would do.");
  }
  if (groups.wholeSamples() == 0) {
    return QStringLiteral(
               "The probe was routed in groups of %1 pairs, but only %2 samples are recorded: who "
               "else asked for a place is not known. A run records whole groups when it is started "
               "with\nlimoe train --record probe_group_pairs=%2 …")
        .arg(run.origin.probe_group_pairs)
        .arg(run.layout.samples);
  }
  return {};
}

ProbeGroups::ProbeGroups(const RunData& run)
    : samples_(run.layout.samples),
      routed_(std::max(run.layout.samples, run.config.record.recall_samples)),
      pairs_(run.origin.probe_group_pairs > 0 ? run.origin.probe_group_pairs
                                              : std::max<int64_t>(run.layout.samples, 1)) {}

ProbeGroups::Range ProbeGroups::range(int64_t group) const {
  const int64_t first = group * pairs_;
  return {first, std::min(pairs_, samples_ - first)};
}

bool ProbeGroups::isWhole(int64_t group) const {
  return std::min((group + 1) * pairs_, routed_) <= samples_;
}

int64_t ProbeGroups::wholeSamples() const {
  const int64_t last = count() - 1;
  return last < 0 ? 0 : isWhole(last) ? samples_ : last * pairs_;
}

probe::LayerSlice unrouted(const probe::Layout& layout, int64_t first_sample, int64_t samples,
                           int64_t top_k) {
  probe::LayerSlice slice;
  slice.first_sample = first_sample;
  slice.samples = samples;
  slice.image = noDecisions(samples * layout.patches(), top_k);
  slice.text = noDecisions(samples * layout.text_length, top_k);
  slice.order.assign(index(samples * (layout.patches() + layout.text_length)), UINT32_MAX);
  return slice;
}

probe::LayerSlice reroute(const probe::Layout& layout, const probe::LayerSlice& recorded,
                          const RoutingRule& rule) {
  const std::vector<Place> places = placesOf(layout, recorded);
  const auto experts = index(layout.experts);
  std::vector<float> probabilities;
  probabilities.reserve(places.size() * experts);
  for (const Place& place : places) {
    const auto& from =
        place.modality == probe::kImage ? recorded.image.probability : recorded.text.probability;
    if (from.size() < (place.token + 1) * experts) {
      throw std::runtime_error("this snapshot was recorded without routing probabilities");
    }
    const auto begin = from.begin() + static_cast<int64_t>(place.token * experts);
    probabilities.insert(probabilities.end(), begin, begin + layout.experts);
  }
  probe::LayerSlice slice = unrouted(layout, recorded.first_sample, recorded.samples, rule.top_k);
  if (places.empty()) {
    return slice;
  }
  const model::Routing routing = model::routeGroup(probabilities, layout.experts, rule.top_k,
                                                   rule.capacity_factor, rule.priority);
  const auto patches = index(layout.patches());
  const auto positions = patches + index(layout.text_length);
  for (std::size_t n = 0; n < places.size(); ++n) {
    const auto [modality, token] = places[n];
    const bool image = modality == probe::kImage;
    copyToken(routing, n, probabilities.data() + n * experts, layout.experts,
              image ? slice.image : slice.text, token);
    const std::size_t units = image ? patches : index(layout.text_length);
    slice.order[token / units * positions + (image ? 0 : patches) + token % units] =
        static_cast<uint32_t>(routing.order[n]);
  }
  return slice;
}

uint64_t ModalityOutcome::count(TokenChange change) const {
  switch (change) {
    case TokenChange::Dropped:
      return dropped;
    case TokenChange::Rescued:
      return rescued;
    case TokenChange::Elsewhere:
      return elsewhere;
    case TokenChange::None:
      break;
  }
  return tokens - dropped - rescued - elsewhere;
}

ModalityOutcome& ModalityOutcome::operator+=(const ModalityOutcome& other) {
  tokens += other.tokens;
  recorded_choices += other.recorded_choices;
  recorded_kept += other.recorded_kept;
  choices += other.choices;
  kept += other.kept;
  dropped += other.dropped;
  rescued += other.rescued;
  elsewhere += other.elsewhere;
  return *this;
}

LayerOutcomeBuilder::LayerOutcomeBuilder(const probe::Layout& layout, int64_t snapshot,
                                         int64_t step, int64_t layer,
                                         const RoutingRule& recorded_rule, const RoutingRule& rule)
    : layout_(layout), outcome_(std::make_shared<LayerOutcome>()) {
  outcome_->snapshot = snapshot;
  outcome_->step = step;
  outcome_->layer = layer;
  outcome_->recorded_rule = recorded_rule;
  outcome_->rule = rule;
  outcome_->experts.resize(index(layout.experts));
  outcome_->label_tokens.assign(index(layout.experts) * layout.label_names.size(), 0);
}

void LayerOutcomeBuilder::add(const probe::ProbeSet& texts, const probe::LayerSlice& recorded) {
  const probe::LayerSlice changed = reroute(layout_, recorded, outcome_->rule);
  const uint64_t before = outcome_->modality[0].tokens + outcome_->modality[1].tokens;
  addModality(probe::kImage, texts, recorded, changed);
  addModality(probe::kText, texts, recorded, changed);
  const auto tokens =
      static_cast<int64_t>(outcome_->modality[0].tokens + outcome_->modality[1].tokens - before);
  const auto capacity = [&](const RoutingRule& rule) {
    return static_cast<uint64_t>(
        model::expertCapacity(rule.top_k, tokens, rule.capacity_factor, layout_.experts));
  };
  if (tokens > 0) {
    outcome_->recorded_capacity += capacity(outcome_->recorded_rule);
    outcome_->capacity += capacity(outcome_->rule);
  }
  outcome_->samples += recorded.samples;
}

void LayerOutcomeBuilder::addModality(int modality, const probe::ProbeSet& texts,
                                      const probe::LayerSlice& recorded,
                                      const probe::LayerSlice& changed) {
  const bool image = modality == probe::kImage;
  const probe::Decisions& before = image ? recorded.image : recorded.text;
  const probe::Decisions& after = image ? changed.image : changed.text;
  const auto m = index(modality);
  ModalityOutcome& sums = outcome_->modality[m];
  const auto units = index(image ? layout_.patches() : layout_.text_length);
  const auto recorded_k = index(layout_.top_k);
  const auto top_k = index(outcome_->rule.top_k);
  const std::size_t labels = layout_.label_names.size();
  std::vector<uint16_t> had, has;
  for (std::size_t token = 0; token * recorded_k < before.expert.size(); ++token) {
    if (before.expert[token * recorded_k] == probe::kNoExpert) {
      continue;
    }
    processingExperts(before, token, recorded_k, had);
    processingExperts(after, token, top_k, has);
    ++sums.tokens;
    sums.recorded_choices += recorded_k;
    sums.recorded_kept += had.size();
    sums.choices += top_k;
    sums.kept += has.size();
    const bool labelled = image && token < texts.labels.size() && texts.labels[token] < labels;
    for (const uint16_t e : had) {
      ++outcome_->experts[e].recorded[m];
    }
    for (const uint16_t e : has) {
      ++outcome_->experts[e].kept[m];
      if (labelled) {
        ++outcome_->label_tokens[e * labels + texts.labels[token]];
      }
    }
    const TokenChange change = changeOf(had, has);
    if (change == TokenChange::None) {
      continue;
    }
    sums.dropped += change == TokenChange::Dropped ? 1 : 0;
    sums.rescued += change == TokenChange::Rescued ? 1 : 0;
    sums.elsewhere += change == TokenChange::Elsewhere ? 1 : 0;
    const auto unit = static_cast<int64_t>(token % units);
    const TokenRef place{recorded.first_sample + static_cast<int64_t>(token / units), modality,
                         unit};
    addChanged(change, nameOf(layout_, texts, modality, token), {place, had, has});
  }
}

void LayerOutcomeBuilder::addChanged(TokenChange change, const std::string& name,
                                     ChangedToken token) {
  auto& names = changed_[static_cast<std::size_t>(change)][index(token.token.modality)];
  ChangedTokens& tokens = names[name];
  tokens.modality = token.token.modality;
  tokens.change = change;
  tokens.name = name;
  ++tokens.count;
  if (tokens.examples.size() < ChangedTokens::kMostExamples &&
      (tokens.examples.empty() || tokens.examples.back().token.sample != token.token.sample)) {
    tokens.examples.push_back(std::move(token));
  }
}

std::shared_ptr<const LayerOutcome> LayerOutcomeBuilder::take() {
  for (auto& by_modality : changed_) {
    for (auto& names : by_modality) {
      std::vector<ChangedTokens> sorted;
      for (auto& [name, tokens] : names) {
        sorted.push_back(std::move(tokens));
      }
      std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.count != b.count ? a.count > b.count : a.name < b.name;
      });
      sorted.resize(std::min(sorted.size(), LayerOutcome::kMostNames));
      std::move(sorted.begin(), sorted.end(), std::back_inserter(outcome_->changed));
      names.clear();
    }
  }
  return std::move(outcome_);
}

}  // namespace limoe::gui
