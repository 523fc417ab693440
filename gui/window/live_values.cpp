#include "gui/window/live_values.h"

#include <QComboBox>
#include <QDoubleValidator>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <utility>

#include "model/config.h"

namespace limoe::gui {
namespace {

constexpr const char* kPriorityKey = "moe.priority";
constexpr int kMargin = 10;
/// Width that a name and its number need side by side, in letters.
constexpr int kLeastCharacters = 28;

QString shown(double value) {
  return QString::number(value, 'g', 6);
}

}  // namespace

LiveValues::LiveValues(QWidget* parent)
    : QWidget(parent),
      priority_(new QComboBox(this)),
      hint_(new QLabel("While a run trains, its learning rate, loss weights, noise, capacity and "
                       "priority can be changed here.",
                       this)),
      scroll_(new QScrollArea(this)),
      fields_(new QWidget(scroll_)),
      apply_(new QPushButton("Apply", this)),
      revert_(new QPushButton("Revert", this)) {
  auto* form = new QFormLayout(fields_);
  form->setContentsMargins(kMargin, 8, kMargin, 8);
  form->setHorizontalSpacing(12);
  form->setVerticalSpacing(5);
  addNumber(form, "train.learning_rate", "Learning rate", "Scales the whole schedule's peak");
  addNumber(form, "aux.weight", "Auxiliary weight", "Weight of the auxiliary losses together");
  for (const char* name : model::kAuxLossNames) {
    addNumber(form, std::string("aux.") + name, QString(name).replace('_', ' '),
              QString("Coefficient of the %1 loss; 0 switches it off")
                  .arg(QString(name).replace('_', ' ')));
  }
  addNumber(form, "moe.noise_std", "Router noise",
            "Noise on the router's logits while training, divided by the number of experts");
  addNumber(form, "moe.capacity_factor", "Capacity factor",
            "Places per expert, relative to an even share");
  priority_->addItems({"bpr", "vanilla"});
  priority_->setObjectName(kPriorityKey);
  priority_->setAccessibleName("Priority");
  priority_->setToolTip("Who gets a place first: tokens with the largest gate (bpr), or in order");
  form->addRow("Priority", priority_);

  scroll_->setFocusPolicy(Qt::NoFocus);  // its fields have the keyboard
  scroll_->setWidget(fields_);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  hint_->setWordWrap(true);
  hint_->setContentsMargins(kMargin, 8, kMargin, 0);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  apply_->setObjectName("applyValues");
  apply_->setToolTip("Send the changed values to the worker; each is marked in the curves");
  revert_->setToolTip("Back to the worker's values");
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

  connect(priority_, &QComboBox::currentTextChanged, this, &LiveValues::refresh);
  connect(apply_, &QPushButton::clicked, this, [this] { Q_EMIT applied(changes()); });
  connect(revert_, &QPushButton::clicked, this, &LiveValues::revert);
  setCurrent(nlohmann::json::object());
}

void LiveValues::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  // Large letters in a narrow panel: fields below their names.
  const bool narrow = width() < kLeastCharacters * fontMetrics().averageCharWidth();
  static_cast<QFormLayout*>(fields_->layout())
      ->setRowWrapPolicy(narrow ? QFormLayout::WrapAllRows : QFormLayout::DontWrapRows);
}

void LiveValues::addNumber(QFormLayout* form, const std::string& key, const QString& label,
                           const QString& tip) {
  auto* edit = new QLineEdit(fields_);
  edit->setObjectName(QString::fromStdString(key));
  edit->setToolTip(QString("%1 (%2)").arg(tip, QString::fromStdString(key)));
  edit->setAccessibleName(label);
  edit->setAlignment(Qt::AlignRight);
  auto* validator = new QDoubleValidator(edit);
  validator->setBottom(0);
  validator->setLocale(QLocale::c());
  edit->setValidator(validator);
  form->addRow(label, edit);
  numbers_[key] = edit;
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
  for (QWidget* widget : std::initializer_list<QWidget*>{scroll_, apply_, revert_}) {
    widget->setVisible(!live.empty());
  }
  refresh();
}

void LiveValues::accept(const nlohmann::json& values) {
  current_.update(values);
  for (const auto& [key, edit] : numbers_) {
    edit->setModified(false);
  }
  refresh();
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
      changes[key] = QLocale::c().toDouble(edit->text());
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
