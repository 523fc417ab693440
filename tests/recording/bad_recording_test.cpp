// Files that are no recordings, or damaged ones: an error that names file and fault, nothing worse.
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <random>
#include <set>

#include "routing_probe/recording/recording_reader.h"
#include "tests/recording/recording_test_support.h"
#include "tests/recording/synthetic_recording.h"

// Stands before the C library's, also for libhdf5, as a mount does that has no locks.
static bool locks_are_refused = false;
extern "C" int flock(int descriptor, int operation) noexcept {
  if (locks_are_refused) {
    errno = ENOLCK;
    return -1;
  }
  return static_cast<int>(syscall(SYS_flock, descriptor, operation));
}

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

/// Makes, beside the good recording, one file for each dataset of it and each thing that can be
/// wrong with a dataset: FAULT--GROUP-NAME.h5.
constexpr const char* kSpoilEveryDataset = R"(
import sys, os, shutil, h5py, numpy as np
good = sys.argv[1]
folder = os.path.dirname(good)

def again(f, d, **changed):
    kept = dict(shape=d.shape, dtype=d.dtype, maxshape=d.maxshape, chunks=d.chunks)
    kept.update(changed)
    name, attributes = d.name, dict(d.attrs)
    del f[name]
    new = f.create_dataset(name, **kept)
    for k, v in attributes.items():
        new.attrs.create(k, np.array(v, dtype='S'))

def type_(f, d): again(f, d, dtype='f8' if d.dtype != np.float64 else 'i2')
def signed(f, d): again(f, d, dtype={'u': 'i', 'i': 'u'}.get(d.dtype.kind, '>f') + str(d.dtype.itemsize)) \
    if d.dtype.kind in 'ui' else again(f, d, dtype='S7')
def rank(f, d): again(f, d, shape=d.shape + (1,), maxshape=d.maxshape + (1,), chunks=d.chunks and d.chunks + (1,))
def flat(f, d): again(f, d, shape=(), maxshape=None, chunks=None)
def group(f, d): n = d.name; del f[n]; f.create_group(n)
def soft(f, d): n = d.name; f.move(n, 'elsewhere'); f[n] = h5py.SoftLink('/elsewhere')
def dangling(f, d): n = d.name; del f[n]; f[n] = h5py.SoftLink('/nowhere')
def external(f, d): n = d.name; del f[n]; f[n] = h5py.ExternalLink(os.path.basename(good), n)
def committed(f, d): f['type'] = d.dtype; again(f, d, dtype=f['type'])
def variable(f, d): again(f, d, dtype=h5py.string_dtype())
def lzf(f, d): again(f, d, chunks=d.chunks or tuple(max(1, s) for s in d.shape), compression='lzf')
def chunks(f, d): again(f, d, shape=d.shape, maxshape=(None,) * d.ndim, chunks=(1 << 27,) + (d.chunks or d.shape)[1:])
def elsewhere(f, d): again(f, d, chunks=None, maxshape=None, external=[(folder + '/raw', 0, h5py.h5f.UNLIMITED)])
def virtual(f, d):
    n = d.name; layout = h5py.VirtualLayout(d.shape, d.dtype); layout[...] = h5py.VirtualSource(good, n, d.shape)
    del f[n]; f.create_virtual_dataset(n, layout)
def compact(f, d):
    n, shape, dtype = d.name, d.shape, d.dtype; del f[n]
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE); p.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(f.id, n.encode(), h5py.h5t.py_create(dtype, logical=True), h5py.h5s.create_simple(shape), p)
def missing(f, d): del f[d.name]
def absurd(f, d): again(f, d, shape=(1 << 60,) + d.shape[1:], maxshape=(None,) * d.ndim, chunks=d.chunks or (1,) * d.ndim)
def none(f, d): again(f, d, shape=(0,) + d.shape[1:], maxshape=(None,) + d.shape[1:], chunks=d.chunks or (1,) * d.ndim)

names = []
with h5py.File(good) as f:
    f.visititems(lambda n, o: names.append(n) if isinstance(o, h5py.Dataset) else None)
for spoil in (type_, signed, rank, flat, group, soft, dangling, external, committed, variable, lzf, chunks,
              elsewhere, virtual, compact, missing, absurd, none):
    for name in names:
        path = f"{folder}/{spoil.__name__}--{name.replace('/', '--')}.h5"
        shutil.copy(good, path)
        try:
            with h5py.File(path, 'r+', libver='v110') as f:
                spoil(f, f[name])
        except (ValueError, TypeError, RuntimeError, OSError) as error:
            os.remove(path)  # HDF5 itself refuses to make this one
os.remove(good)
)";

/// What is not a fault: datasets that a recording may go without, and an index without rows, which
/// says that nothing is committed yet.
bool isHarmless(const std::string& fault, const std::string& dataset) {
  const std::set<std::string> optional = {"steps/scalars", "snapshots/metrics",
                                          "snapshots/embeddings"};
  const std::set<std::string> indices = {"steps/step", "snapshots/step", "events"};
  return (fault == "missing" && optional.contains(dataset)) ||
         (fault == "none" && indices.contains(dataset));
}

TEST(BadRecording, EveryDatasetIsChecked) {
  const TestFolder folder;
  SyntheticOptions options;
  options.steps = 20;
  options.snapshots = 2;
  options.probabilities = true;
  writeSyntheticRecording(folder.path(), options);
  const CommandResult spoilt = runPython(kSpoilEveryDataset, folder / "recording.h5");
  ASSERT_EQ(spoilt.status, 0) << spoilt.output;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string file = entry.path().filename().string();
    if (!file.ends_with(".h5")) {
      continue;
    }
    const size_t begin = file.find("--");
    const std::string fault = file.substr(0, begin);
    std::string dataset = file.substr(begin + 2, file.size() - begin - 5);
    if (const size_t dash = dataset.find("--"); dash != std::string::npos) {
      dataset.replace(dash, 2, "/");
    }
    ++files;
    try {
      const RecordingReader reader(entry.path());
      reader.readProbe(0, 1);
      EXPECT_TRUE(isHarmless(fault, dataset)) << file << " was read";
    } catch (const RecordingError& error) {
      // Sizes that all datasets share are named by what they count.
      EXPECT_THAT(error.what(),
                  AllOf(HasSubstr(file),
                        testing::AnyOf(HasSubstr(": " + dataset), HasSubstr("open " + dataset),
                                       HasSubstr("find " + dataset),
                                       HasSubstr("the number of probe samples"),
                                       HasSubstr("the number of labels"))))
          << file;
    }
  }
  EXPECT_GT(files, 300);
}

TEST(BadRecording, AMountWithoutLocksIsReadWithoutThem) {
  const TestFolder folder;
  writeSyntheticRecording(folder.path(), {});
  locks_are_refused = true;
  EXPECT_NO_THROW({
    const RecordingReader reader(folder.path());
    EXPECT_EQ(reader.stepCount(), 100);
    EXPECT_EQ(reader.readSteps(99, 1).front().step, 100);
  });
  locks_are_refused = false;
}

TEST(BadRecording, AnOlderFormatOfHdf5IsNamed) {
  const TestFolder folder;
  const CommandResult made = runPython(
      "import sys, h5py\nf = h5py.File(sys.argv[1], 'x', libver='earliest')\n"
      "f.attrs['format'] = 'limoe-routing'\n",
      folder / "old.h5");
  ASSERT_EQ(made.status, 0) << made.output;
  expectRefused(folder / "old.h5", "h5repack --low=2 --high=2");
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
