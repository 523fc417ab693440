#include "gui/charts/plot_style.h"

#include <QApplication>
#include <QFontInfo>
#include <QFontMetricsF>
#include <QPicture>
#include <algorithm>
#include <array>
#include <cmath>

#include "gui/charts/qcustomplot_include.h"
#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

constexpr double kSmallText = 0.86;   ///< small text relative to base text on the screen
constexpr double kUsualLetters = 12;  ///< px
constexpr double kPaperScale = 4;     ///< units per point: positions exact to 1/8 pt
constexpr int kPaperBase = 9;         ///< pt, NeurIPS and ICLR
constexpr int kPaperSmall = 7;        ///< pt

constexpr std::array<QRgb, 9> kTolMuted = {0x332288, 0xcc6677, 0x44aa99, 0x999933, 0x882255,
                                           0x117733, 0xaa4499, 0x88ccee, 0xddcc77};

QFont sized(QFont font, double pixels) {
  font.setPixelSize(std::max(1, static_cast<int>(std::lround(pixels))));
  // Widths that do not depend on the pixel grid: text keeps its shape when the page is scaled.
  font.setHintingPreference(QFont::PreferNoHinting);
  return font;
}

QColor lightened(QColor color, float lightness) {
  if (color.lightnessF() < lightness) {
    color.setHslF(std::max(color.hslHueF(), 0.0F), color.hslSaturationF(), lightness);
  }
  return color;
}

PlotStyle styleOf(const QPalette& palette) {
  PlotStyle style;
  style.background = palette.color(QPalette::Base);
  style.text = palette.color(QPalette::Text);
  style.muted = mixed(style.text, style.background, 0.35);
  style.grid = mixed(style.text, style.background, 0.88);
  style.highlight = mixed(palette.color(QPalette::Highlight), style.background, 0.75);
  return style;
}

}  // namespace

double pixelsPerUnit(const QFont& font) {
  return QFontInfo(font).pixelSize() / kUsualLetters;
}

int PlotStyle::px(double length) const {
  return std::max(1, static_cast<int>(std::lround(length * scale)));
}

QMargins PlotStyle::around() const {
  const int side = static_cast<int>(std::lround(margin * scale));
  return {side, side, side, side};
}

PlotStyle screenStyle(const QWidget& widget) {
  PlotStyle style = styleOf(widget.palette());
  const double pixels = QFontInfo(widget.font()).pixelSize();
  style.base = sized(widget.font(), pixels);
  style.small = sized(widget.font(), std::max(pixels * kSmallText, 9.0));
  return style;
}

PlotStyle paperStyle() {
  QPalette paper;
  paper.setColor(QPalette::Base, Qt::white);
  paper.setColor(QPalette::Text, Qt::black);
  paper.setColor(QPalette::Highlight, QColor(0xb0b0b0));
  PlotStyle style = styleOf(paper);
  style.muted = QColor(0x404040);
  style.scale = kPaperScale;
  style.line = 0.5;
  style.margin = 0;
  style.base = sized(QApplication::font(), kPaperBase * kPaperScale);
  style.small = sized(QApplication::font(), kPaperSmall * kPaperScale);
  return style;
}

void setLeastSize(QCustomPlot& plot, const PlotStyle& style) {
  constexpr int kLeastLines = 6;
  plot.setMinimumSize(160, std::max(120, kLeastLines * QFontMetrics(style.small).height()));
}

QCPAxisRect* newAxisRect(QCustomPlot& plot) {
  auto* rect = new QCPAxisRect(&plot);
  const QList<QCPAxis*> axes = rect->axes();
  for (QCPAxis* axis : axes) {
    axis->setLayer(QStringLiteral("axes"));
    axis->grid()->setLayer(QStringLiteral("grid"));
  }
  return rect;
}

void applyStyle(QCPAxisRect& rect, const PlotStyle& style) {
  const QPen axis_pen(style.muted, style.line * style.scale);
  for (QCPAxis* axis : {rect.axis(QCPAxis::atLeft), rect.axis(QCPAxis::atBottom)}) {
    axis->setBasePen(axis_pen);
    axis->setTickPen(axis_pen);
    axis->setSubTickPen(Qt::NoPen);
    axis->setSubTicks(false);
    axis->setTickLength(0, style.px(3));
    axis->setTickLabelFont(style.small);
    axis->setTickLabelColor(style.text);
    axis->setTickLabelPadding(style.px(3));
    axis->setLabelFont(style.small);
    axis->setLabelColor(style.text);
    axis->setLabelPadding(style.px(3));
    axis->setPadding(0);
    axis->grid()->setPen(QPen(style.grid, style.line * style.scale));
    axis->grid()->setZeroLinePen(Qt::NoPen);
    axis->grid()->setSubGridVisible(false);
  }
}

int ticksAlong(int length, const QFont& labels, int most) {
  // A round step can be two thirds of the one that was asked for.
  const double lines = length / QFontMetricsF(labels).height();
  return std::clamp(static_cast<int>(0.6 * lines), 1, most);
}

QColor seriesColor(std::size_t index, const PlotStyle& style) {
  const QColor color(kTolMuted[index % kTolMuted.size()]);
  return style.isDark() ? lightened(color, 0.68F) : color;
}

QColor modalityLineColor(int modality, const PlotStyle& style) {
  const QColor color = modalityColor(modality);
  return style.isDark() ? lightened(color, 0.55F) : color;
}

void paintPlot(QPainter& painter, const QRectF& target, QCustomPlot& plot, const PlotStyle& style) {
  // QCustomPlot draws with a painter of its own class; a QPicture carries its strokes and text over
  // to whatever `painter` draws on.
  QPicture picture;
  QCPPainter recorder(&picture);
  recorder.setMode(QCPPainter::pmVectorized);
  recorder.setMode(QCPPainter::pmNoCaching);
  recorder.setMode(QCPPainter::pmNonCosmetic);
  plot.toPainter(&recorder, static_cast<int>(std::lround(target.width() * style.scale)),
                 static_cast<int>(std::lround(target.height() * style.scale)));
  recorder.end();
  painter.save();
  painter.translate(target.topLeft());
  // A picture is enlarged or reduced by the ratio of the two devices' dots per inch.
  const double dots = static_cast<double>(picture.logicalDpiX()) / painter.device()->logicalDpiX();
  painter.scale(dots / style.scale, dots / style.scale);
  painter.drawPicture(0, 0, picture);
  painter.restore();
}

}  // namespace limoe::gui
