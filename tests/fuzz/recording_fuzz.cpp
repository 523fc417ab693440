// Fuzzes RecordingReader and checkRecording with recordings changed through the library
// (recording_changes.h) or damaged byte by byte (recording_edits.h); the first byte of the input
// says which. Whatever the file, opening and reading it either works or throws RecordingError
// naming the file, and the check ends with a report: it does not throw for what is in a file.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <span>

#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/recording_check.h"
#include "routing_probe/recording/recording_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/recording_changes.h"
#include "tests/fuzz/recording_edits.h"
#include "tests/recording/recording_test_support.h"

#ifdef LIMOE_SCOPE_FUZZER
// Where libhdf5, which is not instrumented, refused the file: counted as coverage, so that inputs
// that get further into the library are kept.
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t library_errors[1 << 14];

// The reader waits up to a second for a file that a worker is about to open to readers. Here time
// passes at once instead.
static int64_t slept_ns = 0;
extern "C" int nanosleep(const timespec* time, timespec*) {
  slept_ns += time->tv_sec * 1'000'000'000 + time->tv_nsec;
  return 0;
}
extern "C" int clock_gettime(clockid_t clock, timespec* time) {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_MONOTONIC) {
    const int64_t ns = time->tv_nsec + slept_ns;
    time->tv_sec += ns / 1'000'000'000;
    time->tv_nsec = ns % 1'000'000'000;
  }
  return result;
}
#endif

namespace {

using namespace limoe::probe;

#ifdef LIMOE_SCOPE_FUZZER
herr_t countError(unsigned, const H5E_error2_t* error, void*) {
  const size_t place =
      std::hash<std::string>()(std::string(error->func_name) + std::to_string(error->line));
  uint8_t& count = library_errors[place % sizeof(library_errors)];
  count = std::max<uint8_t>(count, 1);
  return 0;
}
herr_t countErrors(hid_t stack, void*) {
  return H5Ewalk2(stack, H5E_WALK_UPWARD, countError, nullptr);
}
#endif

/// The blocks of a read are as small as a program shows at once: a claim of the file must not make
/// them larger.
void readEverything(const std::filesystem::path& path) {
  RecordingReader reader(path);
  const Layout& layout = reader.layout();
  const int64_t samples = std::min<int64_t>(layout.samples, 4);
  for (const int64_t first : {int64_t{0}, std::max<int64_t>(0, reader.stepCount() - 64)}) {
    reader.readSteps(first, std::min<int64_t>(64, reader.stepCount() - first));
  }
  reader.readEvents(0, std::min<int64_t>(reader.eventCount(), 64));
  reader.readProbe(0, samples);
  const auto snapshots = std::min<int64_t>(4, static_cast<int64_t>(reader.snapshotSteps().size()));
  for (int64_t s = 0; s < snapshots; ++s) {
    reader.readSummary(s);
    for (int64_t l = 0; l < std::min<int64_t>(layout.layers, 4); ++l) {
      reader.readLayer(s, l, 0, samples, true);
    }
  }
  reader.refresh();
}

struct Fuzzing {
  Fuzzing() {
    hdf5::prepareThread();
#ifdef LIMOE_SCOPE_FUZZER
    H5Eset_auto2(H5E_DEFAULT, countErrors, nullptr);
#endif
  }
  test::TestFolder folder;
  test::GoodRecording good = test::makeGoodRecording();
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Fuzzing fuzzing;
  static const bool may_repair = std::getenv("LIMOE_FUZZ_REPAIR") != nullptr;
  const std::span<const uint8_t> input(data, size);
  const bool through_library = size > 0 && data[0] % 2 != 0;
  const std::vector<uint8_t> bytes = through_library || size == 0
                                         ? fuzzing.good.bytes
                                         : test::edited(fuzzing.good, input.subspan(1), may_repair);
  const std::filesystem::path path = fuzzing.folder / "fuzzed.h5";
  std::filesystem::remove(path);  // the library knows files by their inode
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (through_library) {
    test::change(path, input.subspan(1));
  }
  try {
    readEverything(path);
  } catch (const RecordingError& error) {
    limoe::fuzz::requireNamed(error, path);
  }
  checkRecording(path, [](const std::string&, double) {});
  if (const ssize_t open = H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL); open != 0) {
    std::fprintf(stderr, "%zd objects of the library are still open\n", open);
    std::abort();
  }
  return 0;
}
