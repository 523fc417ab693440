// Where one token goes: through the layers at one step, and through the steps in one layer.
#pragma once

#include <vector>

#include "gui/inspect/token_part.h"
#include "gui/inspect/token_routing.h"

namespace limoe::gui {

/// One cell for each MoE layer. A click, or ← and →, sets the layer of the view.
class TokenPathStrip : public TokenPart {
  Q_OBJECT
 public:
  TokenPathStrip(ViewState& state, QWidget* parent);

  /// `decisions` is [L]; empty while they are being read, then the cells are empty.
  void show(const std::shared_ptr<const RunData>& run, std::vector<TokenDecision> decisions);

  QRectF cellRect(int64_t layer) const;

 protected:
  QString toolTipAt(const QPoint& at) const override;
  bool usesKey(int key, Qt::KeyboardModifiers modifiers) const override;
  void pressKey(int key, Qt::KeyboardModifiers modifiers) override;
  void layOut() override;
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  int64_t layers() const;
  int64_t shown() const;                     ///< the view's layer
  int64_t layerAt(const QPointF& at) const;  ///< −1: none
  void describe();
  void paintCell(QPainter& painter, int64_t layer) const;

  ViewState& state_;
  std::shared_ptr<const RunData> run_;
  std::vector<TokenDecision> decisions_;
  int64_t columns_ = 1;
};

/// The first choice at every recorded step, each as wide as the others. Where there are more steps
/// than pixels a column shows the experts of its steps above one another; a mark over the strip
/// stands at every flip. A click, or ← and →, selects a step; Ctrl+← and → go from flip to flip.
class TokenTimeStrip : public TokenPart {
  Q_OBJECT
 public:
  TokenTimeStrip(ViewState& state, QWidget* parent);

  /// `steps` of all recorded snapshots; of `history` more may still be read. `layer` and `experts`
  /// tell names and colours.
  void show(const TokenHistory& history, const std::vector<int64_t>& steps, int64_t layer,
            int64_t experts);

  QRectF stripRect() const;
  /// The columns drawn, from left to right.
  std::vector<HistoryColumn> columns() const;

 protected:
  QString toolTipAt(const QPoint& at) const override;
  bool usesKey(int key, Qt::KeyboardModifiers modifiers) const override;
  void pressKey(int key, Qt::KeyboardModifiers modifiers) override;
  void layOut() override;
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  int64_t count() const { return std::ssize(steps_); }
  const HistoryColumn* columnAt(const std::vector<HistoryColumn>& columns, double x) const;
  /// The first flip of the column, or else its first snapshot. `reach`: as far, in pixels, a flip
  /// may be from narrow columns.
  void choose(double x, int64_t reach);
  void paintColumns(QPainter& painter) const;
  void paintNames(QPainter& painter) const;
  void paintSteps(QPainter& painter) const;

  ViewState& state_;
  TokenHistory history_;
  std::vector<int64_t> steps_;
  int64_t layer_ = 0, experts_ = 0;
};

}  // namespace limoe::gui
