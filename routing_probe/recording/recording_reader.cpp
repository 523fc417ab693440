#include "routing_probe/recording/recording_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "routing_probe/recording/half.h"
#include "routing_probe/recording/joined_parts.h"

namespace limoe::probe {
namespace {

std::vector<float> floatsFromHalves(const std::vector<uint16_t>& halves) {
  std::vector<float> values(halves.size());
  std::transform(halves.begin(), halves.end(), values.begin(), floatFromHalf);
  return values;
}

/// For each name of `wanted`, its column in `present`, or −1.
std::vector<int64_t> columnsOf(const std::vector<std::string>& wanted,
                               const std::vector<std::string>& present) {
  std::vector<int64_t> columns;
  for (const std::string& name : wanted) {
    const auto found = std::find(present.begin(), present.end(), name);
    columns.push_back(found == present.end() ? -1 : found - present.begin());
  }
  return columns;
}

/// Row `row` of `values` ([rows, present columns]) in the order of `columns`; NaN where absent.
std::vector<float> rowInOrder(const std::vector<float>& values, int64_t row, size_t width,
                              const std::vector<int64_t>& columns) {
  std::vector<float> result;
  result.reserve(columns.size());
  for (const int64_t column : columns) {
    result.push_back(column < 0
                         ? std::numeric_limits<float>::quiet_NaN()
                         : values[static_cast<size_t>(row) * width + static_cast<size_t>(column)]);
  }
  return result;
}

template <typename T>
std::vector<T> rowOf(const std::vector<T>& values, int64_t row, int64_t width) {
  if (values.empty()) {
    return {};
  }
  const auto begin = values.begin() + row * width;
  return {begin, begin + width};
}

void requireRange(const std::filesystem::path& path, const char* what, int64_t first, int64_t count,
                  int64_t size) {
  if (first < 0 || count < 0 || first > size - count) {
    throw RecordingError(path.string() + ": " + what + " " + std::to_string(first) + " … " +
                         std::to_string(first + count) + " asked for, but there are " +
                         std::to_string(size));
  }
}

}  // namespace

struct RecordingReader::State : JoinedParts {};

RecordingReader::RecordingReader(const std::filesystem::path& path)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw RecordingError(path.string() +
                         ": there is no such file or folder; choose the folder of "
                         "a run or a recording made by limoe");
  }
  s.folder = runFolderOf(path);
  if (!std::filesystem::is_directory(path, ignored)) {
    const std::vector<std::filesystem::path> parts = s.folder.parts();
    const bool part_of_run = std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
      return part.filename() == path.filename();
    });
    if (!part_of_run) {
      s.single = path;
    }
  }
  // The lock first: if it is free now, the rows read afterwards are the last ones.
  const bool held = s.lockHeld();
  s.openNewParts();
  s.run_state = s.currentState(held);
}

RecordingReader::~RecordingReader() = default;

Origin originOf(const std::filesystem::path& part) {
  return RecordingPart(part).origin();
}

const Layout& RecordingReader::layout() const {
  return state_->newest().layout();
}
const Origin& RecordingReader::origin() const {
  return state_->newest().origin();
}
std::vector<Origin> RecordingReader::origins() const {
  std::vector<Origin> result;
  for (const auto& part : state_->parts) {
    result.push_back(part->origin());
  }
  return result;
}
std::filesystem::path RecordingReader::folder() const {
  return state_->folder.path;
}
RunState RecordingReader::state() const {
  return state_->run_state;
}

bool RecordingReader::refresh() {
  State& s = *state_;
  const bool held = s.lockHeld();
  bool changed = s.openNewParts();
  for (const auto& part : s.parts) {
    changed = part->refresh() || changed;
  }
  if (changed) {
    s.join();
  }
  s.noteGrowth(held, changed);
  const RunState before = std::exchange(s.run_state, s.currentState(held));
  return changed || before != s.run_state;
}

