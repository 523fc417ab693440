// A run that is open and is trained anew under the same name, or resumed with a part that cannot be
// read: nothing of one recording is shown as if it were of another.
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "gui/runs/recording_source.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using probe::test::SyntheticOptions;

/// Another run, whose images are the negatives of the synthetic ones; snapshots are numbered from
/// `first` on, at the same steps.
void writeOther(const std::filesystem::path& file, const SyntheticOptions& options, int64_t first) {
  probe::Origin origin = probe::test::syntheticOrigin(options);
  origin.run_id = "another-run";
  probe::ProbeSet probe = probe::test::syntheticProbe(options);
  for (uint8_t& value : probe.images) {
    value = static_cast<uint8_t>(255 - value);
  }
  probe::RecordingWriter writer(file, probe::test::syntheticLayout(options), origin, probe);
  for (int64_t s = 0; s < options.snapshots; ++s) {
    probe::Snapshot snapshot = probe::test::syntheticSnapshot(options, first + s);
    snapshot.step = probe::test::snapshotStep(options, s);
    writer.append(snapshot);
  }
  for (int64_t step = 1; step <= options.steps; ++step) {
    writer.append(probe::test::syntheticStep(options, step));
  }
  writer.finish();
}

/// Sizes of which each is smaller than those of SyntheticOptions, but the images.
SyntheticOptions smaller() {
  SyntheticOptions options;
  options.samples = 3;
  options.layers = 1;
  options.experts = 3;
  options.patch_rows = 2;
  options.patch_columns = 3;
  options.text_length = 5;
  options.snapshots = 2;
  options.pixels = 32;
  return options;
}

class ReplacedRun : public testing::Test {
 protected:
  ReplacedRun() {
    probe::test::writeSyntheticRecording(run, {});
    source = std::make_unique<RecordingSource>(reader, QString::fromStdString(run));
    EXPECT_TRUE(waitUntil([this] { return source->data() != nullptr; }));
  }

  void replaceWith(const SyntheticOptions& options, int64_t first) const {
    const std::string file = folder.filePath("other.h5").toStdString();
    writeOther(file, options, first);
    std::filesystem::rename(file, probe::RunFolder{run}.recording(1));
    source->reload();
  }

  bool has(int64_t snapshot, int64_t layer, int64_t sample) const {
    const bool image = source->sample(sample) != nullptr;
    return source->decisions(snapshot, layer, sample) && image;
  }

  QTemporaryDir folder;
  std::string run = folder.filePath("run").toStdString();
  std::shared_ptr<ReaderThread> reader = std::make_shared<ReaderThread>();
  std::unique_ptr<RecordingSource> source;
};

TEST_F(ReplacedRun, NothingOfTheOldOneIsGivenAfterwards) {
  ASSERT_TRUE(waitUntil([&] { return has(2, 0, 1); }));
  const auto old_image = source->sample(1);
  std::vector<std::string> told;
  QObject::connect(source.get(), &RecordingSource::replaced, [&] {
    told.push_back("replaced by " + source->data()->origin.run_id);
    EXPECT_EQ(source->sample(1), nullptr);
    EXPECT_EQ(source->decisions(2, 0, 1), nullptr);
  });
  QObject::connect(source.get(), &RunSource::dataChanged, [&] { told.emplace_back("data"); });
  replaceWith({}, 9);
  ASSERT_TRUE(waitUntil([&] { return !told.empty() && has(2, 0, 1); }));
  EXPECT_THAT(told, testing::ElementsAre("replaced by another-run", "data"));
  EXPECT_EQ(source->sample(1)->images[0], 255 - old_image->images[0]);
  // expert = (p + n + l + s) % E, snapshot 2 of the other run is number 11.
  EXPECT_EQ(source->decisions(2, 0, 1)->image.expert[0], (0 + 1 + 0 + 11) % 4);
}

TEST_F(ReplacedRun, OtherSizesAreThoseOfWhatIsGiven) {
  ASSERT_TRUE(waitUntil([&] { return has(4, 1, 1) && has(4, 1, 7); }));
  replaceWith(smaller(), 0);
  ASSERT_TRUE(waitUntil([&] { return source->data()->layout.samples == 3; }));
  ASSERT_TRUE(waitUntil([&] { return has(1, 0, 1); }));
  EXPECT_EQ(source->sample(1)->images.size(), 64U * 96 * 3);
  EXPECT_EQ(source->decisions(1, 0, 1)->image.expert.size(), 6U);
  EXPECT_EQ(source->sample(7), nullptr);
  EXPECT_TRUE(source->isIdle()) << "sample 7 is not there to be read";
}

