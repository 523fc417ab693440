// Where one token went: its decision in a layer, and the decisions of a layer over the recorded
// steps. Values only.
//
// Axis letters: E experts · K choices per token.
#pragma once

#include <QString>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// One token in one layer of one snapshot, as recorded.
struct TokenDecision {
  struct Choice {
    uint16_t expert = probe::kNoExpert;
    float gate = 0;
    bool kept = false;
  };
  std::vector<Choice> choices;  ///< [K]; empty: not routed in this layer
  uint16_t runner_up = probe::kNoExpert;
  double runner_up_probability = 0;  ///< last gate − margin, not below 0
  std::vector<float> probabilities;  ///< [E]; empty: not recorded

  bool isRouted() const { return !choices.empty(); }
};

/// `slice` holds the token's sample; otherwise the decision is "not routed".
TokenDecision decisionOf(const probe::Layout& layout, const probe::LayerSlice& slice,
                         const TokenRef& token);

/// First choices of one token in one layer over the recorded steps.
struct TokenHistory {
  struct Entry {
    int64_t step = 0;
    uint16_t expert = probe::kNoExpert;  ///< first choice
    float gate = 0;
    bool kept = false;
  };
  std::vector<Entry> entries;  ///< by snapshot, from the first one on

  int64_t size() const { return std::ssize(entries); }
  /// Whether the first choice of snapshot s is another than that of snapshot s − 1.
  bool flipsAt(int64_t snapshot) const;
  /// Flips among the snapshots up to and with `last`.
  int64_t flipsUpTo(int64_t last) const;
  /// The first snapshot from which on the first choice is the same up to the newest one; −1 where
  /// there is none.
  int64_t settledSince() const;
};

/// What is written under the strip: where it settled, how often it flipped, and how often up to
/// `shown`, where that is not the newest. `title` names an expert.
QString inWords(const TokenHistory& history, int64_t shown,
                const std::function<QString(int64_t expert)>& title);
/// "e6 → e0 at step 200, e0 → e3 at step 300": the last `most` flips; empty where there is none.
QString changesInWords(const TokenHistory& history, int64_t most,
                       const std::function<QString(int64_t expert)>& title);
/// The definitions of "settled" and "flip" that inWords() uses.
QString historyDefinition();

/// Some snapshots side by side, drawn one pixel wide or more.
struct HistoryColumn {
  int64_t begin = 0;                                    ///< first snapshot
  int64_t end = 0;                                      ///< one past the last
  std::vector<std::pair<uint16_t, int64_t>> snapshots;  ///< by expert, as they first appear
  int64_t flips = 0;                                    ///< snapshots here that flip
  int64_t first_flip = -1;                              ///< a snapshot; −1: none
};

/// Shares `count` snapshots out over at most `columns` columns. None is left out: flips of the
/// columns add up to those of the history. What has not been read yet has no experts.
std::vector<HistoryColumn> columnsOf(const TokenHistory& history, int64_t count, int64_t columns);

}  // namespace limoe::gui
