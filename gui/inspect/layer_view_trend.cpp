#include "gui/inspect/layer_view_trend.h"

#include <QMouseEvent>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "gui/charts/flow_row.h"
#include "gui/charts/plot_style.h"
#include "gui/charts/qcustomplot_include.h"
#include "gui/inspect/heat_map.h"
#include "gui/inspect/specialisation.h"

namespace limoe::gui {
namespace {

constexpr int kMostAskedAtOnce = 64;  ///< summaries
constexpr int kSideBySide = 440;      ///< width from which the panels stand side by side
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

void setPoint(TrendPanel& panel, std::size_t snapshot, const CountTable& table) {
  const Information found = information(table);
  panel.values[snapshot] = found.share;
  panel.by_chance[snapshot] =
      std::isnan(found.share) ? kNone : found.by_chance / found.column_entropy;
}

/// Part of `counts` from `first` on as a table; empty where the snapshot does not have it.
CountTable part(const std::vector<uint32_t>& counts, std::size_t first, std::size_t rows,
                std::size_t columns) {
  CountTable table(rows, columns);
  if (counts.size() >= first + table.counts.size()) {
    std::copy_n(counts.begin() + static_cast<std::ptrdiff_t>(first), table.counts.size(),
                table.counts.begin());
  }
  return table;
}

}  // namespace

std::vector<TrendPanel> trendPanels(std::size_t snapshots) {
  const std::vector<double> none(snapshots, kNone);
  return {{LayerTrend::tr("Information about the label, % of H(label)"), none, none},
          {LayerTrend::tr("Information about the modality, % of H(modality)"), none, none}};
}

void addTrendPoint(const probe::Layout& layout, const probe::Snapshot& summary, int64_t layer,
                   std::size_t snapshot, std::vector<TrendPanel>& panels) {
  const auto experts = static_cast<std::size_t>(layout.experts);
  const auto labels = layout.label_names.size();
  const auto l = static_cast<std::size_t>(layer);
  setPoint(panels[0], snapshot, part(summary.label_tokens, l * experts * labels, experts, labels));
  // [2, E] in the snapshot: the modality tells as much about the expert as the other way round, but
  // the share is of H(modality), which wants it in the columns.
  const CountTable tokens = part(summary.tokens, l * 2 * experts, 2, experts);
  CountTable turned(experts, 2);
  for (std::size_t e = 0; e < experts; ++e) {
    turned.at(e, 0) = tokens.at(0, e);
    turned.at(e, 1) = tokens.at(1, e);
  }
  setPoint(panels[1], snapshot, turned);
}

struct LayerTrend::State {
  explicit State(LayerTrend& the_trend) : trend(the_trend) {}

  struct Panel {
    FlowRow* title = nullptr;
    QCPAxisRect* rect = nullptr;
    QCPGraph *curve = nullptr, *chance = nullptr;
    QCPItemStraightLine* mark = nullptr;
  };

  LayerTrend& trend;
  QCustomPlot* plot = nullptr;
  std::array<Panel, 2> panels;
  std::vector<int64_t> steps;
  std::vector<TrendPanel> curves;
  std::optional<bool> side_by_side;

