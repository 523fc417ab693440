#include "gui/view/view_state.h"

#include <algorithm>
#include <utility>

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
  if (assign(selected_token_, token)) {
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
  Q_EMIT changed();
}

}  // namespace limoe::gui
