// What the user is looking at: one object that canvas, strip, charts and slider share.
// Every setter that changes something emits changed() once. GUI thread only.
#pragma once

#include <QObject>
#include <cstdint>
#include <optional>
#include <set>

namespace limoe::gui {

enum class OverlayStyle { Fill, Outline, Number };
/// What the strength of an expert's colour tells.
enum class OverlayShade { None, Gate, Margin };

/// One token of one probe sample.
struct TokenRef {
  int64_t sample = 0;
  int modality = 0;      ///< probe::kImage or probe::kText
  int64_t position = 0;  ///< patch (row-major) or text position
  bool operator==(const TokenRef&) const = default;
};

class ViewState : public QObject {
  Q_OBJECT
 public:
  explicit ViewState(QObject* parent = nullptr);

  /// Index into RunData::snapshot_steps; −1 while there is none.
  int64_t snapshot() const { return snapshot_; }
  bool followsNewest() const { return follows_newest_; }
  int64_t layer() const { return layer_; }  ///< index of a MoE layer, 0 … L−1
  std::optional<int64_t> selectedExpert() const { return selected_expert_; }
  std::optional<TokenRef> selectedToken() const { return selected_token_; }
  OverlayStyle overlayStyle() const { return overlay_style_; }
  OverlayShade overlayShade() const { return overlay_shade_; }
  bool overlayVisible() const { return overlay_visible_; }
  double opacity() const { return opacity_; }  ///< 0 … 1
  bool isHidden(int64_t expert) const;         ///< hidden, or another expert is solo
  std::optional<int64_t> soloExpert() const { return solo_expert_; }

  void setSnapshot(int64_t snapshot);  ///< the user chose one: stops following
  void setFollowsNewest(bool follows);
  void showNewest(int64_t snapshot_count);  ///< the recording grew: moves on if following
  void setLayer(int64_t layer);
  void toggleSelectedExpert(int64_t expert);  ///< again: off
  void setSelectedToken(std::optional<TokenRef> token);
  void setOverlayStyle(OverlayStyle style);
  void setOverlayShade(OverlayShade shade);
  void setOverlayVisible(bool visible);
  void setOpacity(double opacity);  ///< clamped to 0 … 1
  void toggleHidden(int64_t expert);
  void toggleSolo(int64_t expert);  ///< again: off
  void showAllExperts();
  void clearSelection();  ///< Esc: token and expert
  void reset();           ///< another run was opened

 Q_SIGNALS:
  void changed();

 private:
  int64_t snapshot_ = -1;
  bool follows_newest_ = true;
  int64_t layer_ = 0;
  std::optional<int64_t> selected_expert_;
  std::optional<TokenRef> selected_token_;
  OverlayStyle overlay_style_ = OverlayStyle::Fill;
  OverlayShade overlay_shade_ = OverlayShade::None;
  bool overlay_visible_ = true;
  double opacity_ = 0.6;
  std::set<int64_t> hidden_;
  std::optional<int64_t> solo_expert_;
};

}  // namespace limoe::gui
