#include "gui/charts/run_curves.h"

#include <QCheckBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QMouseEvent>
#include <QScopedValueRollback>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "gui/charts/curve_keys.h"
#include "gui/charts/curve_panel.h"
#include "gui/charts/curve_series.h"
#include "gui/charts/curve_tools.h"
#include "gui/charts/flow_row.h"
#include "gui/charts/plot_style.h"
#include "gui/charts/qcustomplot_include.h"
#include "gui/charts/run_spread.h"

namespace limoe::gui {
namespace {

constexpr double kFaint = 0.75;         ///< part of the background in a raw curve and in a band
constexpr std::size_t kFewPoints = 15;  ///< so few are shown one by one

QVector<double> asVector(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

struct RunCurves::State {
  /// One line of the chart: a run, or runs that repeat one another.
  struct Line {
    QString name;
    Spread spread;   ///< of one run: its (smoothed) curve
    StepSeries raw;  ///< of one run that is smoothed, behind it
    QCPGraph* graph = nullptr;
    QCPGraph* raw_graph = nullptr;
    QCPGraph *upper = nullptr, *lower = nullptr;  ///< of a band

    bool isBand() const { return spread.runs > 1; }
  };

  explicit State(RunCurves& the_view) : view(the_view) {}

  RunCurves& view;
  std::vector<Run> runs;
  CurveTools* tools = nullptr;
  QCheckBox* mean = nullptr;
  QCustomPlot* plot = nullptr;
  QCPAxisRect* rect = nullptr;
  FlowRow* legend = nullptr;
  FlowRow* note = nullptr;
  PlotStyle style;
  std::vector<Line> lines;
  bool shows_all = true;
  bool setting_ranges = false;

  QCPAxis* horizontal() const { return rect->axis(QCPAxis::atBottom); }
  QCPAxis* vertical() const { return rect->axis(QCPAxis::atLeft); }

  void build();
  void offer();
  void take();
  std::vector<std::vector<std::size_t>> groups() const;
  Line makeLine(const std::vector<std::size_t>& of, const QString& name);
  void addGraphs(Line& line);
  void restyle();
  void setRanges();
  void showAll();
  void thin();
  void zoom(double factor);
  void pan(double part);
  void hovered(QMouseEvent* event) const;
  void setNote();
};

void RunCurves::State::build() {
  auto* layout = new QVBoxLayout(&view);
  layout->setContentsMargins(6, 4, 6, 4);
  layout->setSpacing(2);
  tools = new CurveTools(&view);
  mean = new QCheckBox(tr("Mean over seeds"), &view);
  mean->setObjectName("meanOverSeeds");
  mean->setToolTip(
      tr("Runs that differ in nothing but train.seed are drawn as their mean, with a "
         "band of one standard deviation of the sample (n − 1)"));
  auto* row = new QHBoxLayout;
  row->addWidget(tools, 1);
  row->addWidget(mean);
  layout->addLayout(row);
  plot = new QCustomPlot(&view);
  plot->setObjectName("runCurvesPlot");
  plot->plotLayout()->clear();
  plot->setInteraction(QCP::iRangeZoom);
  plot->setSelectionRectMode(QCP::srmZoom);
  plot->setPlottingHint(QCP::phFastPolylines);
  plot->setAccessibleName(tr("Curves of the runs"));
  plot->setAccessibleDescription(
      tr("Drag: zoom. Wheel: zoom the steps. Double click: show everything. Keys: + and – zoom, "
         "Shift+arrows pan, Home shows everything."));
  new CurveKeys(*plot, {.zoom = [this](double factor) { zoom(factor); },
                        .pan = [this](double part) { pan(part); },
                        .show_all = [this] { showAll(); }});
  legend = new FlowRow(plot);
  rect = newAxisRect(*plot);
  note = new FlowRow(plot);
  plot->plotLayout()->addElement(0, 0, legend);
  plot->plotLayout()->addElement(1, 0, rect);
  plot->plotLayout()->addElement(2, 0, note);
  rect->setMinimumSize(20, 20);
  rect->setRangeZoom(Qt::Horizontal);
  rect->setRangeZoomAxes(horizontal(), vertical());
  horizontal()->setTicker(stepTicker());
  horizontal()->setLabel(tr("step"));
  layout->addWidget(plot, 1);
}

void RunCurves::State::offer() {
  QStringList names;
  for (const Run& run : runs) {
    for (const QString& name : run.data ? quantitiesOf(*run.data) : QStringList()) {
      if (!names.contains(name)) {
        names << name;
      }
    }
  }
  tools->offerGroups(names);
}

/// Runs that are drawn as one, in the order of their first.
std::vector<std::vector<std::size_t>> RunCurves::State::groups() const {
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto same = std::ranges::find_if(
        groups, [&](const auto& group) { return runs[group.front()].repeats == runs[r].repeats; });
    if (mean->isChecked() && same != groups.end()) {
      same->push_back(r);
    } else {
      groups.push_back({r});
    }
  }
  return groups;
}

RunCurves::State::Line RunCurves::State::makeLine(const std::vector<std::size_t>& of,
                                                  const QString& name) {
  Line line;
  std::vector<StepSeries> series;
  QStringList names;
  for (const std::size_t r : of) {
    const auto& data = runs[r].data;
    const auto quantity = data ? quantityNamed(*data, name) : std::nullopt;
    if (!quantity) {
      continue;
    }
    series.push_back(seriesOf(*data, *quantity, tools->weight()));
    names << data->name;
    if (of.size() == 1 && tools->weight() > 0 && quantity->kind != CurveSpec::Kind::Metric) {
      line.raw = seriesOf(*data, *quantity, 0);
    }
  }
  std::vector<const StepSeries*> all;
  for (const StepSeries& one : series) {
    all.push_back(&one);
  }
  line.spread = spreadOf(all);
  line.name = names.join(QStringLiteral(", "));
  if (line.isBand()) {
    line.name =
        tr("%1: mean ± s.d., n = %2").arg(names.join(QStringLiteral(", "))).arg(line.spread.runs);
  }
  return line;
}

void RunCurves::State::addGraphs(Line& line) {
  const auto add = [this] {
    QCPGraph* graph = plot->addGraph(horizontal(), vertical());
    graph->setAdaptiveSampling(false);
    return graph;
  };
  if (line.isBand()) {
    line.lower = add();
    line.upper = add();
    line.upper->setChannelFillGraph(line.lower);
  } else if (!line.raw.steps.empty()) {
    line.raw_graph = add();
  }
}

void RunCurves::State::take() {
  plot->clearGraphs();
  lines.clear();
  const QString name = tools->group();
  for (const auto& group : groups()) {
    Line line = makeLine(group, name);
    if (line.spread.runs > 0) {
      lines.push_back(std::move(line));
    }
  }
  for (Line& line : lines) {
    addGraphs(line);
  }
  for (Line& line : lines) {  // means above all bands
    line.graph = plot->addGraph(horizontal(), vertical());
    line.graph->setAdaptiveSampling(false);
  }
  restyle();
  setNote();
  setRanges();
  plot->replot(QCustomPlot::rpQueuedReplot);
}

void RunCurves::State::restyle() {
  style = screenStyle(view);
  plot->setBackground(QBrush(style.background));
  plot->setMinimumSize(160, 60);
  plot->plotLayout()->setRowSpacing(style.px(3));
  plot->plotLayout()->setMargins(style.around());
  applyStyle(*rect, style);
  rect->setMinimumMargins(QMargins(0, style.px(2), style.small.pixelSize() * 6 / 5, 0));
  plot->selectionRect()->setPen(QPen(style.muted, style.line));
  plot->selectionRect()->setBrush(Qt::NoBrush);
  legend->setLook(style, style.small, style.text);
  note->setLook(style, style.small, style.muted);
  std::vector<FlowEntry> entries;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    const QColor color = seriesColor(i, style);
    const QColor faint = mixed(color, style.background, kFaint);
    const double width = style.line * style.scale;
    line.graph->setPen(QPen(color, 1.6 * width, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin));
    if (line.raw_graph != nullptr) {
      line.raw_graph->setPen(QPen(faint, width));
    }
    if (line.isBand()) {
      QColor band = color;
      band.setAlphaF(0.22F);
      line.upper->setPen(QPen(faint, width));
      line.lower->setPen(QPen(faint, width));
      line.upper->setBrush(band);
    }
    entries.push_back({line.name, FlowEntry::Swatch::Line, color, Qt::SolidLine});
  }
  legend->setEntries(std::move(entries));
}

void RunCurves::State::setNote() {
  if (lines.empty()) {
    note->setText(runs.empty() ? tr("No runs") : tr("None of the runs has recorded this yet"));
    return;
  }
  const bool band = std::ranges::any_of(lines, [](const Line& line) { return line.isBand(); });
  const bool averaged = tools->weight() > 0 && !tools->group().startsWith(tr("Held-out metrics"));
  QStringList words{tools->group()};
  words << (averaged ? tr("each run smoothed: debiased moving average, w = %1")
                           .arg(tools->weight(), 0, 'g', 3)
                     : tr("not smoothed"));
  if (band) {
    words << tr(
        "band: ± one standard deviation of the sample over seeds, at steps that all n have");
  } else if (mean->isChecked()) {
    words << tr("no two runs differ in the seed alone");
  }
  note->setText(words.join(QStringLiteral(" · ")));
}

void RunCurves::State::setRanges() {
  std::optional<QCPRange> steps, values;
  const bool logarithmic = tools->isLogarithmic();
  const auto cover = [](std::optional<QCPRange>& range, double value) {
    range = range ? range->expanded(QCPRange(value, value)) : QCPRange(value, value);
  };
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.spread.steps.size(); ++i) {
      cover(steps, line.spread.steps[i]);
      for (const double value : {line.spread.mean[i] - line.spread.deviation[i],
                                 line.spread.mean[i] + line.spread.deviation[i]}) {
        if (!logarithmic || value > 0) {
          cover(values, value);
        }
      }
    }
  }
  const QScopedValueRollback guard(setting_ranges, true);
  if (shows_all && steps) {
    horizontal()->setRange(steps->size() > 0 ? *steps
                                             : QCPRange(steps->lower - 1, steps->upper + 1));
  }
  if (shows_all && values) {
    const double pad =
        values->size() > 0 ? values->size() * 0.05 : std::max(std::abs(values->lower) * 0.1, 1e-6);
    vertical()->setRange(logarithmic ? QCPRange(values->lower / 1.1, values->upper * 1.1)
                                     : QCPRange(values->lower - pad, values->upper + pad));
  }
}

