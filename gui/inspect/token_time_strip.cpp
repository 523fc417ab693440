#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/canvas/token_readout.h"
#include "gui/charts/plot_style.h"
#include "gui/inspect/token_strips.h"
#include "gui/view/colors.h"
#include "gui/view/expert_title.h"

namespace limoe::gui {
namespace {

constexpr double kFlips = 6;   ///< height of the marks over the strip
constexpr double kMarker = 7;  ///< height of the triangle under it
constexpr double kNarrow = 4;  ///< columns that are hard to hit
constexpr int64_t kReach = 3;

}  // namespace

TokenTimeStrip::TokenTimeStrip(ViewState& state, QWidget* parent)
    : TokenPart("tokenTime", tr("First choice at each recorded step"), parent), state_(state) {
  setToolTip(tr("Click a step, or arrows: shows it; Ctrl+arrows: the change before, after"));
  connect(&state, &ViewState::changed, this, [this] { update(); });
  layOut();
}

void TokenTimeStrip::show(const TokenHistory& history, const std::vector<int64_t>& steps,
                          int64_t layer, int64_t experts) {
  history_ = history;
  steps_ = steps;
  layer_ = layer;
  experts_ = experts;
  setAccessibleDescription(inWords(history_, state_.snapshot(), [this](int64_t expert) {
    return expertTitle(state_, layer_, expert);
  }));
  update();
}

void TokenTimeStrip::layOut() {
  const QFontMetricsF small(screenStyle(*this).small);
  setFixedHeight(static_cast<int>(
      std::ceil(kFlips + 1.4 * fontMetrics().height() + kMarker + small.height() + 2)));
}

QRectF TokenTimeStrip::stripRect() const {
  return {1, kFlips, width() - 2.0, std::round(1.4 * fontMetrics().height())};
}

std::vector<HistoryColumn> TokenTimeStrip::columns() const {
  return columnsOf(history_, count(), static_cast<int64_t>(stripRect().width()));
}

const HistoryColumn* TokenTimeStrip::columnAt(const std::vector<HistoryColumn>& columns,
                                              double x) const {
  if (columns.empty()) {
    return nullptr;
  }
  const QRectF strip = stripRect();
  const double part = (x - strip.left()) / strip.width();
  const auto column = static_cast<int64_t>(std::floor(part * static_cast<double>(columns.size())));
  return &columns[static_cast<std::size_t>(
      std::clamp<int64_t>(column, 0, std::ssize(columns) - 1))];
}

void TokenTimeStrip::paintColumns(QPainter& painter) const {
  const PlotStyle style = screenStyle(*this);
  const QRectF strip = stripRect();
  painter.fillRect(strip, style.grid);
  const std::vector<HistoryColumn> all = columns();
  const double pitch = strip.width() / static_cast<double>(all.size());
  for (std::size_t c = 0; c < all.size(); ++c) {
    const double left = strip.left() + static_cast<double>(c) * pitch;
    // Neighbours overlap by a fraction of a pixel, so that no seam shows between them.
    QRectF part(left, strip.top(), std::min(pitch + 0.5, strip.right() - left), 0);
    const auto read = static_cast<double>(std::min(all[c].end, history_.size()) -
                                          std::min(all[c].begin, history_.size()));
    for (const auto& [expert, snapshots] : all[c].snapshots) {
      part.setHeight(strip.height() * static_cast<double>(snapshots) / read);
      if (expert != probe::kNoExpert) {
        painter.fillRect(part, expertColor(expert, experts_));
      }
      part.translate(0, part.height());
    }
    if (all[c].flips > 0) {
      painter.fillRect(QRectF(left - (pitch > 3 ? 1 : 0), 0, pitch > 3 ? 2 : 1, kFlips - 1),
                       palette().color(QPalette::WindowText));
    }
  }
}

/// In runs of one expert that have room for it.
void TokenTimeStrip::paintNames(QPainter& painter) const {
  const QRectF strip = stripRect();
  const std::vector<HistoryColumn> all = columns();
  const double pitch = strip.width() / static_cast<double>(all.size());
  painter.setFont(screenStyle(*this).small);
  const auto expert_of = [&](std::size_t c) {
    return all[c].snapshots.size() == 1 ? all[c].snapshots.front().first : probe::kNoExpert;
  };
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    const uint16_t expert = expert_of(begin);
    for (end = begin + 1; end < all.size() && expert_of(end) == expert;) {
      ++end;
    }
    const QRectF run(strip.left() + static_cast<double>(begin) * pitch, strip.top(),
                     static_cast<double>(end - begin) * pitch, strip.height());
    const QString name = QStringLiteral("e%1").arg(expert);
    if (expert != probe::kNoExpert &&
        QFontMetricsF(painter.font()).horizontalAdvance(name) + 4 <= run.width()) {
      painter.setPen(textColorOn(expertColor(expert, experts_)));
      painter.drawText(run.adjusted(3, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, name);
    }
  }
}

void TokenTimeStrip::paintSteps(QPainter& painter) const {
  const PlotStyle style = screenStyle(*this);
  const QRectF strip = stripRect();
  const QFontMetricsF metrics(style.small);
  const QRectF line(strip.left(), strip.bottom() + kMarker, strip.width(), metrics.height());
  painter.setFont(style.small);
  painter.setPen(palette().color(QPalette::PlaceholderText));
  const QString first = tr("step %1").arg(steps_.front());
  const QString last = QString::number(steps_.back());
  painter.drawText(line, Qt::AlignLeft, first);
  if (count() > 1) {
    painter.drawText(line, Qt::AlignRight, last);
  }
  const int64_t shown = state_.snapshot();
  if (shown < 0 || shown >= count()) {
    return;
  }
  const double pitch = strip.width() / static_cast<double>(count());
  const double x = strip.left() + (static_cast<double>(shown) + 0.5) * pitch;
  const QColor ink = palette().color(QPalette::WindowText);
  painter.setRenderHint(QPainter::Antialiasing);
  const QPolygonF triangle({{x, strip.bottom() + 1},
                            {x - kMarker / 2, strip.bottom() + kMarker},
                            {x + kMarker / 2, strip.bottom() + kMarker}});
  painter.setPen(Qt::NoPen);
  painter.setBrush(ink);
  painter.drawPolygon(triangle);
  const double half = std::max(pitch / 2, 2.0);
  paintMark(painter, QRectF(x - half, strip.top() + 1, 2 * half, strip.height() - 2), 1.2);
  const QString number = QString::number(steps_[static_cast<std::size_t>(shown)]);
  const double wide = metrics.horizontalAdvance(number);
  QRectF place(x - wide / 2, line.top(), wide + 1, line.height());
  place.moveLeft(std::clamp(place.left(), line.left(), line.right() - wide));
  const double left_end = line.left() + metrics.horizontalAdvance(first) + 6;
  const double right_end = line.right() - metrics.horizontalAdvance(last) - 6;
  if (place.left() > left_end && place.right() < right_end) {
    painter.setPen(ink);
    painter.drawText(place, Qt::AlignCenter, number);
  }
}

void TokenTimeStrip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  if (steps_.empty()) {
    return;
  }
  paintColumns(painter);
  paintNames(painter);
  paintSteps(painter);
  paintFocus(painter, stripRect().adjusted(-1, -1, 1, 1));
}

