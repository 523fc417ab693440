// What the layer view says below its content: the chosen cell, who takes most of its column in
// every layer, and how all was counted.
#pragma once

#include <QWidget>

#include "gui/inspect/layer_view_best.h"
#include "gui/view/elided_label.h"

class QLabel;
class QPushButton;

namespace limoe::gui {

class WalkBar;

/// As high with a chosen cell as without: what is above keeps its size.
class LayerLines : public QWidget {
  Q_OBJECT
 public:
  explicit LayerLines(QWidget* parent = nullptr);

  WalkBar* bar() const { return bar_; }
  void setNote(const QString& how_counted);
  QString note() const { return note_->text(); }
  /// Empty: no cell is chosen, the note has its place.
  void setReadout(const QString& cell, const std::vector<BestExperts::Part>& best);
  /// A button for the filter; empty: none.
  void setOffer(const QString& text, const QString& tip);

  QSize sizeHint() const override { return {100, maximumHeight()}; }
  QSize minimumSizeHint() const override { return {0, minimumHeight()}; }
  bool hasHeightForWidth() const override { return false; }  // whatever is said

 Q_SIGNALS:
  void offerTaken();
  void expertChosen(int64_t layer, int64_t expert);  ///< of those that take most

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void fitToFont();

  ElidedLabel* readout_;
  QLabel* best_;
  ElidedLabel* note_;
  QPushButton* offer_;
  WalkBar* bar_;
};

}  // namespace limoe::gui
