// The wall drawn with QPainter: figures on paper and in files.
#include <QFont>
#include <QImage>
#include <QPaintEngine>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "gui/canvas/wall_scene.h"
#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

/// Fonts have whole pixel sizes, wall units are finer: text is set at this size and scaled.
constexpr int kFontPixels = 100;

class PainterPen : public WallPen {
 public:
  PainterPen(QPainter& painter, const probe::Layout& layout)
      : painter_(painter), layout_(layout), font_(QStringLiteral("DejaVu Sans")) {
    font_.setPixelSize(kFontPixels);
  }

  void image(const QRectF& rect, const WallSample& sample) override {
    const auto width = static_cast<int>(layout_.image_width);
    const auto height = static_cast<int>(layout_.image_height);
    painter_.drawImage(
        rect, QImage(sample.probe->images.data(), width, height, width * 3, QImage::Format_RGB888));
  }

  /// One outline for all patches of a colour: viewers draw a hairline wherever two shapes meet.
  void fills(const std::vector<Fill>& fills) override {
    std::vector<QRgb> order;  // veils come before tints
    std::map<QRgb, QPainterPath> paths;
    for (const auto& fill : fills) {
      if (!paths.contains(fill.color)) {
        order.push_back(fill.color);
      }
      paths[fill.color].addRect(fill.rect);
    }
    for (const QRgb color : order) {
      painter_.fillPath(paths[color].simplified(), QColor::fromRgba(color));
    }
  }

  void edges(const QRectF& patch, const Edges& edges, QRgb color) override {
    const double w = 0.1 * patch.width();
    QPainterPath path;
    path.setFillRule(Qt::WindingFill);
    if (edges.left) {
      path.addRect(QRectF(patch.left(), patch.top(), w, patch.height()));
    }
    if (edges.right) {
      path.addRect(QRectF(patch.right() - w, patch.top(), w, patch.height()));
    }
    if (edges.top) {
      path.addRect(QRectF(patch.left(), patch.top(), patch.width(), w));
    }
    if (edges.bottom) {
      path.addRect(QRectF(patch.left(), patch.bottom() - w, patch.width(), w));
    }
    painter_.fillPath(path, QColor::fromRgba(color));
  }

  void numberChip(const QRectF& patch, const std::string& number, QRgb color) override {
    const QRectF chip = patch.adjusted(0.18 * patch.width(), 0.18 * patch.height(),
                                       -0.18 * patch.width(), -0.18 * patch.height());
    QPainterPath path;
    path.addRoundedRect(chip, 0.12 * patch.width(), 0.12 * patch.width());
    painter_.fillPath(path, QColor::fromRgba(color));
    const double fitting = 0.62 * patch.width() / (0.64 * static_cast<double>(number.size()));
    text(chip, QString::fromStdString(number), std::min(0.46 * patch.height(), fitting),
         textColorOn(QColor(color)));
  }

  void cornerNumber(const QRectF& patch, int64_t number, QRgb color) override {
    const QRectF corner(patch.topLeft(), patch.size() * 0.5);
    text(corner, QString::number(number), 0.36 * patch.height(), textColorOn(QColor(color)));
  }

  void word(const Word& word) override {
    const double radius = 0.22 * word.font_size;
    if (qAlpha(word.background) != 0) {
      QPainterPath path;
      path.addRoundedRect(word.rect, radius, radius);
      painter_.fillPath(path, QColor::fromRgba(word.background));
    }
    if (qAlpha(word.border) != 0) {
      const double width = 0.12 * word.font_size;
      const double half = width / 2;
      painter_.setPen(QPen(QColor::fromRgba(word.border), width));
      painter_.setBrush(Qt::NoBrush);
      painter_.drawRoundedRect(word.rect.adjusted(half, half, -half, -half), radius, radius);
    }
    text(word.rect, word.text, word.font_size, QColor(word.ink));
    if (word.struck) {
      const double y = word.rect.center().y();
      painter_.setPen(QPen(QColor(word.ink), 0.085 * word.font_size, Qt::SolidLine, Qt::FlatCap));
      painter_.drawLine(QPointF(word.rect.left(), y), QPointF(word.rect.right(), y));
    }
  }

