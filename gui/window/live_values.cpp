#include "gui/window/live_values.h"

#include <QComboBox>
#include <QDoubleValidator>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "gui/steer/change_list.h"
#include "gui/steer/config_keys.h"
#include "gui/view/run_source.h"

namespace limoe::gui {
namespace {

constexpr const char* kPriorityKey = "moe.priority";
constexpr int kMargin = 10;
/// Widths in letters: of a number, and of what stands between and beside.
constexpr int kNumber = 9;
constexpr int kBetween = 7;

QString shown(double value) {
  return QString::number(value, 'g', 6);
}

QString tipOf(const ConfigKey& key) {
  return QString("%1\n(%2)").arg(key.sentence, QString::fromStdString(key.key));
}

}  // namespace

LiveValues::LiveValues(QWidget* parent)
    : QWidget(parent),
      priority_(new QComboBox(this)),
      hint_(new QLabel("While a run trains, its learning rate, loss weights, soft minima, noise, "
                       "capacity and priority can be changed here.",
                       this)),
      scroll_(new QScrollArea(this)),
      fields_(new QWidget(scroll_)),
      apply_(new QPushButton("Apply", this)),
      revert_(new QPushButton("Revert", this)),
      change_list_(new ChangeList(this)) {
  makeFields();
  auto* content = new QWidget(scroll_);
  auto* content_layout = new QVBoxLayout(content);
  content_layout->setContentsMargins(kMargin, 8, kMargin, 8);
  content_layout->addWidget(fields_);
  content_layout->addWidget(change_list_);
  content_layout->addStretch(1);
  scroll_->setFocusPolicy(Qt::NoFocus);  // its fields have the keyboard
  scroll_->setWidget(content);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  hint_->setWordWrap(true);
  hint_->setContentsMargins(kMargin, 8, kMargin, 0);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  apply_->setObjectName("applyValues");
  apply_->setToolTip(
      "Send the changed values to the worker; they are in force from the next step, "
      "and marked in the curves");
  revert_->setToolTip("Type nothing after all: the fields as the worker has the values");
  auto* buttons = new QHBoxLayout;
  buttons->setContentsMargins(kMargin, 2, kMargin, 8);
  buttons->addStretch();
  buttons->addWidget(revert_);
  buttons->addWidget(apply_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2);
  layout->addWidget(hint_);
  layout->addWidget(scroll_, 1);
  layout->addLayout(buttons);
  layout->addStretch(0);
  connectFields();
  setCurrent(nlohmann::json::object());
}

void LiveValues::makeFields() {
  auto* form = new QFormLayout(fields_);
  form->setContentsMargins(0, 0, 0, 0);
  form->setHorizontalSpacing(12);
  form->setVerticalSpacing(5);
  addNumber(form, *findConfigKey("train.learning_rate"));
  for (const ConfigKey& key : configGroups().front().keys) {  // the auxiliary losses
    addNumber(form, key);
  }
  addNumber(form, *findConfigKey("moe.noise_std"));
  addNumber(form, *findConfigKey("moe.capacity_factor"));
  const ConfigKey& priority = *findConfigKey(kPriorityKey);
  priority_->addItems(priority.choices);
  priority_->setObjectName(kPriorityKey);
  priority_->setAccessibleName(priority.title);
  priority_->setToolTip(tipOf(priority));
  form->addRow(priority.title, priority_);
}

void LiveValues::connectFields() {
  connect(priority_, &QComboBox::currentTextChanged, this, &LiveValues::refresh);
  connect(apply_, &QPushButton::clicked, this, [this] { send(changes()); });
  connect(revert_, &QPushButton::clicked, this, &LiveValues::revert);
  connect(change_list_, &ChangeList::asked, this, &LiveValues::send);
}

void LiveValues::send(const nlohmann::json& values) {
  history_.noteSending(values);
  Q_EMIT applied(values);
}

QAction* LiveValues::undoAction() const {
  return change_list_->undoAction();
}

QAction* LiveValues::redoAction() const {
  return change_list_->redoAction();
}

void LiveValues::setRun(const RunData* run) {
  history_.setEvents(run ? run->folder : QString(),
                     run ? run->events : std::vector<probe::Event>());
  change_list_->setVisible(!current_.empty() || !history_.entries().empty());
  scroll_->setVisible(!current_.empty() || !history_.entries().empty());
  change_list_->setChanges(history_, current_);
}

bool LiveValues::eventFilter(QObject* watched, QEvent* event) {
  // In a field that is being typed into, undo is the field's; else it is the run's.
  if (event->type() == QEvent::ShortcutOverride) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const auto* edit = qobject_cast<QLineEdit*>(watched);
    if (edit && !edit->isModified() &&
        (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo))) {
      event->ignore();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

void LiveValues::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  // Large letters in a narrow panel: fields below their names.
  auto* form = static_cast<QFormLayout*>(fields_->layout());
  int names = 0;
  for (int row = 0; row < form->rowCount(); ++row) {
    const QWidget* name = form->itemAt(row, QFormLayout::LabelRole)->widget();
    names = std::max(names, name->sizeHint().width());
  }
  const int letter = fontMetrics().averageCharWidth();
  const bool narrow = width() < names + (kNumber + kBetween) * letter + 2 * kMargin;
  form->setRowWrapPolicy(narrow ? QFormLayout::WrapAllRows : QFormLayout::DontWrapRows);
}

void LiveValues::addNumber(QFormLayout* form, const ConfigKey& key) {
  auto* edit = new QLineEdit(fields_);
  edit->setObjectName(QString::fromStdString(key.key));
  edit->setToolTip(tipOf(key));
  edit->setAccessibleName(key.title);
  edit->installEventFilter(this);
  edit->setAlignment(Qt::AlignRight);
  auto* validator = new QDoubleValidator(edit);
  validator->setBottom(0);
  validator->setLocale(QLocale::c());
  edit->setValidator(validator);
  form->addRow(key.title, edit);
  numbers_[key.key] = edit;
  connect(edit, &QLineEdit::textEdited, this, &LiveValues::refresh);
  connect(edit, &QLineEdit::returnPressed, this, [this] { apply_->click(); });
}

void LiveValues::setCurrent(const nlohmann::json& live) {
  const nlohmann::json edited = changes();
  const bool other_worker = current_.empty() || live.empty();
  current_ = live;
  const auto keeps = [&](const std::string& key) { return !other_worker && edited.contains(key); };
  for (const auto& [key, edit] : numbers_) {
    const auto value = live.find(key);
    const bool known = value != live.end() && value->is_number();
    edit->setEnabled(known);
    // Not while it is being typed into, not even to the same text: that would drop the selection.
    const QString text = known ? shown(value->get<double>()) : QString();
    const bool being_edited = !other_worker && edit->isModified();
    if (!keeps(key) && !being_edited && edit->text() != text) {
      edit->setText(text);
    }
  }
  const auto priority = live.find(kPriorityKey);
  const bool known = priority != live.end() && priority->is_string();
  priority_->setEnabled(known);
  if (known && !keeps(kPriorityKey)) {
    const QSignalBlocker no_signal(priority_);
    priority_->setCurrentText(QString::fromStdString(priority->get<std::string>()));
  }
  hint_->setVisible(live.empty());
  for (QWidget* widget : std::initializer_list<QWidget*>{fields_, apply_, revert_}) {
    widget->setVisible(!live.empty());
  }
  const bool any_change = !history_.entries().empty();
  scroll_->setVisible(!live.empty() || any_change);
  change_list_->setVisible(!live.empty() || any_change);
  change_list_->setChanges(history_, current_);
  refresh();
}

void LiveValues::accept(const nlohmann::json& values) {
  history_.add(values, current_);
  nlohmann::json now = current_;
  now.update(values);
  for (const auto& [key, edit] : numbers_) {
    const auto value = values.find(key);
    // What was typed after it was sent stays; what was undone is shown.
    if (value != values.end() &&
        (!edit->isModified() || valueFromText(*findConfigKey(key), edit->text()) == *value)) {
      edit->setText(shown(value->get<double>()));
      edit->setModified(false);
    }
  }
  if (values.contains(kPriorityKey)) {
    const QSignalBlocker no_signal(priority_);
    priority_->setCurrentText(valueText(values[kPriorityKey]));
  }
  setCurrent(now);
}

nlohmann::json LiveValues::changes() const {
  nlohmann::json changes = nlohmann::json::object();
  for (const auto& [key, edit] : numbers_) {
    const auto now = current_.find(key);
    if (now == current_.end() || !now->is_number() || !edit->hasAcceptableInput()) {
      continue;
    }
    // Compared as shown: a field that nobody touched differs from the value in its last digits.
    if (edit->text() != shown(now->get<double>())) {
      changes[key] = valueFromText(*findConfigKey(key), edit->text());
    }
  }
  const auto now = current_.find(kPriorityKey);
  if (now != current_.end() && *now != priority_->currentText().toStdString()) {
    changes[kPriorityKey] = priority_->currentText().toStdString();
  }
  return changes;
}

void LiveValues::revert() {
  const nlohmann::json current = std::exchange(current_, nlohmann::json::object());
  for (const auto& [key, edit] : numbers_) {
    edit->setModified(false);
  }
  setCurrent(current);
}

void LiveValues::refresh() {
  const nlohmann::json changed = changes();
  for (const auto& [key, edit] : numbers_) {
    QFont font = edit->font();
    font.setBold(changed.contains(key));
    edit->setFont(font);
  }
  apply_->setEnabled(!changed.empty());
  revert_->setEnabled(!changed.empty());
}

}  // namespace limoe::gui
