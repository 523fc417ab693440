#include "gui/inspect/expert_patches.h"

#include <QPainter>
#include <algorithm>
#include <utility>

#include "gui/canvas/token_readout.h"
#include "gui/charts/plot_style.h"
#include "gui/inspect/token_picture.h"
#include "gui/view/token_place.h"

namespace limoe::gui {
namespace {

constexpr int kLeastTile = 66;
constexpr int kGap = 6;
constexpr int kChipGap = 5;

}  // namespace

PatchTile cutPatch(const probe::Layout& layout, const probe::ProbeSet& sample,
                   const RankedToken& token) {
  PatchTile tile;
  tile.token = token;
  if (!sample.captions.empty()) {
    tile.caption = QString::fromStdString(sample.captions.front());
  }
  const auto label_at = static_cast<std::size_t>(token.token.position);
  if (label_at < sample.labels.size() && sample.labels[label_at] < layout.label_names.size()) {
    tile.label = QString::fromStdString(layout.label_names[sample.labels[label_at]]);
  }
  const PatchCut cut = patchWithNeighbours(sample, layout, token.token.position);
  tile.picture = cut.picture;
  tile.patch = cut.patch;
  return tile;
}

QStringList describeRanked(const probe::Layout& layout, const RankedToken& ranked,
                           const QString& caption, const QString& label) {
  const TokenRef& token = ranked.token;
  QStringList lines{placeInWords(layout, token)};
  lines << (caption.isEmpty() ? QObject::tr("caption: being read…")
                              : QObject::tr("caption: “%1”").arg(caption));
  lines << QObject::tr("gate %1 (first choice) · kept")
               .arg(gateDigits(static_cast<double>(ranked.gate)));
  if (token.modality == probe::kImage && !layout.label_names.empty()) {
    lines << QObject::tr("label: %1").arg(label.isEmpty() ? QObject::tr("none") : label);
  }
  return lines;
}

void PatchGrid::setTiles(std::vector<PatchTile> tiles, const probe::Layout& layout,
                         const QColor& color) {
  tiles_ = std::move(tiles);
  layout_ = layout;
  color_ = color;
  itemsChanged();
}

void PatchGrid::setTile(int item, PatchTile tile) {
  tiles_[static_cast<std::size_t>(item)] = std::move(tile);
  update(itemRect(item));
}

void PatchGrid::setSelected(std::optional<TokenRef> token) {
  if (selected_ != token) {
    selected_ = token;
    update();
  }
}

QStringList PatchGrid::itemTip(int item) const {
  const PatchTile& tile = tiles_[static_cast<std::size_t>(item)];
  QStringList lines = describeRanked(layout_, tile.token, tile.caption, tile.label);
  lines << tr("Click to select it everywhere.");
  return lines;
}

int PatchGrid::textHeight() const {
  return QFontMetrics(screenStyle(*this).small).height();
}

ExpertItems::Placed PatchGrid::place(int width) const {
  Placed placed;
  const int columns = std::max(1, (width + kGap) / (kLeastTile + kGap));
  const int side = (width + kGap) / columns - kGap;
  const int text = textHeight();
  for (int item = 0; item < static_cast<int>(tiles_.size()); ++item) {
    const QRect rect(item % columns * (side + kGap), item / columns * (side + text + kGap), side,
                     side + text);
    placed.rects.push_back(rect);
    placed.height = rect.bottom() + 1;
  }
  return placed;
}

void PatchGrid::paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) {
  const PatchTile& tile = tiles_[static_cast<std::size_t>(item)];
  const PlotStyle style = screenStyle(*this);
  const QRectF room(rect.left(), rect.top(), rect.width(), rect.height() - textHeight());
  if (tile.picture.isNull()) {
    painter.fillRect(room, style.grid);
  } else {
    const QSizeF size = QSizeF(tile.picture.size()).scaled(room.size(), Qt::KeepAspectRatio);
    QRectF target(QPointF(), size);
    target.moveCenter(room.center());
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(target, tile.picture);
    const double zoom = target.width() / tile.picture.width();
    const QRectF patch(target.left() + tile.patch.left() * zoom,
                       target.top() + tile.patch.top() * zoom, tile.patch.width() * zoom,
                       tile.patch.height() * zoom);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::white, 3.6));  // a hem, so that the colour stands out on any picture
    painter.drawRect(patch);
    painter.setPen(QPen(color_, 2));
    painter.drawRect(patch);
  }
  if (hovered || selected_ == tile.token.token) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(
        QPen(palette().color(QPalette::Highlight), selected_ == tile.token.token ? 3 : 1));
    painter.drawRect(room.adjusted(1, 1, -1, -1));
  }
  painter.setFont(style.small);
  painter.setPen(style.muted);
  painter.drawText(QRectF(rect.left(), room.bottom(), rect.width(), textHeight()), Qt::AlignCenter,
                   gateDigits(static_cast<double>(tile.token.gate)));
}

