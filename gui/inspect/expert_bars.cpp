#include "gui/inspect/expert_bars.h"

#include <QPainter>
#include <algorithm>
#include <cmath>
#include <utility>

#include "gui/charts/plot_style.h"

namespace limoe::gui {
namespace {

constexpr double kCorner = 2.5;
constexpr int kPad = 5;
constexpr std::size_t kMostShares = 12;

QString share(const FlowRows::Row& row) {
  return QStringLiteral("%1 · %2").arg(percentText(row.fraction), countText(row.share.total()));
}

/// "+84", "+3.2": how many more than by chance.
QString excessText(const Lift& lift) {
  const double excess = static_cast<double>(lift.count) * (1 - 1 / lift.lift);
  return excess < 9.95 ? QStringLiteral("+%1").arg(excess, 0, 'f', 1)
                       : QLatin1Char('+') + countText(static_cast<uint64_t>(std::llround(excess)));
}

std::vector<FlowShare> sorted(std::vector<FlowShare> shares, const FlowShare& dropped) {
  std::erase_if(shares, [](const FlowShare& s) { return s.total() == 0; });
  std::stable_sort(shares.begin(), shares.end(),
                   [](const FlowShare& a, const FlowShare& b) { return a.total() > b.total(); });
  if (shares.size() > kMostShares) {
    FlowShare others{FlowShare::kOthers, 0, 0};
    for (std::size_t i = kMostShares - 1; i < shares.size(); ++i) {
      others.image += shares[i].image;
      others.text += shares[i].text;
    }
    shares.resize(kMostShares - 1);
    shares.push_back(others);
  }
  if (dropped.total() > 0) {
    shares.push_back(dropped);
  }
  return shares;
}

}  // namespace

void LiftRows::setLifts(std::vector<Lift> lifts, const QString& unit, const QColor& color) {
  lifts_ = std::move(lifts);
  unit_ = unit;
  color_ = color;
  itemsChanged();
  setFocusPolicy(Qt::NoFocus);  // nothing to press; everything is printed
  QStringList rows;
  for (const Lift& lift : lifts_) {
    rows << tr("%1, %2, %3, %4 of %5")
                .arg(lift.name, excessText(lift), liftText(lift.lift), countText(lift.count),
                     countText(lift.of_all));
  }
  setAccessibleDescription(rows.join(QStringLiteral("; ")));
}

QStringList LiftRows::itemTip(int item) const {
  const Lift& lift = lifts_[static_cast<std::size_t>(item)];
  return {lift.name,
          tr("%1 of the layer’s %2 %3 went to this expert (%4):")
              .arg(countText(lift.count), countText(lift.of_all), unit_,
                   percentText(static_cast<double>(lift.count) / static_cast<double>(lift.of_all))),
          tr("%1 more than by chance, %2 times as many (%3 expected).")
              .arg(excessText(lift).mid(1))
              .arg(lift.lift, 0, 'f', 2)
              .arg(static_cast<double>(lift.count) / lift.lift, 0, 'f', 1)};
}

ExpertItems::Placed LiftRows::place(int width) const {
  return stacked(lifts_.size(), width, QFontMetrics(font()).height() + 4);
}

void LiftRows::paintItem(QPainter& painter, int item, const QRect& rect, bool) {
  const Lift& lift = lifts_[static_cast<std::size_t>(item)];
  const QFontMetrics metrics(font());
  const QColor ground = palette().color(QPalette::Window);
  QRectF bar = QRectF(rect).adjusted(0, 1, 0, -1);
  bar.setWidth(bar.width() * static_cast<double>(lift.count) / static_cast<double>(lift.of_all));
  painter.setPen(Qt::NoPen);
  painter.setBrush(mixed(ground, color_, 0.28));
  painter.drawRoundedRect(bar, kCorner, kCorner);
  painter.setPen(palette().color(QPalette::WindowText));
  QString counts;
  int counts_width = 0;
  int excess_width = 0;
  for (const Lift& other : lifts_) {
    const QString text = tr("%1 of %2").arg(countText(other.count), countText(other.of_all));
    counts_width = std::max(counts_width, metrics.horizontalAdvance(text));
    excess_width = std::max(excess_width, metrics.horizontalAdvance(excessText(other)));
    counts = &other == &lift ? text : counts;
  }
  const int lift_width = metrics.horizontalAdvance(QStringLiteral("×88.8")) + kPad;
  const QRect text = rect.adjusted(kPad, 0, -kPad, 0);
  painter.drawText(text, Qt::AlignRight | Qt::AlignVCenter, counts);
  const QRect lift_cell = text.adjusted(0, 0, -counts_width - 2 * kPad, 0);
  painter.drawText(lift_cell, Qt::AlignRight | Qt::AlignVCenter, liftText(lift.lift));
  const QRect excess_cell = lift_cell.adjusted(0, 0, -lift_width - kPad, 0);
  painter.drawText(excess_cell, Qt::AlignRight | Qt::AlignVCenter, excessText(lift));
  const int room = excess_cell.width() - excess_width - kPad;
  painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(lift.name, Qt::ElideRight, std::max(room, 0)));
}

