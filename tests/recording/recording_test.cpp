// Recordings written and read back: by RecordingReader, and by Python with h5py.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>

#include "routing_probe/recording/recording_check.h"
#include "routing_probe/recording/recording_copy.h"
#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/recording_writer.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/recording/recording_test_support.h"
#include "tests/recording/synthetic_recording.h"

namespace limoe::probe::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void expectEqual(const Decisions& read, const Decisions& written) {
  EXPECT_EQ(read.expert, written.expert);
  EXPECT_EQ(read.gate, written.gate);
  EXPECT_EQ(read.kept, written.kept);
  EXPECT_EQ(read.runner_up, written.runner_up);
  EXPECT_EQ(read.margin, written.margin);
  EXPECT_EQ(read.probability, written.probability);
}

void expectEqual(const StepRow& read, const StepRow& written) {
  EXPECT_EQ(read.step, written.step);
  EXPECT_EQ(read.wall, written.wall);
  EXPECT_EQ(read.scalars, written.scalars);
  EXPECT_EQ(read.chosen, written.chosen);
  EXPECT_EQ(read.kept, written.kept);
  EXPECT_EQ(read.entropy, written.entropy);
}

void expectSnapshot(const RecordingReader& reader, const SyntheticOptions& options, int64_t place,
                    int64_t number) {
  const Snapshot written = syntheticSnapshot(options, number);
  for (int64_t l = 0; l < options.layers; ++l) {
    const LayerSlice read = reader.readLayer(place, l, 0, options.samples, options.probabilities);
    const LayerSlice& layer = written.layers[static_cast<size_t>(l)];
    expectEqual(read.image, layer.image);
    expectEqual(read.text, layer.text);
    EXPECT_EQ(read.order, layer.order);
  }
  const Snapshot summary = reader.readSummary(place);
  EXPECT_EQ(summary.tokens, written.tokens);
  EXPECT_EQ(summary.label_tokens, written.label_tokens);
  EXPECT_EQ(summary.metrics, written.metrics);
}

/// Layouts that differ in what is absent, in the experts' type and in how chunks are cut.
struct Case {
  const char* name;
  SyntheticOptions options;
};
void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

std::vector<Case> cases() {
  std::vector<Case> all(7);
  all[0].name = "Plain";
  all[1].name = "Dense";
  all[1].options.layers = 0;
  all[1].options.experts = 0;
  all[2].name = "TopTwoWithProbabilities";
  all[2].options.top_k = 2;
  all[2].options.probabilities = true;
  all[3].name = "AllExpertsChosen";
  all[3].options.experts = 2;
  all[3].options.top_k = 2;
  all[4].name = "ManyExperts";
  all[4].options.experts = 300;
  all[5].name = "BareOfLabelsAndEmbeddings";
  all[5].options.labels = false;
  all[5].options.embeddings = false;
  // 1024 patches of 2-byte gates: 64 samples a chunk, so that 70 leave a chunk at the edge.
  all[6].name = "SeveralChunks";
  all[6].options.samples = 70;
  all[6].options.patch_rows = 32;
  all[6].options.patch_columns = 32;
  all[6].options.pixels = 1;
  all[6].options.snapshots = 2;
  all[6].options.steps = 2;
  return all;
}

