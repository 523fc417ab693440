#include "gui/canvas/wall_arrangement.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

QString tr(const char* text) {
  return QString::fromUtf8(text);
}

bool hasTokens(const LayerDigest& digest, std::size_t sample) {
  return digest.patches[sample] + digest.text_tokens[sample] > 0;
}

/// What goes first has the largest value; what has none comes last.
double valueOf(const LayerDigest& digest, WallOrder order, std::optional<int64_t> expert,
               std::size_t sample) {
  if (order == WallOrder::Dropped) {
    return digest.dropped_patches[sample];
  }
  if (order == WallOrder::Entropy) {
    const double entropy = static_cast<double>(digest.entropy[sample]);
    return std::isnan(entropy) ? -1 : entropy;
  }
  if (order == WallOrder::ExpertShare && expert && digest.patches[sample] > 0) {
    const std::size_t at = sample * digest.experts.size() + static_cast<std::size_t>(*expert);
    return static_cast<double>(digest.patches_of_expert[at]) / digest.patches[sample];
  }
  return -1;
}

QString percent(double progress) {
  return tr("%1 %").arg(std::lround(progress * 100));
}

}  // namespace

void WallArrangement::forget() {
  *this = {};
}

void WallArrangement::failed(const QString& why) {
  if (pending_) {
    failure_ = why;
    pending_ = false;
  }
}

std::optional<int64_t> WallArrangement::slotOf(int64_t sample) const {
  if (sample < 0 || sample >= samples_) {
    return std::nullopt;
  }
  const int64_t slot = recorded_ ? sample : slots_[static_cast<std::size_t>(sample)];
  return slot < 0 ? std::nullopt : std::optional(slot);
}

WallArrangement::Change WallArrangement::update(const RunData& run, const ViewState& state,
                                                int64_t snapshot, int64_t layer, Digests* digests) {
  samples_ = run.layout.samples;
  Wish wish{state.wallOrder(), state.orderWord().trimmed(), state.selectedExpert(), state.filter(),
            layer};
  if (!(wish == wish_)) {
    failure_.clear();
  }
  wish_ = wish;
  pending_ = false;
  problem_.clear();
  if (wish_.order == WallOrder::Recorded && wish_.filter.isEmpty()) {
    return take(std::nullopt);
  }
  routed_ = snapshot >= 0 && digests;
  if (!routed_) {
    problem_ = run.layout.layers == 0 ? tr("a dense model: nothing is routed")
                                      : tr("no routing is recorded yet");
    return take(std::nullopt);
  }
  if (wish_.order == WallOrder::Word && wish_.word.isEmpty()) {
    problem_ = tr("no word is given");
  } else if (wish_.order == WallOrder::ExpertShare &&
             (!wish_.expert || *wish_.expert >= run.layout.experts)) {
    problem_ = tr("no expert is selected");
  } else if (wish_.order == WallOrder::Entropy && !run.layout.probabilities) {
    problem_ = tr("probabilities are not recorded, so there is no entropy");
  }
  if (!problem_.isEmpty()) {
    wish_.order = WallOrder::Recorded;
    if (wish_.filter.isEmpty()) {
      return take(std::nullopt);
    }
  }
  if (!failure_.isEmpty()) {
    return Change::None;
  }
  // One question after the other: each new one would push the one before aside.
  if (wish_.order == WallOrder::Word && !findWord(run, snapshot, layer, *digests)) {
    pending_ = true;
    return Change::None;
  }
  const bool all = wish_.filter.isEmpty();
  const bool by_word = wish_.order == WallOrder::Word;
  std::shared_ptr<const LayerDigest> digest;
  if (!(all && by_word)) {
    digest = digests->layer(snapshot, layer, wish_.filter);
    // The digests may still be those of the run before.
    if (!digest || std::ssize(digest->patches) != samples_) {
      pending_ = true;
      return Change::None;
    }
  }
  if (isMadeOf(digest)) {
    return Change::None;
  }
  made_of_ = digest;
  words_of_ = by_word ? search_.found : nullptr;
  return take(ordered(digest.get()));
}

bool WallArrangement::isMadeOf(const std::shared_ptr<const LayerDigest>& digest) const {
  return wish_ == applied_ && digest == made_of_ && (digest || words_of_) &&
         (wish_.order != WallOrder::Word || search_.found == words_of_);
}

/// Captions never change: a word that was found stays found at every step and in every layer.
bool WallArrangement::findWord(const RunData& run, int64_t snapshot, int64_t layer,
                               Digests& digests) {
  if (search_.word == wish_.word && search_.found) {
    return true;
  }
  if (search_.word != wish_.word || search_.snapshot >= std::ssize(run.snapshot_steps)) {
    search_ = {wish_.word, snapshot, layer, nullptr};
  }
  TokenFilter filter;
  filter.word = wish_.word;
  const auto found = digests.layer(search_.snapshot, search_.layer, filter);
  if (found && std::ssize(found->patches) == samples_) {
    search_.found = found;
  }
  return search_.found != nullptr;
}

