#include "gui/inspect/what_if_results.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QTreeWidget>
#include <QTreeWidgetItemIterator>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "gui/charts/expert_counts.h"
#include "gui/charts/plot_style.h"
#include "gui/inspect/what_if_controls.h"
#include "gui/view/colors.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"
#include "gui/view/token_place.h"

namespace limoe::gui {
namespace {

constexpr int kLoadRole = Qt::UserRole;          ///< kept / capacity under the rule
constexpr int kRecordedRole = Qt::UserRole + 1;  ///< the same as recorded
constexpr int kColorRole = Qt::UserRole + 2;
constexpr int kTokenRole = Qt::UserRole;      ///< [sample, modality, position]
constexpr int kGroupRole = Qt::UserRole + 1;  ///< index into LayerOutcome::changed
constexpr int kTokensTab = 2;

/// What is said of the tokens of a modality: of one layer as rows, of all layers as columns.
struct Measure {
  const char* row;
  const char* column;
  const char* tip;
};
constexpr std::array<Measure, 6> kMeasures = {
    {{"Kept, recorded", "Recorded", "As recorded: kept choices / choices"},
     {"Kept, what if", "What if", "Under the settings above: kept choices / choices"},
     {"Difference, points", "Points", "Difference of the shares kept in percentage points"},
     {"Newly dropped", "Newly dropped", "Tokens that an expert processed and that none would"},
     {"No longer dropped", "No longer dropped",
      "Tokens that no expert processed and that one would"},
     {"Elsewhere", "Elsewhere",
      "Tokens that are processed in both, but not by the same experts. Probabilities are the "
      "recorded ones, so a token's first choice stays; what can change is whether its choices find "
      "room, and with K how many it has."}}};
enum LoadColumn { kExpert, kRecordedKept, kKept, kLoad };

/// "−12.3" points, with its sign.
QString points(double difference) {
  const double value = std::round(difference * 1000) / 10;
  const QString sign = value > 0 ? QStringLiteral("+") : value < 0 ? QStringLiteral("−") : "±";
  return sign + QString::number(std::abs(value), 'f', 1);
}

QIcon swatch(const QColor& color) {
  QPixmap pixmap(12, 12);
  pixmap.fill(color);
  return pixmap;
}

/// A bar of the load, with a tick where it was recorded.
class LoadDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override {
    const QPalette& palette = option.palette;
    const QRectF bar = QRectF(option.rect).adjusted(4, 4, -4, -4);
    const double load = index.data(kLoadRole).toDouble();
    const double recorded = index.data(kRecordedRole).toDouble();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mixed(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.12));
    painter->drawRoundedRect(bar, 2, 2);
    QRectF filled = bar;
    filled.setWidth(bar.width() * std::min(load, 1.0));
    painter->setBrush(index.data(kColorRole).value<QColor>());
    painter->drawRoundedRect(filled, 2, 2);
    const double x = bar.left() + bar.width() * std::min(recorded, 1.0);
    painter->setBrush(palette.color(QPalette::Text));
    painter->drawRect(QRectF(x - 1, bar.top() - 3, 2, bar.height() + 6));
    painter->restore();
  }
};

QTableWidgetItem* cell(const QString& text, const QString& tip) {
  auto* item = new QTableWidgetItem(text);
  item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  item->setToolTip(tip);
  return item;
}

QString titleOf(TokenChange change, int modality, uint64_t count) {
  const bool image = modality == probe::kImage;
  const QString what = image
                           ? (count == 1 ? QObject::tr("patch") : QObject::tr("patches"))
                           : (count == 1 ? QObject::tr("word piece") : QObject::tr("word pieces"));
  const QString fate = change == TokenChange::Dropped   ? QObject::tr("newly dropped")
                       : change == TokenChange::Rescued ? QObject::tr("no longer dropped")
                                                        : QObject::tr("processed elsewhere");
  return QObject::tr("%1 %2 %3").arg(countText(count), what, fate);
}

QString nameOf(const ChangedTokens& tokens) {
  QString name = QString::fromStdString(tokens.name);
  if (tokens.modality == probe::kText) {
    return QStringLiteral("“%1”").arg(name.remove(QChar(0x2581)));
  }
  return name.isEmpty() ? QObject::tr("no label") : name;
}

