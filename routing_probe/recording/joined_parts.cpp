#include "routing_probe/recording/joined_parts.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

namespace limoe::probe {
namespace {

/// How long after its last growth a recording without a visible lock counts as live. Longer than a
/// step of most models takes; a writer that died is noticed that much later.
constexpr auto kGrowthPatience = std::chrono::seconds(30);

/// What must agree between the parts of one run, so that rows of either fit the newest layout.
void requireSameRun(const RecordingPart& first, const RecordingPart& part) {
  const Layout& a = first.layout();
  const Layout& b = part.layout();
  if (first.origin().run_id != part.origin().run_id) {
    throw RecordingError(part.path().string() + ": belongs to another run (" +
                         part.origin().run_id + ") than " + first.path().string() + " (" +
                         first.origin().run_id + "); move one of them to a folder of its own");
  }
  if (a.blocks != b.blocks || a.experts != b.experts || a.top_k != b.top_k ||
      a.samples != b.samples || a.patch_rows != b.patch_rows ||
      a.patch_columns != b.patch_columns || a.text_length != b.text_length ||
      a.image_height != b.image_height || a.image_width != b.image_width ||
      a.label_names != b.label_names) {
    throw RecordingError(part.path().string() +
                         ": has other sizes (layers, experts, samples, "
                         "patches, text positions or labels) than " +
                         first.path().string() +
                         "; move it to a folder of its own to open it alone");
  }
}

}  // namespace

std::vector<std::filesystem::path> JoinedParts::partPaths() const {
  if (!single.empty()) {
    return {single};
  }
  std::vector<std::filesystem::path> paths = folder.parts();
  if (paths.empty()) {
    throw RecordingError(folder.path.string() +
                         ": there is no recording here (recording.h5); choose the folder of a run "
                         "or a recording made by limoe");
  }
  return paths;
}

/// Opens parts that came, and all of them again where one was replaced. Returns whether any did.
/// Where it throws, everything is as before.
bool JoinedParts::openNewParts() {
  const std::vector<std::filesystem::path> paths = partPaths();
  const bool replaced =
      paths.size() < parts.size() ||
      std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part->replaced(); });
  if (!replaced && paths.size() == parts.size()) {
    return false;
  }
  std::vector<std::unique_ptr<RecordingPart>> opened;
  for (size_t i = replaced ? 0 : parts.size(); i < paths.size(); ++i) {
    opened.push_back(std::make_unique<RecordingPart>(paths[i]));
  }
  for (const auto& part : opened) {
    requireSameRun(replaced || parts.empty() ? *opened.front() : *parts.front(), *part);
  }
  if (replaced) {
    parts.clear();
  }
  std::move(opened.begin(), opened.end(), std::back_inserter(parts));
  join();  // the rows must be those of the parts, whatever fails after this
  return true;
}

/// The step at and after which a part's rows are superseded by later parts': where those begin,
/// and where their own rows of this kind begin (a part may start with a snapshot of the state that
/// it goes on from), so that no step appears twice.
int64_t JoinedParts::firstSuperseded(size_t part,
                                     const std::vector<int64_t>& (RecordingPart::*rows)()
                                         const) const {
  int64_t step = std::numeric_limits<int64_t>::max();
  for (size_t later = part + 1; later < parts.size(); ++later) {
    // A part that was ended before its first step takes nothing back.
    if (parts[later]->steps().empty() && parts[later]->snapshotSteps().empty()) {
      continue;
    }
    step = std::min(step, parts[later]->origin().first_step);
    if (rows != nullptr && !(*parts[later].*rows)().empty()) {
      step = std::min(step, (*parts[later].*rows)().front());
    }
  }
  return step;
}

void JoinedParts::join() {
  step_rows.assign(parts.size(), 0);
  snapshot_rows.assign(parts.size(), 0);
  snapshot_steps.clear();
  events.clear();
  for (size_t p = 0; p < parts.size(); ++p) {
    const int64_t end = firstSuperseded(p, nullptr);
    const auto visible = [](const std::vector<int64_t>& steps, int64_t before) {
      return std::lower_bound(steps.begin(), steps.end(), before) - steps.begin();
    };
    step_rows[p] = visible(parts[p]->steps(), firstSuperseded(p, &RecordingPart::steps));
    snapshot_rows[p] =
        visible(parts[p]->snapshotSteps(), firstSuperseded(p, &RecordingPart::snapshotSteps));
    snapshot_steps.insert(snapshot_steps.end(), parts[p]->snapshotSteps().begin(),
                          parts[p]->snapshotSteps().begin() + snapshot_rows[p]);
    const std::vector<int64_t>& event_steps = parts[p]->eventSteps();
    for (size_t row = 0; row < event_steps.size(); ++row) {
      if (event_steps[row] < end) {
        events.push_back({p, static_cast<int64_t>(row)});
      }
    }
    if (p > 0 && parts[p]->steps().empty() && parts[p]->snapshotSteps().empty()) {
      try {
        dropRepeatedEvents(p);
      } catch (const RecordingError&) {  // damaged: reading them says so, and twice is no loss
      }
    }
  }
}

/// A part begins with the events that are in force from its first step on. Until it has that step,
/// those before it stand for the same: they are shown once. Requires that the part's are the last
/// of `events`.
void JoinedParts::dropRepeatedEvents(size_t part) {
  const auto row_of = [this](const RowPlace& place) {
    return parts[place.part]->read<hdf5::EventRow>("events", {place.row}, {1}).front();
  };
  const auto same = [](const hdf5::EventRow& a, const hdf5::EventRow& b) {
    return a.step == b.step && a.wall == b.wall &&
           std::strncmp(a.kind, b.kind, sizeof(a.kind)) == 0 &&
           std::strncmp(a.text, b.text, sizeof(a.text)) == 0;
  };
  const int64_t first_step = parts[part]->origin().first_step;
  const auto is_early = [&](const RowPlace& place) {
    return parts[place.part]->eventSteps()[static_cast<size_t>(place.row)] >= first_step;
  };
  std::vector<hdf5::EventRow> shown;
  std::vector<RowPlace> kept;
  for (const RowPlace& place : events) {
    if (!is_early(place)) {
      kept.push_back(place);
      continue;
    }
    const hdf5::EventRow row = row_of(place);
    const auto found = std::find_if(shown.begin(), shown.end(),
                                    [&](const auto& other) { return same(row, other); });
    if (place.part < part) {
      shown.push_back(row);
    } else if (found != shown.end()) {
      shown.erase(found);
      continue;
    }
    kept.push_back(place);
  }
  events = std::move(kept);
}

RunState JoinedParts::currentState(bool held) const {
  const bool grows =
      growths_unheld >= 2 && std::chrono::steady_clock::now() - grown < kGrowthPatience;
  if (held || (grows && !newest().complete())) {
    return RunState::Live;
  }
  return newest().complete() ? RunState::Finished : RunState::Died;
}

void JoinedParts::noteGrowth(bool held, bool grew) {
  if (held) {
    growths_unheld = 0;
  } else if (grew) {
    ++growths_unheld;
    grown = std::chrono::steady_clock::now();
  }
}

RowPlace JoinedParts::placeOf(const std::vector<int64_t>& rows, int64_t index) const {
  size_t part = 0;
  while (index >= rows[part]) {
    index -= rows[part++];
  }
  return {part, index};
}

}  // namespace limoe::probe
