// How long it takes to open, look around in and follow a recording. First make a large one:
//
//     build/tests/bench/large_recording RUN && build/tests/bench/recording_bench RUN
//
// Cold: the file's pages have been dropped from the system's cache. A seek reads what the window
// shows of a place: 64 images and captions, and a layer's decisions for them. Each section runs in
// a process of its own, whose largest memory (VmHWM) is printed. Values read are checked. Beside
// the time is the processor's: on a busy machine that is what to compare.
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "routing_probe/recording/recording_reader.h"
#include "routing_probe/recording/recording_writer.h"
#include "routing_probe/recording/run_folder.h"
#include "tests/bench/large_probe.h"

namespace {

using namespace limoe::probe;
using Clock = std::chrono::steady_clock;

constexpr int64_t kPageSamples = 64;  // as the window reads
constexpr auto kPollInterval = std::chrono::milliseconds(333);

double millisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double processorMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

/// Milliseconds on the clock and of the processor.
struct Times {
  std::vector<double> clock;
  std::vector<double> processor;

  void add(const std::function<void()>& work) {
    const double before = processorMilliseconds();
    const auto begin = Clock::now();
    work();
    clock.push_back(millisecondsSince(begin));
    processor.push_back(processorMilliseconds() - before);
  }
};

double atQuantile(std::vector<double> values, double quantile) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(quantile * static_cast<double>(values.size() - 1))];
}

/// Largest resident memory of this process so far, MB.
double peakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::atof(line.c_str() + 6) / 1024;
    }
  }
  return 0;
}

pid_t startChild(const std::function<void()>& body) {
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    int status = 0;
    try {
      body();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "recording_bench: %s\n", error.what());
      status = 1;
    }
    std::fflush(stdout);
    _exit(status);
  }
  return pid;
}

void waitFor(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) {
    throw std::runtime_error("a measurement failed");
  }
}

void dropFromCache(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  close(descriptor);
}

bench::LargeSizes sizesOf(const RecordingReader& reader) {
  bench::LargeSizes sizes;
  sizes.samples = reader.layout().samples;
  sizes.layers = reader.layout().layers;
  sizes.snapshots = static_cast<int64_t>(reader.snapshotSteps().size());
  return sizes;
}

/// Images, captions and decisions of a page, as the window asks for them.
void readPage(const RecordingReader& reader, int64_t page, int64_t layer, int64_t snapshot,
              Times& times) {
  const int64_t first = page * kPageSamples;
  const int64_t samples = std::min(kPageSamples, reader.layout().samples - first);
  ProbeSet probe;
  LayerSlice slice;
  times.add([&] {
    probe = reader.readProbe(first, samples);
    slice = reader.readLayer(snapshot, layer, first, samples, false);
  });
  const bench::LargeSizes sizes = sizesOf(reader);
  const LayerSlice expected = bench::largeLayer(sizes, snapshot, layer, first, samples);
  if (slice.image.expert != expected.image.expert || slice.text.gate != expected.text.gate ||
      slice.image.margin != expected.image.margin || slice.order != expected.order ||
      probe.images != bench::largeImages(sizes, first, samples)) {
    throw std::runtime_error("page " + std::to_string(page) + " of layer " + std::to_string(layer) +
                             " was read wrong");
  }
}

void measureOpening(const std::filesystem::path& run, const char* cache) {
  std::unique_ptr<RecordingReader> reader;
  Times times;
  times.add([&] { reader = std::make_unique<RecordingReader>(run); });
  const auto newest = static_cast<int64_t>(reader->snapshotSteps().size()) - 1;
  Snapshot summary;
  times.add([&] { summary = reader->readSummary(newest); });
  readPage(*reader, 0, 0, newest, times);
  const bench::LargeSizes sizes = sizesOf(*reader);
  const uint64_t tokens =
      std::accumulate(summary.tokens.begin(), summary.tokens.end(), uint64_t{0});
  std::printf(
      "%-5s open %6.1f ms (processor %5.1f), per-expert totals of %.0f million decisions "
      "%5.2f ms (%5.2f), first page %6.1f ms (%5.1f)   %4.0f MB\n",
      cache, times.clock[0], times.processor[0],
      static_cast<double>(sizes.samples * sizes.patches() * sizes.layers) / 1e6, times.clock[1],
      times.processor[1], times.clock[2], times.processor[2], peakMegabytes());
  if (tokens == 0) {
    throw std::runtime_error("the totals were read wrong");
  }
}

