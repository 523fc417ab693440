#include "gui/figures/figure_output.h"

#include <gmock/gmock.h>

#include <QDir>
#include <QFile>
#include <QImage>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <stdexcept>

namespace limoe::gui {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

QString outputOf(const QString& program, const QStringList& arguments) {
  QProcess process;
  process.start(program, arguments);
  EXPECT_TRUE(process.waitForFinished(20'000)) << program.toStdString();
  EXPECT_EQ(process.exitCode(), 0) << process.readAllStandardError().toStdString();
  return QString::fromUtf8(process.readAllStandardOutput());
}

void drawSample(QPainter& painter, const QRectF& page) {
  painter.fillRect(QRectF(0, 0, 36, 36), Qt::red);
  QFont font = painter.font();
  font.setPointSizeF(9);
  painter.setFont(font);
  painter.drawText(QPointF(10, page.height() - 10), "kept tokens");
}

class FigureOutputTest : public ::testing::Test {
 protected:
  QString path(const QString& name) { return folder.filePath(name); }
  QTemporaryDir folder;
};

TEST_F(FigureOutputTest, PdfHasTheExactSizeAndItsTitle) {
  writeFigure({path("a.pdf"), {5.5, 2.25}, 300, "Expert shares"}, drawSample);
  const QString info = outputOf("pdfinfo", {path("a.pdf")});
  const auto size = QRegularExpression("Page size: *([0-9.]+) x ([0-9.]+) pts").match(info);
  ASSERT_TRUE(size.hasMatch()) << info.toStdString();
  EXPECT_NEAR(size.captured(1).toDouble() / 72, 5.5, 0.01);
  EXPECT_NEAR(size.captured(2).toDouble() / 72, 2.25, 0.01);
  EXPECT_THAT(info.toStdString(), HasSubstr("Expert shares"));
}

TEST_F(FigureOutputTest, PdfFontsAreEmbeddedTrueTypeAndTheTextCanBeRead) {
  writeFigure({path("a.pdf"), {5.5, 2}, 300, "t"}, drawSample);
  const QStringList fonts = outputOf("pdffonts", {path("a.pdf")}).split('\n', Qt::SkipEmptyParts);
  ASSERT_GT(fonts.size(), 2);
  for (const QString& font : fonts.mid(2)) {
    EXPECT_THAT(font.toStdString(), AllOf(HasSubstr("TrueType"), HasSubstr(" yes ")));
  }
  EXPECT_THAT(outputOf("pdftotext", {path("a.pdf"), "-"}).toStdString(), HasSubstr("kept tokens"));
}

TEST_F(FigureOutputTest, PngHasThePixelsOfItsResolution) {
  writeFigure({path("a.png"), {5.5, 2}, 300, "t"}, drawSample);
  const QImage image(path("a.png"));
  EXPECT_EQ(image.size(), QSize(1650, 600));
  EXPECT_NEAR(image.dotsPerMeterX() * 0.0254, 300, 0.5);
  // A square of half an inch, 150 pixels.
  EXPECT_EQ(image.pixelColor(148, 148), QColor(Qt::red));
  EXPECT_EQ(image.pixelColor(152, 152), QColor(Qt::white));
  EXPECT_EQ(image.text("Title"), "t");
}

TEST_F(FigureOutputTest, SvgHasTheSizeAndKeepsText) {
  writeFigure({path("a.svg"), {5.5, 2}, 300, "Shares"}, drawSample);
  QFile file(path("a.svg"));
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  const std::string svg = file.readAll().toStdString();
  EXPECT_THAT(svg, AllOf(HasSubstr("width=\"139.7"), HasSubstr("viewBox=\"0 0 396 144\""),
                         HasSubstr("<title>Shares</title>"), HasSubstr(">kept tokens<")));
}

TEST_F(FigureOutputTest, FilesThatCannotBeWrittenAreNamed) {
  for (const char* name : {"no/such/folder/a.pdf", "no/such/folder/a.png", "no/such/a.svg"}) {
    try {
      writeFigure({path(name), {5.5, 2}, 300, "t"}, drawSample);
      ADD_FAILURE() << name << " was written";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(name));
    }
  }
}

TEST_F(FigureOutputTest, UnknownKindsAreRefusedAndNothingIsLeft) {
  EXPECT_THROW(writeFigure({path("a.gif"), {5.5, 2}, 300, "t"}, drawSample), std::runtime_error);
  EXPECT_THROW(writeFigure({path("a.pdf"), {0, 2}, 300, "t"}, drawSample), std::runtime_error);
  EXPECT_TRUE(QDir(folder.path()).isEmpty());
}

TEST_F(FigureOutputTest, AFigureThatFailsToDrawLeavesTheOldFile) {
  writeFigure({path("a.pdf"), {5.5, 2}, 300, "old"}, drawSample);
  EXPECT_THROW(writeFigure({path("a.pdf"), {5.5, 2}, 300, "new"},
                           [](QPainter&, const QRectF&) { throw std::runtime_error("no data"); }),
               std::runtime_error);
  EXPECT_THAT(outputOf("pdfinfo", {path("a.pdf")}).toStdString(), HasSubstr("old"));
}

}  // namespace
}  // namespace limoe::gui
