// Above a column of the comparison: which run, at which step, how well it matches the reference,
// its numbers, and what is set differently.
#pragma once

#include <QFrame>

#include "gui/compare/compare_runs.h"
#include "gui/view/view_state.h"

class QComboBox;

namespace limoe::gui {

class ElidedLabel;
class MatchChips;

class CompareHeader : public QFrame {
  Q_OBJECT
 public:
  CompareHeader(CompareRuns& runs, std::size_t column, ViewState& shared, QWidget* parent);

  void refresh();
  void setNarrow(bool narrow);  ///< its texts take two lines each
  /// All that it says, a line for each.
  QString words() const;

 private:
  void fillLayers();
  void fillChips();

  CompareRuns& runs_;
  std::size_t column_;
  ViewState& shared_;
  ElidedLabel *title_, *place_, *match_, *elsewhere_, *numbers_, *settings_;
  QComboBox* layers_;
  MatchChips* chips_;
};

}  // namespace limoe::gui
