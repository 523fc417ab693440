#include "gui/inspect/layer_view_tools.h"

#include <QComboBox>
#include <QEvent>
#include <QFontInfo>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPainter>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QStyle>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "gui/inspect/layer_view.h"
#include "gui/inspect/layer_view_words.h"
#include "gui/inspect/word_completer.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

constexpr double kTabText = 0.86;  ///< all of them fit into a narrow dock
constexpr int kFindLetters = 14;   ///< of the field beside the choices; with less room it is above
constexpr int kMostFindLetters = 40;

}  // namespace

LayerTools::LayerTools(QWidget* parent)
    : QWidget(parent),
      tabs_(new QTabBar(this)),
      row_(new QHBoxLayout),
      choices_(new QHBoxLayout),
      definitions_(new QToolButton(this)),
      count_(new QLabel(this)),
      finding_(new QHBoxLayout),
      find_(new QLineEdit(this)),
      all_words_(new QToolButton(this)),
      completer_(new WordCompleter(WordCompleter::Words::Several, this)),
      title_(new ElidedLabel(this)) {
  makeTabs();
  makeChoices();
  makeFind();
  definitions_->setObjectName(QStringLiteral("definitions_button"));
  definitions_->setText(tr("Definitions"));
  definitions_->setCheckable(true);
  definitions_->setArrowType(Qt::RightArrow);
  definitions_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  definitions_->setAutoRaise(true);
  definitions_->setFocusPolicy(Qt::StrongFocus);
  definitions_->setToolTip(tr("Show how each measure is defined, in words and as a formula"));
  choices_->addWidget(definitions_, 0, Qt::AlignLeft);
  choices_->setSpacing(4);
  title_->setObjectName(QStringLiteral("title"));
  QFont bold = title_->font();
  bold.setBold(true);
  title_->setFont(bold);
  row_->addLayout(choices_);
  row_->addLayout(finding_);
  row_->addStretch(1);
  row_->setSpacing(8);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(3);
  auto* top = new QHBoxLayout;
  top->setSpacing(8);
  top->addWidget(tabs_);
  top->addWidget(title_, 1);
  layout->addLayout(top);
  layout->addLayout(row_);
  connect(tabs_, &QTabBar::currentChanged, this, [this] {
    showChoices();
    Q_EMIT pageChanged();
  });
  connect(definitions_, &QToolButton::toggled, this, [this](bool shown) {
    definitions_->setArrowType(shown ? Qt::DownArrow : Qt::RightArrow);
    Q_EMIT changed();
  });
  showChoices();
}

void LayerTools::makeTabs() {
  tabs_->setObjectName(QStringLiteral("pages"));
  tabs_->setAccessibleName(tr("What is shown of the layer"));
  tabs_->setToolTip(tabs_->accessibleName());
  fitTabs();
  tabs_->setExpanding(false);
  tabs_->setDrawBase(false);
  tabs_->setUsesScrollButtons(true);
  const auto add_tab = [this](const QString& name, const QString& tip) {
    tabs_->setTabToolTip(tabs_->addTab(name), tip);
  };
  add_tab(tr("Heat map"), tr("What each expert takes: labels, word pieces, caption words"));
  add_tab(tr("Flow"), tr("Where the tokens of each expert go in the next MoE layer"));
  add_tab(tr("Pairs"), tr("Co-activation: how often two experts are chosen by the same token"));
  add_tab(tr("Measures"), tr("How far the experts have specialised, in numbers with definitions"));
  add_tab(tr("Time"), tr("What the experts tell about label and modality at every step"));
}

void LayerTools::makeChoices() {
  kinds_ = addChoice(
      "kinds", tr("What is counted, by column"),
      tr("What is counted, and what the columns are: patches by their label, text tokens by\n"
         "their word piece, or patches by the words of their image’s caption"),
      {tr("Patches by label"), tr("Text tokens by word"), tr("Patches by caption word")});
  modalities_ = addChoice("modalities", tr("Tokens"), tr("Which tokens are counted"),
                          {tr("Both"), tr("Image"), tr("Text")});
  values_ = addChoice("values", tr("Cells"),
                      tr("What a cell says: a share in per cent; lift, how many times as often as\n"
                         "if rows and columns had nothing to do with one another; or the count"),
                      {tr("Share"), tr("Lift"), tr("Count")});
  orders_ = addChoice("orders", tr("Order of the columns"),
                      tr("Order of the columns: the most frequent first; by the expert that takes\n"
                         "most of it, its largest share first; or by name"),
                      {tr("Most frequent"), tr("By expert"), tr("By name")});
}

void LayerTools::makeFind() {
  count_->setObjectName(QStringLiteral("columns_shown"));
  choices_->addWidget(count_);
  find_->setObjectName(QStringLiteral("find"));
  find_->setPlaceholderText(tr("Find words…"));
  find_->setAccessibleName(tr("Find columns by name"));
  find_->setToolTip(
      tr("Which columns are shown, however rare: names with commas or spaces between them, as in\n"
         "“CAFE, BOOKS, TEA”. Enter selects the expert that takes most of them together."));
  find_->setClearButtonEnabled(true);
  find_->setCompleter(completer_);
  all_words_->setObjectName(QStringLiteral("all_words"));
  all_words_->setText(tr("All…"));
  all_words_->setAccessibleName(tr("All that can be columns"));
  all_words_->setToolTip(
      tr("A list of all labels or words that occur, with their counts, to be ticked"));
  all_words_->setAutoRaise(true);
  all_words_->setFocusPolicy(Qt::StrongFocus);
  connect(all_words_, &QToolButton::clicked, this, &LayerTools::openList);
  finding_->setSpacing(2);
  finding_->addWidget(find_);
  finding_->addWidget(all_words_);
  finding_->addStretch(1);
  connect(find_, &QLineEdit::textChanged, this, [this] { Q_EMIT changed(); });
  connect(find_, &QLineEdit::textEdited, this, &LayerTools::namesTyped);
  connect(find_, &QLineEdit::returnPressed, this, &LayerTools::namesEntered);
}

