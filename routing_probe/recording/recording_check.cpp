#include "routing_probe/recording/recording_check.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "routing_probe/recording/damaged_copy.h"
#include "routing_probe/recording/inspection.h"
#include "routing_probe/recording/recording_copy.h"
#include "routing_probe/recording/recording_part.h"
#include "routing_probe/recording/run_folder.h"
#include "routing_probe/recording/salvage_rows.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;

constexpr uint8_t kGrey = 128;

std::string withoutPath(const fs::path& file, const std::string& text) {
  const std::string prefix = file.string() + ": ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

/// Whether a worker may be writing this very file.
bool isLive(const fs::path& file) {
  const RunFolder folder = runFolderOf(file);
  if (!RunLock::isHeld(folder)) {
    return false;
  }
  const std::vector<fs::path> parts = folder.partsAsTheyAre();
  return !parts.empty() && parts.back().filename() == file.filename();
}

void take(const Findings& found, RecordingReport& report) {
  report.steps = found.steps;
  report.snapshot_steps = found.snapshot_steps;
  report.events = std::ssize(found.event_rows);
  report.faults.insert(report.faults.end(), found.faults.begin(), found.faults.end());
  report.notes.insert(report.notes.end(), found.notes.begin(), found.notes.end());
}

/// The rows of a file that are sound, as something to copy from.
CopySource sourceOf(const Salvage& salvage, const Findings& found) {
  CopySource source;
  source.layout = salvage.layout();
  source.origin = salvage.origin();
  source.probe = found.probe;
  const Layout& layout = salvage.layout();
  source.images = [&](int64_t first, int64_t count) {
    const int64_t bytes = layout.image_height * layout.image_width * 3;
    std::vector<uint8_t> images(static_cast<size_t>(count * bytes), kGrey);
    for (int64_t n = first; n < first + count; ++n) {
      if (!std::binary_search(found.lost_images.begin(), found.lost_images.end(), n)) {
        const auto image = salvage.read<uint8_t>("probe/images", {n, 0, 0, 0},
                                                 {1, layout.image_height, layout.image_width, 3});
        std::copy(image.begin(), image.end(), images.begin() + (n - first) * bytes);
      }
    }
    return images;
  };
  source.steps = std::ssize(found.step_rows);
  source.read_steps = [&](int64_t first, int64_t count) {
    std::vector<StepRow> rows;
    for (int64_t i = first; i < first + count;) {
      // Neighbours in the file are read at once.
      const int64_t row = found.step_rows[static_cast<size_t>(i)];
      int64_t run = 1;
      while (i + run < first + count &&
             found.step_rows[static_cast<size_t>(i + run)] == row + run) {
        ++run;
      }
      std::vector<StepRow> some = readSteps(salvage, row, run);
      rows.insert(rows.end(), std::make_move_iterator(some.begin()),
                  std::make_move_iterator(some.end()));
      i += run;
    }
    return rows;
  };
  source.events = std::ssize(found.event_rows);
  source.read_events = [&](int64_t first, int64_t count) {
    std::vector<Event> events;
    for (int64_t i = first; i < first + count; ++i) {
      events.push_back(readEvents(salvage, found.event_rows[static_cast<size_t>(i)], 1).front());
    }
    return events;
  };
  source.snapshots = std::ssize(found.snapshot_rows);
  source.read_summary = [&](int64_t snapshot) {
    const int64_t row = found.snapshot_rows[static_cast<size_t>(snapshot)];
    Snapshot summary = readSummary(salvage, row, nullptr);
    summary.embeddings = readEmbeddings(salvage, row);
    if (const auto counts = found.recounted.find(row); counts != found.recounted.end()) {
      std::vector<uint32_t> tokens;
      std::vector<uint32_t> labels;
      for (const LayerCounts& layer : counts->second) {
        tokens.insert(tokens.end(), layer.tokens.begin(), layer.tokens.end());
        labels.insert(labels.end(), layer.label_tokens.begin(), layer.label_tokens.end());
      }
      summary.tokens = tokens.empty() ? summary.tokens : tokens;
      summary.label_tokens = labels.empty() ? summary.label_tokens : labels;
    }
    return summary;
  };
  source.read_layer = [&](int64_t snapshot, int64_t layer) {
    return salvage.readLayer(found.snapshot_rows[static_cast<size_t>(snapshot)], layer);
  };
  return source;
}

/// Why the reader, which is stricter than a repair, does not open the file; empty where it does.
std::string refusalOf(const fs::path& file) {
  try {
    const RecordingPart part(file);
    return "";
  } catch (const RecordingError& error) {
    return withoutPath(file, error.what());
  }
}

Event repairedEvent(const fs::path& file, const Findings& found, const CopySource& source,
                    bool refused) {
  Event event{0, 0, "repaired", "from " + file.filename().string() + "; "};
  if (source.steps > 0) {
    const StepRow last = source.read_steps(source.steps - 1, 1).front();
    event.step = last.step;
    event.wall = last.wall;
  }
  event.text += !found.faults.empty() ? "lost or replaced: "
                : refused             ? "it did not open; all that could be read is here"
                                      : "nothing was lost";
  for (size_t i = 0; i < found.faults.size(); ++i) {
    event.text += (i > 0 ? "; " : "") + found.faults[i];
  }
  return event;
}

}  // namespace

