// What is read of a recording when very much of it is looked at: samples from all over it, the
// newest wishes first, nothing that nobody wants any more, and no more kept than there is room for.
#include <QTemporaryDir>
#include <algorithm>
#include <memory>
#include <vector>

#include "gui/runs/piece_cache.h"
#include "gui/runs/piece_requests.h"
#include "gui/runs/recording_source.h"
#include "tests/gui/window/window_fixture.h"
#include "tests/recording/recording_test_support.h"

namespace limoe::gui::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PieceKey image(int64_t sample) {
  return {PieceKind::Sample, 0, 0, sample};
}

std::vector<int64_t> samplesOf(const std::vector<PieceKey>& keys) {
  std::vector<int64_t> samples;
  for (const PieceKey& key : keys) {
    samples.push_back(std::get<3>(key));
  }
  return samples;
}

TEST(PieceRequests, WhatWasAskedForLastComesFirstInTheOrderOfTheAsking) {
  PieceRequests requests;
  for (int64_t sample = 99; sample >= 0; --sample) {
    requests.want(image(sample));
  }
  requests.came({});
  for (int64_t sample = 200; sample < 230; ++sample) {
    requests.want(image(sample));
  }
  // 64 at once: the 30 of now, and of those before the 34 that were asked for first.
  std::vector<int64_t> expected;
  for (int64_t sample = 66; sample < 100; ++sample) {
    expected.push_back(sample);
  }
  for (int64_t sample = 200; sample < 230; ++sample) {
    expected.push_back(sample);
  }
  EXPECT_EQ(samplesOf(requests.next()), expected);
}

TEST(PieceRequests, OneReadingIsOfOneKindAndLayer) {
  PieceRequests requests;
  requests.want(image(7));
  requests.want({PieceKind::Decisions, 3, 1, 7});
  requests.want({PieceKind::Decisions, 3, 0, 7});
  requests.want(image(2));
  EXPECT_THAT(requests.next(), ElementsAre(image(2), image(7)));
  EXPECT_THAT(requests.next(), ElementsAre(PieceKey{PieceKind::Decisions, 3, 1, 7}));
  EXPECT_THAT(requests.next(), ElementsAre(PieceKey{PieceKind::Decisions, 3, 0, 7}));
  EXPECT_THAT(requests.next(), IsEmpty());
  EXPECT_FALSE(requests.isEmpty()) << "they have not come";
}

TEST(PieceRequests, WhatNobodyAsksForAgainIsNotRead) {
  PieceRequests requests;
  requests.want(image(1));  // scrolled away
  for (int round = 0; round < 100; ++round) {
    requests.want(image(2));
    requests.came({});
  }
  EXPECT_THAT(samplesOf(requests.next()), ElementsAre(2));
  requests.came({image(2)});
  EXPECT_TRUE(requests.isEmpty());
}

TEST(PieceRequests, WhatWasNotReadInATurnStillWaits) {
  PieceRequests requests;
  requests.want(image(1));
  requests.want(image(2));
  ASSERT_TRUE(requests.beginReading());
  EXPECT_FALSE(requests.beginReading()) << "it is under way";
  EXPECT_THAT(samplesOf(requests.next()), ElementsAre(1, 2));
  EXPECT_TRUE(requests.send({image(2)}));
  EXPECT_THAT(samplesOf(requests.next()), ElementsAre(2));
}

TEST(PieceRequests, ReadingWaitsForAWindowThatTakesNothing) {
  PieceRequests requests;
  for (int64_t sample = 0; sample < 6400; ++sample) {
    requests.want(image(sample));
  }
  ASSERT_TRUE(requests.beginReading());
  int turns = 0;
  do {
    requests.next();
    ++turns;
  } while (requests.send({}) && turns < 100);
  EXPECT_LT(turns, 50) << "of 100 that there are";
  EXPECT_FALSE(requests.beginReading());
  requests.came({});
  EXPECT_TRUE(requests.beginReading());
}

