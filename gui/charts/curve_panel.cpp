#include "gui/charts/curve_panel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace limoe::gui {
namespace {

constexpr double kFaint = 0.7;  ///< part of the background in the raw curve behind a smoothed one
constexpr int kFewPoints = 40;  ///< curves with fewer points show each of them

/// Whole steps, large ones shortened: 500, 2.5k, 20k, 1.5M.
class StepTicker : public QCPAxisTicker {
 protected:
  double getTickStep(const QCPRange& range) override {
    return std::max(1.0, QCPAxisTicker::getTickStep(range));
  }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    const double size = std::abs(tick);
    return size >= 1e6   ? QStringLiteral("%1M").arg(tick / 1e6)
           : size >= 1e4 ? QStringLiteral("%1k").arg(tick / 1e3)
                         : QString::number(tick);
  }
};

/// A vertical line across an axis rectangle.
QCPItemStraightLine* addMark(QCustomPlot& plot, QCPAxisRect* rect) {
  auto* line = new QCPItemStraightLine(&plot);
  for (QCPItemPosition* point : {line->point1, line->point2}) {
    point->setAxisRect(rect);
    point->setAxes(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
    // The height is taken from the rectangle: 0 does not exist on a logarithmic axis.
    point->setTypeY(QCPItemPosition::ptAxisRectRatio);
  }
  line->setClipAxisRect(rect);
  return line;
}

void moveMark(QCPItemStraightLine* line, double step) {
  line->point1->setCoords(step, 0);
  line->point2->setCoords(step, 1);
}

QVector<double> asVector(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

QCPRange padded(const QCPRange& range, bool logarithmic) {
  if (logarithmic) {
    return {range.lower / 1.15, range.upper * 1.15};
  }
  const double pad =
      range.size() > 0 ? range.size() * 0.04 : std::max(std::abs(range.lower) * 0.1, 1e-6);
  return {range.lower - pad, range.upper + pad};
}

}  // namespace

QSharedPointer<QCPAxisTicker> stepTicker() {
  return QSharedPointer<QCPAxisTicker>(new StepTicker);
}

CurvePanel::CurvePanel(QCustomPlot& plot, PanelSpec spec, int row)
    : plot_(plot), spec_(std::move(spec)) {
  legend_ = new FlowRow(&plot);
  rect_ = newAxisRect(plot);
  plot.plotLayout()->addElement(row, 0, legend_);
  plot.plotLayout()->addElement(row + 1, 0, rect_);
  rect_->setMinimumSize(20, 20);
  for (const CurveSpec& curve_spec : spec_.curves) {
    Curve& curve = curves_.emplace_back();
    curve.spec = curve_spec;
    clear(curve);
    curve.raw_graph = plot.addGraph(horizontal(), vertical());
    // Thinning is ours: QCustomPlot's own loses a pixel column that begins with a gap.
    curve.raw_graph->setAdaptiveSampling(false);
  }
  for (Curve& curve : curves_) {
    curve.average_graph = plot.addGraph(horizontal(), vertical());
    curve.average_graph->setAdaptiveSampling(false);
  }
  horizontal()->setTicker(stepTicker());
  step_mark_ = addMark(plot, rect_);
  step_mark_->setVisible(false);
}

CurvePanel::~CurvePanel() {
  for (const Curve& curve : curves_) {
    plot_.removeGraph(curve.raw_graph);
    plot_.removeGraph(curve.average_graph);
  }
  for (QCPItemStraightLine* mark : event_marks_) {
    plot_.removeItem(mark);
  }
  plot_.removeItem(step_mark_);
  plot_.plotLayout()->remove(legend_);
  plot_.plotLayout()->remove(rect_);
}

bool CurvePanel::isSmoothed() const {
  return weight_ > 0 && std::ranges::any_of(curves_, [](const Curve& curve) {
           return curve.spec.kind != CurveSpec::Kind::Metric;
         });
}

void CurvePanel::setStyle(const PlotStyle& style, int panels, bool is_last) {
  style_ = style;
  applyStyle(*rect_, style);
  // To the right, room for half of the last step's label.
  rect_->setMinimumMargins(QMargins(0, style.px(2), style.small.pixelSize() * 6 / 5, 0));
  most_ticks_ = panels == 1 ? 5 : panels == 2 ? 3 : 2;
  vertical()->ticker()->setTickCount(most_ticks_);
  horizontal()->setTickLabels(is_last);
  horizontal()->setLabel(is_last ? QObject::tr("step") : QString());
  legend_->setLook(style, style.small, style.text);
  step_mark_->setPen(QPen(style.text, style.line * style.scale));
  for (QCPItemStraightLine* mark : event_marks_) {
    mark->setPen(QPen(style.muted, style.line * style.scale, Qt::DashLine));
  }
  // The axis is named above it, where there is room however low the panel is.
  std::vector<FlowEntry> entries;
  if (!spec_.axis.isEmpty()) {
    entries.push_back({spec_.axis, FlowEntry::Swatch::None, {}, Qt::SolidLine});
  }
  std::size_t color_index = 0;
  for (Curve& curve : curves_) {
    const QColor color = curve.spec.modality ? modalityLineColor(*curve.spec.modality, style)
                                             : seriesColor(color_index++, style);
    const bool is_averaged = weight_ > 0 && curve.spec.kind != CurveSpec::Kind::Metric;
    // Opaque: a transparent line gets darker wherever a noisy curve crosses itself.
    const QColor faint = mixed(color, style.background, kFaint);
    curve.raw_graph->setPen(
        QPen(is_averaged ? faint : color, (is_averaged ? 1.0 : 1.4) * style.line * style.scale));
    curve.average_graph->setPen(
        QPen(color, 1.6 * style.line * style.scale, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin));
    curve.average_graph->setVisible(is_averaged);
    entries.push_back({curve.spec.name, FlowEntry::Swatch::Line, color, Qt::SolidLine});
  }
  legend_->setEntries(std::move(entries));
  thinned_.reset();
}

void CurvePanel::setLegendLines(int lines) {
  legend_->setMinimumLines(lines);
}

void CurvePanel::setSmoothing(double weight) {
  weight_ = weight;
  for (Curve& curve : curves_) {
    smoothAgain(curve);
  }
  thinned_.reset();
}

void CurvePanel::clear(Curve& curve) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  curve.steps.clear();
  curve.raw.clear();
  curve.rows = 0;
  curve.lowest = curve.lowest_positive = kInfinity;
  curve.highest = -kInfinity;
  smoothAgain(curve);
}

