// Writes a figure of an exact size to PDF, SVG or PNG with the same drawing code.
#pragma once

#include <QPainter>
#include <QSizeF>
#include <QString>
#include <functional>

namespace limoe::gui {

struct FigureOutput {
  QString path;             ///< .pdf, .svg or .png
  QSizeF inches;            ///< size on paper
  int dots_per_inch = 300;  ///< of PNG
  QString title;
};

/// `draw` gets a painter whose unit is the point (1/72 inch) and the page rectangle in points.
/// Throws std::runtime_error naming the file where it cannot be written or its kind is unknown.
void writeFigure(const FigureOutput& output,
                 const std::function<void(QPainter&, const QRectF&)>& draw);

}  // namespace limoe::gui