TEST(PieceRequests, SummariesOfAllStepsLetTheVisibleImagesGoFirst) {
  PieceRequests requests;
  requests.want(image(5));
  requests.want({PieceKind::Decisions, 3, 1, 5});
  requests.came({});
  // Asked for at once as something comes; the wall asks when it is drawn.
  for (int64_t snapshot = 0; snapshot < 200; ++snapshot) {
    requests.want({PieceKind::Summary, snapshot, 0, 0});
  }
  EXPECT_THAT(requests.next(), ElementsAre(image(5)));
  EXPECT_THAT(requests.next(), ElementsAre(PieceKey{PieceKind::Decisions, 3, 1, 5}));
  EXPECT_THAT(requests.next(), ElementsAre(PieceKey{PieceKind::Summary, 0, 0, 0}));
}

TEST(PieceRequests, ReadingThatFoundNothingEndsUnlessSomethingHasCome) {
  PieceRequests requests;
  requests.want(image(1));
  ASSERT_TRUE(requests.beginReading());
  requests.next();
  EXPECT_THAT(requests.next(), IsEmpty());
  requests.want(image(2));
  EXPECT_TRUE(requests.rest()) << "asked for just now: nobody else will begin";
  EXPECT_THAT(samplesOf(requests.next()), ElementsAre(2));
  EXPECT_FALSE(requests.rest());
  requests.want(image(3));
  EXPECT_TRUE(requests.beginReading());
}

TEST(PieceCache, KeepsWhatWasUsedLast) {
  PieceCache cache(1000);
  const auto content = std::make_shared<const int>(1);
  for (int64_t sample = 0; sample < 4; ++sample) {
    cache.put(image(sample), {content, 250});
  }
  EXPECT_TRUE(cache.find(image(0)));
  cache.put(image(4), {content, 500});  // two have to go: not sample 0, which was used
  EXPECT_TRUE(cache.find(image(0)));
  EXPECT_FALSE(cache.find(image(1)));
  EXPECT_FALSE(cache.find(image(2)));
  EXPECT_TRUE(cache.find(image(3)));
  cache.put(image(5), {content, 5000});  // larger than all room: kept until the next one comes
  EXPECT_TRUE(cache.find(image(5)));
  EXPECT_FALSE(cache.find(image(4)));
  cache.put(image(5), {content, 100});
  cache.put(image(6), {content, 900});
  EXPECT_TRUE(cache.find(image(5))) << "its size was taken back";
  cache.forget([](const PieceKey& key) { return std::get<3>(key) == 5; });
  EXPECT_FALSE(cache.find(image(5)));
  EXPECT_TRUE(cache.find(image(6)));
}

TEST(RecordingSource, TellsOfWhatItReadInOneTurnAtOnce) {
  QTemporaryDir folder;
  probe::test::SyntheticOptions options;
  options.samples = 2;
  options.snapshots = 101;  // of the steps 0 … 100
  options.embeddings = false;
  probe::test::writeSyntheticRecording(folder.filePath("run").toStdString(), options);
  RecordingSource source(std::make_shared<ReaderThread>(), folder.filePath("run"));
  ASSERT_TRUE(waitUntil([&] { return source.data() != nullptr; }));
  int told = 0;
  QObject::connect(&source, &RunSource::pageReady, [&] { ++told; });
  // One image at all steps, as the filmstrip shows it.
  const auto all_there = [&] {
    int64_t there = 0;
    for (int64_t snapshot = 0; snapshot <= 100; ++snapshot) {
      there += source.decisions(snapshot, 1, 1) ? 1 : 0;
    }
    return there == 101;
  };
  ASSERT_TRUE(waitUntil(all_there));
  EXPECT_LE(told, 60) << "each of 101 lies in a place of its own";
}