class RecordingRoundTrip : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Layouts, RecordingRoundTrip, testing::ValuesIn(cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(RecordingRoundTrip, IsReadAsItWasWritten) {
  const SyntheticOptions& options = GetParam().options;
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), options);

  const RecordingReader reader(folder.path());
  EXPECT_EQ(reader.state(), RunState::Finished);
  const Layout written = syntheticLayout(options);
  EXPECT_EQ(reader.layout().experts, written.experts);
  EXPECT_EQ(reader.layout().top_k, written.top_k);
  EXPECT_EQ(reader.layout().blocks, written.blocks);
  EXPECT_EQ(reader.layout().patch_rows, written.patch_rows);
  EXPECT_EQ(reader.layout().patch_columns, written.patch_columns);
  EXPECT_EQ(reader.layout().image_height, written.image_height);
  EXPECT_EQ(reader.layout().embed_dim, written.embed_dim);
  EXPECT_EQ(reader.layout().label_names, written.label_names);
  EXPECT_EQ(reader.layout().scalar_names, written.scalar_names);
  EXPECT_EQ(reader.layout().scalar_units, written.scalar_units);
  EXPECT_EQ(reader.layout().metric_names, written.metric_names);
  EXPECT_EQ(reader.layout().probabilities, written.probabilities);

  ASSERT_EQ(reader.stepCount(), options.steps);
  const std::vector<StepRow> rows = reader.readSteps(0, options.steps);
  for (int64_t i = 0; i < options.steps; ++i) {
    expectEqual(rows[static_cast<size_t>(i)], syntheticStep(options, i + 1));
  }
  ASSERT_EQ(static_cast<int64_t>(reader.snapshotSteps().size()), options.snapshots);
  for (int64_t s = 0; s < options.snapshots; ++s) {
    expectSnapshot(reader, options, s, s);
  }
  const ProbeSet probe = syntheticProbe(options);
  const ProbeSet read = reader.readProbe(0, options.samples);
  EXPECT_EQ(read.images, probe.images);
  EXPECT_EQ(read.captions, probe.captions);
  EXPECT_EQ(read.token_ids, probe.token_ids);
  EXPECT_EQ(read.pieces, probe.pieces);
  EXPECT_EQ(read.labels, probe.labels);
  EXPECT_EQ(read.sources, probe.sources);
}

TEST_P(RecordingRoundTrip, FollowsTheSchemaInTheEyesOfPython) {
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), GetParam().options);
  const CommandResult result = checkRecording(folder / "recording.h5");
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr(" complete"));
}

TEST(Recording, HoldsWhatPythonComputesFromTheFormula) {
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), {});
  const CommandResult result = runPython(R"(
import sys, h5py, numpy as np
f = h5py.File(sys.argv[1], "r")
s, l, n, p = np.ogrid[:5, :2, :8, :16]
assert (f["snapshots/image_expert"][..., 0] == (p + n + l + s) % 4).all()
assert (f["snapshots/image_gate"][..., 0] == 0.375 + 0.125 * ((p + n) % 2) + 0 * (s + l)).all()
assert ((f["snapshots/image_kept"][..., 0] == 0) == ((p + 2 * n + s) % 7 == 0) + 0 * l).all()
t = np.arange(8)
n2 = np.arange(8)[:, None]
expert = np.where(t < 8 - n2 % 4, (2 * t + n2 + 1 + 2) % 4, 255)
assert (f["snapshots/text_expert"][2, 1, :, :, 0] == expert).all()
assert np.allclose(f["steps/scalars"][:, 0], 4 * 0.99 ** np.arange(1, 101))
assert [x.decode() for x in f["steps/scalars"].attrs["names"]][:2] == ["loss", "contrastive"]
assert f["probe/pieces"][0, 1].decode() == "\u2581red"
assert (f["probe/images"][3, 8 * 2 + 5, 8 * 1 + 2] ==
        [(40 * (3 + 9) + 30) % 256, (70 * 9 + 90) % 256, (110 * 3 + 50) % 256]).all()
e = (np.arange(8 * 2 * 16) + 4) % 16 / 16 - 0.5
assert (f["snapshots/embeddings"][4].ravel() == e).all()
assert tuple(f["events"][0])[2:] == (b"checkpoint", b"checkpoints/step-final.safetensors")
assert f.attrs["first_step"] == 0 and f.attrs["complete"] == 1 and f.attrs["part"] == 1
assert f.attrs["probe_capacity_factor"] == 1.25 and f.attrs["probe_group_pairs"] == 4
assert open(sys.argv[1], "rb").read(12)[11] == 0
)",
                                         folder / "recording.h5");
  EXPECT_EQ(result.status, 0) << result.output;
}