QString expertsInWords(int64_t layer, const std::vector<uint16_t>& experts,
                       const ExpertNames& names) {
  QStringList titles;
  for (const uint16_t expert : experts) {
    titles << expertTitle(names, layer, expert);
  }
  return titles.isEmpty() ? QObject::tr("none") : titles.join(QStringLiteral(", "));
}

}  // namespace

WhatIfResults::WhatIfResults(QWidget* parent) : QTabWidget(parent) {
  setDocumentMode(true);
  makeSuccessTab();
  makeLoadsTab();
  makeTokensTab();
}

QTableWidget* WhatIfResults::makeTable(const char* name, const QStringList& titles,
                                       const QStringList& tips) {
  auto* table = new QTableWidget(0, static_cast<int>(titles.size()), this);
  table->setObjectName(name);
  for (int column = 0; column < titles.size(); ++column) {
    auto* header = new QTableWidgetItem(titles[column]);
    header->setToolTip(tips[column]);
    table->setHorizontalHeaderItem(column, header);
  }
  table->verticalHeader()->hide();
  table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
  table->horizontalHeader()->setMinimumSectionSize(30);
  QFont small = table->font();
  small.setPointSizeF(small.pointSizeF() * 0.88);
  table->horizontalHeader()->setFont(small);
  table->horizontalHeader()->setSectionsClickable(false);
  table->horizontalHeader()->setHighlightSections(false);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setSelectionMode(QAbstractItemView::NoSelection);
  table->setTabKeyNavigation(false);
  table->setShowGrid(false);
  table->setFrameShape(QFrame::NoFrame);
  table->installEventFilter(this);
  return table;
}

void WhatIfResults::makeSuccessTab() {
  auto* page = new QWidget(this);
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(0, 4, 0, 0);
  layout->setSpacing(3);
  scope_ = new QComboBox(page);
  scope_->setObjectName(QStringLiteral("scope"));
  scope_->addItems({tr("This layer"), tr("All layers")});
  scope_->setToolTip(tr("Shares kept in the layer looked at, or in all MoE layers"));
  scope_->setAccessibleName(tr("Layers shown"));
  scope_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  layout->addWidget(scope_);
  success_ = makeTable("successTable", {}, {});
  success_->setAccessibleName(tr("Shares kept"));
  success_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  layout->addWidget(success_, 1);
  addTab(page, tr("Kept"));
  for (QWidget* widget : std::initializer_list<QWidget*>{this, tabBar()}) {
    widget->setAccessibleName(tr("What would change"));
    widget->setToolTip(tr("Shares kept, loads, or the patches and words that fare differently"));
  }
  setTabToolTip(0, tr("Which part of the choices finds room, by modality"));
  connect(scope_, &QComboBox::currentIndexChanged, this, &WhatIfResults::scopeChanged);
}

void WhatIfResults::makeLoadsTab() {
  loads_ = makeTable(
      "loadsTable", {tr("Expert"), tr("Recorded"), tr("What if"), tr("Load")},
      {tr("Expert of the layer looked at"), tr("Choices that it kept, image and text together"),
       tr("Choices that it would keep"),
       tr("What it would keep, of what its capacity would allow; tick: the same as recorded")});
  loads_->setAccessibleName(tr("Loads of the experts"));
  loads_->setItemDelegateForColumn(kLoad, new LoadDelegate(loads_));
  loads_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  for (const int column : {kExpert, kLoad}) {  // a long name leaves room for the bar
    loads_->horizontalHeader()->setSectionResizeMode(column, QHeaderView::Stretch);
  }
  addTab(loads_, tr("Loads"));
  setTabToolTip(1, tr("What each expert of the layer would process"));
}

