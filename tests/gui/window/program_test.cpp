// limoe-scope as a program: arguments, exit status, screenshots, the demo without a display.
#include <gmock/gmock.h>
#include <signal.h>

#include <QDir>
#include <QFileInfo>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <fstream>

#include "tests/recording/synthetic_recording.h"

namespace limoe::gui::test {
namespace {

struct Ended {
  int status = -1;
  QString out, err;
};

/// `changes`: environment variables to set, or to remove where the value is null.
Ended runProgram(const QStringList& arguments,
                 const std::vector<std::pair<QString, QString>>& changes = {}) {
  QProcess process;
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  for (const auto& [name, value] : changes) {
    if (value.isNull()) {
      environment.remove(name);
    } else {
      environment.insert(name, value);
    }
  }
  process.setProcessEnvironment(environment);
  process.start(LIMOE_SCOPE_PROGRAM, arguments);
  process.waitForFinished(60'000);
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
          process.readAllStandardOutput(), process.readAllStandardError()};
}

const std::vector<std::pair<QString, QString>> kNoDisplay = {
    {"DISPLAY", QString()}, {"WAYLAND_DISPLAY", QString()}, {"QT_QPA_PLATFORM", QString()}};

TEST(Program, ScreenshotHasTheAskedSizeAndShowsTheAskedStepAndLayer) {
  QTemporaryDir folder;
  probe::test::writeSyntheticRecording(folder.filePath("run").toStdString(), {});
  const auto shoot = [&](const QString& name, const QStringList& options) {
    const QString file = folder.filePath(name);
    const Ended ended = runProgram(QStringList{"--screenshot", file, "--size", "1100x700"} +
                                   options + QStringList{folder.filePath("run")});
    EXPECT_EQ(ended.status, 0) << qPrintable(ended.err);
    return QImage(file);
  };
  const QImage newest = shoot("newest.png", {});
  EXPECT_EQ(newest.size(), QSize(1100, 700));
  EXPECT_EQ(shoot("last.png", {"--step", "100"}),
            shoot("again.png", {"--step", "99", "--layer", "1"}));
  EXPECT_NE(shoot("earlier.png", {"--step", "25"}), newest);
  EXPECT_NE(shoot("other.png", {"--layer", "2"}), newest);
}

TEST(Program, SaysWhatItCannotOpenAndFails) {
  QTemporaryDir folder;
  const QString notes = folder.filePath("notes.txt");
  std::ofstream(notes.toStdString()) << "no recording";
  const Ended ended = runProgram({"--screenshot", folder.filePath("x.png"), notes});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err.toStdString(), testing::HasSubstr("notes.txt"));
  EXPECT_FALSE(QFileInfo::exists(folder.filePath("x.png")));
}

TEST(Program, RefusesALayerThatIsNotThere) {
  QTemporaryDir folder;
  probe::test::writeSyntheticRecording(folder.filePath("run").toStdString(), {});
  const Ended ended = runProgram(
      {"--screenshot", folder.filePath("x.png"), "--layer", "3", folder.filePath("run")});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err.toStdString(), testing::HasSubstr("has 2 MoE layers"));
}

TEST(Program, NamesWrongArguments) {
  for (const QStringList& wrong :
       {QStringList{"--size", "wide", "x.h5"}, QStringList{"--size", "10x99999"},
        QStringList{"--step", "-4"}, QStringList{"--layer", "0"}, QStringList{"--no-such-option"},
        QStringList{"--screenshot", "x.png"}}) {
    const Ended ended = runProgram(wrong);
    EXPECT_EQ(ended.status, 2) << qPrintable(wrong.join(' '));
    EXPECT_THAT(ended.err.toStdString(), testing::HasSubstr(wrong.first().mid(2).toStdString()));
  }
}

TEST(Program, HelpAndVersionNeedNoDisplay) {
  const Ended help = runProgram({"--help"}, kNoDisplay);
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out.toStdString(), testing::HasSubstr("--screenshot wall.png"));
  const Ended version = runProgram({"--version"}, kNoDisplay);
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.out.trimmed(), "limoe-scope " LIMOE_SCOPE_VERSION);
}

TEST(Program, WithoutADisplayItSaysHow) {
  const Ended ended = runProgram({"run.h5"}, kNoDisplay);
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err.toStdString(), testing::HasSubstr("xvfb-run"));
}

TEST(Program, DemoWithoutADisplayTrainsAndWritesThePictures) {
  QTemporaryDir folder;
  auto changes = kNoDisplay;
  changes.emplace_back("FAKE_WORKER_STEPS", "12");
  const QStringList arguments{"--demo", "--runs", folder.path(), "--worker", LIMOE_FAKE_WORKER};
  const Ended first = runProgram(arguments, changes);
  EXPECT_EQ(first.status, 0) << qPrintable(first.err);
  EXPECT_THAT(first.out.toStdString(), testing::HasSubstr("building the tokenizer"));
  EXPECT_THAT(first.out.toStdString(), testing::HasSubstr("demo/recording.h5"));
  const QDir run(folder.filePath("demo"));
  EXPECT_GE(run.entryList({"*.pdf"}).size(), 3) << qPrintable(first.out);
  EXPECT_GE(run.entryList({"*.png"}).size(), 3);
  // A run is never overwritten: the next demo takes the next name.
  EXPECT_EQ(runProgram(arguments, changes).status, 0);
  EXPECT_TRUE(QFileInfo::exists(folder.filePath("demo-2/recording.h5")));
}

TEST(Program, DemoWithoutADisplayPassesOnTheWorkersFailure) {
  QTemporaryDir folder;
  auto changes = kNoDisplay;
  changes.emplace_back("FAKE_WORKER_FAIL", "demo");
  const Ended ended =
      runProgram({"--demo", "--runs", folder.path(), "--worker", LIMOE_FAKE_WORKER}, changes);
  EXPECT_EQ(ended.status, 3);
  EXPECT_THAT(ended.out.toStdString(), testing::HasSubstr("no room for the tokenizer"));
}

}  // namespace
}  // namespace limoe::gui::test
