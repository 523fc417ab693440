#include "gui/inspect/layer_digest.h"

#include <QHash>
#include <QSet>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace limoe::gui {
namespace {

/// The best tokens seen so far, worst on top of the heap.
class TopTokens {
 public:
  void add(const RankedToken& token) {
    if (tokens_.size() < ExpertDigest::kMostTop) {
      tokens_.push_back(token);
      std::push_heap(tokens_.begin(), tokens_.end(), better);
    } else if (better(token, tokens_.front())) {
      std::pop_heap(tokens_.begin(), tokens_.end(), better);
      tokens_.back() = token;
      std::push_heap(tokens_.begin(), tokens_.end(), better);
    }
  }

  std::vector<RankedToken> sorted() const {
    std::vector<RankedToken> tokens = tokens_;
    std::sort(tokens.begin(), tokens.end(), better);
    return tokens;
  }

 private:
  static bool better(const RankedToken& a, const RankedToken& b) {
    if (a.gate != b.gate) {
      return a.gate > b.gate;
    }
    return std::pair(a.token.sample, a.token.position) <
           std::pair(b.token.sample, b.token.position);
  }

  std::vector<RankedToken> tokens_;
};

/// Of one expert and modality: the best token of each sample, and the others.
struct Ranking {
  TopTokens firsts, others;
  std::optional<RankedToken> best;  ///< of the sample that is being added

  void add(const RankedToken& token) {
    if (!best) {
      best = token;
    } else if (token.gate > best->gate) {
      others.add(std::exchange(*best, token));
    } else {
      others.add(token);
    }
  }
  void endSample() {
    if (best) {
      firsts.add(*best);
      best.reset();
    }
  }
  std::vector<RankedToken> sorted() const {
    std::vector<RankedToken> tokens = firsts.sorted();
    for (const RankedToken& token : others.sorted()) {
      if (tokens.size() < ExpertDigest::kMostTop) {
        tokens.push_back(token);
      }
    }
    return tokens;
  }
};

double entropyOf(const float* probabilities, int64_t experts) {
  double entropy = 0;
  for (int64_t e = 0; e < experts; ++e) {
    const auto p = static_cast<double>(probabilities[e]);
    entropy -= p > 0 ? p * std::log(p) : 0;
  }
  return entropy;
}

/// Numbers of names in the order of their first appearance.
template <typename Name>
class Numbers {
 public:
  std::size_t of(const Name& name) {
    const auto known = numbers_.find(name);
    if (known != numbers_.end()) {
      return known->second;
    }
    numbers_.emplace(name, names_.size());
    names_.push_back(name);
    return names_.size() - 1;
  }
  const std::vector<Name>& names() const { return names_; }

 private:
  struct Hash {
    std::size_t operator()(const std::string& text) const { return std::hash<std::string>{}(text); }
    std::size_t operator()(const QString& text) const { return qHash(text); }
  };
  std::unordered_map<Name, std::size_t, Hash> numbers_;
  std::vector<Name> names_;
};

void addTo(std::vector<uint64_t>& counts, std::size_t place, uint64_t count) {
  if (counts.size() <= place) {
    counts.resize(place + 1, 0);
  }
  counts[place] += count;
}

}  // namespace

struct LayerDigestBuilder::State {
  State(const probe::Layout& the_layout, const TokenFilter& filter)
      : layout(the_layout), digest(std::make_shared<LayerDigest>()) {
    digest->filter = filter;
    digest->experts.resize(static_cast<std::size_t>(layout.experts));
    rankings.resize(digest->experts.size());
    for (ExpertDigest& expert : digest->experts) {
      expert.labels.resize(layout.label_names.size());
      expert.positions.resize(static_cast<std::size_t>(layout.patches()));
    }
    const auto samples = static_cast<std::size_t>(layout.samples);
    digest->patches.resize(samples);
    digest->text_tokens.resize(samples);
    digest->dropped_patches.resize(samples);
    digest->entropy.resize(samples, std::numeric_limits<float>::quiet_NaN());
    digest->patches_of_expert.resize(samples * digest->experts.size());
    for (auto& mean : mean_probability) {
      mean.resize(digest->experts.size());
    }
  }

  const probe::Layout layout;
  std::shared_ptr<LayerDigest> digest;
  std::vector<std::array<Ranking, 2>> rankings;  ///< [E][m]
  Numbers<std::string> pieces;
  Numbers<QString> words;
  std::array<std::vector<double>, 2> mean_probability;  ///< [m][E] sums
  std::array<double, 2> entropy_sum{};
  std::array<uint64_t, 2> with_probability{};