void WhatIfResults::makeTokensTab() {
  tokens_ = new QTreeWidget(this);
  tokens_->setObjectName(QStringLiteral("tokensTree"));
  tokens_->setHeaderLabels({tr("Patch or word"), tr("Processed by")});
  tokens_->headerItem()->setToolTip(0, tr("Click or Enter: select it in all views"));
  tokens_->headerItem()->setToolTip(1, tr("Experts as recorded → under the settings above"));
  tokens_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  tokens_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  tokens_->header()->setStretchLastSection(false);
  tokens_->setFrameShape(QFrame::NoFrame);
  tokens_->setUniformRowHeights(true);
  tokens_->setIndentation(14);
  tokens_->setToolTip(tr("Patches and words that fare differently, by label or word piece: the %1 "
                         "commonest of each kind, with the first of each sample, %2 at most")
                          .arg(LayerOutcome::kMostNames)
                          .arg(ChangedTokens::kMostExamples));
  tokens_->setAccessibleName(tr("Patches and words that fare differently"));
  tokens_->installEventFilter(this);
  addTab(tokens_, tr("Tokens"));
  setTabToolTip(2, tr("Who would be newly dropped, no longer dropped, or processed elsewhere"));
  const auto choose = [this](const QTreeWidgetItem* item) {
    const QVariantList place = item->data(0, kTokenRole).toList();
    if (place.size() == 3) {
      Q_EMIT tokenChosen({place[0].toLongLong(), place[1].toInt(), place[2].toLongLong()});
    }
  };
  connect(tokens_, &QTreeWidget::itemClicked, this, choose);
  connect(tokens_, &QTreeWidget::itemActivated, this, choose);
  connect(tokens_, &QTreeWidget::itemExpanded, this, &WhatIfResults::fillGroup);
  connect(this, &QTabWidget::currentChanged, this, &WhatIfResults::showTokens);
}

bool WhatIfResults::eventFilter(QObject* watched, QEvent* event) {
  return keepsOwnKeys(*event) || QTabWidget::eventFilter(watched, event);
}

QSize WhatIfResults::sizeHint() const {
  return {QTabWidget::sizeHint().width(), minimumSizeHint().height()};  // its tables scroll
}

bool WhatIfResults::wantsAllLayers() const {
  return scope_->currentIndex() == 1;
}

void WhatIfResults::clear() {
  shown_.reset();
  success_of_.clear();
  success_->setRowCount(0);
  success_->setColumnCount(0);
  loads_->setRowCount(0);
  tokens_->clear();
}

void WhatIfResults::show(const RunData& run,
                         const std::vector<std::shared_ptr<const LayerOutcome>>& layers,
                         int64_t shown, const ExpertNames& names) {
  if (layers != success_of_ || wantsAllLayers() != success_of_all_) {
    success_of_ = layers;
    success_of_all_ = wantsAllLayers();
    showSuccess(run, layers);
  }
  const auto found = std::find_if(layers.begin(), layers.end(),
                                  [shown](const auto& layer) { return layer->layer == shown; });
  // Filled anew only where something changed: the place in the list stays.
  if (found != layers.end() && (*found != shown_ || names != shown_names_)) {
    shown_ = *found;
    shown_names_ = names;
    layout_ = run.layout;
    showLoads(**found, names);
    tokens_outdated_ = true;
    showTokens();
  }
}

