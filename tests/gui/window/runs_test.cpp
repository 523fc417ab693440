// What stands behind the window: reading beside the GUI thread, the control socket, health words.
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <filesystem>
#include <thread>

#include "gui/runs/control_client.h"
#include "gui/runs/recording_source.h"
#include "gui/window/health.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using probe::test::SyntheticOptions;

TEST(RecordingSource, GivesSamplesAfterAskingAndOnlyThen) {
  QTemporaryDir folder;
  SyntheticOptions options;
  options.samples = 70;
  probe::test::writeSyntheticRecording(folder.filePath("run").toStdString(), options);
  RecordingSource source(std::make_shared<ReaderThread>(), folder.filePath("run"));
  EXPECT_EQ(source.sample(0), nullptr);
  ASSERT_TRUE(waitUntil([&] { return source.data() != nullptr; }));
  EXPECT_EQ(source.decisions(3, 1, 65), nullptr);
  EXPECT_FALSE(source.isIdle());
  ASSERT_TRUE(waitUntil([&] { return source.isIdle(); }));
  const auto slice = source.decisions(3, 1, 65);
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->first_sample, 65);
  EXPECT_EQ(slice->samples, 1);
  // expert = (p + n + l + s) % E for patch 2 of sample 65 in layer 1, snapshot 3.
  EXPECT_EQ(slice->image.expert[2], (2 + 65 + 1 + 3) % 4);
  EXPECT_EQ(source.decisions(3, 2, 0), nullptr);  // no such layer: nothing is asked for
  EXPECT_EQ(source.decisions(5, 0, 0), nullptr);
  EXPECT_EQ(source.decisions(3, 1, 70), nullptr);
  EXPECT_EQ(source.sample(70), nullptr);
  EXPECT_TRUE(source.isIdle());
  ASSERT_NE(source.data()->curves, nullptr);
  EXPECT_EQ(source.data()->curves->steps.size(), 100u);
  EXPECT_EQ(source.data()->snapshot_steps, (std::vector<int64_t>{0, 25, 50, 75, 100}));
  EXPECT_EQ(source.data()->metrics.size(), 5u);
}

TEST(RecordingSource, SaysWhyARunCannotBeOpened) {
  QTemporaryDir folder;
  RecordingSource source(std::make_shared<ReaderThread>(), folder.filePath("none"));
  QString message;
  QObject::connect(&source, &RunSource::failed, [&](const QString& text) { message = text; });
  ASSERT_TRUE(waitUntil([&] { return !message.isEmpty(); }));
  EXPECT_TRUE(message.contains("none")) << qPrintable(message);
  EXPECT_EQ(source.data(), nullptr);
}

TEST(RecordingSource, ForgetsWhatAResumedRunTookBack) {
  QTemporaryDir folder;
  const std::string run = folder.filePath("run").toStdString();
  SyntheticOptions options;
  probe::test::writeSyntheticRecording(run, options);
  RecordingSource source(std::make_shared<ReaderThread>(), QString::fromStdString(run));
  ASSERT_TRUE(waitUntil([&] { return source.data() != nullptr; }));
  source.decisions(2, 0, 0);
  ASSERT_TRUE(waitUntil([&] { return source.isIdle(); }));
  const auto old_slice = source.decisions(2, 0, 0);
  ASSERT_NE(old_slice, nullptr);
  {
    // Resumed at step 40: the snapshot of step 50 is recorded again, as number 9.
    // Written elsewhere and moved, since this process looks at the folder all the time.
    const std::string part = folder.filePath("part.h5").toStdString();
    probe::RecordingWriter writer(part, probe::test::syntheticLayout(options),
                                  probe::test::syntheticOrigin(options, 2, 40),
                                  probe::test::syntheticProbe(options));
    for (int64_t step = 40; step <= 60; ++step) {
      writer.append(probe::test::syntheticStep(options, step));
    }
    auto snapshot = probe::test::syntheticSnapshot(options, 9);
    snapshot.step = 50;
    writer.append(snapshot);
    writer.finish();
    std::filesystem::rename(part, probe::RunFolder{run}.recording(2));
  }
  source.reload();
  ASSERT_TRUE(waitUntil([&] { return source.data()->snapshot_steps.size() == 3; }));
  EXPECT_EQ(source.data()->snapshot_steps, (std::vector<int64_t>{0, 25, 50}));
  EXPECT_EQ(source.data()->curves->steps.back(), 60);
  source.decisions(2, 0, 0);
  ASSERT_TRUE(waitUntil([&] { return source.isIdle(); }));
  const auto new_slice = source.decisions(2, 0, 0);
  ASSERT_NE(new_slice, nullptr);
  EXPECT_EQ(old_slice->image.expert[0], 2);      // (0 + 0 + 0 + 2) % 4
  EXPECT_EQ(new_slice->image.expert[0], 9 % 4);  // the same place, recorded anew
}