int64_t RecordingReader::stepCount() const {
  int64_t count = 0;
  for (const int64_t rows : state_->step_rows) {
    count += rows;
  }
  return count;
}

const std::vector<int64_t>& RecordingReader::snapshotSteps() const {
  return state_->snapshot_steps;
}

int64_t RecordingReader::eventCount() const {
  return static_cast<int64_t>(state_->events.size());
}

std::vector<StepRow> RecordingReader::readSteps(int64_t first, int64_t count) const {
  const State& s = *state_;
  requireRange(s.folder.path, "step rows", first, count, stepCount());
  const Layout& layout = s.newest().layout();
  const int64_t choices = layout.layers * 2 * layout.experts;
  std::vector<StepRow> result;
  while (count > 0) {
    const auto [p, row] = s.placeOf(s.step_rows, first);
    const RecordingPart& part = *s.parts[p];
    const int64_t rows = std::min(count, s.step_rows[p] - row);
    const size_t width = part.layout().scalar_names.size();
    const auto columns = columnsOf(layout.scalar_names, part.layout().scalar_names);
    const auto wall = part.read<double>("steps/wall", {row}, {rows});
    const auto scalars =
        part.read<float>("steps/scalars", {row, 0}, {rows, static_cast<int64_t>(width)});
    const std::vector<int64_t> offset = {row, 0, 0, 0};
    const std::vector<int64_t> block = {rows, layout.layers, 2, layout.experts};
    const auto chosen = part.read<uint32_t>("steps/chosen", offset, block);
    const auto kept = part.read<uint32_t>("steps/kept", offset, block);
    const auto entropy = part.read<float>("steps/entropy", offset, {rows, layout.layers, 2, 2});
    for (int64_t i = 0; i < rows; ++i) {
      result.push_back({part.steps()[static_cast<size_t>(row + i)], wall[static_cast<size_t>(i)],
                        rowInOrder(scalars, i, width, columns), rowOf(chosen, i, choices),
                        rowOf(kept, i, choices), rowOf(entropy, i, layout.layers * 4)});
    }
    first += rows;
    count -= rows;
  }
  return result;
}

std::vector<Event> RecordingReader::readEvents(int64_t first, int64_t count) const {
  const State& s = *state_;
  requireRange(s.folder.path, "events", first, count, eventCount());
  std::vector<Event> result;
  const auto text = [](const char* cell, size_t bytes) {
    return std::string(cell, strnlen(cell, bytes));
  };
  for (int64_t i = first; i < first + count;) {
    // Neighbours in the file are read at once.
    const RowPlace place = s.events[static_cast<size_t>(i)];
    int64_t rows = 1;
    while (i + rows < first + count && s.events[static_cast<size_t>(i + rows)].part == place.part &&
           s.events[static_cast<size_t>(i + rows)].row == place.row + rows) {
      ++rows;
    }
    for (const hdf5::EventRow& row :
         s.parts[place.part]->read<hdf5::EventRow>("events", {place.row}, {rows})) {
      result.push_back(
          {row.step, row.wall, text(row.kind, sizeof(row.kind)), text(row.text, sizeof(row.text))});
    }
    i += rows;
  }
  return result;
}

ProbeSet RecordingReader::readProbe(int64_t first, int64_t count) const {
  ProbeSet probe = readProbeTexts(first, count);
  probe.images = state_->newest().readImages(first, count);
  return probe;
}

ProbeSet RecordingReader::readProbeTexts(int64_t first, int64_t count) const {
  const RecordingPart& part = state_->newest();
  const Layout& layout = part.layout();
  requireRange(part.path(), "samples", first, count, layout.samples);
  ProbeSet probe;
  probe.captions = part.readTexts("probe/captions", {first}, {count});
  probe.token_ids = part.read<int32_t>("probe/token_ids", {first, 0}, {count, layout.text_length});
  probe.pieces = part.readTexts("probe/pieces", {first, 0}, {count, layout.text_length});
  if (part.labelled()) {
    probe.labels = part.read<uint16_t>("probe/labels", {first, 0}, {count, layout.patches()});
  }
  probe.sources = part.readTexts("probe/source", {first}, {count});
  return probe;
}