void WhatIfResults::showSuccess(const RunData& run,
                                const std::vector<std::shared_ptr<const LayerOutcome>>& layers) {
  const bool all_layers = wantsAllLayers();
  std::vector<std::vector<QTableWidgetItem*>> columns;
  std::array<ModalityOutcome, 2> all;
  for (const auto& layer : layers) {
    for (const int modality : {probe::kImage, probe::kText}) {
      const ModalityOutcome& outcome = layer->modality[static_cast<std::size_t>(modality)];
      all[static_cast<std::size_t>(modality)] += outcome;
      if (outcome.tokens > 0) {
        const QString title = all_layers ? tr("layer %1 ").arg(layer->layer + 1) : QString();
        columns.push_back(successCells(title, modality, outcome));
      }
    }
  }
  for (const int modality : {probe::kImage, probe::kText}) {
    const ModalityOutcome& sum = all[static_cast<std::size_t>(modality)];
    if (layers.size() > 1 && sum.tokens > 0) {
      columns.push_back(successCells(std::ssize(layers) == run.layout.layers
                                         ? tr("all ")
                                         : tr("%1 layers ").arg(layers.size()),
                                     modality, sum));
    }
  }
  const auto lines = static_cast<int>(columns.size());
  const auto measures = static_cast<int>(kMeasures.size());
  success_->clear();
  success_->setRowCount(all_layers ? lines : measures);
  success_->setColumnCount(all_layers ? measures + 1 : lines + 1);
  success_->setHorizontalHeaderItem(0, new QTableWidgetItem(all_layers ? tr("Tokens") : QString()));
  for (int m = 0; m < measures; ++m) {
    const Measure& measure = kMeasures[static_cast<std::size_t>(m)];
    auto* name = new QTableWidgetItem(tr(all_layers ? measure.column : measure.row));
    name->setToolTip(tr(measure.tip));
    if (all_layers) {
      success_->setHorizontalHeaderItem(m + 1, name);
    } else {
      success_->setItem(m, 0, name);
    }
  }
  for (int line = 0; line < lines; ++line) {
    const auto& cells = columns[static_cast<std::size_t>(line)];
    if (all_layers) {
      success_->setItem(line, 0, cells[0]);
    } else {
      success_->setHorizontalHeaderItem(line + 1, cells[0]);
    }
    for (int m = 0; m < measures; ++m) {
      success_->setItem(all_layers ? line : m, all_layers ? m + 1 : line + 1,
                        cells[static_cast<std::size_t>(m + 1)]);
    }
  }
}

std::vector<QTableWidgetItem*> WhatIfResults::successCells(const QString& title, int modality,
                                                           const ModalityOutcome& outcome) const {
  const bool image = modality == probe::kImage;
  auto* name = new QTableWidgetItem(swatch(modalityColor(modality)),
                                    title + (image ? tr("image") : tr("text")));
  name->setToolTip(tr("%1 tokens").arg(countText(outcome.tokens)));
  const auto rate = [](uint64_t kept, uint64_t choices) {
    return static_cast<double>(kept) / static_cast<double>(choices);
  };
  const double recorded = rate(outcome.recorded_kept, outcome.recorded_choices);
  const double what_if = rate(outcome.kept, outcome.choices);
  const auto counted = [](uint64_t kept, uint64_t choices) {
    return tr("%1 of %2 choices kept").arg(countText(kept), countText(choices));
  };
  const auto tokens = [&outcome](uint64_t count, const QString& what) {
    return cell(countText(count),
                tr("%1 of %2 tokens %3").arg(countText(count), countText(outcome.tokens), what));
  };
  auto* now = cell(percentText(what_if, 1), counted(outcome.kept, outcome.choices));
  QFont bold = success_->font();
  bold.setBold(true);
  now->setFont(bold);
  return {name,
          cell(percentText(recorded, 1), counted(outcome.recorded_kept, outcome.recorded_choices)),
          now,
          cell(points(what_if - recorded), tr("Percentage points")),
          tokens(outcome.dropped, tr("would lose their only experts")),
          tokens(outcome.rescued, tr("were dropped and would be processed")),
          tokens(outcome.elsewhere, tr("would be processed by other, more or fewer experts"))};
}

void WhatIfResults::showLoads(const LayerOutcome& outcome, const ExpertNames& names) {
  const auto experts = static_cast<int>(outcome.experts.size());
  loads_->setRowCount(experts);
  for (int e = 0; e < experts; ++e) {
    const ExpertOutcome& expert = outcome.experts[static_cast<std::size_t>(e)];
    const QColor color = expertColor(e, experts);
    auto* name = new QTableWidgetItem(swatch(color), expertTitle(names, outcome.layer, e));
    name->setToolTip(name->text());
    loads_->setItem(e, kExpert, name);
    const auto split = [](const std::array<uint64_t, 2>& kept) {
      return tr("%1 of image tokens, %2 of text tokens")
          .arg(countText(kept[probe::kImage]), countText(kept[probe::kText]));
    };
    const uint64_t recorded = expert.recorded[0] + expert.recorded[1];
    const uint64_t kept = expert.kept[0] + expert.kept[1];
    loads_->setItem(e, kRecordedKept, cell(countText(recorded), split(expert.recorded)));
    loads_->setItem(e, kKept, cell(countText(kept), split(expert.kept)));
    const auto share = [](uint64_t part, uint64_t capacity) {
      return capacity == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(capacity);
    };
    const double load = share(kept, outcome.capacity);
    const double was = share(recorded, outcome.recorded_capacity);
    auto* bar = cell({}, tr("%1 of the %2 choices its capacity would allow: %3\nrecorded: %4 of "
                            "%5, %6")
                             .arg(countText(kept), countText(outcome.capacity),
                                  percentText(load, 1), countText(recorded),
                                  countText(outcome.recorded_capacity), percentText(was, 1)));
    bar->setData(kLoadRole, load);
    bar->setData(kRecordedRole, was);
    bar->setData(kColorRole, color);
    bar->setData(Qt::AccessibleTextRole, bar->toolTip());
    loads_->setItem(e, kLoad, bar);
  }
}

