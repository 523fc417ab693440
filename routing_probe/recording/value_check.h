// Whether recorded values can be true: the rules that every recording keeps, whatever it is of.
//
// Internal to routing_recording.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "routing_probe/recording/recording.h"

namespace limoe::probe {

/// What the decisions of one layer add up to.
struct LayerCounts {
  std::vector<uint32_t> tokens;        ///< [2, E] kept choices by modality and expert
  std::vector<uint32_t> label_tokens;  ///< [E, labels] kept image choices by label
};

/// The first fault of a step's row in words; nothing where there is none.
std::optional<std::string> faultOf(const Layout& layout, const StepRow& row);

class LayerRules {
 public:
  /// `is_token`: [N, T] which text positions hold a token. `labels`: [N, P], or empty.
  LayerRules(const Layout& layout, int64_t group_pairs, std::vector<bool> is_token,
             std::vector<uint16_t> labels);

  /// The first fault of a layer (over all samples) in words; nothing where there is none. Without
  /// a fault `counts` has what the layer adds up to.
  std::optional<std::string> faultOf(const LayerSlice& layer, LayerCounts& counts) const;

 private:
  std::optional<std::string> faultOf(const Decisions& decisions, int modality) const;
  std::optional<std::string> choicesFault(const Decisions& decisions, int64_t token,
                                          bool none) const;
  std::optional<std::string> orderFault(const LayerSlice& layer) const;
  bool isToken(int modality, int64_t token) const {
    return modality == kImage || is_token_[static_cast<size_t>(token)];
  }
  void count(const Decisions& decisions, int modality, LayerCounts& counts) const;

  const Layout& layout_;
  int64_t group_pairs_;
  std::vector<bool> is_token_;
  std::vector<uint16_t> labels_;
};

/// Indices of the longest ascending subsequence of `values`; of equal ones all count, or one where
/// `strictly`. What a few flipped bytes did to an ascending sequence is left out.
template <typename T>
std::vector<size_t> longestAscending(const std::vector<T>& values, bool strictly);

/// Indices of the step numbers that are right, given the rows in which they are. A run records
/// every step, so a step is ahead of its row by the same number everywhere. `gaps`: but for rows
/// that were left out, which a repair does; taken as given where few rows agree.
std::vector<size_t> soundSteps(const std::vector<int64_t>& rows, const std::vector<int64_t>& steps,
                               bool gaps);

/// The same of snapshots, which may be any distance apart: as many as ascend and, where one of two
/// must be wrong, the one that lies more evenly between its neighbours.
std::vector<size_t> soundSnapshots(const std::vector<int64_t>& rows,
                                   const std::vector<int64_t>& steps);

/// "3", "3–7, 12, 20–25": `numbers` ascend; gaps of `step` count as none.
std::string rangesText(const std::vector<int64_t>& numbers, int64_t step = 1);

/// Collects places by reason, so that one line tells all of a kind.
class Losses {
 public:
  void add(const std::string& reason, int64_t number) { places_[reason].insert(number); }
  bool none() const { return places_.empty(); }
  void tell(const std::string& what, std::vector<std::string>& into) const;

 private:
  std::map<std::string, std::set<int64_t>> places_;
};

/// Text with every byte that is not UTF-8 replaced by '?'.
std::string validUtf8(const std::string& text);

}  // namespace limoe::probe