void RunCurves::State::showAll() {
  shows_all = true;
  setRanges();
  plot->replot(QCustomPlot::rpQueuedReplot);
}

void RunCurves::State::zoom(double factor) {
  horizontal()->scaleRange(factor, horizontal()->range().center());
  plot->replot(QCustomPlot::rpQueuedReplot);
}

void RunCurves::State::pan(double part) {
  horizontal()->moveRange(part * horizontal()->range().size());
  plot->replot(QCustomPlot::rpQueuedReplot);
}

/// As many points as the width can show.
void RunCurves::State::thin() {
  const QCPRange range = horizontal()->range();
  const bool logarithmic = tools->isLogarithmic();
  const auto show = [&](QCPGraph* graph, const std::vector<double>& x,
                        const std::vector<double>& y) {
    const Points points = thinned(x, y, range.lower, range.upper, rect->width(), logarithmic);
    graph->setData(asVector(points.x), asVector(points.y), true);
    const bool few = x.size() <= kFewPoints;
    graph->setScatterStyle(few ? QCPScatterStyle(QCPScatterStyle::ssDisc, style.px(4))
                               : QCPScatterStyle());
  };
  for (const Line& line : lines) {
    show(line.graph, line.spread.steps, line.spread.mean);
    if (line.raw_graph != nullptr) {
      show(line.raw_graph, line.raw.steps, line.raw.values);
      line.raw_graph->setScatterStyle(QCPScatterStyle());
    }
    if (line.isBand()) {
      std::vector<double> upper, lower;
      for (std::size_t i = 0; i < line.spread.mean.size(); ++i) {
        upper.push_back(line.spread.mean[i] + line.spread.deviation[i]);
        lower.push_back(line.spread.mean[i] - line.spread.deviation[i]);
      }
      show(line.upper, line.spread.steps, upper);
      show(line.lower, line.spread.steps, lower);
      line.upper->setScatterStyle(QCPScatterStyle());
      line.lower->setScatterStyle(QCPScatterStyle());
    }
  }
}

