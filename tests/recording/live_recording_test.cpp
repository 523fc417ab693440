// Recordings while they are written, after their writer was killed, and on a full disk.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "routing_probe/recording/recording_check.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/recording_writer.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/recording/recording_test_support.h"
#include "tests/recording/synthetic_recording.h"

namespace limoe::probe::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<RecordingWriter> openWriter(const RunFolder& folder,
                                            const SyntheticOptions& options) {
  return std::make_unique<RecordingWriter>(folder.recording(1), syntheticLayout(options),
                                           syntheticOrigin(options), syntheticProbe(options));
}

Snapshot snapshotAt(const SyntheticOptions& options, int64_t number, int64_t step) {
  Snapshot snapshot = syntheticSnapshot(options, number);
  snapshot.step = step;
  return snapshot;
}

TEST(LiveRecording, IsFollowedFromAnotherProcessUntilItIsFinished) {
  const SyntheticOptions options;
  const TestFolder test_folder;
  const RunFolder folder{test_folder.path()};
  ChildProcess worker([&](ChildProcess::Turns& turns) {
    auto lock = std::make_unique<RunLock>(folder);
    const auto writer = openWriter(folder, options);
    for (int64_t step = 1; step <= 10; ++step) {
      writer->append(syntheticStep(options, step));
    }
    turns.report(1);
    turns.wait();
    writer->append(Event{10, 2.5, "setting", "train.learning_rate 0.001 → 0.002"});
    writer->append(snapshotAt(options, 3, 10));
    writer->append(syntheticStep(options, 11));
    turns.report(2);
    turns.wait();
    writer->finish();
    lock.reset();
    turns.report(3);
    turns.wait();
  });

  ASSERT_EQ(worker.next(), 1);
  RecordingReader reader(folder.path);
  EXPECT_EQ(reader.state(), RunState::Live);
  EXPECT_EQ(reader.stepCount(), 10);
  EXPECT_TRUE(reader.snapshotSteps().empty());
  EXPECT_FALSE(reader.refresh());
  CommandResult python = checkRecording(folder.recording(1));
  EXPECT_EQ(python.status, 0) << python.output;
  EXPECT_THAT(python.output, HasSubstr("10 steps, 0 snapshots, not complete"));

  worker.proceed();
  ASSERT_EQ(worker.next(), 2);
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.stepCount(), 11);
  EXPECT_EQ(reader.readSteps(10, 1)[0].scalars, syntheticStep(options, 11).scalars);
  EXPECT_THAT(reader.snapshotSteps(), ElementsAre(10));
  EXPECT_EQ(reader.readLayer(0, 1, 0, 8, false).image.expert,
            syntheticSnapshot(options, 3).layers[1].image.expert);
  ASSERT_EQ(reader.eventCount(), 1);
  EXPECT_EQ(reader.readEvents(0, 1)[0].text, "train.learning_rate 0.001 → 0.002");
  python = checkRecording(folder.recording(1));
  EXPECT_EQ(python.status, 0) << python.output;
  EXPECT_THAT(python.output, HasSubstr("11 steps, 1 snapshots, not complete"));

  worker.proceed();
  ASSERT_EQ(worker.next(), 3);
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.state(), RunState::Finished);
  EXPECT_EQ(reader.stepCount(), 11);
  EXPECT_EQ(reader.readSteps(0, 11)[10].step, 11);
  python = checkRecording(folder.recording(1));
  EXPECT_EQ(python.status, 0) << python.output;
  worker.proceed();
  EXPECT_EQ(worker.join(), 0);
}

