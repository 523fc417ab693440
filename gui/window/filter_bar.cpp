#include "gui/window/filter_bar.h"

#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QStringListModel>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <set>

#include "gui/inspect/digests.h"
#include "gui/window/flow_layout.h"

namespace limoe::gui {
namespace {

constexpr int kTypingMs = 300;
/// Words that are offered come from so many of the first captions, read a few at a time.
constexpr int64_t kSamplesForWords = 256;
constexpr int64_t kSamplesAhead = 16;
constexpr int kAny = -1;
// Widths in letters, so that the bar needs few rows; lists open as wide as their texts.
constexpr int kWordLetters = 18;
constexpr int kChoiceLetters = 7;
constexpr int kOrderLetters = 14;

QString expertTitle(const ViewState& state, int64_t expert) {
  const QString name = state.expertName(state.layer(), expert);
  return name.isEmpty() ? QString("e%1").arg(expert)
                        : QString::fromUtf8("e%1 · %2").arg(expert).arg(name);
}

/// Sets the texts, kept where they are the same: an open list stays open.
void setItems(QComboBox& box, const QStringList& items) {
  const QSignalBlocker quiet(&box);
  const int current = box.currentIndex();
  while (box.count() > items.size()) {
    box.removeItem(box.count() - 1);
  }
  for (int i = 0; i < items.size(); ++i) {
    if (i >= box.count()) {
      box.addItem(items[i], i - 1);
    } else if (box.itemText(i) != items[i]) {
      box.setItemText(i, items[i]);
    }
  }
  box.setCurrentIndex(std::clamp(current, 0, box.count() - 1));
  box.view()->setMinimumWidth(box.view()->sizeHintForColumn(0) + 2 * box.fontMetrics().height());
}

void setCurrent(QComboBox& box, int index) {
  const QSignalBlocker quiet(&box);
  box.setCurrentIndex(index < box.count() ? index : 0);
}

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

QString orderWords(const ViewState& state) {
  switch (state.wallOrder()) {
    case WallOrder::Word:
      return QString::fromUtf8("captions with “%1” first").arg(state.orderWord());
    case WallOrder::ExpertShare:
      return state.selectedExpert()
                 ? QString("by share of %1").arg(expertTitle(state, *state.selectedExpert()))
                 : QString("by share of the selected expert");
    case WallOrder::Entropy:
      return "by entropy";
    case WallOrder::Dropped:
      return "by dropped patches";
    case WallOrder::Recorded:
      break;
  }
  return {};
}

}  // namespace

FilterBar::FilterBar(ViewState& state, Digests& digests, QWidget* parent)
    : QWidget(parent), state_(state), digests_(digests), bar_(new QWidget(this)) {
  setObjectName("filterBar");
  setAccessibleName("Filter and order");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(bar_);
  makeBar();
  makeChip();
  layout->addWidget(chip_);
  bar_->hide();
  typing_.setSingleShot(true);
  typing_.setInterval(kTypingMs);
  connectControls();
  refresh();
}

void FilterBar::makeBar() {
  auto* flow = new FlowLayout(bar_);
  flow->setContentsMargins(8, 5, 8, 5);
  flow->setSpacing(12);
  word_ = named(new QLineEdit(bar_), "filterWord", "Word of the caption",
                "Only images whose caption has this word; Esc clears, again closes");
  word_->setPlaceholderText("in captions");
  word_->setClearButtonEnabled(true);
  words_ = new QStringListModel(this);
  auto* completer = new QCompleter(words_, word_);
  completer->setCaseSensitivity(Qt::CaseInsensitive);
  word_->setCompleter(completer);
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
  count_ = new QLabel(bar_);
  count_->setObjectName("filterCount");
  flow->addWidget(count_);
  progress_ = new QProgressBar(bar_);
  progress_->setObjectName("filterProgress");
  progress_->setAccessibleName("Images counted");
  progress_->setTextVisible(false);
  progress_->setRange(0, 100);
  flow->addWidget(progress_);
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
  progress_->setFixedSize(fontMetrics().averageCharWidth() * 10, fontMetrics().height() / 2);
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
  layout->addWidget(chip_text_);
  layout->addWidget(chip_clear_);
  layout->addStretch(1);
}

void FilterBar::connectControls() {
  connect(&typing_, &QTimer::timeout, this, &FilterBar::takeFilter);
  connect(word_, &QLineEdit::textEdited, this, [this] { typing_.start(); });
  connect(word_, &QLineEdit::textChanged, this, [this](const QString& text) {
    if (text.isEmpty() && !state_.filter().word.isEmpty()) {
      takeFilter();  // by the button in the field
    }
  });
  connect(word_, &QLineEdit::returnPressed, this, &FilterBar::takeFilter);
  connect(word_->completer(), qOverload<const QString&>(&QCompleter::activated), this,
          [this](const QString& text) {
            word_->setText(text);
            takeFilter();
          });
  connect(label_, &QComboBox::activated, this, &FilterBar::takeFilter);
  connect(expert_, &QComboBox::activated, this, &FilterBar::takeFilter);
  connect(dropped_, &QCheckBox::clicked, this, &FilterBar::takeFilter);
  connect(gate_, &QDoubleSpinBox::valueChanged, this, &FilterBar::takeFilter);
  connect(order_, &QComboBox::activated, this, &FilterBar::takeOrder);
  connect(order_word_, &QLineEdit::editingFinished, this, &FilterBar::takeOrder);
  connect(clear_, &QToolButton::clicked, this, &FilterBar::clearAll);
  connect(chip_clear_, &QToolButton::clicked, this, &FilterBar::clearAll);
  connect(close_, &QToolButton::clicked, this, &FilterBar::dismiss);
  connect(chip_text_, &QToolButton::clicked, this, &FilterBar::open);
  for (QWidget* widget : bar_->findChildren<QWidget*>()) {
    widget->installEventFilter(this);  // Esc
  }
  connect(&state_, &ViewState::changed, this, [this] {
    count_failure_.reset();
    refresh();
  });
  connect(&digests_, &Digests::ready, this, &FilterBar::refreshCount);
  connect(&digests_, &Digests::progressed, this, &FilterBar::refreshCount);
  connect(&digests_, &Digests::failed, this, [this](const QString& why) {
    count_failure_ = why;
    refreshCount();
  });
}

std::shared_ptr<const RunData> FilterBar::run() const {
  return source_ ? source_->data() : nullptr;
}

void FilterBar::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  source_ = source;
  count_failure_.reset();
  words_->setStringList({});
  words_of_ = 0;
  if (source) {
    connect(source, &RunSource::dataChanged, this, &FilterBar::refresh);
    connect(source, &RunSource::pageReady, this, [this] {
      if (isOpen()) {
        refreshCompletion();
      }
    });
  }
  refresh();
}

