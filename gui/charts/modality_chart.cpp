#include "gui/charts/modality_chart.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QPointer>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "gui/charts/column_labels.h"
#include "gui/charts/expert_counts.h"
#include "gui/charts/flow_row.h"
#include "gui/charts/qcustomplot_include.h"
#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

constexpr double kDimmed = 0.25;  ///< opacity of hidden experts
constexpr int kLeastLines = 5;    ///< height that the bars get in a low chart, in lines of text
constexpr int kMostTicks = 5;

/// A column of the chart.
struct Column {
  int64_t layer;
  int64_t expert;
  double key;  ///< middle, on the horizontal axis
  ExpertCounts counts;
};

QColor withAlpha(QColor color, double alpha) {
  color.setAlphaF(static_cast<float>(alpha));
  return color;
}

/// What a layer is called where there is room for it, and where there is less and less.
QStringList layerNames(const RunData& run, int64_t layer) {
  const QString number = QString::number(layer + 1);
  const QString tower = towerName(run, layer);
  if (tower.isEmpty()) {
    return {layerTitle(run, layer), ModalityChart::tr("layer %1").arg(number), number};
  }
  return {layerTitle(run, layer), ModalityChart::tr("%1, %2").arg(tower, number), number};
}

/// What of the view's state shows in the chart: drawing it again takes some milliseconds.
using Shown = std::tuple<int64_t, int64_t, TokenFilter, std::optional<int64_t>,
                         std::optional<int64_t>, std::set<int64_t>>;

Shown shownOf(const ViewState& state) {
  return {state.snapshot(),       state.layer(),      state.filter(),
          state.selectedExpert(), state.soloExpert(), state.hiddenExperts()};
}

}  // namespace

struct ModalityChart::State {
  State(ModalityChart& the_chart, ViewState& view_state) : chart(the_chart), state(view_state) {}

  ModalityChart& chart;
  ViewState& state;
  QPointer<RunSource> source;
  std::optional<PlotStyle> fixed_style;
  PlotStyle style;
  QComboBox* layers = nullptr;
  QCustomPlot* plot = nullptr;
  FlowRow *title = nullptr, *legend = nullptr, *rule = nullptr;
  QCPAxisRect* rect = nullptr;
  /// By modality: shown experts, dimmed (hidden) experts.
  QCPBars *bars[2] = {nullptr, nullptr}, *dimmed[2] = {nullptr, nullptr};
  QCPBars* selection = nullptr;
  FilteredSums filtered;
  QCPItemStraightLine* fair_share = nullptr;
  ColumnLabels* labels = nullptr;
  std::vector<Column> columns;

  void build();
  QCPBars* addBars();
  void collapseTexts();
  void takeLayout();
  void restyle();
  /// Of all layers at once only the sums of the recording are at hand.
  bool followsFilter() const {
    return filtered && !state.filter().isEmpty() && layers->currentIndex() == 0;
  }
  QString ruleText(const RunData& run) const;
  Shown shown = shownOf(state);

  void refresh();
  void fill(const RunData& run, const probe::Snapshot* summary);
  void fillBars();
  void setRanges(const RunData& run);
  void setTitles(const RunData* run, const probe::Snapshot* summary);
  const Column* columnAt(const QPointF& position) const;
  QString description(const Column& column) const;
};