TEST(LiveRecording, IsSoundWheneverItIsCheckedWhileItGrows) {
  const SyntheticOptions options;
  const TestFolder test_folder;
  const RunFolder folder{test_folder.path()};
  ChildProcess worker([&](ChildProcess::Turns& turns) {
    const RunLock lock(folder);
    const auto writer = openWriter(folder, options);
    turns.report(1);
    turns.wait();
    for (int64_t step = 1; step <= 20'000; ++step) {  // or until it is killed
      writer->append(syntheticStep(options, step));
      if (step % 5 == 0) {
        writer->append(snapshotAt(options, step / 5, step));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  ASSERT_EQ(worker.next(), 1);
  worker.proceed();
  size_t steps = 0;
  for (int look = 0; look < 60; ++look) {
    const RecordingReport report =
        probe::checkRecording(folder.recording(1), [](const std::string&, double) {});
    EXPECT_THAT(report.faults, IsEmpty()) << "look " << look;
    EXPECT_EQ(report.state, RunState::Live);
    EXPECT_GE(report.steps.size(), steps);
    steps = report.steps.size();
  }
  EXPECT_GT(steps, 60U);  // it did grow meanwhile
  worker.kill();
}

/// Where an object header (HDF5 file format specification 3.0, IV.A.1.b) ends that begins at `at`.
size_t endOfHeader(const std::string& file, size_t at) {
  const auto byte = [&](size_t place) {
    return static_cast<size_t>(static_cast<uint8_t>(file[place]));
  };
  const size_t flags = byte(at + 5);
  const size_t size_bytes = size_t{1} << (flags & 3);
  const size_t size_at = at + 6 + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
  size_t size = 0;
  for (size_t i = 0; i < size_bytes; ++i) {
    size |= byte(size_at + i) << (8 * i);
  }
  return size_at + size_bytes + size + 4;
}

/// A kill can end a write between two pages: one header in 1500 kills was half new, half old, and
/// h5py waited for it for ever.
TEST(LiveRecording, NoObjectHeaderLiesOnTwoPages) {
  const SyntheticOptions options;
  const TestFolder test_folder;
  const RunFolder folder{test_folder.path()};
  const auto writer = openWriter(folder, options);
  writer->append(syntheticStep(options, 1));
  writer->append(snapshotAt(options, 0, 1));
  std::ifstream stream(folder.recording(1), std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(stream), {}};
  constexpr size_t kPage = 4096;
  size_t headers = 0;
  for (size_t at = file.find("OHDR"); at != std::string::npos; at = file.find("OHDR", at + 4)) {
    ++headers;
    EXPECT_EQ(at / kPage, (endOfHeader(file, at) - 1) / kPage) << "at " << at;
  }
  EXPECT_GT(headers, 25U);  // of every dataset and group
}

/// A lock that another machine's file system does not show.
TEST(LiveRecording, IsLiveWhileItGrowsEvenIfNobodySeemsToHoldIt) {
  const SyntheticOptions options;
  const TestFolder test_folder;
  const RunFolder folder{test_folder.path()};
  ChildProcess worker([&](ChildProcess::Turns& turns) {
    const auto writer = openWriter(folder, options);
    for (int64_t step = 1; step <= 3; ++step) {
      writer->append(syntheticStep(options, step));
      turns.report(step);
      turns.wait();
    }
    writer->finish();
  });
  ASSERT_EQ(worker.next(), 1);
  RecordingReader reader(folder.path);
  EXPECT_EQ(reader.state(), RunState::Died);
  worker.proceed();
  ASSERT_EQ(worker.next(), 2);
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.state(), RunState::Died);  // could be a dead writer's last rows
  worker.proceed();
  ASSERT_EQ(worker.next(), 3);
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.state(), RunState::Live);
  worker.proceed();
  EXPECT_EQ(worker.join(), 0);
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.state(), RunState::Finished);
}

TEST(LiveRecording, ReaderTakesUpANewPartAndARunStartedAgain) {
  SyntheticOptions options;
  options.steps = 20;
  options.snapshots = 2;
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), options);
  RecordingReader reader(folder.path());
  EXPECT_EQ(reader.stepCount(), 20);

  ChildProcess resumed([&](ChildProcess::Turns&) {
    RecordingWriter writer(folder / "recording-2.h5", syntheticLayout(options),
                           syntheticOrigin(options, 2, 11), syntheticProbe(options));
    writer.append(syntheticStep(options, 11));
    writer.finish();
  });
  EXPECT_EQ(resumed.join(), 0);
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.stepCount(), 11);
  EXPECT_THAT(reader.snapshotSteps(), ElementsAre(0));

  std::filesystem::remove(folder / "recording.h5");
  std::filesystem::remove(folder / "recording-2.h5");
  EXPECT_THROW(reader.refresh(), RecordingError);
  options.steps = 7;
  ChildProcess restarted(
      [&](ChildProcess::Turns&) { writeSyntheticRecording(folder.path(), options); });
  EXPECT_EQ(restarted.join(), 0);
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.stepCount(), 7);
}

TEST(KilledWriter, LeavesEveryCommittedRow) {
  const SyntheticOptions options;
  for (int round = 0; round < 8; ++round) {
    const TestFolder test_folder;
    const RunFolder folder{test_folder.path()};
    ChildProcess worker([&](ChildProcess::Turns& turns) {
      const RunLock lock(folder);
      const auto writer = openWriter(folder, options);
      for (int64_t step = 1;; ++step) {
        writer->append(syntheticStep(options, step));
        if (step % 4 == 0) {
          writer->append(snapshotAt(options, step % 3, step));
        }
        turns.report(step);
      }
    });
    int64_t committed = 0;
    while (committed < 20 + 3 * round) {
      committed = worker.next();
      ASSERT_GT(committed, 0);
    }
    worker.kill();
    for (int64_t reported = worker.next(); reported > 0; reported = worker.next()) {
      committed = reported;
    }
    const RecordingReader reader(folder.path);
    EXPECT_EQ(reader.state(), RunState::Died);
    ASSERT_GE(reader.stepCount(), committed);
    ASSERT_LE(reader.stepCount(), committed + 1);
    const std::vector<StepRow> rows = reader.readSteps(0, reader.stepCount());
    for (size_t i = 0; i < rows.size(); ++i) {
      const StepRow written = syntheticStep(options, static_cast<int64_t>(i) + 1);
      ASSERT_EQ(rows[i].step, written.step);
      ASSERT_EQ(rows[i].scalars, written.scalars);
      ASSERT_EQ(rows[i].chosen, written.chosen);
    }
    ASSERT_GE(static_cast<int64_t>(reader.snapshotSteps().size()), committed / 4);
    for (size_t s = 0; s < reader.snapshotSteps().size(); ++s) {
      const int64_t step = reader.snapshotSteps()[s];
      ASSERT_EQ(reader.readLayer(static_cast<int64_t>(s), 1, 0, 8, false).image.expert,
                syntheticSnapshot(options, step % 3).layers[1].image.expert);
    }
    const CommandResult python = checkRecording(folder.recording(1));
    EXPECT_EQ(python.status, 0) << python.output;
  }
}

