#include "routing_probe/worker/export_tables.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>

#include "routing_probe/recording/recording_copy.h"

namespace limoe::probe {
namespace {

constexpr int64_t kStepRows = 1024;
constexpr int64_t kPageTokens = 1 << 16;
constexpr size_t kNpyHeaderBytes = 1024;  // a multiple of 64, as the format wants it

template <typename T>
std::string numberText(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }
  }
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string result = "\"";
  for (const char c : text) {
    result += c == '"' ? "\"\"" : std::string(1, c);
  }
  return result + "\"";
}

std::string headerOf(const std::vector<std::string>& names) {
  std::string line = "step,wall_seconds";
  for (const std::string& name : names) {
    line += "," + quoted(name);
  }
  return line + "\n";
}

std::string rowText(int64_t step, double wall, const std::vector<float>& values) {
  std::string line = numberText(step) + "," + numberText(wall);
  for (const float value : values) {
    line += "," + numberText(value);
  }
  return line + "\n";
}

void forEachStep(const RecordingReader& run, const std::function<void(const StepRow&)>& visit) {
  for (int64_t first = 0; first < run.stepCount(); first += kStepRows) {
    for (const StepRow& row : run.readSteps(first, std::min(kStepRows, run.stepCount() - first))) {
      visit(row);
    }
  }
}

/// One choice of one routed token. −1: none.
struct DecisionRow {
  int64_t step = 0, layer = 0, block = 0, sample = 0, modality = 0, position = 0;
  int64_t row = -1, column = -1, choice = 0, expert = 0;
  float gate = 0;
  bool kept = false;
  int64_t runner_up = -1;
  float margin = 0;
  int64_t order = -1, token_id = -1, label = -1;
};

/// Of one layer of one snapshot, the samples from `first` on: calls `visit` for each choice of each
/// routed token.
void visitPage(const RecordingReader& run, const ProbeSet& probe, const LayerSlice& slice,
               DecisionRow row, const std::function<void(const DecisionRow&)>& visit) {
  const Layout& layout = run.layout();
  const int64_t patches = layout.patches();
  const int64_t width = patches + layout.text_length;
  for (int64_t i = 0; i < slice.samples * width; ++i) {
    const int64_t unit = i % width;
    const bool image = unit < patches;
    row.sample = slice.first_sample + i / width;
    row.modality = image ? kImage : kText;
    row.position = image ? unit : unit - patches;
    const Decisions& d = image ? slice.image : slice.text;
    const int64_t units = image ? patches : layout.text_length;
    const auto token = static_cast<size_t>(i / width * units + row.position);
    const auto in_probe = static_cast<size_t>(row.sample * units + row.position);
    row.row = image ? unit / layout.patch_columns : -1;
    row.column = image ? unit % layout.patch_columns : -1;
    const bool labelled = image && !probe.labels.empty() && probe.labels[in_probe] != kNoLabel;
    row.label = labelled ? probe.labels[in_probe] : -1;
    row.token_id = image ? -1 : probe.token_ids[in_probe];
    row.runner_up = d.runner_up[token] == kNoExpert ? -1 : d.runner_up[token];
    row.margin = d.margin[token];
    const uint32_t order = slice.order[static_cast<size_t>(i)];
    row.order = order == UINT32_MAX ? -1 : static_cast<int64_t>(order);
    for (row.choice = 0; row.choice < layout.top_k; ++row.choice) {
      const size_t at = token * static_cast<size_t>(layout.top_k) + static_cast<size_t>(row.choice);
      if (d.expert[at] != kNoExpert) {
        row.expert = d.expert[at];
        row.gate = d.gate[at];
        row.kept = d.kept[at] != 0;
        visit(row);
      }
    }
  }
}

void forEachDecision(const RecordingReader& run, const ProbeSet& probe,
                     const DecisionChoice& choice, const WorkProgress& progress,
                     const std::function<void(const DecisionRow&)>& visit) {
  const Layout& layout = run.layout();
  const int64_t page = std::max<int64_t>(1, kPageTokens / (layout.patches() + layout.text_length));
  const auto total = static_cast<double>(choice.snapshots.size() * choice.layers.size()) *
                     static_cast<double>(layout.samples);
  double done = 0;
  for (const int64_t snapshot : choice.snapshots) {
    for (const int64_t layer : choice.layers) {
      DecisionRow row;
      row.step = run.snapshotSteps()[static_cast<size_t>(snapshot)];
      row.layer = layer;
      row.block = layout.blocks[static_cast<size_t>(layer)];
      for (int64_t first = 0; first < layout.samples; first += page) {
        progress("decisions", done / total);
        const int64_t samples = std::min(page, layout.samples - first);
        const LayerSlice slice = run.readLayer(snapshot, layer, first, samples, false);
        visitPage(run, probe, slice, row, visit);
        done += static_cast<double>(samples);
      }
    }
  }
}

