#include "gui/inspect/layer_view_measures.h"

#include <QEvent>
#include <QGraphicsOpacityEffect>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QTextBrowser>
#include <cmath>
#include <utility>

namespace limoe::gui {
namespace {

constexpr int kSideBySide = 720;  ///< width from which table and definitions stand side by side
constexpr double kStale = 0.4;
constexpr int kApart = 12;

/// Keeps the numbers of neighbouring columns apart.
class MeasureDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    return QStyledItemDelegate::sizeHint(option, index) + QSize(kApart, 0);
  }
};

QString definitionsOf(const std::vector<Measure>& measures) {
  QString text;
  for (const Measure& measure : measures) {
    text += QStringLiteral("<p><b>%1</b><br>%2<br><i>%3</i></p>")
                .arg(measure.name.toHtmlEscaped(), measure.definition.toHtmlEscaped(),
                     measure.formula.toHtmlEscaped());
  }
  return text;
}

}  // namespace

QString measureText(const Measure& measure, std::size_t column) {
  const double value = measure.values[column];
  if (std::isnan(value)) {
    return QStringLiteral("–");
  }
  switch (measure.unit) {
    case Measure::Unit::Nats:
      return value > 0 && value < 0.0005 ? QStringLiteral("< 0.001")
                                         : QStringLiteral("%1").arg(value, 0, 'f', 3);
    case Measure::Unit::Percent:
      return QStringLiteral("%1 %").arg(value * 100, 0, 'f', 1);
    case Measure::Unit::Number:
      return QStringLiteral("%1").arg(value, 0, 'f', 2);
    case Measure::Unit::Count:
      break;
  }
  return QStringLiteral("%1").arg(value, 0, 'f', 0);
}

void MeasureModel::setMeasures(std::vector<Measure> measures) {
  if (measures.size() == measures_.size() && !measures.empty()) {
    measures_ = std::move(measures);  // the current cell and the scroll position stay
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    return;
  }
  beginResetModel();
  measures_ = std::move(measures);
  endResetModel();
}

int MeasureModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(measures_.size());
}

int MeasureModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : 1 + Measure::kColumns;
}

QVariant MeasureModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) {
    return {};
  }
  const Measure& measure = measures_[static_cast<std::size_t>(index.row())];
  const auto column = static_cast<std::size_t>(index.column() - 1);
  const bool is_name = index.column() == 0;
  switch (role) {
    case Qt::DisplayRole: {
      if (is_name) {
        return measure.name;
      }
      const QString& note = measure.notes[column];
      return note == tr("not recorded") ? note : measureText(measure, column);
    }
    case Qt::ToolTipRole: {
      const QString why = is_name || measure.notes[column].isEmpty()
                              ? QString()
                              : QStringLiteral("<p>– : %1</p>").arg(measure.notes[column]);
      return QStringLiteral("<b>%1</b><p>%2</p><p><i>%3</i></p>%4")
          .arg(measure.name.toHtmlEscaped(), measure.definition.toHtmlEscaped(),
               measure.formula.toHtmlEscaped(), why);
    }
    case Qt::AccessibleTextRole:
      return is_name
                 ? measure.name + QStringLiteral(": ") + measure.definition
                 : QStringLiteral("%1, %2: %3")
                       .arg(measure.name,
                            headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString(),
                            measureText(measure, column));
    case Qt::TextAlignmentRole:
      return QVariant((is_name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    default:
      return {};
  }
}

QVariant MeasureModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
    return {};
  }
  const QStringList names = {tr("Measure"), tr("Image"), tr("Text"), tr("Both")};
  const QStringList tips = {tr("What is measured; its definition is in the tool tip of each row"),
                            tr("Of image tokens (patches)"), tr("Of text tokens"),
                            tr("Of image and text tokens together")};
  switch (role) {
    case Qt::DisplayRole:
      return names[section];
    case Qt::ToolTipRole:
      return tips[section];
    case Qt::TextAlignmentRole:
      return QVariant((section == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    default:
      return {};
  }
}

MeasuresPanel::MeasuresPanel(QWidget* parent)
    : QWidget(parent),
      model_(new MeasureModel(this)),
      table_(new QTableView(this)),
      definitions_(new QTextBrowser(this)) {
  table_->setModel(model_);
  table_->setItemDelegate(new MeasureDelegate(table_));
  table_->setObjectName(QStringLiteral("measures"));
  table_->setAccessibleName(tr("Measures of the layer"));
  table_->setFrameShape(QFrame::NoFrame);
  table_->setShowGrid(false);
  table_->setAlternatingRowColors(true);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setTabKeyNavigation(false);
  table_->setWordWrap(false);
  table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  fitRows();
  table_->horizontalHeader()->setSectionsClickable(false);
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setMinimumSectionSize(24);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  definitions_->setObjectName(QStringLiteral("definitions"));
  definitions_->setAccessibleName(tr("Definitions of the measures"));
  definitions_->setToolTip(tr("What each measure is, in words and as a formula"));
  definitions_->setFrameShape(QFrame::NoFrame);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(table_, 3);
  layout->addWidget(definitions_, 2);
  arrange();
}

void MeasuresPanel::setMeasures(std::vector<Measure> measures) {
  const QString text = definitionsOf(measures);
  if (definitions_->property("text").toString() != text) {
    definitions_->setProperty("text", text);
    definitions_->setHtml(text);
  }
  model_->setMeasures(std::move(measures));
}

void MeasuresPanel::setStale(bool stale) {
  if (!stale) {
    table_->viewport()->setGraphicsEffect(nullptr);
  } else if (table_->viewport()->graphicsEffect() == nullptr) {
    auto* pale = new QGraphicsOpacityEffect;
    pale->setOpacity(kStale);
    table_->viewport()->setGraphicsEffect(pale);
  }
}

void MeasuresPanel::setDefinitionsShown(bool shown) {
  definitions_shown_ = shown;
  arrange();
}

void MeasuresPanel::fitRows() {
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 4);
}

void MeasuresPanel::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) {
    fitRows();
  }
}

void MeasuresPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange();
}

void MeasuresPanel::arrange() {
  definitions_->setVisible(definitions_shown_);
  const bool wide = width() >= kSideBySide;
  table_->setVisible(!definitions_shown_ || wide);
  // Numbers stand near to what they measure.
  table_->horizontalHeader()->setSectionResizeMode(
      0, wide ? QHeaderView::ResizeToContents : QHeaderView::Stretch);
}

}  // namespace limoe::gui
