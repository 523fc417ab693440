#include "gui/inspect/layer_view_words.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QScreen>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/inspect/layer_view_find.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

// The list's size in letters and lines.
constexpr int kLetters = 40;
constexpr int kLines = 16;

}  // namespace

QString typedName(const QString& title) {
  const bool marked = title.startsWith(QChar(0x2026)) || title.startsWith(QChar(0x2581));
  return marked && title.size() > 1 ? title.mid(1) : title;
}

void WordListModel::setKinds(const KindCounts& counts, const QStringList& ticked) {
  beginResetModel();
  kinds_.clear();
  rows_.clear();
  for (const std::size_t k : counts.mostFrequent(counts.totals.size())) {
    const QString name = typedName(counts.titles[static_cast<qsizetype>(k)]);
    kinds_.push_back({name, counts.totals[k], ticked.contains(name, Qt::CaseInsensitive)});
  }
  endResetModel();
}

void WordListModel::list(const QString& containing, Sort sort) {
  beginResetModel();
  rows_.clear();
  for (std::size_t k = 0; k < kinds_.size(); ++k) {
    if (kinds_[k].name.contains(containing, Qt::CaseInsensitive)) {
      rows_.push_back(k);
    }
  }
  if (sort == Sort::Name) {
    std::ranges::stable_sort(rows_, [this](std::size_t a, std::size_t b) {
      return kinds_[a].name.compare(kinds_[b].name, Qt::CaseInsensitive) < 0;
    });
  }
  endResetModel();
}

QStringList WordListModel::ticked() const {
  QStringList names;
  for (const Kind& kind : kinds_) {
    if (kind.ticked && !names.contains(kind.name)) {
      names << kind.name;
    }
  }
  return names;
}

int WordListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant WordListModel::data(const QModelIndex& index, int role) const {
  const Kind& kind = kinds_[rows_[static_cast<std::size_t>(index.row())]];
  switch (role) {
    case Qt::DisplayRole:
      return tr("%1   %2").arg(kind.name, countText(kind.count));
    case Qt::CheckStateRole:
      return kind.ticked ? Qt::Checked : Qt::Unchecked;
    case Qt::ToolTipRole:
      return tr("%1: %2 kept tokens in the shown layer and step").arg(kind.name, countText(kind.count));
    default:
      return {};
  }
}

bool WordListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role != Qt::CheckStateRole) {
    return false;
  }
  kinds_[rows_[static_cast<std::size_t>(index.row())]].ticked = value.toInt() == Qt::Checked;
  Q_EMIT dataChanged(index, index, {role});
  Q_EMIT tickedChanged();
  return true;
}

Qt::ItemFlags WordListModel::flags(const QModelIndex& index) const {
  return QAbstractListModel::flags(index) | Qt::ItemIsUserCheckable;
}

WordList::WordList(QWidget* parent)
    : QFrame(parent, Qt::Popup),
      model_(new WordListModel(this)),
      containing_(new QLineEdit(this)),
      sort_(new QComboBox(this)),
      list_(new QListView(this)) {
  setFrameShape(QFrame::StyledPanel);
  setObjectName(QStringLiteral("wordList"));
  containing_->setObjectName(QStringLiteral("wordListContaining"));
  containing_->setPlaceholderText(tr("Those that contain…"));
  containing_->setAccessibleName(tr("List only those that contain"));
  containing_->setToolTip(tr("Lists only those that contain this; ↓ goes to the list"));
  containing_->setClearButtonEnabled(true);
  sort_->setObjectName(QStringLiteral("wordListSort"));
  sort_->addItems({tr("Most frequent"), tr("A–Z")});
  sort_->setAccessibleName(tr("Order of the list"));
  sort_->setToolTip(sort_->accessibleName());
  list_->setObjectName(QStringLiteral("wordListItems"));
  list_->setAccessibleName(tr("All that occur, with their counts"));
  list_->setToolTip(tr("Tick (or Space) what is to be a column; Enter: the expert that takes most"));
  list_->setModel(model_);
  list_->setUniformItemSizes(true);
  auto* row = new QHBoxLayout;
  row->addWidget(containing_, 1);
  row->addWidget(sort_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->addLayout(row);
  layout->addWidget(list_, 1);
  connect(containing_, &QLineEdit::textChanged, this, &WordList::refill);
  connect(sort_, &QComboBox::currentIndexChanged, this, &WordList::refill);
  connect(model_, &WordListModel::tickedChanged, this,
          [this] { Q_EMIT changed(model_->ticked()); });
  connect(list_, &QListView::clicked, this, [this](const QModelIndex& index) {
    // The whole row ticks, not only its box: that one has just been ticked by the view itself.
    const QRect box = list_->visualRect(index);
    if (list_->viewport()->mapFromGlobal(QCursor::pos()).x() > box.left() + box.height()) {
      const bool ticked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
      model_->setData(index, ticked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
    }
  });
  containing_->installEventFilter(this);
  list_->installEventFilter(this);
}

void WordList::refill() {
  model_->list(containing_->text().trimmed(), static_cast<WordListModel::Sort>(sort_->currentIndex()));
}

void WordList::open(const KindCounts& counts, const QStringList& ticked, const QWidget& beside) {
  model_->setKinds(counts, ticked);
  containing_->clear();
  refill();
  resize(kLetters * fontMetrics().averageCharWidth(), kLines * fontMetrics().height());
  const QRect room = beside.screen()->availableGeometry();
  QPoint at = beside.mapToGlobal(QPoint(0, beside.height()));
  if (at.y() + height() > room.bottom()) {
    at = beside.mapToGlobal(QPoint(0, -height()));
  }
  at.setX(std::clamp(at.x(), room.left(), std::max(room.left(), room.right() - width())));
  move(at.x(), std::max(at.y(), room.top()));
  show();
  containing_->setFocus(Qt::PopupFocusReason);
}

bool WordList::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Return || key == Qt::Key_Enter) {
      hide();
      Q_EMIT entered();
      return true;
    }
    if (key == Qt::Key_Down && watched == containing_ && model_->rowCount() > 0) {
      list_->setFocus();
      list_->setCurrentIndex(model_->index(0));
      return true;
    }
  }
  return QFrame::eventFilter(watched, event);
}

}  // namespace limoe::gui
