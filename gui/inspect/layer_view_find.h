// What the columns of the heat map are made of, what is found among them by name, and which expert
// takes most of it in each layer. Values only, no widgets.
//
// Axis letters: E experts · L MoE layers.
#pragma once

#include <QString>
#include <QStringList>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gui/inspect/layer_digest.h"

namespace limoe::gui {

/// What the columns of experts × kinds are.
enum class MapKind {
  Labels,  ///< patches by label
  Pieces,  ///< text tokens by word piece
  Words    ///< patches by word of their image's caption
};

/// A word piece as it is written: "car" begins a word, "…s" goes on with one; "," is itself, and
/// "▁," the same after a space.
QString pieceTitle(const std::string& piece);

/// Kept choices of a layer by kind.
struct KindCounts {
  KindCounts() = default;
  KindCounts(const LayerDigest& digest, const probe::Layout& layout, MapKind the_kind);

  MapKind kind = MapKind::Labels;
  QStringList titles;                ///< [kinds]
  std::vector<uint64_t> totals;      ///< [kinds] in the layer
  std::vector<uint64_t> row_totals;  ///< [E] of kinds that do not overlap; of words: all patches
  uint64_t total = 0;                ///< sum of row_totals

  std::size_t occurring() const;
  /// The `most` most frequent of those that occur (all: of `among`), most frequent first.
  std::vector<std::size_t> mostFrequent(std::size_t most) const;
  std::vector<std::size_t> mostFrequent(std::size_t most, std::vector<std::size_t> among) const;
};

/// Kept choices of one kind that an expert has.
uint64_t countOf(const LayerDigest& digest, MapKind kind, std::size_t expert, std::size_t index);

/// What was looked for by name: kinds in the order of their names in the text, and names that
/// neither are a kind nor begin one.
struct Found {
  std::vector<std::size_t> kinds;
  std::size_t all = 0;  ///< before the most frequent ones were taken
  QStringList missing;
};

/// Names with commas or spaces between them ("CAFE, BOOKS TEA"; a label of two words ends with a
/// comma), in any case. A name that is not there finds those that begin with it. At most `most`.
Found findKinds(const KindCounts& counts, const QString& names, std::size_t most);

/// Whether any of the names is there, kept or not.
bool isNamed(const KindCounts& counts, const QString& names);

/// Where any of the names can be found: text tokens, caption words, then labels.
std::optional<MapKind> kindWith(const LayerDigest& digest, const probe::Layout& layout,
                                const QString& names);

/// Some kinds by what they are in every layer: labels by index, pieces and words as recorded.
struct KindNames {
  MapKind kind = MapKind::Labels;
  std::vector<std::size_t> labels;
  std::vector<std::string> pieces;
  std::vector<QString> words;
  bool operator==(const KindNames&) const = default;
};
/// `kinds`: indices into the digest's.
KindNames namesOf(const LayerDigest& digest, MapKind kind, const std::vector<std::size_t>& kinds);

/// The expert of a layer that takes most of some kinds together.
struct LayerBest {
  int64_t expert = -1;  ///< −1: none was kept
  uint64_t count = 0, of = 0;
  std::vector<int64_t> equals;  ///< other experts that take as many
  /// Its share of these kinds / its share of all kinds; NaN where that is nothing.
  double times_chance = 0;
};

/// The first of equal experts.
LayerBest bestExpert(const LayerDigest& digest, const KindNames& names);

/// What bestExpert() needs of a digest, whatever the number of samples.
std::shared_ptr<const LayerDigest> kindsAlone(const LayerDigest& digest);

/// 95 % Wilson score interval of a share of which `count` of `of` were counted.
std::pair<double, double> wilsonInterval(uint64_t count, uint64_t of);

}  // namespace limoe::gui
