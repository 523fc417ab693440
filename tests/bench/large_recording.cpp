// Makes a recording of 50,000 images at 196 patches and 12 MoE layers, 118 million image decisions
// a snapshot, without training: for measurements, and for looking at what such a run does to the
// window. Takes a few minutes and about 6 GB of disk.
//
//     build/tests/bench/large_recording RUN [SAMPLES [SNAPSHOTS [STEPS]]]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "routing_probe/recording/recording_writer.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/bench/large_probe.h"

namespace {

namespace bench = limoe::probe::bench;
using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void writeSnapshot(limoe::probe::RecordingWriter& writer, const bench::LargeSizes& sizes,
                   int64_t snapshot) {
  const auto summary = bench::largeSummary(sizes, snapshot);
  double making = 0;
  const auto begin = Clock::now();
  writer.append(summary, [&](int64_t layer) {
    std::fprintf(stderr, "\rsnapshot %lld: layer %lld of %lld ", static_cast<long long>(snapshot),
                 static_cast<long long>(layer + 1), static_cast<long long>(sizes.layers));
    const auto begin_making = Clock::now();
    auto slice = bench::largeLayer(sizes, snapshot, layer, 0, sizes.samples);
    making += secondsSince(begin_making);
    return slice;
  });
  std::fprintf(stderr, "\n");
  std::printf("snapshot %lld: %.1f s to write, %.1f s to make up\n",
              static_cast<long long>(snapshot), secondsSince(begin) - making, making);
  std::fflush(stdout);
}

void write(const limoe::probe::RunFolder& folder, const bench::LargeSizes& sizes) {
  std::filesystem::create_directories(folder.path);
  const auto begin = Clock::now();
  const auto images = [&](int64_t first, int64_t count) {
    std::fprintf(stderr, "\rimages: %lld of %lld ", static_cast<long long>(first),
                 static_cast<long long>(sizes.samples));
    return bench::largeImages(sizes, first, count);
  };
  limoe::probe::RecordingWriter writer(folder.recording(1), bench::largeLayout(sizes),
                                       bench::largeOrigin(sizes), bench::largeProbe(sizes), images);
  std::fprintf(stderr, "\n");
  std::printf("probe: %.1f s, %.2f GB\n", secondsSince(begin),
              static_cast<double>(std::filesystem::file_size(folder.recording(1))) / 1e9);
  std::fflush(stdout);
  int64_t snapshot = 0;
  for (int64_t step = 0; step <= sizes.steps; ++step) {
    if (step > 0) {
      writer.append(bench::largeStep(sizes, step));
    }
    while (snapshot < sizes.snapshots && bench::largeSnapshotStep(sizes, snapshot) == step) {
      writeSnapshot(writer, sizes, snapshot++);
    }
  }
  writer.finish();
  std::printf("all: %.1f s, %.2f GB\n", secondsSince(begin),
              static_cast<double>(std::filesystem::file_size(folder.recording(1))) / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: large_recording RUN [SAMPLES [SNAPSHOTS [STEPS]]]\n");
    return 2;
  }
  bench::LargeSizes sizes;
  sizes.samples = argc > 2 ? std::atoll(argv[2]) : sizes.samples;
  sizes.snapshots = argc > 3 ? std::atoll(argv[3]) : sizes.snapshots;
  sizes.steps = argc > 4 ? std::atoll(argv[4]) : sizes.steps;
  try {
    write({argv[1]}, sizes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "\nlarge_recording: %s\n", error.what());
    return 1;
  }
  return 0;
}
