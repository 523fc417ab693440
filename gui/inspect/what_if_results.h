// What comes of a what-if: success rates by layer, loads of the experts, patches and words that
// fare differently.
#pragma once

#include <QTabWidget>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "gui/inspect/what_if.h"

class QComboBox;
class QTableWidget;
class QTableWidgetItem;
class QTreeWidget;
class QTreeWidgetItem;

namespace limoe::gui {

class WhatIfResults : public QTabWidget {
  Q_OBJECT
 public:
  explicit WhatIfResults(QWidget* parent = nullptr);

  /// Whether the user wants all layers, not only the one looked at.
  bool wantsAllLayers() const;

  /// `layers`: outcomes that are there, of one snapshot, ascending by layer. `shown` is the layer
  /// looked at; loads and tokens are its. `names` are the experts' (ViewState::expertNames).
  void show(const RunData& run, const std::vector<std::shared_ptr<const LayerOutcome>>& layers,
            int64_t shown, const std::map<std::pair<int64_t, int64_t>, QString>& names);
  void clear();
  bool isEmpty() const { return success_of_.empty(); }

  QSize sizeHint() const override;  ///< no higher than it must be

 Q_SIGNALS:
  void scopeChanged();
  void tokenChosen(const TokenRef& token);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QTableWidget* makeTable(const char* name, const QStringList& titles, const QStringList& tips);
  void makeSuccessTab();
  void makeLoadsTab();
  void makeTokensTab();
  void showSuccess(const RunData& run,
                   const std::vector<std::shared_ptr<const LayerOutcome>>& layers);
  /// Cells of one modality of one layer: its name, then the measures.
  std::vector<QTableWidgetItem*> successCells(const QString& title, int modality,
                                              const ModalityOutcome& outcome) const;
  void showLoads(const LayerOutcome& outcome,
                 const std::map<std::pair<int64_t, int64_t>, QString>& names);
  void showTokens();
  void fillGroup(QTreeWidgetItem* group);

  QComboBox* scope_ = nullptr;
  QTableWidget *success_ = nullptr, *loads_ = nullptr;
  QTreeWidget* tokens_ = nullptr;
  std::shared_ptr<const LayerOutcome> shown_;  ///< whose loads and tokens are shown
  std::map<std::pair<int64_t, int64_t>, QString> shown_names_;
  probe::Layout layout_;
  bool tokens_outdated_ = false;  ///< filled when they are looked at
  std::vector<std::shared_ptr<const LayerOutcome>> success_of_;
  bool success_of_all_ = false;
};

}  // namespace limoe::gui
