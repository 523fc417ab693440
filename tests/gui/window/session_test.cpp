// Sessions: what was made of a run's view is there again when the run is opened again.
#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSettings>
#include <QTest>
#include <cmath>

#include "gui/window/session.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using testing::HasSubstr;

TEST(Session, NamesOfTwoWindowsAreMerged) {
  const ExpertNames base{{{0, 1}, "sky"}, {{0, 2}, "trees"}, {{1, 0}, "signs"}};
  const ExpertNames ours{{{0, 1}, "sky and clouds"}, {{0, 2}, "trees"}, {{1, 0}, "signs"}};
  const ExpertNames theirs{{{0, 1}, "heaven"}, {{0, 2}, "trees"}, {{1, 3}, "people"}};
  // Both renamed (0, 1): ours; they took (1, 0) away and named (1, 3).
  EXPECT_EQ(mergedNames(base, ours, theirs),
            (ExpertNames{{{0, 1}, "sky and clouds"}, {{0, 2}, "trees"}, {{1, 3}, "people"}}));
}

TEST(Session, WhatIsNoSessionIsTold) {
  EXPECT_THAT(sessionFromJson("{\"format\": ").fault.toStdString(), HasSubstr("damaged"));
  EXPECT_THAT(sessionFromJson("[1, 2]").fault.toStdString(), HasSubstr("not a session"));
  const ReadSession newer =
      sessionFromJson(R"({"format": "limoe-scope-session", "version": 99, "layer": 2})");
  EXPECT_THAT(newer.fault.toStdString(), HasSubstr("newer"));
  EXPECT_FALSE(newer.session.has_value());
}

TEST(Session, ValuesThatMakeNoSenseAreLeftOutAndNamed) {
  const ReadSession read = sessionFromJson(R"({"format": "limoe-scope-session", "version": 1,
      "layer": -3, "opacity": 7, "overlay_style": "sparkling", "filter": {"gate_below": "low"},
      "expert_names": [{"layer": 1, "expert": 2, "name": "sky"}, {"layer": 0}, 7],
      "wall": {"columns": 0, "zoom": -2, "x": "left", "y": 7},
      "selected_expert": 1, "hidden_experts": [0, -4, 2.5]})");
  ASSERT_TRUE(read.session.has_value());
  EXPECT_EQ(read.session->expert_names, (ExpertNames{{{0, 2}, "sky"}}));
  EXPECT_EQ(read.session->selected_expert, 1);
  EXPECT_EQ(read.session->hidden, (std::set<int64_t>{0}));
  EXPECT_EQ(read.session->layer, 0);
  EXPECT_EQ(read.session->opacity, 0.6);
  EXPECT_EQ(read.session->wall, WallPlace());
  for (const char* key : {"layer", "opacity", "overlay_style", "gate_below", "hidden_experts",
                          "columns", "zoom", "x"}) {
    EXPECT_THAT(read.fault.toStdString(), HasSubstr(key));
  }
}

/// Without root's rights, which no permission holds back.
class Nobody {
 public:
  Nobody() : was_root_(geteuid() == 0) {
    if (was_root_ && seteuid(65534) != 0) {
      ADD_FAILURE() << "cannot give up root's rights";
    }
  }
  ~Nobody() {
    if (was_root_ && seteuid(0) != 0) {
      ADD_FAILURE() << "cannot be root again";
    }
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  bool was_root_;
};

class SessionTest : public WindowTest {
 protected:
  SessionTest() : run(makeRun("a")), file(run + "/session.json") { again(); }

