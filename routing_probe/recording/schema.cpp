#include "routing_probe/recording/schema.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace limoe::probe::schema {
namespace {

using hdf5::Element;

constexpr hsize_t kTableChunkBytes = 64 << 10;

hsize_t productOf(const std::vector<hsize_t>& sizes) {
  hsize_t product = 1;
  for (const hsize_t size : sizes) {
    product *= size;
  }
  return product;
}

/// A chunk (1, …, 1, n, rest) of about kChunkBytes; `row` is (leading ones, N, rest).
std::vector<hsize_t> sampleChunk(const std::vector<hsize_t>& row, size_t sample_axis,
                                 size_t element_bytes) {
  std::vector<hsize_t> chunk(1 + row.size(), 1);
  hsize_t sample_bytes = element_bytes;
  for (size_t axis = sample_axis + 1; axis < row.size(); ++axis) {
    chunk[1 + axis] = row[axis];
    sample_bytes *= row[axis];
  }
  chunk[1 + sample_axis] =
      std::clamp<hsize_t>(kChunkBytes / std::max<hsize_t>(1, sample_bytes), 1, row[sample_axis]);
  return chunk;
}

class Table {
 public:
  std::vector<Dataset> take() { return std::move(datasets_); }

  /// A probe dataset; `chunk` as in Dataset.
  void probe(std::string path, Element element, size_t text_bytes, std::vector<hsize_t> shape,
             std::vector<hsize_t> chunk = {}) {
    Dataset dataset = named(std::move(path), Rows::Probe, element, text_bytes);
    dataset.probe_rows = shape.front();
    dataset.row.assign(shape.begin() + 1, shape.end());
    dataset.filter = chunk.empty() ? Filter::None : Filter::Gzip;
    dataset.chunk = std::move(chunk);
    datasets_.push_back(std::move(dataset));
  }

  /// Rows of fixed size, unfiltered, in chunks of `chunk_rows`.
  void table(std::string path, Rows rows, Element element, std::vector<hsize_t> row,
             hsize_t chunk_rows) {
    if (productOf(row) == 0) {
      return;
    }
    Dataset dataset = named(std::move(path), rows, element);
    dataset.chunk.push_back(chunk_rows);
    dataset.chunk.insert(dataset.chunk.end(), row.begin(), row.end());
    dataset.row = std::move(row);
    datasets_.push_back(std::move(dataset));
  }

  /// A compressed part of a snapshot.
  void decisions(std::string path, Element element, std::vector<hsize_t> row, size_t sample_axis) {
    Dataset dataset = named(std::move(path), Rows::Snapshot, element);
    dataset.chunk = sampleChunk(row, sample_axis, dataset.elementBytes());
    dataset.row = std::move(row);
    dataset.filter = Filter::ShuffleGzip;
    datasets_.push_back(std::move(dataset));
  }

 private:
  static Dataset named(std::string path, Rows rows, Element element, size_t text_bytes = 0) {
    Dataset dataset;
    dataset.path = std::move(path);
    dataset.rows = rows;
    dataset.element = element;
    dataset.text_bytes = text_bytes;
    return dataset;
  }