/// The validator is only worth something if it sees faults.
TEST(CheckRecording, SeesWhatIsWrong) {
  const struct {
    const char* python;  ///< with `f`, the open file
    const char* fault;
  } kChanges[] = {
      {"f['snapshots/tokens'][1, 0, 0, 2] += 1", "snapshots/tokens"},
      {"f['snapshots/label_tokens'][1, 0, 0, 2] += 1", "snapshots/label_tokens"},
      {"f['snapshots/image_kept'][2, 1, 0, 0, 0] ^= 1", "snapshots/tokens"},
      {"f['snapshots/image_gate'][0, 0, 0, 0, 0] = 1.5", "gate outside"},
      {"f['snapshots/text_gate'][0, 0, 1, 7, 0] = 0.5", "at padding"},
      {"f['snapshots/text_expert'][0, 0, 1, 7, 0] = 1", "expert for padding"},
      {"f['snapshots/order'][3, 1, 2, 5] = 4", "no permutation"},
      {"f['steps/step'][7] = 3", "does not ascend"},
      {"f['steps/kept'][7, 0, 0, 0] = 1000", "more than were chosen"},
      {"del f['steps/entropy']", "steps/entropy"},
      {"del f['snapshots/order']; f.create_dataset('snapshots/order', (5, 2, 8, 24), 'u4', "
       "maxshape=(None, 2, 8, 24), chunks=(1, 1, 1, 24), shuffle=True, compression=1)",
       "has chunks"},
      {"del f.attrs['probe_group_pairs']", "probe_group_pairs is missing"},
  };
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), {});
  std::string program = "import sys, h5py\n";
  std::vector<std::filesystem::path> paths;
  for (const auto& change : kChanges) {
    paths.push_back(folder / ("changed-" + std::to_string(paths.size()) + ".h5"));
    std::filesystem::copy(folder / "recording.h5", paths.back());
    program += "f = h5py.File('" + paths.back().string() + "', 'r+', libver='v110')\n" +
               change.python + "\nf.close()\n";
  }
  const CommandResult changed = runPython(program, folder.path());
  ASSERT_EQ(changed.status, 0) << changed.output;
  const CommandResult checked = checkRecordings(paths);
  EXPECT_EQ(checked.status, 1);
  for (size_t i = 0; i < paths.size(); ++i) {
    EXPECT_THAT(checked.output,
                testing::ContainsRegex(paths[i].filename().string() + ": .*" + kChanges[i].fault));
  }
}

TEST(Recording, ReadsAnyRangeOfSamplesAndSteps) {
  const TestFolder folder;
  const SyntheticOptions options;
  writeSyntheticRecording(folder.path(), options);
  const RecordingReader reader(folder / "recording.h5");

  const LayerSlice all = reader.readLayer(1, 1, 0, 8, false);
  const LayerSlice some = reader.readLayer(1, 1, 3, 2, false);
  EXPECT_EQ(some.first_sample, 3);
  EXPECT_EQ(some.samples, 2);
  EXPECT_EQ(some.image.expert, std::vector<uint16_t>(all.image.expert.begin() + 3 * 16,
                                                     all.image.expert.begin() + 5 * 16));
  EXPECT_EQ(reader.readProbe(7, 1).sources, std::vector<std::string>{"synthetic:7"});
  EXPECT_EQ(reader.readSteps(42, 1).front().step, 43);
  EXPECT_TRUE(reader.readSteps(100, 0).empty());

  EXPECT_THROW(reader.readSteps(100, 1), RecordingError);
  EXPECT_THROW(reader.readLayer(5, 0, 0, 1, false), RecordingError);
  EXPECT_THROW(reader.readLayer(0, 2, 0, 1, false), RecordingError);
  EXPECT_THROW(reader.readLayer(0, 0, 7, 2, false), RecordingError);
  EXPECT_THROW(reader.readProbe(-1, 1), RecordingError);
}