  void build();
  void arrange();
  void restyle();
  /// The panel under the pointer and the snapshot nearest to it that has a value there.
  std::optional<std::pair<std::size_t, std::size_t>> at(const QPointF& position) const;
};

void LayerTrend::State::build() {
  auto* layout = new QVBoxLayout(&trend);
  layout->setContentsMargins(0, 0, 0, 0);
  plot = new QCustomPlot(&trend);
  plot->setMinimumSize(120, 80);
  // Drawn with the rest of the window: a chart that is painted at once paints all of the window.
  plot->setPlottingHint(QCP::phImmediateRefresh, false);
  plot->setAccessibleName(LayerTrend::tr("Measures over the recorded steps"));
  layout->addWidget(plot);
  plot->plotLayout()->clear();
  for (Panel& panel : panels) {
    panel.title = new FlowRow(plot);
    panel.rect = newAxisRect(*plot);
  }
  arrange();  // what is drawn in a rectangle wants it to be in the plot
  for (Panel& panel : panels) {
    QCPAxis* bottom = panel.rect->axis(QCPAxis::atBottom);
    QCPAxis* left = panel.rect->axis(QCPAxis::atLeft);
    panel.chance = new QCPGraph(bottom, left);
    panel.curve = new QCPGraph(bottom, left);
    panel.mark = new QCPItemStraightLine(plot);
    for (QCPItemPosition* point : {panel.mark->point1, panel.mark->point2}) {
      point->setAxisRect(panel.rect);
      point->setAxes(bottom, left);
    }
    panel.mark->setClipAxisRect(panel.rect);
    left->ticker()->setTickCount(4);
    bottom->ticker()->setTickCount(4);
  }
}

void LayerTrend::State::arrange() {
  const bool wide = trend.width() >= kSideBySide;
  if (side_by_side == wide) {
    return;
  }
  side_by_side = wide;
  QCPLayoutGrid* grid = plot->plotLayout();
  for (const Panel& panel : panels) {
    for (QCPLayoutElement* element : {static_cast<QCPLayoutElement*>(panel.title),
                                      static_cast<QCPLayoutElement*>(panel.rect)}) {
      if (element->layout() != nullptr) {
        grid->take(element);
      }
    }
  }
  grid->simplify();
  for (int i = 0; i < 2; ++i) {
    grid->addElement(wide ? 0 : 2 * i, wide ? i : 0, panels[static_cast<std::size_t>(i)].title);
    grid->addElement(wide ? 1 : 2 * i + 1, wide ? i : 0, panels[static_cast<std::size_t>(i)].rect);
  }
  plot->replot(QCustomPlot::rpQueuedReplot);  // the plot has its new size before this widget has
}

void LayerTrend::State::restyle() {
  const PlotStyle style = screenStyle(trend);
  plot->setBackground(QBrush(style.background));
  plot->plotLayout()->setRowSpacing(style.px(3));
  plot->plotLayout()->setColumnSpacing(style.px(12));
  plot->plotLayout()->setMargins(style.around());
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const Panel& panel = panels[i];
    applyStyle(*panel.rect, style);
    panel.title->setLook(style, style.small, style.text);
    const QColor color = seriesColor(i, style);
    panel.curve->setPen(QPen(color, 1.4 * style.scale));
    panel.curve->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssDisc, color, color, 4 * style.scale));
    panel.chance->setPen(QPen(style.muted, style.scale, Qt::DashLine));
    panel.mark->setPen(QPen(style.muted, style.scale));
  }
}

std::optional<std::pair<std::size_t, std::size_t>> LayerTrend::State::at(
    const QPointF& position) const {
  for (std::size_t p = 0; p < panels.size() && p < curves.size(); ++p) {
    if (!panels[p].rect->rect().contains(position.toPoint())) {
      continue;
    }
    const double step = panels[p].rect->axis(QCPAxis::atBottom)->pixelToCoord(position.x());
    std::optional<std::size_t> nearest;
    const auto distance = [&](std::size_t s) {
      return std::abs(static_cast<double>(steps[s]) - step);
    };
    for (std::size_t s = 0; s < steps.size(); ++s) {
      if (!std::isnan(curves[p].values[s]) && (!nearest || distance(s) < distance(*nearest))) {
        nearest = s;
      }
    }
    return nearest ? std::optional(std::pair(p, *nearest)) : std::nullopt;
  }
  return std::nullopt;
}

void TrendPoints::gather(RunSource& source, const RunData& run, int64_t of_layer) {
  const auto& steps = run.snapshot_steps;
  if (layer != of_layer || !stamp.holdsIn(run)) {
    layer = of_layer;
    known.clear();
    panels = trendPanels(0);
  }
  stamp = DecisionsStamp(run);
  known.resize(steps.size(), false);
  for (TrendPanel& panel : panels) {
    panel.values.resize(steps.size(), std::numeric_limits<double>::quiet_NaN());
    panel.by_chance.resize(steps.size(), std::numeric_limits<double>::quiet_NaN());
  }
  int asked = 0;
  for (std::size_t s = 0; s < steps.size() && asked < kMostAskedAtOnce; ++s) {
    if (known[s]) {
      continue;
    }
    const auto summary = source.summary(static_cast<int64_t>(s));
    if (summary) {
      addTrendPoint(run.layout, *summary, of_layer, s, panels);
      known[s] = true;
    } else {
      ++asked;
    }
  }
}