QString LayerTools::names() const {
  return find_->text().simplified();
}

void LayerTools::look(MapKind kind, const QString& names) {
  {
    const QSignalBlocker together(kinds_);  // never with the names of before
    kinds_->setCurrentIndex(static_cast<int>(kind));
  }
  if (find_->text() == names) {
    Q_EMIT changed();
  } else {
    find_->setText(names);
  }
}

void LayerTools::focusNames() {
  find_->setFocus(Qt::ShortcutFocusReason);
  find_->selectAll();
}

void LayerTools::openList() {
  if (!list_) {
    list_ = new WordList(this);
    connect(list_, &WordList::changed, this, [this](const QStringList& ticked) {
      find_->setText(ticked.join(QStringLiteral(", ")));
    });
    connect(list_, &WordList::entered, this, &LayerTools::namesEntered);
  }
  QStringList ticked;
  for (const std::size_t kind : findKinds(all_, names(), kMostColumns).kinds) {
    ticked << typedName(all_.titles[static_cast<qsizetype>(kind)]);
  }
  list_->open(all_, ticked, *all_words_);
}

void LayerTools::setColumns(const KindCounts& all, std::size_t shown) {
  const std::size_t occurring = all.occurring();
  QStringList words = all.titles;
  for (QString& word : words) {
    word = typedName(word);
  }
  completer_->setWords(words);
  all_ = all;
  all_words_->setEnabled(occurring > 0);
  count_->setText(occurring == 0 ? QString()
                                 : tr("%1 of %2").arg(countText(shown), countText(occurring)));
  count_->setToolTip(tr("%1 of the %2 that occur are columns, the most frequent ones or those that "
                        "are looked for")
                         .arg(countText(shown), countText(occurring)));
}

void LayerTools::fitTabs() {
  QFont small = font();
  small.setPixelSize(qRound(QFontInfo(small).pixelSize() * kTabText));
  tabs_->setFont(small);
}

bool LayerTools::event(QEvent* event) {
  const bool done = QWidget::event(event);
  if (event->type() == QEvent::LayoutRequest) {
    keepHeight();
  }
  return done;
}

/// Said outright: what the layouts above remember is not renewed while another tab is in front.
void LayerTools::keepHeight() {
  setMinimumHeight(layout()->minimumSize().height());
}

void LayerTools::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
    fitTabs();
    arrange();
  }
}

QComboBox* LayerTools::addChoice(const char* name, const QString& accessible_name,
                                 const QString& tip, const QStringList& items) {
  auto* choice = new QComboBox(this);
  choice->setObjectName(QString::fromLatin1(name));
  choice->setAccessibleName(accessible_name);
  choice->setToolTip(tip);
  choice->addItems(items);
  choice->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  choices_->addWidget(choice);
  connect(choice, &QComboBox::currentIndexChanged, this, [this] { Q_EMIT changed(); });
  return choice;
}

void LayerTools::showChoices() {
  const bool map = page() == LayerView::kHeatMap;
  const bool pairs = page() == LayerView::kCoactivation;
  kinds_->setVisible(map);
  orders_->setVisible(map);
  count_->setVisible(map);
  find_->setVisible(map);
  all_words_->setVisible(map);
  modalities_->setVisible(page() == LayerView::kFlow || pairs);
  values_->setVisible(map || page() == LayerView::kFlow || pairs);
  definitions_->setVisible(page() == LayerView::kMeasures);
  const auto* items = qobject_cast<QStandardItemModel*>(values_->model());
  items->item(static_cast<int>(CellValue::Lift))->setEnabled(!pairs);
  arrange();
}

int LayerTools::page() const {
  return tabs_->currentIndex();
}

void LayerTools::setPage(int page) {
  tabs_->setCurrentIndex(page);
}

MapKind LayerTools::kind() const {
  return static_cast<MapKind>(kinds_->currentIndex());
}

std::optional<int> LayerTools::modality() const {
  const int chosen = modalities_->currentIndex();
  return chosen == 0 ? std::nullopt : std::optional(chosen == 1 ? probe::kImage : probe::kText);
}

CellValue LayerTools::value() const {
  const auto chosen = static_cast<CellValue>(values_->currentIndex());
  return page() == LayerView::kCoactivation && chosen == CellValue::Lift ? CellValue::Share
                                                                         : chosen;
}

ColumnOrder LayerTools::order() const {
  return static_cast<ColumnOrder>(orders_->currentIndex());
}

bool LayerTools::definitionsShown() const {
  return definitions_->isChecked();
}

void LayerTools::setTitle(const QString& title) {
  title_->setWholeText(title);
}

void LayerTools::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange();
}

void LayerTools::arrange() {
  const int letter = find_->fontMetrics().averageCharWidth();
  find_->setMaximumWidth(kMostFindLetters * letter);
  find_->setMinimumWidth(kFindLetters * letter);
  const auto direction = find_->isHidden() || width() >= choices_->sizeHint().width() +
                                                             row_->spacing() +
                                                             finding_->sizeHint().width()
                             ? QBoxLayout::LeftToRight
                             : QBoxLayout::BottomToTop;
  if (row_->direction() != direction) {
    row_->setDirection(direction);
    keepHeight();  // one row more or less
  }
}

}  // namespace limoe::gui
