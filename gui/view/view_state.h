// What the user is looking at: one object that canvas, strip, charts and slider share.
// Every setter that changes something emits changed() once. GUI thread only.
#pragma once

#include <QColor>
#include <QObject>
#include <QString>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "gui/view/token_filter.h"

namespace limoe::gui {

enum class OverlayStyle { Fill, Outline, Number };
/// What the strength of an expert's colour tells.
enum class OverlayShade { None, Gate, Margin };
/// What a token's colour tells: an expert, or a value on viridis.
enum class OverlayColor {
  FirstChoice,
  SecondChoice,  ///< where K > 1
  Gate,          ///< of the first choice, 0 … 1
  Margin,        ///< to the runner-up, 0 … 1
  Flips          ///< how often the first choice changed over the recorded steps up to this one
};
/// What the canvas shows.
enum class CanvasMode {
  Wall,
  Layers,  ///< one image in all MoE layers side by side
  Steps    ///< one image in one layer over the recorded steps
};
/// Order of the wall; where it goes by a value the largest come first.
enum class WallOrder {
  Recorded,
  Word,         ///< images whose caption has ViewState::orderWord() first, then as recorded
  ExpertShare,  ///< share of the image's patches that choose the selected expert
  Entropy,      ///< mean entropy of the distributions of the image's patches
  Dropped       ///< number of dropped patches
};

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
  static constexpr int kLongestExpertName = 40;

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
  OverlayColor overlayColor() const { return overlay_color_; }
  CanvasMode canvasMode() const { return canvas_mode_; }
  /// The image of the modes that show one; follows the selected token.
  int64_t shownSample() const { return shown_sample_; }
  WallOrder wallOrder() const { return wall_order_; }
  QString orderWord() const { return order_word_; }
  const TokenFilter& filter() const { return filter_; }
  /// What the user calls an expert of a layer; empty where it has no name.
  QString expertName(int64_t layer, int64_t expert) const;
  /// By layer and expert.
  const std::map<std::pair<int64_t, int64_t>, QString>& expertNames() const {
    return expert_names_;
  }
  /// Its own (expertColor()), unless a comparison gave the experts those of another run.
  QColor colorOfExpert(int64_t expert, int64_t experts) const;
  bool isHidden(int64_t expert) const;  ///< hidden, or another expert is solo
  const std::set<int64_t>& hiddenExperts() const {
    return hidden_;
  }  ///< whether one is solo or not
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
  void setOverlayColor(OverlayColor color);
  void setCanvasMode(CanvasMode mode);
  void setShownSample(int64_t sample);
  void setWallOrder(WallOrder order, const QString& word = {});
  void setFilter(const TokenFilter& filter);
  /// Cut to kLongestExpertName; empty: none.
  void setExpertName(int64_t layer, int64_t expert, const QString& name);
  void setExpertNames(std::map<std::pair<int64_t, int64_t>, QString> names);
  /// [E] of the layer looked at; empty: their own.
  void setExpertColors(std::vector<QColor> colors);
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
  OverlayColor overlay_color_ = OverlayColor::FirstChoice;
  CanvasMode canvas_mode_ = CanvasMode::Wall;
  int64_t shown_sample_ = 0;
  WallOrder wall_order_ = WallOrder::Recorded;
  QString order_word_;
  TokenFilter filter_;
  std::map<std::pair<int64_t, int64_t>, QString> expert_names_;
  std::vector<QColor> expert_colors_;
  std::set<int64_t> hidden_;
  std::optional<int64_t> solo_expert_;
};

}  // namespace limoe::gui
