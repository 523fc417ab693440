#include "gui/steer/queue_panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/steer/run_queue.h"
#include "gui/steer/shell_words.h"
#include "gui/view/elided_label.h"

namespace limoe::gui {
namespace {

constexpr int kLeastLines = 2;
constexpr int kMessageLines = 2;

QString stateWord(QueueState state) {
  switch (state) {
    case QueueState::Waiting:
      return "waiting";
    case QueueState::Training:
      return "training";
    case QueueState::Finished:
      return "finished";
    case QueueState::Stopped:
      return "stopped";
    case QueueState::Failed:
      break;
  }
  return "failed";
}

QString tipOf(const QueueEntry& entry) {
  const QString told = entry.message.isEmpty() ? stateWord(entry.state) : entry.message;
  return QString("%1: %2\n%3")
      .arg(entry.run.name(), told, shellCommand(QStringList{"limoe"} + entry.run.trainArguments()));
}

}  // namespace

QueuePanel::QueuePanel(QWidget* parent)
    : QWidget(parent),
      title_(new ElidedLabel(this)),
      start_(new QPushButton(this)),
      at_once_(new QSpinBox(this)),
      cores_(new ElidedLabel(this)),
      list_(new QTreeWidget(this)),
      message_(new ElidedLabel(this)) {
  setObjectName("queuePanel");
  QFont font = title_->font();
  font.setBold(true);
  title_->setFont(font);
  title_->setForegroundRole(QPalette::Link);
  start_->setObjectName("startQueue");
  start_->setAutoDefault(false);
  at_once_->setObjectName("queueAtOnce");
  at_once_->setRange(1, RunQueue::kMostAtOnce);
  at_once_->setAccessibleName("Runs at once");
  at_once_->setToolTip("So many runs train at the same time and share the cores");
  message_->setObjectName("queueMessage");
  message_->setLines(kMessageLines);
  for (ElidedLabel* label : {title_, cores_, message_}) {
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  }
  makeList();
  auto* head = new QHBoxLayout;
  head->addWidget(start_, 1);
  head->addWidget(at_once_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->setSpacing(4);
  layout->addWidget(title_);
  layout->addWidget(cores_);
  layout->addLayout(head);
  layout->addWidget(list_, 1);
  layout->addWidget(message_);
  makeButtons();
  hide();
}

QueuePanel::~QueuePanel() {
  list_->disconnect(this);  // what it tells while it goes is for nobody
}

void QueuePanel::makeList() {
  list_->setObjectName("queueList");
  list_->setAccessibleName("Queue of runs");
  list_->setToolTip(
      "Runs in the order in which they begin; Alt+Up and Alt+Down move one, Del "
      "takes it off, Enter shows one that has begun");
  list_->setHeaderHidden(true);
  list_->setColumnCount(2);
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setAllColumnsShowFocus(true);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->header()->setStretchLastSection(false);
  list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  list_->setMinimumHeight(kLeastLines * (list_->fontMetrics().height() + 6));
  list_->installEventFilter(this);
  connect(list_, &QTreeWidget::currentItemChanged, this, &QueuePanel::refreshButtons);
  connect(list_, &QTreeWidget::itemActivated, this, [this] {
    const auto& entry = queue_->entries().at(static_cast<std::size_t>(current()));
    if (entry.state != QueueState::Waiting) {
      Q_EMIT chosen(entry.run.folder);
    }
  });
}

QToolButton* QueuePanel::makeButton(const char* name, const QString& text,
                                    const QString& accessible) {
  auto* button = new QToolButton(this);
  button->setObjectName(name);
  button->setText(text);
  button->setAccessibleName(accessible);
  button->setFocusPolicy(Qt::StrongFocus);
  return button;
}

void QueuePanel::makeButtons() {
  up_ = makeButton("queueUp", "↑", "Move up");
  down_ = makeButton("queueDown", "↓", "Move down");
  remove_ = makeButton("queueRemove", "✕", "Remove from the queue");
  clear_ = makeButton("queueClear", "Clear", "Clear those that have ended");
  connect(up_, &QToolButton::clicked, this, [this] { moveCurrent(-1); });
  connect(down_, &QToolButton::clicked, this, [this] { moveCurrent(1); });
  connect(remove_, &QToolButton::clicked, this, &QueuePanel::removeOrStop);
  connect(clear_, &QToolButton::clicked, this, [this] { queue_->clearOver(); });
  connect(start_, &QPushButton::clicked, this,
          [this] { queue_->isStarted() ? queue_->pause() : queue_->start(); });
  connect(at_once_, &QSpinBox::valueChanged, this, [this](int runs) { queue_->setAtOnce(runs); });
  auto* bar = new QHBoxLayout;
  bar->setSpacing(2);  // in large letters the panel is hardly wider than its buttons
  for (QToolButton* button : {up_, down_, remove_}) {
    bar->addWidget(button);
  }
  bar->addStretch(1);
  bar->addWidget(clear_);
  static_cast<QVBoxLayout*>(layout())->addLayout(bar);
}

void QueuePanel::setQueue(RunQueue* queue) {
  queue_ = queue;
  connect(queue_, &RunQueue::changed, this, &QueuePanel::refresh);
  refresh();
}

int QueuePanel::current() const {
  return list_->indexOfTopLevelItem(list_->currentItem());
}

void QueuePanel::refresh() {
  const auto& entries = queue_->entries();
  while (list_->topLevelItemCount() > static_cast<int>(entries.size())) {
    delete list_->takeTopLevelItem(list_->topLevelItemCount() - 1);
  }
  while (list_->topLevelItemCount() < static_cast<int>(entries.size())) {
    new QTreeWidgetItem(list_);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    QTreeWidgetItem* item = list_->topLevelItem(static_cast<int>(i));
    item->setText(0, entries[i].run.name());
    item->setText(1, stateWord(entries[i].state));
    item->setToolTip(0, tipOf(entries[i]));
    item->setToolTip(1, tipOf(entries[i]));
  }
  const int waiting = queue_->count(QueueState::Waiting);
  const int training = queue_->count(QueueState::Training);
  title_->setWholeText(QString("Queue: %1 training, %2 waiting").arg(training).arg(waiting));
  start_->setText(queue_->isStarted() ? "Pause" : "Start");
  start_->setEnabled(queue_->isStarted() || waiting > 0);
  start_->setToolTip(queue_->isStarted() ? "Start no more runs; those that train go on"
                     : waiting > 0       ? "Train the runs that wait, in their order"
                                         : "Train the runs that wait (not now: there is none)");
  const QSignalBlocker no_signal(at_once_);
  at_once_->setValue(queue_->atOnce());
  const int cores = queue_->coresEach();
  const QString share = QString("%1 core%2").arg(cores).arg(cores == 1 ? "" : "s");
  cores_->setText(queue_->atOnce() == 1
                      ? QString("One at a time, on %1").arg(share)
                      : QString("%1 at once, %2 each").arg(queue_->atOnce()).arg(share));
  cores_->setToolTip("A run that names no number of threads itself gets so many");
  refreshButtons();
  setVisible(!entries.empty());
}

void QueuePanel::refreshButtons() {
  const int index = current();
  const int count = list_->topLevelItemCount();
  const auto& entries = queue_->entries();
  const QueueEntry* entry = index >= 0 && index < static_cast<int>(entries.size())
                                ? &entries[static_cast<std::size_t>(index)]
                                : nullptr;
  const bool training = entry && entry->state == QueueState::Training;
  up_->setEnabled(entry && index > 0);
  up_->setToolTip(QString("Earlier in the order (Alt+Up)") +
                  (entry ? "" : " (not now: no run is selected)"));
  down_->setEnabled(entry && index + 1 < count);
  down_->setToolTip(QString("Later in the order (Alt+Down)") +
                    (entry ? "" : " (not now: no run is selected)"));
  remove_->setText(training ? "■" : "✕");
  remove_->setAccessibleName(training ? "Stop the run" : "Remove from the queue");
  remove_->setEnabled(entry != nullptr);
  remove_->setToolTip(training ? QString("Stop it after its step, with a checkpoint (Del)")
                      : entry  ? QString("Take it off the queue; what it has recorded stays (Del)")
                               : QString("Take a run off the queue (not now: none is selected)"));
  const bool any_over = std::any_of(entries.begin(), entries.end(),
                                    [](const QueueEntry& each) { return each.isOver(); });
  clear_->setEnabled(any_over);
  clear_->setToolTip(QString("Take those off the list that have ended; their runs stay") +
                     (any_over ? "" : " (not now: none has)"));
  message_->setWholeText(entry ? entry->message : QString());
  message_->setVisible(entry && !entry->message.isEmpty());
}

void QueuePanel::removeOrStop() {
  const int index = current();
  if (index < 0) {
    return;
  }
  const auto at = static_cast<std::size_t>(index);
  if (queue_->entries().at(at).state == QueueState::Training) {
    queue_->stop(at);
  } else {
    queue_->remove(at);
  }
}

void QueuePanel::moveCurrent(int by) {
  const int index = current();
  const int to = index + by;
  if (index >= 0 && to >= 0 && to < list_->topLevelItemCount()) {
    queue_->move(static_cast<std::size_t>(index), by);
    list_->setCurrentItem(list_->topLevelItem(to));
  }
}

bool QueuePanel::eventFilter(QObject* watched, QEvent* event) {
  const bool overriding = event->type() == QEvent::ShortcutOverride;
  if (watched == list_ && (overriding || event->type() == QEvent::KeyPress)) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool moves = key->modifiers() == Qt::AltModifier &&
                       (key->key() == Qt::Key_Up || key->key() == Qt::Key_Down);
    if (moves || key->key() == Qt::Key_Delete) {
      if (overriding) {
        event->accept();
      } else if (moves) {
        moveCurrent(key->key() == Qt::Key_Up ? -1 : 1);
      } else {
        removeOrStop();
      }
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace limoe::gui
