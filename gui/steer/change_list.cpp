#include "gui/steer/change_list.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>

#include "gui/view/elided_label.h"

namespace limoe::gui {
namespace {

using nlohmann::json;
using Entry = ChangeHistory::Entry;

/// More are in the curves' marks and in the recording.
constexpr std::size_t kMostRows = 40;

/// Long keys may break at their dots and underscores, numbers may not.
QString breakable(QString text) {
  static const QRegularExpression joint("([._])(?=[a-z])");
  return text.replace(joint, QString("\\1") + QChar(0x200B));
}

QString lineOf(const Entry& entry) {
  const QString when = entry.step ? QString("step %1").arg(*entry.step) : QString("next step");
  const QString kind = entry.kind == ChangeHistory::Kind::Undo   ? QString(" undo:")
                       : entry.kind == ChangeHistory::Kind::Redo ? QString(" redo:")
                                                                 : QString(":");
  return when + kind + ' ' + changesText(entry.changes);
}

/// Whether the worker's values are those from before the change already.
bool isAsBefore(const Entry& entry, const json& current) {
  for (const LiveChange& change : entry.changes) {
    const auto now = current.find(change.key);
    if (now == current.end() || *now != change.before) {
      return false;
    }
  }
  return true;
}

}  // namespace

ChangeList::ChangeList(QWidget* parent)
    : QWidget(parent),
      undo_(makeAction("undoChangeAction", "Undo change", QKeySequence::Undo)),
      redo_(makeAction("redoChangeAction", "Redo change", QKeySequence::Redo)),
      title_(new ElidedLabel("Changes", this)),
      rows_(new QVBoxLayout) {
  QFont font = title_->font();
  font.setBold(true);
  title_->setFont(font);
  title_->setForegroundRole(QPalette::Link);
  title_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  title_->setToolTip("Live values that were changed while this run trained, the newest first");
  auto* bar = new QHBoxLayout;
  bar->addWidget(title_, 1);
  bar->addWidget(makeButton("undoChange", "↶", undo_));
  bar->addWidget(makeButton("redoChange", "↷", redo_));
  rows_->setSpacing(3);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 6, 0, 0);
  layout->addLayout(bar);
  layout->addLayout(rows_);
  connect(undo_, &QAction::triggered, this, [this] { Q_EMIT asked(undo_values_); });
  connect(redo_, &QAction::triggered, this, [this] { Q_EMIT asked(redo_values_); });
  setChanges({}, json::object());
}

QAction* ChangeList::makeAction(const char* name, const QString& text, const QKeySequence& key) {
  auto* action = new QAction(text, this);
  action->setObjectName(name);
  action->setShortcut(key);
  return action;
}

/// As large as its sign, where the action's own text would not fit.
QToolButton* ChangeList::makeButton(const char* name, const QString& sign, QAction* action) {
  auto* button = new QToolButton(this);
  button->setObjectName(name);
  button->setText(sign);
  button->setAccessibleName(action->text());
  button->setFocusPolicy(Qt::StrongFocus);
  connect(button, &QToolButton::clicked, action, &QAction::trigger);
  connect(action, &QAction::changed, button, [button, action] {
    button->setEnabled(action->isEnabled());
    button->setToolTip(action->toolTip());
  });
  return button;
}

void ChangeList::setAction(QAction* action, const Entry* entry, const QString& verb,
                           const QString& nothing, bool live) {
  action->setEnabled(entry && live);
  const QString what = QString("%1 a change of the live values").arg(verb);
  action->setToolTip(!entry  ? QString("%1 (not now: %2)").arg(what, nothing)
                     : !live ? QString("%1 (not now: no worker trains this run)").arg(what)
                             : QString("%1 the change of %2 (%3)")
                                   .arg(verb, lineOf(*entry),
                                        action->shortcut().toString(QKeySequence::NativeText)));
  action->setStatusTip(what);
}

void ChangeList::setChanges(const ChangeHistory& history, const json& current) {
  const bool live = !current.empty();
  const Entry* undo = history.toUndo();
  const Entry* redo = history.toRedo();
  undo_values_ = undo ? ChangeHistory::valuesBefore(*undo) : json::object();
  redo_values_ = redo ? ChangeHistory::valuesAfter(*redo) : json::object();
  setAction(undo_, undo, "Undo", "nothing was changed", live);
  setAction(redo_, redo, "Redo", "nothing was undone", live);
  title_->setText(history.entries().empty()
                      ? QString("Changes: none yet")
                      : QString("Changes (%1)").arg(history.entries().size()));
  if (history.entries() == shown_ && current == shown_current_) {
    return;
  }
  shown_ = history.entries();
  shown_current_ = current;
  while (QLayoutItem* item = rows_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();  // often called from a button in it
    delete item;
  }
  const std::size_t count = std::min(shown_.size(), kMostRows);
  for (std::size_t i = 0; i < count; ++i) {
    rows_->addWidget(makeRow(shown_[shown_.size() - 1 - i], current));
  }
}

QWidget* ChangeList::makeRow(const Entry& entry, const json& current) {
  auto* row = new QWidget(this);
  row->setObjectName("changeRow");
  auto* text = new QLabel(breakable(lineOf(entry)), row);
  text->setWordWrap(true);
  text->setTextFormat(Qt::PlainText);
  text->setTextInteractionFlags(Qt::TextSelectableByMouse);
  QFont font = text->font();
  font.setStrikeOut(entry.undone);
  text->setFont(font);
  text->setToolTip(entry.undone ? QString("Was undone later")
                   : entry.step
                       ? QString("In force from step %1 on; marked on every curve").arg(*entry.step)
                       : QString("The worker has it; it is in force from the next step"));
  auto* undo = new QToolButton(row);
  undo->setObjectName("undoThis");
  undo->setText("↶");
  undo->setFocusPolicy(Qt::StrongFocus);
  undo->setAccessibleName("Undo " + lineOf(entry));
  const bool as_before = isAsBefore(entry, current);
  undo->setEnabled(!current.empty() && !as_before);
  undo->setToolTip(current.empty() ? QString("Not now: no worker trains this run")
                   : as_before     ? QString("Not now: these values are as before it already")
                                   : QString("Set these values back to what they were before it"));
  const json values = ChangeHistory::valuesBefore(entry);
  connect(undo, &QToolButton::clicked, this, [this, values] { Q_EMIT asked(values); });
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(text, 1);
  layout->addWidget(undo, 0, Qt::AlignTop);
  return row;
}

}  // namespace limoe::gui
