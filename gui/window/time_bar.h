// One slider for everything: which recorded step the window shows.
#pragma once

#include <QTimer>
#include <QWidget>

#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

class QLabel;
class QSlider;
class QSpinBox;
class QToolButton;

namespace limoe::gui {

class TimeBar : public QWidget {
  Q_OBJECT
 public:
  explicit TimeBar(ViewState& state, QWidget* parent = nullptr);

  void setSource(RunSource* source);

  void stepBy(int snapshots);  ///< ← and →
  void togglePlay();           ///< Space: from the beginning where the end is shown
  void followNewest();         ///< End
  bool isPlaying() const { return play_timer_.isActive(); }

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void fitToFont();
  int64_t snapshots() const;
  void refresh();
  void advance();
  void showStep(int step);

  ViewState& state_;
  RunSource* source_ = nullptr;
  QSlider* slider_;
  QSpinBox* step_;
  QLabel* newest_;
  QToolButton* play_;
  QToolButton* follow_;
  QTimer play_timer_;
};

}  // namespace limoe::gui
