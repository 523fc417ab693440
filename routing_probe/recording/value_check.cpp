#include "routing_probe/recording/value_check.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace limoe::probe {
namespace {

// Halves round gates up to this much; probabilities are floats.
constexpr float kHalfRounding = 1e-3f;
constexpr float kEntropyRounding = 1e-3f;
constexpr double kLongestRun = 1e10;  ///< seconds, more than 300 years

std::string tokenName(const Layout& layout, int modality, int64_t token) {
  const int64_t units = modality == kImage ? layout.patches() : layout.text_length;
  return (modality == kImage ? "patch " : "text position ") + std::to_string(token % units) +
         " of sample " + std::to_string(token / units);
}

}  // namespace

std::optional<std::string> faultOf(const Layout& layout, const StepRow& row) {
  if (!(row.wall >= 0 && row.wall <= kLongestRun)) {
    return "its wall time cannot be right";
  }
  for (size_t i = 0; i < row.kept.size(); ++i) {
    if (row.kept[i] > row.chosen[i]) {
      return "more choices are kept than were made";
    }
  }
  const auto most =
      std::log(static_cast<float>(std::max<int64_t>(1, layout.experts))) + kEntropyRounding;
  for (const float entropy : row.entropy) {
    if (!std::isnan(entropy) && !(entropy >= -kEntropyRounding && entropy <= most)) {
      return "an entropy is outside 0 … log E";
    }
  }
  return std::nullopt;
}

LayerRules::LayerRules(const Layout& layout, int64_t group_pairs, std::vector<bool> is_token,
                       std::vector<uint16_t> labels)
    : layout_(layout),
      group_pairs_(group_pairs > 0 ? group_pairs : layout.samples),
      is_token_(std::move(is_token)),
      labels_(std::move(labels)) {}

std::optional<std::string> LayerRules::faultOf(const LayerSlice& layer, LayerCounts& counts) const {
  for (const int modality : {kImage, kText}) {
    if (auto fault = faultOf(modality == kImage ? layer.image : layer.text, modality)) {
      return fault;
    }
  }
  const auto routes = [](const Decisions& decisions) {
    return std::any_of(decisions.expert.begin(), decisions.expert.end(),
                       [](uint16_t expert) { return expert != kNoExpert; });
  };
  if (!routes(layer.image) && !routes(layer.text)) {
    return "it routes no token";
  }
  if (auto fault = orderFault(layer)) {
    return fault;
  }
  const auto experts = static_cast<size_t>(layout_.experts);
  counts.tokens.assign(2 * experts, 0);
  counts.label_tokens.assign(experts * layout_.label_names.size(), 0);
  count(layer.image, kImage, counts);
  count(layer.text, kText, counts);
  return std::nullopt;
}

/// In a layer of one tower the other modality has no expert at all.
std::optional<std::string> LayerRules::faultOf(const Decisions& decisions, int modality) const {
  const bool elsewhere = std::all_of(decisions.expert.begin(), decisions.expert.end(),
                                     [](uint16_t expert) { return expert == kNoExpert; });
  const auto tokens = static_cast<int64_t>(decisions.runner_up.size());
  for (int64_t token = 0; token < tokens; ++token) {
    const bool none = elsewhere || !isToken(modality, token);
    if (auto fault = choicesFault(decisions, token, none)) {
      return tokenName(layout_, modality, token) + " " + *fault;
    }
  }
  return std::nullopt;
}

