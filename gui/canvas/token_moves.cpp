#include "gui/canvas/token_moves.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace limoe::gui {
namespace {

class Mover {
 public:
  Mover(const CanvasScene& scene, int64_t slot)
      : scene_(scene), wall_(scene.geometry()), views_(scene.views()), slot_(slot) {}

  std::optional<CanvasScene::Spot> fromPatch(int64_t patch, Direction direction) const {
    const int64_t columns = layout().patch_columns;
    const int64_t column = patch % columns;
    const int64_t row = patch / columns;
    switch (direction) {
      case Direction::Left:
        return column > 0 ? at(slot_, patch - 1) : at(beside(-1), patch + columns - 1);
      case Direction::Right:
        return column + 1 < columns ? at(slot_, patch + 1) : at(beside(1), patch - column);
      case Direction::Up:
        return row > 0 ? at(slot_, patch - columns) : lowest(above(), column);
      case Direction::Down:
        break;
    }
    if (row + 1 < layout().patch_rows) {
      return at(slot_, patch + columns);
    }
    const Caption* caption = scene_.captionOf(slot_);
    if (!caption || caption->words.empty()) {
      return at(below(), column);
    }
    return word(slot_, nearest(*caption, caption->words.front().rect.top(), middleOf(column)));
  }

  std::optional<CanvasScene::Spot> fromWord(int64_t position, Direction direction) const {
    const Caption* caption = scene_.captionOf(slot_);
    if (!caption) {
      return std::nullopt;
    }
    const auto& words = caption->words;
    const auto here = std::find_if(words.begin(), words.end(),
                                   [&](const auto& w) { return w.position == position; });
    if (here == words.end()) {
      return std::nullopt;
    }
    switch (direction) {
      case Direction::Left:
        return here == words.begin() ? wordOf(beside(-1), false) : word(slot_, *(here - 1));
      case Direction::Right:
        return here + 1 == words.end() ? wordOf(beside(1), true) : word(slot_, *(here + 1));
      case Direction::Up:
        // Words are in reading order: the line above ends before this line's first.
        for (auto w = here; w != words.begin(); --w) {
          if ((w - 1)->rect.top() < here->rect.top()) {
            return word(slot_, nearest(*caption, (w - 1)->rect.top(), here->rect.center().x()));
          }
        }
        return lowest(slot_, columnAt(here->rect.center().x()));
      case Direction::Down:
        break;
    }
    for (auto w = here; w != words.end(); ++w) {
      if (w->rect.top() > here->rect.top()) {
        return word(slot_, nearest(*caption, w->rect.top(), here->rect.center().x()));
      }
    }
    return at(below(), columnAt(here->rect.center().x()));
  }

 private:
  const probe::Layout& layout() const { return scene_.run().layout; }

  /// Slots beside, above and below; nullopt at the wall's edge, and where slots are one image.
  std::optional<int64_t> beside(int64_t step) const {
    const int64_t column = slot_ % wall_.columns() + step;
    return column >= 0 && column < wall_.columns() ? other(slot_ + step) : std::nullopt;
  }
  std::optional<int64_t> above() const { return other(slot_ - wall_.columns()); }
  std::optional<int64_t> below() const { return other(slot_ + wall_.columns()); }
  std::optional<int64_t> other(int64_t slot) const {
    const bool is_there = views_.mode() == CanvasMode::Wall && slot >= 0 && slot < views_.count();
    return is_there ? std::optional(slot) : std::nullopt;
  }

  double middleOf(int64_t column) const {
    return wall_.patchRect(0, column).center().x() - wall_.imageRect(0).left();
  }
  int64_t columnAt(double x) const {
    const QRectF image = wall_.imageRect(0);
    return std::clamp(
        static_cast<int64_t>(x / image.width() * static_cast<double>(layout().patch_columns)),
        int64_t{0}, layout().patch_columns - 1);
  }

  static const CaptionWord& nearest(const Caption& caption, double top, double x) {
    const auto away = [&](const CaptionWord& word) {
      return std::abs(word.rect.top() - top) * 1e3 + std::abs(word.rect.center().x() - x);
    };
    return *std::min_element(caption.words.begin(), caption.words.end(),
                             [&](const auto& a, const auto& b) { return away(a) < away(b); });
  }

  std::optional<CanvasScene::Spot> at(std::optional<int64_t> slot, int64_t patch) const {
    if (!slot) {
      return std::nullopt;
    }
    return CanvasScene::Spot{*slot, TokenRef{views_.at(*slot).sample, probe::kImage, patch}};
  }
  std::optional<CanvasScene::Spot> word(int64_t slot, const CaptionWord& word) const {
    return CanvasScene::Spot{slot, TokenRef{views_.at(slot).sample, probe::kText, word.position}};
  }
  std::optional<CanvasScene::Spot> wordOf(std::optional<int64_t> slot, bool first) const {
    const Caption* caption = slot ? scene_.captionOf(*slot) : nullptr;
    if (!caption || caption->words.empty()) {
      return std::nullopt;
    }
    return word(*slot, first ? caption->words.front() : caption->words.back());
  }
  /// The caption's last line under a column, or the lowest patch where there is no caption.
  std::optional<CanvasScene::Spot> lowest(std::optional<int64_t> slot, int64_t column) const {
    const Caption* caption = slot && *slot != slot_ ? scene_.captionOf(*slot) : nullptr;
    if (caption && !caption->words.empty()) {
      return word(*slot, nearest(*caption, caption->words.back().rect.top(), middleOf(column)));
    }
    return at(slot, (layout().patch_rows - 1) * layout().patch_columns + column);
  }

  const CanvasScene& scene_;
  WallGeometry wall_;
  SampleViews views_;
  int64_t slot_;
};

}  // namespace

CanvasScene::Spot neighbour(const CanvasScene& scene, const CanvasScene::Spot& from,
                            Direction direction) {
  const Mover mover(scene, from.slot);
  const TokenRef& token = *from.token;
  const auto to = token.modality == probe::kImage ? mover.fromPatch(token.position, direction)
                                                  : mover.fromWord(token.position, direction);
  return to.value_or(from);
}

}  // namespace limoe::gui
