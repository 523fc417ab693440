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
  /// Texts that may take two lines, from the top.
  static constexpr std::size_t kTexts = 4;
  bool isTooLong(std::size_t text, int width) const;  ///< for one line in a header so wide
  void setLines(std::size_t text, int lines);
  /// All that it says, a line for each.
  QString words() const;

 private:
  ElidedLabel* textAt(std::size_t text) const;
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