  void addSample(const probe::ProbeSet& texts, const probe::LayerSlice& slice,
                 const TokenMatcher& matcher, int64_t index);
  void addToken(const probe::ProbeSet& texts, const probe::LayerSlice& slice, int64_t index,
                int modality, int64_t position, double& entropy);
  void addWords(const probe::ProbeSet& texts, int64_t index);

  std::vector<uint64_t> kept_here;  ///< [E] kept choices of patches of the sample being added
};

LayerDigestBuilder::LayerDigestBuilder(const probe::Layout& layout, int64_t snapshot, int64_t step,
                                       int64_t layer, const TokenFilter& filter)
    : state_(std::make_unique<State>(layout, filter)) {
  state_->digest->snapshot = snapshot;
  state_->digest->step = step;
  state_->digest->layer = layer;
}

LayerDigestBuilder::~LayerDigestBuilder() = default;

void LayerDigestBuilder::State::addToken(const probe::ProbeSet& texts,
                                         const probe::LayerSlice& slice, int64_t index,
                                         int modality, int64_t position, double& entropy) {
  const bool image = modality == probe::kImage;
  const probe::Decisions& decisions = image ? slice.image : slice.text;
  const auto m = static_cast<std::size_t>(modality);
  const int64_t units = image ? layout.patches() : layout.text_length;
  const auto token = static_cast<std::size_t>(index * units + position);
  const auto top_k = static_cast<std::size_t>(layout.top_k);
  const std::size_t piece =
      !image && token < texts.pieces.size() ? pieces.of(texts.pieces[token]) : 0;
  ++digest->tokens[m];
  for (std::size_t k = 0; k < top_k; ++k) {
    const std::size_t choice = token * top_k + k;
    const uint16_t e = decisions.expert[choice];
    if (e >= digest->experts.size()) {
      continue;
    }
    ExpertDigest& expert = digest->experts[e];
    const bool kept = decisions.kept[choice] != 0;
    ++expert.chosen[m];
    ++digest->chosen[m];
    if (kept) {
      ++expert.kept[m];
      ++digest->kept[m];
      if (image) {
        ++expert.positions[static_cast<std::size_t>(position)];
        ++kept_here[e];
        if (token < texts.labels.size() && texts.labels[token] < expert.labels.size()) {
          ++expert.labels[texts.labels[token]];
        }
      } else if (token < texts.pieces.size()) {
        addTo(expert.pieces, piece, 1);
      }
    }
    if (k == 0) {
      ++expert.first[m];
      if (kept) {
        rankings[e][m].add(
            {{slice.first_sample + index, modality, position}, decisions.gate[choice], piece});
      }
    }
  }
  if (!decisions.probability.empty()) {
    const float* p = &decisions.probability[token * static_cast<std::size_t>(layout.experts)];
    const double here = entropyOf(p, layout.experts);
    entropy += here;
    entropy_sum[m] += here;
    ++with_probability[m];
    for (std::size_t e = 0; e < digest->experts.size(); ++e) {
      mean_probability[m][e] += static_cast<double>(p[e]);
    }
  }
}

/// Counts of patches by the words of their image's caption.
void LayerDigestBuilder::State::addWords(const probe::ProbeSet& texts, int64_t index) {
  const auto sample = static_cast<std::size_t>(index);
  if (sample >= texts.captions.size()) {
    return;
  }
  for (const QString& word : wordsOf(QString::fromStdString(texts.captions[sample]))) {
    const std::size_t number = words.of(word);
    for (std::size_t e = 0; e < kept_here.size(); ++e) {
      if (kept_here[e] > 0) {
        addTo(digest->experts[e].words, number, kept_here[e]);
      }
    }
  }
}

void LayerDigestBuilder::State::addSample(const probe::ProbeSet& texts,
                                          const probe::LayerSlice& slice,
                                          const TokenMatcher& matcher, int64_t index) {
  const auto sample = static_cast<std::size_t>(slice.first_sample + index);
  const auto experts = digest->experts.size();
  const auto top_k = static_cast<std::size_t>(layout.top_k);
  kept_here.assign(experts, 0);
  double entropy = 0;
  for (int64_t p = 0; p < layout.patches(); ++p) {
    if (!matcher.matches(index, probe::kImage, p)) {
      continue;
    }
    const std::size_t choice = static_cast<std::size_t>(index * layout.patches() + p) * top_k;
    const uint16_t expert = slice.image.expert[choice];
    ++digest->patches[sample];
    digest->dropped_patches[sample] += slice.image.kept[choice] == 0 ? 1 : 0;
    if (expert < experts) {
      ++digest->patches_of_expert[sample * experts + expert];
    }
    addToken(texts, slice, index, probe::kImage, p, entropy);
  }
  if (digest->patches[sample] > 0 && !slice.image.probability.empty()) {
    digest->entropy[sample] = static_cast<float>(entropy / digest->patches[sample]);
  }
  double ignored = 0;
  for (int64_t t = 0; t < layout.text_length; ++t) {
    if (matcher.matches(index, probe::kText, t)) {
      ++digest->text_tokens[sample];
      addToken(texts, slice, index, probe::kText, t, ignored);
    }
  }
  addWords(texts, index);
  for (auto& expert : rankings) {
    expert[probe::kImage].endSample();
    expert[probe::kText].endSample();
  }
}

