// The patches and the words that an expert takes with the highest gate, each a link to its image.
#pragma once

#include <QColor>
#include <QImage>
#include <functional>
#include <optional>
#include <vector>

#include "gui/inspect/expert_items.h"
#include "gui/inspect/layer_digest.h"

namespace limoe::gui {

/// A patch with the patches around it, at the image's own resolution.
struct PatchTile {
  RankedToken token;
  QImage picture;  ///< null until its sample has come
  QRect patch;     ///< within `picture`
  QString caption, label;
};

/// The patch and what lies around it (a patch to every side; at the edge of the image the view
/// stays inside it), its caption and its label. `sample` is the patch's.
PatchTile cutPatch(const probe::Layout& layout, const probe::ProbeSet& sample,
                   const RankedToken& token);

/// What is said about a token in a tool tip. `caption` is empty while it is being read.
QStringList describeRanked(const probe::Layout& layout, const RankedToken& token,
                           const QString& caption, const QString& label);

/// Enlarged patches, pixels as they are, with their gates. As many columns as fit.
class PatchGrid : public ExpertItems {
  Q_OBJECT
 public:
  using ExpertItems::ExpertItems;
  void setTiles(std::vector<PatchTile> tiles, const probe::Layout& layout, const QColor& color);
  void setTile(int item, PatchTile tile);  ///< its picture has come
  const std::vector<PatchTile>& tiles() const { return tiles_; }
  void setSelected(std::optional<TokenRef> token);
  QStringList itemTip(int item) const override;

 protected:
  Placed place(int width) const override;
  void paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) override;

 private:
  int textHeight() const;

  std::vector<PatchTile> tiles_;
  probe::Layout layout_;
  QColor color_;
  std::optional<TokenRef> selected_;
};

/// Word pieces that are the same, as one chip.
struct WordChip {
  QString piece;     ///< without the mark of a word's beginning
  RankedToken best;  ///< the first of them
  int count = 0;     ///< how many of the expert's top words are this piece
};

/// In the order of their best one.
std::vector<WordChip> wordChips(const LayerDigest& digest, int64_t expert);

class WordChips : public ExpertItems {
  Q_OBJECT
 public:
  using ExpertItems::ExpertItems;
  void setChips(std::vector<WordChip> chips, std::size_t of_top, const QColor& color);
  const std::vector<WordChip>& chips() const { return chips_; }
  void setSelected(std::optional<TokenRef> token);
  /// Gives the caption of a sample, or an empty text while it is being read.
  std::function<QString(int64_t sample)> caption_of;
  QStringList itemTip(int item) const override;

 protected:
  Placed place(int width) const override;
  void paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) override;

 private:
  QString text(const WordChip& chip) const;

  std::vector<WordChip> chips_;
  std::size_t of_top_ = 0;
  QColor color_;
  std::optional<TokenRef> selected_;
};

}  // namespace limoe::gui