void WhatIfResults::showTokens() {
  if (!tokens_outdated_ || !shown_ || currentIndex() != kTokensTab) {
    return;
  }
  tokens_outdated_ = false;
  std::set<QString> open;  // stays open, and in its place, while a slider moves
  for (QTreeWidgetItemIterator at(tokens_); *at; ++at) {
    if ((*at)->isExpanded()) {
      open.insert((*at)->data(0, Qt::AccessibleTextRole).toString());
    }
  }
  const int scrolled = tokens_->verticalScrollBar()->value();
  tokens_->clear();
  QTreeWidgetItem* kind = nullptr;
  const ChangedTokens* before = nullptr;
  for (std::size_t i = 0; i < shown_->changed.size(); ++i) {
    const ChangedTokens& tokens = shown_->changed[i];
    if (!before || before->change != tokens.change || before->modality != tokens.modality) {
      const auto& sums = shown_->modality[static_cast<std::size_t>(tokens.modality)];
      const uint64_t count = sums.count(tokens.change);
      kind = new QTreeWidgetItem(tokens_, {titleOf(tokens.change, tokens.modality, count)});
      kind->setIcon(0, swatch(modalityColor(tokens.modality)));
      kind->setFirstColumnSpanned(true);
      kind->setExpanded(true);
    }
    before = &tokens;
    auto* group = new QTreeWidgetItem(
        kind, {nameOf(tokens) + QStringLiteral("  ") + countText(tokens.count)});
    group->setFirstColumnSpanned(true);
    group->setChildIndicatorPolicy(QTreeWidgetItem::ShowIndicator);
    group->setData(0, kGroupRole, static_cast<qulonglong>(i));
    const QString title = titleOf(tokens.change, tokens.modality, 2) + QStringLiteral(": ");
    group->setData(0, Qt::AccessibleTextRole, title + nameOf(tokens));
    group->setExpanded(open.contains(title + nameOf(tokens)));
  }
  if (!kind) {
    auto* none = new QTreeWidgetItem(tokens_, {tr("Every token is processed as it was recorded.")});
    none->setFirstColumnSpanned(true);
    none->setFlags(Qt::NoItemFlags);
  }
  tokens_->verticalScrollBar()->setValue(scrolled);
}

void WhatIfResults::fillGroup(QTreeWidgetItem* group) {
  const QVariant place = group->data(0, kGroupRole);
  if (!place.isValid() || group->childCount() > 0 || !shown_) {
    return;
  }
  const ChangedTokens& tokens = shown_->changed[place.toULongLong()];
  for (const ChangedToken& token : tokens.examples) {
    auto* item = new QTreeWidgetItem(
        group,
        {placeInWords(layout_, token.token),
         expertsInWords(shown_->layer, token.recorded, shown_names_) + QStringLiteral(" → ") +
             expertsInWords(shown_->layer, token.processed, shown_names_)});
    item->setToolTip(0, tokens.modality == probe::kImage
                            ? tr("Sample, row and column of the patch. Click or Enter selects it.")
                            : tr("Click or Enter selects it in all views."));
    item->setData(0, kTokenRole,
                  QVariantList{static_cast<qlonglong>(token.token.sample), token.token.modality,
                               static_cast<qlonglong>(token.token.position)});
  }
}

}  // namespace limoe::gui
