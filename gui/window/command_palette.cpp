#include "gui/window/command_palette.h"

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "gui/window/fuzzy_match.h"

namespace limoe::gui {
namespace {

constexpr int kRowsInView = 12;
constexpr int kMargin = 8;

enum Role { kPlaces = Qt::UserRole + 1, kDetail, kKey };

void collect(QMenu& menu, const QString& path, std::vector<PaletteCommand>& commands) {
  Q_EMIT menu.aboutToShow();
  for (QAction* action : menu.actions()) {
    const QString text = QString(action->text()).remove('&');
    if (action->isSeparator() || !action->isVisible()) {
      continue;
    }
    const QString title = path + text;
    if (action->menu() != nullptr) {
      collect(*action->menu(), title + QString::fromUtf8(" › "), commands);
      continue;
    }
    PaletteCommand command;
    command.title = title;
    // Qt makes a tooltip of the text where none was given.
    const QString tip = action->toolTip();
    command.detail = tip == text || tip == QString(text).remove("…") ? QString() : tip;
    command.key = action->shortcut().toString(QKeySequence::NativeText);
    command.enabled = action->isEnabled();
    command.checked = action->isCheckable() && action->isChecked();
    command.run = [action = QPointer(action)] {
      if (action) {
        action->trigger();
      }
    };
    commands.push_back(std::move(command));
  }
}

/// Title with what was found marked, what it does in fainter letters, the key at the right.
class CommandDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {100, QFontMetrics(option.font).height() + 8};
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override {
    const bool current = option.state.testFlag(QStyle::State_Selected);
    const bool enabled = index.flags().testFlag(Qt::ItemIsEnabled);
    const QPalette& palette = option.palette;
    painter->save();
    if (current) {
      painter->fillRect(option.rect, palette.color(QPalette::Highlight));
    }
    const QColor strong = current   ? palette.color(QPalette::HighlightedText)
                          : enabled ? palette.color(QPalette::Text)
                                    : palette.color(QPalette::PlaceholderText);
    const QColor faint = current ? strong : palette.color(QPalette::PlaceholderText);
    QRect room = option.rect.adjusted(kMargin, 0, -kMargin, 0);
    painter->setFont(option.font);
    const QFontMetrics metrics(option.font);
    const QString key = index.data(kKey).toString();
    if (!key.isEmpty()) {
      painter->setPen(faint);
      painter->drawText(room, Qt::AlignRight | Qt::AlignVCenter, key);
      room.setRight(room.right() - metrics.horizontalAdvance(key) - 2 * kMargin);
    }
    const int end = paintTitle(*painter, room, index, enabled, strong,
                               current ? strong : palette.color(QPalette::Link));
    room.setLeft(end + 2 * kMargin);
    const QString detail = index.data(kDetail).toString();
    if (room.width() > 4 * kMargin && !detail.isEmpty()) {
      painter->setPen(faint);
      painter->drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                        metrics.elidedText(detail, Qt::ElideRight, room.width()));
    }
    painter->restore();
  }

 private:
  /// Returns where the title ends.
  static int paintTitle(QPainter& painter, const QRect& room, const QModelIndex& index,
                        bool enabled, const QColor& color, const QColor& mark) {
    const QFont plain = painter.font();
    QFont bold = plain;
    bold.setBold(true);
    bold.setUnderline(true);
    const QFontMetrics metrics(plain);
    const QFontMetrics bold_metrics(bold);
    const QString title = metrics.elidedText(index.data().toString(), Qt::ElideRight, room.width());
    const auto places = index.data(kPlaces).value<QList<int>>();
    int x = room.left();
    for (int i = 0; i < title.size();) {
      const bool found = places.contains(i);
      int next = i + 1;
      while (next < title.size() && places.contains(next) == found) {
        ++next;
      }
      const QString part = title.mid(i, next - i);
      painter.setFont(found ? bold : plain);
      painter.setPen(found && enabled ? mark : color);
      painter.drawText(QRect(x, room.top(), room.width(), room.height()),
                       Qt::AlignLeft | Qt::AlignVCenter, part);
      x += (found ? bold_metrics : metrics).horizontalAdvance(part);
      i = next;
    }
    painter.setFont(plain);
    return x;
  }
};

}  // namespace

std::vector<PaletteCommand> commandsOf(QMenuBar& menus) {
  std::vector<PaletteCommand> commands;
  for (const QAction* action : menus.actions()) {
    if (action->menu() != nullptr) {
      collect(*action->menu(), QString(action->text()).remove('&') + QString::fromUtf8(" › "),
              commands);
    }
  }
  return commands;
}

CommandPalette::CommandPalette(QWidget* window)
    : QFrame(window),
      typed_(new QLineEdit(this)),
      list_(new QListView(this)),
      model_(new QStandardItemModel(this)) {
  setObjectName("commandPalette");
  setAccessibleName("Command palette");
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  typed_->setObjectName("paletteText");
  typed_->setPlaceholderText(
      "Type a command, “layer 2”, “expert 3”, “step 400”, or a word or label");
  typed_->setAccessibleName("Command to look for");
  typed_->setToolTip("Letters of the words to look for; ↑ ↓ choose, Enter does it, Esc closes");
  typed_->setClearButtonEnabled(true);
  list_->setObjectName("paletteList");
  list_->setModel(model_);
  list_->setItemDelegate(new CommandDelegate(list_));
  list_->setAccessibleName("Commands found");
  list_->setToolTip("Click a command, or choose with ↑ ↓ and press Enter");
  list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  list_->setUniformItemSizes(true);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setFocusPolicy(Qt::NoFocus);  // the keyboard stays where one types
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->setSpacing(4);
  layout->addWidget(typed_);
  layout->addWidget(list_);
  typed_->installEventFilter(this);
  window->installEventFilter(this);
  connect(typed_, &QLineEdit::textChanged, this, &CommandPalette::find);
  connect(list_, &QListView::clicked, this,
          [this](const QModelIndex& index) { runRow(index.row()); });
  hide();
}

