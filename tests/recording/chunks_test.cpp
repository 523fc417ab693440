// Parts of a snapshot that lie in several chunks, read in any order.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "routing_probe/recording/recording_reader.h"
#include "tests/recording/recording_test_support.h"
#include "tests/recording/synthetic_recording.h"

namespace limoe::probe::test {
namespace {

/// Samples [first, first + samples) of `values`, which are of all samples.
template <typename T>
std::vector<T> part(const std::vector<T>& values, int64_t all, int64_t first, int64_t samples) {
  const int64_t each = static_cast<int64_t>(values.size()) / all;
  return {values.begin() + first * each, values.begin() + (first + samples) * each};
}

/// 256 patches: a chunk of 128 kB holds 512 samples' experts, 256 gates, 124 places in the queue
/// and 32 distributions over 4 experts.
SyntheticOptions manySamples() {
  SyntheticOptions options;
  options.samples = 600;
  options.patch_rows = options.patch_columns = 16;
  options.pixels = 1;
  options.snapshots = 2;
  options.steps = 2;
  options.probabilities = true;
  return options;
}

/// Reads parts across the ends of chunks and beside them, forwards and backwards.
void expectEveryPart(const RecordingReader& reader, const SyntheticOptions& options) {
  const std::vector<Snapshot> written = {syntheticSnapshot(options, 0),
                                         syntheticSnapshot(options, 1)};
  for (const auto& [first, samples] : std::vector<std::pair<int64_t, int64_t>>{{0, 600},
                                                                               {31, 2},
                                                                               {599, 1},
                                                                               {511, 1},
                                                                               {512, 1},
                                                                               {123, 2},
                                                                               {0, 1},
                                                                               {255, 2},
                                                                               {100, 300},
                                                                               {512, 88},
                                                                               {500, 64}}) {
    for (const size_t snapshot : {1, 0}) {
      for (const size_t layer : {0, 1}) {
        SCOPED_TRACE(testing::Message() << first << ", " << samples << " of layer " << layer);
        const LayerSlice& all = written[snapshot].layers[layer];
        const auto expected = [&, at = first, count = samples](const auto& values) {
          return part(values, options.samples, at, count);
        };
        const LayerSlice read = reader.readLayer(static_cast<int64_t>(snapshot),
                                                 static_cast<int64_t>(layer), first, samples, true);
        ASSERT_EQ(read.image.expert, expected(all.image.expert));
        ASSERT_EQ(read.image.gate, expected(all.image.gate));
        ASSERT_EQ(read.image.kept, expected(all.image.kept));
        ASSERT_EQ(read.image.margin, expected(all.image.margin));
        ASSERT_EQ(read.image.probability, expected(all.image.probability));
        ASSERT_EQ(read.text.expert, expected(all.text.expert));
        ASSERT_EQ(read.text.runner_up, expected(all.text.runner_up));
        ASSERT_EQ(read.order, expected(all.order));
        const LayerSlice choices = reader.readChoices(static_cast<int64_t>(snapshot),
                                                      static_cast<int64_t>(layer), first, samples);
        ASSERT_EQ(choices.first_sample, first);
        ASSERT_EQ(choices.samples, samples);
        ASSERT_EQ(choices.image.expert, expected(all.image.expert));
        ASSERT_EQ(choices.image.kept, expected(all.image.kept));
        ASSERT_EQ(choices.text.expert, expected(all.text.expert));
        ASSERT_EQ(choices.text.kept, expected(all.text.kept));
        ASSERT_TRUE(choices.image.gate.empty() && choices.text.margin.empty() &&
                    choices.order.empty());
      }
    }
  }
}

TEST(ManyChunks, AnySamplesAreReadInAnyOrder) {
  const TestFolder folder;
  writeSyntheticRecording(folder / "run", manySamples());
  expectEveryPart(RecordingReader(folder / "run"), manySamples());
}

TEST(ManyChunks, SoAreThoseThatAnotherProgramPackedInItsOwnWay) {
  const TestFolder folder;
  writeSyntheticRecording(folder / "run", manySamples());
  // Without the shuffle, uncompressed, and in chunks of other shapes.
  const CommandResult repacked = runPython(R"(
import h5py, sys
with h5py.File(sys.argv[1], "r+") as f:
    def repack(name, chunks, **filters):
        values = f[name][:]
        del f[name]
        f.create_dataset(name, data=values, chunks=chunks, maxshape=(None,) + values.shape[1:], **filters)
    repack("snapshots/image_gate", (1, 1, 100, 256, 1), compression="gzip")
    repack("snapshots/image_kept", (1, 1, 50, 256, 1))
    repack("snapshots/image_margin", (1, 1, 77, 256), compression="gzip", shuffle=True)
    repack("snapshots/text_runner_up", (1, 2, 600, 4), compression="gzip", shuffle=True)
    repack("snapshots/order", (2, 1, 64, 264), compression="gzip", shuffle=True)
)",
                                           folder / "run" / "recording.h5");
  ASSERT_EQ(repacked.status, 0) << repacked.output;
  expectEveryPart(RecordingReader(folder / "run"), manySamples());
}

}  // namespace
}  // namespace limoe::probe::test