void ModalityChart::State::build() {
  auto* layout = new QVBoxLayout(&chart);
  layout->setContentsMargins(6, 4, 6, 4);
  layout->setSpacing(2);
  auto* tools = new QHBoxLayout;
  layers = new QComboBox(&chart);
  layers->setObjectName(QStringLiteral("layers"));
  layers->addItems({tr("This layer"), tr("All layers")});
  layers->setToolTip(tr("Bars of the layer chosen in the window, or of all MoE layers at once"));
  layers->setAccessibleName(tr("Layers shown"));
  tools->addWidget(layers);
  tools->addStretch();
  layout->addLayout(tools);

  plot = new QCustomPlot(&chart);
  layout->addWidget(plot, 1);
  plot->setNoAntialiasingOnDrag(false);
  // Drawn with the rest of the window: a chart that is painted at once paints all of the window.
  plot->setPlottingHint(QCP::phImmediateRefresh, false);
  plot->plotLayout()->clear();
  title = new FlowRow(plot);
  legend = new FlowRow(plot);
  rule = new FlowRow(plot);
  rect = newAxisRect(*plot);
  plot->plotLayout()->addElement(0, 0, title);
  plot->plotLayout()->addElement(1, 0, legend);
  plot->plotLayout()->addElement(2, 0, rect);
  plot->plotLayout()->addElement(3, 0, rule);
  rect->axis(QCPAxis::atBottom)->setTickLabels(false);
  rect->axis(QCPAxis::atBottom)->setTicks(false);
  rect->axis(QCPAxis::atBottom)->grid()->setVisible(false);
  QObject::connect(plot, &QCustomPlot::beforeReplot, plot, [this] { collapseTexts(); });
  QObject::connect(plot, &QCustomPlot::afterLayout, plot, [this] { takeLayout(); });
  rect->setAutoMargins(QCP::msLeft | QCP::msTop | QCP::msRight);

  selection = addBars();
  selection->setWidth(1);
  for (const int modality : {probe::kImage, probe::kText}) {
    bars[modality] = addBars();
    dimmed[modality] = addBars();
  }
  // An expert is either shown or dimmed, so one stack serves both.
  dimmed[probe::kImage]->moveAbove(bars[probe::kImage]);
  bars[probe::kText]->moveAbove(dimmed[probe::kImage]);
  dimmed[probe::kText]->moveAbove(bars[probe::kText]);
  fair_share = new QCPItemStraightLine(plot);
  for (QCPItemPosition* point : {fair_share->point1, fair_share->point2}) {
    point->setAxisRect(rect);
    point->setAxes(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
  }
  fair_share->setClipAxisRect(rect);
  labels = new ColumnLabels(rect);
}

/// In a low chart the bars come first: title and rule stand beside it, too, and in its tool tips.
void ModalityChart::State::collapseTexts() {
  if (!fixed_style) {
    const int fixed = labels->height() + 4 * style.px(4) + 2 * style.around().top();
    collapseRows(*plot, {title, rule, legend}, fixed,
                 kLeastLines * QFontMetrics(style.small).height());
  }
}

void ModalityChart::State::takeLayout() {
  QCPAxis* left = rect->axis(QCPAxis::atLeft);
  // In a low chart the whole label would run into the legend.
  const QString label = tr("share of tokens (%)");
  const bool fits = QFontMetrics(left->labelFont()).horizontalAdvance(label) <= rect->height();
  left->setLabel(fits ? label : QStringLiteral("%"));
  const int ticks = fixed_style ? kMostTicks : ticksAlong(rect->height(), style.small, kMostTicks);
  if (left->ticker()->tickCount() != ticks) {
    left->ticker()->setTickCount(ticks);
    plot->replot(QCustomPlot::rpQueuedReplot);
  }
}

QCPBars* ModalityChart::State::addBars() {
  auto* added = new QCPBars(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
  added->setWidthType(QCPBars::wtPlotCoords);
  added->setWidth(ColumnLabels::kBarWidth);
  added->setPen(Qt::NoPen);
  added->setStackingGap(0);
  // Sharp edges: neighbouring parts of a stack share a pixel row otherwise.
  added->setAntialiasedFill(false);
  return added;
}

void ModalityChart::State::restyle() {
  style = fixed_style.value_or(screenStyle(chart));
  plot->setBackground(QBrush(style.background));
  if (!fixed_style) {
    setLeastSize(*plot, style);
  }
  plot->plotLayout()->setRowSpacing(style.px(4));
  plot->plotLayout()->setMargins(style.around());
  applyStyle(*rect, style);
  QFont bold = style.base;
  bold.setBold(true);
  title->setLook(style, bold, style.text);
  legend->setLook(style, style.small, style.text);
  rule->setLook(style, style.small, style.muted);
  selection->setBrush(style.highlight);
  for (const int modality : {probe::kImage, probe::kText}) {
    bars[modality]->setBrush(modalityColor(modality));
    dimmed[modality]->setBrush(withAlpha(modalityColor(modality), kDimmed));
  }
  fair_share->setPen(QPen(style.muted, style.line * style.scale, Qt::DashLine));
  legend->setEntries(
      {{tr("image tokens"), FlowEntry::Swatch::Box, modalityColor(probe::kImage), Qt::SolidLine},
       {tr("text tokens"), FlowEntry::Swatch::Box, modalityColor(probe::kText), Qt::SolidLine},
       {tr("fair share"), FlowEntry::Swatch::Line, style.muted, Qt::DashLine}});
  labels->style = style;
}

void ModalityChart::State::refresh() {
  const std::shared_ptr<const RunData> run = source ? source->data() : nullptr;
  std::shared_ptr<const probe::Snapshot> summary;
  if (run && state.snapshot() >= 0 && state.snapshot() < std::ssize(run->snapshot_steps)) {
    summary = followsFilter() ? filtered(state.snapshot(), shownLayer(*run, state.layer()))
                              : source->summary(state.snapshot());
    if (!summary) {
      return;  // asked for; what is shown stays until it comes
    }
  }
  columns.clear();
  if (run) {
    fill(*run, summary.get());
  }
  setTitles(run.get(), summary.get());
  fillBars();
  if (run) {
    setRanges(*run);
  }
  rect->setVisible(!columns.empty());
  for (QCPAxis* axis : {rect->axis(QCPAxis::atLeft), rect->axis(QCPAxis::atBottom)}) {
    axis->setVisible(!columns.empty());
    axis->grid()->setVisible(!columns.empty() && axis->axisType() == QCPAxis::atLeft);
  }
  plot->replot(QCustomPlot::rpQueuedReplot);
}

void ModalityChart::State::fill(const RunData& run, const probe::Snapshot* summary) {
  labels->groups.clear();
  if (!summary) {
    return;
  }
  const bool all = layers->currentIndex() == 1;
  const int64_t chosen = shownLayer(run, state.layer());
  const int64_t first = all ? 0 : chosen;
  const int64_t last = all ? run.layout.layers - 1 : chosen;
  double key = 0;
  for (int64_t layer = std::max<int64_t>(first, 0); layer <= last; ++layer) {
    const std::vector<ExpertCounts> counts = expertCounts(run, *summary, layer);
    for (std::size_t e = 0; e < counts.size(); ++e) {
      columns.push_back({layer, static_cast<int64_t>(e), key + static_cast<double>(e), counts[e]});
    }
    const auto experts = static_cast<double>(counts.size());
    if (all) {
      labels->groups.push_back({key + (experts - 1) / 2, experts, layerNames(run, layer)});
    }
    key += experts + ColumnLabels::kGroupGap;
  }
}

void ModalityChart::State::fillBars() {
  QVector<double> keys[2], selected_keys;  // [0] shown, [1] dimmed
  QVector<double> values[2][2];            // [dimmed][modality]
  labels->labels.clear();
  for (const Column& column : columns) {
    const bool hidden = state.isHidden(column.expert);
    const bool selected = state.selectedExpert() == column.expert;
    const double total = static_cast<double>(column.counts.total());
    const double percent = column.counts.share * 100;
    keys[hidden] << column.key;
    values[hidden][probe::kImage]
        << (total > 0 ? percent * static_cast<double>(column.counts.image) / total : 0);
    values[hidden][probe::kText] << (total > 0
                                         ? percent * static_cast<double>(column.counts.text) / total
                                         : 0);
    if (selected) {
      selected_keys << column.key;
    }
    const auto run = source->data();
    QColor color = expertColor(column.expert, run->layout.experts);
    if (hidden) {
      color = withAlpha(color, kDimmed);
    }
    labels->labels.push_back({column.key, QString::number(column.expert), color, selected});
  }
  for (const int modality : {probe::kImage, probe::kText}) {
    bars[modality]->setData(keys[0], values[0][modality], true);
    dimmed[modality]->setData(keys[1], values[1][modality], true);
  }
  selection->setData(selected_keys, QVector<double>(selected_keys.size(), 1e4), true);
}

void ModalityChart::State::setRanges(const RunData& run) {
  double largest = 0;
  for (const Column& column : columns) {
    largest = std::max(largest, column.counts.share * 100);
  }
  const double fair = run.layout.experts > 0 ? 100.0 / static_cast<double>(run.layout.experts) : 0;
  fair_share->point1->setCoords(0, fair);
  fair_share->point2->setCoords(1, fair);
  fair_share->setVisible(!columns.empty());
  // Room for twice the fair share, so that the scale does not follow every small change.
  rect->axis(QCPAxis::atLeft)->setRange(0, std::min(std::max(largest * 1.08, fair * 2), 100.0));
  const double end = columns.empty() ? 1 : columns.back().key;
  rect->axis(QCPAxis::atBottom)->setRange(-0.6, end + 0.6);
  rect->setMargins(QMargins(0, 0, 0, labels->height()));
  rect->setMinimumMargins(QMargins(0, style.px(4), style.px(2), 0));
}

void ModalityChart::State::setTitles(const RunData* run, const probe::Snapshot* summary) {
  legend->setVisible(!columns.empty());
  if (!run) {
    title->setText(noDataTitle(source));
    rule->setText({});
    return;
  }
  if (run->layout.layers == 0) {
    title->setText(tr("%1: dense model").arg(run->name));
    rule->setText(tr("It has no MoE layers, so there are no experts to share its tokens."));
    return;
  }
  const bool all = layers->currentIndex() == 1;
  title->setText(tr("%1 · %2").arg(
      all ? tr("All MoE layers") : layerTitle(*run, shownLayer(*run, state.layer())),
      stepTitle(*run, state.snapshot())));
  rule->setText(summary ? ruleText(*run)
                        : tr("The first snapshot of the probe has not been recorded yet."));
}

QString ModalityChart::State::ruleText(const RunData& run) const {
  const TokenFilter& filter = state.filter();
  return tr("Counted: %1.").arg(countingRule(run, followsFilter() ? filter : TokenFilter())) +
         (filter.isEmpty() || followsFilter()
              ? QString()
              : tr(" All tokens: the filter is applied to one layer at a time."));
}

const Column* ModalityChart::State::columnAt(const QPointF& position) const {
  // The whole column and its number count, so that an expert without tokens can be picked too.
  if (!QRectF(rect->rect().adjusted(0, 0, 0, labels->height())).contains(position)) {
    return nullptr;
  }
  const double key = rect->axis(QCPAxis::atBottom)->pixelToCoord(position.x());
  for (const Column& column : columns) {
    if (std::abs(column.key - key) <= 0.5) {
      return &column;
    }
  }
  return nullptr;
}

QString ModalityChart::State::description(const Column& column) const {
  const ExpertCounts& counts = column.counts;
  const QLocale locale;
  QString text = tr("%1 · expert %2\n%3 tokens, %4 % of the layer's")
                     .arg(layerTitle(*source->data(), column.layer))
                     .arg(column.expert)
                     .arg(locale.toString(static_cast<qulonglong>(counts.total())))
                     .arg(counts.share * 100, 0, 'f', 1);
  if (counts.total() == 0) {
    return text + tr("\nprocesses nothing");
  }
  const double image = static_cast<double>(counts.image) / static_cast<double>(counts.total());
  return text +
         tr("\nimage %1 (%2 %) · text %3 (%4 %)")
             .arg(locale.toString(static_cast<qulonglong>(counts.image)))
             .arg(image * 100, 0, 'f', 1)
             .arg(locale.toString(static_cast<qulonglong>(counts.text)))
             .arg((1 - image) * 100, 0, 'f', 1) +
         '\n' + ruleText(*source->data());
}

ModalityChart::ModalityChart(ViewState& state, QWidget* parent)
    : QWidget(parent), chart_(std::make_unique<State>(*this, state)) {
  chart_->build();
  chart_->restyle();
  connect(&state, &ViewState::changed, this, [this] {
    if (std::exchange(chart_->shown, shownOf(chart_->state)) != chart_->shown) {
      chart_->refresh();
    }
  });
  connect(chart_->layers, &QComboBox::currentIndexChanged, this, [this] { chart_->refresh(); });
  connect(chart_->plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
    const Column* column = chart_->columnAt(event->position());
    if (column != nullptr && event->button() == Qt::LeftButton) {
      chart_->state.toggleSelectedExpert(column->expert);
    }
  });
  connect(chart_->plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    const Column* column = chart_->columnAt(event->position());
    QToolTip::showText(event->globalPosition().toPoint(),
                       column != nullptr ? chart_->description(*column) : QString(), chart_->plot);
  });
  chart_->refresh();
}

