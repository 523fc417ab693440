#include "gui/runs/piece_cache.h"

#include <iterator>

namespace limoe::gui {

std::shared_ptr<const void> PieceCache::find(const PieceKey& key) {
  const auto place = places_.find(key);
  if (place == places_.end()) {
    return nullptr;
  }
  pieces_.splice(pieces_.begin(), pieces_, place->second);
  return place->second->second.content;
}

void PieceCache::put(const PieceKey& key, Piece piece) {
  if (const auto place = places_.find(key); place != places_.end()) {
    drop(place->second);
  }
  bytes_ += piece.bytes;
  pieces_.emplace_front(key, std::move(piece));
  places_[key] = pieces_.begin();
  while (bytes_ > most_bytes_ && pieces_.size() > 1) {
    drop(std::prev(pieces_.end()));
  }
}

void PieceCache::forget(const std::function<bool(const PieceKey&)>& which) {
  for (auto piece = pieces_.begin(); piece != pieces_.end();) {
    const auto next = std::next(piece);
    if (which(piece->first)) {
      drop(piece);
    }
    piece = next;
  }
}

void PieceCache::drop(Pieces::iterator piece) {
  bytes_ -= piece->second.bytes;
  places_.erase(piece->first);
  pieces_.erase(piece);
}

}  // namespace limoe::gui