  /// Closes the window and makes a new one, as the next start of the program does.
  void again() {
    if (window) {
      window->close();
      window.reset();
    }
    WindowOptions options;
    options.runs_folder = folder.filePath("runs");
    options.worker_program = LIMOE_FAKE_WORKER;
    options.settings_file = folder.filePath("settings.ini");
    window = std::make_unique<MainWindow>(options);
  }
  void openAgain() {
    again();
    show();
    open(run);
    ASSERT_TRUE(waitUntil([this] { return window->isSessionIdle(); }));
  }
  ViewState& state() { return window->viewState(); }
  bool isWritten() {
    return waitUntil([this] { return window->isSessionIdle(); });
  }
  QJsonObject content() const {
    QFile read(file);
    return read.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(read.readAll()).object()
                                          : QJsonObject();
  }
  void write(const QByteArray& bytes) const {
    QFile out(file);
    ASSERT_TRUE(out.open(QIODevice::WriteOnly));
    out.write(bytes);
  }
  QByteArray bytes() const {
    QFile read(file);
    return read.open(QIODevice::ReadOnly) ? read.readAll() : QByteArray();
  }

  QString run;
  QString file;
};

TEST_F(SessionTest, EverythingIsThereAgain) {
  openAgain();
  state().setExpertName(0, 2, QString::fromUtf8("Schilder – “signs”"));
  state().setExpertName(1, 2, "sky");
  state().setLayer(1);
  state().setSnapshot(2);
  state().toggleSelectedExpert(3);
  state().setSelectedToken(TokenRef{5, probe::kText, 1});
  state().setOverlayStyle(OverlayStyle::Outline);
  state().setOverlayShade(OverlayShade::Margin);
  state().setOverlayColor(OverlayColor::Flips);
  state().setOpacity(0.35);
  state().setCanvasMode(CanvasMode::Layers);
  state().setShownSample(6);
  state().setWallOrder(WallOrder::Word, "house");
  state().toggleHidden(1);
  state().toggleHidden(0);
  state().toggleSolo(3);
  press(Qt::Key_F, Qt::ControlModifier);
  type("red");
  pressHere(Qt::Key_Return);
  find<QDockWidget>("curvesDock")->close();
  openAgain();
  EXPECT_EQ(state().expertName(0, 2), QString::fromUtf8("Schilder – “signs”"));
  EXPECT_EQ(state().expertName(1, 2), "sky");
  EXPECT_EQ(state().layer(), 1);
  EXPECT_EQ(state().snapshot(), 2);
  EXPECT_FALSE(state().followsNewest());
  EXPECT_EQ(state().selectedExpert(), 3);
  EXPECT_EQ(state().selectedToken(), (TokenRef{5, probe::kText, 1}));
  EXPECT_EQ(state().overlayStyle(), OverlayStyle::Outline);
  EXPECT_EQ(state().overlayShade(), OverlayShade::Margin);
  EXPECT_EQ(state().overlayColor(), OverlayColor::Flips);
  EXPECT_EQ(state().opacity(), 0.35);
  EXPECT_EQ(state().canvasMode(), CanvasMode::Layers);
  EXPECT_EQ(state().shownSample(), 6);
  EXPECT_EQ(state().wallOrder(), WallOrder::Word);
  EXPECT_EQ(state().orderWord(), "house");
  EXPECT_EQ(state().filter().word, "red");
  EXPECT_EQ(state().hiddenExperts(), (std::set<int64_t>{0, 1}));
  EXPECT_EQ(state().soloExpert(), 3);
  EXPECT_FALSE(find<QDockWidget>("curvesDock")->isVisible());
  EXPECT_TRUE(find<QDockWidget>("sharesDock")->isVisible());
  EXPECT_TRUE(messages().isEmpty()) << messages().toStdString();
}

TEST_F(SessionTest, ThePartOfTheWallThatWasLookedAtIsThereAgain) {
  openAgain();
  window->canvas()->setWallPlace({3, std::nullopt, {}});  // as by the strip's + and –
  QTest::qWait(50);
  press(Qt::Key_0, Qt::ControlModifier);
  press(Qt::Key_PageDown);
  QTest::qWait(50);
  const auto seen = window->canvas()->tokenRect({4, probe::kImage, 5});
  ASSERT_TRUE(seen.has_value());
  EXPECT_NEAR(seen->width(), 8, 0.01);
  openAgain();
  // It is given back when the wall is drawn for the first time.
  ASSERT_TRUE(waitUntil([&] {
    const auto rect = window->canvas()->tokenRect({4, probe::kImage, 5});
    return rect && std::abs(rect->width() - 8) < 0.01;
  }));
  const auto again = window->canvas()->tokenRect({4, probe::kImage, 5});
  EXPECT_NEAR(again->x(), seen->x(), 1.5);
  EXPECT_NEAR(again->y(), seen->y(), 1.5);
  EXPECT_EQ(window->canvas()->wallPlace().columns, 3);
  // Looking at it changes nothing.
  const QDateTime written = QFileInfo(file).lastModified();
  openAgain();
  QTest::qWait(1100);
  openAgain();
  EXPECT_EQ(QFileInfo(file).lastModified(), written);
}

TEST_F(SessionTest, ARunThatHasMovedKeepsItsSessionAndItsOldPlaceIsToldGone) {
  openAgain();
  state().setLayer(1);
  state().setExpertName(0, 2, "sky");
  ASSERT_TRUE(isWritten());
  again();
  const QString old = run;
  run = folder.filePath("elsewhere");
  ASSERT_TRUE(QDir().rename(old, run));
  openAgain();
  EXPECT_EQ(state().layer(), 1);
  EXPECT_EQ(state().expertName(0, 2), "sky");
  window->openPaths({old});
  ASSERT_TRUE(waitUntil([&] { return messages().contains(old); }));
  EXPECT_EQ(data()->name, "elsewhere");  // what was shown stays
}

TEST_F(SessionTest, NothingIsWrittenWhileNothingChanges) {
  openAgain();
  window->resize(1100, 700);
  QTest::qWait(1200);
  again();
  EXPECT_FALSE(QFileInfo::exists(file));
  openAgain();
  state().setLayer(1);
  ASSERT_TRUE(isWritten());
  EXPECT_EQ(content()["layer"].toInt(), 2);  // counted from 1 in the file
  const QDateTime written = QFileInfo(file).lastModified();
  openAgain();
  QTest::qWait(1200);
  again();
  EXPECT_EQ(QFileInfo(file).lastModified(), written);
  // No half-written neighbours are left in the folder either.
  EXPECT_EQ(QDir(run).entryList({"session*"}, QDir::Files), QStringList{"session.json"});
}

TEST_F(SessionTest, EachRunHasItsOwnAndTheListMovesNoPanel) {
  const QString other = makeRun("b");
  openAgain();
  state().setLayer(1);
  find<QDockWidget>("curvesDock")->close();
  open(other);
  ASSERT_TRUE(isWritten());
  EXPECT_EQ(state().layer(), 0);
  state().setSnapshot(1);
  open(run);
  ASSERT_TRUE(isWritten());
  EXPECT_EQ(state().layer(), 1);
  EXPECT_EQ(state().snapshot(), 4);
  open(other);
  ASSERT_TRUE(isWritten());
  EXPECT_EQ(state().snapshot(), 1);
  EXPECT_FALSE(find<QDockWidget>("curvesDock")->isVisible());
}

TEST_F(SessionTest, ADamagedFileIsToldLeftAloneAndKeptBesideTheNewOne) {
  const QByteArray damaged = "{\"format\": \"limoe-scope-session\", \"layer\": 2, \"expert_na";
  write(damaged);
  openAgain();
  EXPECT_THAT(messages().toStdString(), HasSubstr("damaged"));
  EXPECT_THAT(messages().toStdString(), HasSubstr("session.json"));
  EXPECT_EQ(state().layer(), 0);
  again();
  EXPECT_EQ(bytes(), damaged);  // nothing was changed
  openAgain();
  state().setLayer(1);
  ASSERT_TRUE(isWritten());
  EXPECT_EQ(content()["layer"].toInt(), 2);
  QFile kept(file + ".bak");
  ASSERT_TRUE(kept.open(QIODevice::ReadOnly));
  EXPECT_EQ(kept.readAll(), damaged);
}

TEST_F(SessionTest, AFileOfANewerVersionIsNotLost) {
  const QByteArray newer = R"({"format": "limoe-scope-session", "version": 7, "layer": 2})";
  write(newer);
  openAgain();
  EXPECT_THAT(messages().toStdString(), HasSubstr("newer"));
  state().setLayer(1);
  ASSERT_TRUE(isWritten());
  QFile kept(file + ".bak");
  ASSERT_TRUE(kept.open(QIODevice::ReadOnly));
  EXPECT_EQ(kept.readAll(), newer);
}

TEST_F(SessionTest, WhatTheRunNoLongerHasIsTold) {
  write(R"({"format": "limoe-scope-session", "version": 1, "layer": 12, "selected_expert": 30,
            "step": 60, "filter": {"word": "red", "label": 17, "expert": 9},
            "selected_token": {"sample": 900, "modality": "image", "position": 0}})");
  openAgain();
  EXPECT_THAT(messages().toStdString(), HasSubstr("no longer has: MoE layer 12, expert 30"));
  EXPECT_EQ(state().layer(), 0);
  EXPECT_EQ(state().selectedExpert(), std::nullopt);
  EXPECT_EQ(state().selectedToken(), std::nullopt);
  EXPECT_EQ(state().snapshot(), 2);  // step 50 is the nearest to 60
  TokenFilter kept;
  kept.word = "red";
  EXPECT_EQ(state().filter(), kept);
}

