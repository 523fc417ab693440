// Which expert of one run does the work of which expert of another: an optimal assignment on the
// tokens that both process, and how good it is. Pure functions over numbers.
//
// Axis letters: A experts of the reference · B experts of the other run · N tokens in common.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gui/inspect/specialisation.h"

namespace limoe::gui {

/// [rows] the column of each row so that the sum of the chosen counts is largest, no column taken
/// twice; as many rows have one as there are rows and columns to pair, the others have none.
/// Hungarian method with potentials (Kuhn 1955; Jonker & Volgenant 1987), O(rows² · columns) for
/// rows ≤ columns, and the same transposed.
std::vector<std::optional<std::size_t>> bestAssignment(const CountTable& counts);

/// Two experts that are taken for one another.
struct ExpertPair {
  int64_t a = 0;
  int64_t b = 0;
  uint64_t both = 0;  ///< tokens that a processes in the one run and b in the other
  uint64_t of_a = 0;  ///< tokens in common that a processes
  uint64_t of_b = 0;

  double jaccard() const;  ///< both / (of_a + of_b − both)
  double f1() const;       ///< 2 · both / (of_a + of_b)
};

struct ExpertMatch {
  int64_t experts_a = 0, experts_b = 0;
  uint64_t tokens = 0;            ///< N, all counts together
  std::vector<ExpertPair> pairs;  ///< by a, ascending; none that has no token in common
  std::vector<int64_t> unmatched_a, unmatched_b;
  /// Share of the tokens that lie in pairs: Σ both / N. NaN without tokens, as what follows.
  double quality = 0;
  /// What that share would be on average if, with the loads as they are, the two runs routed
  /// independently of one another and the pairs were these: Σ of_a · of_b / N². (The best pairs of
  /// independent routings are chosen after the fact and lie a little above it; for N tokens by less
  /// than about √(E / N).)
  double by_chance = 0;
  /// (quality − by_chance) / (1 − by_chance): 1 for permuted copies, about 0 for unrelated runs.
  /// NaN where chance alone gives 1.
  double beyond_chance = 0;

  /// The expert that b stands for, and back; nullopt where it has no partner.
  std::optional<int64_t> partnerOfB(int64_t b) const;
  std::optional<int64_t> partnerOfA(int64_t a) const;
};

/// `counts` [A, B]: tokens by their experts in the two runs.
ExpertMatch matchExperts(const CountTable& counts);

/// Shares as above of other tokens (of one modality), for pairs that were found with all.
struct MatchShare {
  uint64_t tokens = 0;
  uint64_t agree = 0;    ///< in pairs
  double share() const;  ///< agree / tokens; NaN without tokens
};
MatchShare shareInPairs(const CountTable& counts, const ExpertMatch& match);

}  // namespace limoe::gui