TEST(Recording, RoundsGatesToTheNearestHalf) {
  SyntheticOptions options;
  const TestFolder folder;
  Snapshot snapshot = syntheticSnapshot(options, 0);
  snapshot.layers[0].image.gate[0] = 1.0f / 3.0f;  // between 0.33325195 and 0.33349609
  snapshot.layers[0].image.gate[1] = 6e-8f;        // between 2^-24 and 2^-23, nearer to 2^-24
  {
    RecordingWriter writer(folder / "recording.h5", syntheticLayout(options),
                           syntheticOrigin(options), syntheticProbe(options));
    writer.append(snapshot);
    writer.finish();
  }
  const LayerSlice read = RecordingReader(folder.path()).readLayer(0, 0, 0, 1, false);
  EXPECT_EQ(read.image.gate[0], 0.333251953125f);
  EXPECT_EQ(read.image.gate[1], 0x1p-24f);
}

TEST(Recording, AForkKnowsItsParent) {
  const SyntheticOptions options;
  const TestFolder folder;
  Origin origin = syntheticOrigin(options, 1, 21);
  origin.parent = ParentRun{"parent-run", "../größer", 20};
  {
    RecordingWriter writer(folder / "recording.h5", syntheticLayout(options), origin,
                           syntheticProbe(options));
    Snapshot snapshot = syntheticSnapshot(options, 0);
    snapshot.step = 20;  // of the state that it begins with
    writer.append(snapshot);
    writer.finish();
  }
  const RecordingReader fork(folder.path());
  EXPECT_EQ(fork.origin().parent, origin.parent);
  // Copies of it know, too.
  const WorkProgress silent = [](const std::string&, double) {};
  joinRecording(fork, folder / "whole.h5", silent);
  EXPECT_EQ(originOf(folder / "whole.h5").parent, origin.parent);
  repairRecording(folder / "recording.h5", folder / "repaired.h5", silent);
  EXPECT_EQ(originOf(folder / "repaired.h5").parent, origin.parent);
  // A run that is no fork has none.
  const TestFolder other;
  RecordingWriter(other / "recording.h5", syntheticLayout(options), syntheticOrigin(options),
                  syntheticProbe(options));
  EXPECT_FALSE(originOf(other / "recording.h5").parent);
}

TEST(Recording, CutsLongTextBetweenCharacters) {
  const SyntheticOptions options;
  const TestFolder folder;
  ProbeSet probe = syntheticProbe(options);
  probe.pieces[0] = std::string(23, 'x') + "é";  // 25 bytes; byte 24 would be half of é
  {
    RecordingWriter writer(folder / "recording.h5", syntheticLayout(options),
                           syntheticOrigin(options), probe);
    writer.append(Event{1, 0.5, "warning", std::string(471, 'y') + "é"});
    writer.finish();
  }
  const RecordingReader reader(folder.path());
  EXPECT_EQ(reader.readProbe(0, 1).pieces[0], std::string(23, 'x'));
  EXPECT_EQ(reader.readEvents(0, 1)[0].text, std::string(471, 'y'));
}

TEST(Recording, RefusesWhatDoesNotFitAndKeepsWhatDoes) {
  const SyntheticOptions options;
  const TestFolder folder;
  const std::filesystem::path path = folder / "recording.h5";
  {
    RecordingWriter writer(path, syntheticLayout(options), syntheticOrigin(options),
                           syntheticProbe(options));
    writer.append(syntheticStep(options, 5));
    EXPECT_THAT([&] { writer.append(syntheticStep(options, 5)); },
                testing::ThrowsMessage<RecordingError>(HasSubstr("step 5 comes after step 5")));
    StepRow narrow = syntheticStep(options, 6);
    narrow.scalars.pop_back();
    narrow.kept.clear();
    EXPECT_THAT([&] { writer.append(narrow); },
                testing::ThrowsMessage<RecordingError>(
                    testing::AllOf(HasSubstr("recording.h5"), HasSubstr("scalars has 6 values"),
                                   HasSubstr("kept has 0 values, not 16"))));
    Snapshot snapshot = syntheticSnapshot(options, 0);
    snapshot.layers[1].text.expert[3] = 4;
    EXPECT_THAT([&] { writer.append(snapshot); },
                testing::ThrowsMessage<RecordingError>(
                    HasSubstr("layers[1].text.expert names expert 4 of 4")));
    writer.append(syntheticStep(options, 6));
    writer.finish();
    EXPECT_THROW(writer.append(syntheticStep(options, 7)), RecordingError);
  }
  EXPECT_EQ(RecordingReader(path).stepCount(), 2);
  EXPECT_EQ(checkRecording(path).status, 0);

  // Never over an existing file, whatever it is.
  EXPECT_THAT(
      [&] {
        RecordingWriter(path, syntheticLayout(options), syntheticOrigin(options),
                        syntheticProbe(options));
      },
      testing::ThrowsMessage<RecordingError>(HasSubstr("exists already")));
  EXPECT_EQ(RecordingReader(path).stepCount(), 2);
  ProbeSet probe = syntheticProbe(options);
  probe.captions.pop_back();
  EXPECT_THAT(
      [&] {
        RecordingWriter(folder / "other.h5", syntheticLayout(options), syntheticOrigin(options),
                        probe);
      },
      testing::ThrowsMessage<RecordingError>(HasSubstr("captions has 7 values, not 8")));
  EXPECT_THAT(
      [&] {
        RecordingWriter(folder / "missing/recording.h5", syntheticLayout(options),
                        syntheticOrigin(options), syntheticProbe(options));
      },
      testing::ThrowsMessage<RecordingError>(
          testing::AllOf(HasSubstr("missing/recording.h5"), HasSubstr("folder exists"))));
}

