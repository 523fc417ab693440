// Recordings written anew: parts joined, whatever the layout; nothing half written is left.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <stdexcept>

#include "routing_probe/recording/recording_check.h"
#include "routing_probe/recording/recording_copy.h"
#include "routing_probe/recording/recording_writer.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/recording/recording_test_support.h"
#include "tests/recording/synthetic_recording.h"

namespace limoe::probe::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

void ignore(const std::string&, double) {}

/// Steps 1 … 6 in the first part, 4 … 8 in the second; snapshots of steps 0, 2, 4, 6 and 4, 6, 8.
SyntheticOptions shortRun() {
  SyntheticOptions options;
  options.steps = 8;
  options.snapshots = 5;
  return options;
}

void writePart(const TestFolder& folder, const SyntheticOptions& options, int64_t part,
               int64_t first, int64_t last) {
  RecordingWriter writer(RunFolder{folder.path()}.recording(part), syntheticLayout(options),
                         syntheticOrigin(options, part, first), syntheticProbe(options));
  for (int64_t step = first; step <= last; ++step) {
    if (step > 0) {
      writer.append(syntheticStep(options, step));
    }
    if (step % 2 == 0) {
      writer.append(syntheticSnapshot(options, step / 2));
    }
  }
  writer.append(Event{first, 0.25 * static_cast<double>(first), "part", std::to_string(part)});
  writer.finish();
}

std::vector<std::string> namesIn(const TestFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename());
  }
  return names;
}

struct Case {
  const char* name;
  void (*change)(SyntheticOptions&);
};
void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

class JoinedRecording : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Layouts, JoinedRecording,
    testing::Values(Case{"Plain", [](SyntheticOptions&) {}},
                    Case{"Dense", [](SyntheticOptions& o) { o.layers = o.experts = 0; }},
                    Case{"TopTwo",
                         [](SyntheticOptions& o) {
                           o.top_k = 2;
                           o.probabilities = true;
                         }},
                    Case{"AllExpertsChosen", [](SyntheticOptions& o) { o.experts = o.top_k = 2; }},
                    Case{"ManyExperts", [](SyntheticOptions& o) { o.experts = 300; }},
                    Case{"Bare", [](SyntheticOptions& o) { o.labels = o.embeddings = false; }},
                    Case{"GroupsNotFilled", [](SyntheticOptions& o) { o.samples = 7; }}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(JoinedRecording, HasEveryStepOnceAndIsSound) {
  const TestFolder folder;
  SyntheticOptions options = shortRun();
  GetParam().change(options);
  writePart(folder, options, 1, 0, 6);
  writePart(folder, options, 2, 4, 8);
  const std::filesystem::path out = folder / "joined.h5";
  const JoinReport report = joinRecording(RecordingReader(folder.path()), out, ignore);
  EXPECT_EQ(report.parts, 2);
  EXPECT_EQ(report.steps, 8);
  EXPECT_EQ(report.snapshots, 5);

  const RecordingReader joined(out);
  const std::vector<StepRow> rows = joined.readSteps(0, joined.stepCount());
  for (int64_t step = 1; step <= 8; ++step) {
    const StepRow expected = syntheticStep(options, step);
    const StepRow& row = rows.at(static_cast<size_t>(step - 1));
    EXPECT_EQ(row.step, step);
    EXPECT_EQ(row.scalars, expected.scalars);
    EXPECT_EQ(row.kept, expected.kept);
  }
  for (int64_t s = 0; s < 5; ++s) {
    const Snapshot expected = syntheticSnapshot(options, s);
    EXPECT_EQ(joined.readSummary(s).tokens, expected.tokens);
    EXPECT_EQ(joined.readSummary(s).metrics, expected.metrics);
    EXPECT_EQ(joined.readEmbeddings(s).size(), expected.embeddings.size());
    for (int64_t l = 0; l < options.layers; ++l) {
      const LayerSlice layer = joined.readLayer(s, l, 0, options.samples, options.probabilities);
      EXPECT_EQ(layer.image.expert, expected.layers[static_cast<size_t>(l)].image.expert);
      EXPECT_EQ(layer.text.gate, expected.layers[static_cast<size_t>(l)].text.gate);
      EXPECT_EQ(layer.order, expected.layers[static_cast<size_t>(l)].order);
    }
  }
  EXPECT_EQ(joined.readProbe(0, options.samples).images, syntheticProbe(options).images);
  const CommandResult checked = checkRecording(out);
  EXPECT_EQ(checked.status, 0) << checked.output;
  EXPECT_THAT(limoe::probe::checkRecording(out, ignore).faults, IsEmpty());
}

TEST(RecordingCopy, ThatIsEndedLeavesNothing) {
  const TestFolder folder;
  const SyntheticOptions options = shortRun();
  writePart(folder, options, 1, 0, 8);
  const RecordingReader run(folder.path());
  for (const char* when : {"images", "steps", "snapshots"}) {
    const auto end = [&](const std::string& what, double) {
      if (what == when) {
        throw std::runtime_error("enough");
      }
    };
    EXPECT_THROW(joinRecording(run, folder / "joined.h5", end), std::runtime_error) << when;
    EXPECT_THAT(namesIn(folder), testing::ElementsAre("recording.h5")) << when;
  }
}

TEST(RecordingCopy, NeverOverwrites) {
  const TestFolder folder;
  writePart(folder, shortRun(), 1, 0, 8);
  std::ofstream(folder / "joined.h5") << "mine";
  EXPECT_THAT([&] { joinRecording(RecordingReader(folder.path()), folder / "joined.h5", ignore); },
              testing::ThrowsMessage<RecordingError>(HasSubstr("exists already")));
  EXPECT_EQ(std::filesystem::file_size(folder / "joined.h5"), 4u);
}

/// A part without distributions leaves the joined file without; one without embeddings leaves NaN.
TEST(RecordingCopy, OfPartsThatRecordDifferentThings) {
  const TestFolder folder;
  SyntheticOptions options = shortRun();
  options.embeddings = false;
  writePart(folder, options, 1, 0, 4);
  options.embeddings = true;
  options.probabilities = true;
  writePart(folder, options, 2, 5, 8);
  const JoinReport report =
      joinRecording(RecordingReader(folder.path()), folder / "joined.h5", ignore);
  EXPECT_TRUE(report.without_probabilities);
  const RecordingReader joined(folder / "joined.h5");
  EXPECT_FALSE(joined.layout().probabilities);
  EXPECT_TRUE(std::isnan(joined.readEmbeddings(0).front()));
  EXPECT_FALSE(std::isnan(joined.readEmbeddings(4).front()));
  const CommandResult checked = checkRecording(folder / "joined.h5");
  EXPECT_EQ(checked.status, 0) << checked.output;
}

}  // namespace
}  // namespace limoe::probe::test
