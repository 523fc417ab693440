// The wall's geometry, looks and figures.
#include "gui/canvas/wall_scene.h"

#include <gmock/gmock.h>

#include <QBuffer>
#include <QImage>
#include <QPainter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <cmath>

#include "gui/canvas/token_readout.h"
#include "tests/gui/canvas/fake_run_source.h"

namespace limoe::gui {
namespace {

constexpr QRgb kExpert0 = 0xff3f90da;  // Petroff's first colour, arXiv 2107.02270

TEST(WallGeometry, PatchesTileTheImageAndPointsFindThem) {
  const FakeRunSource source({.samples = 7});
  const WallGeometry wall(source.data()->layout, 7, 3, true);
  const QRectF whole = QRectF(QPointF(0, 0), wall.size()).adjusted(0, 0, 1e-6, 1e-6);
  for (int64_t slot = 0; slot < 7; ++slot) {
    QRectF joined;
    for (int64_t patch = 0; patch < 16; ++patch) {
      const QRectF rect = wall.patchRect(slot, patch);
      EXPECT_EQ(rect.size(), QSizeF(8, 8));
      EXPECT_EQ(wall.slotAt(rect.center()), slot);
      EXPECT_EQ(wall.patchAt(slot, rect.center()), patch);
      joined = joined.united(rect);
    }
    EXPECT_EQ(joined, wall.imageRect(slot));
    EXPECT_TRUE(whole.contains(wall.captionRect(slot)));
  }
  // Three in a row: the fourth is below the first.
  EXPECT_EQ(wall.imageRect(3).left(), wall.imageRect(0).left());
  EXPECT_GT(wall.imageRect(3).top(), wall.captionRect(0).bottom());
  EXPECT_EQ(wall.slotAt({33, 10}), std::nullopt);  // between two images
}

TEST(WallGeometry, OnlyRowsInViewAreVisited) {
  const FakeRunSource source({.samples = 50000});
  const WallGeometry wall(source.data()->layout, 50000, 10, true);
  const QRectF row_100 = wall.imageRect(1005);
  EXPECT_EQ(wall.slotsIn(row_100), std::pair(int64_t{1000}, int64_t{1010}));
  EXPECT_EQ(wall.slotsIn({0, -500, 10, 100}).second, 0);
  EXPECT_EQ(wall.slotsIn({0, 1e9, 10, 100}).first, 50000);
}

TEST(Caption, KeepsEveryPieceInsideItsPlace) {
  // 24 long pieces need far more room than one line.
  FakeRunSource source({.samples = 1, .text_length = 24});
  auto probe = *source.sample(0);
  for (auto& piece : probe.pieces) {
    piece = "\u2581magnificent";
  }
  const WallGeometry wall(source.data()->layout, 1, 1, true);
  const Caption caption = layoutCaption(wall, probe, 0, 24);
  ASSERT_EQ(caption.words.size(), 24U);
  const QRectF place(QPointF(0, 0), wall.captionRect(0).size());
  for (std::size_t w = 0; w < caption.words.size(); ++w) {
    EXPECT_EQ(caption.words[w].text, "magnificent");
    EXPECT_EQ(caption.words[w].position, static_cast<int64_t>(w));
    EXPECT_TRUE(place.contains(caption.words[w].rect)) << w;
    for (std::size_t other = 0; other < w; ++other) {
      EXPECT_FALSE(caption.words[w].rect.intersects(caption.words[other].rect));
    }
  }
  EXPECT_LT(caption.font_size, wall.captionFontSize());
}

TEST(TokenLook, TellsExpertDropDimmingAndStrength) {
  probe::Decisions decisions;
  decisions.expert = {2, probe::kNoExpert, 1};
  decisions.kept = {0, 1, 1};
  decisions.gate = {1.0F, 0, 0.25F};  // of four experts: certain, padding, chance
  decisions.margin = {0.5F, 0, 0};
  WallStyle style;
  style.opacity = 0.8;
  style.colors.assign(4, kExpert0);
  style.hidden = {false, false, false, false};
  style.shade = OverlayShade::Gate;
  const TokenLook first = tokenLook(style, decisions, 0, 1);
  EXPECT_EQ(first.expert, 2);
  EXPECT_TRUE(first.dropped);
  EXPECT_DOUBLE_EQ(first.strength, 0.8);
  EXPECT_EQ(tokenLook(style, decisions, 1, 1).expert, -1);
  EXPECT_LT(tokenLook(style, decisions, 2, 1).strength, 0.2 * 0.8);
  style.selected = 1;
  EXPECT_TRUE(tokenLook(style, decisions, 0, 1).dimmed);
  EXPECT_FALSE(tokenLook(style, decisions, 2, 1).dimmed);
  style.hidden[1] = true;
  EXPECT_EQ(tokenLook(style, decisions, 2, 1).expert, -1);
}

TEST(TokenReadout, SaysWhatWasRecorded) {
  FakeRunSource source({});
  const auto held = [&source](int64_t sample) {
    WallSample content;
    content.sample = sample;
    content.probe = source.sample(sample);
    content.slice = source.decisions(2, 1, sample);
    content.snapshot = 2;
    content.step = 200;
    content.layer = 1;
    return content;
  };
  // Sample 1, patch 6: row 2, column 3; expert (1 + 3 + 3 + 4) mod 8 = 3, runner-up 4; gate 1.
  const TokenReadout patch = describeToken(*source.data(), held(1), {1, probe::kImage, 6});
  EXPECT_EQ(patch.title, "Sample 1 · patch row 2, column 3");
  EXPECT_EQ(patch.expert, 3);
  const auto value = [](const TokenReadout& readout, const QString& name) {
    for (const auto& [line, text] : readout.lines) {
      if (line == name) {
        return text;
      }
    }
    return QString();
  };
  EXPECT_EQ(value(patch, "Label"), "sky");
  EXPECT_EQ(value(patch, "Layer"), "MoE layer 2 of 2 · block 3 · step 200");
  EXPECT_EQ(value(patch, "Expert"), "e3 · gate 1.000 · kept");
  EXPECT_EQ(value(patch, "Runner-up"), "e4 · probability 0.500 · margin 0.500");
  EXPECT_EQ(value(patch, "Queue"), "place 7 in its group");
  const TokenReadout dropped = describeToken(*source.data(), held(0), {0, probe::kImage, 6});
  EXPECT_THAT(value(dropped, "Expert").toStdString(), testing::HasSubstr("dropped"));
  // Sample 1, word 5: expert (1 + 2 + 3 + 4 + 5) mod 8 = 7, gate 0.25.
  const TokenReadout word = describeToken(*source.data(), held(1), {1, probe::kText, 5});
  EXPECT_EQ(word.title, "Sample 1 · word piece 6 “lake”");
  EXPECT_EQ(value(word, "Expert").left(15), "e7 · gate 0.250");
}

TEST(TokenReadout, DigitsAreHonest) {
  EXPECT_EQ(gateDigits(0.87349), "0.873");
  EXPECT_EQ(gateDigits(0.00002), "< 0.001");
  EXPECT_EQ(gateDigits(0), "0.000");
}

class PaintWall : public testing::Test {
 protected:
  PaintWall() {
    state.showNewest(3);
    state.setOpacity(1);
    options.samples = {0, 1, 2, 3, 4, 5};
    options.columns = 3;
  }
  WallPieces pieces() {
    WallPieces all;
    for (const int64_t sample : options.samples) {
      all.probes.push_back(source.sample(sample));
      all.slices.push_back(source.decisions(state.snapshot(), state.layer(), sample));
    }
    return all;
  }
  FakeRunSource source{FakeRunSource::Shape{}};
  ViewState state;
  WallOptions options;
};

TEST_F(PaintWall, HasTheScreensColoursInThePicture) {
  constexpr std::array<QRgb, 8> kColors = {0xff3f90da, 0xffffa90e, 0xffbd1f01, 0xff94a4a2,
                                           0xff832db6, 0xffa96b59, 0xffe76300, 0xffb9ac70};
  QImage image(900, 900, QImage::Format_RGB32);
  image.fill(Qt::white);
  QPainter painter(&image);
  const QRectF used = paintWall(painter, image.rect(), *source.data(), pieces(), state, options);
  painter.end();
  const QSizeF size = wallSize(*source.data(), options);
  EXPECT_NEAR(used.width() / used.height(), size.width() / size.height(), 1e-9);
  EXPECT_LE(used.height(), 900.0001);
  const double scale = used.width() / size.width();
  const WallGeometry wall(source.data()->layout, 6, 3, true);
  for (int64_t sample = 0; sample < 6; ++sample) {
    for (int64_t patch = 0; patch < 16; ++patch) {
      if (FakeRunSource::isKept(sample, patch)) {
        const QPointF at = wall.patchRect(sample, patch).center() * scale;
        EXPECT_EQ(
            image.pixel(at.toPoint()),
            kColors[static_cast<std::size_t>(source.expertOf(probe::kImage, sample, patch, 0, 2))])
            << sample << " " << patch;
      }
    }
  }
}

/// The page descriptions of a PDF, unpacked (Flate streams are zlib data).
QByteArray pdfContents(const QByteArray& pdf) {
  QByteArray contents;
  for (qsizetype at = pdf.indexOf("stream\n"); at >= 0; at = pdf.indexOf("stream\n", at + 1)) {
    const qsizetype begin = at + 7;
    const qsizetype end = pdf.indexOf("endstream", begin);
    if (pdf.mid(at - 3, 3) == "end" || end < 0) {
      continue;
    }
    if (!pdf.mid(begin).startsWith('x')) {
      continue;  // not zlib's
    }
    QByteArray packed("\0\1\0\0", 4);  // the size that qUncompress starts from
    packed += pdf.mid(begin, end - begin);
    contents += qUncompress(packed);
  }
  return contents;
}

TEST_F(PaintWall, IsVectorInPdf) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  {
    QPdfWriter pdf(&buffer);
    pdf.setPageSize(QPageSize(QSizeF(100, 100), QPageSize::Millimeter));
    QPainter painter(&pdf);
    paintWall(painter, QRectF(0, 0, pdf.width(), pdf.height()), *source.data(), pieces(), state,
              options);
  }
  const QString contents = QString::fromLatin1(pdfContents(buffer.data()));
  // 0x3f90da as PDF writes it, then a path, then a fill.
  const QRegularExpression fill(
      "0\\.247\\d* 0\\.564\\d* 0\\.854\\d* (scn|rg)[^a-zA-Z]*[^fF]*? l[^fF]*?h\\s+f");
  EXPECT_TRUE(contents.contains(fill)) << contents.left(3000).toStdString();
  // Every picture at its own resolution: 32 pixels, not the page's.
  EXPECT_EQ(buffer.data().count("/Width 32"), 6);
  EXPECT_FALSE(buffer.data().contains("/Interpolate true"));
  EXPECT_FALSE(buffer.data().contains("/DCTDecode")) << "a lossy picture";
}

TEST_F(PaintWall, SaysWhichPageIsMissing) {
  source.withheld.insert({2, 0});
  QImage image(100, 100, QImage::Format_RGB32);
  QPainter painter(&image);
  EXPECT_THROW(paintWall(painter, image.rect(), *source.data(), pieces(), state, options),
               std::logic_error);
}

}  // namespace
}  // namespace limoe::gui