std::vector<int32_t> WallArrangement::ordered(const LayerDigest* filtered) {
  struct Ranked {
    double value = 0;
    int32_t sample = 0;
  };
  const auto samples = static_cast<std::size_t>(samples_);
  std::vector<Ranked> ranked;
  ranked.reserve(samples);
  word_images_ = 0;
  for (std::size_t n = 0; n < samples; ++n) {
    if (filtered && !wish_.filter.isEmpty() && !hasTokens(*filtered, n)) {
      continue;
    }
    Ranked& image = ranked.emplace_back(Ranked{0, static_cast<int32_t>(n)});
    if (wish_.order == WallOrder::Word) {
      const bool has_word = hasTokens(*search_.found, n);
      image.value = has_word ? 1 : 0;
      word_images_ += has_word ? 1 : 0;
    } else if (filtered && wish_.order != WallOrder::Recorded) {
      image.value = valueOf(*filtered, wish_.order, wish_.expert, n);
    }
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return a.value != b.value ? a.value > b.value : a.sample < b.sample;
  });
  std::vector<int32_t> order(ranked.size());
  std::transform(ranked.begin(), ranked.end(), order.begin(),
                 [](const Ranked& image) { return image.sample; });
  return order;
}

/// nullopt: all, as recorded.
WallArrangement::Change WallArrangement::take(std::optional<std::vector<int32_t>> wished) {
  const bool recorded = !wished || (std::ssize(*wished) == samples_ &&
                                    std::is_sorted(wished->begin(), wished->end()));
  std::vector<int32_t> order = recorded ? std::vector<int32_t>() : std::move(*wished);
  if (!wished) {
    made_of_.reset();
    words_of_.reset();
  }
  const bool same = recorded == recorded_ && order == order_;
  const bool same_wish = wish_ == applied_;
  applied_ = wish_;
  if (same) {
    return Change::None;
  }
  recorded_ = recorded;
  order_ = std::move(order);
  slots_.assign(recorded ? 0 : static_cast<std::size_t>(samples_), -1);
  for (std::size_t slot = 0; slot < order_.size(); ++slot) {
    slots_[static_cast<std::size_t>(order_[slot])] = static_cast<int32_t>(slot);
  }
  return same_wish ? Change::Moved : Change::New;
}

QString WallArrangement::filterWords(const RunData& run, const ViewState& state,
                                     double progress) const {
  if (state.filter().isEmpty()) {
    return {};
  }
  const QString words = tr("filter: %1 · ").arg(inWords(state.filter(), run.layout));
  if (!failure_.isEmpty()) {
    return words + tr("its images could not be found: %1").arg(failure_);
  }
  if (pending_ && !(applied_.filter == state.filter())) {
    return words + tr("looking for its images … %1").arg(percent(progress));
  }
  if (!routed_) {
    return words + tr("not applied: %1").arg(problem_);
  }
  const QString images = tr("%1 of %2 images")
                             .arg(countText(static_cast<uint64_t>(count())),
                                  countText(static_cast<uint64_t>(samples_)));
  return words + images +
         (pending_ ? tr(" · looking again … %1").arg(percent(progress)) : QString());
}

QString WallArrangement::orderWords(const ViewState& state, int64_t layer, double progress) const {
  if (state.wallOrder() == WallOrder::Recorded) {
    return {};
  }
  if (!problem_.isEmpty()) {
    return tr("order: as recorded, because %1").arg(problem_);
  }
  if (!failure_.isEmpty()) {
    return tr("order not made: %1").arg(failure_);
  }
  if (pending_) {
    return tr("ordering … %1").arg(percent(progress));
  }
  const QString of = state.filter().isEmpty() ? QString() : tr("matching ");
  switch (state.wallOrder()) {
    case WallOrder::Word:
      return tr("order: captions with “%1” first (%2 images)")
          .arg(state.orderWord().trimmed(), countText(static_cast<uint64_t>(word_images_)));
    case WallOrder::ExpertShare:
      return tr("order: share of an image’s %1patches that choose %2, largest first")
          .arg(of, expertTitle(state, layer, state.selectedExpert().value_or(0)));
    case WallOrder::Entropy:
      return tr("order: mean entropy of an image’s %1patches, largest first").arg(of);
    case WallOrder::Dropped:
      return tr("order: dropped %1patches of an image, most first").arg(of);
    case WallOrder::Recorded:
      break;
  }
  return {};
}

}  // namespace limoe::gui
