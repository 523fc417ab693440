// Which tokens of the probe count: what wall, galleries and charts show while a filter is set.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "gui/view/run_source.h"

namespace limoe::gui {

/// All that are set must hold. A token is dropped when its first choice had no room; "expert" means
/// first choice too. A label is a patch's: with one, words do not match.
struct TokenFilter {
  QString word;                      ///< whole word of the caption, any case; empty: any
  std::optional<int64_t> label;      ///< index into Layout::label_names
  std::optional<int64_t> expert;     ///< first choice in the layer looked at
  bool dropped = false;              ///< only dropped ones
  std::optional<double> gate_below;  ///< gate of the first choice, 0 … 1

  bool operator==(const TokenFilter&) const = default;
  bool isEmpty() const { return *this == TokenFilter(); }
  /// Whether it looks at where tokens were routed to: at the expert, at what was dropped, at gates.
  bool needsRouting() const { return expert || dropped || gate_below; }
  /// Whether it looks at captions or labels.
  bool needsTexts() const { return !word.trimmed().isEmpty() || label; }
  TokenFilter ofTexts() const { return {word, label, {}, false, {}}; }  ///< word and label alone
};

/// "caption has “car” · patches of sky · expert 3 · dropped · gate < 0.5"; empty for no filter.
QString inWords(const TokenFilter& filter, const probe::Layout& layout);

/// Whether the caption has the word (letters and digits to the left and right end it); true for no
/// word.
bool captionHas(const QString& caption, const QString& word);

/// Applies a filter to the samples of a slice. Both must stay alive.
class TokenMatcher {
 public:
  /// `probe` holds the samples of `slice`, from the same first one on (images are not needed).
  TokenMatcher(const TokenFilter& filter, const probe::Layout& layout, const probe::ProbeSet& probe,
               const probe::LayerSlice& slice);

  /// `index` counts samples from the slice's first; `position` is a patch or a place in the text.
  /// False for what is no token in this layer (padding, the other tower's).
  bool matches(int64_t index, int modality, int64_t position) const;

 private:
  const TokenFilter& filter_;
  const probe::Layout& layout_;
  const probe::ProbeSet& probe_;
  const probe::LayerSlice& slice_;
  std::vector<bool> caption_matches_;  ///< [n]
};

}  // namespace limoe::gui
