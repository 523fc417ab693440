#include "gui/charts/expert_model.h"

#include <utility>

#include "gui/view/colors.h"
#include "gui/view/expert_title.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

constexpr std::size_t kLabelsInRow = 3;
constexpr std::size_t kWordsInTip = 12;

QString inRow(const std::vector<LabelShare>& shares) {
  QStringList parts;
  for (std::size_t i = 0; i < std::min(shares.size(), kLabelsInRow); ++i) {
    parts << shares[i].name + ' ' + percentText(shares[i].share, 0);
  }
  return parts.join(QStringLiteral(", "));
}

}  // namespace

ExpertModel::ExpertModel(ViewState& state, QObject* parent)
    : QAbstractTableModel(parent), state_(state) {
  connect(&state, &ViewState::changed, this, [this] {
    if (rowCount() > 0) {
      Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumnCount - 1));
    }
  });
}

void ExpertModel::setTable(ExpertTable table) {
  if (table.experts.size() == table_.experts.size()) {
    // The current cell and the scroll position stay where they are.
    table_ = std::move(table);
    if (rowCount() > 0) {
      Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumnCount - 1));
      Q_EMIT headerDataChanged(Qt::Horizontal, 0, kColumnCount - 1);
    }
    return;
  }
  beginResetModel();
  table_ = std::move(table);
  endResetModel();
}

void ExpertModel::setModalityHeader(bool shown) {
  if (shown != modality_header_) {
    modality_header_ = shown;
    Q_EMIT headerDataChanged(Qt::Horizontal, kModality, kModality);
  }
}

QString ExpertModel::loadBasis() const {
  return table_.capacity ? tr("capacity") : tr("fair share");
}

int ExpertModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(table_.experts.size());
}

int ExpertModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

double ExpertModel::load(const ExpertCounts& expert) const {
  if (table_.capacity) {
    return static_cast<double>(expert.total()) / static_cast<double>(*table_.capacity);
  }
  return expert.share * static_cast<double>(table_.experts.size());
}

QString ExpertModel::text(const QModelIndex& index) const {
  const ExpertCounts& expert = table_.experts[static_cast<std::size_t>(index.row())];
  switch (index.column()) {
    case kNumber:
      return expertTitle(state_, table_.layer, index.row());
    case kLoad:
      return table_.capacity ? percentText(load(expert), 0)
                             : QStringLiteral("%1×").arg(load(expert), 0, 'f', 2);
    case kModality:
      return expert.total() == 0 ? tr("unused")
                                 : tr("%1 image")
                                       .arg(percentText(static_cast<double>(expert.image) /
                                                            static_cast<double>(expert.total()),
                                                        0));
    case kLabels: {
      if (table_.has_labels && expert.image == 0) {
        return expert.text == 0 ? tr("–") : tr("text only");
      }
      return inRow(expert.labels);
    }
    default:
      return {};
  }
}

QString ExpertModel::labelsToolTip(int row) const {
  const auto at = static_cast<std::size_t>(row);
  QString tip =
      table_.has_labels
          ? tr("Labels whose patches this expert takes more often than by chance, most patches "
               "beyond chance first.\nPer cent: its part of that label's kept patches.")
          : tr("This recording's patches have no labels.");
  for (const LabelShare& label : table_.experts[at].labels) {
    tip += tr("\n%1: %2 of %3 patches, %4, %5 times chance")
               .arg(label.name, countText(label.tokens), countText(label.of_label),
                    percentText(label.share, 1))
               .arg(label.lift, 0, 'f', 1);
  }
  if (!table_.words || at >= table_.words->size()) {
    return tip;
  }
  tip += tr("\nBelow: word pieces, the same of text tokens.");
  const auto& words = (*table_.words)[at];
  for (std::size_t i = 0; i < std::min(words.size(), kWordsInTip); ++i) {
    tip += tr("\n%1: %2 of %3 text tokens, %4, %5 times chance")
               .arg(words[i].name, countText(words[i].tokens), countText(words[i].of_label),
                    percentText(words[i].share, 1))
               .arg(words[i].lift, 0, 'f', 1);
  }
  return tip;
}

QVariant ExpertModel::wordsOf(int row) const {
  if (!table_.words) {
    return {};
  }
  const auto at = static_cast<std::size_t>(row);
  return at < table_.words->size() ? inRow((*table_.words)[at]) : QStringLiteral("…");
}

