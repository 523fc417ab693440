#include "gui/compare/compare_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "gui/compare/compare_runs.h"

namespace limoe::gui {

CompareDialog::CompareDialog(std::vector<ComparableRun> runs, QWidget* parent)
    : QDialog(parent),
      runs_(std::move(runs)),
      list_(new QTreeWidget(this)),
      reference_(new QComboBox(this)),
      hint_(new QLabel(this)) {
  setObjectName("compareDialog");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(tr("Compare runs"));
  build();
  connect(list_, &QTreeWidget::itemChanged, this, &CompareDialog::refresh);
  connect(list_, &QTreeWidget::itemActivated, this, [](QTreeWidgetItem* item) {
    if ((item->flags() & Qt::ItemIsUserCheckable) != 0) {
      item->setCheckState(0, item->checkState(0) == Qt::Checked ? Qt::Unchecked : Qt::Checked);
    }
  });
  refresh();
}

void CompareDialog::build() {
  auto* layout = new QVBoxLayout(this);
  auto* words = new QLabel(tr("Tick two to %1 runs. They are shown side by side: the same images, "
                              "layer and step, experts matched with those of the reference.")
                               .arg(CompareRuns::kMost),
                           this);
  words->setWordWrap(true);
  layout->addWidget(words);
  list_->setObjectName("compareRunsList");
  list_->setAccessibleName(tr("Runs to compare"));
  list_->setToolTip(tr("Tick the runs to compare (Space)"));
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setAllColumnsShowFocus(true);
  list_->setHeaderLabels({tr("Run"), tr("State"), tr("Step"), tr("Setting")});
  for (const ComparableRun& run : runs_) {
    auto* item = new QTreeWidgetItem(list_);
    item->setText(0, run.name);
    item->setText(1, run.state);
    item->setText(2, QString::number(run.step));
    item->setText(3, run.setting);
    item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
    item->setFlags(run.fault.isEmpty()
                       ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable
                       : Qt::NoItemFlags);
    item->setCheckState(0, run.chosen > 0 ? Qt::Checked : Qt::Unchecked);
    for (int column = 0; column < 4; ++column) {
      item->setToolTip(column, run.fault.isEmpty() ? run.path : run.fault);
    }
  }
  list_->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  list_->header()->setStretchLastSection(true);
  if (list_->topLevelItemCount() > 0) {
    list_->setCurrentItem(list_->topLevelItem(0));
  }
  layout->addWidget(list_, 1);
  auto* row = new QHBoxLayout;
  auto* label = new QLabel(tr("&Reference:"), this);
  label->setBuddy(reference_);
  reference_->setObjectName("compareReference");
  reference_->setAccessibleName(tr("Reference"));
  reference_->setToolTip(
      tr("Its experts keep their colours; those of the other runs take the colour "
         "of the expert that they are matched with"));
  row->addWidget(label);
  row->addWidget(reference_, 1);
  layout->addLayout(row);
  hint_->setObjectName("compareHint");
  hint_->setWordWrap(true);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  layout->addWidget(hint_);
  auto* buttons = new QDialogButtonBox(this);
  compare_ = buttons->addButton(tr("Compare"), QDialogButtonBox::AcceptRole);
  compare_->setObjectName("compareButton");
  compare_->setToolTip(tr("Show the ticked runs side by side"));
  buttons->addButton(QDialogButtonBox::Cancel)->setToolTip(tr("Leave everything as it is"));
  layout->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(buttons, &QDialogButtonBox::accepted, this, [this] {
    const QStringList chosen_paths = paths();
    accept();
    Q_EMIT chosen(chosen_paths);
  });
  resize(fontMetrics().averageCharWidth() * 72, fontMetrics().height() * 24);
}

std::vector<std::size_t> CompareDialog::chosenRuns() const {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (list_->topLevelItem(static_cast<int>(i))->checkState(0) == Qt::Checked) {
      chosen.push_back(i);
    }
  }
  return chosen;
}

void CompareDialog::refresh() {
  const auto ticked = chosenRuns();
  // The reference stays the one that was chosen; at first that which the window shows.
  QString wanted = reference_->currentData().toString();
  if (wanted.isEmpty()) {
    const auto first = std::ranges::find(runs_, 1, &ComparableRun::chosen);
    wanted = first == runs_.end() ? QString() : first->path;
  }
  const QSignalBlocker quiet(reference_);
  reference_->clear();
  for (const std::size_t i : ticked) {
    reference_->addItem(runs_[i].name, runs_[i].path);
  }
  reference_->setCurrentIndex(std::max(0, reference_->findData(wanted)));
  const bool right = ticked.size() >= 2 && ticked.size() <= CompareRuns::kMost;
  compare_->setEnabled(right);
  compare_->setDefault(right);
  hint_->setText(runs_.size() < 2 ? tr("There are fewer than two runs: open more with Ctrl+O, or "
                                       "start one with Ctrl+N.")
                 : ticked.size() < 2 ? tr("Tick at least two runs.")
                 : right             ? tr("%1 runs will be compared.").arg(ticked.size())
                                     : tr("These are %1 runs; at most %2 stand side by side.")
                               .arg(ticked.size())
                               .arg(CompareRuns::kMost));
}

QStringList CompareDialog::paths() const {
  const QString reference = reference_->currentData().toString();
  auto ticked = chosenRuns();
  // Those of a comparison keep their order, new ones come last.
  std::ranges::stable_sort(ticked, {}, [&](std::size_t i) {
    const ComparableRun& run = runs_[i];
    return run.path == reference ? 0 : run.chosen > 0 ? run.chosen : 1000;
  });
  QStringList paths;
  for (const std::size_t i : ticked) {
    paths << runs_[i].path;
  }
  return paths;
}

}  // namespace limoe::gui