std::vector<FlowShare> flowsTo(const ExpertFlow& flow, int64_t expert) {
  std::vector<FlowShare> shares;
  for (int64_t to = 0; to < flow.experts; ++to) {
    shares.push_back(
        {to, flow.count(probe::kImage, expert, to), flow.count(probe::kText, expert, to)});
  }
  const auto e = static_cast<std::size_t>(expert);
  return sorted(std::move(shares),
                {FlowShare::kDropped, flow.ended[probe::kImage][e], flow.ended[probe::kText][e]});
}

std::vector<FlowShare> flowsFrom(const ExpertFlow& flow, int64_t expert) {
  std::vector<FlowShare> shares;
  for (int64_t from = 0; from < flow.experts; ++from) {
    shares.push_back(
        {from, flow.count(probe::kImage, from, expert), flow.count(probe::kText, from, expert)});
  }
  const auto e = static_cast<std::size_t>(expert);
  return sorted(std::move(shares), {FlowShare::kDropped, flow.entered[probe::kImage][e],
                                    flow.entered[probe::kText][e]});
}

void FlowRows::setRows(std::vector<Row> rows) {
  rows_ = std::move(rows);
  itemsChanged();
}

QStringList FlowRows::itemTip(int item) const {
  const Row& row = rows_[static_cast<std::size_t>(item)];
  QStringList lines{
      tr("%1: %2 tokens").arg(row.title, share(row)),
      tr("%1 image, %2 text").arg(countText(row.share.image), countText(row.share.text))};
  if (row.share.expert >= 0) {
    lines << tr("Click to go to that expert.");
  }
  return lines;
}

ExpertItems::Placed FlowRows::place(int width) const {
  return stacked(rows_.size(), width, QFontMetrics(font()).height() + 6);
}

void FlowRows::paintItem(QPainter& painter, int item, const QRect& rect, bool hovered) {
  const Row& row = rows_[static_cast<std::size_t>(item)];
  const QFontMetrics metrics(font());
  int title_width = 0;
  int share_width = 0;
  for (const Row& other : rows_) {
    title_width = std::max(title_width, metrics.horizontalAdvance(other.title));
    share_width = std::max(share_width, metrics.horizontalAdvance(share(other)));
  }
  title_width = std::min(title_width, rect.width() * 2 / 5) + 2 * kPad;
  const QRectF cell = QRectF(rect).adjusted(0, 1, 0, -1);
  if (hovered && row.share.expert >= 0) {
    painter.fillRect(
        cell, mixed(palette().color(QPalette::Window), palette().color(QPalette::Highlight), 0.2));
  }
  const QRectF swatch(cell.left() + 2, cell.top() + 3, 4, cell.height() - 6);
  painter.setPen(Qt::NoPen);
  painter.setBrush(row.share.expert == FlowShare::kDropped ? QBrush(row.color, Qt::BDiagPattern)
                                                           : QBrush(row.color));
  painter.drawRect(swatch);
  const QRectF track(cell.left() + title_width + 6, cell.top() + 3,
                     cell.width() - title_width - share_width - 6 - 2 * kPad, cell.height() - 6);
  if (track.width() > 4) {
    QRectF bar = track;
    bar.setWidth(track.width() * row.fraction);
    painter.drawRect(bar);
  }
  painter.setPen(palette().color(QPalette::WindowText));
  painter.drawText(cell.adjusted(10, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(row.title, Qt::ElideRight, title_width - kPad));
  painter.drawText(cell.adjusted(0, 0, -kPad, 0), Qt::AlignRight | Qt::AlignVCenter, share(row));
}

}  // namespace limoe::gui