void LayerDigestBuilder::add(const probe::ProbeSet& texts, const probe::LayerSlice& slice) {
  const TokenMatcher matcher(state_->digest->filter, state_->layout, texts, slice);
  for (int64_t index = 0; index < slice.samples; ++index) {
    state_->addSample(texts, slice, matcher, index);
  }
}

std::shared_ptr<const LayerDigest> LayerDigestBuilder::take() {
  State& state = *state_;
  LayerDigest& digest = *state.digest;
  digest.pieces = state.pieces.names();
  digest.words = state.words.names();
  for (std::size_t e = 0; e < digest.experts.size(); ++e) {
    ExpertDigest& expert = digest.experts[e];
    expert.pieces.resize(digest.pieces.size());
    expert.words.resize(digest.words.size());
    expert.top_patches = state.rankings[e][probe::kImage].sorted();
    expert.top_words = state.rankings[e][probe::kText].sorted();
  }
  for (std::size_t m = 0; m < 2; ++m) {
    const auto tokens = static_cast<double>(state.with_probability[m]);
    digest.token_entropy[m] = state.entropy_sum[m] / tokens;  // NaN where there are none
    std::vector<float> mean;
    for (const double sum : state.mean_probability[m]) {
      mean.push_back(static_cast<float>(sum / tokens));
    }
    digest.mean_entropy[m] = tokens > 0 ? entropyOf(mean.data(), std::ssize(mean))
                                        : std::numeric_limits<double>::quiet_NaN();
  }
  return std::move(state.digest);
}

std::shared_ptr<const probe::Snapshot> sumsOf(const LayerDigest& digest,
                                              const probe::Layout& layout) {
  auto sums = std::make_shared<probe::Snapshot>();
  sums->step = digest.step;
  const std::size_t experts = digest.experts.size();
  const std::size_t labels = layout.label_names.size();
  const auto layers = static_cast<std::size_t>(layout.layers);
  const auto layer = static_cast<std::size_t>(digest.layer);
  sums->tokens.resize(layers * 2 * experts);
  sums->label_tokens.resize(layers * experts * labels);
  for (std::size_t e = 0; e < experts; ++e) {
    const ExpertDigest& expert = digest.experts[e];
    for (std::size_t m = 0; m < 2; ++m) {
      sums->tokens[(layer * 2 + m) * experts + e] = static_cast<uint32_t>(expert.kept[m]);
    }
    for (std::size_t label = 0; label < labels && label < expert.labels.size(); ++label) {
      sums->label_tokens[(layer * experts + e) * labels + label] =
          static_cast<uint32_t>(expert.labels[label]);
    }
  }
  return sums;
}

int64_t LayerDigest::matchingSamples() const {
  int64_t matching = 0;
  for (std::size_t n = 0; n < patches.size(); ++n) {
    matching += patches[n] + text_tokens[n] > 0 ? 1 : 0;
  }
  return matching;
}

std::vector<QString> wordsOf(const QString& caption) {
  std::vector<QString> words;
  QString word;
  const auto end = [&] {
    while (!word.isEmpty() && !word.back().isLetterOrNumber()) {
      word.chop(1);
    }
    if (!word.isEmpty() && std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(word);
    }
    word.clear();
  };
  for (const QChar letter : caption) {
    const bool joins = letter == '-' || letter == '\'' || letter == QChar(0x2019);
    if (letter.isLetterOrNumber() || (joins && !word.isEmpty())) {
      word += letter.toLower();
    } else {
      end();
    }
  }
  end();
  return words;
}

namespace {

/// What the experts of a layer have of kinds of things, and what they would have by chance.
template <typename CountsOf>
class Chance {
 public:
  /// `counts_of(expert)` are counts by kind; chance is the expert's part of the sum over all kinds
  /// and experts, or of `totals` [E] where kinds overlap.
  Chance(const LayerDigest& digest, std::size_t kinds, CountsOf counts_of,
         const std::vector<uint64_t>& totals)
      : digest_(digest), counts_of_(counts_of), totals_(totals), of_all_(kinds, 0) {
    for (const ExpertDigest& expert : digest.experts) {
      const auto& counts = counts_of(expert);
      for (std::size_t kind = 0; kind < kinds; ++kind) {
        of_all_[kind] += counts[kind];
      }
    }
    for (const uint64_t total : totals) {
      all_ += static_cast<double>(total);
    }
  }

