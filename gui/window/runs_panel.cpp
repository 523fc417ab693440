#include "gui/window/runs_panel.h"

#include <QHeaderView>
#include <QLabel>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace limoe::gui {
namespace {

enum Column { kName, kState, kStep, kSetting, kColumns };

void fill(QTreeWidgetItem* item, const RunEntry& run, bool shown) {
  item->setText(kName, run.name);
  item->setText(kState, stateWord(run));
  item->setText(kStep, run.fault.isEmpty() ? QString::number(run.step) : QString());
  item->setText(kSetting, run.setting);
  item->setTextAlignment(kStep, Qt::AlignRight | Qt::AlignVCenter);
  const QString planned = run.steps > 0 ? QString(" of %1").arg(run.steps) : QString();
  const QString tip =
      run.fault.isEmpty()
          ? QString("%1\n%2, step %3%4, setting %5")
                .arg(run.path, stateWord(run), QString::number(run.step), planned, run.setting)
          : run.fault;
  QFont font = item->font(kName);
  font.setBold(shown);
  for (int column = 0; column < kColumns; ++column) {
    item->setToolTip(column, tip);
    item->setFont(column, font);
  }
  item->setData(kName, Qt::UserRole, run.path);
}

}  // namespace

QString stateWord(probe::RunState state) {
  switch (state) {
    case probe::RunState::Live:
      return "training";
    case probe::RunState::Finished:
      return "finished";
    case probe::RunState::Died:
      break;
  }
  return "ended early";
}

QString stateWord(const RunEntry& run) {
  if (!run.fault.isEmpty()) {
    return "unreadable";
  }
  return run.activity.isEmpty() ? stateWord(run.state) : run.activity;
}

RunsPanel::RunsPanel(QWidget* parent)
    : QWidget(parent), list_(new QTreeWidget(this)), empty_(new QLabel(this)) {
  list_->setObjectName("runsList");
  list_->setHeaderLabels({"Run", "State", "Step", "Setting"});
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setAllColumnsShowFocus(true);
  list_->header()->setMinimumSectionSize(30);
  list_->header()->setStretchLastSection(false);  // it would not shrink again
  list_->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  list_->setToolTip("Click a run to show it");
  list_->setAccessibleName("Runs");
  empty_->setWordWrap(true);
  empty_->setContentsMargins(8, 6, 8, 6);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(empty_);
  layout->addWidget(list_, 1);
  const auto choose = [this](QTreeWidgetItem* item) {
    Q_EMIT chosen(item->data(kName, Qt::UserRole).toString());
  };
  connect(list_, &QTreeWidget::itemClicked, this, choose);
  connect(list_, &QTreeWidget::itemActivated, this, choose);
}

void RunsPanel::setRuns(const std::vector<RunEntry>& runs, const QString& shown,
                        const QString& folder) {
  while (list_->topLevelItemCount() > static_cast<int>(runs.size())) {
    delete list_->takeTopLevelItem(list_->topLevelItemCount() - 1);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    QTreeWidgetItem* item = list_->topLevelItem(static_cast<int>(i));
    if (!item) {
      item = new QTreeWidgetItem(list_);
    }
    fill(item, runs[i], runs[i].path == shown);
  }
  empty_->setVisible(runs.empty());
  list_->setVisible(!runs.empty());
  empty_->setText(QString("No runs in %1 yet. Start one with Ctrl+N, or open a recording with "
                          "Ctrl+O.")
                      .arg(folder));
}

}  // namespace limoe::gui
