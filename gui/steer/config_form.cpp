#include "gui/steer/config_form.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/steer/config_row.h"

namespace limoe::gui {
namespace {

/// Widths in letters.
constexpr int kField = 14;
constexpr int kUnit = 8;
constexpr int kReset = 9;
constexpr int kSentence = 50;  // below that it stands below

}  // namespace

ConfigForm::ConfigForm(RunDraft& draft, QWidget* parent) : QScrollArea(parent), draft_(draft) {
  setObjectName("configForm");
  setWidgetResizable(true);
  setFrameShape(QFrame::StyledPanel);
  setFocusPolicy(Qt::NoFocus);  // its fields have the keyboard
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* content = new QWidget(this);
  auto* layout = new QVBoxLayout(content);
  layout->setContentsMargins(10, 4, 10, 10);
  layout->setSpacing(0);
  nothing_ = new QLabel(content);
  nothing_->setWordWrap(true);
  nothing_->setContentsMargins(0, 10, 0, 10);
  layout->addWidget(nothing_);
  for (const ConfigGroup& group : configGroups()) {
    auto* title = new QLabel(group.title, content);
    QFont font = title->font();
    font.setBold(true);
    title->setFont(font);
    title->setForegroundRole(QPalette::Link);
    title->setContentsMargins(0, 10, 0, 2);
    layout->addWidget(title);
    groups_.push_back({title, {}});
    for (const ConfigKey& key : group.keys) {
      groups_.back().rows.push_back(makeRow(key, content));
      layout->addWidget(groups_.back().rows.back());
    }
  }
  layout->addStretch(1);
  setWidget(content);
  content->installEventFilter(this);
  layColumns();
}

ConfigRow* ConfigForm::makeRow(const ConfigKey& key, QWidget* parent) {
  auto* row = new ConfigRow(key, parent);
  row->field()->installEventFilter(this);
  connect(row, &ConfigRow::edited, this, [this, row](const nlohmann::json& value) {
    draft_.set(row->key().key, value);
    Q_EMIT edited();
  });
  connect(row, &ConfigRow::resetAsked, this, [this, row] {
    row->field()->setFocus(Qt::OtherFocusReason);  // the button goes
    draft_.reset(row->key().key);
    Q_EMIT edited();
  });
  return row;
}

void ConfigForm::showDraft(const DraftCheck& check) {
  for (const Group& group : groups_) {
    for (ConfigRow* row : group.rows) {
      const std::string& key = row->key().key;
      const auto faults = check.faults.find(key);
      row->setShown({draft_.value(key), draft_.baseValue(key), draft_.baseName(),
                     draft_.differs(key), draft_.whyLocked(key),
                     faults == check.faults.end() ? QStringList() : faults->second});
    }
  }
  applyFilter();
}

void ConfigForm::setFilter(const QString& text, bool only_changed) {
  words_ = text.split(' ', Qt::SkipEmptyParts);
  only_changed_ = only_changed;
  applyFilter();
}

void ConfigForm::applyFilter() {
  bool any = false;
  for (const Group& group : groups_) {
    bool any_here = false;
    for (ConfigRow* row : group.rows) {
      // A value that is being edited does not vanish under the user's hands.
      const bool shown =
          row->field()->hasFocus() ||
          (row->matches(words_) && (!only_changed_ || draft_.differs(row->key().key)));
      row->setVisible(shown);
      any_here = any_here || shown;
    }
    group.title->setVisible(any_here);
    any = any || any_here;
  }
  nothing_->setText(
      words_.isEmpty()
          ? QString("Nothing differs.")
          : QString("No value has “%1” in its name, key or sentence.").arg(words_.join(' ')));
  nothing_->setVisible(!any);
}

void ConfigForm::goTo(const std::string& key) {
  for (const Group& group : groups_) {
    for (ConfigRow* row : group.rows) {
      if (row->key().key == key) {
        row->show();
        row->field()->setFocus(Qt::OtherFocusReason);
        ensureWidgetVisible(row, 0, row->height());
      }
    }
  }
}

void ConfigForm::layColumns() {
  const int letter = std::max(1, fontMetrics().averageCharWidth());
  ConfigRow::Columns columns;
  columns.field = kField * letter;
  columns.unit = kUnit * letter;
  columns.reset = kReset * letter;
  for (const Group& group : groups_) {
    for (const ConfigRow* row : group.rows) {
      columns.title = std::max(columns.title, row->titleWidth());
    }
  }
  const int used = columns.title + columns.field + columns.unit + columns.reset;
  columns.narrow = viewport()->width() - used < kSentence * letter;
  for (const Group& group : groups_) {
    for (ConfigRow* row : group.rows) {
      row->setColumns(columns);
    }
  }
}

bool ConfigForm::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusIn && watched != widget()) {
    auto* row = static_cast<QWidget*>(watched)->parentWidget();
    ensureWidgetVisible(row, 0, 4);  // with what it does and what is wrong with it
  }
  if (event->type() == QEvent::FontChange && watched == widget()) {
    layColumns();
  }
  return QScrollArea::eventFilter(watched, event);
}

void ConfigForm::resizeEvent(QResizeEvent* event) {
  QScrollArea::resizeEvent(event);
  layColumns();
}

}  // namespace limoe::gui