void CommandPalette::open(std::vector<PaletteCommand> commands, Typed typed) {
  commands_ = std::move(commands);
  typed_commands_ = std::move(typed);
  if (!isVisible()) {
    focus_before_ = window()->focusWidget();
  }
  typed_->clear();
  find();
  show();
  place();
  raise();
  typed_->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::find() {
  struct Hit {
    const PaletteCommand* command;
    WordMatch match;
  };
  std::vector<PaletteCommand> typed =
      typed_commands_ ? typed_commands_(typed_->text()) : std::vector<PaletteCommand>();
  std::vector<Hit> hits;
  const auto look = [&](const std::vector<PaletteCommand>& commands) {
    for (const PaletteCommand& command : commands) {
      if (auto match = matchWords(typed_->text(), command.title)) {
        hits.push_back({&command, std::move(*match)});
      }
    }
  };
  look(commands_);
  look(typed);
  // Of what is found equally well, what has a key is used more often; all of them keep their order.
  const bool any = !typed_->text().trimmed().isEmpty();
  std::stable_sort(hits.begin(), hits.end(), [any](const Hit& a, const Hit& b) {
    const auto rank = [any](const Hit& hit) {
      return std::pair(hit.match.score, any && !hit.command->key.isEmpty());
    };
    return rank(a) > rank(b);
  });
  found_.clear();
  model_->clear();
  for (const Hit& hit : hits) {
    const QString title = hit.command->where.isEmpty()
                              ? hit.command->title
                              : hit.command->title + ' ' + hit.command->where;
    auto* item = new QStandardItem(hit.command->checked ? title + QString::fromUtf8("  ✓") : title);
    item->setEnabled(hit.command->enabled);
    item->setData(hit.command->detail, kDetail);
    item->setData(hit.command->key, kKey);
    item->setToolTip(hit.command->detail);
    QList<int> places;
    for (const qsizetype at : hit.match.places) {
      places << static_cast<int>(at);
    }
    item->setData(QVariant::fromValue(places), kPlaces);
    model_->appendRow(item);
    found_.push_back(*hit.command);
  }
  if (found_.empty()) {
    auto* none = new QStandardItem(QString("Nothing is called that"));
    none->setEnabled(false);
    model_->appendRow(none);
  }
  list_->setCurrentIndex(model_->index(0, 0));
  list_->scrollToTop();
}

void CommandPalette::place() {
  const QWidget* window = parentWidget();
  const int em = fontMetrics().height();
  const int width = std::min(em * 48, window->width() - 4 * kMargin);
  const int height =
      std::min(typed_->sizeHint().height() + kRowsInView * (em + 8) + 20, window->height() * 3 / 4);
  setGeometry((window->width() - width) / 2, std::min(window->height() / 10, 3 * em), width,
              height);
}

QStringList CommandPalette::titles() const {
  QStringList titles;
  for (const PaletteCommand& command : found_) {
    titles << command.title;
  }
  return titles;
}

void CommandPalette::runRow(int row) {
  if (row < 0 || row >= std::ssize(found_)) {
    return;
  }
  const PaletteCommand command = found_[static_cast<std::size_t>(row)];
  if (!command.enabled) {
    return;
  }
  dismiss();
  // After this event: a command may open a dialog with an event loop of its own.
  QMetaObject::invokeMethod(parentWidget(), command.run, Qt::QueuedConnection);
}

void CommandPalette::dismiss() {
  const bool had_keyboard = typed_->hasFocus();
  hide();
  if (had_keyboard && focus_before_) {
    focus_before_->setFocus(Qt::OtherFocusReason);
  }
}

bool CommandPalette::takeKey(int key) {
  const int rows = std::max(model_->rowCount(), 1);
  const int row = list_->currentIndex().row();
  const auto go = [&](int to) { list_->setCurrentIndex(model_->index(to, 0)); };
  switch (key) {
    case Qt::Key_Escape:
      dismiss();
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      runRow(row);
      return true;
    case Qt::Key_Down:
      go((row + 1) % rows);
      return true;
    case Qt::Key_Up:
      go((row + rows - 1) % rows);
      return true;
    case Qt::Key_PageDown:
      go(std::min(row + kRowsInView, rows - 1));
      return true;
    case Qt::Key_PageUp:
      go(std::max(row - kRowsInView, 0));
      return true;
    case Qt::Key_Tab:
    case Qt::Key_Backtab:
      return true;  // there is nowhere else to go
    default:
      return false;
  }
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget()) {
    if (event->type() == QEvent::Resize && isVisible()) {
      place();
    }
    return false;
  }
  switch (event->type()) {
    case QEvent::ShortcutOverride: {
      // Esc, Page up and so on have other meanings in the window.
      const int key = static_cast<QKeyEvent*>(event)->key();
      if (key == Qt::Key_Escape || key == Qt::Key_PageUp || key == Qt::Key_PageDown) {
        event->accept();
        return true;
      }
      return false;
    }
    case QEvent::KeyPress:
      return takeKey(static_cast<QKeyEvent*>(event)->key());
    case QEvent::FocusOut:
      if (static_cast<QFocusEvent*>(event)->reason() != Qt::ActiveWindowFocusReason &&
          static_cast<QFocusEvent*>(event)->reason() != Qt::PopupFocusReason) {
        dismiss();
      }
      return false;
    default:
      return false;
  }
}

}  // namespace limoe::gui
