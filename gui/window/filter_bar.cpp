#include "gui/window/filter_bar.h"

#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFrame>
#include <QKeyEvent>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/digests.h"
#include "gui/inspect/walk_bar.h"
#include "gui/inspect/word_completer.h"
#include "gui/view/elided_label.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"
#include "gui/view/wall_order.h"
#include "gui/window/bar_scroll.h"

namespace limoe::gui {
namespace {

constexpr int kTypingMs = 300;
constexpr int kAny = -1;

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

}  // namespace

FilterBar::FilterBar(ViewState& state, Digests& digests, QWidget* parent)
    : QWidget(parent),
      state_(state),
      digests_(digests),
      scroll_(new BarScroll(this)),
      bar_(new QWidget(scroll_)) {
  setObjectName("filterBar");
  setAccessibleName("Filter and order");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(scroll_);
  makeBar();
  scroll_->setBar(bar_);
  makeChip();
  layout->addWidget(chip_);
  scroll_->hide();
  typing_.setSingleShot(true);
  typing_.setInterval(kTypingMs);
  connectControls();
  refresh();
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
  connect(&state_, &ViewState::changed, this, &FilterBar::refresh);
  connect(&digests_, &Digests::ready, this, &FilterBar::refreshCount);
  connect(&digests_, &Digests::progressed, this, &FilterBar::refreshCount);
}

std::shared_ptr<const RunData> FilterBar::run() const {
  return source_ ? source_->data() : nullptr;
}

void FilterBar::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  source_ = source;
  words_->setWords({});
  words_of_.reset();
  if (source) {
    connect(source, &RunSource::dataChanged, this, &FilterBar::refresh);
  }
  refresh();
}

void FilterBar::open() {
  scroll_->show();
  refresh();
  word_->setFocus(Qt::ShortcutFocusReason);
  word_->selectAll();
}

void FilterBar::dismiss() {
  const bool had_keyboard = bar_->isAncestorOf(window()->focusWidget());
  if (typing_.isActive()) {
    takeFilter();
  }
  scroll_->hide();
  refresh();
  if (had_keyboard) {
    Q_EMIT dismissed();
  }
}

bool FilterBar::isOpen() const {
  return scroll_->isVisibleTo(this);
}

void FilterBar::setMostHeight(int height) {
  scroll_->setMostHeight(height);
}

