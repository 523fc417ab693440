#include "gui/compare/compare_tables.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTabBar>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "gui/charts/run_curves.h"
#include "gui/compare/compare_words.h"
#include "gui/compare/config_words.h"
#include "gui/view/number_text.h"
#include "gui/window/dock_controls.h"

namespace limoe::gui {
namespace {

QTableWidget* makeTable(const char* name, const QString& accessible, QWidget* parent) {
  auto* table = new QTableWidget(parent);
  table->setObjectName(name);
  table->setAccessibleName(accessible);
  table->setToolTip(accessible);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setFrameShape(QFrame::NoFrame);
  table->setShowGrid(false);
  table->setAlternatingRowColors(true);
  table->setTabKeyNavigation(false);
  table->setWordWrap(false);
  table->verticalHeader()->hide();
  table->horizontalHeader()->setHighlightSections(false);
  return table;
}

void setCell(QTableWidget& table, int row, int column, const QString& text, bool number,
             const QString& tip = {}) {
  QTableWidgetItem* item = table.item(row, column);
  if (item == nullptr) {
    item = new QTableWidgetItem;
    table.setItem(row, column, item);
  }
  item->setText(text);
  item->setToolTip(tip.isEmpty() ? text : tip);
  item->setTextAlignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

QString share(double value) {
  return std::isfinite(value) ? percentText(value, 1) : QObject::tr("n/a");
}

QString nats(double value) {
  return std::isfinite(value) ? QString::number(value, 'f', 3) : QObject::tr("n/a");
}

}  // namespace

CompareTables::CompareTables(CompareRuns& runs, QWidget* parent) : QTabWidget(parent), runs_(runs) {
  setObjectName("compareTables");
  setDocumentMode(true);
  setAccessibleName(tr("Numbers, settings and curves of the runs"));
  setToolTip(accessibleName());
  tabBar()->setAccessibleName(accessibleName());
  tabBar()->setToolTip(accessibleName());
  addTab(makeNumbers(), tr("Numbers"));
  addTab(makeSettings(), tr("Settings"));
  curves_ = new RunCurves(this);
  addTab(withCopy(curves_, "copyCurves", tr("Copy what is drawn as a table (TSV)")), tr("Curves"));
  setTabToolTip(2, tr("A recorded quantity of all runs over the steps"));
  setTabToolTip(0, tr("Success rate, entropy and modality share of every MoE layer"));
  setTabToolTip(1, tr("What is set differently between the runs"));
  nameTabControls(*tabBar());
  connect(this, &QTabWidget::currentChanged, this, &CompareTables::refresh);
}

QWidget* CompareTables::makeNumbers() {
  numbers_ = makeTable("compareNumbersTable", tr("Numbers of the runs by MoE layer"), this);
  const QStringList names{tr("MoE layer"),    tr("Run"),       tr("Step"),
                          tr("Kept image"),   tr("Kept text"), tr("Entropy image"),
                          tr("Entropy text"), tr("Text share")};
  const QStringList tips{
      tr("Layers of the same number stand below one another"),
      tr("The run’s folder"),
      tr("Step of the reference, or the nearest recorded before it"),
      tr("Success rate: kept choices of image tokens / choices, over the run’s whole probe"),
      tr("Success rate: kept choices of text tokens / choices, over the run’s whole probe"),
      tr("Mean entropy of an image token’s distribution over the experts, nats, over the images in "
         "common; n/a where distributions are not recorded"),
      tr("Mean entropy of a text token’s distribution over the experts, nats, over the images in "
         "common; n/a where distributions are not recorded"),
      tr("Modality share: text among the layer’s kept tokens, over the run’s whole probe")};
  numbers_->setColumnCount(static_cast<int>(names.size()));
  numbers_->setHorizontalHeaderLabels(names);
  for (int c = 0; c < names.size(); ++c) {
    numbers_->horizontalHeaderItem(c)->setToolTip(tips[c]);
  }
  return withCopy(numbers_, "copyNumbers", tr("Copy the numbers as a table (TSV)"));
}

QWidget* CompareTables::makeSettings() {
  auto* page = new QWidget(this);
  words_ = new QLabel(page);
  words_->setObjectName("settingWords");
  words_->setWordWrap(true);
  words_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  words_->setContentsMargins(6, 4, 6, 4);
  settings_ = makeTable("compareSettingsTable", tr("Configuration keys that differ"), page);
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(words_);
  layout->addWidget(settings_, 1);
  return withCopy(page, "copySettings", tr("Copy the differences, in words and as a table (TSV)"));
}

QWidget* CompareTables::withCopy(QWidget* content, const char* name, const QString& tip) {
  auto* page = new QWidget(this);
  auto* copy = new QPushButton(tr("Copy"), page);
  copy->setObjectName(name);
  copy->setToolTip(tip);
  copy->setAutoDefault(false);
  auto* layout = new QHBoxLayout(page);
  layout->setContentsMargins(0, 2, 4, 2);
  layout->addWidget(content, 1);
  layout->addWidget(copy, 0, Qt::AlignTop);
  connect(copy, &QPushButton::clicked, this, [this] {
    QApplication::clipboard()->setText(asText());
    Q_EMIT copied(tr("Copied “%1” of the comparison").arg(tabText(currentIndex())));
  });
  return page;
}

void CompareTables::refresh() {
  if (!isVisible()) {
    return;
  }
  if (currentIndex() == 0) {
    fillNumbers();
  } else if (currentIndex() == 1) {
    fillSettings();
  } else {
    fillCurves();
  }
}

std::vector<LayerNumbers> CompareTables::collectNumbers() {
  std::vector<LayerNumbers> numbers;
  int64_t most = 0;
  std::vector<bool> asked(runs_.count());
  for (std::size_t c = 0; c < runs_.count(); ++c) {
    most = std::max(most, runs_.column(c).layers());
  }
  for (int64_t layer = 0; layer < most; ++layer) {
    for (std::size_t c = 0; c < runs_.count(); ++c) {
      CompareColumn& one = runs_.column(c);
      const int64_t snapshot = one.state.snapshot();
      if (layer >= one.layers() || one.step() < 0) {
        continue;
      }
      const auto summary = one.common.summary(snapshot);
      // One layer after the other: a second question would push the first aside.
      const bool is_made =
          one.tables.standing(ChoiceTables::question(snapshot, layer)).kind == Standing::Kind::Made;
      std::shared_ptr<const ChoiceTable> table;
      if (one.has_common && (is_made || (!asked[c] && one.tables.isIdle()))) {
        asked[c] = asked[c] || !is_made;
        table = one.tables.table(snapshot, layer);
      }
      if (summary) {
        numbers.push_back(numbersOf(*one.data(), *summary, layer, table.get()));
      }
    }
  }
  return numbers;
}

void CompareTables::fillNumbers() {
  shown_ = collectNumbers();
  numbers_->setRowCount(static_cast<int>(shown_.size()));
  for (int row = 0; row < static_cast<int>(shown_.size()); ++row) {
    const LayerNumbers& line = shown_[static_cast<std::size_t>(row)];
    int column = 0;
    setCell(*numbers_, row, column++, line.place, false);
    setCell(*numbers_, row, column++, line.run, false);
    setCell(*numbers_, row, column++, QString::number(line.step), true);
    for (const double value : line.success) {
      setCell(*numbers_, row, column++, share(value), true);
    }
    for (const double value : line.token_entropy) {
      setCell(*numbers_, row, column++, nats(value), true);
    }
    setCell(*numbers_, row, column++, share(line.text_share), true);
  }
  numbers_->resizeColumnsToContents();
  numbers_->resizeRowsToContents();
}

void CompareTables::fillSettings() {
  std::vector<std::string> configs;
  QStringList names{tr("Key")};
  QStringList words;
  for (std::size_t c = 0; c < runs_.count(); ++c) {
    const auto run = runs_.column(c).data();
    configs.push_back(run ? run->origin.config_json : std::string());
    names << runs_.column(c).name();
    if (c > 0) {
      words << QStringLiteral("%1: %2").arg(runs_.column(c).name(), settingWords(runs_, c));
    }
  }
  words_->setText(words.join('\n'));
  const auto differences = configDifferences(configs);
  settings_->setColumnCount(static_cast<int>(names.size()));
  settings_->setHorizontalHeaderLabels(names);
  settings_->setRowCount(static_cast<int>(differences.size()));
  for (int row = 0; row < static_cast<int>(differences.size()); ++row) {
    const ConfigDifference& difference = differences[static_cast<std::size_t>(row)];
    setCell(*settings_, row, 0, difference.key, false);
    for (int c = 0; c < difference.values.size(); ++c) {
      setCell(*settings_, row, c + 1, difference.values[c], false);
    }
  }
  settings_->resizeColumnsToContents();
  settings_->resizeRowsToContents();
}

void CompareTables::fillCurves() {
  std::vector<RunCurves::Run> runs;
  for (std::size_t c = 0; c < runs_.count(); ++c) {
    const auto run = runs_.column(c).run ? runs_.column(c).run->data() : nullptr;
    if (run) {
      runs.push_back({run, withoutSeed(run->origin.config_json)});
    }
  }
  curves_->setRuns(std::move(runs));
}

QString CompareTables::settingsAsText() const {
  QStringList lines{words_->text()};
  QStringList names;
  for (int c = 0; c < settings_->columnCount(); ++c) {
    names << settings_->horizontalHeaderItem(c)->text();
  }
  lines << names.join('\t');
  for (int row = 0; row < settings_->rowCount(); ++row) {
    QStringList cells;
    for (int c = 0; c < settings_->columnCount(); ++c) {
      cells << settings_->item(row, c)->text();
    }
    lines << cells.join('\t');
  }
  return lines.join('\n') + '\n';
}

QString CompareTables::asText() const {
  return currentIndex() == 0   ? asTsv(shown_)
         : currentIndex() == 1 ? settingsAsText()
                               : curves_->asTsv();
}

}  // namespace limoe::gui