std::vector<WordChip> wordChips(const LayerDigest& digest, int64_t expert) {
  std::vector<WordChip> chips;
  std::vector<std::size_t> chip_of(digest.pieces.size(), 0);  // one more than its place
  for (const RankedToken& word : digest.experts[static_cast<std::size_t>(expert)].top_words) {
    if (word.piece >= digest.pieces.size()) {
      continue;
    }
    std::size_t& place = chip_of[word.piece];
    if (place == 0) {
      chips.push_back(
          {QString::fromStdString(digest.pieces[word.piece]).remove(QChar(0x2581)), word, 0});
      place = chips.size();
    }
    ++chips[place - 1].count;
  }
  std::ranges::stable_sort(chips,
                           [](const WordChip& a, const WordChip& b) { return a.count > b.count; });
  return chips;
}

void WordChips::setChips(std::vector<WordChip> chips, std::size_t of_top, const QColor& color) {
  chips_ = std::move(chips);
  of_top_ = of_top;
  color_ = color;
  itemsChanged();
}

void WordChips::setSelected(std::optional<TokenRef> token) {
  if (selected_ != token) {
    selected_ = token;
    update();
  }
}

QString WordChips::text(const WordChip& chip) const {
  return chip.count > 1 ? tr("%1 ×%2").arg(chip.piece).arg(chip.count) : chip.piece;
}

QStringList WordChips::itemTip(int item) const {
  const WordChip& chip = chips_[static_cast<std::size_t>(item)];
  QStringList lines{tr("“%1”: %2 of the %3 words with the highest gate")
                        .arg(chip.piece)
                        .arg(chip.count)
                        .arg(of_top_),
                    tr("The best of them:")};
  lines += describeRanked({}, chip.best,
                          caption_of ? caption_of(chip.best.token.sample) : QString(), {});
  lines << tr("Click to select it everywhere.");
  return lines;
}

ExpertItems::Placed WordChips::place(int width) const {
  Placed placed;
  const QFontMetrics metrics(font());
  const int height = metrics.height() + 4;
  int left = 0;
  int top = 0;
  for (const WordChip& chip : chips_) {
    const int wide = std::min(metrics.horizontalAdvance(text(chip)) + 14, width);
    if (left > 0 && left + wide > width) {
      left = 0;
      top += height + kChipGap;
    }
    placed.rects.emplace_back(left, top, wide, height);
    left += wide + kChipGap;
  }
  placed.height = chips_.empty() ? 0 : top + height;
  return placed;
}

void WordChips::paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) {
  const WordChip& chip = chips_[static_cast<std::size_t>(item)];
  const bool selected = selected_ == chip.best.token;
  const QColor ground = palette().color(QPalette::Window);
  painter.setPen(
      QPen(selected ? palette().color(QPalette::Highlight) : color_, selected ? 2.5 : 1));
  painter.setBrush(mixed(ground, color_, hovered ? 0.4 : 0.22));
  const double inset = selected ? 1.5 : 0.5;
  painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), 5, 5);
  painter.setPen(palette().color(QPalette::WindowText));
  painter.drawText(rect.adjusted(4, 0, -4, 0), Qt::AlignCenter,
                   fontMetrics().elidedText(text(chip), Qt::ElideRight, rect.width() - 8));
}

}  // namespace limoe::gui
