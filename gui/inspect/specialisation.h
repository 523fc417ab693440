// Measures of how an MoE layer divides its tokens among its experts, from counts of kept choices.
// Pure functions; all logarithms are natural.
//
// Axis letters: E experts · K choices per token · P patches.
#pragma once

#include <QString>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gui/inspect/layer_digest.h"

namespace limoe::gui {

/// How often each row (an expert) met each column (a label, a place, a modality …).
struct CountTable {
  CountTable() = default;
  CountTable(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), counts(row_count * column_count) {}

  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<uint64_t> counts;  ///< [rows, columns]

  uint64_t& at(std::size_t row, std::size_t column) { return counts[row * columns + column]; }
  uint64_t at(std::size_t row, std::size_t column) const { return counts[row * columns + column]; }
  std::vector<uint64_t> rowSums() const;
  std::vector<uint64_t> columnSums() const;
  uint64_t total() const;
};

/// −Σ p·ln p with p = count / sum; NaN where nothing was counted.
double entropyOf(std::span<const uint64_t> counts);

/// exp(entropyOf(counts)): as many equally loaded experts would have this entropy.
double effectiveNumber(std::span<const uint64_t> counts);

/// Rows with nothing in them, of experts: those that process no token.
std::size_t emptyOf(std::span<const uint64_t> counts);

/// What the row tells about the column.
struct Information {
  double nats = 0;  ///< Σ p(r,c)·ln(p(r,c) / (p(r)·p(c))); NaN where nothing was counted
  double column_entropy = 0;  ///< H(column): what there is to know; NaN likewise
  double share = 0;           ///< nats / H(column); NaN where there is nothing to know
  /// (R−1)·(C−1) / 2n, R and C the rows and columns that occur: about what `nats` would be on
  /// average if n tokens were spread independently (Miller 1955; half the mean of the G statistic).
  double by_chance = 0;
};
Information information(const CountTable& table);

// Tables [E, …] of a digest: kept choices of the tokens that match its filter.
CountTable labelTable(const LayerDigest& digest);     ///< of patches, by label
CountTable positionTable(const LayerDigest& digest);  ///< of patches, by place (P)
CountTable pieceTable(const LayerDigest& digest);     ///< of text tokens, by word piece
CountTable modalityTable(const LayerDigest& digest);  ///< by modality (2)
/// Of patches, by word of their image's caption: a patch is counted once for every word.
CountTable wordTable(const LayerDigest& digest);

/// One line of the table of measures.
struct Measure {
  enum class Unit { Nats, Percent, Number, Count };
  enum Column { kImage, kText, kBoth, kColumns };

  QString name;
  Unit unit = Unit::Nats;
  std::array<double, kColumns> values{};  ///< NaN: see `notes`
  std::array<QString, kColumns> notes;    ///< why there is no value
  QString definition;                     ///< in words
  QString formula;
};

/// All measures of a layer, in a fixed order.
std::vector<Measure> layerMeasures(const LayerDigest& digest);

}  // namespace limoe::gui