void measureSeeks(const std::filesystem::path& run, bool cold) {
  constexpr int kSeeks = 200;
  const RecordingReader reader(run);
  const int64_t pages = (reader.layout().samples + kPageSamples - 1) / kPageSamples;
  const auto snapshots = static_cast<int64_t>(reader.snapshotSteps().size());
  std::mt19937_64 random(7);
  const auto pick = [&](int64_t below) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(below));
  };
  Times places;
  Times layers;
  Times pictures;
  for (int i = 0; i < kSeeks; ++i) {
    if (cold) {
      dropFromCache(RunFolder{run}.recording(1));
    }
    const int64_t page = pick(pages);
    readPage(reader, page, pick(reader.layout().layers), pick(snapshots), places);
    const int64_t first = page * kPageSamples;
    const int64_t samples = std::min(kPageSamples, reader.layout().samples - first);
    layers.add([&] {
      reader.readLayer(pick(snapshots), pick(reader.layout().layers), first, samples, false);
    });
    pictures.add([&] { reader.readProbe(pick(reader.layout().samples), 1); });
  }
  const auto print = [&](const char* what, const Times& times) {
    std::printf(
        "%-5s seek to %-32s median %5.1f ms, p99 %5.1f, max %5.1f "
        "(processor %4.1f, %4.1f, %4.1f)\n",
        cold ? "cold" : "warm", what, atQuantile(times.clock, 0.5), atQuantile(times.clock, 0.99),
        atQuantile(times.clock, 1), atQuantile(times.processor, 0.5),
        atQuantile(times.processor, 0.99), atQuantile(times.processor, 1));
  };
  print("64 images with a layer of a step", places);
  print("a layer of a step, 64 images", layers);
  print("one image", pictures);
  std::printf("%-5s after %d seeks %4.0f MB\n", cold ? "cold" : "warm", 3 * kSeeks,
              peakMegabytes());
}

void follow(const std::filesystem::path& run) {
  RecordingReader reader(run);
  int64_t read = 0;
  while (true) {
    reader.refresh();
    reader.readSteps(read, reader.stepCount() - read);
    read = reader.stepCount();
    std::this_thread::sleep_for(kPollInterval);
  }
}

struct AppendTimes {
  double mean = 0;
  double median = 0;
  double p99 = 0;
};

/// Microseconds to append a step's row, 200 rows a second, while `readers` processes follow.
AppendTimes measureAppending(const std::filesystem::path& folder, int readers) {
  constexpr int64_t kRows = 600;
  constexpr auto kStep = std::chrono::milliseconds(5);
  const RunFolder run{folder / ("readers-" + std::to_string(readers))};
  std::filesystem::remove_all(run.path);
  std::filesystem::create_directories(run.path);
  bench::LargeSizes sizes;
  sizes.samples = kPageSamples;
  std::vector<pid_t> children;
  AppendTimes result;
  {
    const RunLock lock(run);
    RecordingWriter writer(run.recording(1), bench::largeLayout(sizes), bench::largeOrigin(sizes),
                           bench::largeProbe(sizes), [&](int64_t first, int64_t count) {
                             return bench::largeImages(sizes, first, count);
                           });
    // A child inherits the library's state, but it opens the file anew and ends without tidying.
    for (int i = 0; i < readers; ++i) {
      children.push_back(startChild([&] {
        const std::string program = "/proc/self/exe";
        execl(program.c_str(), "recording_bench", "--follow", run.path.c_str(), nullptr);
      }));
    }
    std::vector<double> times;
    double sum = 0;
    for (int64_t step = 1; step <= kRows; ++step) {
      const StepRow row = bench::largeStep(sizes, step);
      const auto begin = Clock::now();
      writer.append(row);
      times.push_back(1000 * millisecondsSince(begin));
      sum += times.back();
      std::this_thread::sleep_until(begin + kStep);
    }
    result = {sum / kRows, atQuantile(times, 0.5), atQuantile(times, 0.99)};
    for (const pid_t child : children) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }
  std::filesystem::remove_all(run.path);
  return result;
}

