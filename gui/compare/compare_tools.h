// The row of controls above the comparison: layer, overlay, what the colours tell, fit, and the way
// out.
#pragma once

#include <QWidget>

#include "gui/compare/compare_runs.h"
#include "gui/view/view_state.h"

class QAction;
class QButtonGroup;
class QComboBox;
class QLabel;
class QSlider;
class QToolButton;

namespace limoe::gui {

class CompareTools : public QWidget {
  Q_OBJECT
 public:
  CompareTools(CompareRuns& runs, ViewState& shared, QWidget* parent);

  void refresh();

 Q_SIGNALS:
  void fitAsked();
  void runsAsked();   ///< other runs are to be compared
  void closeAsked();  ///< back to the single wall

 private:
  void makeLayer();
  void makeOverlay();
  void makeColor();
  void makeButtons();
  QLabel* label(const QString& text);
  void fillLayers();
  void fillColors();

  CompareRuns& runs_;
  ViewState& shared_;
  QComboBox *layer_, *style_, *color_;
  QToolButton* overlay_;
  QSlider* opacity_;
  QLabel* legend_;
};

}  // namespace limoe::gui