TEST(ReaderThread, AHangingDiskDoesNotHoldTheWindow) {
  // Stands for a read from a dead network disk: it outlives the thread object.
  const auto released = std::make_shared<std::atomic<bool>>(false);
  {
    ReaderThread reader;
    const auto begun = std::make_shared<std::atomic<bool>>(false);
    reader.post(ReaderThread::Urgency::Now, [released, begun] {
      *begun = true;
      while (!*released) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    while (!*begun) {
      std::this_thread::yield();
    }
  }
  EXPECT_FALSE(*released) << "the reader was left before its job ended";
  *released = true;
}

TEST(ReaderThread, ServesTheNewestRequestFirst) {
  ReaderThread reader;
  std::atomic<bool> gate{false};
  std::atomic<int> done{0};
  std::vector<int> order;
  reader.post(ReaderThread::Urgency::Now, [&] {
    while (!gate) {
      std::this_thread::yield();
    }
  });
  reader.post(ReaderThread::Urgency::Background, [&] { order.push_back(9), ++done; });
  for (int i = 1; i <= 3; ++i) {
    reader.post(ReaderThread::Urgency::Soon, [&, i] { order.push_back(i), ++done; });
  }
  gate = true;
  ASSERT_TRUE(waitUntil([&] { return done == 4; }));
  EXPECT_THAT(order, testing::ElementsAre(3, 2, 1, 9));
}

TEST(ControlClient, DoesNotWaitForAWorkerThatIsNotThere) {
  QTemporaryDir folder;
  ReaderThread reader;
  ControlClient client(reader, folder.path());
  ControlClient::Outcome outcome;
  bool done = false;
  client.send("status", [&](const ControlClient::Outcome& result) {
    outcome = result;
    done = true;
  });
  EXPECT_FALSE(done) << "send() returns before there is an answer";
  ASSERT_TRUE(waitUntil([&] { return done; }));
  EXPECT_FALSE(outcome.answered);
  EXPECT_EQ(outcome.error, "the worker does not answer");
}

TEST(Health, TellsUnusedExpertsAndDrops) {
  RunData run;
  run.layout.layers = 2;
  run.layout.experts = 4;
  run.layout.metric_names = {"success/image",         "success/text",
                             "success/image/block_1", "success/image/block_3",
                             "success/text/block_1",  "success/text/block_3"};
  probe::Snapshot snapshot;
  // Layer 1: image 10 10 10 10, text 5 5 5 5. Layer 2: image 40 0 0 10, text 20 0 0 0: experts 1
  // and 2 unused, expert 0 takes 60 of 70 = 86 %.
  snapshot.tokens = {10, 10, 10, 10, 5, 5, 5, 5, 40, 0, 0, 10, 20, 0, 0, 0};
  snapshot.metrics = {0.97f, 0.75f, 0.98f, 0.96f, 0.91f, 0.59f};
  EXPECT_THAT(healthOf(run, snapshot).warnings,
              testing::ElementsAre(
                  QString("MoE layer 2: 2 of 4 experts unused, expert 0 takes 86 % of all tokens, "
                          "text drops 41 %")));
  snapshot.tokens = {10, 10, 10, 10, 5, 5, 5, 5, 10, 10, 10, 10, 5, 5, 5, 5};
  snapshot.metrics = {0.97f, 0.9f, 0.98f, 0.96f, 0.91f, 0.89f};
  EXPECT_TRUE(healthOf(run, snapshot).warnings.isEmpty());
  EXPECT_EQ(healthOf(run, snapshot).summary,
            "all 4 experts in use in both MoE layers · kept on average in both MoE layers: 97 % of "
            "image choices, 90 % of text choices");
  run.layout.metric_names.clear();
  for (const auto& [layers, where] :
       {std::pair(1, "in the one MoE layer"), std::pair(6, "in all 6 MoE layers")}) {
    run.layout.layers = layers;
    snapshot.tokens.assign(static_cast<std::size_t>(layers) * 2 * 4, 5);
    EXPECT_EQ(healthOf(run, snapshot).summary.toStdString(),
              std::string("all 4 experts in use ") + where);
  }
}

}  // namespace
}  // namespace limoe::gui::test
