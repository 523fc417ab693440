#include "gui/view/view_state.h"

#include <algorithm>
#include <utility>

#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

/// Stores `value` and tells whether that changed anything.
template <typename T>
bool assign(T& member, T value) {
  if (member == value) {
    return false;
  }
  member = std::move(value);
  return true;
}

}  // namespace

ViewState::ViewState(QObject* parent) : QObject(parent) {}

bool ViewState::isHidden(int64_t expert) const {
  return solo_expert_ ? *solo_expert_ != expert : hidden_.contains(expert);
}

void ViewState::setSnapshot(int64_t snapshot) {
  const bool stopped = assign(follows_newest_, false);
  if (assign(snapshot_, snapshot) || stopped) {
    Q_EMIT changed();
  }
}

void ViewState::setFollowsNewest(bool follows) {
  if (assign(follows_newest_, follows)) {
    Q_EMIT changed();
  }
}

void ViewState::showNewest(int64_t snapshot_count) {
  // A resumed run supersedes old snapshots, so the chosen one can be gone even when not following.
  const int64_t newest = snapshot_count - 1;
  if (assign(snapshot_, follows_newest_ ? newest : std::min(snapshot_, newest))) {
    Q_EMIT changed();
  }
}

void ViewState::setLayer(int64_t layer) {
  if (assign(layer_, std::max<int64_t>(layer, 0))) {
    Q_EMIT changed();
  }
}

void ViewState::toggleSelectedExpert(int64_t expert) {
  selected_expert_ = selected_expert_ == expert ? std::nullopt : std::optional(expert);
  Q_EMIT changed();
}

void ViewState::setSelectedToken(std::optional<TokenRef> token) {
  const bool moved = token && assign(shown_sample_, token->sample);
  if (assign(selected_token_, token) || moved) {
    Q_EMIT changed();
  }
}

void ViewState::setOverlayStyle(OverlayStyle style) {
  if (assign(overlay_style_, style)) {
    Q_EMIT changed();
  }
}

void ViewState::setOverlayShade(OverlayShade shade) {
  if (assign(overlay_shade_, shade)) {
    Q_EMIT changed();
  }
}

void ViewState::setOverlayVisible(bool visible) {
  if (assign(overlay_visible_, visible)) {
    Q_EMIT changed();
  }
}

void ViewState::setOpacity(double opacity) {
  if (assign(opacity_, std::clamp(opacity, 0.0, 1.0))) {
    Q_EMIT changed();
  }
}

void ViewState::setOverlayColor(OverlayColor color) {
  if (assign(overlay_color_, color)) {
    Q_EMIT changed();
  }
}

void ViewState::setCanvasMode(CanvasMode mode) {
  if (assign(canvas_mode_, mode)) {
    Q_EMIT changed();
  }
}

void ViewState::setShownSample(int64_t sample) {
  if (assign(shown_sample_, std::max<int64_t>(sample, 0))) {
    Q_EMIT changed();
  }
}

void ViewState::setWallOrder(WallOrder order, const QString& word) {
  const bool other_word = assign(order_word_, word);
  if (assign(wall_order_, order) || other_word) {
    Q_EMIT changed();
  }
}

void ViewState::setFilter(const TokenFilter& filter) {
  if (assign(filter_, filter)) {
    Q_EMIT changed();
  }
}

QString ViewState::expertName(int64_t layer, int64_t expert) const {
  const auto found = expert_names_.find({layer, expert});
  return found == expert_names_.end() ? QString() : found->second;
}

void ViewState::setExpertName(int64_t layer, int64_t expert, const QString& name) {
  auto names = expert_names_;
  QString kept = name.trimmed().left(kLongestExpertName);
  if (!kept.isEmpty() && kept.back().isHighSurrogate()) {
    kept.chop(1);  // never half a character
  }
  kept = kept.trimmed();
  if (kept.isEmpty()) {
    names.erase({layer, expert});
  } else {
    names[{layer, expert}] = kept;
  }
  setExpertNames(std::move(names));
}

void ViewState::setExpertNames(std::map<std::pair<int64_t, int64_t>, QString> names) {
  if (assign(expert_names_, std::move(names))) {
    Q_EMIT changed();
  }
}

QColor ViewState::colorOfExpert(int64_t expert, int64_t experts) const {
  return expert >= 0 && expert < std::ssize(expert_colors_)
             ? expert_colors_[static_cast<std::size_t>(expert)]
             : expertColor(expert, experts);
}

void ViewState::setExpertColors(std::vector<QColor> colors) {
  if (assign(expert_colors_, std::move(colors))) {
    Q_EMIT changed();
  }
}

void ViewState::toggleHidden(int64_t expert) {
  if (hidden_.erase(expert) == 0) {
    hidden_.insert(expert);
  }
  Q_EMIT changed();
}

void ViewState::toggleSolo(int64_t expert) {
  solo_expert_ = solo_expert_ == expert ? std::nullopt : std::optional(expert);
  Q_EMIT changed();
}

void ViewState::showAllExperts() {
  if (!hidden_.empty() || solo_expert_) {
    hidden_.clear();
    solo_expert_.reset();
    Q_EMIT changed();
  }
}

void ViewState::clearSelection() {
  if (selected_expert_ || selected_token_) {
    selected_expert_.reset();
    selected_token_.reset();
    Q_EMIT changed();
  }
}

void ViewState::reset() {
  snapshot_ = -1;
  follows_newest_ = true;
  layer_ = 0;
  selected_expert_.reset();
  selected_token_.reset();
  hidden_.clear();
  solo_expert_.reset();
  canvas_mode_ = CanvasMode::Wall;
  shown_sample_ = 0;
  wall_order_ = WallOrder::Recorded;
  order_word_.clear();
  filter_ = {};
  expert_names_.clear();
  expert_colors_.clear();
  Q_EMIT changed();
}

}  // namespace limoe::gui