std::vector<int64_t> RecordingReader::readTextTokens() const {
  const RecordingPart& part = state_->newest();
  const Layout& layout = part.layout();
  const int64_t width = layout.text_length;
  const auto ids = part.read<int32_t>("probe/token_ids", {0, 0}, {layout.samples, width});
  std::vector<int64_t> tokens;
  for (auto row = ids.begin(); row != ids.end(); row += width) {
    tokens.push_back(std::count_if(row, row + width, [](int32_t id) { return id >= 0; }));
  }
  return tokens;
}

namespace {

/// Samples [first_sample, first_sample + samples) of one layer of one snapshot of one part.
struct Block {
  int64_t row;
  int64_t layer;
  int64_t first_sample;
  int64_t samples;
};

template <typename T>
std::vector<T> readBlock(const RecordingPart& part, const std::string& dataset, const Block& block,
                         std::vector<int64_t> inner) {
  std::vector<int64_t> offset = {block.row, block.layer, block.first_sample};
  std::vector<int64_t> count = {1, 1, block.samples};
  offset.resize(3 + inner.size(), 0);
  count.insert(count.end(), inner.begin(), inner.end());
  return part.read<T>(dataset, offset, count);
}

std::vector<uint16_t> readExperts(const RecordingPart& part, const std::string& dataset,
                                  const Block& block, std::vector<int64_t> inner) {
  const int64_t experts = part.layout().experts;
  std::vector<uint16_t> result;
  if (schema::expertElement(experts) == hdf5::Element::U16) {
    result = readBlock<uint16_t>(part, dataset, block, std::move(inner));
  } else {
    for (const uint8_t expert : readBlock<uint8_t>(part, dataset, block, std::move(inner))) {
      result.push_back(expert == 255 ? kNoExpert : expert);
    }
  }
  // Whoever draws or counts uses these as indices.
  for (const uint16_t expert : result) {
    if (expert >= experts && expert != kNoExpert) {
      throw RecordingError(part.path().string() + ": " + dataset + " names expert " +
                           std::to_string(expert) + " of " + std::to_string(experts) +
                           "; the file is damaged");
    }
  }
  return result;
}

Decisions readChoices(const RecordingPart& part, const std::string& modality, const Block& block,
                      int64_t units) {
  const int64_t choices = part.layout().top_k;
  const std::string prefix = "snapshots/" + modality;
  Decisions decisions;
  decisions.expert = readExperts(part, prefix + "_expert", block, {units, choices});
  decisions.kept = readBlock<uint8_t>(part, prefix + "_kept", block, {units, choices});
  return decisions;
}

Decisions readDecisions(const RecordingPart& part, const std::string& modality, const Block& block,
                        int64_t units, bool with_probabilities) {
  const Layout& layout = part.layout();
  const std::string prefix = "snapshots/" + modality;
  Decisions decisions = readChoices(part, modality, block, units);
  decisions.gate =
      floatsFromHalves(readBlock<uint16_t>(part, prefix + "_gate", block, {units, layout.top_k}));
  decisions.runner_up = readExperts(part, prefix + "_runner_up", block, {units});
  decisions.margin =
      floatsFromHalves(readBlock<uint16_t>(part, prefix + "_margin", block, {units}));
  if (with_probabilities && layout.probabilities) {
    decisions.probability =
        readBlock<float>(part, prefix + "_probability", block, {units, layout.experts});
  }
  return decisions;
}

}  // namespace

/// Where samples of one layer of one snapshot lie.
struct RecordingReader::LayerPlace {
  const RecordingPart& part;
  Block block;
};

