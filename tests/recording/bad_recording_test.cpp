// Files that are no recordings, or damaged ones: an error that names file and fault, nothing worse.
#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "routing_probe/recording/recording_reader.h"
#include "tests/recording/recording_test_support.h"
#include "tests/recording/synthetic_recording.h"

namespace limoe::probe::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

void expectRefused(const std::filesystem::path& path, const std::string& why) {
  EXPECT_THAT([&] { RecordingReader reader(path); },
              testing::ThrowsMessage<RecordingError>(
                  AllOf(HasSubstr(path.filename().string()), HasSubstr(why))));
}

TEST(BadRecording, IsNamedWithWhatIsWrong) {
  const TestFolder folder;
  expectRefused(folder / "missing.h5", "no such file");
  expectRefused(folder.path(), "no recording here");
  std::ofstream(folder / "notes.h5") << "this is a text file, not a recording\n";
  expectRefused(folder / "notes.h5", "not an HDF5 file");
  std::ofstream(folder / "empty.h5").flush();
  expectRefused(folder / "empty.h5", "empty");
  std::filesystem::create_directory(folder / "recording.h5");
  expectRefused(folder / "recording.h5", "no recording here");
}

TEST(BadRecording, TruncatedAnywhereIsRefused) {
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), {});
  const auto size = std::filesystem::file_size(folder / "recording.h5");
  for (uintmax_t part = 1; part < 20; ++part) {
    std::filesystem::copy(folder / "recording.h5", folder / "cut.h5");
    std::filesystem::resize_file(folder / "cut.h5", size * part / 20);
    expectRefused(folder / "cut.h5", "damaged");
    std::filesystem::remove(folder / "cut.h5");
  }
}

/// Each change makes a good recording a bad one that h5py can still write.
struct Change {
  const char* name;
  const char* python;  ///< with `f`, the open file
  const char* why;
};
void PrintTo(const Change& change, std::ostream* out) {
  *out << change.name;
}

class ChangedRecording : public testing::TestWithParam<Change> {};
INSTANTIATE_TEST_SUITE_P(
    Changes, ChangedRecording,
    testing::Values(
        Change{"OtherSchema", "f.attrs.modify('format', np.bytes_('weights'))",
               "not a recording of routing"},
        Change{"NoFormat", "del f.attrs['format']", "not a recording of routing"},
        Change{"NewerVersion", "f.attrs.modify('version', np.int64(2))", "update the program"},
        Change{"NegativeVersion", "f.attrs.modify('version', np.int64(-3))", "version"},
        Change{"MissingAttribute", "del f.attrs['config']", "config"},
        Change{"AttributeOfAnotherType", "f.attrs['first_step'] = 'three'", "first_step"},
        Change{"MissingDataset", "del f['snapshots/text_gate']", "snapshots/text_gate"},
        Change{"MissingGroup", "del f['steps']", "steps"},
        Change{"AnotherElementType",
               "del f['steps/wall']; f.create_dataset('steps/wall', (100,), 'f4', "
               "maxshape=(None,), chunks=(1024,))",
               "steps/wall"},
        Change{"AnotherRank",
               "del f['steps/kept']; f.create_dataset('steps/kept', (100, 2), 'u4', "
               "maxshape=(None, 2), chunks=(1024, 2))",
               "steps/kept"},
        Change{"VariableLengthText",
               "del f['probe/captions']; f.create_dataset('probe/captions', (8,), "
               "h5py.string_dtype())",
               "probe/captions"},
        Change{"TooFewRows", "f['steps/kept'].resize(50, axis=0)", "steps/kept"},
        Change{"StepsThatDescend", "f['steps/step'][50] = 7", "does not ascend|comes after"},
        Change{"NegativePatches", "f.attrs.modify('patch_grid', np.array([-4, 4]))", "patch rows"},
        Change{"OtherPatches", "f.attrs.modify('patch_grid', np.array([5, 4]))",
               "does not fit the others"},
        Change{"HugeNumberOfRows", "f['snapshots/step'].resize(10**15, axis=0)", "snapshots/step"},
        Change{"HugeImages",
               "del f['probe/images']; f.create_dataset('probe/images', (8, 16384, 16384, 3), "
               "'u1', chunks=(1, 16384, 16384, 3), compression=1)",
               "does not fit|probe/images"},
        Change{"ManyLayers", "f.attrs['blocks'] = np.arange(5000)", "layers"}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(ChangedRecording, IsRefused) {
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), {});
  const CommandResult changed = runPython(
      "import sys, h5py, numpy as np\nf = h5py.File(sys.argv[1], 'r+', "
      "libver='v110')\n" +
          std::string(GetParam().python) + "\n",
      folder / "recording.h5");
  ASSERT_EQ(changed.status, 0) << changed.output;
  try {
    const RecordingReader reader(folder.path());
    const ProbeSet probe = reader.readProbe(0, 8);
    ADD_FAILURE() << "was read";
  } catch (const RecordingError& error) {
    EXPECT_THAT(error.what(), HasSubstr("recording.h5"));
    EXPECT_THAT(error.what(), testing::ContainsRegex(GetParam().why));
  }
}