ModalityChart::~ModalityChart() = default;

void ModalityChart::setFilteredSums(FilteredSums sums) {
  chart_->filtered = std::move(sums);
}

void ModalityChart::refresh() {
  chart_->refresh();
}

void ModalityChart::setSource(RunSource* source) {
  if (chart_->source) {
    chart_->source->disconnect(this);
  }
  chart_->source = source;
  chart_->columns.clear();  // nothing of the old run stays while the new one is being read
  chart_->labels->groups.clear();
  chart_->fillBars();
  if (source != nullptr) {
    connect(source, &RunSource::dataChanged, this, [this] { chart_->refresh(); });
    connect(source, &RunSource::pageReady, this, [this] { chart_->refresh(); });
  }
  chart_->refresh();
}

QCustomPlot* ModalityChart::plot() const {
  return chart_->plot;
}

void ModalityChart::setAllLayers(bool all) {
  chart_->layers->setCurrentIndex(all ? 1 : 0);
}

bool ModalityChart::allLayers() const {
  return chart_->layers->currentIndex() == 1;
}

void ModalityChart::setStyle(const PlotStyle& style) {
  chart_->fixed_style = style;
  chart_->restyle();
  chart_->refresh();
}

void ModalityChart::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    chart_->restyle();
    chart_->refresh();
  }
}

}  // namespace limoe::gui
