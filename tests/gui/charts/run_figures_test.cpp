#include "gui/figures/run_figures.h"

#include <gmock/gmock.h>

#include <QFileInfo>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>
#include <stdexcept>

#include "tests/gui/charts/fake_run.h"

namespace limoe::gui {
namespace {

using ::testing::AllOf;
using testing::FakeRun;
using ::testing::HasSubstr;
using testing::smallRun;

std::string outputOf(const QString& program, const QStringList& arguments) {
  QProcess process;
  process.start(program, arguments);
  EXPECT_TRUE(process.waitForFinished(20'000)) << program.toStdString();
  EXPECT_EQ(process.exitCode(), 0);
  // Line breaks and columns depend on the font; the words do not.
  return QString::fromUtf8(process.readAllStandardOutput()).simplified().toStdString();
}

class RunFiguresTest : public ::testing::Test {
 protected:
  std::string textOf(const QString& name) {
    return outputOf("pdftotext", {folder.filePath(name), "-"});
  }

  QTemporaryDir folder;
  std::unique_ptr<FakeRun> run = smallRun();
  ViewState state;
};

TEST_F(RunFiguresTest, WritesSixFilesAtTextWidth) {
  const QStringList paths = writeRunFigures(*run, state, folder.path());
  ASSERT_EQ(paths.size(), 6);
  for (const QString& path : paths) {
    ASSERT_TRUE(QFileInfo::exists(path)) << path.toStdString();
    if (path.endsWith(".png")) {
      EXPECT_EQ(QImage(path).width(), 1650) << "5.5 inches at 300 dpi";
    } else {
      EXPECT_THAT(outputOf("pdfinfo", {path}), HasSubstr("Page size: 396 x"));
      EXPECT_THAT(outputOf("pdffonts", {path}),
                  AllOf(HasSubstr("TrueType"), ::testing::Not(HasSubstr("Type 3"))));
    }
  }
}

TEST_F(RunFiguresTest, SaysWhatIsShownAndHowItWasCounted) {
  state.setSnapshot(1);
  state.setLayer(1);
  writeRunFigures(*run, state, folder.path());
  EXPECT_THAT(textOf("overlay.pdf"), AllOf(HasSubstr("demo, MoE layer 2 (block 3), step 100"),
                                           HasSubstr("evaluation routing"), HasSubstr("Expert")));
  EXPECT_THAT(textOf("modality_shares.pdf"),
              AllOf(HasSubstr("step 100"), HasSubstr("layer 2 (block 3)"),
                    HasSubstr("kept tokens over 4 probe samples, evaluation routing")));
  EXPECT_THAT(textOf("curves.pdf"),
              AllOf(HasSubstr("(a) Contrastive loss"), HasSubstr("(b) Routing success"),
                    HasSubstr("(c) Held-out measures"), HasSubstr("w = 0.9")));
}

TEST_F(RunFiguresTest, TwoTowersAreNamedInTheSharesOfAllLayers) {
  run->run->config.model.towers = model::Towers::Two;
  writeRunFigures(*run, state, folder.path());
  EXPECT_THAT(textOf("modality_shares.pdf"), AllOf(HasSubstr("MoE layer 1 (image tower, block 1)"),
                                                   HasSubstr("MoE layer 2 (text tower, block 3)")));
}

TEST_F(RunFiguresTest, ExplainsDroppedTokensWhereThereAreSome) {
  writeRunFigures(*run, state, folder.path());
  EXPECT_THAT(textOf("overlay.pdf"), ::testing::Not(HasSubstr("dropped")));
  run->slice->text.kept[0] = 0;
  writeRunFigures(*run, state, folder.path());
  EXPECT_THAT(textOf("overlay.pdf"), HasSubstr("Hatched or struck: dropped"));
}

TEST_F(RunFiguresTest, ChartsAreVectors) {
  writeRunFigures(*run, state, folder.path());
  for (const char* name : {"modality_shares.pdf", "curves.pdf"}) {
    const std::string images = outputOf("pdfimages", {"-list", folder.filePath(name)});
    EXPECT_THAT(images, ::testing::Not(HasSubstr("image"))) << name;
  }
}

TEST_F(RunFiguresTest, WaitsForTheReader) {
  run->holds_back = true;
  run->is_open = false;
  QTimer::singleShot(20, run.get(), [this] {
    run->is_open = true;
    Q_EMIT run->dataChanged();
  });
  QTimer::singleShot(60, run.get(), [this] { run->deliver(); });
  EXPECT_EQ(writeRunFigures(*run, state, folder.path()).size(), 6);
}

TEST_F(RunFiguresTest, ImagesThatDoNotFitIntoTheMemoryTogetherAreKept) {
  run->one_sample_at_a_time = true;
  QTimer::singleShot(5'000, run.get(),
                     [this] { Q_EMIT run->failed("they never were there at once"); });
  EXPECT_EQ(writeRunFigures(*run, state, folder.path()).size(), 6);
}

TEST_F(RunFiguresTest, PassesOnWhatTheReaderCouldNotRead) {
  run->holds_back = true;
  QTimer::singleShot(20, run.get(), [this] { Q_EMIT run->failed("recording.h5: damaged"); });
  try {
    writeRunFigures(*run, state, folder.path());
    ADD_FAILURE() << "figures were written without data";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("recording.h5: damaged"));
  }
}

TEST_F(RunFiguresTest, OfADenseModelAreItsCurves) {
  RunData dense = *run->run;
  dense.layout.layers = 0;
  dense.layout.experts = 0;
  dense.layout.blocks.clear();
  run->replaceData(dense);
  const QStringList paths = writeRunFigures(*run, state, folder.path());
  ASSERT_EQ(paths.size(), 2);
  EXPECT_THAT(textOf("curves.pdf"), ::testing::Not(HasSubstr("Routing success")));
}

TEST_F(RunFiguresTest, WithoutASnapshotSaysWhatToDo) {
  RunData young = *run->run;
  young.snapshot_steps.clear();
  young.metrics.clear();
  run->replaceData(young);
  try {
    writeRunFigures(*run, state, folder.path());
    ADD_FAILURE() << "figures were written without a snapshot";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no snapshot"));
  }
}

TEST_F(RunFiguresTest, AFolderThatCannotBeMadeIsNamed) {
  try {
    writeRunFigures(*run, state, "/proc/figures");
    ADD_FAILURE() << "figures were written to /proc";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/proc/figures"));
  }
}

}  // namespace
}  // namespace limoe::gui
