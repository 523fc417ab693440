// The distribution of one token over the experts of a layer, as bars.
#pragma once

#include <vector>

#include "gui/inspect/token_part.h"
#include "gui/inspect/token_routing.h"

namespace limoe::gui {

/// One bar.
struct TokenBar {
  int64_t expert = -1;  ///< −1: the others together
  int64_t experts = 1;  ///< how many the bar stands for
  double probability = 0;
  int choice = -1;    ///< 0 … K−1: one of the token's choices
  bool kept = false;  ///< where it is a choice
  bool is_runner_up = false;
};

/// Largest first, equal ones by expert. Where probabilities are not recorded only the choices and
/// the runner-up. With more than 12 experts, `folded` puts all but the first ones (9, or as many as
/// the choices and the runner-up need) into one bar at the end.
std::vector<TokenBar> tokenBars(const TokenDecision& decision, bool folded);

/// A click, or Enter, on a bar selects its expert (again: off); on the bar of the others it shows
/// all.
class TokenBars : public TokenPart {
  Q_OBJECT
 public:
  TokenBars(ViewState& state, QWidget* parent);

  /// `layer` and `experts` tell names and colours; `rows` is how many bars to keep room for while
  /// `decision` is nullptr (being read).
  void show(const TokenDecision* decision, int64_t layer, int64_t experts, int64_t rows);

  const std::vector<TokenBar>& bars() const { return bars_; }
  QRectF barRow(std::size_t row) const;  ///< where row `row` of bars() is

 protected:
  QString toolTipAt(const QPoint& at) const override;
  bool usesKey(int key, Qt::KeyboardModifiers modifiers) const override;
  void pressKey(int key, Qt::KeyboardModifiers modifiers) override;
  void layOut() override;
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;

 private:
  struct Columns {
    double title = 0, number = 0, mark = 0;  ///< widths
  };

  void activate(std::size_t row);
  double rowHeight() const;
  std::size_t rowCount() const;       ///< bars, and the row that folds them
  int rowAt(const QPoint& at) const;  ///< −1: none
  bool canFold() const;
  QString title(const TokenBar& bar) const;
  QString mark(const TokenBar& bar) const;
  Columns columns() const;
  void paintRow(QPainter& painter, const TokenBar& bar, const QRectF& row,
                const Columns& columns) const;

  ViewState& state_;
  TokenDecision decision_;
  bool is_there_ = false;
  int64_t layer_ = 0, experts_ = 0, rows_ = 0;
  bool folded_ = true;
  std::size_t current_ = 0;  ///< row of the keyboard
  std::vector<TokenBar> bars_;
};

}  // namespace limoe::gui
