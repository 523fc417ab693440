#include "gui/window/runs_panel.h"

#include <QApplication>
#include <QEvent>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QTreeWidget>
#include <QTreeWidgetItemIterator>
#include <QVBoxLayout>
#include <algorithm>

namespace limoe::gui {
namespace {

enum Column { kName, kState, kStep, kSetting, kColumns };

QString tipOf(const RunEntry& run) {
  if (!run.fault.isEmpty()) {
    return run.fault;
  }
  if (!run.run.isEmpty()) {
    return QString("%1\nYour images and captions, as the run routed them at step %2")
        .arg(run.path)
        .arg(run.step);
  }
  const QString planned = run.steps > 0 ? QString(" of %1").arg(run.steps) : QString();
  return QString("%1\n%2, step %3%4, setting %5")
      .arg(run.path, stateWord(run), QString::number(run.step), planned, run.setting);
}

void fill(QTreeWidgetItem* item, const RunEntry& run, bool shown) {
  item->setText(kName, run.name);
  item->setText(kState, run.run.isEmpty() || !run.fault.isEmpty() ? stateWord(run) : QString());
  item->setText(kStep, run.fault.isEmpty() ? QString::number(run.step) : QString());
  item->setText(kSetting, run.setting);
  item->setTextAlignment(kStep, Qt::AlignRight | Qt::AlignVCenter);
  const QString tip = tipOf(run);
  QFont font = item->font(kName);
  font.setBold(shown);
  for (int column = 0; column < kColumns; ++column) {
    item->setToolTip(column, tip);
    item->setFont(column, font);
  }
  item->setData(kName, Qt::UserRole, run.path);
}

/// Items are used again, so that the current line and what is folded stay as they are.
void setCount(QTreeWidgetItem* parent, std::size_t count) {
  while (parent->childCount() > static_cast<int>(count)) {
    delete parent->takeChild(parent->childCount() - 1);
  }
  while (parent->childCount() < static_cast<int>(count)) {
    new QTreeWidgetItem(parent);
  }
}

struct Line {
  const RunEntry* run;
  std::vector<const RunEntry*> own;  ///< below it
};

std::vector<Line> linesOf(const std::vector<RunEntry>& runs) {
  std::vector<Line> lines;
  for (const RunEntry& run : runs) {
    const auto has_its_run = [&](const RunEntry& other) { return other.path == run.run; };
    if (run.run.isEmpty() || std::none_of(runs.begin(), runs.end(), has_its_run)) {
      lines.push_back({&run, {}});
    }
  }
  for (const RunEntry& run : runs) {
    const auto line = std::find_if(lines.begin(), lines.end(), [&](const Line& other) {
      return other.run->path == run.run && other.run->run.isEmpty();
    });
    if (!run.run.isEmpty() && line != lines.end()) {
      line->own.push_back(&run);
    }
  }
  return lines;
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
    : QWidget(parent),
      list_(new QTreeWidget(this)),
      empty_(new QLabel(this)),
      compare_(new QPushButton(this)) {
  list_->setObjectName("runsList");
  list_->setHeaderLabels({"Run", "State", "Step", "Setting"});
  list_->setUniformRowHeights(true);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setAllColumnsShowFocus(true);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->header()->setStretchLastSection(false);
  list_->header()->setSectionsClickable(false);
  list_->header()->setSectionResizeMode(QHeaderView::Fixed);
  list_->header()->setSectionResizeMode(kName, QHeaderView::Stretch);
  list_->headerItem()->setTextAlignment(kStep, Qt::AlignRight | Qt::AlignVCenter);
  list_->viewport()->setAttribute(Qt::WA_Hover);
  list_->viewport()->installEventFilter(this);
  list_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  list_->setToolTip("Click a run to show it; with Ctrl or Shift select several to compare them");
  list_->setAccessibleName("Runs");
  empty_->setWordWrap(true);
  empty_->setContentsMargins(10, 8, 10, 8);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(empty_);
  layout->addWidget(list_, 1);
  compare_->setObjectName("compareSelected");
  compare_->setText("Compare runs");
  compare_->setAutoDefault(false);
  compare_->setToolTip("Show the selected runs side by side, their experts matched");
  layout->addWidget(compare_);
  compare_->hide();
  connect(compare_, &QPushButton::clicked, this, [this] { Q_EMIT compareAsked(selectedRuns()); });
  connect(list_, &QTreeWidget::itemSelectionChanged, this, &RunsPanel::offerComparison);
  const auto choose = [this](QTreeWidgetItem* item) {
    Q_EMIT chosen(item->data(kName, Qt::UserRole).toString());
  };
  connect(list_, &QTreeWidget::itemClicked, this, [choose](QTreeWidgetItem* item) {
    // With these a click selects for a comparison, and shows nothing.
    const auto held = QApplication::keyboardModifiers() & (Qt::ControlModifier | Qt::ShiftModifier);
    if (held == Qt::NoModifier) {
      choose(item);
    }
  });
  connect(list_, &QTreeWidget::itemActivated, this, choose);
}

QStringList RunsPanel::selectedRuns() const {
  QStringList paths;
  for (int i = 0; i < list_->topLevelItemCount(); ++i) {
    const QTreeWidgetItem* item = list_->topLevelItem(i);
    const QString path = item->data(kName, Qt::UserRole).toString();
    if (item->isSelected() && path == shown_) {
      paths.prepend(path);  // the reference
    } else if (item->isSelected()) {
      paths << path;
    }
  }
  return paths;
}

void RunsPanel::offerComparison() {
  constexpr qsizetype kMostCompared = 6;
  const qsizetype count = selectedRuns().size();
  compare_->setVisible(count >= 2);
  compare_->setEnabled(count <= kMostCompared);
  compare_->setText(count <= kMostCompared
                        ? QString("Compare %1 runs").arg(count)
                        : QString("At most %1 can be compared").arg(kMostCompared));
}

void RunsPanel::setRuns(const std::vector<RunEntry>& runs, const QString& shown,
                        const QString& folder) {
  shown_ = shown;
  const std::vector<Line> lines = linesOf(runs);
  setCount(list_->invisibleRootItem(), lines.size());
  bool nested = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    QTreeWidgetItem* item = list_->topLevelItem(static_cast<int>(i));
    const Line& line = lines[i];
    fill(item, *line.run, line.run->path == shown);
    if (!line.run->run.isEmpty()) {  // its run is not in the list
      item->setText(
          kName, QFileInfo(line.run->run).fileName() + QString::fromUtf8(" · ") + line.run->name);
    }
    const bool is_first = item->childCount() == 0;
    setCount(item, line.own.size());
    if (is_first && !line.own.empty()) {
      item->setExpanded(true);
    }
    for (std::size_t o = 0; o < line.own.size(); ++o) {
      fill(item->child(static_cast<int>(o)), *line.own[o], line.own[o]->path == shown);
    }
    nested = nested || !line.own.empty();
  }
  list_->setRootIsDecorated(nested);  // no empty margin where nothing can be folded
  layColumns();
  empty_->setVisible(runs.empty());
  list_->setVisible(!runs.empty());
  empty_->setText(QString("No runs in %1 yet. Start one with Ctrl+N, or open a recording with "
                          "Ctrl+O.")
                      .arg(folder));
}

/// The name comes first, then state, step and setting, as far as there is room for them. Nothing
/// is ever to be looked for beside the panel; what has no room is in the tool tip.
void RunsPanel::layColumns() {
  list_->setIndentation(list_->fontMetrics().height());
  QFont bold = list_->font();
  bold.setBold(true);
  const QFontMetrics metrics(bold);
  const int margin = list_->style()->pixelMetric(QStyle::PM_HeaderMargin, nullptr, list_);
  const auto width_of = [&](int column) {
    int width = metrics.horizontalAdvance(list_->headerItem()->text(column));
    for (QTreeWidgetItemIterator item(list_); *item; ++item) {
      const int levels = ((*item)->parent() ? 1 : 0) + (list_->rootIsDecorated() ? 1 : 0);
      const int indent = column == kName ? levels * list_->indentation() : 0;
      width = std::max(width, metrics.horizontalAdvance((*item)->text(column)) + indent);
    }
    return width + 2 * margin + 2;
  };
  const int room = list_->viewport()->width();
  // A very long name does not push everything else out.
  int used = std::min(width_of(kName), room * 2 / 3);
  bool fits = true;
  for (const int column : {kState, kStep, kSetting}) {
    const int width = width_of(column);
    used += width;
    fits = fits && used <= room;
    list_->setColumnHidden(column, !fits);
    list_->header()->resizeSection(column, width);
  }
}

bool RunsPanel::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize || event->type() == QEvent::FontChange) {
    layColumns();
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace limoe::gui
