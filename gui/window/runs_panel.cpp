#include "gui/window/runs_panel.h"

#include <QApplication>
#include <QEvent>
#include <QFileInfo>
#include <QHash>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStyle>
#include <QTreeWidget>
#include <QTreeWidgetItemIterator>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/steer/queue_panel.h"

namespace limoe::gui {
namespace {

constexpr int kIsRunRole = Qt::UserRole + 1;

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
  const QString fork = run.parent.isEmpty() ? QString()
                                            : QString("\nA fork of %1 at step %2")
                                                  .arg(QFileInfo(run.parent).fileName())
                                                  .arg(run.parent_step);
  return QString("%1\n%2, step %3%4, setting %5")
             .arg(run.path, stateWord(run), QString::number(run.step), planned, run.setting) +
         fork;
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
  item->setData(kName, kIsRunRole, run.run.isEmpty() && run.fault.isEmpty());
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

/// For each entry the one that it stands below – the run that routed the user's own images, or a
/// fork's parent – or −1.
std::vector<int> parentsOf(const std::vector<RunEntry>& runs) {
  QHash<QString, int> by_path, by_id;
  for (int i = 0; i < static_cast<int>(runs.size()); ++i) {
    const RunEntry& run = runs[static_cast<std::size_t>(i)];
    if (run.run.isEmpty()) {
      by_path.insert(run.path, i);
    }
    if (!run.run_id.isEmpty() && !by_id.contains(run.run_id)) {
      by_id.insert(run.run_id, i);
    }
  }
  std::vector<int> parents;
  for (const RunEntry& run : runs) {
    // A parent may have been moved or renamed: then its identifier finds it.
    const bool fork = run.run.isEmpty();
    parents.push_back(fork ? by_id.value(run.parent_run_id, by_path.value(run.parent, -1))
                           : by_path.value(run.run, -1));
  }
  for (std::size_t i = 0; i < parents.size(); ++i) {
    // Recordings that were copied over one another could each stand below the other.
    int at = parents[i];
    for (std::size_t levels = 0; at >= 0 && levels < parents.size(); ++levels) {
      at = parents[static_cast<std::size_t>(at)];
    }
    parents[i] = at >= 0 ? -1 : parents[i];
  }
  return parents;
}

int depthOf(const QTreeWidgetItem* item) {
  int depth = 0;
  for (const QTreeWidgetItem* at = item->parent(); at != nullptr; at = at->parent()) {
    ++depth;
  }
  return depth;
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
      compare_(new QPushButton(this)),
      queue_(new QueuePanel(this)) {
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
  compare_->setAccessibleName("Compare the selected runs");
  compare_->setAutoDefault(false);
  compare_->setToolTip("Show the selected runs side by side, their experts matched");
  layout->addWidget(compare_);
  compare_->hide();
  layout->addWidget(queue_);
  connect(queue_, &QueuePanel::chosen, this, &RunsPanel::chosen);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  connect(list_, &QTreeWidget::customContextMenuRequested, this, &RunsPanel::showMenu);
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
  for (QTreeWidgetItemIterator at(list_); *at; ++at) {
    const QTreeWidgetItem* item = *at;
    if (!item->isSelected() || !item->data(kName, kIsRunRole).toBool()) {
      continue;
    }
    const QString path = item->data(kName, Qt::UserRole).toString();
    if (path == shown_) {
      paths.prepend(path);  // the reference
    } else {
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

void RunsPanel::showMenu(const QPoint& place) {
  const QTreeWidgetItem* item = list_->itemAt(place);
  if (item == nullptr) {
    return;
  }
  const QString path = item->data(kName, Qt::UserRole).toString();
  auto* menu = new QMenu(this);
  menu->setObjectName("runMenu");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction("&Show", this, [this, path] { Q_EMIT chosen(path); });
  if (item->data(kName, kIsRunRole).toBool()) {
    menu->addAction("&Fork…", this, [this, path] { Q_EMIT forkAsked(path); });
  }
  menu->popup(list_->viewport()->mapToGlobal(place));
}

void RunsPanel::setQueue(RunQueue* queue) {
  queue_->setQueue(queue);
}

void RunsPanel::setRuns(const std::vector<RunEntry>& runs, const QString& shown,
                        const QString& folder) {
  shown_ = shown;
  const std::vector<int> parents = parentsOf(runs);
  Children children;
  for (const bool own_pass : {true, false}) {  // below a run its own images stand before its forks
    for (int i = 0; i < static_cast<int>(runs.size()); ++i) {
      const int parent = parents[static_cast<std::size_t>(i)];
      const bool own = !runs[static_cast<std::size_t>(i)].run.isEmpty() && parent >= 0;
      if (own == own_pass) {
        children[parent].push_back(i);
      }
    }
  }
  fillBelow(list_->invisibleRootItem(), runs, children, -1, shown);
  list_->setRootIsDecorated(children.size() > 1);  // no empty margin where nothing can be folded
  layColumns();
  empty_->setVisible(runs.empty());
  list_->setVisible(!runs.empty());
  empty_->setText(QString("No runs in %1 yet. Start one with Ctrl+N, or open a recording with "
                          "Ctrl+O.")
                      .arg(folder));
}

void RunsPanel::fillBelow(QTreeWidgetItem* item, const std::vector<RunEntry>& runs,
                          const Children& children, int index, const QString& shown) {
  const auto found = children.find(index);
  const std::vector<int> none;
  const std::vector<int>& lines = found == children.end() ? none : found->second;
  const bool is_first = item->childCount() == 0 && index >= 0;
  setCount(item, lines.size());
  if (is_first && !lines.empty()) {
    item->setExpanded(true);
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const RunEntry& run = runs[static_cast<std::size_t>(lines[i])];
    QTreeWidgetItem* child = item->child(static_cast<int>(i));
    fill(child, run, run.path == shown);
    if (index < 0 && !run.run.isEmpty()) {  // its run is not in the list
      child->setText(kName, QFileInfo(run.run).fileName() + QString::fromUtf8(" · ") + run.name);
    }
    fillBelow(child, runs, children, lines[i], shown);
  }
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
      const int levels = depthOf(*item) + (list_->rootIsDecorated() ? 1 : 0);
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
