// `limoe check`: whether recordings, checkpoints and configurations are sound, in words; and a
// sound recording made of a damaged one.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "routing_probe/recording/recording_check.h"
#include "routing_probe/recording/run_folder.h"
#include "routing_probe/worker/checkpoint_check.h"
#include "routing_probe/worker/commands.h"
#include "routing_probe/worker/interruption.h"
#include "routing_probe/worker/long_work.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;

struct CheckOptions {
  std::vector<std::string> paths;
  bool repair = false;
  std::string output;
  bool in_place = false;
};

enum class Kind { Recording, Safetensors, Configuration };

struct Item {
  fs::path path;
  Kind kind;
};

std::string rangeOf(const char* name, const std::vector<int64_t>& steps) {
  std::string text = std::to_string(steps.size()) + " " + name;
  if (!steps.empty()) {
    text += " (" + std::to_string(steps.front()) +
            (steps.size() > 1 ? " … " + std::to_string(steps.back()) : "") + ")";
  }
  return text;
}

std::string contentOf(const RecordingReport& report) {
  return rangeOf("steps", report.steps) + ", " + rangeOf("snapshots", report.snapshot_steps) +
         ", " + std::to_string(report.events) + " events";
}

std::string stateOf(const RecordingReport& report, const fs::path& file) {
  switch (report.state) {
    case RunState::Live:
      return "still being written; this is what is committed";
    case RunState::Finished:
      return "finished";
    case RunState::Died:
      break;
  }
  if (report.steps.empty() && report.snapshot_steps.empty()) {
    return "its writer died before it recorded anything";
  }
  return "its writer died. Nothing needs to be repaired to read it with limoe-scope or h5py "
         "(swmr=True); tools without SWMR, such as h5dump, need a copy: limoe check --repair " +
         file.string();
}

/// Returns whether the file is sound.
bool tell(LongWork& work, const fs::path& path, const std::vector<std::string>& faults,
          const std::vector<std::string>& notes, const std::string& content,
          const std::string& remedy) {
  if (faults.empty()) {
    work.say(path.string() + ": sound: " + content);
  } else {
    const auto count = std::to_string(faults.size());
    work.say(path.string() + ": " + count + (faults.size() == 1 ? " fault" : " faults"));
    for (const std::string& fault : faults) {
      work.say("  " + fault);
    }
    work.say("  " + remedy);
  }
  for (const std::string& note : notes) {
    work.say("  note: " + note);
  }
  return faults.empty();
}

/// Most of the signature is there: a repair makes up for a few flipped bytes.
bool looksLikeHdf5(const fs::path& file) {
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
  std::array<char, kSignature.size()> bytes{};
  std::ifstream(file, std::ios::binary).read(bytes.data(), bytes.size());
  return std::inner_product(bytes.begin(), bytes.end(), kSignature.begin(), 0, std::plus<>(),
                            std::equal_to<>()) >= 5;
}

/// Opening a pipe would wait for its other end.
void requireFile(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) {
    throw std::runtime_error(path.string() + ": is neither a file nor a folder");
  }
}

bool checkItem(const Item& item, LongWork& work) {
  requireFile(item.path);
  if (item.kind == Kind::Recording) {
    const RecordingReport report = checkRecording(item.path, work.progress());
    const bool anything = !report.steps.empty() || !report.snapshot_steps.empty();
    const std::string remedy =
        report.newer ? "a newer program made it; this one can neither check nor repair it"
        : !looksLikeHdf5(item.path)
            ? "it is no HDF5 file, so no recording; is it the right one?"
            : (anything ? "sound are " + contentOf(report) + "; " : std::string()) +
                  "`limoe check --repair " + item.path.string() +
                  "` writes what can be saved to a recording of its own";
    return tell(work, item.path, report.faults, report.notes,
                contentOf(report) + "; " + stateOf(report, item.path), remedy);
  }
  const bool weights = item.kind == Kind::Safetensors;
  const FileReport report =
      weights ? checkSafetensors(item.path, work.progress()) : checkConfiguration(item.path);
  return tell(work, item.path, report.faults, {}, report.summary,
              weights
                  ? "it cannot be repaired; use the checkpoint before (limoe train --resume "
                    "does so by itself when this file is moved away)"
                  : "it cannot be repaired by a program; correct it, or take the copy that is in "
                    "every recording (attribute config)");
}