RecordingReport checkRecording(const fs::path& file, const WorkProgress& progress) {
  if (std::error_code ignored; !fs::exists(file, ignored)) {
    throw RecordingError(file.string() + ": there is no such file");
  }
  RecordingReport report;
  report.state = isLive(file) ? RunState::Live : RunState::Died;
  try {
    const RecordingPart part(file);
    if (report.state != RunState::Live && part.complete()) {
      report.state = RunState::Finished;
    }
  } catch (const RecordingError& error) {
    report.newer = dynamic_cast<const NewerVersionError*>(&error) != nullptr;
    report.faults.push_back("it does not open: " + withoutPath(file, error.what()));
  }
  const bool opened = report.faults.empty();
  report.refused = !opened;
  try {
    const Salvage salvage(file);
    take(inspect(salvage, progress), report);
  } catch (const RecordingError& error) {
    if (opened) {
      report.faults.push_back(withoutPath(file, error.what()));
    }
  }
  return report;
}

RecordingReport repairRecording(const fs::path& file, const fs::path& out,
                                const WorkProgress& progress) {
  if (std::error_code ignored; !fs::exists(file, ignored)) {
    throw RecordingError(file.string() + ": there is no such file");
  }
  if (isLive(file)) {
    throw RecordingError(file.string() +
                         ": a worker is writing it; wait until the run has ended (limoe control "
                         "RUN stop)");
  }
  RecordingReport report;
  // Closed again before the file is opened to be saved: while one process had an unfinished file
  // open in both ways, tables of snapshots were read wrongly.
  if (const std::string why = refusalOf(file); !why.empty()) {
    report.notes.push_back("it did not open: " + why);
    report.refused = true;
  }
  std::optional<DamagedCopy> copy;
  std::unique_ptr<Salvage> salvage;
  try {
    salvage = std::make_unique<Salvage>(file);
  } catch (const RecordingError& error) {
    if (!report.refused) {
      report.notes.push_back("it did not open: " + withoutPath(file, error.what()));
    }
    report.refused = true;
    copy.emplace(file, out.string() + ".working");
    try {
      salvage = std::make_unique<Salvage>(copy->path(), copy->realBytes());
    } catch (const RecordingError& still) {
      throw RecordingError(file.string() +
                           ": nothing can be saved: " + withoutPath(copy->path(), still.what()));
    }
  }
  const Findings found = inspect(*salvage, progress);
  take(found, report);
  if (found.steps.empty() && found.snapshot_steps.empty()) {
    throw RecordingError(file.string() + ": nothing can be saved: no step and no snapshot is " +
                         (found.faults.empty() ? "in it" : "sound: " + found.faults.front()));
  }
  CopySource source = sourceOf(*salvage, found);
  source.remarks = {repairedEvent(file, found, source, report.refused)};
  copyRecording(source, out, progress);
  report.state = RunState::Finished;
  return report;
}

}  // namespace limoe::probe
