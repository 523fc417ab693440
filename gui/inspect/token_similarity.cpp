#include "gui/inspect/token_similarity.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace limoe::gui {
namespace {

/// Samples that are gone through layer by layer. Many lie packed together: in small portions every
/// package would be opened again and again.
constexpr int64_t kBlockSamples = 512;

/// −p·ln p, 0 at 0.
double information(double p) {
  return p > 0 ? -p * std::log(p) : 0;
}

}  // namespace

double jensenShannon(const float* p, const float* q, int64_t experts) {
  double divergence = 0;
  for (int64_t e = 0; e < experts; ++e) {
    const auto a = static_cast<double>(p[e]);
    const auto b = static_cast<double>(q[e]);
    divergence += information((a + b) / 2) - (information(a) + information(b)) / 2;
  }
  return std::max(0.0, divergence);  // rounding
}

TokenSimilarity::TokenSimilarity(const probe::Layout& layout, int64_t snapshot,
                                 const TokenRef& token)
    : layout_(layout),
      units_(token.modality == probe::kImage ? layout.patches() : layout.text_length) {
  result_.token = token;
  result_.snapshot = snapshot;
}

std::vector<WalkItem> TokenSimilarity::items() const {
  std::vector<WalkItem> items;
  for (int64_t layer = 0; layer < layout_.layers; ++layer) {
    items.push_back({result_.snapshot, layer, result_.token.sample, 1});
  }
  for (int64_t first = 0; first < layout_.samples; first += kBlockSamples) {
    const int64_t samples = std::min(kBlockSamples, layout_.samples - first);
    for (int64_t layer = 0; layer < layout_.layers; ++layer) {
      items.push_back({result_.snapshot, layer, first, samples});
    }
  }
  return items;
}

void TokenSimilarity::add(const WalkItem& item, const probe::LayerSlice& slice) {
  if (std::ssize(own_) < layout_.layers) {
    addOwn(decisionOf(layout_, slice, result_.token));
    return;
  }
  if (item.layer == 0) {
    beginPage(item);
  }
  if (own_[static_cast<std::size_t>(item.layer)].isRouted()) {
    compare(item.layer, result_.token.modality == probe::kImage ? slice.image : slice.text);
  }
  if (item.layer == layout_.layers - 1) {
    endPage();
  }
}

void TokenSimilarity::addOwn(const TokenDecision& decision) {
  own_.push_back(decision);
  if (decision.isRouted()) {
    ++result_.layers;
    if (decision.probabilities.empty()) {
      result_.measure = SimilarityMeasure::FirstChoices;
    }
  }
}

void TokenSimilarity::beginPage(const WalkItem& item) {
  first_sample_ = item.first_sample;
  const auto tokens = static_cast<std::size_t>(item.samples * units_);
  page_.assign(tokens, {});
  is_routed_.assign(tokens, 0);
  for (std::size_t at = 0; at < tokens; ++at) {
    page_[at].token = {first_sample_ + static_cast<int64_t>(at) / units_, result_.token.modality,
                       static_cast<int64_t>(at) % units_};
  }
}

/// Sums only grow from layer to layer: what is farther than the last of a full list stays out.
bool TokenSimilarity::isHopeless(const SimilarToken& candidate) const {
  return result_.measure == SimilarityMeasure::Divergence && result_.nearest.size() >= kNearest &&
         candidate.divergence > result_.nearest.back().divergence;
}

void TokenSimilarity::compare(int64_t layer, const probe::Decisions& decisions) {
  const TokenDecision& own = own_[static_cast<std::size_t>(layer)];
  const auto top_k = static_cast<std::size_t>(layout_.top_k);
  const auto experts = static_cast<std::size_t>(layout_.experts);
  const auto layers = static_cast<double>(result_.layers);
  const bool by_divergence = result_.measure == SimilarityMeasure::Divergence;
  for (std::size_t at = 0; at < page_.size(); ++at) {
    const uint16_t first = decisions.expert[at * top_k];
    if (first == probe::kNoExpert) {
      continue;
    }
    SimilarToken& other = page_[at];
    is_routed_[at] = 1;
    if (!by_divergence) {
      other.same_layers += first == own.choices.front().expert ? 1 : 0;
      other.gate_difference += std::abs(static_cast<double>(decisions.gate[at * top_k]) -
                                        static_cast<double>(own.choices.front().gate)) /
                               layers;
    } else if (!isHopeless(other)) {
      other.divergence +=
          jensenShannon(own.probabilities.data(), decisions.probability.data() + at * experts,
                        layout_.experts) /
          layers;
    }
  }
}

bool TokenSimilarity::nearer(const SimilarToken& a, const SimilarToken& b) const {
  if (a.divergence != b.divergence) {
    return a.divergence < b.divergence;
  }
  if (a.same_layers != b.same_layers) {
    return a.same_layers > b.same_layers;
  }
  if (a.gate_difference != b.gate_difference) {
    return a.gate_difference < b.gate_difference;
  }
  return std::pair(a.token.sample, a.token.position) < std::pair(b.token.sample, b.token.position);
}

void TokenSimilarity::endPage() {
  const auto by_distance = [this](const SimilarToken& a, const SimilarToken& b) {
    return nearer(a, b);
  };
  std::vector<SimilarToken>& nearest = result_.nearest;
  std::vector<SimilarToken> of_image;
  for (std::size_t begin = 0; begin < page_.size(); begin += static_cast<std::size_t>(units_)) {
    of_image.clear();
    for (std::size_t at = begin; at < begin + static_cast<std::size_t>(units_); ++at) {
      if (is_routed_[at] != 0 && !(page_[at].token == result_.token)) {
        ++result_.compared;
        of_image.push_back(page_[at]);
      }
    }
    const auto best = static_cast<std::ptrdiff_t>(std::min(kPerImage, of_image.size()));
    std::partial_sort(of_image.begin(), of_image.begin() + best, of_image.end(), by_distance);
    const auto middle = std::ssize(nearest);
    nearest.insert(nearest.end(), of_image.begin(), of_image.begin() + best);
    std::inplace_merge(nearest.begin(), nearest.begin() + middle, nearest.end(), by_distance);
    nearest.resize(std::min(nearest.size(), kNearest));
  }
}

SimilarTokens TokenSimilarity::result() const {
  return result_;
}

std::shared_ptr<const SimilarTokens> Similars::of(const Question& question) {
  return std::static_pointer_cast<const SimilarTokens>(value(question));
}

bool Similars::isThere(const Question& question, const RunData& run) const {
  return WalkCache::isThere(question, run) && question.token && question.token->sample >= 0 &&
         question.token->sample < run.layout.samples;
}

WalkCache::Plan Similars::plan(const Question& question, const RunData& run) const {
  auto search = std::make_shared<TokenSimilarity>(run.layout, question.snapshot, *question.token);
  Plan plan;
  plan.request.items = search->items();
  plan.request.probabilities = run.layout.probabilities;
  plan.request.visit = [search](const WalkItem& item, const probe::ProbeSet&,
                                const probe::LayerSlice& slice) { search->add(item, slice); };
  plan.take = [search] { return std::make_shared<const SimilarTokens>(search->result()); };
  return plan;
}

}  // namespace limoe::gui
