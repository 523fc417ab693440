// Looks that all charts share, on the screen and on paper, and the way from a QCustomPlot onto a
// page.
#pragma once

#include <QColor>
#include <QFont>
#include <QMargins>
#include <QPainter>
#include <QPalette>
#include <QRectF>
#include <QWidget>
#include <cstddef>

#include "gui/view/colors.h"

class QCPAxisRect;
class QCPItemText;
class QCustomPlot;

namespace limoe::gui {

/// Colours and sizes of a chart. All lengths of a chart are given at scale 1 (one logical pixel on
/// the screen, one point on paper) and multiplied by `scale`, because QCustomPlot lays out in whole
/// pixels: a figure is laid out at four units per point and drawn reduced.
struct PlotStyle {
  double scale = 1;   ///< units of the plot per logical pixel or point
  double line = 1;    ///< width of axes and ticks, before scaling
  double margin = 4;  ///< around everything, before scaling
  QFont base;         ///< titles, in units of the plot
  QFont small;        ///< ticks, legend, notes
  QColor background, text, muted, grid, highlight;

  int px(double length) const;  ///< a length in units of the plot, at least 1
  QMargins around() const;      ///< `margin` on all sides, in units of the plot
  bool isDark() const { return background.lightnessF() < 0.5F; }
};

/// How many pixels a length has that is one pixel beside letters of 12 px, which most systems have:
/// what is drawn grows with the text around it.
double pixelsPerUnit(const QFont& font);

/// Follows the widget's palette and font.
PlotStyle screenStyle(const QWidget& widget);

/// Paper: light, base text 9 pt, small text 7 pt.
PlotStyle paperStyle();

/// A chart on the screen is at least so large that its letters have room beside the data.
void setLeastSize(QCustomPlot& plot, const PlotStyle& style);

/// An axis rectangle whose grid lies behind the data and whose axes lie before it (a QCPAxisRect of
/// one's own has them all on one layer). Owned by whatever layout it is put into.
QCPAxisRect* newAxisRect(QCustomPlot& plot);

/// How many ticks to ask for along `length` units of a vertical axis, at most `most`, so that their
/// labels keep apart although QCustomPlot takes round steps.
int ticksAlong(int length, const QFont& labels, int most);

/// Axes, ticks, grid and fonts of one axis rectangle (left and bottom axes only).
void applyStyle(QCPAxisRect& rect, const PlotStyle& style);

/// Colour of the i-th curve of a panel: Paul Tol's "muted" scheme (SRON/EPS/TN/09-002, readable
/// with colour-vision deficiencies), lightened on dark ground. None is an expert's or a modality's.
QColor seriesColor(std::size_t index, const PlotStyle& style);

/// A modality's colour, lightened on dark ground as far as text and thin lines need it.
QColor modalityLineColor(int modality, const PlotStyle& style);

/// Draws `plot` (whose style has the given scale) into `target` as vectors and text.
void paintPlot(QPainter& painter, const QRectF& target, QCustomPlot& plot, const PlotStyle& style);

}  // namespace limoe::gui