TEST(RecordingSource, ReadsSamplesFromAllOverTheRecording) {
  QTemporaryDir folder;
  probe::test::SyntheticOptions options;
  options.samples = 300;
  probe::test::writeSyntheticRecording(folder.filePath("run").toStdString(), options);
  RecordingSource source(std::make_shared<ReaderThread>(), folder.filePath("run"));
  ASSERT_TRUE(waitUntil([&] { return source.data() != nullptr; }));
  // Some alone, some neighbours, in no order.
  std::vector<int64_t> wanted = {299, 0, 150, 7, 8, 9};
  for (int64_t sample = 60; sample < 100; ++sample) {
    wanted.push_back(sample);
  }
  const auto all_there = [&] {
    bool there = true;
    for (const int64_t sample : wanted) {
      const bool image_there = source.sample(sample) != nullptr;
      there = source.decisions(4, 1, sample) != nullptr && image_there && there;
    }
    return there;
  };
  ASSERT_TRUE(waitUntil(all_there));
  for (const int64_t sample : wanted) {
    const auto probe = source.sample(sample);
    const auto slice = source.decisions(4, 1, sample);
    ASSERT_EQ(probe->captions.size(), 1U);
    // The first pixel is of patch 0.
    const probe::test::PatchColor color = probe::test::patchColor(sample, 0);
    EXPECT_EQ(probe->images[0], color.red) << sample;
    EXPECT_EQ(probe->images[2], color.blue) << sample;
    EXPECT_EQ(std::count_if(probe->token_ids.begin(), probe->token_ids.end(),
                            [](int32_t id) { return id >= 0; }),
              8 - sample % 4);
    EXPECT_EQ(slice->first_sample, sample);
    EXPECT_EQ(slice->samples, 1);
    // expert = (p + n + l + s) % E of patch 5; the text's first word (n + l + s) % E.
    EXPECT_EQ(slice->image.expert[5], (5 + sample + 1 + 4) % 4) << sample;
    EXPECT_EQ(slice->text.expert[0], (sample + 1 + 4) % 4) << sample;
  }
}

TEST(RecordingSource, ChoicesComeWithoutGatesAndFromWholeDecisionsOnceTheyAreThere) {
  QTemporaryDir folder;
  probe::test::writeSyntheticRecording(folder.filePath("run").toStdString(), {});
  RecordingSource source(std::make_shared<ReaderThread>(), folder.filePath("run"));
  ASSERT_TRUE(waitUntil([&] { return source.data() != nullptr; }));
  ASSERT_TRUE(waitUntil([&] { return source.choices(4, 1, 6) != nullptr; }));
  const auto choices = source.choices(4, 1, 6);
  EXPECT_EQ(choices->first_sample, 6);
  EXPECT_EQ(choices->samples, 1);
  // expert = (p + n + l + s) % E of patch 5; the text's first word (n + l + s) % E.
  EXPECT_EQ(choices->image.expert[5], (5 + 6 + 1 + 4) % 4);
  EXPECT_EQ(choices->text.expert[0], (6 + 1 + 4) % 4);
  EXPECT_FALSE(hasGates(*choices));
  ASSERT_TRUE(waitUntil([&] { return source.decisions(4, 1, 6) != nullptr; }));
  const auto whole = source.decisions(4, 1, 6);
  EXPECT_TRUE(hasGates(*whole));
  EXPECT_EQ(choices->image.kept, whole->image.kept);
  EXPECT_EQ(choices->text.kept, whole->text.kept);
  EXPECT_EQ(source.choices(4, 1, 6), whole);
  EXPECT_EQ(source.choices(4, 2, 6), nullptr) << "no such layer";
  EXPECT_FALSE(source.cannotReadChoices(4, 1, 6));
}

TEST(RecordingSource, ChoicesCanBeReadWhereWhatTheyDoNotNeedIsDamaged) {
  QTemporaryDir folder;
  probe::test::writeSyntheticRecording(folder.filePath("run").toStdString(), {});
  const auto changed = probe::test::runPython(
      "import sys, h5py\nf = h5py.File(sys.argv[1], 'r+')\n"
      "f['snapshots/image_runner_up'][4, 1, 6, 3] = 200\n",
      folder.filePath("run/recording.h5").toStdString());
  ASSERT_EQ(changed.status, 0) << changed.output;
  RecordingSource source(std::make_shared<ReaderThread>(), folder.filePath("run"));
  ASSERT_TRUE(waitUntil([&] { return source.data() != nullptr; }));
  source.decisions(4, 1, 6);
  ASSERT_TRUE(waitUntil([&] { return source.cannotReadDecisions(4, 1, 6); }));
  EXPECT_TRUE(waitUntil([&] { return source.choices(4, 1, 6) != nullptr; }));
  EXPECT_FALSE(source.cannotReadChoices(4, 1, 6));
}

}  // namespace
}  // namespace limoe::gui::test
