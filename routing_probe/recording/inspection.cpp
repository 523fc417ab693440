#include "routing_probe/recording/inspection.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "routing_probe/recording/salvage_rows.h"

namespace limoe::probe {
namespace {

constexpr int64_t kBlockRows = static_cast<int64_t>(schema::kStepChunkRows);
constexpr int64_t kEventRows = static_cast<int64_t>(schema::kIndexChunkRows);
constexpr int64_t kImagePageBytes = 4 << 20;
constexpr int64_t kUnread = INT64_MIN;
constexpr int64_t kLargestStep = int64_t{1} << 53;  ///< beyond, programs that count in doubles err

/// Without the file's name, which whoever reports says once.
std::string withoutPath(const Salvage& salvage, const std::string& text) {
  const std::string prefix = salvage.path().string() + ": ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

class Inspection {
 public:
  Inspection(const Salvage& salvage, const WorkProgress& progress)
      : salvage_(salvage), layout_(salvage.layout()), progress_(progress) {}

  Findings run() {
    tellLostDatasets();
    inspectTexts();
    inspectLabels();
    inspectImages();
    inspectEvents();
    inspectSteps();
    inspectSnapshots();
    return std::move(found_);
  }

 private:
  void tellLostDatasets();
  void inspectTexts();
  void inspectLabels();
  void inspectImages();
  void inspectSteps();
  void inspectEvents();
  void inspectSnapshots();
  void inspectSnapshot(const LayerRules& rules, int64_t row, int64_t step);
  std::vector<int64_t> readIndex(const char* dataset, Losses& lost) const;
  void takeIndex(const char* dataset, int64_t least, int64_t most, std::vector<int64_t>& rows,
                 std::vector<int64_t>& steps);
  int64_t lastPossibleStep(const std::vector<int64_t>& rows,
                           const std::vector<int64_t>& steps) const;
  void inspectSums(int64_t row, int64_t step, std::vector<LayerCounts> counts);
  void takeTokenMask();
  std::vector<std::string> texts(const char* dataset, int64_t inner);
  std::string reasonOf(const std::exception& error) const {
    return withoutPath(salvage_, error.what());
  }

  const Salvage& salvage_;
  const Layout& layout_;
  const WorkProgress& progress_;
  Findings found_;
  std::vector<bool> is_token_;
  bool labels_lost_ = false;
  /// Made by a repair or of several parts: rows and labels may have been left out.
  bool mended_ = false;
  int64_t last_step_ = INT64_MAX;  ///< no snapshot can be of a later one
  Losses snapshot_losses_;
  Losses recounts_;
  Losses kept_;
};

void Inspection::tellLostDatasets() {
  for (const auto& [dataset, why] : salvage_.lostDatasets()) {
    const std::string reason = withoutPath(salvage_, why);
    found_.faults.push_back(reason.starts_with(dataset)   ? reason
                            : reason.starts_with("could") ? dataset + " cannot be read: " + reason
                                                          : dataset + " " + reason);
  }
}

// ---------------------------------------------------------------------------------------------
// The probe

std::vector<std::string> Inspection::texts(const char* dataset, int64_t inner) {
  const auto cells = static_cast<size_t>(layout_.samples * std::max<int64_t>(1, inner));
  std::vector<std::string> result(cells);
  if (!salvage_.has(dataset)) {
    return result;
  }
  try {
    result = salvage_.readTexts(dataset, 0, layout_.samples, inner);
  } catch (const RecordingError& error) {
    found_.faults.push_back(reasonOf(error));
    return result;
  }
  int64_t changed = 0;
  for (std::string& text : result) {
    std::string valid = validUtf8(text);
    changed += valid != text ? 1 : 0;
    text = std::move(valid);
  }
  if (changed > 0) {
    found_.faults.push_back(std::string(dataset) + ": " + std::to_string(changed) +
                            " texts are not UTF-8");
  }
  return result;
}

void Inspection::inspectTexts() {
  ProbeSet& probe = found_.probe;
  probe.captions = texts("probe/captions", 0);
  probe.sources = texts("probe/source", 0);
  probe.pieces = texts("probe/pieces", layout_.text_length);
  try {
    probe.token_ids = tableRows<int32_t>(salvage_, "probe/token_ids", 0, layout_.samples,
                                         {layout_.text_length}, -1);
  } catch (const RecordingError& error) {
    found_.faults.push_back(reasonOf(error));
    probe.token_ids.assign(static_cast<size_t>(layout_.samples * layout_.text_length), -1);
  }
  takeTokenMask();
}

void Inspection::takeTokenMask() {
  ProbeSet& probe = found_.probe;
  is_token_.resize(probe.token_ids.size());
  for (size_t i = 0; i < is_token_.size(); ++i) {
    is_token_[i] = probe.token_ids[i] >= 0;
  }
  if (std::vector<bool> mask = maskOfDecisions(salvage_); !mask.empty()) {
    is_token_ = std::move(mask);
  }
  Losses ids;
  for (size_t i = 0; i < is_token_.size(); ++i) {
    const auto sample = static_cast<int64_t>(i) / layout_.text_length;
    if (is_token_[i] != (probe.token_ids[i] >= 0) || probe.token_ids[i] < -1 ||
        (!is_token_[i] && !probe.pieces[i].empty())) {
      ids.add("the token ids do not fit the decisions (0 stands where a token's is lost)", sample);
      probe.token_ids[i] = is_token_[i] ? std::max(0, probe.token_ids[i]) : -1;
    }
    if (!is_token_[i]) {
      probe.pieces[i].clear();
    }
  }
  ids.tell("captions of samples", found_.faults);
}

void Inspection::inspectLabels() {
  std::vector<uint16_t>& labels = found_.probe.labels;
  if (!salvage_.has("probe/labels") || salvage_.rows("probe/labels") == 0) {
    labels_lost_ = !salvage_.has("probe/labels");
    return;
  }
  Losses lost;
  const int64_t page = std::max<int64_t>(1, (128 << 10) / (2 * layout_.patches()));
  for (int64_t first = 0; first < layout_.samples; first += page) {
    const int64_t count = std::min(page, layout_.samples - first);
    try {
      const auto read =
          salvage_.read<uint16_t>("probe/labels", {first, 0}, {count, layout_.patches()});
      labels.insert(labels.end(), read.begin(), read.end());
    } catch (const RecordingError& error) {
      labels.insert(labels.end(), static_cast<size_t>(count * layout_.patches()), kNoLabel);
      for (int64_t n = first; n < first + count; ++n) {
        lost.add(reasonOf(error), n);
      }
    }
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != kNoLabel && labels[i] >= layout_.label_names.size()) {
      labels[i] = kNoLabel;
      lost.add("a label that there is not", static_cast<int64_t>(i) / layout_.patches());
    }
  }
  labels_lost_ = !lost.none();
  lost.tell("labels of samples", found_.faults);
}

void Inspection::inspectImages() {
  Losses lost;
  const std::vector<int64_t> pixels = {layout_.image_height, layout_.image_width, 3};
  const auto readable = [&](int64_t first, int64_t count, std::string* why) {
    try {
      salvage_.read<uint8_t>("probe/images", {first, 0, 0, 0},
                             {count, pixels[0], pixels[1], pixels[2]});
      return true;
    } catch (const RecordingError& error) {
      *why = reasonOf(error);
      return false;
    }
  };
  const int64_t page = std::max<int64_t>(1, kImagePageBytes / (pixels[0] * pixels[1] * 3));
  for (int64_t first = 0; first < layout_.samples; first += page) {
    progress_("images", static_cast<double>(first) / static_cast<double>(layout_.samples));
    const int64_t count = std::min(page, layout_.samples - first);
    std::string why;
    if (salvage_.has("probe/images") && readable(first, count, &why)) {
      continue;
    }
    for (int64_t n = first; n < first + count; ++n) {
      if (!salvage_.has("probe/images") || !readable(n, 1, &why)) {
        found_.lost_images.push_back(n);
        lost.add(salvage_.has("probe/images") ? why : "probe/images is lost", n);
      }
    }
  }
  lost.tell("images of samples", found_.faults);
}

// ---------------------------------------------------------------------------------------------
// Steps and events

/// The step of each row; kUnread where it cannot be read.
std::vector<int64_t> Inspection::readIndex(const char* dataset, Losses& lost) const {
  const int64_t claimed = salvage_.rows(dataset);
  std::vector<int64_t> index(static_cast<size_t>(claimed), kUnread);
  for (int64_t first = 0; first < claimed; first += kBlockRows) {
    const int64_t count = std::min(kBlockRows, claimed - first);
    const int64_t present = salvage_.rowsPresent(dataset, first, count);
    std::string why = "they are not in the file";
    int64_t good = 0;
    try {
      const auto read = salvage_.read<int64_t>(dataset, {first}, {present});
      std::copy(read.begin(), read.end(), index.begin() + first);
      good = present;
    } catch (const RecordingError& error) {
      why = reasonOf(error);
    }
    for (int64_t i = good; i < count; ++i) {
      lost.add(why, first + i);
    }
  }
  return index;
}

/// Rows whose step is readable, `least` … `most`, and fits the other rows.
void Inspection::takeIndex(const char* dataset, int64_t least, int64_t most,
                           std::vector<int64_t>& rows, std::vector<int64_t>& steps) {
  Losses lost;
  const std::vector<int64_t> index = readIndex(dataset, lost);
  std::vector<int64_t> possible_rows;
  std::vector<int64_t> possible_steps;
  for (size_t i = 0; i < index.size(); ++i) {
    if (index[i] >= least && index[i] <= most) {
      possible_rows.push_back(static_cast<int64_t>(i));
      possible_steps.push_back(index[i]);
    }
  }
  const bool snapshots = std::string(dataset) == "snapshots/step";
  for (const size_t i : snapshots ? soundSnapshots(possible_rows, possible_steps)
                                  : soundSteps(possible_rows, possible_steps, mended_)) {
    rows.push_back(possible_rows[i]);
    steps.push_back(possible_steps[i]);
  }
  // What a writer was about to write when it died was never committed: room, but still zeros.
  size_t end = index.size();
  const size_t sound_end = rows.empty() ? 0 : static_cast<size_t>(rows.back()) + 1;
  while (!salvage_.finished() && end > sound_end && index[end - 1] == 0) {
    --end;
  }
  Losses wrong;
  Losses uncommitted;
  for (size_t i = 0, next = 0; i < index.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    if (next < rows.size() && rows[next] == row) {
      ++next;
    } else if (i >= end) {
      uncommitted.add("their writer died before it wrote them", row);
    } else if (index[i] != kUnread) {
      wrong.add(index[i] < least || index[i] > most ? "their step cannot be right"
                                                    : "their steps do not fit the other rows",
                row);
    }
  }
  uncommitted.tell(std::string(dataset) + ", rows", found_.notes);
  wrong.tell(std::string(dataset) + ", rows", found_.faults);
  lost.tell(std::string(dataset) + ", rows", found_.faults);
}

/// A snapshot comes after its step is recorded, or before the part's first. Rows that are lost
/// count as steps, and a repaired file may have lost any.
int64_t Inspection::lastPossibleStep(const std::vector<int64_t>& rows,
                                     const std::vector<int64_t>& steps) const {
  if (mended_ || !salvage_.has("steps/step")) {
    return INT64_MAX;
  }
  const int64_t claimed = salvage_.rows("steps/step");
  return rows.empty() ? std::max<int64_t>(0, salvage_.origin().first_step - 1) + claimed
                      : steps.back() + claimed - 1 - rows.back();
}

void Inspection::inspectSteps() {
  std::vector<int64_t> rows;
  std::vector<int64_t> steps;
  takeIndex("steps/step", std::max<int64_t>(0, salvage_.origin().first_step), kLargestStep, rows,
            steps);
  last_step_ = lastPossibleStep(rows, steps);
  std::map<int64_t, size_t> of_row;
  for (size_t i = 0; i < rows.size(); ++i) {
    of_row[rows[i]] = i;
  }
  Losses lost;
  std::vector<size_t> sound;
  std::vector<double> walls;
  const int64_t end = rows.empty() ? 0 : rows.back() + 1;
  for (int64_t first = 0; first < end; first += kBlockRows) {
    progress_("steps", static_cast<double>(first) / static_cast<double>(end));
    const int64_t count = std::min(kBlockRows, end - first);
    int64_t present = count;
    std::string why;
    for (const char* name :
         {"steps/wall", "steps/scalars", "steps/chosen", "steps/kept", "steps/entropy"}) {
      if (salvage_.has(name)) {
        const int64_t here = salvage_.rowsPresent(name, first, count);
        why = here < present ? std::string(name) + " is not in the file" : why;
        present = std::min(present, here);
      }
    }
    std::vector<StepRow> values;
    try {
      values = readSteps(salvage_, first, present);
    } catch (const RecordingError& error) {
      why = reasonOf(error);
    }
    for (int64_t row = first; row < first + count; ++row) {
      const auto found = of_row.find(row);
      if (found == of_row.end()) {
        continue;
      }
      const auto at = static_cast<size_t>(row - first);
      const auto fault =
          at < values.size() ? faultOf(layout_, values[at]) : std::optional<std::string>(why);
      if (fault) {
        lost.add(*fault, steps[found->second]);
      } else {
        sound.push_back(found->second);
        walls.push_back(values[at].wall);
      }
    }
  }
  const std::vector<size_t> ascending = longestAscending(walls, false);
  const std::set<size_t> in_time(ascending.begin(), ascending.end());
  for (size_t i = 0; i < sound.size(); ++i) {
    if (in_time.contains(i)) {
      found_.step_rows.push_back(rows[sound[i]]);
      found_.steps.push_back(steps[sound[i]]);
    } else {
      lost.add("the wall time goes back", steps[sound[i]]);
    }
  }
  lost.tell("steps", found_.faults);
}

void Inspection::inspectEvents() {
  const int64_t claimed = salvage_.rows("events");
  Losses lost;
  for (int64_t first = 0; first < claimed; first += kEventRows) {
    const int64_t count = std::min(kEventRows, claimed - first);
    const int64_t present = salvage_.rowsPresent("events", first, count);
    std::vector<Event> events;
    std::string why = "they are not in the file";
    try {
      events = readEvents(salvage_, first, present);
    } catch (const RecordingError& error) {
      why = reasonOf(error);
    }
    for (int64_t i = 0; i < count; ++i) {
      const bool read = i < std::ssize(events);
      if (read && !events[static_cast<size_t>(i)].kind.empty() &&
          events[static_cast<size_t>(i)].step >= 0) {
        found_.event_rows.push_back(first + i);
        const std::string& kind = events[static_cast<size_t>(i)].kind;
        mended_ = mended_ || kind == "repaired" || kind == "joined";
      } else {
        lost.add(read ? "they are empty" : why, first + i);
      }
    }
  }
  // Where events are lost, one of them may have said so.
  mended_ = mended_ || !salvage_.has("events") || std::ssize(found_.event_rows) < claimed;
  lost.tell("events, rows", found_.faults);
}

// ---------------------------------------------------------------------------------------------
// Snapshots

void Inspection::inspectSnapshots() {
  std::vector<int64_t> rows;
  std::vector<int64_t> steps;
  takeIndex("snapshots/step", std::max<int64_t>(0, salvage_.origin().first_step - 1),
            std::min(last_step_, kLargestStep), rows, steps);
  const LayerRules rules(layout_, salvage_.origin().probe_group_pairs, is_token_,
                         found_.probe.labels);
  for (size_t s = 0; s < rows.size(); ++s) {
    progress_("snapshots", static_cast<double>(s) / static_cast<double>(rows.size()));
    inspectSnapshot(rules, rows[s], steps[s]);
  }
  snapshot_losses_.tell("snapshots of steps", found_.faults);
  recounts_.tell("in snapshots of steps", found_.faults);
  kept_.tell("in snapshots of steps", found_.notes);
}

/// Recounts what is not what the decisions add up to. Labels that are lost leave nothing to count.
void Inspection::inspectSums(int64_t row, int64_t step, std::vector<LayerCounts> counts) {
  std::vector<std::string> lost;
  const Snapshot summary = readSummary(salvage_, row, &lost);
  for (const std::string& reason : lost) {
    recounts_.add(withoutPath(salvage_, reason), step);
  }
  std::vector<uint32_t> tokens;
  std::vector<uint32_t> labels;
  for (const LayerCounts& layer : counts) {
    tokens.insert(tokens.end(), layer.tokens.begin(), layer.tokens.end());
    labels.insert(labels.end(), layer.label_tokens.begin(), layer.label_tokens.end());
  }
  const bool same_tokens = tokens == summary.tokens;
  bool same_labels = labels == summary.label_tokens;
  if (!same_labels && labels.size() == summary.label_tokens.size() && (labels_lost_ || mended_)) {
    // What was counted before labels were lost is still true: at least what is counted now.
    same_labels =
        std::equal(labels.begin(), labels.end(), summary.label_tokens.begin(), std::less_equal<>());
    if (same_labels && labels_lost_) {
      kept_.add(
          "the counts by label are as recorded; without the lost labels they cannot be checked",
          step);
    }
  }
  for (LayerCounts& layer : counts) {  // what is empty is not replaced
    if (same_tokens) {
      layer.tokens.clear();
    }
    if (same_labels) {
      layer.label_tokens.clear();
    }
  }
  if (!same_tokens && !summary.tokens.empty()) {
    recounts_.add("snapshots/tokens is not what the decisions add up to", step);
  }
  if (!same_labels && !summary.label_tokens.empty()) {
    recounts_.add("snapshots/label_tokens is not what the decisions add up to", step);
  }
  if (!same_tokens || !same_labels) {
    found_.recounted[row] = std::move(counts);
  }
}

void Inspection::inspectSnapshot(const LayerRules& rules, int64_t row, int64_t step) {
  std::vector<LayerCounts> counts(static_cast<size_t>(layout_.layers));
  for (int64_t layer = 0; layer < layout_.layers; ++layer) {
    std::string fault;
    try {
      const LayerSlice read = salvage_.readLayer(row, layer);
      fault = rules.faultOf(read, counts[static_cast<size_t>(layer)]).value_or("");
    } catch (const RecordingError& error) {
      fault = reasonOf(error);
    }
    if (!fault.empty()) {
      snapshot_losses_.add("decisions of layer " + std::to_string(layer) + ": " + fault, step);
      return;
    }
  }
  inspectSums(row, step, std::move(counts));
  if (layout_.embeddings) {
    const std::vector<float> embeddings = readEmbeddings(salvage_, row);
    if (std::any_of(embeddings.begin(), embeddings.end(), [](float v) { return std::isnan(v); })) {
      recounts_.add("snapshots/embeddings cannot be read, or has values that are no numbers", step);
    }
  }
  found_.snapshot_rows.push_back(row);
  found_.snapshot_steps.push_back(step);
}

}  // namespace

Findings inspect(const Salvage& salvage, const WorkProgress& progress) {
  return Inspection(salvage, progress).run();
}

}  // namespace limoe::probe