TEST_F(ReplacedRun, AWalkOverTheOldOneVisitsNothingOfTheNewOne) {
  bool visited = false;
  QString failure;
  WalkRequest request;
  request.items = {{0, 0, 0, 1}};
  request.visit = [&](const WalkItem&, const probe::ProbeSet&, const probe::LayerSlice&) {
    visited = true;
  };
  request.finished = [&](const QString& why) { failure = why; };
  // Begun by someone who has not heard of the new recording, though it is being read already.
  const std::string file = folder.filePath("other.h5").toStdString();
  writeOther(file, smaller(), 0);
  std::filesystem::rename(file, probe::RunFolder{run}.recording(1));
  source->reload();
  std::promise<void> read;  // by the reader thread; this one hears nothing
  reader->post(ReaderThread::Urgency::Now, [&] { read.set_value(); });
  read.get_future().wait();
  const auto walk = source->walk(std::move(request));
  ASSERT_TRUE(waitUntil([&] { return !failure.isEmpty(); }));
  EXPECT_FALSE(visited);
}

/// README lets users move recordings into a run's folder; this one was moved into a wrong one.
void expectForeignPartIsRefused(const std::string& run, RecordingSource& source,
                                const SyntheticOptions& options) {
  QString failure;
  QObject::connect(&source, &RunSource::failed, [&](const QString& why) { failure = why; });
  const std::filesystem::path part = probe::RunFolder{run}.recording(2);
  writeOther(part, options, 0);
  source.reload();
  ASSERT_TRUE(waitUntil([&] { return !failure.isEmpty(); }));
  EXPECT_THAT(failure.toStdString(), testing::HasSubstr("recording-2.h5"));
  EXPECT_THAT(failure.toStdString(), testing::HasSubstr("another run"));
  failure.clear();
  for (int again = 0; again < 3; ++again) {  // each looks at the folder anew
    source.reload();
    ASSERT_TRUE(waitUntil([&] { return !failure.isEmpty(); })) << "it is still there";
    failure.clear();
  }
  EXPECT_NE(source.data()->origin.run_id, "another-run");
  EXPECT_EQ(source.data()->snapshot_steps.size(), 5U);
  std::filesystem::remove(part);
  source.reload();
  // expert = (p + n + l + s) % E with p = 0, n = 7, l = 1, s = 4, E = 4.
  ASSERT_TRUE(waitUntil([&] { return source.decisions(4, 1, 7) != nullptr; }));
  EXPECT_EQ(source.decisions(4, 1, 7)->image.expert[0], (0 + 7 + 1 + 4) % 4);
  EXPECT_TRUE(failure.isEmpty()) << failure.toStdString();
}

TEST_F(ReplacedRun, APartOfAnotherRunIsRefusedAndChangesNothing) {
  expectForeignPartIsRefused(run, *source, {});
}

TEST_F(ReplacedRun, APartOfAnotherRunWithOtherSizesIsRefusedAndChangesNothing) {
  expectForeignPartIsRefused(run, *source, smaller());
}

bool canRead(const std::function<void()>& read) {
  try {
    read();
    return true;
  } catch (const probe::RecordingError&) {
    return false;
  }
}

using Part = std::function<void(const probe::RecordingReader&)>;
void readTable(const probe::RecordingReader& reader) {
  reader.readSummary(0);
  reader.readTextTokens();
}
void readSteps(const probe::RecordingReader& reader) {
  reader.readSteps(0, 1);
}
void readDecisions(const probe::RecordingReader& reader) {
  reader.readLayer(0, 0, 0, 1, false);
}

/// Spoils the index of one of the datasets that `spoilt` reads: the recording opens, and the others
/// can be read.
void spoil(const std::filesystem::path& file, const Part& spoilt, const Part& other) {
  std::ifstream whole(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(whole), {}};
  whole.close();
  for (std::size_t at = bytes.find("EAIB"); at != std::string::npos;
       at = bytes.find("EAIB", at + 1)) {
    std::string changed = bytes;
    changed[at + 12] = static_cast<char>(changed[at + 12] ^ 0x55);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << changed;
    std::optional<probe::RecordingReader> reader;
    if (canRead([&] { reader.emplace(file); }) && canRead([&] { readTable(*reader); }) &&
        canRead([&] { other(*reader); }) && !canRead([&] { spoilt(*reader); })) {
      return;
    }
  }
  FAIL() << "no such dataset was found";
}

TEST(UnreadableRun, SaysWhatWillNotCome) {
  QTemporaryDir folder;
  const std::string run = folder.filePath("run").toStdString();
  probe::test::writeSyntheticRecording(run, {});
  ASSERT_NO_FATAL_FAILURE(spoil(probe::RunFolder{run}.recording(1), readDecisions, readSteps));
  RecordingSource source(std::make_shared<ReaderThread>(), QString::fromStdString(run));
  QString failure;
  QObject::connect(&source, &RunSource::failed, [&](const QString& why) { failure = why; });
  ASSERT_TRUE(waitUntil([&] { return source.data() != nullptr; }));
  EXPECT_EQ(source.decisions(2, 1, 3), nullptr);
  EXPECT_FALSE(source.cannotReadDecisions(2, 1, 3)) << "it is not known yet";
  ASSERT_TRUE(waitUntil([&] { return !failure.isEmpty() && source.isIdle(); }));
  EXPECT_TRUE(source.cannotReadDecisions(2, 1, 3));
  EXPECT_FALSE(source.cannotReadDecisions(2, 0, 3)) << "it was not asked for";
  EXPECT_FALSE(source.cannotReadSample(3));
  source.reload();
  EXPECT_FALSE(source.cannotReadDecisions(2, 1, 3)) << "it is tried again";
}

