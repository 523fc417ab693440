#include "gui/steer/config_row.h"

#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QToolButton>
#include <algorithm>

#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

/// A longer value is told by the button's tool tip only.
constexpr qsizetype kLongestReset = 7;

QFont bold(QFont font) {
  font.setBold(true);
  return font;
}

}  // namespace

QPalette faultPalette(const QPalette& now) {
  QPalette palette;
  const QColor back = mixed(now.color(QPalette::Window), QColor(220, 40, 30), 0.25);
  palette.setColor(QPalette::Window, back);
  palette.setColor(QPalette::Base, back);
  return palette;
}

ConfigRow::ConfigRow(const ConfigKey& key, QWidget* parent)
    : QWidget(parent),
      key_(key),
      range_(rangeText(key.key)),
      title_(new QLabel(key.title, this)),
      unit_(new QLabel(key.unit, this)),
      reset_(new QToolButton(this)),
      sentence_(new QLabel(key.sentence, this)),
      fault_(new QLabel(this)),
      grid_(new QGridLayout(this)) {
  makeField();
  makeReset();
  title_->setBuddy(field());
  title_->setToolTip(QString::fromStdString(key.key));
  unit_->setForegroundRole(QPalette::PlaceholderText);
  sentence_->setWordWrap(true);
  sentence_->setTextFormat(Qt::PlainText);
  fault_->setObjectName("fault");
  fault_->setWordWrap(true);
  fault_->setTextFormat(Qt::PlainText);
  fault_->setAutoFillBackground(true);
  fault_->setContentsMargins(6, 2, 6, 2);
  fault_->hide();
  grid_->setContentsMargins(0, 3, 0, 3);
  grid_->setHorizontalSpacing(8);
  grid_->setVerticalSpacing(2);
  grid_->setColumnStretch(4, 1);
  place(false);
}

QWidget* ConfigRow::field() const {
  return edit_ ? static_cast<QWidget*>(edit_) : choice_;
}

void ConfigRow::makeField() {
  if (key_.choices.isEmpty()) {
    edit_ = new QLineEdit(this);
    connect(edit_, &QLineEdit::textEdited, this,
            [this](const QString& text) { Q_EMIT edited(valueFromText(key_, text)); });
  } else {
    choice_ = new QComboBox(this);
    choice_->addItems(key_.choices);
    choice_->installEventFilter(this);
    connect(choice_, &QComboBox::currentTextChanged, this,
            [this](const QString& text) { Q_EMIT edited(valueFromText(key_, text)); });
  }
  field()->setObjectName(QString::fromStdString(key_.key));
  field()->setAccessibleName(key_.title);
  field()->setAccessibleDescription(key_.sentence);
}

void ConfigRow::makeReset() {
  reset_->setObjectName("reset");
  reset_->setAccessibleName("Reset " + key_.title);
  reset_->setFocusPolicy(Qt::StrongFocus);
  QSizePolicy policy = reset_->sizePolicy();
  policy.setRetainSizeWhenHidden(true);
  reset_->setSizePolicy(policy);
  reset_->hide();
  connect(reset_, &QToolButton::clicked, this, &ConfigRow::resetAsked);
}

void ConfigRow::place(bool narrow) {
  for (QWidget* widget :
       std::initializer_list<QWidget*>{title_, field(), unit_, reset_, sentence_, fault_}) {
    grid_->removeWidget(widget);
  }
  grid_->addWidget(title_, 0, 0);
  grid_->addWidget(field(), 0, 1);
  grid_->addWidget(unit_, 0, 2);
  grid_->addWidget(reset_, 0, 3);
  grid_->addWidget(fault_, 1, narrow ? 0 : 1, 1, narrow ? 5 : 4);
  if (narrow) {
    grid_->addWidget(sentence_, 2, 0, 1, 5);
  } else {
    grid_->addWidget(sentence_, 0, 4);
  }
}

int ConfigRow::titleWidth() const {
  return QFontMetrics(bold(font())).horizontalAdvance(key_.title) + 4;
}

void ConfigRow::setColumns(const Columns& columns) {
  title_->setFixedWidth(columns.title);
  field()->setFixedWidth(columns.field);
  unit_->setFixedWidth(columns.unit);
  reset_->setFixedWidth(columns.reset);
  place(columns.narrow);
}

bool ConfigRow::matches(const QStringList& words) const {
  const QString text = key_.title + ' ' + QString::fromStdString(key_.key) + ' ' + key_.sentence;
  return std::all_of(words.begin(), words.end(),
                     [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

void ConfigRow::setShown(const Shown& shown) {
  const bool free = shown.locked.isEmpty();
  showValue(shown.value);
  title_->setFont(shown.differs ? bold(font()) : font());
  title_->setEnabled(free);
  field()->setEnabled(free);
  const QString explained = free ? key_.sentence : shown.locked;
  if (sentence_->text() != explained) {
    sentence_->setText(explained);
  }
  QString tip = explained;
  if (free && edit_ && !range_.isEmpty()) {
    tip += QString("\n%1%2").arg(range_.at(0).toUpper(), range_.mid(1));
  }
  field()->setToolTip(QString("%1\n(%2)").arg(tip, QString::fromStdString(key_.key)));

  const QString base = valueText(shown.base);
  reset_->setVisible(shown.differs && free);
  reset_->setText(base.size() > kLongestReset ? QString("↺") : QString("↺ %1").arg(base));
  reset_->setToolTip(QString("Back to %1, as %2 has it").arg(base, shown.base_name));
  at_fault_ = !shown.faults.isEmpty();
  fault_->setText(shown.faults.join('\n'));
  fault_->setVisible(at_fault_);
  tint();
}

void ConfigRow::showValue(const nlohmann::json& value) {
  const QString text = valueText(value);
  if (choice_) {
    const QSignalBlocker no_signal(choice_);
    if (choice_->findText(text) < 0 && !text.isEmpty()) {
      choice_->addItem(text);  // a parent's that this program does not offer
    }
    choice_->setCurrentText(text);
  } else if (valueFromText(key_, edit_->text()) != value || edit_->text().isEmpty()) {
    edit_->setText(text);
  }
}

void ConfigRow::tint() {
  const QPalette fault = faultPalette(parentWidget()->palette());
  fault_->setPalette(fault);
  if (edit_) {
    edit_->setPalette(at_fault_ ? fault : QPalette());
  }
}

bool ConfigRow::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Wheel) {
    event->ignore();  // the wheel scrolls the form; it changes nothing that happens to lie below
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

void ConfigRow::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) {
    tint();
  }
}

}  // namespace limoe::gui
