#include "gui/inspect/token_bars.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "gui/canvas/token_readout.h"
#include "gui/charts/plot_style.h"
#include "gui/view/colors.h"
#include "gui/view/expert_title.h"

namespace limoe::gui {
namespace {

constexpr std::size_t kMostUnfolded = 12;
constexpr std::size_t kShownOfMany = 9;
constexpr double kGap = 6;
constexpr double kSwatch = 9;
constexpr double kMostForTitle = 0.4;  ///< of the width
constexpr double kLeastBar = 0.2;      ///< of the width

}  // namespace

std::vector<TokenBar> tokenBars(const TokenDecision& decision, bool folded) {
  std::vector<TokenBar> bars;
  const auto known = [&](TokenBar bar) {
    for (std::size_t k = 0; k < decision.choices.size(); ++k) {
      if (decision.choices[k].expert == bar.expert) {
        bar.choice = static_cast<int>(k);
        bar.kept = decision.choices[k].kept;
      }
    }
    bar.is_runner_up = bar.expert == decision.runner_up;
    return bar;
  };
  if (!decision.isRouted()) {
    return bars;
  }
  if (decision.probabilities.empty()) {
    for (const TokenDecision::Choice& choice : decision.choices) {
      bars.push_back(known({choice.expert, 1, static_cast<double>(choice.gate)}));
    }
    if (decision.runner_up != probe::kNoExpert) {
      bars.push_back(known({decision.runner_up, 1, decision.runner_up_probability}));
    }
    return bars;
  }
  for (std::size_t e = 0; e < decision.probabilities.size(); ++e) {
    bars.push_back(
        known({static_cast<int64_t>(e), 1, static_cast<double>(decision.probabilities[e])}));
  }
  std::stable_sort(bars.begin(), bars.end(), [](const TokenBar& a, const TokenBar& b) {
    return a.probability > b.probability;
  });
  if (folded && bars.size() > kMostUnfolded) {
    std::size_t shown = kShownOfMany;
    for (std::size_t row = shown; row < bars.size(); ++row) {
      shown = bars[row].choice >= 0 || bars[row].is_runner_up ? row + 1 : shown;
    }
    TokenBar others;
    others.experts = static_cast<int64_t>(bars.size() - shown);
    for (std::size_t row = shown; row < bars.size(); ++row) {
      others.probability += bars[row].probability;
    }
    if (others.experts > 1) {
      bars.resize(shown);
      bars.push_back(others);
    }
  }
  return bars;
}

TokenBars::TokenBars(ViewState& state, QWidget* parent)
    : TokenPart("tokenBars", tr("Probability of each expert"), parent), state_(state) {
  setToolTip(tr("Click an expert, or arrows and Enter: selects it"));
  connect(&state, &ViewState::changed, this, [this] { update(); });
}

void TokenBars::show(const TokenDecision* decision, int64_t layer, int64_t experts, int64_t rows) {
  decision_ = decision ? *decision : TokenDecision();
  is_there_ = decision != nullptr;
  layer_ = layer;
  experts_ = experts;
  rows_ = rows;
  layOut();
}

void TokenBars::layOut() {
  bars_ = tokenBars(decision_, folded_);
  current_ = bars_.empty() ? 0 : std::min(current_, rowCount() - 1);
  const std::size_t rows =
      is_there_ ? rowCount() : static_cast<std::size_t>(std::max<int64_t>(rows_, 0));
  setFixedHeight(static_cast<int>(std::ceil(static_cast<double>(rows) * rowHeight())));
  QStringList words;
  for (const TokenBar& bar : bars_) {
    words << tr("%1 %2 %3").arg(title(bar), gateDigits(bar.probability), mark(bar)).trimmed();
  }
  setAccessibleDescription(words.join(QStringLiteral(", ")));
  update();
}

double TokenBars::rowHeight() const {
  return fontMetrics().height() + 4;
}

QRectF TokenBars::barRow(std::size_t row) const {
  return {0, static_cast<double>(row) * rowHeight(), static_cast<double>(width()), rowHeight()};
}

std::size_t TokenBars::rowCount() const {
  return bars_.size() + (canFold() ? 1 : 0);
}

int TokenBars::rowAt(const QPoint& at) const {
  const int row = static_cast<int>(at.y() / rowHeight());
  return at.y() >= 0 && row < static_cast<int>(rowCount()) ? row : -1;
}

/// All are shown although there are many: a last row folds them again.
bool TokenBars::canFold() const {
  return !folded_ && bars_.size() > kMostUnfolded;
}

QString TokenBars::title(const TokenBar& bar) const {
  return bar.expert < 0 ? tr("%1 others").arg(bar.experts)
                        : expertTitle(state_, layer_, bar.expert);
}

QString TokenBars::mark(const TokenBar& bar) const {
  if (bar.expert < 0) {
    return tr("show all");
  }
  if (bar.choice < 0) {
    return bar.is_runner_up ? tr("runner-up") : QString();
  }
  const QString fate = bar.kept ? tr("kept") : tr("dropped");
  return decision_.choices.size() == 1 ? fate : tr("%1. %2").arg(bar.choice + 1).arg(fate);
}

TokenBars::Columns TokenBars::columns() const {
  const QFontMetricsF metrics(font());
  Columns columns;
  columns.number = metrics.horizontalAdvance(QStringLiteral("< 0.001"));
  for (const TokenBar& bar : bars_) {
    columns.title = std::max(columns.title, metrics.horizontalAdvance(title(bar)));
    columns.mark = std::max(columns.mark, metrics.horizontalAdvance(mark(bar)));
  }
  // What the numbers leave is shared: a long name must not take the bars' room.
  const double rest = width() - columns.number - columns.mark - kSwatch - 4 * kGap;
  columns.title = std::min({columns.title, kMostForTitle * width(), rest - kLeastBar * width()});
  return columns;
}

void TokenBars::paintRow(QPainter& painter, const TokenBar& bar, const QRectF& row,
                         const Columns& columns) const {
  const PlotStyle style = screenStyle(*this);
  const QColor color = bar.expert < 0 ? style.muted : expertColor(bar.expert, experts_);
  const QColor ink = palette().color(QPalette::WindowText);
  if (bar.expert >= 0 && state_.selectedExpert() == bar.expert) {
    painter.fillRect(row, style.highlight);
  }
  painter.fillRect(QRectF(row.left() + 2, row.center().y() - kSwatch / 2, kSwatch, kSwatch), color);
  const QRectF title_room(row.left() + kSwatch + kGap, row.top(), columns.title, row.height());
  painter.setPen(ink);
  painter.drawText(title_room, Qt::AlignLeft | Qt::AlignVCenter,
                   QFontMetricsF(font()).elidedText(title(bar), Qt::ElideRight, columns.title + 1));
  const double mark_left = row.right() - columns.mark - 2;
  const double number_left = mark_left - kGap - columns.number;
  const QRectF room = QRectF(QPointF(title_room.right() + kGap, row.top() + 3),
                             QPointF(number_left - 4, row.bottom() - 3));
  if (room.width() > 4) {
    painter.fillRect(room, style.grid);
    QRectF filled = room;
    filled.setWidth(room.width() * std::clamp(bar.probability, 0.0, 1.0));
    painter.fillRect(filled, color);
    if (bar.choice >= 0 && !bar.kept) {
      paintDropped(painter, filled, color);
    }
  }
  painter.setPen(ink);
  painter.drawText(QRectF(number_left, row.top(), columns.number, row.height()),
                   Qt::AlignRight | Qt::AlignVCenter, gateDigits(bar.probability));
  painter.setPen(bar.choice >= 0 ? ink : palette().color(QPalette::PlaceholderText));
  painter.drawText(QRectF(mark_left, row.top(), columns.mark + 2, row.height()),
                   Qt::AlignLeft | Qt::AlignVCenter, mark(bar));
}

void TokenBars::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Columns widths = columns();
  for (std::size_t row = 0; row < bars_.size(); ++row) {
    paintRow(painter, bars_[row], barRow(row), widths);
  }
  if (canFold()) {
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(barRow(bars_.size()), Qt::AlignRight | Qt::AlignVCenter, tr("show fewer"));
  }
  painter.setRenderHint(QPainter::Antialiasing);
  if (!bars_.empty()) {
    paintFocus(painter, barRow(current_));
  }
}