std::optional<std::string> LayerRules::choicesFault(const Decisions& d, int64_t token,
                                                    bool none) const {
  const auto k = static_cast<size_t>(layout_.top_k);
  const auto first = static_cast<size_t>(token) * k;
  const auto at = static_cast<size_t>(token);
  const bool all_chosen = layout_.top_k == layout_.experts;
  for (size_t i = first; i < first + k; ++i) {
    if (none ? d.expert[i] != kNoExpert : d.expert[i] >= layout_.experts) {
      return d.expert[i] == kNoExpert ? "has no expert"
             : none                   ? "has an expert, but no token"
                                      : "has expert " + std::to_string(d.expert[i]) + " of " +
                          std::to_string(layout_.experts);
    }
    if (!(d.gate[i] >= 0 && d.gate[i] <= 1) || (none && d.gate[i] != 0) ||
        (i > first && d.gate[i] > d.gate[i - 1])) {
      return "has a gate that is outside 0 … 1 or larger than the choice's before";
    }
    if (d.kept[i] > (none ? 0 : 1)) {
      return "has a kept value other than 0 and 1";
    }
    for (size_t j = first; !none && j < i; ++j) {
      if (d.expert[j] == d.expert[i]) {
        return "has one expert twice";
      }
    }
  }
  const uint16_t runner_up = d.runner_up[at];
  const auto chosen = d.expert.begin() + static_cast<std::ptrdiff_t>(first);
  if (none || all_chosen
          ? runner_up != kNoExpert
          : runner_up >= layout_.experts ||
                std::find(chosen, chosen + layout_.top_k, runner_up) != chosen + layout_.top_k) {
    return "has a runner-up that cannot be";
  }
  if (!(d.margin[at] >= 0 && d.margin[at] <= d.gate[first + k - 1] + kHalfRounding) ||
      (none && d.margin[at] != 0)) {
    return "has a margin outside 0 … its gate";
  }
  if (!d.probability.empty() && !none) {
    const float* p = d.probability.data() + at * static_cast<size_t>(layout_.experts);
    float sum = 0;
    for (int64_t e = 0; e < layout_.experts; ++e) {
      if (!(p[e] >= 0 && p[e] <= 1)) {
        return "has a probability outside 0 … 1";
      }
      sum += p[e];
    }
    if (sum > 1 + kHalfRounding) {
      return "has probabilities that sum above 1";
    }
  }
  return std::nullopt;
}

/// The routed tokens of a group have the places 0, 1, … in some order. The last group, where the
/// probe does not fill it, was routed with samples outside the probe, so its places have gaps.
std::optional<std::string> LayerRules::orderFault(const LayerSlice& layer) const {
  const int64_t patches = layout_.patches();
  const int64_t width = patches + layout_.text_length;
  const auto k = static_cast<size_t>(layout_.top_k);
  const auto routed = [&](int64_t n, int64_t u) {
    const size_t token =
        static_cast<size_t>(u < patches ? n * patches + u : n * layout_.text_length + u - patches);
    return (u < patches ? layer.image : layer.text).expert[token * k] != kNoExpert;
  };
  for (int64_t first = 0; first < layout_.samples; first += group_pairs_) {
    const int64_t end = std::min(layout_.samples, first + group_pairs_);
    std::vector<uint32_t> places;
    for (int64_t n = first; n < end; ++n) {
      for (int64_t u = 0; u < width; ++u) {
        const uint32_t place = layer.order[static_cast<size_t>(n * width + u)];
        if (routed(n, u)) {
          places.push_back(place);
        } else if (place != UINT32_MAX) {
          return "a position of sample " + std::to_string(n) + " is in the order, but not routed";
        }
      }
    }
    std::sort(places.begin(), places.end());
    const bool whole = first + group_pairs_ <= layout_.samples;
    const auto limit = static_cast<uint64_t>(group_pairs_) * static_cast<uint64_t>(width);
    const bool distinct = std::adjacent_find(places.begin(), places.end()) == places.end();
    if (!distinct || (!places.empty() && places.back() >= (whole ? places.size() : limit))) {
      return "the order is no order in the group of samples from " + std::to_string(first) + " on";
    }
  }
  return std::nullopt;
}

void LayerRules::count(const Decisions& decisions, int modality, LayerCounts& counts) const {
  const auto k = static_cast<size_t>(layout_.top_k);
  const auto experts = static_cast<size_t>(layout_.experts);
  const size_t labels = layout_.label_names.size();
  for (size_t i = 0; i < decisions.kept.size(); ++i) {
    if (decisions.kept[i] == 0) {
      continue;
    }
    const size_t expert = decisions.expert[i];
    ++counts.tokens[static_cast<size_t>(modality) * experts + expert];
    if (modality == kImage && !labels_.empty() && labels_[i / k] < labels) {
      ++counts.label_tokens[expert * labels + labels_[i / k]];
    }
  }
}

template <typename T>
std::vector<size_t> longestAscending(const std::vector<T>& values, bool strictly) {
  std::vector<size_t> ends;                             // by length, the index with the least value
  std::vector<size_t> before(values.size(), SIZE_MAX);  // in the subsequence
  for (size_t i = 0; i < values.size(); ++i) {
    const auto place = std::partition_point(ends.begin(), ends.end(), [&](size_t end) {
      return strictly ? values[end] < values[i] : values[end] <= values[i];
    });
    before[i] = place == ends.begin() ? SIZE_MAX : *(place - 1);
    if (place == ends.end()) {
      ends.push_back(i);
    } else if (values[i] < values[*place]) {
      *place = i;
    }
  }
  std::vector<size_t> result;
  for (size_t i = ends.empty() ? SIZE_MAX : ends.back(); i != SIZE_MAX; i = before[i]) {
    result.push_back(i);
  }
  std::reverse(result.begin(), result.end());
  return result;
}