TEST_F(ReplacedRun, WhatCannotBeToldOfAResumedRunIsNotReadAgainAndAgain) {
  // Resumed at step 40, and the rows of its steps cannot be read.
  const SyntheticOptions options;
  const std::string part = folder.filePath("part.h5").toStdString();
  {
    probe::RecordingWriter writer(part, probe::test::syntheticLayout(options),
                                  probe::test::syntheticOrigin(options, 2, 40),
                                  probe::test::syntheticProbe(options));
    for (int64_t step = 40; step <= 60; ++step) {
      writer.append(probe::test::syntheticStep(options, step));
    }
    probe::Snapshot snapshot = probe::test::syntheticSnapshot(options, 9);
    snapshot.step = 50;
    writer.append(snapshot);
    writer.finish();
  }
  ASSERT_NO_FATAL_FAILURE(spoil(part, readSteps, readDecisions));
  std::filesystem::rename(part, probe::RunFolder{run}.recording(2));
  bool failed = false;
  QObject::connect(source.get(), &RunSource::failed, [&] { failed = true; });
  source->reload();
  ASSERT_TRUE(waitUntil([&] { return failed; }));
  ASSERT_EQ(source->data()->snapshot_steps.size(), 5U) << "what was known stays";
  // As views do: they ask again whenever something has come.
  int rounds = 0;
  const auto ask = [&] {
    EXPECT_EQ(source->decisions(2, 0, 0), nullptr) << "that of step 50 is another now";
    EXPECT_EQ(source->decisions(4, 0, 0), nullptr);
  };
  QObject::connect(source.get(), &RunSource::pageReady, [&] {
    ++rounds;
    ask();
  });
  ask();
  QTest::qWait(700);
  EXPECT_LE(rounds, 3);
}

class ReplacedRunInTheWindow : public WindowTest {
 protected:
  void replaceWith(const QString& path, const SyntheticOptions& options) {
    const std::string file = folder.filePath("other.h5").toStdString();
    writeOther(file, options, 0);
    std::filesystem::rename(file, probe::RunFolder{path.toStdString()}.recording(1));
    window->shownSource()->reload();
    ASSERT_TRUE(waitUntil([this] { return data()->origin.run_id == "another-run"; }));
    ASSERT_TRUE(waitUntil([this] { return window->isSettled(); }));
  }

  /// Of the picture in the middle of that patch.
  QColor colorAt(int64_t sample, int64_t patch) {
    window->viewState().setOverlayVisible(false);
    QTest::qWait(150);
    const auto rect = window->canvas()->tokenRect({sample, probe::kImage, patch});
    EXPECT_TRUE(rect.has_value());
    const double ratio = window->canvas()->devicePixelRatioF();
    const QPointF at = rect.value_or(QRectF()).center() * ratio;
    return window->canvas()->grabFramebuffer().pixelColor(at.toPoint());
  }
};

TEST_F(ReplacedRunInTheWindow, TheWallShowsTheNewImages) {
  const QString path = makeRun("a");
  show();
  open(path);
  // (40·(1 + 2) + 30, 70·2 + 90, 110·1 + 50)
  EXPECT_EQ(colorAt(1, 2), QColor(150, 230, 160));
  ASSERT_NO_FATAL_FAILURE(replaceWith(path, {}));
  EXPECT_EQ(colorAt(1, 2), QColor(255 - 150, 255 - 230, 255 - 160));
  EXPECT_EQ(window->viewState().snapshot(), 4);
}

TEST_F(ReplacedRunInTheWindow, WhatWasSelectedIsNotLookedForInSmallerSizes) {
  const QString path = makeRun("a");
  show();
  open(path);
  ViewState& state = window->viewState();
  state.setLayer(1);
  state.setSelectedToken(TokenRef{7, probe::kImage, 15});
  state.toggleSelectedExpert(3);
  QTest::qWait(200);
  ASSERT_NO_FATAL_FAILURE(replaceWith(path, smaller()));
  EXPECT_FALSE(state.selectedToken());
  EXPECT_FALSE(state.selectedExpert());
  EXPECT_EQ(state.snapshot(), 1);
  // (40·(2 + 5) + 30, 70·5 + 90, 110·2 + 50), modulo 256
  EXPECT_EQ(colorAt(2, 5), QColor(255 - 54, 255 - 184, 255 - 14));
  EXPECT_FALSE(window->canvas()->tokenRect({3, probe::kImage, 0}));
}

}  // namespace
}  // namespace limoe::gui::test