QString TokenTimeStrip::toolTipAt(const QPoint& at) const {
  const std::vector<HistoryColumn> all = columns();
  const HistoryColumn* column = columnAt(all, at.x());
  if (!column) {
    return {};
  }
  const auto stepOf = [this](int64_t s) { return steps_[static_cast<std::size_t>(s)]; };
  QString text;
  if (column->begin >= history_.size()) {
    text = tr("Step %1: not read yet").arg(stepOf(column->begin));
  } else if (column->end - column->begin == 1) {
    const TokenHistory::Entry& entry = history_.entries[static_cast<std::size_t>(column->begin)];
    text = tr("Step %1: %2 · gate %3 · %4")
               .arg(entry.step)
               .arg(expertTitle(state_, layer_, entry.expert),
                    gateDigits(static_cast<double>(entry.gate)),
                    entry.kept ? tr("kept") : tr("dropped: expert full"));
    text += column->flips > 0 ? tr("\nA flip: the step before had another first choice.") : "";
  } else {
    text = tr("Steps %1 to %2").arg(stepOf(column->begin)).arg(stepOf(column->end - 1));
    for (const auto& [expert, snapshots] : column->snapshots) {
      text += tr("\n%1 in %2").arg(expertTitle(state_, layer_, expert)).arg(snapshots);
    }
    text += column->flips > 0 ? tr("\nFlips: %1").arg(column->flips) : "";
  }
  return text + QStringLiteral("\n\n") + historyDefinition() +
         tr("\nEach recorded step is as wide as the others. Click: go to the step · ← and → · "
            "Ctrl+← and →: from flip to flip");
}

bool TokenTimeStrip::usesKey(int key, Qt::KeyboardModifiers modifiers) const {
  const bool sideways = key == Qt::Key_Left || key == Qt::Key_Right;
  return !steps_.empty() &&
         ((sideways && (modifiers == Qt::NoModifier || modifiers == Qt::ControlModifier)) ||
          (key == Qt::Key_Home && modifiers == Qt::NoModifier));
}

void TokenTimeStrip::pressKey(int key, Qt::KeyboardModifiers modifiers) {
  if (key == Qt::Key_Home) {
    state_.setSnapshot(0);
    return;
  }
  const int64_t by = key == Qt::Key_Left ? -1 : 1;
  int64_t to = state_.snapshot() + by;
  if (modifiers == Qt::ControlModifier) {
    while (to >= 0 && to < count() && !history_.flipsAt(to)) {
      to += by;
    }
    if (to < 0 || to >= count()) {
      return;
    }
  }
  state_.setSnapshot(std::clamp<int64_t>(to, 0, count() - 1));
}

void TokenTimeStrip::choose(double x, int64_t reach) {
  const std::vector<HistoryColumn> all = columns();
  const HistoryColumn* column = columnAt(all, x);
  if (!column) {
    return;
  }
  const double pitch = stripRect().width() / static_cast<double>(all.size());
  const int64_t at = column - all.data();
  for (int64_t by = 0; by <= reach && pitch < kNarrow; ++by) {
    for (const int64_t near : {at - by, at + by}) {
      if (near >= 0 && near < std::ssize(all) &&
          all[static_cast<std::size_t>(near)].first_flip >= 0) {
        state_.setSnapshot(all[static_cast<std::size_t>(near)].first_flip);
        return;
      }
    }
  }
  state_.setSnapshot(column->first_flip >= 0 ? column->first_flip : column->begin);
}

void TokenTimeStrip::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) {
    choose(event->position().x(), kReach);
  }
}

void TokenTimeStrip::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton) {
    choose(event->position().x(), 0);
  }
}

}  // namespace limoe::gui