/// Part 2 goes on after step 60: steps 61 … of part 1 are superseded.
TEST(Recording, JoinsPartsWithoutAStepTwice) {
  SyntheticOptions options;
  options.steps = 100;
  options.snapshots = 5;  // at 0, 25, 50, 75, 100
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), options);
  {
    Layout layout = syntheticLayout(options);
    layout.scalar_names = {"lr", "new", "loss"};
    layout.scalar_units = {"", "", "nats"};
    RecordingWriter writer(folder / "recording-2.h5", layout, syntheticOrigin(options, 2, 61),
                           syntheticProbe(options));
    writer.append(Event{60, 15.0, "resume", "from step-00000060"});
    Snapshot start = syntheticSnapshot(options, 1);
    start.step = 60;
    writer.append(start);
    for (int64_t step = 61; step <= 80; ++step) {
      StepRow row = syntheticStep(options, step);
      row.scalars = {0.5f, 7.0f, static_cast<float>(step)};
      writer.append(row);
    }
    Snapshot later = syntheticSnapshot(options, 4);
    later.step = 80;
    writer.append(later);
    writer.finish();
  }
  const RecordingReader reader(folder.path());
  EXPECT_EQ(reader.origin().part, 2);
  ASSERT_EQ(reader.stepCount(), 80);
  const std::vector<StepRow> rows = reader.readSteps(58, 4);  // across the seam
  EXPECT_EQ(rows[0].step, 59);
  EXPECT_EQ(rows[1].step, 60);
  EXPECT_EQ(rows[2].step, 61);
  // Columns are those of the newest part; what an older part did not record is not a number.
  EXPECT_EQ(rows[1].scalars[0], 0.001f);
  EXPECT_TRUE(std::isnan(rows[1].scalars[1]));
  EXPECT_EQ(rows[1].scalars[2], syntheticStep(options, 60).scalars[0]);
  EXPECT_THAT(rows[2].scalars, ElementsAre(0.5f, 7.0f, 61.0f));
  EXPECT_EQ(rows[2].chosen, syntheticStep(options, 61).chosen);

  EXPECT_THAT(reader.snapshotSteps(), ElementsAre(0, 25, 50, 60, 80));
  expectSnapshot(reader, options, 2, 2);
  expectSnapshot(reader, options, 3, 1);
  expectSnapshot(reader, options, 4, 4);
  // Part 1's only event is of step 100.
  ASSERT_EQ(reader.eventCount(), 1);
  EXPECT_EQ(reader.readEvents(0, 1)[0].kind, "resume");
  EXPECT_EQ(RecordingReader(folder / "recording.h5").stepCount(), 80) << "any part opens the run";

  // Alone, under another name, a part is a recording of its own.
  std::filesystem::copy(folder / "recording-2.h5", folder / "copy.h5");
  EXPECT_EQ(RecordingReader(folder / "copy.h5").stepCount(), 20);

  std::filesystem::remove(folder / "recording.h5");
  EXPECT_THAT([&] { RecordingReader r(folder / "recording-2.h5"); },
              testing::ThrowsMessage<RecordingError>(HasSubstr("recording.h5 is missing")));
}

