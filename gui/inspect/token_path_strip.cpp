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

constexpr double kGap = 3;
constexpr double kMostWide = 96;  ///< of a cell, in pixels at the usual font size

}  // namespace

TokenPathStrip::TokenPathStrip(ViewState& state, QWidget* parent)
    : TokenPart("tokenPath", tr("Path through the MoE layers"), parent), state_(state) {
  setToolTip(tr("Click a layer, or arrows: shows it"));
  connect(&state, &ViewState::changed, this, [this] { update(); });
}

void TokenPathStrip::show(const std::shared_ptr<const RunData>& run,
                          std::vector<TokenDecision> decisions) {
  run_ = run;
  decisions_ = std::move(decisions);
  describe();
  layOut();
}

void TokenPathStrip::describe() {
  QStringList words;
  for (int64_t layer = 0; layer < std::ssize(decisions_); ++layer) {
    const TokenDecision& decision = decisions_[static_cast<std::size_t>(layer)];
    words << tr("%1: %2").arg(
        layerName(*run_, layer),
        decision.isRouted()
            ? tr("%1 gate %2")
                  .arg(expertTitle(state_, layer, decision.choices.front().expert),
                       gateDigits(static_cast<double>(decision.choices.front().gate)))
            : tr("not routed"));
  }
  setAccessibleDescription(words.join(QStringLiteral(", ")));
}

int64_t TokenPathStrip::layers() const {
  return run_ ? run_->layout.layers : 0;
}

int64_t TokenPathStrip::shown() const {
  return std::min(state_.layer(), layers() - 1);
}

void TokenPathStrip::layOut() {
  const QFontMetricsF metrics(screenStyle(*this).small);
  const double least = std::max(metrics.horizontalAdvance(QStringLiteral("< 0.001")),
                                metrics.horizontalAdvance(QStringLiteral("block 88"))) +
                       8;
  const int64_t most = std::max<int64_t>(1, layers());
  columns_ = std::clamp<int64_t>(static_cast<int64_t>((width() + kGap) / (least + kGap)), 1, most);
  // Rows of one length each, rather than a full one and a stump.
  const int64_t rows = (most + columns_ - 1) / columns_;
  columns_ = (most + rows - 1) / rows;
  const double high = static_cast<double>(rows) * (cellRect(0).height() + kGap) - kGap;
  setFixedHeight(static_cast<int>(std::ceil(high)));
  update();
}

void TokenPathStrip::resizeEvent(QResizeEvent* event) {
  TokenPart::resizeEvent(event);
  layOut();
}

QRectF TokenPathStrip::cellRect(int64_t layer) const {
  const auto columns = static_cast<double>(columns_);
  const double high =
      2 * QFontMetricsF(screenStyle(*this).small).height() + QFontMetricsF(font()).height() + 8;
  const double most = kMostWide * fontMetrics().height() / 16.0;
  const double wide = std::min(most, (width() - kGap * (columns - 1)) / columns);
  return {static_cast<double>(layer % columns_) * (wide + kGap),
          static_cast<double>(layer / columns_) * (high + kGap), wide, high};
}

int64_t TokenPathStrip::layerAt(const QPointF& at) const {
  for (int64_t layer = 0; layer < layers(); ++layer) {
    if (cellRect(layer).contains(at)) {
      return layer;
    }
  }
  return -1;
}

void TokenPathStrip::paintCell(QPainter& painter, int64_t layer) const {
  const PlotStyle style = screenStyle(*this);
  const QRectF cell = cellRect(layer);
  const TokenDecision decision = layer < std::ssize(decisions_)
                                     ? decisions_[static_cast<std::size_t>(layer)]
                                     : TokenDecision();
  const double head = QFontMetricsF(style.small).height() + 2;
  const QRectF body = cell.adjusted(0, head, 0, 0);
  const bool is_shown = layer == shown();
  QFont small = style.small;
  small.setBold(is_shown);
  painter.setFont(small);
  painter.setPen(palette().color(is_shown ? QPalette::WindowText : QPalette::PlaceholderText));
  painter.drawText(QRectF(cell.topLeft(), QSizeF(cell.width(), head)), Qt::AlignCenter,
                   tr("block %1").arg(run_->layout.blocks[static_cast<std::size_t>(layer)]));
  const bool routed = decision.isRouted();
  const QColor color =
      routed ? expertColor(decision.choices.front().expert, run_->layout.experts) : style.grid;
  painter.fillRect(body, color);
  if (routed) {
    const TokenDecision::Choice& first = decision.choices.front();
    const QRectF name = body.adjusted(0, 2, 0, -body.height() / 2 + 2);
    const QRectF gate = body.adjusted(0, body.height() / 2, 0, -2);
    if (!first.kept) {
      paintDropped(painter, body.adjusted(0, 0, 0, 0), color);
      painter.fillRect(gate.united(name).adjusted(5, 1, -5, -1), color);
    }
    painter.setPen(textColorOn(color));
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.drawText(name, Qt::AlignCenter, QStringLiteral("e%1").arg(first.expert));
    painter.setFont(style.small);
    painter.drawText(gate, Qt::AlignCenter, gateDigits(static_cast<double>(first.gate)));
  } else if (!decisions_.empty()) {
    painter.setPen(style.muted);
    painter.drawText(body, Qt::AlignCenter, QStringLiteral("–"));
  }
  if (is_shown) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(palette().color(QPalette::WindowText), 2));
    painter.drawRect(body.adjusted(1, 1, -1, -1));
  }
}

void TokenPathStrip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  for (int64_t layer = 0; layer < layers(); ++layer) {
    paintCell(painter, layer);
  }
  painter.setRenderHint(QPainter::Antialiasing);
  if (layers() > 0) {
    paintFocus(painter, cellRect(shown()));
  }
}

QString TokenPathStrip::toolTipAt(const QPoint& at) const {
  const int64_t layer = layerAt(at);
  if (layer < 0) {
    return {};
  }
  QString text = layerPlace(*run_, layer);
  if (layer < std::ssize(decisions_)) {
    const TokenDecision& decision = decisions_[static_cast<std::size_t>(layer)];
    for (const TokenDecision::Choice& choice : decision.choices) {
      text += tr("\n%1 · gate %2 · %3")
                  .arg(expertTitle(state_, layer, choice.expert),
                       gateDigits(static_cast<double>(choice.gate)),
                       choice.kept ? tr("kept") : tr("dropped: expert full"));
    }
    if (!decision.isRouted()) {
      text += tr("\nThe token is not routed here: this layer is the other tower’s.");
    }
  }
  return text + tr("\nClick: show this layer · ← and →: the layers beside it");
}

bool TokenPathStrip::usesKey(int key, Qt::KeyboardModifiers modifiers) const {
  return modifiers == Qt::NoModifier && layers() > 0 &&
         (key == Qt::Key_Left || key == Qt::Key_Right);
}

void TokenPathStrip::pressKey(int key, Qt::KeyboardModifiers) {
  state_.setLayer(std::clamp<int64_t>(shown() + (key == Qt::Key_Left ? -1 : 1), 0, layers() - 1));
}

void TokenPathStrip::mousePressEvent(QMouseEvent* event) {
  const int64_t layer = layerAt(event->position());
  if (event->button() == Qt::LeftButton && layer >= 0) {
    state_.setLayer(layer);
  }
}

}  // namespace limoe::gui
