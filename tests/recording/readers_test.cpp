// Several processes that follow a recording at once, while it is written.
#include <gmock/gmock.h>
#include <sys/mount.h>

#include <chrono>
#include <thread>

#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/recording_writer.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/recording/recording_test_support.h"
#include "tests/recording/synthetic_recording.h"

namespace limoe::probe::test {
namespace {

constexpr int64_t kSteps = 1500;
constexpr int64_t kStepsPerSnapshot = 50;

/// What a reader process reports: 0 where all it saw was right, else where it was wrong.
constexpr int64_t kRight = 0;
constexpr int64_t kWrongStep = 1;
constexpr int64_t kWrongSnapshot = 2;
constexpr int64_t kIncomplete = 3;
constexpr int64_t kNeverLive = 4;

/// Made in the run's folder by the Python reader once it has opened the recording.
constexpr const char* kPythonIsThere = "python-is-there";

SyntheticOptions options() {
  SyntheticOptions options;
  options.steps = kSteps;
  return options;
}

Snapshot snapshotOf(int64_t step) {
  Snapshot snapshot = syntheticSnapshot(options(), step / kStepsPerSnapshot);
  snapshot.step = step;
  return snapshot;
}

/// Steps as fast as a small model's, with a snapshot now and then.
void writeRun(const RunFolder& folder, ChildProcess::Turns& turns) {
  const RunLock lock(folder);
  RecordingWriter writer(folder.recording(1), syntheticLayout(options()),
                         syntheticOrigin(options()), syntheticProbe(options()));
  turns.report(1);
  turns.wait();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!std::filesystem::exists(folder.path / kPythonIsThere) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  for (int64_t step = 1; step <= kSteps; ++step) {
    writer.append(syntheticStep(options(), step));
    if (step % kStepsPerSnapshot == 0) {
      writer.append(snapshotOf(step));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  writer.finish();
}

bool isRight(const StepRow& row, int64_t step) {
  const StepRow expected = syntheticStep(options(), step);
  return row.step == step && row.wall == expected.wall && row.scalars == expected.scalars &&
         row.chosen == expected.chosen && row.kept == expected.kept &&
         row.entropy == expected.entropy;
}

bool isRight(const RecordingReader& reader, int64_t index) {
  const Snapshot expected = snapshotOf((index + 1) * kStepsPerSnapshot);
  const Snapshot summary = reader.readSummary(index);
  bool right = summary.step == expected.step && summary.tokens == expected.tokens &&
               summary.label_tokens == expected.label_tokens && summary.metrics == expected.metrics;
  for (int64_t layer = 0; layer < options().layers; ++layer) {
    const LayerSlice slice = reader.readLayer(index, layer, 0, options().samples, false);
    const LayerSlice& wanted = expected.layers[static_cast<size_t>(layer)];
    right = right && slice.image.expert == wanted.image.expert &&
            slice.image.gate == wanted.image.gate && slice.image.kept == wanted.image.kept &&
            slice.text.expert == wanted.text.expert && slice.text.margin == wanted.text.margin &&
            slice.order == wanted.order;
  }
  return right;
}

/// Reads every row and snapshot once, as soon as it is seen, until the run is finished.
int64_t followRun(const std::filesystem::path& path) {
  RecordingReader reader(path);
  int64_t steps = 0;
  int64_t snapshots = 0;
  int64_t looks = 0;
  const auto behind = [&] {
    return steps < reader.stepCount() ||
           snapshots < static_cast<int64_t>(reader.snapshotSteps().size());
  };
  for (; reader.state() == RunState::Live || behind(); ++looks) {
    for (const StepRow& row : reader.readSteps(steps, reader.stepCount() - steps)) {
      if (!isRight(row, ++steps)) {
        return kWrongStep;
      }
    }
    for (; snapshots < static_cast<int64_t>(reader.snapshotSteps().size()); ++snapshots) {
      if (!isRight(reader, snapshots)) {
        return kWrongSnapshot;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    reader.refresh();
  }
  if (looks < 10) {
    return kNeverLive;
  }
  return steps == kSteps && snapshots == kSteps / kStepsPerSnapshot &&
                 reader.state() == RunState::Finished
             ? kRight
             : kIncomplete;
}

/// The same by h5py, which knows nothing of this program: the loss and the experts by formula.
const char* const kPythonReader = R"(
import sys, time
import h5py, numpy as np
STEPS, EVERY = 1500, 50
name = sys.argv[1] + "/recording.h5"
f = h5py.File(name, "r", swmr=True)
index, shots = f["steps/step"], f["snapshots/step"]
loss, expert = f["steps/scalars"], f["snapshots/image_expert"]
tokens = f["snapshots/tokens"]
L, N, P = expert.shape[1:4]
open(sys.argv[1] + "/python-is-there", "w").close()
l, n, p = np.ogrid[:L, :N, :P]
seen = seen_shots = looks = 0
while seen < STEPS or seen_shots < STEPS // EVERY:
    for dataset in (index, shots, loss, expert, tokens):
        dataset.refresh()
    rows, snaps = len(index), len(shots)
    if rows > seen:
        looks += 1
        steps = index[seen:rows]
        assert (steps == np.arange(seen + 1, rows + 1)).all(), steps
        loss.refresh()
        assert np.allclose(loss[seen:rows, 0], 4.0 * 0.99 ** steps, rtol=1e-6)
        seen = rows
    for s in range(seen_shots, snaps):
        expert.refresh(); tokens.refresh()
        assert shots[s] == (s + 1) * EVERY
        assert (expert[s, :, :, :, 0] == (p + n + l + s + 1) % 4).all()
        kept = (p + 2 * n + s + 1) % 7 != 0
        mine = (p + n + l + s + 1) % 4
        for layer in range(L):
            count = np.bincount(mine[layer][kept[0]], minlength=4)
            assert (tokens[s, layer, 0] == count).all()
        seen_shots = s + 1
    time.sleep(0.03)
print("looks", looks)
assert looks >= 10, "it was never live"
)";

void expectThreeReadersSeeAll(const std::filesystem::path& written,
                              const std::vector<std::filesystem::path>& read) {
  ChildProcess worker([&](ChildProcess::Turns& turns) { writeRun(RunFolder{written}, turns); });
  std::vector<std::unique_ptr<ChildProcess>> readers;
  ASSERT_EQ(worker.next(), 1);
  for (size_t i = 0; i < 2; ++i) {
    readers.push_back(std::make_unique<ChildProcess>(
        [&, i](ChildProcess::Turns& turns) { turns.report(followRun(read[i])); }));
  }
  worker.proceed();
  const CommandResult python = runPython(kPythonReader, read[2]);
  EXPECT_EQ(python.status, 0) << python.output;
  for (const auto& reader : readers) {
    EXPECT_EQ(reader->next(), kRight);
  }
  EXPECT_EQ(worker.join(), 0);
  const CommandResult check = checkRecording(RunFolder{written}.recording(1));
  EXPECT_EQ(check.status, 0) << check.output;
}

TEST(ReadersAtOnce, TwoReadersAndH5pySeeEveryRowRightWhileItIsWritten) {
  const TestFolder folder;
  expectThreeReadersSeeAll(folder.path(), {folder.path(), folder.path(), folder.path()});
}

TEST(ReadersAtOnce, ThroughAnotherPathOrAMountOfTheFolderToo) {
  const TestFolder folder;
  const std::filesystem::path run = folder / "run";
  const std::filesystem::path link = folder / "link";
  const std::filesystem::path mounted = folder / "mounted";
  std::filesystem::create_directories(run);
  std::filesystem::create_directories(mounted);
  std::filesystem::create_directory_symlink(run, link);
  if (mount(run.c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    expectThreeReadersSeeAll(run, {link, run, link});
    GTEST_SKIP() << "mounting is not allowed here; symbolic links were tried";
  }
  expectThreeReadersSeeAll(run, {link, mounted, mounted});
  EXPECT_EQ(umount(mounted.c_str()), 0);
}

}  // namespace
}  // namespace limoe::probe::test
