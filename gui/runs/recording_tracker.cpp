#include "gui/runs/recording_tracker.h"

#include <QRegularExpression>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "gui/runs/own_recording.h"
#include "model/config_json.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {
namespace {

constexpr int64_t kRowsAtOnce = 1024;  // a chunk of the recording
/// What the user waits for gets its turn between two updates.
constexpr std::chrono::milliseconds kCurveBudget{100};

/// Runs are called after their folder, single recordings after their file, those of the user's own
/// images after the run that routed them.
QString nameOf(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const QString file = QString::fromStdString(path.filename().string());
  static const QRegularExpression part("^recording(-\\d+)?\\.h5$");
  const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
  if (const auto own = ownRecording(QString::fromStdString(absolute.string()))) {
    return own->title();
  }
  if (file.endsWith(".h5") && !part.match(file).hasMatch()) {
    return file.chopped(3);
  }
  return QString::fromStdString(std::filesystem::weakly_canonical(folder).filename().string());
}

/// Adds a row's choices of [L, 2, E] to a column per modality, summed over layers and experts.
void appendTotals(const std::vector<uint32_t>& counts, int64_t experts,
                  std::vector<std::vector<double>>& columns) {
  double totals[2] = {0, 0};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    totals[i / static_cast<std::size_t>(experts) % 2] += counts[i];
  }
  columns[0].push_back(totals[0]);
  columns[1].push_back(totals[1]);
}

Curves emptyCurves(std::size_t scalars) {
  Curves curves;
  curves.scalars.resize(scalars);
  curves.chosen.resize(2);
  curves.kept.resize(2);
  return curves;
}

}  // namespace

RecordingTracker::RecordingTracker(const std::filesystem::path& path) : reader_(path) {
  known_.name = nameOf(path, reader_.folder());
  known_.folder = QString::fromStdString(
      std::filesystem::absolute(reader_.folder()).lexically_normal().string());
}

RecordingTracker::Update RecordingTracker::update() {
  Update update;
  const bool refreshed = reader_.refresh();
  const bool behind =
      static_cast<int64_t>(curves_.steps.size()) < reader_.stepCount() || !known_.curves;
  if (!refreshed && !behind && isTold()) {
    return update;
  }
  const bool replaced = opened_ && wasReplaced();
  const bool superseded = replaced || (opened_ && wasSuperseded());
  if (!opened_ || superseded) {
    // What can fail comes first: it is tried again then.
    auto text_tokens = std::make_shared<const std::vector<int64_t>>(reader_.readTextTokens());
    superseded_ = superseded_ || superseded;
    replaced_ = replaced_ || replaced;
    edition_ += superseded ? 1 : 0;
    known_.layout = reader_.layout();
    known_.origin = reader_.origin();
    known_.text_tokens = std::move(text_tokens);
    readConfig(update);
    known_.snapshot_steps.clear();
    known_.metrics.clear();
    known_.events.clear();
    known_.curves = nullptr;
    curves_ = emptyCurves(known_.layout.scalar_names.size());
  }
  known_.state = reader_.state();

  for (int64_t i = snapshots(); i < static_cast<int64_t>(reader_.snapshotSteps().size()); ++i) {
    auto summary = std::make_shared<const probe::Snapshot>(reader_.readSummary(i));
    known_.metrics.push_back(summary->metrics);
    known_.snapshot_steps.push_back(reader_.snapshotSteps()[static_cast<std::size_t>(i)]);
    update.new_summaries.emplace_back(i, std::move(summary));
  }
  const auto events = static_cast<int64_t>(known_.events.size());
  const auto new_events = reader_.readEvents(events, reader_.eventCount() - events);
  known_.events.insert(known_.events.end(), new_events.begin(), new_events.end());
  appendSteps(update.caught_up);

  opened_ = true;
  update.superseded = std::exchange(superseded_, false);
  update.replaced = std::exchange(replaced_, false);
  update.edition = edition_;
  update.data = std::make_shared<const RunData>(known_);
  return update;
}

bool RecordingTracker::isTold() const {
  return opened_ && !superseded_ && !wasReplaced() && !wasSuperseded();
}

/// A part that a run was resumed with is of the same run, and as its first one in every size that
/// matters for what is read of a sample.
bool RecordingTracker::wasReplaced() const {
  const probe::Origin& origin = reader_.origin();
  const probe::Layout& layout = reader_.layout();
  const probe::Layout& known = known_.layout;
  const bool rewritten =
      origin.part == known_.origin.part && origin.created != known_.origin.created;
  return origin.run_id != known_.origin.run_id || rewritten || layout.blocks != known.blocks ||
         layout.experts != known.experts || layout.top_k != known.top_k ||
         layout.samples != known.samples || layout.patch_rows != known.patch_rows ||
         layout.patch_columns != known.patch_columns || layout.text_length != known.text_length ||
         layout.image_height != known.image_height || layout.image_width != known.image_width ||
         layout.label_names != known.label_names;
}

bool RecordingTracker::wasSuperseded() const {
  const auto& now = reader_.snapshotSteps();
  return reader_.origin().part != known_.origin.part ||
         reader_.stepCount() < static_cast<int64_t>(curves_.steps.size()) ||
         reader_.eventCount() < static_cast<int64_t>(known_.events.size()) ||
         now.size() < known_.snapshot_steps.size() ||
         !std::equal(known_.snapshot_steps.begin(), known_.snapshot_steps.end(), now.begin());
}

void RecordingTracker::readConfig(Update& update) {
  try {
    known_.config =
        model::runConfigFromLayers({model::parseJson(known_.origin.config_json, "config")});
  } catch (const std::exception& fault) {
    known_.config = {};
    update.warning = QString(
                         "%1: the run's configuration, kept in the recording, cannot be read "
                         "(%2). The recording itself is shown.")
                         .arg(known_.folder, QString::fromStdString(fault.what()));
  }
}

void RecordingTracker::appendSteps(bool& caught_up) {
  const auto begin = std::chrono::steady_clock::now();
  const int64_t total = reader_.stepCount();
  auto done = static_cast<int64_t>(curves_.steps.size());
  if (known_.curves && done == total) {
    return;
  }
  while (done < total && std::chrono::steady_clock::now() - begin < kCurveBudget) {
    const auto rows = reader_.readSteps(done, std::min(kRowsAtOnce, total - done));
    for (const probe::StepRow& row : rows) {
      curves_.steps.push_back(static_cast<double>(row.step));
      curves_.wall.push_back(row.wall);
      for (std::size_t i = 0; i < curves_.scalars.size(); ++i) {
        curves_.scalars[i].push_back(row.scalars[i]);
      }
      appendTotals(row.chosen, known_.layout.experts, curves_.chosen);
      appendTotals(row.kept, known_.layout.experts, curves_.kept);
    }
    done = static_cast<int64_t>(curves_.steps.size());
  }
  caught_up = done == total;
  known_.curves = std::make_shared<const Curves>(curves_);
}

}  // namespace limoe::gui