void RunCurves::State::hovered(QMouseEvent* event) const {
  if (!rect->rect().contains(event->position().toPoint()) || event->buttons() != Qt::NoButton) {
    QToolTip::hideText();
    return;
  }
  const double step = horizontal()->pixelToCoord(event->position().x());
  QStringList words;
  for (const Line& line : lines) {
    const auto& steps = line.spread.steps;
    const auto nearest =
        std::ranges::min_element(steps, {}, [&](double one) { return std::abs(one - step); });
    if (nearest == steps.end()) {
      continue;
    }
    const auto at = static_cast<std::size_t>(nearest - steps.begin());
    QString value = QString::number(line.spread.mean[at], 'g', 5);
    if (line.isBand()) {
      value += tr(" ± %1").arg(line.spread.deviation[at], 0, 'g', 3);
    }
    words << tr("%1: %2 at step %3").arg(line.name, value).arg(steps[at], 0, 'f', 0);
  }
  QToolTip::showText(event->globalPosition().toPoint(), words.join('\n'), plot);
}

RunCurves::RunCurves(QWidget* parent) : QWidget(parent), view_(std::make_unique<State>(*this)) {
  setObjectName("runCurves");
  view_->build();
  view_->restyle();
  connect(view_->tools, &CurveTools::groupChosen, this, [this] {
    view_->shows_all = true;
    view_->take();
  });
  connect(view_->tools, &CurveTools::weightChanged, this, [this] { view_->take(); });
  connect(view_->tools, &CurveTools::scaleChanged, this, [this] {
    const bool logarithmic = view_->tools->isLogarithmic();
    QCPAxis* axis = view_->vertical();
    axis->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    axis->setTicker(logarithmic ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                                : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    view_->showAll();
  });
  connect(view_->mean, &QCheckBox::toggled, this, [this] { view_->take(); });
  QCustomPlot* plot = view_->plot;
  connect(plot, &QCustomPlot::afterLayout, this, [this] { view_->thin(); });
  connect(plot, &QCustomPlot::mouseDoubleClick, this, [this] { view_->showAll(); });
  connect(plot, &QCustomPlot::mouseMove, this,
          [this](QMouseEvent* event) { view_->hovered(event); });
  connect(view_->horizontal(), qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this] {
    if (!view_->setting_ranges) {
      view_->shows_all = false;
    }
  });
}

