// The experts of the layer looked at, one row each in its colour: load against capacity, image and
// text, top labels, and the buttons that hide or single out an expert.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/charts/expert_counts.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

class QTableView;

namespace limoe::gui {

class ExpertStrip : public QWidget {
  Q_OBJECT
 public:
  explicit ExpertStrip(ViewState& state, QWidget* parent = nullptr);
  ~ExpertStrip() override;
  void setSource(RunSource* source);
  /// Where the sums of a layer come from while a filter is set.
  void setFilteredSums(FilteredSums sums);
  /// Where the top words come from; without, only labels are shown.
  void setTopWords(TopWords words);
  void refresh();             ///< sums or words that were asked for have come
  QTableView* table() const;  ///< for tests; its model is an ExpertModel

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> strip_;
};

}  // namespace limoe::gui