template std::vector<size_t> longestAscending(const std::vector<int64_t>&, bool);
template std::vector<size_t> longestAscending(const std::vector<double>&, bool);

std::vector<size_t> soundSteps(const std::vector<int64_t>& rows, const std::vector<int64_t>& steps,
                               bool gaps) {
  std::vector<int64_t> ahead(rows.size());  // of its row
  std::map<int64_t, size_t> times;
  for (size_t i = 0; i < rows.size(); ++i) {
    ahead[i] = steps[i] - rows[i];
    ++times[ahead[i]];
  }
  const auto commonest = std::max_element(
      times.begin(), times.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (gaps || times.empty() || commonest->second * 2 <= rows.size()) {
    return longestAscending(ahead, false);  // a gap moves every later step ahead, never back
  }
  std::vector<size_t> result;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (ahead[i] == commonest->first) {
      result.push_back(i);
    }
  }
  return result;
}

std::vector<size_t> soundSnapshots(const std::vector<int64_t>& rows,
                                   const std::vector<int64_t>& steps) {
  std::vector<size_t> sound = longestAscending(steps, true);
  const auto slope = [&](size_t from, size_t to) {
    return static_cast<double>(steps[to] - steps[from]) /
           static_cast<double>(rows[to] - rows[from]);
  };
  // How unevenly the snapshots lie around `i` in place of sound[at].
  const auto unevenness = [&](size_t at, size_t i) {
    const bool first = at == 0;
    const bool last = at + 1 == sound.size();
    const double before = !first                  ? slope(sound[at - 1], i)
                          : at + 2 < sound.size() ? slope(sound[at + 1], sound[at + 2])
                                                  : 0;
    const double after = !last     ? slope(i, sound[at + 1])
                         : at >= 2 ? slope(sound[at - 2], sound[at - 1])
                                   : 0;
    return std::abs(before - after);
  };
  for (size_t at = 0; at < sound.size() && sound.size() > 2; ++at) {
    const bool last = at + 1 == sound.size();
    const size_t begin = at == 0 ? 0 : sound[at - 1] + 1;
    const size_t end = last ? steps.size() : sound[at + 1];
    size_t best = sound[at];
    for (size_t i = begin; i < end; ++i) {
      const bool between =
          (at == 0 || steps[i] > steps[sound[at - 1]]) && (last || steps[i] < steps[sound[at + 1]]);
      best = between && unevenness(at, i) < unevenness(at, best) ? i : best;
    }
    sound[at] = best;
  }
  return sound;
}

std::string rangesText(const std::vector<int64_t>& numbers, int64_t step) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] <= numbers[last] + step) {
      ++last;
    }
    text += (text.empty() ? "" : ", ") + std::to_string(numbers[i]);
    if (last > i) {
      text += "–" + std::to_string(numbers[last]);
    }
    i = last + 1;
  }
  return text;
}

void Losses::tell(const std::string& what, std::vector<std::string>& into) const {
  for (const auto& [reason, numbers] : places_) {
    into.push_back(what + " " + rangesText({numbers.begin(), numbers.end()}) + ": " + reason);
  }
}

std::string validUtf8(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t length = byte < 0x80                   ? 1
                          : byte >= 0xc2 && byte < 0xe0 ? 2
                          : byte >= 0xe0 && byte < 0xf0 ? 3
                          : byte >= 0xf0 && byte < 0xf5 ? 4
                                                        : 0;
    bool good = length > 0 && i + length <= text.size();
    for (size_t j = 1; good && j < length; ++j) {
      good = (static_cast<unsigned char>(text[i + j]) & 0xc0u) == 0x80u;
    }
    if (good && length > 2) {  // neither overlong nor a surrogate nor above U+10FFFF
      const auto second = static_cast<unsigned char>(text[i + 1]);
      good = !(byte == 0xe0 && second < 0xa0) && !(byte == 0xed && second >= 0xa0) &&
             !(byte == 0xf0 && second < 0x90) && !(byte == 0xf4 && second >= 0x90);
    }
    result += good ? text.substr(i, length) : "?";
    i += good ? length : 1;
  }
  return result;
}

}  // namespace limoe::probe
