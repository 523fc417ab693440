#include "gui/figures/figure_output.h"

#include <QBuffer>
#include <QFileInfo>
#include <QImage>
#include <QPageSize>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <cmath>
#include <stdexcept>

namespace limoe::gui {
namespace {

constexpr double kPointsPerInch = 72;

using Draw = std::function<void(QPainter&, const QRectF&)>;

QString creator() {
  return QStringLiteral("limoe-scope " LIMOE_SCOPE_VERSION);
}

// Every device is told that it has 72 dots per inch, so that the unit is the point, for lengths and
// for QFont's point and pixel sizes alike; what is drawn is vectors, or is enlarged for the image.

QByteArray pdf(const FigureOutput& output, const QRectF& page, const Draw& draw) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  QPdfWriter writer(&buffer);
  writer.setResolution(static_cast<int>(kPointsPerInch));
  writer.setPageSize(QPageSize(page.size(), QPageSize::Point, QString(), QPageSize::ExactMatch));
  writer.setPageMargins(QMarginsF());
  writer.setTitle(output.title);
  writer.setCreator(creator());
  QPainter painter(&writer);
  draw(painter, page);
  painter.end();
  return bytes;
}

QByteArray svg(const FigureOutput& output, const QRectF& page, const Draw& draw) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setResolution(static_cast<int>(kPointsPerInch));
  generator.setSize(page.size().toSize());
  generator.setViewBox(page);
  generator.setTitle(output.title);
  generator.setDescription(creator());
  QPainter painter(&generator);
  painter.setRenderHint(QPainter::Antialiasing);
  draw(painter, page);
  painter.end();
  return bytes;
}

QByteArray png(const FigureOutput& output, const QRectF& page, const Draw& draw) {
  const double scale = output.dots_per_inch / kPointsPerInch;
  QImage image((page.size() * scale).toSize(), QImage::Format_RGB32);
  image.fill(Qt::white);
  const auto dots_per_meter = [](double per_inch) {
    return static_cast<int>(std::lround(per_inch / 0.0254));
  };
  image.setDotsPerMeterX(dots_per_meter(kPointsPerInch));
  image.setDotsPerMeterY(dots_per_meter(kPointsPerInch));
  QPainter painter(&image);
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
  painter.scale(scale, scale);
  draw(painter, page);
  painter.end();
  image.setDotsPerMeterX(dots_per_meter(output.dots_per_inch));
  image.setDotsPerMeterY(dots_per_meter(output.dots_per_inch));
  image.setText(QStringLiteral("Title"), output.title);
  image.setText(QStringLiteral("Software"), creator());
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  image.save(&buffer, "PNG");
  return bytes;
}

}  // namespace

void writeFigure(const FigureOutput& output, const Draw& draw) {
  const auto fail = [&output](const QString& why) {
    throw std::runtime_error(QStringLiteral("%1: %2").arg(output.path, why).toStdString());
  };
  const QRectF page(QPointF(), output.inches * kPointsPerInch);
  if (!(page.width() >= 1 && page.height() >= 1)) {
    fail(QStringLiteral("a figure needs a width and a height, not %1 × %2 inches")
             .arg(output.inches.width())
             .arg(output.inches.height()));
  }
  const QString kind = QFileInfo(output.path).suffix().toLower();
  // Opened before anything is drawn: QPdfWriter itself says nothing when it cannot write. And
  // QSaveFile leaves an older figure as it is until the new one is complete.
  QSaveFile file(output.path);
  QByteArray (*write)(const FigureOutput&, const QRectF&, const Draw&) = kind == "pdf"   ? pdf
                                                                         : kind == "svg" ? svg
                                                                         : kind == "png" ? png
                                                                                         : nullptr;
  if (write == nullptr) {
    fail(QStringLiteral("figures are written as .pdf, .svg or .png, not as \".%1\"").arg(kind));
  }
  if (!file.open(QIODevice::WriteOnly)) {
    fail(QStringLiteral("cannot be written (%1); choose another folder, or make this one writable")
             .arg(file.errorString()));
  }
  const QByteArray bytes = write(output, page, draw);
  if (bytes.isEmpty() || file.write(bytes) != bytes.size() || !file.commit()) {
    fail(QStringLiteral("could not be written completely (%1); is the disk full?")
             .arg(file.errorString()));
  }
}

}  // namespace limoe::gui
