#include "gui/compare/expert_matching.h"

#include <algorithm>
#include <limits>

namespace limoe::gui {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Rows ≤ columns. [columns] the row of each column, counted from 1; 0: none.
std::vector<std::size_t> assign(const CountTable& counts) {
  const std::size_t rows = counts.rows;
  const std::size_t columns = counts.columns;
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max() / 4;
  // Row 0 and column 0 stand for "none yet"; costs are negative counts, as the method minimises.
  std::vector<int64_t> row_potential(rows + 1), column_potential(columns + 1);
  std::vector<std::size_t> row_of(columns + 1), before(columns + 1);
  for (std::size_t row = 1; row <= rows; ++row) {
    row_of[0] = row;
    std::size_t column = 0;
    std::vector<int64_t> least(columns + 1, kFar);
    std::vector<bool> used(columns + 1);
    while (row_of[column] != 0) {  // a path of changes that ends at a free column
      used[column] = true;
      const std::size_t from = row_of[column];
      int64_t delta = kFar;
      std::size_t next = 0;
      for (std::size_t c = 1; c <= columns; ++c) {
        if (used[c]) {
          continue;
        }
        const int64_t cost = -static_cast<int64_t>(counts.at(from - 1, c - 1)) -
                             row_potential[from] - column_potential[c];
        if (cost < least[c]) {
          least[c] = cost;
          before[c] = column;
        }
        if (least[c] < delta) {
          delta = least[c];
          next = c;
        }
      }
      for (std::size_t c = 0; c <= columns; ++c) {
        if (used[c]) {
          row_potential[row_of[c]] += delta;
          column_potential[c] -= delta;
        } else {
          least[c] -= delta;
        }
      }
      column = next;
    }
    while (column != 0) {
      row_of[column] = row_of[before[column]];
      column = before[column];
    }
  }
  row_of.erase(row_of.begin());
  return row_of;
}

CountTable transposed(const CountTable& counts) {
  CountTable result(counts.columns, counts.rows);
  for (std::size_t r = 0; r < counts.rows; ++r) {
    for (std::size_t c = 0; c < counts.columns; ++c) {
      result.at(c, r) = counts.at(r, c);
    }
  }
  return result;
}

double part(uint64_t of, uint64_t all) {
  return all > 0 ? static_cast<double>(of) / static_cast<double>(all) : kNone;
}

}  // namespace

std::vector<std::optional<std::size_t>> bestAssignment(const CountTable& counts) {
  std::vector<std::optional<std::size_t>> column_of(counts.rows);
  const bool wide = counts.rows <= counts.columns;
  const auto partners = assign(wide ? counts : transposed(counts));
  for (std::size_t i = 0; i < partners.size(); ++i) {
    if (partners[i] != 0) {
      column_of[wide ? partners[i] - 1 : i] = wide ? i : partners[i] - 1;
    }
  }
  return column_of;
}

double ExpertPair::jaccard() const {
  return part(both, of_a + of_b - both);
}

double ExpertPair::f1() const {
  return part(2 * both, of_a + of_b);
}

std::optional<int64_t> ExpertMatch::partnerOfB(int64_t b) const {
  const auto found = std::ranges::find(pairs, b, &ExpertPair::b);
  return found == pairs.end() ? std::nullopt : std::optional(found->a);
}

std::optional<int64_t> ExpertMatch::partnerOfA(int64_t a) const {
  const auto found = std::ranges::find(pairs, a, &ExpertPair::a);
  return found == pairs.end() ? std::nullopt : std::optional(found->b);
}

ExpertMatch matchExperts(const CountTable& counts) {
  ExpertMatch match;
  match.experts_a = static_cast<int64_t>(counts.rows);
  match.experts_b = static_cast<int64_t>(counts.columns);
  match.tokens = counts.total();
  const auto of_a = counts.rowSums();
  const auto of_b = counts.columnSums();
  const auto column_of = bestAssignment(counts);
  const auto all = static_cast<double>(match.tokens);
  uint64_t together = 0;
  double chance = 0;
  for (std::size_t a = 0; a < counts.rows; ++a) {
    const uint64_t both = column_of[a] ? counts.at(a, *column_of[a]) : 0;
    if (both == 0) {
      match.unmatched_a.push_back(static_cast<int64_t>(a));
      continue;
    }
    const std::size_t b = *column_of[a];
    match.pairs.push_back(
        {static_cast<int64_t>(a), static_cast<int64_t>(b), both, of_a[a], of_b[b]});
    together += both;
    chance += static_cast<double>(of_a[a]) / all * static_cast<double>(of_b[b]) / all;
  }
  for (int64_t b = 0; b < match.experts_b; ++b) {
    if (!match.partnerOfB(b)) {
      match.unmatched_b.push_back(b);
    }
  }
  match.quality = part(together, match.tokens);
  match.by_chance = match.tokens > 0 ? chance : kNone;
  match.beyond_chance = chance < 1 ? (match.quality - chance) / (1 - chance) : kNone;
  return match;
}

double MatchShare::share() const {
  return part(agree, tokens);
}

MatchShare shareInPairs(const CountTable& counts, const ExpertMatch& match) {
  MatchShare share{counts.total(), 0};
  for (const ExpertPair& pair : match.pairs) {
    share.agree += counts.at(static_cast<std::size_t>(pair.a), static_cast<std::size_t>(pair.b));
  }
  return share;
}

}  // namespace limoe::gui