TEST(KilledWriter, LeavesNoHalfMadeRecording) {
  SyntheticOptions options;
  options.samples = 64;
  for (int round = 0; round < 12; ++round) {
    const TestFolder test_folder;
    const RunFolder folder{test_folder.path()};
    ChildProcess worker([&](ChildProcess::Turns& turns) {
      turns.report(1);
      const auto writer = openWriter(folder, options);
      turns.wait();
    });
    ASSERT_EQ(worker.next(), 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(round));
    worker.kill();
    if (std::filesystem::exists(folder.recording(1))) {
      EXPECT_EQ(RecordingReader(folder.path).state(), RunState::Died);
    } else {
      openWriter(folder, options)->finish();  // what was left behind is not in the way
      EXPECT_EQ(RecordingReader(folder.path).state(), RunState::Finished);
    }
  }
}

/// The largest size that files of this process may have; as before at the end.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(uintmax_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(FullDisk, LosesNothingOnceThereIsRoom) {
  SyntheticOptions options;
  options.samples = 4;
  const TestFolder kept;
  std::vector<std::filesystem::path> paths;
  int refused = 0;
  for (int64_t room = 0; room < 24000; room += 2000) {
    const TestFolder test_folder;
    const RunFolder folder{test_folder.path()};
    const auto writer = openWriter(folder, options);
    int64_t step = 0;
    const auto appendNext = [&] {
      if (step % 10 == 0) {
        writer->append(snapshotAt(options, step % 3, step));
      }
      writer->append(syntheticStep(options, step + 1));
      ++step;
    };
    appendNext();
    {
      const FileSizeLimit full(std::filesystem::file_size(folder.recording(1)) +
                               static_cast<uintmax_t>(room));
      try {
        while (step < 120) {
          appendNext();
        }
      } catch (const RecordingWriteError& error) {
        ++refused;
        EXPECT_THAT(error.what(), HasSubstr("recording.h5"));
        // A plain retry would report success and lose data.
        EXPECT_THROW(writer->append(syntheticStep(options, 1000)), RecordingWriteError);
      }
    }
    writer->recover();
    // The snapshot may have been recorded before its step was refused.
    if (step % 10 == 0) {
      try {
        writer->append(snapshotAt(options, step % 3, step));
      } catch (const RecordingError& error) {
        EXPECT_THAT(error.what(), HasSubstr("steps must ascend"));
      }
      writer->append(syntheticStep(options, step + 1));
      ++step;
    }
    while (step < 140) {
      appendNext();
    }
    writer->finish();
    const RecordingReader reader(folder.path);
    ASSERT_EQ(reader.stepCount(), 140) << "room " << room;
    const std::vector<StepRow> rows = reader.readSteps(0, 140);
    for (size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(rows[i].scalars, syntheticStep(options, static_cast<int64_t>(i) + 1).scalars);
    }
    ASSERT_EQ(reader.snapshotSteps().size(), 14u);
    for (int64_t s = 0; s < 14; ++s) {
      ASSERT_EQ(reader.readLayer(s, 0, 0, 4, false).image.expert,
                syntheticSnapshot(options, 10 * s % 3).layers[0].image.expert);
    }
    paths.push_back(kept / ("room-" + std::to_string(room) + ".h5"));
    std::filesystem::copy(folder.recording(1), paths.back());
  }
  const CommandResult python = checkRecordings(paths);
  EXPECT_EQ(python.status, 0) << python.output;
  EXPECT_GE(refused, 8) << "the limits should have been hit";
}

TEST(FullDisk, RecoverSaysWhenThereIsStillNoRoom) {
  const SyntheticOptions options;
  const TestFolder test_folder;
  const RunFolder folder{test_folder.path()};
  const auto writer = openWriter(folder, options);
  writer->append(syntheticStep(options, 1));
  {
    const FileSizeLimit full(std::filesystem::file_size(folder.recording(1)));
    EXPECT_THROW(writer->append(syntheticSnapshot(options, 0)), RecordingWriteError);
    EXPECT_THROW(writer->recover(), RecordingWriteError);
  }
  writer->recover();
  writer->append(syntheticSnapshot(options, 0));
  writer->finish();
  EXPECT_EQ(checkRecording(folder.recording(1)).status, 0);
}

}  // namespace
}  // namespace limoe::probe::test