void TokenBars::activate(std::size_t row) {
  current_ = row;
  if (row >= bars_.size() || bars_[row].expert < 0) {
    folded_ = !folded_;
    layOut();
    return;
  }
  state_.toggleSelectedExpert(bars_[row].expert);
}

QString TokenBars::toolTipAt(const QPoint& at) const {
  const int row = rowAt(at);
  if (row < 0) {
    return {};
  }
  if (row >= static_cast<int>(bars_.size())) {
    return tr("Click: put the small ones together again");
  }
  const TokenBar& bar = bars_[static_cast<std::size_t>(row)];
  if (bar.expert < 0) {
    return tr("The other %1 experts together. Click: show each").arg(bar.experts);
  }
  QString text = tr("%1: probability %2 – the router’s softmax over the %3 experts of this layer "
                    "for this token, evaluation routing. The bar’s full width is 1.")
                     .arg(title(bar), gateDigits(bar.probability))
                     .arg(experts_);
  if (bar.choice >= 0) {
    text += bar.kept ? tr("\nChoice %1: kept, the expert processed the token.").arg(bar.choice + 1)
                     : tr("\nChoice %1: dropped, the expert was full.").arg(bar.choice + 1);
  } else if (bar.is_runner_up) {
    text += tr("\nRunner-up: the best expert that was not chosen.");
  }
  return text + tr("\nClick: select the expert everywhere (again: off)");
}

bool TokenBars::usesKey(int key, Qt::KeyboardModifiers modifiers) const {
  return modifiers == Qt::NoModifier && !bars_.empty() &&
         (key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_Space ||
          key == Qt::Key_Return || key == Qt::Key_Enter);
}

void TokenBars::pressKey(int key, Qt::KeyboardModifiers) {
  if (key == Qt::Key_Up) {
    current_ -= current_ > 0 ? 1 : 0;
  } else if (key == Qt::Key_Down) {
    current_ += current_ + 1 < rowCount() ? 1 : 0;
  } else {
    activate(current_);
  }
  update();
}

void TokenBars::mousePressEvent(QMouseEvent* event) {
  const int row = rowAt(event->pos());
  if (event->button() == Qt::LeftButton && row >= 0) {
    activate(static_cast<std::size_t>(row));
  }
}

}  // namespace limoe::gui
