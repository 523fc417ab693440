// What `limoe info`, `limoe check` and `limoe check --repair` do to a recording, without the rest
// of limoe: starts in milliseconds, so that tests can do it a thousand times.
//
//     recording_tool open|check|repair FILE
//
// Prints what was found; exit status 0 (done, sound) or 1.
#include <filesystem>
#include <iostream>
#include <string>

#include "routing_probe/recording/recording_check.h"

namespace {

using namespace limoe::probe;  // NOLINT: a test's main file

int tell(const RecordingReport& report, const std::string& file) {
  for (const std::string& fault : report.faults) {
    std::cout << file << ": " << fault << '\n';
  }
  if (report.faults.empty()) {
    std::cout << file << ": nothing was lost\n";
  }
  return report.faults.empty() ? 0 : 1;
}

int run(const std::string& what, const std::string& file) {
  const auto ignore = [](const std::string&, double) {};
  if (what == "open") {
    const RecordingReader reader{std::filesystem::path(file)};
    std::cout << reader.stepCount() << " steps\n";
    return 0;
  }
  if (what == "check") {
    return tell(checkRecording(file, ignore), file);
  }
  const std::filesystem::path out = file.substr(0, file.rfind('.')) + ".repaired.h5";
  tell(repairRecording(file, out, ignore), file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