void FilterBar::open() {
  bar_->show();
  refresh();
  refreshCompletion();
  word_->setFocus(Qt::ShortcutFocusReason);
  word_->selectAll();
}

void FilterBar::dismiss() {
  const bool had_keyboard = bar_->isAncestorOf(window()->focusWidget());
  if (typing_.isActive()) {
    takeFilter();
  }
  bar_->hide();
  refresh();
  if (had_keyboard) {
    Q_EMIT dismissed();
  }
}

bool FilterBar::isOpen() const {
  return bar_->isVisibleTo(this);
}

QString FilterBar::countText() const {
  return count_->text();
}

void FilterBar::takeFilter() {
  typing_.stop();
  TokenFilter filter;
  filter.word = word_->text().trimmed();
  if (label_->currentIndex() > 0) {
    filter.label = label_->currentIndex() - 1;
  }
  if (expert_->currentIndex() > 0) {
    filter.expert = expert_->currentIndex() - 1;
  }
  filter.dropped = dropped_->isChecked();
  if (gate_->value() > 0) {
    filter.gate_below = gate_->value();
  }
  state_.setFilter(filter);
}

void FilterBar::takeOrder() {
  const auto order = static_cast<WallOrder>(std::max(order_->currentIndex(), 0));
  const bool by_word = order == WallOrder::Word;
  const bool just_chosen = by_word && state_.wallOrder() != WallOrder::Word;
  QString word = order_word_->text().trimmed();
  if (just_chosen && word.isEmpty()) {
    word = state_.filter().word;
  }
  state_.setWallOrder(order, by_word ? word : QString());
  if (just_chosen) {
    order_word_->setFocus(Qt::OtherFocusReason);
  }
}

void FilterBar::clearAll() {
  typing_.stop();
  word_->clear();
  state_.setWallOrder(WallOrder::Recorded);
  state_.setFilter({});
}

void FilterBar::refresh() {
  const auto shown = run();
  refreshChoices(shown.get());
  refreshOrders(shown.get());
  const TokenFilter& filter = state_.filter();
  if (!typing_.isActive() && word_->text().trimmed() != filter.word) {
    word_->setText(filter.word);
  }
  setCurrent(*label_, static_cast<int>(filter.label.value_or(kAny)) + 1);
  setCurrent(*expert_, static_cast<int>(filter.expert.value_or(kAny)) + 1);
  dropped_->setChecked(filter.dropped);
  const QSignalBlocker quiet(gate_);
  gate_->setValue(filter.gate_below.value_or(0));
  clear_->setEnabled(!filter.isEmpty() || state_.wallOrder() != WallOrder::Recorded);
  refreshCount();
}

void FilterBar::refreshChoices(const RunData* shown) {
  QStringList labels{"any"};
  QStringList experts{"any"};
  if (shown) {
    for (const std::string& name : shown->layout.label_names) {
      labels << QString::fromStdString(name);
    }
    for (int64_t e = 0; shown->layout.layers > 0 && e < shown->layout.experts; ++e) {
      experts << expertTitle(state_, e);
    }
  }
  setItems(*label_, labels);
  setItems(*expert_, experts);
  label_group_->setVisible(labels.size() > 1);
  const bool sparse = shown && shown->layout.layers > 0;
  for (QWidget* field : std::initializer_list<QWidget*>{expert_, dropped_, gate_}) {
    field->setEnabled(sparse);
  }
}

