#include "gui/inspect/expert_history.h"

#include <QPainter>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "gui/charts/expert_counts.h"
#include "gui/charts/plot_style.h"

namespace limoe::gui {
namespace {

/// Summaries asked for at a time; more would crowd out the pages of other views.
constexpr int kMostAsked = 32;
constexpr int kCurveHeight = 52;
constexpr double kHeadroom = 1.08;

}  // namespace

double LoadPoint::load() const {
  return capacity ? static_cast<double>(image + text) / static_cast<double>(*capacity) : share;
}

void ExpertHistory::clear() {
  const int64_t version = version_;
  *this = {};
  version_ = version + 1;
}

void ExpertHistory::gather(RunSource& source, const RunData& run) {
  const QString name = run.decisionsId();
  // A resumed run trains steps again: what was counted of them is void.
  if (name != run_ || run.snapshot_steps.size() < steps_.size() ||
      !std::equal(steps_.begin(), steps_.end(), run.snapshot_steps.begin())) {
    clear();
  }
  run_ = name;
  steps_ = run.snapshot_steps;
  tokens_.resize(steps_.size());
  int asked = 0;
  for (int64_t s = std::ssize(tokens_) - 1; s >= 0 && asked < kMostAsked; --s) {
    auto& tokens = tokens_[static_cast<std::size_t>(s)];
    if (!tokens.empty()) {
      continue;
    }
    if (const auto summary = source.summary(s)) {
      tokens = summary->tokens;
      ++version_;
    } else {
      ++asked;
    }
  }
}

int64_t ExpertHistory::gathered() const {
  return std::count_if(tokens_.begin(), tokens_.end(), [](const auto& t) { return !t.empty(); });
}

std::optional<int64_t> ExpertHistory::capacityAt(const RunData& run, int64_t layer, int64_t step) {
  if (!run.text_tokens) {
    return std::nullopt;
  }
  if (text_tokens_ != run.text_tokens) {
    capacities_.clear();
    text_tokens_ = run.text_tokens;
  }
  // It takes a pass over all captions, and changes only where the factor does.
  const std::pair key(layer, capacityFactorAt(run, step));
  const auto known = capacities_.find(key);
  return known != capacities_.end()
             ? known->second
             : capacities_[key] = probeCapacity(run, layer, step, *run.text_tokens);
}

std::vector<LoadPoint> ExpertHistory::points(const RunData& run, int64_t layer, int64_t expert) {
  std::vector<LoadPoint> points;
  const auto experts = static_cast<std::size_t>(run.layout.experts);
  const auto begin = static_cast<std::size_t>(layer) * 2 * experts;
  const auto e = static_cast<std::size_t>(expert);
  for (std::size_t s = 0; s < tokens_.size() && s < run.snapshot_steps.size(); ++s) {
    const auto& tokens = tokens_[s];
    if (tokens.size() < begin + 2 * experts) {
      continue;
    }
    LoadPoint point;
    point.snapshot = static_cast<int64_t>(s);
    point.step = run.snapshot_steps[s];
    point.image = tokens[begin + probe::kImage * experts + e];
    point.text = tokens[begin + probe::kText * experts + e];
    const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto all =
        std::accumulate(first, first + static_cast<std::ptrdiff_t>(2 * experts), uint64_t{0});
    point.share =
        all == 0 ? 0 : static_cast<double>(point.image + point.text) / static_cast<double>(all);
    point.capacity = capacityAt(run, layer, point.step);
    points.push_back(point);
  }
  return points;
}

void LoadCurve::setPoints(std::vector<LoadPoint> points, int64_t shown_snapshot,
                          const QColor& color) {
  points_ = std::move(points);
  shown_ = shown_snapshot;
  color_ = color;
  itemsChanged();
}

bool LoadCurve::isAgainstCapacity() const {
  return !points_.empty() && std::all_of(points_.begin(), points_.end(),
                                         [](const LoadPoint& p) { return p.capacity.has_value(); });
}

double LoadCurve::value(const LoadPoint& point) const {
  return isAgainstCapacity() ? point.load() : point.share;
}

double LoadCurve::highest() const {
  double highest = isAgainstCapacity() ? 1 : 0;
  for (const LoadPoint& point : points_) {
    highest = std::max(highest, value(point));
  }
  return highest > 0 ? highest : 1;
}

QStringList LoadCurve::itemTip(int item) const {
  const LoadPoint& point = points_[static_cast<std::size_t>(item)];
  const QString kept = countText(point.image + point.text);
  return {tr("Step %1").arg(point.step),
          point.capacity ? tr("%1 kept of a capacity of %2: %3")
                               .arg(kept, countText(static_cast<uint64_t>(*point.capacity)),
                                    percentText(point.load()))
                         : tr("%1 kept, %2 of the layer’s").arg(kept, percentText(point.share)),
          tr("%1 image, %2 text").arg(countText(point.image), countText(point.text)),
          tr("Click to look at this step.")};
}

QRectF LoadCurve::area(int width) const {
  const QFontMetrics metrics(screenStyle(*this).small);
  const int left = metrics.horizontalAdvance(QStringLiteral("100 %")) + 6;
  return {static_cast<double>(left), metrics.height() / 2.0, std::max(width - left - 6.0, 1.0),
          static_cast<double>(kCurveHeight)};
}

QPointF LoadCurve::at(const LoadPoint& point, const QRectF& area) const {
  const auto first = static_cast<double>(points_.front().step);
  const auto last = static_cast<double>(points_.back().step);
  const double along =
      last > first ? (static_cast<double>(point.step) - first) / (last - first) : 0.5;
  return {area.left() + along * area.width(),
          area.bottom() - value(point) / (highest() * kHeadroom) * area.height()};
}

ExpertItems::Placed LoadCurve::place(int width) const {
  Placed placed;
  if (points_.empty()) {
    return placed;
  }
  const QRectF room = area(width);
  placed.height = static_cast<int>(std::ceil(room.bottom())) +
                  QFontMetrics(screenStyle(*this).small).height() + 4;
  std::vector<double> middles;
  for (const LoadPoint& point : points_) {
    const auto first = static_cast<double>(points_.front().step);
    const auto span = static_cast<double>(points_.back().step) - first;
    const double along = span > 0 ? (static_cast<double>(point.step) - first) / span : 0.5;
    middles.push_back(room.left() + along * room.width());
  }
  for (std::size_t i = 0; i < middles.size(); ++i) {
    const double left = i == 0 ? room.left() - 6 : (middles[i - 1] + middles[i]) / 2;
    const double right =
        i + 1 == middles.size() ? room.right() + 6 : (middles[i] + middles[i + 1]) / 2;
    const int begin = static_cast<int>(std::lround(left));
    const int end = static_cast<int>(std::lround(right));
    placed.rects.emplace_back(begin, static_cast<int>(room.top()), std::max(end - begin, 1),
                              static_cast<int>(room.height()) + 2);
  }
  return placed;
}

void LoadCurve::paintBehind(QPainter& painter) {
  if (points_.empty()) {
    return;
  }
  const PlotStyle style = screenStyle(*this);
  const QRectF room = area(width());
  const double top = highest();
  const double top_y = room.bottom() - room.height() / kHeadroom;
  painter.setFont(style.small);
  painter.setPen(QPen(style.grid, 1));
  painter.drawLine(room.bottomLeft(), room.bottomRight());
  painter.setPen(QPen(style.grid, 1, Qt::DashLine));
  painter.drawLine(QPointF(room.left(), top_y), QPointF(room.right(), top_y));
  painter.setPen(style.muted);
  const double half = QFontMetrics(style.small).height() / 2.0;
  const auto label = [&](double y, const QString& text) {
    painter.drawText(QRectF(0, y - half, room.left() - 5, 2 * half),
                     Qt::AlignRight | Qt::AlignVCenter, text);
  };
  label(room.bottom(), QStringLiteral("0"));
  label(top_y, percentText(top));
  const QRectF below(room.left(), room.bottom() + 3, room.width(), 2 * half);
  if (points_.size() > 1) {
    painter.drawText(below, Qt::AlignLeft, tr("step %1").arg(points_.front().step));
  }
  painter.drawText(below, points_.size() > 1 ? Qt::AlignRight : Qt::AlignHCenter,
                   QString::number(points_.back().step));
  QPolygonF line;
  for (const LoadPoint& point : points_) {
    line << at(point, room);
  }
  painter.setPen(QPen(color_, 1.6));
  painter.setBrush(Qt::NoBrush);
  painter.drawPolyline(line);
}

void LoadCurve::paintItem(QPainter& painter, int item, const QRect&, bool hovered) {
  const LoadPoint& point = points_[static_cast<std::size_t>(item)];
  const bool shown = point.snapshot == shown_;
  if (!shown && !hovered && points_.size() > 40) {
    return;
  }
  const QRectF room = area(width());
  const QPointF middle = at(point, room);
  if (shown || hovered) {
    painter.setPen(QPen(palette().color(shown ? QPalette::Highlight : QPalette::Mid), 1));
    painter.drawLine(QPointF(middle.x(), room.top()), QPointF(middle.x(), room.bottom()));
  }
  painter.setPen(Qt::NoPen);
  painter.setBrush(color_);
  const double radius = shown || hovered ? 3.6 : 1.8;
  painter.drawEllipse(middle, radius, radius);
}

}  // namespace limoe::gui