RecordingReader::LayerPlace RecordingReader::placeOf(int64_t snapshot, int64_t layer,
                                                     int64_t first_sample, int64_t samples) const {
  const State& s = *state_;
  requireRange(s.folder.path, "snapshots", snapshot, 1,
               static_cast<int64_t>(s.snapshot_steps.size()));
  const auto [p, row] = s.placeOf(s.snapshot_rows, snapshot);
  const RecordingPart& part = *s.parts[p];
  const Layout& layout = part.layout();
  requireRange(part.path(), "MoE layers", layer, 1, layout.layers);
  requireRange(part.path(), "samples", first_sample, samples, layout.samples);
  return {part, {row, layer, first_sample, samples}};
}

LayerSlice RecordingReader::readChoices(int64_t snapshot, int64_t layer, int64_t first_sample,
                                        int64_t samples) const {
  const auto [part, block] = placeOf(snapshot, layer, first_sample, samples);
  LayerSlice slice;
  slice.first_sample = first_sample;
  slice.samples = samples;
  slice.image = probe::readChoices(part, "image", block, part.layout().patches());
  slice.text = probe::readChoices(part, "text", block, part.layout().text_length);
  return slice;
}

LayerSlice RecordingReader::readLayer(int64_t snapshot, int64_t layer, int64_t first_sample,
                                      int64_t samples, bool with_probabilities) const {
  const auto [part, block] = placeOf(snapshot, layer, first_sample, samples);
  const Layout& layout = part.layout();
  LayerSlice slice;
  slice.first_sample = first_sample;
  slice.samples = samples;
  slice.image = readDecisions(part, "image", block, layout.patches(), with_probabilities);
  slice.text = readDecisions(part, "text", block, layout.text_length, with_probabilities);
  slice.order =
      readBlock<uint32_t>(part, "snapshots/order", block, {layout.patches() + layout.text_length});
  return slice;
}

Snapshot RecordingReader::readSummary(int64_t snapshot) const {
  const State& s = *state_;
  requireRange(s.folder.path, "snapshots", snapshot, 1,
               static_cast<int64_t>(s.snapshot_steps.size()));
  const auto [p, row] = s.placeOf(s.snapshot_rows, snapshot);
  const RecordingPart& part = *s.parts[p];
  const Layout& layout = part.layout();
  const auto labels = static_cast<int64_t>(layout.label_names.size());
  const size_t width = layout.metric_names.size();
  Snapshot summary;
  summary.step = s.snapshot_steps[static_cast<size_t>(snapshot)];
  summary.tokens = part.read<uint32_t>("snapshots/tokens", {row, 0, 0, 0},
                                       {1, layout.layers, 2, layout.experts});
  summary.label_tokens = part.read<uint32_t>("snapshots/label_tokens", {row, 0, 0, 0},
                                             {1, layout.layers, layout.experts, labels});
  const auto metrics =
      part.read<float>("snapshots/metrics", {row, 0}, {1, static_cast<int64_t>(width)});
  summary.metrics = rowInOrder(metrics, 0, width,
                               columnsOf(s.newest().layout().metric_names, layout.metric_names));
  return summary;
}

std::vector<float> RecordingReader::readEmbeddings(int64_t snapshot) const {
  const State& s = *state_;
  requireRange(s.folder.path, "snapshots", snapshot, 1,
               static_cast<int64_t>(s.snapshot_steps.size()));
  const Layout& newest = s.newest().layout();
  const auto [p, row] = s.placeOf(s.snapshot_rows, snapshot);
  const RecordingPart& part = *s.parts[p];
  const int64_t width = newest.embed_dim;
  if (part.layout().embed_dim != width) {
    return std::vector<float>(static_cast<size_t>(newest.samples * 2 * width),
                              std::numeric_limits<float>::quiet_NaN());
  }
  return floatsFromHalves(
      part.read<uint16_t>("snapshots/embeddings", {row, 0, 0, 0}, {1, newest.samples, 2, width}));
}

}  // namespace limoe::probe
