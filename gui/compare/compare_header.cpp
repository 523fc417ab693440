#include "gui/compare/compare_header.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "gui/charts/expert_counts.h"
#include "gui/compare/compare_words.h"
#include "gui/compare/match_chips.h"
#include "gui/view/elided_label.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"

namespace limoe::gui {

CompareHeader::CompareHeader(CompareRuns& runs, std::size_t column, ViewState& shared,
                             QWidget* parent)
    : QFrame(parent),
      runs_(runs),
      column_(column),
      shared_(shared),
      layers_(new QComboBox(this)),
      chips_(new MatchChips(this)) {
  setObjectName("compareHeader");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 4, 6, 4);
  layout->setSpacing(1);
  const auto add = [&](const char* name) {
    auto* label = new ElidedLabel(this);
    label->setObjectName(name);
    label->setTextFormat(Qt::PlainText);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    return label;
  };
  title_ = add("compareTitle");
  place_ = add("comparePlace");
  match_ = add("compareMatch");
  elsewhere_ = add("compareElsewhere");
  numbers_ = add("compareNumbers");
  settings_ = add("compareSettings");
  QFont bold = title_->font();
  bold.setBold(true);
  title_->setFont(bold);
  for (ElidedLabel* label : {numbers_, settings_}) {
    label->setForegroundRole(QPalette::PlaceholderText);
  }
  layers_->setObjectName("compareLayer");
  layers_->setAccessibleName(tr("MoE layer of this run"));
  layers_->setToolTip(
      tr("This run has another number of MoE layers than the reference: choose the "
         "one that stands beside it"));
  layers_->hide();
  layout->addWidget(title_);
  auto* place = new QHBoxLayout;
  place->addWidget(place_, 1);
  place->addWidget(layers_);
  layout->addLayout(place);
  for (QWidget* widget : std::initializer_list<QWidget*>{match_, elsewhere_, numbers_, settings_}) {
    layout->addWidget(widget);
  }
  layout->addSpacing(2);
  layout->addWidget(chips_);
  layout->addStretch(1);
  connect(layers_, &QComboBox::activated, this,
          [this](int layer) { runs_.chooseLayer(column_, layer); });
  connect(chips_, &MatchChips::chosen, this,
          [this](qint64 expert) { shared_.toggleSelectedExpert(expert); });
  refresh();
}

void CompareHeader::setNarrow(bool narrow) {
  for (ElidedLabel* label : {match_, elsewhere_, numbers_, settings_}) {
    label->setLines(narrow ? 2 : 1);
  }
}

void CompareHeader::refresh() {
  CompareColumn& one = runs_.column(column_);
  title_->setText(titleWords(runs_, column_));
  title_->setToolTip(one.data() ? one.data()->folder : QString());
  place_->setWholeText(placeWords(runs_, column_));
  match_->setText(matchWords(runs_, column_));
  match_->setToolTip(matchRule(runs_, column_));
  elsewhere_->setText(disagreementWords(runs_, column_));
  elsewhere_->setToolTip(matchRule(runs_, column_));
  settings_->setWholeText(settingWords(runs_, column_));
  const auto run = one.data();
  const auto summary =
      one.step() >= 0 && one.layers() > 0 ? one.common.summary(one.state.snapshot()) : nullptr;
  numbers_->setText(summary ? numberWords(numbersOf(*run, *summary, one.layer(), one.table.get()))
                            : QString());
  numbers_->setToolTip(numbers_->text().isEmpty()
                           ? QString()
                           : numbers_->text() + '\n' + numberRule(runs_, column_));
  fillLayers();
  fillChips();
}

void CompareHeader::fillLayers() {
  const CompareColumn& one = runs_.column(column_);
  const bool own = column_ > 0 && one.layers() > 1 && runs_.column(0).layers() > 0 &&
                   one.layers() != runs_.column(0).layers();
  layers_->setVisible(own);
  if (!own) {
    return;
  }
  const QSignalBlocker quiet(layers_);
  if (layers_->count() != one.layers()) {
    layers_->clear();
    for (int64_t layer = 0; layer < one.layers(); ++layer) {
      layers_->addItem(layerTitle(*one.data(), layer));
    }
  }
  layers_->setCurrentIndex(static_cast<int>(one.layer()));
}

void CompareHeader::fillChips() {
  const CompareColumn& one = runs_.column(column_);
  std::vector<MatchChips::Chip> chips;
  const auto run = one.data();
  const bool matched = one.match.has_value();
  const bool any = run && one.layers() > 0 && one.step() >= 0 && (column_ == 0 || matched);
  for (int64_t e = 0; any && e < run->layout.experts; ++e) {
    MatchChips::Chip chip;
    chip.color = one.state.colorOfExpert(e, run->layout.experts);
    chip.reference = runs_.standsFor(column_, e);
    chip.selected = chip.reference && shared_.selectedExpert() == chip.reference;
    if (column_ == 0) {
      chip.text = expertTitle(shared_, one.layer(), e);
      chip.tip = tr("Expert %1 of %2; click to select it and those that are matched with it")
                     .arg(chip.text, one.name());
    } else {
      const QString words = runs_.pairInWords(column_, e);
      chip.text = tr("e%1").arg(e);
      chip.tip = words;
      for (const ExpertPair& pair : one.match->experts.pairs) {
        if (pair.b == e) {
          chip.text = tr("e%1 = e%2  %3").arg(e).arg(pair.a).arg(percentText(pair.f1()));
          chip.tip +=
              tr(" of what the two process together (F1 = 2·both/(n(a)+n(b)))\n"
                 "both: %1 tokens, e%2: %3, e%4 of %5: %6; Jaccard %7")
                  .arg(countText(pair.both))
                  .arg(e)
                  .arg(countText(pair.of_b))
                  .arg(pair.a)
                  .arg(runs_.column(0).name(), countText(pair.of_a), percentText(pair.jaccard()));
        }
      }
    }
    chips.push_back(std::move(chip));
  }
  chips_->setChips(std::move(chips));
}

QString CompareHeader::words() const {
  QStringList lines;
  for (const ElidedLabel* label : {title_, place_, match_, elsewhere_, numbers_, settings_}) {
    lines << label->text();
  }
  for (const MatchChips::Chip& chip : chips_->chips()) {
    lines << chip.text;
  }
  return lines.join('\n');
}

}  // namespace limoe::gui