  template <typename NameOf>
  std::vector<Lift> liftsOf(int64_t expert, uint64_t least, std::size_t most,
                            const NameOf& name_of) const {
    if (expert < 0 || expert >= std::ssize(digest_.experts) || all_ == 0) {
      return {};
    }
    const auto mine = static_cast<std::size_t>(expert);
    const double part = static_cast<double>(totals_[mine]) / all_;
    const auto& counts = counts_of_(digest_.experts[mine]);
    struct Beyond {
      double choices;  ///< more than by chance
      std::size_t kind;
    };
    std::vector<Beyond> beyond;
    for (std::size_t kind = 0; kind < of_all_.size(); ++kind) {
      const double more =
          static_cast<double>(counts[kind]) - static_cast<double>(of_all_[kind]) * part;
      if (counts[kind] >= std::max<uint64_t>(least, 1) && more > 0) {
        beyond.push_back({more, kind});
      }
    }
    std::stable_sort(beyond.begin(), beyond.end(),
                     [](const Beyond& a, const Beyond& b) { return a.choices > b.choices; });
    std::vector<Lift> found;
    for (std::size_t i = 0; i < std::min(most, beyond.size()); ++i) {
      const std::size_t kind = beyond[i].kind;
      const uint64_t count = counts[kind];
      found.push_back({name_of(kind), count, of_all_[kind],
                       static_cast<double>(count) / (static_cast<double>(of_all_[kind]) * part)});
    }
    return found;
  }

 private:
  const LayerDigest& digest_;
  CountsOf counts_of_;
  std::vector<uint64_t> totals_, of_all_;
  double all_ = 0;
};

QString pieceName(const std::string& piece) {
  return QString::fromStdString(piece).remove(QChar(0x2581));
}

constexpr std::size_t kEvery = std::numeric_limits<std::size_t>::max();

template <typename CountsOf>
std::vector<uint64_t> sums(const LayerDigest& digest, const CountsOf& counts_of) {
  std::vector<uint64_t> totals;
  for (const ExpertDigest& expert : digest.experts) {
    uint64_t total = 0;
    for (const uint64_t count : counts_of(expert)) {
      total += count;
    }
    totals.push_back(total);
  }
  return totals;
}

}  // namespace

std::vector<Lift> labelLifts(const LayerDigest& digest, const probe::Layout& layout, int64_t expert,
                             uint64_t least) {
  const auto counts = [](const ExpertDigest& e) -> const auto& {
    return e.labels;
  };
  return Chance(digest, layout.label_names.size(), counts, sums(digest, counts))
      .liftsOf(expert, least, kEvery,
               [&](std::size_t kind) { return QString::fromStdString(layout.label_names[kind]); });
}

std::vector<std::vector<Lift>> topPieces(const LayerDigest& digest, std::size_t most) {
  const auto counts = [](const ExpertDigest& e) -> const auto& {
    return e.pieces;
  };
  const Chance chance(digest, digest.pieces.size(), counts, sums(digest, counts));
  std::vector<std::vector<Lift>> top;
  for (int64_t e = 0; e < std::ssize(digest.experts); ++e) {
    top.push_back(chance.liftsOf(e, 1, most,
                                 [&](std::size_t kind) { return pieceName(digest.pieces[kind]); }));
  }
  return top;
}

std::vector<Lift> pieceLifts(const LayerDigest& digest, int64_t expert, uint64_t least) {
  const auto counts = [](const ExpertDigest& e) -> const auto& {
    return e.pieces;
  };
  return Chance(digest, digest.pieces.size(), counts, sums(digest, counts))
      .liftsOf(expert, least, kEvery,
               [&](std::size_t kind) { return pieceName(digest.pieces[kind]); });
}

std::vector<Lift> wordLifts(const LayerDigest& digest, int64_t expert, uint64_t least) {
  std::vector<uint64_t> totals;
  for (const ExpertDigest& e : digest.experts) {
    totals.push_back(e.kept[probe::kImage]);
  }
  const auto counts = [](const ExpertDigest& e) -> const auto& {
    return e.words;
  };
  return Chance(digest, digest.words.size(), counts, totals)
      .liftsOf(expert, least, kEvery, [&](std::size_t kind) { return digest.words[kind]; });
}

}  // namespace limoe::gui