/// Everything in a run's folder; faults of the folder itself are told and counted in `sound`.
std::vector<Item> itemsOf(const RunFolder& folder, LongWork& work, bool& sound) {
  std::vector<Item> items;
  std::error_code ignored;
  if (fs::exists(folder.config(), ignored)) {
    items.push_back({folder.config(), Kind::Configuration});
  }
  std::vector<fs::path> parts;
  try {
    parts = folder.parts();
  } catch (const RecordingError& error) {
    work.say(error.what());
    sound = false;
    parts = folder.partsAsTheyAre();
  }
  for (const fs::path& part : parts) {
    items.push_back({part, Kind::Recording});
  }
  for (const fs::path& own : folder.ownProbes()) {
    items.push_back({own, Kind::Recording});
  }
  std::vector<fs::path> checkpoints;
  for (const auto& entry : fs::directory_iterator(folder.checkpoints(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("step-") && name.ends_with(".safetensors")) {
      checkpoints.push_back(entry.path());
    }
  }
  std::sort(checkpoints.begin(), checkpoints.end());
  for (const fs::path& checkpoint : checkpoints) {
    items.push_back({checkpoint, Kind::Safetensors});
  }
  if (items.empty()) {
    throw std::runtime_error(folder.path.string() +
                             ": is no run: there is no recording.h5, config.json or checkpoint");
  }
  return items;
}

/// Parts that are each sound may still not belong together.
bool partsFit(const RunFolder& folder, LongWork& work) {
  try {
    if (!folder.parts().empty()) {
      const RecordingReader run(folder.path);
    }
    return true;
  } catch (const RecordingError& error) {
    work.say(error.what());
    return false;
  }
}

void requireReadable(const fs::path& path) {
  if (access(path.c_str(), R_OK) != 0) {
    throw std::runtime_error(path.string() +
                             ": cannot be read: " + std::generic_category().message(errno));
  }
}

bool checkPath(const fs::path& path, LongWork& work) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    throw std::runtime_error(path.string() + ": there is no such file or folder");
  }
  if (!fs::is_directory(status)) {
    requireReadable(path);
    const fs::path extension = path.extension();
    return checkItem({path, extension == ".safetensors" ? Kind::Safetensors
                            : extension == ".json"      ? Kind::Configuration
                                                        : Kind::Recording},
                     work);
  }
  requireReadable(path);
  const RunFolder folder{path};
  bool sound = true;
  for (const Item& item : itemsOf(folder, work, sound)) {
    sound = checkItem(item, work) && sound;
  }
  // Where a part has faults of its own they have been told.
  return sound && partsFit(folder, work);
}

/// There is always a file of that name: the original gets a second one before it is replaced.
void putInPlace(const fs::path& file, const fs::path& repaired, const fs::path& damaged) {
  std::error_code error;
  fs::create_hard_link(file, damaged, error);
  if (error) {  // a file system without hard links
    fs::rename(file, damaged);
  }
  fs::rename(repaired, file);
}

bool repair(const CheckOptions& options, LongWork& work) {
  const fs::path file = options.paths.front();
  if (options.paths.size() != 1 || fs::is_directory(file)) {
    throw std::runtime_error("check: --repair takes one file; check the folder to see which ones");
  }
  if (file.extension() == ".safetensors") {
    throw std::runtime_error(file.string() +
                             ": weights cannot be repaired; use the checkpoint before");
  }
  if (file.extension() == ".json") {
    throw std::runtime_error(file.string() +
                             ": a configuration cannot be repaired by a program; `limoe check` "
                             "says what is wrong with it");
  }
  if (fs::exists(file)) {
    requireFile(file);
  }
  const fs::path out = options.in_place ? fs::path(file.string() + ".repairing")
                       : options.output.empty()
                           ? file.parent_path() / (file.stem().string() + ".repaired.h5")
                           : fs::path(options.output);
  const fs::path damaged = file.string() + ".damaged";
  if (options.in_place && fs::exists(damaged)) {
    throw std::runtime_error(damaged.string() +
                             ": exists already; move it away, the original gets this name");
  }
  if (options.in_place) {
    fs::remove(out);  // a repair that was killed left it
  }
  const RecordingReport report = repairRecording(file, out, work.progress());
  fs::path result = out;
  if (options.in_place) {
    putInPlace(file, out, damaged);
    result = file;
    work.say(damaged.string() + ": the original");
  }
  work.say(result.string() + ": a finished recording with " + contentOf(report));
  for (const std::string& note : report.notes) {
    work.say("  note: " + note);
  }
  for (const std::string& fault : report.faults) {
    work.say("  lost or replaced: " + fault);
  }
  work.say(!report.faults.empty() ? "  everything else was saved"
           : report.refused       ? "  everything that could be read was saved"
                                  : "  nothing was lost");
  return true;
}

bool runCheck(const CheckOptions& options) {
  catchInterrupts();
  LongWork work;
  if (options.repair || options.in_place || !options.output.empty()) {
    return repair(options, work);
  }
  bool sound = true;
  for (const std::string& path : options.paths) {
    try {
      sound = checkPath(path, work) && sound;
    } catch (const Interrupted&) {
      throw;
    } catch (const std::exception& error) {
      work.say(error.what());
      sound = false;
    }
  }
  return sound;
}

}  // namespace

void addCheckCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<CheckOptions>();
  auto* command = app.add_subcommand(
      "check",
      "Say whether recordings, checkpoints and configurations are sound; repair recordings");
  command->footer(
      "Reads everything and checks it. Exit status 0: sound (a recording whose writer died is), 1: "
      "not.\n"
      "--repair writes FILE.repaired.h5, a finished recording of all that is sound in the file, "
      "and "
      "says\nwhat was lost; the file itself is never changed.\n"
      "Examples:\n"
      "  limoe check runs/a\n"
      "  limoe check --repair runs/a/recording.h5");
  command
      ->add_option("path", options->paths,
                   "recordings (.h5), runs' folders, .safetensors, configurations (.json)")
      ->required();
  auto* repair_flag =
      command->add_flag("--repair", options->repair, "write a sound recording beside the file");
  auto* output =
      command->add_option("--output", options->output, "another name for it")->needs(repair_flag);
  command
      ->add_flag("--in-place", options->in_place,
                 "put it in the file's place; the original becomes FILE.damaged")
      ->needs(repair_flag)
      ->excludes(output);
  command->callback([options, &status] { status = runCheck(*options) ? 0 : 1; });
}

}  // namespace limoe::probe
