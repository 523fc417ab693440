// The rows of the expert strip as a Qt model: one row per expert of the layer looked at.
#pragma once

#include <QAbstractTableModel>
#include <memory>
#include <optional>
#include <vector>

#include "gui/charts/expert_counts.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// What the rows are about; replaced as a whole.
struct ExpertTable {
  std::vector<ExpertCounts> experts;  ///< [E]
  QString rule;                       ///< how was counted
  bool has_labels = false;
  std::shared_ptr<const WordTable> words;  ///< nullptr: not counted
  /// Tokens one expert could process over the probe; empty until the captions are known, then the
  /// load is shown against the fair share.
  std::optional<int64_t> capacity;
  int64_t layer = 0;  ///< that the experts are of; their names are by layer
};

/// Display texts, numbers for the delegate, tool tips; hiding and solo are check boxes (Space or
/// click), and the name is edited in the first column (F2), which goes to the view state.
class ExpertModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { kNumber, kLoad, kModality, kLabels, kShown, kSolo, kColumnCount };
  enum Role {
    kColorRole = Qt::UserRole,  ///< the expert's colour
    kFractionRole,  ///< load, 0 … ; image share, 0 … 1, or invalid where it has none
    kSelectedRole,  ///< the expert is selected
    kDimmedRole,    ///< the expert is hidden
    kWordsRole      ///< of the labels: its top words; invalid where they are not counted
  };

  explicit ExpertModel(ViewState& state, QObject* parent = nullptr);

  void setTable(ExpertTable table);
  /// Whether the column has room for its name; its tool tip says it anyway.
  void setModalityHeader(bool shown);
  /// What the load is measured against, in words: "capacity" or "fair share".
  QString loadBasis() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 private:
  double load(const ExpertCounts& expert) const;
  QString text(const QModelIndex& index) const;
  QString toolTip(const QModelIndex& index) const;
  QString labelsToolTip(int row) const;
  QVariant wordsOf(int row) const;

  ViewState& state_;
  ExpertTable table_;
  bool modality_header_ = true;
};

}  // namespace limoe::gui