QString ExpertModel::toolTip(const QModelIndex& index) const {
  const ExpertCounts& expert = table_.experts[static_cast<std::size_t>(index.row())];
  const QString counted = tr("\nCounted: %1.").arg(table_.rule);
  const QString name = expertTitle(state_, table_.layer, index.row());
  switch (index.column()) {
    case kNumber:
      return tr("%1: %2 tokens. Click to select it everywhere, again to let go. F2 names it.")
          .arg(name, countText(expert.total()));
    case kLoad:
      return (table_.capacity
                  ? tr("%1 processes %2 tokens of the %3 its capacity allows: %4.")
                        .arg(name, countText(expert.total()),
                             countText(static_cast<uint64_t>(*table_.capacity)),
                             percentText(load(expert), 1))
                  : tr("%1 processes %2 tokens, %3 times the fair share of 1/%4.\n(The capacity "
                       "needs all captions of the probe, which are still being read.)")
                        .arg(name, countText(expert.total()))
                        .arg(load(expert), 0, 'f', 2)
                        .arg(table_.experts.size())) +
             counted;
    case kModality:
      return tr("%1 processes %2 image tokens and %3 text tokens.")
                 .arg(name, countText(expert.image), countText(expert.text)) +
             counted;
    case kLabels:
      return labelsToolTip(index.row()) + counted;
    case kShown:
      return state_.isHidden(index.row()) ? tr("Show expert %1 in the overlay").arg(index.row())
                                          : tr("Hide expert %1 in the overlay").arg(index.row());
    default:
      return state_.soloExpert() == index.row()
                 ? tr("Show the other experts again")
                 : tr("Solo: show only expert %1 in the overlay").arg(index.row());
  }
}

QVariant ExpertModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) {
    return {};
  }
  const ExpertCounts& expert = table_.experts[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      return text(index);
    case Qt::EditRole:
      return index.column() == kNumber ? state_.expertName(table_.layer, index.row()) : text(index);
    case Qt::ToolTipRole:
      return toolTip(index);
    case Qt::AccessibleTextRole:
      return index.column() >= kShown || index.column() == kNumber ? toolTip(index) : text(index);
    case Qt::CheckStateRole:
      if (index.column() == kShown) {
        return state_.isHidden(index.row()) ? Qt::Unchecked : Qt::Checked;
      }
      if (index.column() == kSolo) {
        return state_.soloExpert() == index.row() ? Qt::Checked : Qt::Unchecked;
      }
      return {};
    case kColorRole:
      return expertColor(index.row(), rowCount());
    case kFractionRole:
      if (index.column() == kLoad) {
        return load(expert);
      }
      if (index.column() == kModality && expert.total() > 0) {
        return static_cast<double>(expert.image) / static_cast<double>(expert.total());
      }
      return {};
    case kSelectedRole:
      return state_.selectedExpert() == index.row();
    case kDimmedRole:
      return state_.isHidden(index.row());
    case kWordsRole:
      return wordsOf(index.row());
    default:
      return {};
  }
}

bool ExpertModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (index.isValid() && role == Qt::EditRole && index.column() == kNumber) {
    state_.setExpertName(table_.layer, index.row(), value.toString());
    return true;
  }
  if (!index.isValid() || role != Qt::CheckStateRole || index.column() < kShown ||
      data(index, role) == value) {
    return false;
  }
  if (index.column() == kSolo) {
    state_.toggleSolo(index.row());
    return true;
  }
  if (state_.soloExpert()) {
    // Another expert is singled out; the eye of this row ends that, which is what showing it means.
    state_.toggleSolo(*state_.soloExpert());
    return true;
  }
  state_.toggleHidden(index.row());
  return true;
}

QVariant ExpertModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) {
    return {};
  }
  const QStringList names = {
      tr("#"),      tr("Load"), modality_header_ ? tr("Modality") : QString(),
      tr("Labels"), tr(""),     tr("")};
  const QStringList tips = {
      tr("Number of the expert, from 0 as in the recording, and its name (F2)"),
      table_.capacity ? tr("Kept tokens against what the expert's capacity allows")
                      : tr("Kept tokens against the fair share, 1 / number of experts"),
      tr("Which part of the kept tokens are image and text tokens"),
      tr("The expert's part of the kept patches of each label, for labels above chance; below, the "
         "same of text tokens by word piece"),
      tr("Shown in the overlay"),
      tr("Solo: only this expert is shown in the overlay")};
  if (role == Qt::DisplayRole) {
    return names[section];
  }
  if (role == Qt::ToolTipRole) {
    return tips[section];
  }
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
  }
  return {};
}

Qt::ItemFlags ExpertModel::flags(const QModelIndex& index) const {
  Qt::ItemFlags flags = QAbstractTableModel::flags(index);
  if (index.isValid() && index.column() >= kShown) {
    flags |= Qt::ItemIsUserCheckable;
  }
  if (index.isValid() && index.column() == kNumber) {
    flags |= Qt::ItemIsEditable;
  }
  return flags;
}

}  // namespace limoe::gui
