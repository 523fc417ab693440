// How the filter bar is made; what it does is in filter_bar.cpp.
#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QStyle>
#include <QToolButton>

#include "gui/inspect/walk_bar.h"
#include "gui/inspect/word_completer.h"
#include "gui/view/elided_label.h"
#include "gui/window/filter_bar.h"
#include "gui/window/flow_layout.h"

namespace limoe::gui {
namespace {

// Widths in letters, so that the bar needs few rows; lists open as wide as their texts.
constexpr int kWordLetters = 18;
constexpr int kChoiceLetters = 7;
constexpr int kOrderLetters = 12;
constexpr int kCountLetters = 19;  ///< "37 of 256 images" and more

QToolButton* makeButton(const char* name, const QString& text, const QString& tip,
                        QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setObjectName(name);
  button->setText(text);
  button->setToolTip(tip);
  button->setAccessibleName(text.isEmpty() ? tip : text);
  button->setAutoRaise(true);
  button->setFocusPolicy(Qt::StrongFocus);
  return button;
}

template <typename Field>
Field* named(Field* field, const char* name, const QString& accessible, const QString& tip) {
  field->setObjectName(name);
  field->setAccessibleName(accessible);
  field->setToolTip(tip);
  return field;
}

/// A field with its name before it, which stay together when rows are broken.
QWidget* group(const QString& name, std::initializer_list<QWidget*> fields, QWidget* parent) {
  auto* widget = new QWidget(parent);
  auto* layout = new QHBoxLayout(widget);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(5);
  auto* label = new QLabel(name, widget);
  label->setBuddy(*fields.begin());
  layout->addWidget(label);
  for (QWidget* field : fields) {
    field->setParent(widget);
    layout->addWidget(field);
  }
  parent->layout()->addWidget(widget);
  return widget;
}

}  // namespace

void FilterBar::makeBar() {
  auto* flow = new FlowLayout(bar_);
  flow->setContentsMargins(8, 5, 8, 5);
  flow->setSpacing(9);
  word_ = named(new QLineEdit(bar_), "filterWord", "Word of the caption",
                "Only images whose caption has this word; Esc clears, again closes");
  word_->setPlaceholderText("in captions");
  word_->setClearButtonEnabled(true);
  words_ = new WordCompleter(WordCompleter::Words::One, word_);
  word_->setCompleter(words_);
  group("Word", {word_}, bar_);
  label_ = named(new QComboBox(bar_), "filterLabel", "Label",
                 "Only patches with this label; words of captions then do not match");
  label_group_ = group("Label", {label_}, bar_);
  expert_ = named(new QComboBox(bar_), "filterExpert", "Expert",
                  "Only tokens whose first choice in the shown layer is this expert");
  group("Expert", {expert_}, bar_);
  gate_ = named(new QDoubleSpinBox(bar_), "filterGate", "Gate below",
                "Only tokens whose first choice has a gate below this; at 0: any");
  gate_->setRange(0, 1);
  gate_->setSingleStep(0.05);
  gate_->setDecimals(3);
  gate_->setSpecialValueText("any");
  gate_->setKeyboardTracking(false);
  group(QString::fromUtf8("Gate <"), {gate_}, bar_);
  dropped_ = named(new QCheckBox("Dropped", bar_), "filterDropped", "Dropped",
                   "Only tokens whose first choice had no room in its expert");
  flow->addWidget(dropped_);
  makeOrder(bar_);
  count_ = new ElidedLabel(bar_);
  count_->setObjectName("filterCount");
  flow->addWidget(count_);
  wait_ = new WalkBar(bar_, WalkBar::Look::Bare);
  QSizePolicy keeps = wait_->sizePolicy();  // what comes and goes moves nothing
  keeps.setRetainSizeWhenHidden(true);
  wait_->setSizePolicy(keeps);
  flow->addWidget(wait_);
  clear_ = makeButton("filterClear", "Clear", "No filter, as recorded (Esc)", bar_);
  flow->addWidget(clear_);
  close_ = makeButton("filterClose", {}, "Close; a filter that is set stays in force", bar_);
  close_->setIcon(style()->standardIcon(QStyle::SP_DialogCloseButton));
  flow->addWidget(close_);
  for (auto* box : bar_->findChildren<QComboBox*>()) {
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(box == order_ ? kOrderLetters : kChoiceLetters);
    box->view()->setTextElideMode(Qt::ElideNone);
  }
  fitToFont();
}

void FilterBar::fitToFont() {
  for (QLineEdit* field : {word_, order_word_}) {
    field->setFixedWidth(fontMetrics().averageCharWidth() * kWordLetters);
  }
  count_->setFixedWidth(fontMetrics().averageCharWidth() * kCountLetters);
}

void FilterBar::makeOrder(QWidget* parent) {
  order_ = named(new QComboBox(parent), "wallOrder", "Order of the wall",
                 "In which order the images stand; by a value the largest come first");
  order_word_ = named(new QLineEdit(parent), "wallOrderWord", "Word to sort by",
                      "Images whose caption has this word come first");
  order_word_->setPlaceholderText("word");
  group("Sort", {order_, order_word_}, parent);
}

void FilterBar::makeChip() {
  chip_ = new QFrame(this);
  chip_->setObjectName("filterChip");
  auto* layout = new QHBoxLayout(chip_);
  layout->setContentsMargins(8, 2, 6, 2);
  layout->setSpacing(2);
  chip_text_ = makeButton("filterChipText", "Filter", "Change filter or order (Ctrl+F)", chip_);
  chip_text_->setAutoRaise(false);
  chip_clear_ = makeButton("filterChipClear", {}, "No filter, as recorded", chip_);
  chip_clear_->setIcon(style()->standardIcon(QStyle::SP_DialogCloseButton));
  chip_wait_ = new WalkBar(chip_, WalkBar::Look::Bare);
  layout->addWidget(chip_text_);
  layout->addWidget(chip_wait_);
  layout->addWidget(chip_clear_);
  layout->addStretch(1);
}

}  // namespace limoe::gui
