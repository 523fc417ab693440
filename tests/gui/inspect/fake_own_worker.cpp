// Stands in for `limoe probe --model RUN --list - --json`: keeps what it was asked in
// RUN/request.json, writes a synthetic recording with as many samples, and answers as limoe does.
//
// A run's folder called "broken" makes it fail as where no image can be read, one called "slow"
// makes it wait to be ended; it writes its process id to RUN/pid.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/recording/synthetic_recording.h"

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const std::vector<std::string> given(argv + 1, argv + argc);
  if (given.size() != 6 || given[0] != "probe" || given[1] != "--model" || given[3] != "--list" ||
      given[4] != "-" || given[5] != "--json") {
    return 2;
  }
  const fs::path run = given[2];
  const std::string request{std::istreambuf_iterator<char>(std::cin), {}};
  std::ofstream(run / "request.json") << request;
  std::ofstream(run / "pid") << getpid();
  std::cerr << "reading 1 of 3\nrouting 3 samples in groups of 4" << std::endl;
  if (run.filename() == "broken") {
    std::cerr << "limoe: none of the images and captions can be used\n  /a.png: is damaged"
              << std::endl;
    return 1;
  }
  if (run.filename() == "slow") {
    sleep(60);
  }
  using namespace limoe::probe;  // NOLINT(google-build-using-namespace)
  test::SyntheticOptions options;
  options.samples = static_cast<int64_t>(nlohmann::json::parse(request).at("samples").size());
  fs::create_directories(run / "probes");
  const fs::path path = fs::absolute(run / "probes/own-7.h5");
  RecordingWriter writer(path, test::syntheticLayout(options), test::syntheticOrigin(options),
                         test::syntheticProbe(options));
  writer.append(test::syntheticSnapshot(options, 0));
  writer.finish();
  std::cout << nlohmann::json{{"recording", path.string()},
                              {"step", 7},
                              {"samples", options.samples},
                              {"remarks", {"caption “x”: unknown"}}}
                   .dump()
            << std::endl;
  return 0;
}
