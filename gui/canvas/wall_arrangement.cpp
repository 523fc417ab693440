#include "gui/canvas/wall_arrangement.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "gui/view/number_text.h"
#include "gui/view/wall_order.h"

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

/// "doing … 34 %", "doing was stopped at 34 %", or why it came to nothing.
QString waitWords(const QString& doing, const QString& nothing, const Standing& wait) {
  const QString done = percentText(wait.done, 0);
  switch (wait.kind) {
    case Standing::Kind::Stopped:
      return tr("%1 was stopped at %2").arg(doing, done);
    case Standing::Kind::Failed:
      return tr("%1: %2").arg(nothing, wait.failure);
    default:
      return tr("%1 … %2").arg(doing, done);
  }
}

}  // namespace

void WallArrangement::forget() {
  *this = {};
}

std::optional<int64_t> WallArrangement::slotOf(int64_t sample) const {
  if (sample < 0 || sample >= samples_) {
    return std::nullopt;
  }
  const int64_t slot = recorded_ ? sample : slots_[static_cast<std::size_t>(sample)];
  return slot < 0 ? std::nullopt : std::optional(slot);
}

/// Why the order cannot be what is wished for; empty where it can.
QString WallArrangement::problemOf(const RunData& run) const {
  const bool by_word = wish_.order == WallOrder::Word;
  if (by_word || wish_.order == WallOrder::Recorded) {
    return by_word && wish_.word.isEmpty() ? tr("no word is given") : QString();
  }
  if (run.layout.layers == 0) {
    return tr("this order needs experts, which a dense model has not");
  }
  if (!routed_) {
    return tr("no routing is recorded yet");
  }
  if (wish_.order == WallOrder::ExpertShare &&
      (!wish_.expert || *wish_.expert >= run.layout.experts)) {
    return tr("no expert is selected");
  }
  if (wish_.order == WallOrder::Entropy && !run.layout.probabilities) {
    return tr("probabilities are not recorded, so there is no entropy");
  }
  return {};
}

/// nullptr where it is not there yet; then it is waited for.
std::shared_ptr<const LayerDigest> WallArrangement::ask(Digests& digests,
                                                        const Question& question) {
  auto digest = digests.answer(question);
  // The digests may still be those of the run before.
  if (!digest || std::ssize(digest->patches) != samples_) {
    waits_for_ = question;
    return nullptr;
  }
  return digest;
}

WallArrangement::Change WallArrangement::update(const RunData& run, const ViewState& state,
                                                int64_t snapshot, int64_t layer, Digests* digests) {
  samples_ = run.layout.samples;
  routed_ = snapshot >= 0;
  // Captions and labels are there where nothing is routed, too.
  wish_ = {state.wallOrder(), state.orderWord().trimmed(), state.selectedExpert(),
           routed_ ? state.filter() : state.filter().ofTexts(), layer};
  waits_for_.reset();
  problem_ = problemOf(run);
  if (!problem_.isEmpty()) {
    wish_.order = WallOrder::Recorded;
  }
  const bool all = wish_.filter.isEmpty();
  const bool by_word = wish_.order == WallOrder::Word;
  if (!digests || (all && wish_.order == WallOrder::Recorded)) {
    return take(std::nullopt);
  }
  // One question after the other: each new one would push the one before aside.
  std::shared_ptr<const LayerDigest> words, digest;
  if (by_word) {
    TokenFilter has_word;
    has_word.word = wish_.word;
    words = ask(*digests, Digests::textsQuestion(has_word));
  }
  if (!waits_for_ && !(all && by_word)) {
    digest = ask(*digests, routed_ ? Digests::question(snapshot, layer, wish_.filter)
                                   : Digests::textsQuestion(wish_.filter));
  }
  if (waits_for_ || (wish_ == applied_ && digest == made_of_ && words == words_of_)) {
    return Change::None;
  }
  made_of_ = digest;
  words_of_ = words;
  return take(ordered(digest.get()));
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
      const bool has_word = hasTokens(*words_of_, n);
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
                                     const Standing& wait) const {
  if (state.filter().isEmpty()) {
    return {};
  }
  QString words = tr("filter: %1 · ").arg(inWords(state.filter(), run.layout));
  const bool waits = waits_for_.has_value();
  if (waits && !(applied_.filter == wish_.filter)) {
    return words +
           waitWords(tr("looking for its images"), tr("its images could not be found"), wait);
  }
  words += tr("%1 of %2 images")
               .arg(countText(static_cast<uint64_t>(count())),
                    countText(static_cast<uint64_t>(samples_)));
  if (!routed_ && state.filter().needsRouting()) {
    words += tr(" (expert, dropped and gate not applied: nothing is routed)");
  }
  return waits ? words + tr(" · ") +
                     waitWords(tr("looking again"), tr("they could not be looked for again"), wait)
               : words;
}

QString WallArrangement::orderWords(const ViewState& state, int64_t layer,
                                    const Standing& wait) const {
  if (state.wallOrder() == WallOrder::Recorded) {
    return {};
  }
  if (!problem_.isEmpty()) {
    return tr("order: as recorded, because %1").arg(problem_);
  }
  if (waits_for_) {
    return waitWords(tr("ordering"), tr("order not made"), wait);
  }
  const QString words = tr("order: %1").arg(orderInWords(state, layer));
  return state.wallOrder() == WallOrder::Word ? words + tr(" (%1 images)").arg(word_images_)
                                              : words;
}

}  // namespace limoe::gui