void CurvePanel::append(Curve& curve, double step, double value) const {
  ++curve.rows;
  curve.last_step = step;
  curve.last_value = value;
  if (curve.spec.kind == CurveSpec::Kind::Metric && std::isnan(value)) {
    return;
  }
  curve.steps.push_back(step);
  curve.raw.push_back(value);
  curve.average.push_back(curve.smoother.next(value));
  if (std::isfinite(value)) {
    curve.lowest = std::min(curve.lowest, value);
    curve.highest = std::max(curve.highest, value);
    if (value > 0) {
      curve.lowest_positive = std::min(curve.lowest_positive, value);
    }
  }
}

void CurvePanel::smoothAgain(Curve& curve) const {
  curve.smoother = Smoother(weight_);
  curve.average.clear();
  for (const double value : curve.raw) {
    curve.average.push_back(curve.smoother.next(value));
  }
}

void CurvePanel::setLogarithmic(bool logarithmic) {
  logarithmic_ = logarithmic;
  vertical()->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  vertical()->setTicker(logarithmic ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                                    : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
  vertical()->setNumberFormat("gb");
  vertical()->setNumberPrecision(logarithmic ? 0 : 5);
}

bool CurvePanel::continues(const Curve& curve, const RunData& run) const {
  const std::size_t known = curve.rows;
  return known == 0 || (curveLength(run, curve.spec) >= known &&
                        curveStep(run, curve.spec, known - 1) == curve.last_step &&
                        (curveValue(run, curve.spec, known - 1) == curve.last_value ||
                         std::isnan(curve.last_value)));
}

void CurvePanel::update(const RunData& run) {
  for (Curve& curve : curves_) {
    if (!continues(curve, run)) {
      clear(curve);
    }
    const std::size_t length = curveLength(run, curve.spec);
    for (std::size_t i = curve.rows; i < length; ++i) {
      append(curve, curveStep(run, curve.spec, i), curveValue(run, curve.spec, i));
    }
  }
  thinned_.reset();
}

void CurvePanel::markEvents(const std::vector<probe::Event>& events) {
  std::vector<double> steps;
  for (const probe::Event& event : events) {
    steps.push_back(static_cast<double>(event.step));
  }
  if (steps == event_steps_) {
    return;
  }
  event_steps_ = std::move(steps);
  for (QCPItemStraightLine* mark : event_marks_) {
    plot_.removeItem(mark);
  }
  event_marks_.clear();
  for (const double step : event_steps_) {
    QCPItemStraightLine* mark = addMark(plot_, rect_);
    mark->setPen(QPen(style_.muted, style_.line * style_.scale, Qt::DashLine));
    moveMark(mark, step);
    event_marks_.push_back(mark);
  }
}

void CurvePanel::markStep(std::optional<double> step) {
  step_mark_->setVisible(step.has_value());
  if (step) {
    moveMark(step_mark_, *step);
  }
}

std::optional<double> CurvePanel::markedStep() const {
  return step_mark_->visible() ? std::optional(step_mark_->point1->key()) : std::nullopt;
}

std::optional<QCPRange> CurvePanel::stepRange() const {
  std::optional<QCPRange> range;
  for (const Curve& curve : curves_) {
    if (!curve.steps.empty()) {
      const QCPRange own(curve.steps.front(), curve.steps.back());
      range = range ? range->expanded(own) : own;
    }
  }
  return range;
}

std::optional<QCPRange> CurvePanel::valueRange() const {
  std::optional<QCPRange> range;
  if (spec_.is_fraction && !logarithmic_) {
    range = QCPRange(0, 1);
  }
  for (const Curve& curve : curves_) {
    const QCPRange own(logarithmic_ ? curve.lowest_positive : curve.lowest, curve.highest);
    if (std::isfinite(own.lower) && own.upper >= own.lower) {
      range = range ? range->expanded(own) : own;
    }
  }
  return range;
}

void CurvePanel::showAllValues() {
  if (const auto values = valueRange()) {
    vertical()->setRange(padded(*values, logarithmic_));
  }
}

bool CurvePanel::fitTicks() {
  const int count = ticksAlong(rect_->height(), style_.small, most_ticks_);
  const bool changes = vertical()->ticker()->tickCount() != count;
  vertical()->ticker()->setTickCount(count);
  return changes;
}

void CurvePanel::thin() {
  const QCPRange range = horizontal()->range();
  const Thinned wanted{range.lower, range.upper, rect_->width(), logarithmic_};
  if (thinned_ == wanted) {
    return;
  }
  thinned_ = wanted;
  for (Curve& curve : curves_) {
    const bool few = curve.raw.size() <= static_cast<std::size_t>(kFewPoints) &&
                     curve.spec.kind == CurveSpec::Kind::Metric;
    curve.raw_graph->setScatterStyle(
        few ? QCPScatterStyle(QCPScatterStyle::ssDisc, style_.px(2 + 2 * style_.line))
            : QCPScatterStyle());
    const Points raw =
        thinned(curve.steps, curve.raw, range.lower, range.upper, rect_->width(), logarithmic_);
    curve.raw_graph->setData(asVector(raw.x), asVector(raw.y), true);
    // Where there is more than a point for each column the line is a band of vertical strokes,
    // which antialiasing makes slow and no smoother. Paper gets them as vectors anyway.
    curve.raw_graph->setAntialiased(raw.x.size() <= static_cast<std::size_t>(rect_->width()));
    if (curve.average_graph->visible()) {
      const Points average = thinned(curve.steps, curve.average, range.lower, range.upper,
                                     rect_->width(), logarithmic_);
      curve.average_graph->setData(asVector(average.x), asVector(average.y), true);
    }
  }
}

QStringList CurvePanel::readOut(double* step) const {
  QStringList lines;
  for (const Curve& curve : curves_) {
    if (curve.steps.empty()) {
      continue;
    }
    auto at = std::ranges::lower_bound(curve.steps, *step);
    if (at == curve.steps.end() || (at != curve.steps.begin() && *step - *(at - 1) < *at - *step)) {
      --at;
    }
    const auto index = static_cast<std::size_t>(at - curve.steps.begin());
    QString line = QObject::tr("%1 %2").arg(curve.spec.name).arg(curve.raw[index], 0, 'g', 5);
    if (curve.average_graph->visible()) {
      line += QObject::tr(" (smoothed %1)").arg(curve.average[index], 0, 'g', 5);
    }
    lines << line;
    *step = *at;
  }
  return lines;
}

}  // namespace limoe::gui