LayerTrend::LayerTrend(QWidget* parent) : QWidget(parent), trend_(std::make_unique<State>(*this)) {
  trend_->build();
  trend_->restyle();
  connect(trend_->plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
    const auto place = trend_->at(event->position());
    if (place && event->button() == Qt::LeftButton) {
      Q_EMIT snapshotChosen(static_cast<int64_t>(place->second));
    }
  });
  connect(trend_->plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    const auto place = trend_->at(event->position());
    QString text;
    if (place) {
      const TrendPanel& curve = trend_->curves[place->first];
      text = tr("%1\nstep %2: %3 %, by chance about %4 %\nMutual information between a token's "
                "expert and this, I(e; x) / H(x), over kept choices; by chance: (E − 1)(X − 1) / "
                "2n nats of n choices (Miller 1955).\nClick to look at this step.")
                 .arg(curve.title)
                 .arg(trend_->steps[place->second])
                 .arg(curve.values[place->second] * 100, 0, 'f', 1)
                 .arg(curve.by_chance[place->second] * 100, 0, 'f', 1);
    }
    QToolTip::showText(event->globalPosition().toPoint(), text, trend_->plot);
  });
}

LayerTrend::~LayerTrend() = default;

QCustomPlot* LayerTrend::plot() const {
  return trend_->plot;
}

void LayerTrend::setCurves(const std::vector<int64_t>& steps, std::vector<TrendPanel> panels,
                           int64_t shown, const QStringList& missing) {
  trend_->steps = steps;
  trend_->curves = std::move(panels);
  for (std::size_t p = 0; p < trend_->panels.size(); ++p) {
    const State::Panel& panel = trend_->panels[p];
    QVector<double> x, y, chance;
    for (std::size_t s = 0; p < trend_->curves.size() && s < steps.size(); ++s) {
      if (!std::isnan(trend_->curves[p].values[s])) {
        x << static_cast<double>(steps[s]);
        y << trend_->curves[p].values[s] * 100;
        chance << trend_->curves[p].by_chance[s] * 100;
      }
    }
    panel.curve->setData(x, y, true);
    panel.chance->setData(x, chance, true);
    const QString title = p < trend_->curves.size() ? trend_->curves[p].title : QString();
    panel.title->setText(x.isEmpty() ? title + QStringLiteral(": ") +
                                           missing.value(static_cast<qsizetype>(p))
                                     : title + tr(" (dashed: by chance)"));
    const double top =
        topOf(HeatScale::Percent,
              p < trend_->curves.size() ? trend_->curves[p].values : std::vector<double>());
    panel.rect->axis(QCPAxis::atLeft)->setRange(0, top * 100);
    const double last = steps.empty() ? 1 : static_cast<double>(steps.back());
    const double first = steps.empty() ? 0 : static_cast<double>(steps.front());
    const double pad = std::max((last - first) * 0.02, 0.5);
    panel.rect->axis(QCPAxis::atBottom)->setRange(first - pad, last + pad);
    const bool marked = shown >= 0 && shown < std::ssize(steps);
    panel.mark->setVisible(marked);
    if (marked) {
      const auto step = static_cast<double>(steps[static_cast<std::size_t>(shown)]);
      panel.mark->point1->setCoords(step, 0);
      panel.mark->point2->setCoords(step, 1);
    }
  }
  trend_->plot->replot(QCustomPlot::rpQueuedReplot);
}

void LayerTrend::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  trend_->arrange();
}

void LayerTrend::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    trend_->restyle();
    trend_->plot->replot(QCustomPlot::rpQueuedReplot);
  }
}

}  // namespace limoe::gui
