#include "routing_probe/recording/salvage_rows.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "routing_probe/recording/half.h"

namespace limoe::probe {
namespace {

const float kNaN = std::numeric_limits<float>::quiet_NaN();

template <typename T>
std::vector<T> slice(const std::vector<T>& values, int64_t row, size_t rows) {
  const size_t width = values.size() / rows;
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(row) * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

}  // namespace

// Salvage::readLayer() is here with the other rows.
std::vector<uint16_t> Salvage::readExperts(const std::string& dataset,
                                           const std::vector<int64_t>& offset,
                                           const std::vector<int64_t>& count) const {
  if (schema::expertElement(layout_.experts) == hdf5::Element::U16) {
    return read<uint16_t>(dataset, offset, count);
  }
  const std::vector<uint8_t> bytes = read<uint8_t>(dataset, offset, count);
  std::vector<uint16_t> experts(bytes.size());
  std::transform(bytes.begin(), bytes.end(), experts.begin(), [](uint8_t expert) {
    return expert == 255 ? kNoExpert : static_cast<uint16_t>(expert);
  });
  return experts;
}

Decisions Salvage::readDecisions(const std::string& modality, int64_t row, int64_t layer,
                                 int64_t units) const {
  const std::string prefix = "snapshots/" + modality;
  const auto halves = [](const std::vector<uint16_t>& values) {
    std::vector<float> floats(values.size());
    std::transform(values.begin(), values.end(), floats.begin(), floatFromHalf);
    return floats;
  };
  const std::vector<int64_t> token = {row, layer, 0, 0};
  const std::vector<int64_t> tokens = {1, 1, layout_.samples, units};
  const std::vector<int64_t> choice = {row, layer, 0, 0, 0};
  const std::vector<int64_t> choices = {1, 1, layout_.samples, units, layout_.top_k};
  Decisions decisions;
  decisions.expert = readExperts(prefix + "_expert", choice, choices);
  decisions.gate = halves(read<uint16_t>(prefix + "_gate", choice, choices));
  decisions.kept = read<uint8_t>(prefix + "_kept", choice, choices);
  decisions.runner_up = readExperts(prefix + "_runner_up", token, tokens);
  decisions.margin = halves(read<uint16_t>(prefix + "_margin", token, tokens));
  if (layout_.probabilities) {
    decisions.probability = read<float>(prefix + "_probability", choice,
                                        {1, 1, layout_.samples, units, layout_.experts});
  }
  return decisions;
}

LayerSlice Salvage::readLayer(int64_t row, int64_t layer) const {
  LayerSlice slice;
  slice.samples = layout_.samples;
  slice.image = readDecisions("image", row, layer, layout_.patches());
  slice.text = readDecisions("text", row, layer, layout_.text_length);
  slice.order = read<uint32_t>("snapshots/order", {row, layer, 0, 0},
                               {1, 1, layout_.samples, layout_.patches() + layout_.text_length});
  return slice;
}

std::vector<StepRow> readSteps(const Salvage& salvage, int64_t first, int64_t count) {
  if (count == 0) {
    return {};
  }
  const Layout& layout = salvage.layout();
  const std::vector<int64_t> experts = {layout.layers, 2, layout.experts};
  const auto step = tableRows<int64_t>(salvage, "steps/step", first, count, {}, 0);
  const auto wall = tableRows<double>(salvage, "steps/wall", first, count, {}, 0);
  const auto scalars = tableRows<float>(salvage, "steps/scalars", first, count,
                                        {static_cast<int64_t>(layout.scalar_names.size())}, kNaN);
  const bool counted = salvage.has("steps/chosen") && salvage.has("steps/kept");
  auto chosen = tableRows<uint32_t>(salvage, "steps/chosen", first, count, experts, 0);
  auto kept = tableRows<uint32_t>(salvage, "steps/kept", first, count, experts, 0);
  if (!counted) {  // one without the other says nothing
    std::fill(chosen.begin(), chosen.end(), 0);
    std::fill(kept.begin(), kept.end(), 0);
  }
  const auto entropy =
      tableRows<float>(salvage, "steps/entropy", first, count, {layout.layers, 2, 2}, kNaN);
  const auto rows = static_cast<size_t>(count);
  std::vector<StepRow> result;
  for (int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    result.push_back({step[at], wall[at], slice(scalars, i, rows), slice(chosen, i, rows),
                      slice(kept, i, rows), slice(entropy, i, rows)});
  }
  return result;
}

std::vector<Event> readEvents(const Salvage& salvage, int64_t first, int64_t count) {
  std::vector<Event> result;
  for (const hdf5::EventRow& row : salvage.read<hdf5::EventRow>("events", {first}, {count})) {
    result.push_back({row.step, row.wall,
                      std::string(row.kind, strnlen(row.kind, sizeof(row.kind))),
                      std::string(row.text, strnlen(row.text, sizeof(row.text)))});
  }
  return result;
}

Snapshot readSummary(const Salvage& salvage, int64_t row, std::vector<std::string>* lost) {
  const Layout& layout = salvage.layout();
  const auto attempt = [&](const char* dataset, const auto& read) {
    if (!salvage.has(dataset)) {
      return;  // that it is lost is told once for all snapshots
    }
    try {
      read();
    } catch (const RecordingError& error) {
      if (lost != nullptr) {
        lost->emplace_back(error.what());
      }
    }
  };
  Snapshot summary;
  summary.step = salvage.read<int64_t>("snapshots/step", {row}, {1}).front();
  attempt("snapshots/tokens", [&] {
    summary.tokens = salvage.read<uint32_t>("snapshots/tokens", {row, 0, 0, 0},
                                            {1, layout.layers, 2, layout.experts});
  });
  const auto labels = static_cast<int64_t>(layout.label_names.size());
  attempt("snapshots/label_tokens", [&] {
    summary.label_tokens = salvage.read<uint32_t>("snapshots/label_tokens", {row, 0, 0, 0},
                                                  {1, layout.layers, layout.experts, labels});
  });
  const auto width = static_cast<int64_t>(layout.metric_names.size());
  summary.metrics.assign(static_cast<size_t>(width), kNaN);
  attempt("snapshots/metrics", [&] {
    summary.metrics = salvage.read<float>("snapshots/metrics", {row, 0}, {1, width});
  });
  return summary;
}

std::vector<float> readEmbeddings(const Salvage& salvage, int64_t row) {
  const Layout& layout = salvage.layout();
  if (!layout.embeddings) {
    return {};
  }
  std::vector<float> result(static_cast<size_t>(layout.samples * 2 * layout.embed_dim), kNaN);
  try {
    const auto halves = salvage.read<uint16_t>("snapshots/embeddings", {row, 0, 0, 0},
                                               {1, layout.samples, 2, layout.embed_dim});
    std::transform(halves.begin(), halves.end(), result.begin(), floatFromHalf);
  } catch (const RecordingError&) {
    // NaN says that it is lost.
  }
  return result;
}

std::vector<bool> maskOfDecisions(const Salvage& salvage) {
  const Layout& layout = salvage.layout();
  const auto k = static_cast<size_t>(layout.top_k);
  for (int64_t row = 0; layout.layers > 0 && row < salvage.rows("snapshots/step"); ++row) {
    for (int64_t layer = 0; layer < layout.layers; ++layer) {
      try {
        const LayerSlice slice = salvage.readLayer(row, layer);
        std::vector<bool> mask(slice.text.expert.size() / k);
        for (size_t i = 0; i < mask.size(); ++i) {
          mask[i] = slice.text.expert[i * k] != kNoExpert;
        }
        if (std::find(mask.begin(), mask.end(), true) != mask.end()) {
          return mask;
        }
      } catch (const RecordingError&) {
        break;  // told where the snapshots are inspected; the next one may be readable
      }
    }
    if (row >= 8) {
      break;  // a file as damaged as this has nothing to lose by it
    }
  }
  return {};
}

}  // namespace limoe::probe