void FilterBar::refreshOrders(const RunData* shown) {
  const QString expert = state_.selectedExpert() ? expertTitle(state_, *state_.selectedExpert())
                                                 : QString("selected expert");
  setItems(*order_, {"as recorded", "word", "share of " + expert, "entropy", "dropped patches"});
  const bool sparse = shown && shown->layout.layers > 0;
  const auto offer = [this](WallOrder order, bool offered, const char* why) {
    auto* item = static_cast<QStandardItemModel*>(order_->model())->item(static_cast<int>(order));
    item->setEnabled(offered);
    item->setToolTip(offered ? QString() : QString(why));
  };
  offer(WallOrder::ExpertShare, sparse && state_.selectedExpert(),
        sparse ? "Select an expert first" : "There are no experts");
  offer(WallOrder::Entropy, sparse && shown->layout.probabilities,
        "Whole distributions were not recorded");
  offer(WallOrder::Dropped, sparse, "Nothing is dropped in a dense model");
  setCurrent(*order_, static_cast<int>(state_.wallOrder()));
  order_word_->setVisible(state_.wallOrder() == WallOrder::Word);
  if (!order_word_->hasFocus()) {
    order_word_->setText(state_.orderWord());
  }
}

void FilterBar::refreshCount() {
  const auto shown = run();
  const TokenFilter& filter = state_.filter();
  QString text;
  bool counting = false;
  if (!shown) {
    text = QString();
  } else if (filter.isEmpty()) {
    text = QString("%1 images").arg(shown->layout.samples);
  } else if (shown->layout.layers == 0) {
    text = "A dense model routes no tokens: nothing to filter";
  } else if (shown->snapshot_steps.empty()) {
    text = "No step of the probe is recorded yet";
  } else if (count_failure_) {
    text = "Not counted";
  } else if (const auto digest = digests_.layer(state_.snapshot(), state_.layer(), filter)) {
    text = QString("%1 of %2 images").arg(digest->matchingSamples()).arg(shown->layout.samples);
  } else {
    counting = true;
    text = QString::fromUtf8("counting … %1 %").arg(static_cast<int>(100 * digests_.progress()));
  }
  count_->setText(text);
  count_->setToolTip(
      count_failure_ ? *count_failure_
                     : QString("Images of the whole probe with at least one token that matches, "
                               "in the shown layer and step"));
  progress_->setVisible(counting);
  progress_->setValue(static_cast<int>(100 * digests_.progress()));
  refreshChip();
}

void FilterBar::refreshChip() {
  const auto shown = run();
  QStringList parts;
  if (shown && !state_.filter().isEmpty()) {
    parts << "Filter: " + inWords(state_.filter(), shown->layout) + QString::fromUtf8(" – ") +
                 count_->text();
  }
  if (shown && state_.wallOrder() != WallOrder::Recorded) {
    parts << "Sorted: " + orderWords(state_);
  }
  chip_words_ = parts.join(QString::fromUtf8("; "));
  const int room = width() - 4 * chip_clear_->sizeHint().width();
  chip_text_->setText(fontMetrics().elidedText(chip_words_, Qt::ElideRight, room));
  chip_text_->setAccessibleName(chip_words_.isEmpty() ? QString("No filter") : chip_words_);
  chip_text_->setToolTip(chip_words_ + "\nClick to change it (Ctrl+F)");
  chip_->setVisible(!chip_words_.isEmpty() && !isOpen());
}

void FilterBar::refreshCompletion() {
  const auto shown = run();
  const int64_t samples = shown ? std::min(shown->layout.samples, kSamplesForWords) : 0;
  if (words_of_ >= samples) {
    return;
  }
  const QStringList offered = words_->stringList();
  std::set<QString> words(offered.begin(), offered.end());
  for (; words_of_ < samples; ++words_of_) {
    const auto probe = source_->sample(words_of_);
    if (!probe) {
      break;
    }
    for (const QString& word : wordsOf(QString::fromStdString(probe->captions.front()))) {
      words.insert(word);
    }
  }
  for (int64_t n = words_of_; n < std::min(words_of_ + kSamplesAhead, samples); ++n) {
    source_->sample(n);
  }
  if (std::ssize(words) != offered.size()) {
    words_->setStringList(QStringList(words.begin(), words.end()));
  }
}

bool FilterBar::eventFilter(QObject* watched, QEvent* event) {
  const bool key = event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress;
  if (!key || static_cast<QKeyEvent*>(event)->key() != Qt::Key_Escape) {
    return QWidget::eventFilter(watched, event);
  }
  event->accept();
  if (event->type() == QEvent::KeyPress) {
    // First what was typed, then the bar: as everywhere where one looks for something.
    if (!word_->text().isEmpty() || !state_.filter().isEmpty()) {
      typing_.stop();
      word_->clear();
      state_.setFilter({});
    } else {
      dismiss();
    }
  }
  return true;
}

void FilterBar::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  refreshChip();
}

void FilterBar::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) {
    fitToFont();
    refreshChip();
  }
}

}  // namespace limoe::gui