int FilterBar::rowHeight() const {
  return scroll_->rowHeight();
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
      experts << expertTitle(state_, shownLayer(*shown, state_.layer()), e);
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

bool FilterBar::isRouted(const RunData& shown) const {
  return shown.layout.layers > 0 && state_.snapshot() >= 0 &&
         state_.snapshot() < std::ssize(shown.snapshot_steps);
}

/// How many images match; empty where nothing of the filter can be applied.
std::optional<Question> FilterBar::countQuestion(const RunData& shown) const {
  const TokenFilter& filter = state_.filter();
  if (isRouted(shown)) {
    return filter.isEmpty() ? std::nullopt
                            : std::optional(Digests::question(
                                  state_.snapshot(), shownLayer(shown, state_.layer()), filter));
  }
  return filter.needsTexts() ? std::optional(Digests::textsQuestion(filter)) : std::nullopt;
}

/// What the count and the order of the wall come from.
std::vector<Question> FilterBar::questions(const RunData& shown) const {
  std::vector<Question> questions;
  if (const auto count = countQuestion(shown)) {
    questions.push_back(*count);
  }
  const WallOrder order = state_.wallOrder();
  if (order == WallOrder::Word && !state_.orderWord().trimmed().isEmpty()) {
    TokenFilter word;
    word.word = state_.orderWord().trimmed();
    questions.push_back(Digests::textsQuestion(word));
  } else if (order != WallOrder::Recorded && order != WallOrder::Word && questions.empty() &&
             isRouted(shown)) {
    questions.push_back(
        Digests::question(state_.snapshot(), shownLayer(shown, state_.layer()), {}));
  }
  return questions;
}

void FilterBar::refreshOrders(const RunData* shown) {
  const QString expert =
      shown && state_.selectedExpert()
          ? expertTitle(state_, shownLayer(*shown, state_.layer()), *state_.selectedExpert())
          : QString("selected expert");
  setItems(*order_, {"as recorded", "word", "share of " + expert, "entropy", "dropped patches"});
  const bool sparse = shown && shown->layout.layers > 0;
  const auto offer = [this](WallOrder order, bool offered, const char* why) {
    auto* item = static_cast<QStandardItemModel*>(order_->model())->item(static_cast<int>(order));
    item->setEnabled(offered);
    item->setToolTip(offered ? QString() : QString(why));
  };
  offer(WallOrder::ExpertShare, sparse && state_.selectedExpert(),
        sparse ? "Select an expert first" : "A dense model has no experts");
  offer(WallOrder::Entropy, sparse && shown->layout.probabilities,
        sparse ? "Whole distributions were not recorded" : "A dense model has no routers");
  offer(WallOrder::Dropped, sparse, "Nothing is dropped in a dense model");
  setCurrent(*order_, static_cast<int>(state_.wallOrder()));
  order_word_->setVisible(state_.wallOrder() == WallOrder::Word);
  if (!order_word_->hasFocus()) {
    order_word_->setText(state_.orderWord());
  }
}

QString FilterBar::countWords(const RunData& shown) const {
  const auto samples = limoe::gui::countText(static_cast<uint64_t>(shown.layout.samples));
  const bool dense = shown.layout.layers == 0;
  const QString needs_experts =
      isRouted(shown) || !state_.filter().needsRouting()
          ? QString()
          : QString(dense ? " (a dense model: expert, dropped and gate do not count)"
                          : " (no step is recorded yet: expert, dropped and gate do not count)");
  const auto question = countQuestion(shown);
  if (!question) {
    return QString("%1 images").arg(samples) +
           (needs_experts.isEmpty() && dense ? QString(" (a dense model: by word and label only)")
                                             : needs_experts);
  }
  const auto digest = digests_.answer(*question);
  const Standing now = digests_.standing(*question);
  switch (now.kind) {
    case Standing::Kind::Made:
      return QString("%1 of %2 images")
                 .arg(limoe::gui::countText(static_cast<uint64_t>(digest->matchingSamples())),
                      samples) +
             needs_experts;
    case Standing::Kind::Stopped:
      return QString("not counted: stopped at %1").arg(percentText(now.done, 0));
    case Standing::Kind::Failed:
      return "not counted";  // why is in the tool tip: it may be long
    default:
      return QString::fromUtf8("counting … %1").arg(percentText(now.done, 0));
  }
}

void FilterBar::refreshCount() {
  const auto shown = run();
  std::vector<WalkBar::Wait> waits;
  QString text;
  if (shown) {
    text = countWords(*shown);
    for (const Question& question : questions(*shown)) {
      waits.push_back({&digests_, question});
    }
  }
  chip_wait_->follow("Counting images that match", waits);
  if (shown && isOpen()) {
    text += wordsOffered();
    waits.push_back({&digests_, Digests::textsQuestion({})});
  }
  wait_->follow("Counting images that match, and their words", std::move(waits));
  count_->setText(text);
  const QString failure = wait_->standing().failure;
  count_->setToolTip(
      text + '\n' +
      (!failure.isEmpty() ? failure
       : shown && isRouted(*shown)
           ? "Images of the whole probe with at least one token that matches, in the shown layer "
             "and step"
           : "Images of the whole probe whose caption has the word, or with a patch of the label. "
             "Expert, dropped and gate need tokens that are routed to experts."));
  refreshChip();
}

/// Takes the words to be offered where they have been read, or says that they have not.
QString FilterBar::wordsOffered() {
  const auto texts = digests_.texts({});
  if (texts && texts != words_of_) {
    words_of_ = texts;
    QStringList words(texts->words.begin(), texts->words.end());
    words.sort();
    words_->setWords(words);
  }
  const Standing now = digests_.standing(Digests::textsQuestion({}));
  switch (now.kind) {
    case Standing::Kind::Waiting:
      return QString::fromUtf8(" · reading words to offer … %1").arg(percentText(now.done, 0));
    case Standing::Kind::Stopped:
      return QString::fromUtf8(" · no words are offered: reading stopped at %1")
          .arg(percentText(now.done, 0));
    case Standing::Kind::Failed:
      return QString::fromUtf8(" · no words are offered");
    default:
      return {};
  }
}

void FilterBar::refreshChip() {
  const auto shown = run();
  QStringList parts;
  if (shown && !state_.filter().isEmpty()) {
    parts << "Filter: " + inWords(state_.filter(), shown->layout) + QString::fromUtf8(" – ") +
                 countWords(*shown);
  }
  if (shown && state_.wallOrder() != WallOrder::Recorded) {
    parts << "Sorted: " + orderInWords(state_, shownLayer(*shown, state_.layer()));
  }
  chip_words_ = parts.join(QString::fromUtf8("; "));
  const int room = width() - 4 * chip_clear_->sizeHint().width() -
                   (chip_wait_->isResting() ? 0 : chip_wait_->sizeHint().width());
  chip_text_->setText(fontMetrics().elidedText(chip_words_, Qt::ElideRight, room));
  chip_text_->setAccessibleName(chip_words_.isEmpty() ? QString("No filter") : chip_words_);
  chip_text_->setToolTip(chip_words_ + "\nClick to change it (Ctrl+F)");
  chip_->setVisible(!chip_words_.isEmpty() && !isOpen());
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