void measureReaders(const std::filesystem::path& folder) {
  constexpr int kRounds = 3;
  const std::vector<int> readers = {0, 1, 3};
  std::vector<std::vector<double>> medians(readers.size());
  std::vector<std::vector<double>> means(readers.size());
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < readers.size(); ++i) {
      const AppendTimes times = measureAppending(folder, readers[i]);
      medians[i].push_back(times.median);
      means[i].push_back(times.mean);
    }
  }
  const double alone = atQuantile(medians[0], 0.5);
  for (size_t i = 0; i < readers.size(); ++i) {
    const double median = atQuantile(medians[i], 0.5);
    std::printf("append a step, %d readers: median %5.0f µs, mean %5.0f µs, ratio %.2f\n",
                readers[i], median, atQuantile(means[i], 0.5), median / alone);
  }
}

void measureSnapshots(const std::filesystem::path& folder) {
  constexpr int64_t kSnapshots = 5;
  bench::LargeSizes sizes;
  sizes.samples = 1000;
  sizes.steps = kSnapshots - 1;
  sizes.snapshots = kSnapshots;
  const RunFolder run{folder / "snapshots"};
  std::filesystem::remove_all(run.path);
  std::filesystem::create_directories(run.path);
  RecordingWriter writer(run.recording(1), bench::largeLayout(sizes), bench::largeOrigin(sizes),
                         bench::largeProbe(sizes), [&](int64_t first, int64_t count) {
                           return bench::largeImages(sizes, first, count);
                         });
  std::vector<double> times;
  const auto before = std::filesystem::file_size(run.recording(1));
  for (int64_t s = 0; s < kSnapshots; ++s) {
    Snapshot snapshot = bench::largeSummary(sizes, s);
    for (int64_t l = 0; l < sizes.layers; ++l) {
      snapshot.layers.push_back(bench::largeLayer(sizes, s, l, 0, sizes.samples));
    }
    const auto begin = Clock::now();
    writer.append(snapshot);
    times.push_back(millisecondsSince(begin));
  }
  writer.finish();
  const double bytes =
      static_cast<double>(std::filesystem::file_size(run.recording(1)) - before) / kSnapshots;
  const double decisions = static_cast<double>(sizes.samples * sizes.patches() * sizes.layers);
  std::printf("a snapshot of %lld images: %.0f ms, %.1f MB (%.2f bytes an image decision)\n",
              static_cast<long long>(sizes.samples), atQuantile(times, 0.5), bytes / 1e6,
              bytes / decisions);
  std::filesystem::remove_all(run.path);
}

void measure(const std::filesystem::path& run) {
  const std::filesystem::path file = RunFolder{run}.recording(1);
  std::printf("%s: %.2f GB\n", file.c_str(),
              static_cast<double>(std::filesystem::file_size(file)) / 1e9);
  dropFromCache(file);
  waitFor(startChild([&] { measureOpening(run, "cold"); }));
  waitFor(startChild([&] { measureOpening(run, "warm"); }));
  waitFor(startChild([&] { measureSeeks(run, true); }));
  waitFor(startChild([&] { measureSeeks(run, false); }));
  const std::filesystem::path scratch = run / "bench";
  std::filesystem::create_directories(scratch);
  waitFor(startChild([&] { measureSnapshots(scratch); }));
  waitFor(startChild([&] { measureReaders(scratch); }));
  std::filesystem::remove_all(scratch);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3 && std::string(argv[1]) == "--follow") {
      follow(argv[2]);
    } else if (argc == 2) {
      measure(argv[1]);
    } else {
      std::fprintf(stderr, "usage: recording_bench RUN\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "recording_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