TEST(Recording, ShowsAnEventOnceThatTheNextPartBeginsWith) {
  const SyntheticOptions options;
  const TestFolder test_folder;
  const RunFolder folder{test_folder.path()};
  const Event early{3, 0.75, "setting", "aux.weight 0.1 → 0.2"};  // in force from step 3 on
  RecordingWriter first(folder.recording(1), syntheticLayout(options), syntheticOrigin(options),
                        syntheticProbe(options));
  first.append(syntheticStep(options, 1));
  first.append(syntheticStep(options, 2));
  first.append(Event{2, 0.5, "checkpoint", "2"});
  first.append(early);
  first.append(Event{3, 0.75, "setting", "train.learning_rate 0.1 → 0.2"});
  // The writer could not go on: a new part takes with it what is not in force yet.
  RecordingWriter second(folder.recording(2), syntheticLayout(options),
                         syntheticOrigin(options, 2, 3), syntheticProbe(options));
  second.append(early);
  second.append(Event{3, 1, "pause", ""});
  RecordingReader reader(folder.path);
  const auto texts = [&] {
    std::vector<std::string> result;
    for (const Event& event : reader.readEvents(0, reader.eventCount())) {
      result.push_back(event.kind + " " + event.text);
    }
    return result;
  };
  EXPECT_THAT(texts(), testing::ElementsAre("checkpoint 2", "setting aux.weight 0.1 → 0.2",
                                            "setting train.learning_rate 0.1 → 0.2", "pause "));
  // Its first step: now those of the part before are superseded.
  second.append(syntheticStep(options, 3));
  ASSERT_TRUE(reader.refresh());
  EXPECT_THAT(texts(),
              testing::ElementsAre("checkpoint 2", "setting aux.weight 0.1 → 0.2", "pause "));
}

TEST(Recording, APartOfAnotherRunChangesNothingOfWhatIsOpen) {
  const TestFolder folder;
  writeSyntheticRecording(folder / "run", {});
  RecordingReader reader(folder / "run");
  SyntheticOptions other;
  other.samples = 3;
  other.snapshots = 2;
  writeSyntheticRecording(folder / "other", other);
  std::filesystem::copy_file(folder / "other" / "recording.h5", folder / "run" / "recording-2.h5");
  for (int times = 0; times < 2; ++times) {
    EXPECT_THAT([&] { reader.refresh(); },
                testing::ThrowsMessage<RecordingError>(testing::HasSubstr("recording-2.h5")));
    EXPECT_EQ(reader.layout().samples, 8);
    EXPECT_EQ(reader.origins().size(), 1U);
    EXPECT_EQ(reader.snapshotSteps().size(), 5U);
    // expert = (p + n + l + s) % E of patch 3
    EXPECT_EQ(reader.readLayer(4, 1, 7, 1, false).image.expert[3], (3 + 7 + 1 + 4) % 4);
  }
  std::filesystem::remove(folder / "run" / "recording-2.h5");
  EXPECT_FALSE(reader.refresh());
  EXPECT_EQ(reader.layout().samples, 8);
}

TEST(Recording, RefusesPartsOfDifferentRuns) {
  SyntheticOptions options;
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), options);
  Origin origin = syntheticOrigin(options, 2, 50);
  origin.run_id = "another";
  RecordingWriter(folder / "recording-2.h5", syntheticLayout(options), origin,
                  syntheticProbe(options))
      .finish();
  EXPECT_THAT([&] { RecordingReader r(folder.path()); },
              testing::ThrowsMessage<RecordingError>(
                  testing::AllOf(HasSubstr("recording-2.h5"), HasSubstr("another run"))));
}

}  // namespace
}  // namespace limoe::probe::test