  std::vector<Dataset> datasets_;
};

/// Tables of a snapshot whose rows may be large: as many rows a chunk as fit into 64 kB.
hsize_t tableChunkRows(const std::vector<hsize_t>& row, size_t element_bytes) {
  const hsize_t bytes = std::max<hsize_t>(1, productOf(row) * element_bytes);
  return std::clamp<hsize_t>(kTableChunkBytes / bytes, 1, kIndexChunkRows);
}

void addProbe(Table& table, const Layout& layout, const TextBytes& texts, bool labelled) {
  const auto n = static_cast<hsize_t>(layout.samples);
  const auto t = static_cast<hsize_t>(layout.text_length);
  const auto p = static_cast<hsize_t>(layout.patches());
  const auto h = static_cast<hsize_t>(layout.image_height);
  const auto w = static_cast<hsize_t>(layout.image_width);
  table.probe("probe/images", Element::U8, 0, {n, h, w, 3}, {1, h, w, 3});
  table.probe("probe/captions", Element::Text, texts.caption, {n});
  table.probe("probe/source", Element::Text, texts.source, {n});
  table.probe("probe/token_ids", Element::I32, 0, {n, t});
  table.probe("probe/pieces", Element::Text, kPieceBytes, {n, t});
  table.probe("probe/label_names", Element::Text, kLabelNameBytes, {layout.label_names.size()});
  if (labelled) {
    const hsize_t samples = std::clamp<hsize_t>(kChunkBytes / (2 * p), 1, n);
    table.probe("probe/labels", Element::U16, 0, {n, p}, {samples, p});
  } else {
    table.probe("probe/labels", Element::U16, 0, {0, p});
  }
}

void addSteps(Table& table, const Layout& layout) {
  const auto l = static_cast<hsize_t>(layout.layers);
  const auto e = static_cast<hsize_t>(layout.experts);
  table.table("steps/step", Rows::Step, Element::I64, {}, kStepChunkRows);
  table.table("steps/wall", Rows::Step, Element::F64, {}, kStepChunkRows);
  table.table("steps/scalars", Rows::Step, Element::F32, {layout.scalar_names.size()},
              kStepChunkRows);
  table.table("steps/chosen", Rows::Step, Element::U32, {l, 2, e}, kStepChunkRows);
  table.table("steps/kept", Rows::Step, Element::U32, {l, 2, e}, kStepChunkRows);
  table.table("steps/entropy", Rows::Step, Element::F32, {l, 2, 2}, kStepChunkRows);
}

void addDecisions(Table& table, const Layout& layout, const std::string& modality, hsize_t units) {
  const auto l = static_cast<hsize_t>(layout.layers);
  const auto n = static_cast<hsize_t>(layout.samples);
  const auto k = static_cast<hsize_t>(layout.top_k);
  const auto e = static_cast<hsize_t>(layout.experts);
  const std::string prefix = "snapshots/" + modality;
  const Element expert = expertElement(layout.experts);
  table.decisions(prefix + "_expert", expert, {l, n, units, k}, 1);
  table.decisions(prefix + "_gate", Element::F16, {l, n, units, k}, 1);
  table.decisions(prefix + "_kept", Element::U8, {l, n, units, k}, 1);
  table.decisions(prefix + "_runner_up", expert, {l, n, units}, 1);
  table.decisions(prefix + "_margin", Element::F16, {l, n, units}, 1);
  if (layout.probabilities) {
    table.decisions(prefix + "_probability", Element::F32, {l, n, units, e}, 1);
  }
}

void addSnapshots(Table& table, const Layout& layout) {
  const auto l = static_cast<hsize_t>(layout.layers);
  const auto e = static_cast<hsize_t>(layout.experts);
  const auto n = static_cast<hsize_t>(layout.samples);
  const auto p = static_cast<hsize_t>(layout.patches());
  const auto t = static_cast<hsize_t>(layout.text_length);
  table.table("snapshots/step", Rows::Snapshot, Element::I64, {}, kIndexChunkRows);
  table.table("snapshots/metrics", Rows::Snapshot, Element::F32, {layout.metric_names.size()},
              kIndexChunkRows);
  if (layout.layers > 0) {
    addDecisions(table, layout, "image", p);
    addDecisions(table, layout, "text", t);
    table.decisions("snapshots/order", Element::U32, {l, n, p + t}, 1);
    const std::vector<hsize_t> tokens = {l, 2, e};
    const std::vector<hsize_t> labels = {l, e, layout.label_names.size()};
    table.table("snapshots/tokens", Rows::Snapshot, Element::U32, tokens,
                tableChunkRows(tokens, 4));
    table.table("snapshots/label_tokens", Rows::Snapshot, Element::U32, labels,
                tableChunkRows(labels, 4));
  }
  if (layout.embeddings) {
    table.decisions("snapshots/embeddings", Element::F16,
                    {n, 2, static_cast<hsize_t>(layout.embed_dim)}, 0);
  }
}

}  // namespace

hsize_t Dataset::rowElements() const {
  return productOf(row);
}

std::vector<Dataset> datasetsOf(const Layout& layout, const TextBytes& texts, bool labelled) {
  Table table;
  addProbe(table, layout, texts, labelled);
  addSteps(table, layout);
  table.table("events", Rows::Event, Element::Event, {}, kIndexChunkRows);
  addSnapshots(table, layout);
  return table.take();
}

const char* indexOf(Rows rows) {
  switch (rows) {
    case Rows::Step:
      return "steps/step";
    case Rows::Event:
      return "events";
    case Rows::Snapshot:
      return "snapshots/step";
    case Rows::Probe:
      break;
  }
  throw std::invalid_argument("the probe has no index");
}

Element expertElement(int64_t experts) {
  return experts <= 254 ? Element::U8 : Element::U16;
}

std::vector<std::string> faultsOf(const Layout& layout) {
  std::vector<std::string> faults;
  const auto bound = [&faults](const char* name, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most) {
      faults.push_back(std::string(name) + " is " + std::to_string(value) + ", not " +
                       std::to_string(least) + " … " + std::to_string(most));
    }
  };
  const bool moe = layout.layers != 0;
  bound("the number of MoE layers", layout.layers, 0, 4096);
  bound("the number of experts", layout.experts, moe ? 1 : 0, 65534);
  bound("the number of experts per token", layout.top_k, moe ? 1 : 0,
        moe ? std::clamp<int64_t>(layout.experts, 1, 65534) : 65534);
  bound("the number of probe samples", layout.samples, 1, int64_t{1} << 31);
  bound("the number of patch rows", layout.patch_rows, 1, 4096);
  bound("the number of patch columns", layout.patch_columns, 1, 4096);
  bound("the number of text positions", layout.text_length, 1, 1 << 20);
  bound("the image height", layout.image_height, 1, 1 << 14);
  bound("the image width", layout.image_width, 1, 1 << 14);
  bound("the embedding width", layout.embed_dim, layout.embeddings ? 1 : 0, 1 << 20);
  bound("the number of labels", static_cast<int64_t>(layout.label_names.size()), 0, 65535);
  bound("the number of scalars", static_cast<int64_t>(layout.scalar_names.size()), 0, 4096);
  bound("the number of metrics", static_cast<int64_t>(layout.metric_names.size()), 0, 4096);
  if (static_cast<int64_t>(layout.blocks.size()) != layout.layers) {
    faults.push_back("there are " + std::to_string(layout.blocks.size()) + " block indices for " +
                     std::to_string(layout.layers) + " MoE layers");
  }
  if (layout.scalar_units.size() != layout.scalar_names.size()) {
    faults.push_back("there are " + std::to_string(layout.scalar_units.size()) + " units for " +
                     std::to_string(layout.scalar_names.size()) + " scalars");
  }
  if (!moe && layout.probabilities) {
    faults.emplace_back("there are no MoE layers whose probabilities could be recorded");
  }
  return faults;
}

}  // namespace limoe::probe::schema
