#include "routing_probe/recording/recording_copy.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "routing_probe/recording/recording_error.h"
#include "routing_probe/recording/recording_writer.h"

namespace limoe::probe {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kStepRows = 1024;

/// A file under a name of its own until keep(); removed where that is not reached.
class Unfinished {
 public:
  explicit Unfinished(const fs::path& wanted)
      : wanted_(wanted), path_(wanted.string() + ".partial") {
    refuseExisting();
    std::error_code ignored;
    fs::remove(path_, ignored);  // left by a copy that was killed
  }
  ~Unfinished() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  const fs::path& path() const { return path_; }
  void keep() {
    if (link(path_.c_str(), wanted_.c_str()) == 0) {
      return;  // the destructor takes the other name away
    }
    refuseExisting();
    fs::rename(path_, wanted_);  // a file system without hard links
  }

 private:
  void refuseExisting() const {
    if (fs::exists(fs::symlink_status(wanted_))) {
      throw RecordingError(
          wanted_.string() +
          " exists already; a recording is never overwritten. Choose another name");
    }
  }

  fs::path wanted_;
  fs::path path_;
};

/// In how many snapshots whole distributions are recorded.
int64_t snapshotsWithProbabilities(const RecordingReader& run) {
  int64_t count = 0;
  for (size_t s = 0; run.layout().layers > 0 && s < run.snapshotSteps().size(); ++s) {
    const LayerSlice one = run.readLayer(static_cast<int64_t>(s), 0, 0, 1, true);
    count += one.image.probability.empty() ? 0 : 1;
  }
  return count;
}

Event joinedEvent(const RecordingReader& run, int64_t parts) {
  const char* state = run.state() == RunState::Live       ? "the run was still being trained"
                      : run.state() == RunState::Finished ? "the run had finished"
                                                          : "the run's writer had died";
  Event event{
      0, 0, "joined",
      "one file of " + std::to_string(parts) + (parts == 1 ? " part; " : " parts; ") + state};
  if (run.stepCount() > 0) {
    const StepRow last = run.readSteps(run.stepCount() - 1, 1).front();
    event.step = last.step;
    event.wall = last.wall;
  }
  return event;
}

}  // namespace

void copyRecording(const CopySource& source, const fs::path& out, const WorkProgress& progress) {
  Unfinished file(out);
  const auto images = [&](int64_t first, int64_t count) {
    progress("images", static_cast<double>(first) / static_cast<double>(source.layout.samples));
    return source.images(first, count);
  };
  RecordingWriter writer(file.path(), source.layout, source.origin, source.probe, images);
  for (int64_t first = 0; first < source.steps; first += kStepRows) {
    for (const StepRow& row : source.read_steps(first, std::min(kStepRows, source.steps - first))) {
      writer.append(row);
    }
    progress("steps", static_cast<double>(first) / static_cast<double>(source.steps));
  }
  for (int64_t first = 0; first < source.events; first += kStepRows) {
    for (const Event& event :
         source.read_events(first, std::min(kStepRows, source.events - first))) {
      writer.append(event);
    }
  }
  for (const Event& remark : source.remarks) {
    writer.append(remark);
  }
  const auto layers = static_cast<double>(std::max<int64_t>(1, source.layout.layers));
  for (int64_t s = 0; s < source.snapshots; ++s) {
    writer.append(source.read_summary(s), [&](int64_t layer) {
      progress("snapshots", (static_cast<double>(s) + static_cast<double>(layer) / layers) /
                                static_cast<double>(source.snapshots));
      return source.read_layer(s, layer);
    });
  }
  writer.finish();
  file.keep();
}

JoinReport joinRecording(const RecordingReader& run, const fs::path& out,
                         const WorkProgress& progress) {
  const std::vector<Origin> origins = run.origins();
  const Layout& layout = run.layout();
  JoinReport report;
  report.parts = static_cast<int64_t>(origins.size());
  report.steps = run.stepCount();
  report.snapshots = static_cast<int64_t>(run.snapshotSteps().size());
  const int64_t with_probabilities = snapshotsWithProbabilities(run);
  const bool probabilities = layout.probabilities && with_probabilities == report.snapshots;
  report.without_probabilities = with_probabilities > 0 && !probabilities;
  CopySource source;
  source.layout = layout;
  source.layout.probabilities = probabilities;
  if (layout.layers == 0) {  // a reader says 1 there, a writer wants the same
    source.layout.top_k = 1;
  }
  source.origin = run.origin();
  source.origin.part = 1;
  source.origin.first_step = origins.front().first_step;
  source.origin.created = origins.front().created;
  source.probe = run.readProbeTexts(0, layout.samples);
  source.images = [&](int64_t first, int64_t count) { return run.readProbe(first, count).images; };
  source.steps = report.steps;
  source.read_steps = [&](int64_t first, int64_t count) { return run.readSteps(first, count); };
  source.events = run.eventCount();
  source.read_events = [&](int64_t first, int64_t count) { return run.readEvents(first, count); };
  source.remarks = {joinedEvent(run, report.parts)};
  source.snapshots = report.snapshots;
  source.read_summary = [&](int64_t snapshot) {
    Snapshot summary = run.readSummary(snapshot);
    summary.embeddings =
        run.layout().embeddings ? run.readEmbeddings(snapshot) : std::vector<float>();
    return summary;
  };
  source.read_layer = [&, probabilities](int64_t snapshot, int64_t layer) {
    return run.readLayer(snapshot, layer, 0, run.layout().samples, probabilities);
  };
  copyRecording(source, out, progress);
  return report;
}

}  // namespace limoe::probe