TEST(BadRecording, ExpertsThatAreNotThereAreRefused) {
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), {});
  const CommandResult changed = runPython(
      "import sys, h5py\nf = h5py.File(sys.argv[1], 'r+')\n"
      "f['snapshots/image_expert'][1, 0, 2, 3, 0] = 200\n",
      folder / "recording.h5");
  ASSERT_EQ(changed.status, 0) << changed.output;
  const RecordingReader reader(folder.path());
  EXPECT_THAT([&] { reader.readLayer(1, 0, 0, 8, false); },
              testing::ThrowsMessage<RecordingError>(
                  AllOf(HasSubstr("snapshots/image_expert"), HasSubstr("expert 200 of 4"))));
  EXPECT_NO_THROW(reader.readLayer(0, 0, 0, 8, false));
}

TEST(BadRecording, FlippedBytesDoNoHarm) {
  const TestFolder folder;
  SyntheticOptions options;
  options.snapshots = 2;
  options.steps = 10;
  writeSyntheticRecording(folder.path(), options);
  const auto size = std::filesystem::file_size(folder / "recording.h5");
  std::mt19937_64 random(1);
  for (int round = 0; round < 100; ++round) {
    const std::filesystem::path path = folder / "flipped.h5";
    std::filesystem::copy(folder / "recording.h5", path);
    {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      const auto place = static_cast<std::streamoff>(random() % (round % 2 == 0 ? size : 20000));
      file.seekg(place);
      const char byte = static_cast<char>(file.get());
      file.seekp(place);
      file.put(static_cast<char>(byte ^ static_cast<char>(1 << (random() % 8))));
    }
    try {
      const RecordingReader reader(path);
      reader.readSteps(0, reader.stepCount());
      reader.readProbe(0, reader.layout().samples);
      for (size_t s = 0; s < reader.snapshotSteps().size(); ++s) {
        reader.readLayer(static_cast<int64_t>(s), 0, 0, 8, false);
      }
    } catch (const RecordingError& error) {
      EXPECT_THAT(error.what(), HasSubstr("flipped.h5"));
    }
    std::filesystem::remove(path);
  }
}

/// What a program without SWMR, or a worker killed before its file was open to readers, leaves.
TEST(BadRecording, NeverOpenedToReadersIsRefused) {
  const TestFolder folder;
  const CommandResult made = runPython(
      "import sys, os, h5py\nf = h5py.File(sys.argv[1], 'x', libver='v110')\n"
      "f['a'] = 1\nf.flush()\nos._exit(0)\n",
      folder / "recording.h5");
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_THAT([&] { RecordingReader reader(folder.path()); },
              testing::ThrowsMessage<RecordingError>(
                  AllOf(HasSubstr("recording.h5"), HasSubstr("start the run again"))));
}

}  // namespace
}  // namespace limoe::probe::test