  /// A dark and a light line side by side: one of them shows on any colour.
  void hatch(const QRectF& patch, double strength) override {
    const double period = 0.42 * patch.width();
    const double width = 0.13 * period;
    const auto lines = [&](double shift, const QColor& color) {
      painter_.setPen(QPen(color, width, Qt::SolidLine, Qt::FlatCap));
      const double first = patch.left() + patch.top();
      const double last = patch.right() + patch.bottom();
      for (double sum = std::ceil((first - shift) / period) * period + shift; sum < last;
           sum += period) {
        const double left = std::max(patch.left(), sum - patch.bottom());
        const double right = std::min(patch.right(), sum - patch.top());
        if (right > left) {
          painter_.drawLine(QPointF(left, sum - left), QPointF(right, sum - right));
        }
      }
    };
    const auto alpha = static_cast<int>(std::lround(215 * strength));
    lines(0, QColor(0, 0, 0, alpha));
    lines(width * std::sqrt(2.0), QColor(255, 255, 255, alpha));
  }

 private:
  void text(const QRectF& rect, const QString& words, double size, const QColor& ink) {
    const double scale = size / kFontPixels;
    painter_.save();
    painter_.translate(rect.center());
    painter_.scale(scale, scale);
    painter_.setFont(font_);
    painter_.setPen(ink);
    const QSizeF room(rect.width() / scale * 2, rect.height() / scale * 2);
    painter_.drawText(QRectF(QPointF(-room.width() / 2, -room.height() / 2), room),
                      Qt::AlignCenter | Qt::TextSingleLine, words);
    painter_.restore();
  }

  QPainter& painter_;
  const probe::Layout& layout_;
  QFont font_;
};

/// What is drawn, by slot, each with its caption set.
std::vector<WallSample> collect(const RunData& run, const WallPieces& pieces,
                                const ViewState& state, const WallOptions& options,
                                const WallGeometry& geometry) {
  std::vector<WallSample> samples;
  const bool routed = run.layout.layers > 0 && state.snapshot() >= 0;
  for (std::size_t slot = 0; slot < options.samples.size(); ++slot) {
    WallSample& sample = samples.emplace_back();
    sample.sample = options.samples[slot];
    sample.probe = slot < pieces.probes.size() ? pieces.probes[slot] : nullptr;
    if (routed) {
      sample.slice = slot < pieces.slices.size() ? pieces.slices[slot] : nullptr;
    }
    if (!sample.probe || (routed && !sample.slice)) {
      throw std::logic_error("paintWall: sample " + std::to_string(sample.sample) +
                             " has not been loaded before painting");
    }
    sample.caption = layoutCaption(geometry, *sample.probe, 0, run.layout.text_length);
  }
  return samples;
}

}  // namespace

QRectF paintWall(QPainter& painter, const QRectF& target, const RunData& run,
                 const WallPieces& pieces, const ViewState& state, const WallOptions& options) {
  const auto slots = static_cast<int64_t>(options.samples.size());
  const WallGeometry geometry(run.layout, slots, options.columns, options.captions);
  const QSizeF size = geometry.size();
  if (size.isEmpty()) {
    return {target.topLeft(), QSizeF(0, 0)};
  }
  const auto samples = collect(run, pieces, state, options, geometry);
  const double scale = std::min(target.width() / size.width(), target.height() / size.height());

  painter.save();
  painter.translate(target.topLeft());
  painter.scale(scale, scale);
  // Hard pixels when enlarged, as on the screen; averaged when a raster picture is too small.
  const bool shrunk = std::abs(painter.combinedTransform().m11()) < 1;
  painter.setRenderHint(QPainter::SmoothPixmapTransform,
                        shrunk && painter.paintEngine()->type() == QPaintEngine::Raster);
  painter.setRenderHint(QPainter::LosslessImageRendering);  // no JPEG in PDF
  painter.setRenderHint(QPainter::Antialiasing);
  PainterPen pen(painter, run.layout);
  const WallContent content{run.layout, [&](int64_t slot) -> const WallSample& {
                              return samples[static_cast<std::size_t>(slot)];
                            }};
  drawWall(pen, geometry, wallStyle(state, run.layout, Qt::white, Qt::black), content, 0, slots);
  painter.restore();
  return {target.topLeft(), size * scale};
}

}  // namespace limoe::gui
