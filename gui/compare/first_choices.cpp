#include "gui/compare/first_choices.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "gui/inspect/digests.h"

namespace limoe::gui {
namespace {

double entropyOfDistribution(const float* probability, std::size_t experts) {
  double entropy = 0;
  for (std::size_t e = 0; e < experts; ++e) {
    const auto p = static_cast<double>(probability[e]);
    entropy -= p > 0 ? p * std::log(p) : 0;
  }
  return entropy;
}

/// Tokens [begin, end) of one modality.
void count(const std::vector<uint16_t>& a, const std::vector<uint16_t>& b, std::size_t begin,
           std::size_t end, CountTable& counts) {
  for (std::size_t token = begin; token < end; ++token) {
    if (a[token] < counts.rows && b[token] < counts.columns) {
      ++counts.at(a[token], b[token]);
    }
  }
}

}  // namespace

ChoiceTableBuilder::ChoiceTableBuilder(const probe::Layout& layout, int64_t samples)
    : top_k_(layout.top_k) {
  table_.experts = layout.experts;
  table_.all_samples = layout.samples;
  table_.patches = layout.patches();
  table_.text_length = layout.text_length;
  table_.image.reserve(static_cast<std::size_t>(samples * table_.patches));
  table_.text.reserve(static_cast<std::size_t>(samples * table_.text_length));
}

void ChoiceTableBuilder::add(const probe::LayerSlice& slice) {
  add(slice.image, probe::kImage, table_.image);
  add(slice.text, probe::kText, table_.text);
  table_.samples += slice.samples;
}

void ChoiceTableBuilder::add(const probe::Decisions& decisions, int modality,
                             std::vector<uint16_t>& to) {
  const auto m = static_cast<std::size_t>(modality);
  const auto k = static_cast<std::size_t>(top_k_);
  const auto experts = static_cast<std::size_t>(table_.experts);
  const std::size_t tokens = decisions.expert.size() / k;
  const bool distributions = decisions.probability.size() == tokens * experts;
  for (std::size_t token = 0; token < tokens; ++token) {
    const uint16_t expert = decisions.expert[token * k];
    if (expert == probe::kNoExpert) {
      to.push_back(probe::kNoExpert);
      continue;
    }
    const bool kept = decisions.kept[token * k] != 0;
    ++table_.tokens[m];
    table_.dropped[m] += kept ? 0 : 1;
    to.push_back(kept ? expert : probe::kNoExpert);
    if (distributions) {
      entropy_sum_[m] += entropyOfDistribution(&decisions.probability[token * experts], experts);
      ++distributions_[m];
    }
  }
}

ChoiceTable ChoiceTableBuilder::take() {
  for (std::size_t m = 0; m < 2; ++m) {
    table_.token_entropy[m] = distributions_[m] > 0
                                  ? entropy_sum_[m] / static_cast<double>(distributions_[m])
                                  : std::numeric_limits<double>::quiet_NaN();
  }
  return std::move(table_);
}

CountTable TogetherCounts::all() const {
  CountTable sum = by_modality[0];
  for (std::size_t i = 0; i < sum.counts.size(); ++i) {
    sum.counts[i] += by_modality[1].counts[i];
  }
  return sum;
}

TogetherCounts countTogether(const ChoiceTable& a, const ChoiceTable& b, const Comparable& by) {
  TogetherCounts counts;
  for (CountTable& table : counts.by_modality) {
    table = CountTable(static_cast<std::size_t>(a.experts), static_cast<std::size_t>(b.experts));
  }
  const auto samples = static_cast<std::size_t>(std::min(a.samples, b.samples));
  if (by.patches && a.patches == b.patches) {
    count(a.image, b.image, 0, samples * static_cast<std::size_t>(a.patches),
          counts.by_modality[probe::kImage]);
  }
  // Captions of two lengths: the shorter one's places, then none.
  const auto length_a = static_cast<std::size_t>(a.text_length);
  const auto length_b = static_cast<std::size_t>(b.text_length);
  CountTable& words = counts.by_modality[probe::kText];
  for (std::size_t n = 0; n < samples; ++n) {
    if (!by.texts.empty() && (n >= by.texts.size() || !by.texts[n])) {
      continue;
    }
    for (std::size_t t = 0; t < std::min(length_a, length_b); ++t) {
      const uint16_t ea = a.text[n * length_a + t];
      const uint16_t eb = b.text[n * length_b + t];
      if (ea < words.rows && eb < words.columns) {
        ++words.at(ea, eb);
      }
    }
  }
  return counts;
}

MatchShare patchesThatAllAgreeOn(const ChoiceTable& reference,
                                 const std::vector<OtherRun>& others) {
  MatchShare share;
  // By the other's expert: the reference's that it stands for.
  std::vector<std::vector<int64_t>> partner;
  std::size_t tokens = reference.image.size();
  for (const OtherRun& other : others) {
    auto& of_b = partner.emplace_back(static_cast<std::size_t>(other.table->experts), -1);
    for (const ExpertPair& pair : other.match->pairs) {
      of_b[static_cast<std::size_t>(pair.b)] = pair.a;
    }
    tokens = std::min(tokens, other.table->image.size());
  }
  for (std::size_t token = 0; token < tokens; ++token) {
    bool all_process = reference.image[token] != probe::kNoExpert;
    bool all_agree = true;
    for (std::size_t o = 0; o < others.size() && all_process; ++o) {
      const uint16_t expert = others[o].table->image[token];
      all_process = expert < partner[o].size();
      all_agree = all_agree && all_process && partner[o][expert] == reference.image[token];
    }
    share.tokens += all_process ? 1 : 0;
    share.agree += all_process && all_agree ? 1 : 0;
  }
  return share;
}

// The numbers of every layer are told side by side: with fewer kept than there are layers, each
// would drive another one out, for ever. 64 tables of kMostTokens take 50 MB.
ChoiceTables::ChoiceTables(QObject* parent) : WalkCache({.most_made = 64}, parent) {}

std::shared_ptr<const ChoiceTable> ChoiceTables::table(int64_t snapshot, int64_t layer) {
  return std::static_pointer_cast<const ChoiceTable>(value(question(snapshot, layer)));
}

int64_t ChoiceTables::samplesRead(const probe::Layout& layout) {
  const int64_t each = std::max<int64_t>(layout.patches() + layout.text_length, 1);
  return std::min(layout.samples, std::max<int64_t>(kMostTokens / each, 1));
}

WalkCache::Plan ChoiceTables::plan(const Question& question, const RunData& run) const {
  const int64_t samples = samplesRead(run.layout);
  probe::Layout part = run.layout;
  part.samples = samples;
  Plan plan;
  plan.request.items = pagesOf(part, question.snapshot, question.layer);
  plan.request.probabilities = run.layout.probabilities;
  auto builder = std::make_shared<ChoiceTableBuilder>(run.layout, samples);
  plan.request.visit = [builder](const WalkItem&, const probe::ProbeSet&,
                                 const probe::LayerSlice& slice) { builder->add(slice); };
  plan.take = [builder] { return std::make_shared<const ChoiceTable>(builder->take()); };
  return plan;
}

}  // namespace limoe::gui