TEST_F(SessionTest, AFolderThatCannotBeWrittenLeavesItInTheSettings) {
  chmod(folder.path().toUtf8(), 0777);
  chmod(run.toUtf8(), 0555);
  {
    const Nobody nobody;
    openAgain();
    state().setExpertName(0, 1, "sky");
    state().setLayer(1);
    ASSERT_TRUE(isWritten());
    EXPECT_THAT(messages().toStdString(), HasSubstr("the settings keep it instead"));
    EXPECT_FALSE(QFileInfo::exists(file));
    openAgain();
    EXPECT_EQ(state().expertName(0, 1), "sky");
    EXPECT_EQ(state().layer(), 1);
    state().setLayer(0);
    ASSERT_TRUE(isWritten());
    EXPECT_TRUE(messages().isEmpty()) << messages().toStdString();  // said once is enough
    again();
  }
  // As soon as it can be written it lies there again, and nowhere else.
  chmod(run.toUtf8(), 0777);
  openAgain();
  EXPECT_EQ(state().expertName(0, 1), "sky");
  state().setLayer(1);
  ASSERT_TRUE(isWritten());
  EXPECT_EQ(content()["expert_names"].toArray().size(), 1);
  again();
  const QSettings settings(folder.filePath("settings.ini"), QSettings::IniFormat);
  EXPECT_TRUE(settings.value("sessions/order").toStringList().isEmpty());
}

TEST_F(SessionTest, TwoWindowsOnOneRunKeepEachOthersNames) {
  openAgain();
  WindowOptions options;
  options.runs_folder = folder.filePath("runs");
  MainWindow second(options);
  second.openPaths({run});
  ASSERT_TRUE(waitUntil([&] { return second.shownSource()->data() && second.isSessionIdle(); }));
  state().setExpertName(0, 0, "ours");
  ASSERT_TRUE(isWritten());
  second.viewState().setExpertName(0, 1, "theirs");
  ASSERT_TRUE(waitUntil([&] { return second.isSessionIdle(); }));
  EXPECT_EQ(content()["expert_names"].toArray().size(), 2);
  EXPECT_EQ(second.viewState().expertName(0, 0), "ours");
}

TEST_F(SessionTest, ARunThatIsFollowedWritesNothingByItself) {
  window->show();
  startLiveRun("live");
  const auto before = data()->snapshot_steps.size();
  ASSERT_TRUE(waitUntil([&] { return data()->snapshot_steps.size() >= before + 2; }));
  QTest::qWait(1000);
  EXPECT_FALSE(QFileInfo::exists(runFolder("live") + "/session.json"));
}

}  // namespace
}  // namespace limoe::gui::test