RunCurves::~RunCurves() = default;

void RunCurves::setRuns(std::vector<Run> runs) {
  const bool same = std::ranges::equal(runs, view_->runs, [](const Run& a, const Run& b) {
    return a.data == b.data && a.repeats == b.repeats;
  });
  if (!same) {
    view_->runs = std::move(runs);
    view_->offer();
    view_->take();
  }
}

QStringList RunCurves::quantities() const {
  QStringList names;
  for (const Run& run : view_->runs) {
    for (const QString& name : run.data ? quantitiesOf(*run.data) : QStringList()) {
      if (!names.contains(name)) {
        names << name;
      }
    }
  }
  return names;
}

void RunCurves::setQuantity(const QString& name) {
  view_->tools->setGroup(name);
}

QString RunCurves::quantity() const {
  return view_->tools->group();
}

void RunCurves::setMeanOverSeeds(bool mean) {
  view_->mean->setChecked(mean);
}

bool RunCurves::isMeanOverSeeds() const {
  return view_->mean->isChecked();
}

void RunCurves::setSmoothing(double weight) {
  view_->tools->setWeight(weight);
}

QString RunCurves::words() const {
  return view_->legend->text() + QLatin1Char('\n') + view_->note->text();
}

QString RunCurves::asTsv() const {
  std::set<double> steps;
  QStringList names{tr("step")};
  std::vector<std::map<double, std::size_t>> places;
  for (const State::Line& line : view_->lines) {
    auto& place = places.emplace_back();
    for (std::size_t i = 0; i < line.spread.steps.size(); ++i) {
      place[line.spread.steps[i]] = i;
      steps.insert(line.spread.steps[i]);
    }
    names << line.name;
    if (line.isBand()) {
      names << tr("s.d.") << tr("n");
    }
  }
  QStringList rows{names.join('\t')};
  for (const double step : steps) {
    QStringList cells{QString::number(step, 'f', 0)};
    for (std::size_t l = 0; l < view_->lines.size(); ++l) {
      const State::Line& line = view_->lines[l];
      const auto found = places[l].find(step);
      const bool there = found != places[l].end();
      cells << (there ? QString::number(line.spread.mean[found->second], 'g', 6) : QString());
      if (line.isBand()) {
        cells << (there ? QString::number(line.spread.deviation[found->second], 'g', 6) : QString())
              << QString::number(line.spread.runs);
      }
    }
    rows << cells.join('\t');
  }
  return rows.join('\n') + '\n';
}

QCustomPlot* RunCurves::plot() const {
  return view_->plot;
}

void RunCurves::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    view_->restyle();
    view_->plot->replot(QCustomPlot::rpQueuedReplot);
  }
}

}  // namespace limoe::gui
