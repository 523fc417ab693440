// Pieces of a recording that were read, as many as fit into a number of bytes; those that were used
// last stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

namespace limoe::gui {

/// Choices are decisions without gates and what else only some views look at.
enum class PieceKind { Sample, Choices, Decisions, Summary };
/// Kind, snapshot, layer, sample; 0 where it has no meaning.
using PieceKey = std::tuple<PieceKind, int64_t, int64_t, int64_t>;

struct Piece {
  std::shared_ptr<const void> content;
  std::size_t bytes = 0;
};

class PieceCache {
 public:
  explicit PieceCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// nullptr where it is not held.
  std::shared_ptr<const void> find(const PieceKey& key);
  /// Replaces what was held under that key. The newest piece is always kept.
  void put(const PieceKey& key, Piece piece);
  void forget(const std::function<bool(const PieceKey&)>& which);

 private:
  using Pieces = std::list<std::pair<PieceKey, Piece>>;
  void drop(Pieces::iterator piece);

  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  Pieces pieces_;  ///< the one used last is the first
  std::map<PieceKey, Pieces::iterator> places_;
};

}  // namespace limoe::gui