template <typename T>
void appendNumber(std::string& bytes, T value) {
  static_assert(std::endian::native == std::endian::little, "the files are little-endian");
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

/// Version 1.0: magic, version, length of what follows, a Python dictionary, spaces, newline.
std::string npyHeader(int64_t rows) {
  std::string dictionary =
      "{'descr': [('step', '<i8'), ('layer', '<i2'), ('block', '<i2'), ('sample', '<i4'), "
      "('modality', '|u1'), ('position', '<i4'), ('row', '<i2'), ('column', '<i2'), "
      "('choice', '<i2'), ('expert', '<i4'), ('gate', '<f4'), ('kept', '|b1'), "
      "('runner_up', '<i4'), ('margin', '<f4'), ('order', '<i8'), ('token_id', '<i4'), "
      "('label', '<i4')], 'fortran_order': False, 'shape': (" +
      std::to_string(rows) + ",), }";
  std::string header("\x93NUMPY\x01\x00", 8);
  const auto length = static_cast<uint16_t>(kNpyHeaderBytes - header.size() - sizeof(uint16_t));
  appendNumber(header, length);
  dictionary.resize(length - 1, ' ');
  return header + dictionary + "\n";
}

std::string npyRow(const DecisionRow& row) {
  std::string bytes;
  appendNumber(bytes, row.step);
  appendNumber(bytes, static_cast<int16_t>(row.layer));
  appendNumber(bytes, static_cast<int16_t>(row.block));
  appendNumber(bytes, static_cast<int32_t>(row.sample));
  appendNumber(bytes, static_cast<uint8_t>(row.modality));
  appendNumber(bytes, static_cast<int32_t>(row.position));
  appendNumber(bytes, static_cast<int16_t>(row.row));
  appendNumber(bytes, static_cast<int16_t>(row.column));
  appendNumber(bytes, static_cast<int16_t>(row.choice));
  appendNumber(bytes, static_cast<int32_t>(row.expert));
  appendNumber(bytes, row.gate);
  appendNumber(bytes, static_cast<uint8_t>(row.kept));
  appendNumber(bytes, static_cast<int32_t>(row.runner_up));
  appendNumber(bytes, row.margin);
  appendNumber(bytes, row.order);
  appendNumber(bytes, static_cast<int32_t>(row.token_id));
  appendNumber(bytes, static_cast<int32_t>(row.label));
  return bytes;
}

}  // namespace

void exportScalars(const RecordingReader& run, OutputFile& file, const WorkProgress& progress) {
  file.write(headerOf(run.layout().scalar_names));
  int64_t done = 0;
  forEachStep(run, [&](const StepRow& row) {
    file.write(rowText(row.step, row.wall, row.scalars));
    if (++done % kStepRows == 0) {
      progress("scalars", static_cast<double>(done) / static_cast<double>(run.stepCount()));
    }
  });
}

void exportMetrics(const RecordingReader& run, OutputFile& file, const WorkProgress& progress) {
  std::map<int64_t, double> wall;
  forEachStep(run, [&](const StepRow& row) { wall[row.step] = row.wall; });
  file.write(headerOf(run.layout().metric_names));
  const auto snapshots = std::ssize(run.snapshotSteps());
  for (int64_t s = 0; s < snapshots; ++s) {
    progress("metrics", static_cast<double>(s) / static_cast<double>(snapshots));
    const Snapshot summary = run.readSummary(s);
    const auto found = wall.find(summary.step);
    file.write(
        rowText(summary.step,
                found == wall.end() ? std::numeric_limits<double>::quiet_NaN() : found->second,
                summary.metrics));
  }
}

int64_t exportDecisionsCsv(const RecordingReader& run, const DecisionChoice& choice,
                           OutputFile& file, const WorkProgress& progress) {
  const ProbeSet probe = run.readProbeTexts(0, run.layout().samples);
  const Layout& layout = run.layout();
  const auto orNothing = [](int64_t value) { return value < 0 ? "" : numberText(value); };
  int64_t rows = 0;
  file.write(
      "step,layer,block,sample,modality,position,row,column,choice,expert,gate,kept,runner_up,"
      "margin,order,piece,label\n");
  forEachDecision(run, probe, choice, progress, [&](const DecisionRow& row) {
    const bool text = row.modality == kText;
    const auto at = static_cast<size_t>(row.sample * layout.text_length + row.position);
    file.write(
        numberText(row.step) + "," + numberText(row.layer) + "," + numberText(row.block) + "," +
        numberText(row.sample) + (text ? ",text," : ",image,") + numberText(row.position) + "," +
        orNothing(row.row) + "," + orNothing(row.column) + "," + numberText(row.choice) + "," +
        numberText(row.expert) + "," + numberText(row.gate) + (row.kept ? ",1," : ",0,") +
        orNothing(row.runner_up) + "," + numberText(row.margin) + "," + orNothing(row.order) + "," +
        (text ? quoted(probe.pieces[at]) : "") + "," +
        (row.label < 0 ? "" : quoted(layout.label_names[static_cast<size_t>(row.label)])) + "\n");
    ++rows;
  });
  return rows;
}

int64_t exportDecisionsNpy(const RecordingReader& run, const DecisionChoice& choice,
                           OutputFile& file, const WorkProgress& progress) {
  const ProbeSet probe = run.readProbeTexts(0, run.layout().samples);
  int64_t rows = 0;
  file.write(npyHeader(0));
  forEachDecision(run, probe, choice, progress, [&](const DecisionRow& row) {
    file.write(npyRow(row));
    ++rows;
  });
  file.writeFirst(npyHeader(rows));
  return rows;
}

}  // namespace limoe::probe
