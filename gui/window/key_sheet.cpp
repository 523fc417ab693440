#include "gui/window/key_sheet.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

namespace limoe::gui {
namespace {

constexpr int kMostColumns = 3;
constexpr int kLinesOfATitle = 2;  // that much room a group takes besides its lines

void collect(const QMenu& menu, KeyGroup& group) {
  bool digits_told = false;
  for (const QAction* action : menu.actions()) {
    if (action->menu() != nullptr) {
      collect(*action->menu(), group);
      continue;
    }
    const auto shortcuts = action->shortcuts();
    if (shortcuts.isEmpty()) {
      continue;
    }
    const QString key = shortcuts.first().toString(QKeySequence::NativeText);
    if (key.size() == 1 && key[0].isDigit()) {
      if (!digits_told) {
        group.lines.emplace_back("0 … 9", "Select expert 0 … 9; again: off");
      }
      digits_told = true;
      continue;
    }
    group.lines.emplace_back(key, action->iconText().remove("…"));
  }
}

KeyGroup mouseGroup() {
  return {"Mouse on the image wall",
          {{"Point", "Read a patch or a word"},
           {"Click", "Select a patch or a word everywhere; beside them: nothing selected"},
           {"Drag", "Pan"},
           {"Wheel", "Zoom to the pointer"},
           {"Double click", "Fit"},
           {"Shift", "Held: the other run in the same place"},
           {"Drop", "Open recordings and runs; route images of your own"}}};
}

KeyGroup panelGroup() {
  return {
      "Anywhere",
      {{"Tab, Shift+Tab", "Next and previous control; on the wall, first its tool strip"},
       {"Space, Enter", "Press the control that has the keyboard"},
       {"+, −, Home", "On the training curves: zoom the steps, show all; Shift+Left, Right: pan"},
       {"Alt", "Menus"}}};
}

/// Of the two columns of a group.
std::pair<int, int> widths(const QFont& font) {
  const QFontMetrics metrics(font);
  return {metrics.horizontalAdvance("Ctrl+Shift+Home"), metrics.horizontalAdvance('x') * 27};
}

QWidget* makeGroup(const KeyGroup& group, QWidget* parent) {
  auto* widget = new QWidget(parent);
  auto* grid = new QGridLayout(widget);
  grid->setContentsMargins(0, 0, 0, 10);
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(3);
  auto* title = new QLabel(group.title, widget);
  title->setObjectName("keyGroup");
  QFont font = title->font();
  font.setBold(true);
  title->setFont(font);
  title->setForegroundRole(QPalette::Link);
  grid->addWidget(title, 0, 0, 1, 2);
  int row = 1;
  for (const auto& [key, meaning] : group.lines) {
    auto* name = new QLabel(QString("<b>%1</b>").arg(key.toHtmlEscaped()), widget);
    name->setAlignment(Qt::AlignRight | Qt::AlignTop);
    auto* text = new QLabel(meaning, widget);
    text->setWordWrap(true);
    grid->addWidget(name, row, 0);
    grid->addWidget(text, row, 1);
    ++row;
  }
  const auto [key_width, text_width] = widths(widget->font());
  grid->setColumnMinimumWidth(0, key_width);
  grid->setColumnMinimumWidth(1, text_width);
  grid->setColumnStretch(1, 1);
  return widget;
}

}  // namespace

std::vector<KeyGroup> keyGroups(const QMenuBar& menus) {
  std::vector<KeyGroup> groups;
  for (const QAction* action : menus.actions()) {
    KeyGroup group{QString(action->text()).remove('&'), {}};
    if (action->menu() != nullptr) {
      collect(*action->menu(), group);
    }
    if (!group.lines.empty()) {
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

KeySheet::KeySheet(const std::vector<KeyGroup>& groups, QWidget* parent) : QDialog(parent) {
  setObjectName("keySheet");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle("Keys");
  std::vector<KeyGroup> all = groups;
  all.push_back(mouseGroup());
  all.push_back(panelGroup());

  auto* scroll = new QScrollArea(this);
  scroll->setObjectName("keyScroll");
  scroll->setAccessibleName("Keys by menu");
  scroll->setToolTip("Keys by menu, and what the mouse does");
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  auto* sheet = new QWidget(scroll);
  auto* row = new QHBoxLayout(sheet);
  row->setSpacing(28);
  const QSize most = screen()->availableSize() * 9 / 10;
  const auto [key_width, text_width] = widths(font());
  const int wide = key_width + text_width + 2 * row->spacing();
  std::vector<QVBoxLayout*> columns;
  for (int c = 0; c < std::clamp(most.width() / wide, 1, kMostColumns); ++c) {
    columns.push_back(new QVBoxLayout);
    row->addLayout(columns.back(), 1);
  }
  std::vector<std::size_t> heights(columns.size());
  for (const KeyGroup& group : all) {  // each into the column that is the shortest so far
    const auto c = static_cast<std::size_t>(std::min_element(heights.begin(), heights.end()) -
                                            heights.begin());
    columns[c]->addWidget(makeGroup(group, sheet));
    heights[c] += group.lines.size() + kLinesOfATitle;
  }
  for (QVBoxLayout* column : columns) {
    column->addStretch();
  }
  scroll->setWidget(sheet);

  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  buttons->button(QDialogButtonBox::Close)->setToolTip("Close this sheet (Esc)");
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(scroll);
  layout->addWidget(buttons);
  const QSize wanted = sheet->sizeHint() + QSize(40, buttons->sizeHint().height() + 50);
  resize(wanted.boundedTo(most));
}

}  // namespace limoe::gui
