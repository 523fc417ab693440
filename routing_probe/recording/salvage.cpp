#include "routing_probe/recording/salvage.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "routing_probe/recording/dataset_check.h"
#include "routing_probe/recording/parent_attributes.h"

namespace limoe::probe {
namespace {

using hdf5::Handle;
using schema::Filter;
using schema::Rows;

constexpr unsigned kMetadataReadAttempts = 20;
constexpr int64_t kStatusFlagsOffset = 11;
constexpr unsigned char kOpenForSwmr = 4;
constexpr size_t kLargestText = 1 << 20;
/// What deflate can make of one byte at most; a larger claim is a lie.
constexpr int64_t kLargestExpansion = 1032;
/// Every patch has pixels, and decisions in each snapshot: far more than this, packed or not.
constexpr int64_t kMostPatchesPerByte = 64;

/// A missing byte counts as set: then the file is opened as one whose writer did not close it.
unsigned char statusFlags(const std::filesystem::path& path) {
  unsigned char flags = 0xff;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) {
    if (pread(descriptor, &flags, 1, kStatusFlagsOffset) != 1) {
      flags = 0xff;
    }
    ::close(descriptor);
  }
  return flags;
}

std::string rowsText(int64_t first, int64_t count) {
  return count == 1 ? "row " + std::to_string(first)
                    : "rows " + std::to_string(first) + " … " + std::to_string(first + count - 1);
}

/// Stored as it is, each row in one chunk: of a chunk that is cut the rows before the cut count.
bool hasPlainRows(const schema::Dataset& dataset) {
  return dataset.rows != Rows::Probe && dataset.filter == Filter::None &&
         std::equal(dataset.row.begin(), dataset.row.end(), dataset.chunk.begin() + 1);
}

}  // namespace

Salvage::Salvage(std::filesystem::path path, uint64_t real_bytes)
    : path_(std::move(path)), real_bytes_(real_bytes) {
  hdf5::prepareThread();
  try {
    open();
    readOrigin();
    readLayout();
    openDatasets();
    readNames();
  } catch (const hdf5::Error& error) {
    fail(error.what());
  }
}

uint64_t Salvage::realBytes() const {
  if (real_bytes_ > 0) {
    return real_bytes_;
  }
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path_, error);
  return error ? 0 : bytes;
}

void Salvage::fail(const std::string& what) const {
  throw RecordingError(path_.string() + ": " + what);
}

// ---------------------------------------------------------------------------------------------
// Opening

void Salvage::open() {
  const unsigned char flags = statusFlags(path_);
  swmr_ = flags != 0xff && (flags & kOpenForSwmr) != 0;
  const Handle access =
      hdf5::own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "set how the file is accessed");
  hdf5::check(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "set how the file closes");
  if (swmr_) {
    hdf5::check(H5Pset_metadata_read_attempts(access.get(), kMetadataReadAttempts),
                "set how often metadata is read");
  }
  file_ = hdf5::own(
      H5Fopen(path_.c_str(), H5F_ACC_RDONLY | (swmr_ ? H5F_ACC_SWMR_READ : 0u), access.get()),
      H5Fclose, "open the file");
  root_ = hdf5::own(H5Gopen2(file_.get(), "/", H5P_DEFAULT), H5Gclose, "open the root group");
  finished_ = flags == 0;
}

void Salvage::readOrigin() {
  const hid_t root = root_.get();
  if (!hdf5::hasAttribute(root, "format") || hdf5::readText(root, "format") != schema::kFormat) {
    fail("is an HDF5 file, but not a recording of routing");
  }
  if (const int64_t version = hdf5::readInteger(root, "version"); version != schema::kVersion) {
    fail("has version " + std::to_string(version) + " of the format, and this program knows " +
         std::to_string(schema::kVersion) + "; update the program");
  }
  origin_.program = hdf5::readText(root, "program");
  origin_.created = hdf5::readText(root, "created");
  origin_.run_id = hdf5::readText(root, "run_id");
  origin_.part = hdf5::readInteger(root, "part");
  origin_.first_step = hdf5::readInteger(root, "first_step");
  origin_.config_json = hdf5::readText(root, "config");
  origin_.probe_capacity_factor = hdf5::readReal(root, "probe_capacity_factor");
  origin_.probe_group_pairs = hdf5::readInteger(root, "probe_group_pairs");
  origin_.parent = readParent(root);
  finished_ = finished_ && hdf5::readInteger(root, "complete") == 1;
}

bool Salvage::exists(const std::string& dataset) const {
  const std::string group = dataset.substr(0, dataset.find('/'));
  return H5Lexists(file_.get(), group.c_str(), H5P_DEFAULT) > 0 &&
         H5Lexists(file_.get(), dataset.c_str(), H5P_DEFAULT) > 0;
}

/// Empty where the dataset does not open.
std::vector<hsize_t> Salvage::shapeOf(const std::string& dataset) const {
  if (!exists(dataset)) {
    return {};
  }
  try {
    return hdf5::extentOf(probe::openDataset(file_.get(), dataset).get());
  } catch (const hdf5::Error&) {
    return {};  // told when it is opened to be read
  }
}

/// The first readable of several places (dataset, axis) that have the same size; 0 where none is.
int64_t Salvage::sizeFrom(const std::vector<std::pair<const char*, size_t>>& places) const {
  for (const auto& [dataset, axis] : places) {
    const std::vector<hsize_t> shape = shapeOf(dataset);
    if (axis < shape.size() && shape[axis] > 0) {
      return static_cast<int64_t>(std::min<hsize_t>(shape[axis], INT64_MAX));
    }
  }
  return 0;
}

void Salvage::readLayout() {
  layout_.blocks = hdf5::readIntegers(root_.get(), "blocks");
  layout_.layers = static_cast<int64_t>(layout_.blocks.size());
  const std::vector<int64_t> grid = hdf5::readIntegers(root_.get(), "patch_grid");
  if (grid.size() != 2) {
    fail("the attribute \"patch_grid\" has " + std::to_string(grid.size()) + " values, not 2");
  }
  layout_.patch_rows = grid[0];
  layout_.patch_columns = grid[1];
  layout_.samples = sizeFrom({{"probe/images", 0},
                              {"probe/captions", 0},
                              {"probe/token_ids", 0},
                              {"probe/pieces", 0},
                              {"probe/source", 0},
                              {"snapshots/image_expert", 2},
                              {"snapshots/order", 2}});
  layout_.text_length = sizeFrom({{"probe/token_ids", 1},
                                  {"probe/pieces", 1},
                                  {"snapshots/text_expert", 3},
                                  {"snapshots/text_gate", 3}});
  layout_.image_height = sizeFrom({{"probe/images", 1}});
  layout_.image_width = sizeFrom({{"probe/images", 2}});
  if (layout_.image_height == 0 || layout_.image_width == 0) {
    layout_.image_height = layout_.patch_rows;
    layout_.image_width = layout_.patch_columns;
  }
  if (layout_.layers > 0) {
    layout_.experts = sizeFrom({{"snapshots/tokens", 3},
                                {"steps/chosen", 3},
                                {"steps/kept", 3},
                                {"snapshots/image_probability", 4},
                                {"snapshots/label_tokens", 2}});
    layout_.top_k = std::max<int64_t>(1, sizeFrom({{"snapshots/image_expert", 4},
                                                   {"snapshots/image_gate", 4},
                                                   {"snapshots/image_kept", 4},
                                                   {"snapshots/text_expert", 4}}));
    layout_.probabilities = exists("snapshots/image_probability");
  }
  layout_.embed_dim = sizeFrom({{"snapshots/embeddings", 3}});
  layout_.embeddings = layout_.embed_dim > 0;
  labelled_ = sizeFrom({{"probe/labels", 0}}) > 0;
  const int64_t labels = sizeFrom({{"probe/label_names", 0}});
  layout_.label_names.resize(static_cast<size_t>(std::min<int64_t>(labels, 65536)));
  const auto columns = [this](const char* dataset) {
    return static_cast<size_t>(std::min<int64_t>(sizeFrom({{dataset, 1}}), 65536));
  };
  layout_.scalar_names.resize(columns("steps/scalars"));
  layout_.scalar_units.resize(layout_.scalar_names.size());
  layout_.metric_names.resize(columns("snapshots/metrics"));
  if (const std::vector<std::string> faults = schema::faultsOf(layout_); !faults.empty()) {
    fail("its sizes cannot be known any more: " + faults.front());
  }
  requirePossibleSizes();
}

/// A small file may claim millions of samples; memory is taken only for what it can hold.
void Salvage::requirePossibleSizes() const {
  const uint64_t bytes = realBytes();
  const auto claim = [&](int64_t per_sample, uint64_t each, const std::string& what) {
    const auto samples = static_cast<uint64_t>(layout_.samples);
    if (samples > bytes / each / static_cast<uint64_t>(std::max<int64_t>(1, per_sample))) {
      fail("claims " + std::to_string(samples) + " samples of " + std::to_string(per_sample) + " " +
           what + ", more than its " + std::to_string(bytes) + " bytes can hold");
    }
  };
  claim(layout_.text_length, 1, "text positions");
  claim((layout_.patches() - 1) / kMostPatchesPerByte + 1, 1, "bytes of patches");
  for (const auto& [dataset, each] : {std::pair{"probe/token_ids", 4}, {"probe/pieces", 24}}) {
    if (!exists(dataset) || shapeOf(dataset).empty()) {
      continue;
    }
    const Handle handle = probe::openDataset(file_.get(), dataset);
    const Handle creation =
        hdf5::own(H5Dget_create_plist(handle.get()), H5Pclose, "read its layout");
    if (H5Pget_nfilters(creation.get()) == 0) {
      claim(layout_.text_length, static_cast<uint64_t>(each), std::string("cells of ") + dataset);
    }
  }
}

size_t Salvage::textBytes(const char* dataset) const {
  if (exists(dataset)) {
    try {
      const Handle handle = probe::openDataset(file_.get(), dataset);
      const Handle type = hdf5::own(H5Dget_type(handle.get()), H5Tclose, "read its type");
      const size_t bytes = H5Tget_class(type.get()) == H5T_STRING ? H5Tget_size(type.get()) : 0;
      if (bytes > 0 && bytes <= kLargestText) {
        return bytes;
      }
    } catch (const hdf5::Error&) {  // told when it is opened to be read
    }
  }
  return 1;
}

/// Index datasets first, the last one first: in a live file payload is then at least as new as they
/// are, and steps as snapshots.
void Salvage::openDatasets() {
  std::vector<schema::Dataset> all = schema::datasetsOf(
      layout_, {textBytes("probe/captions"), textBytes("probe/source")}, labelled_);
  const auto isIndex = [](const schema::Dataset& dataset) {
    return dataset.rows != Rows::Probe && dataset.path == schema::indexOf(dataset.rows);
  };
  std::reverse(all.begin(), std::stable_partition(all.begin(), all.end(), isIndex));
  for (const schema::Dataset& expected : all) {
    try {
      openDataset(expected);
    } catch (const std::runtime_error& error) {
      lost_[expected.path] = error.what();
    }
  }
  // What is optional is written again without it.
  if (lost_.contains("snapshots/image_probability") ||
      lost_.contains("snapshots/text_probability")) {
    layout_.probabilities = false;
  }
  if (lost_.contains("snapshots/embeddings")) {
    layout_.embeddings = false;
    layout_.embed_dim = 0;
  }
  for (const char* optional : {"steps/scalars", "snapshots/metrics"}) {
    if (!has(optional) && exists(optional)) {
      lost_.try_emplace(optional, "cannot be opened");
    }
  }
}

void Salvage::openDataset(const schema::Dataset& expected) {
  if (!exists(expected.path)) {
    throw hdf5::Error("is missing");
  }
  Handle handle = probe::openDataset(file_.get(), expected.path);
  if (swmr_) {
    // The library remembers the size that readLayout() saw; the index, opened before, may be newer.
    hdf5::check(H5Drefresh(handle.get()), "refresh it");
  }
  if (const std::string fault = faultOf(expected, handle.get()); !fault.empty()) {
    throw hdf5::Error(fault.substr(1));
  }
  schema::Dataset found = expected;
  if (!expected.chunk.empty()) {  // another program may have packed it in its own way
    const Handle creation =
        hdf5::own(H5Dget_create_plist(handle.get()), H5Pclose, "read its layout");
    hdf5::check(
        H5Pget_chunk(creation.get(), static_cast<int>(found.chunk.size()), found.chunk.data()),
        "read its chunks");
    found.filter = H5Pget_nfilters(creation.get()) > 0 ? Filter::Gzip : Filter::None;
  }
  auto rows =
      static_cast<int64_t>(std::min<hsize_t>(hdf5::extentOf(handle.get()).front(), INT64_MAX));
  if (expected.rows != Rows::Probe) {  // packed rows take at least a byte
    const auto bytes = found.filter == Filter::None
                           ? static_cast<int64_t>(found.rowElements() * found.elementBytes())
                           : 1;
    rows = std::min(rows, static_cast<int64_t>(realBytes()) / bytes);
  }
  Handle type = hdf5::typeOf(expected.element, expected.text_bytes);
  datasets_[expected.path] = {std::move(found), std::move(handle), std::move(type), rows};
}

void Salvage::readNames() {
  const auto names = [this](const char* dataset, const char* attribute,
                            std::vector<std::string>& into) {
    if (into.empty() || !has(dataset)) {
      into.clear();
      return;
    }
    const std::vector<std::string> read =
        hdf5::readTexts(datasets_.at(dataset).handle.get(), attribute);
    if (read.size() != into.size()) {
      fail(std::string(dataset) + " has " + std::to_string(into.size()) + " columns and " +
           std::to_string(read.size()) + " " + attribute);
    }
    into = read;
  };
  names("steps/scalars", "names", layout_.scalar_names);
  names("steps/scalars", "units", layout_.scalar_units);
  names("snapshots/metrics", "names", layout_.metric_names);
  const auto labels = static_cast<int64_t>(layout_.label_names.size());
  if (labels > 0) {
    try {
      layout_.label_names = readTexts("probe/label_names", 0, labels);
    } catch (const RecordingError& error) {
      lost_.try_emplace("probe/label_names", error.what());
      for (int64_t i = 0; i < labels; ++i) {
        layout_.label_names[static_cast<size_t>(i)] = "label " + std::to_string(i);
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------
// Reading

int64_t Salvage::rows(const std::string& dataset) const {
  const auto found = datasets_.find(dataset);
  return found == datasets_.end() ? 0 : found->second.rows;
}

/// Bytes of an unpacked chunk that are in the file; 0 where it has none.
uint64_t Salvage::chunkBytesPresent(const Dataset& dataset,
                                    const std::vector<hsize_t>& place) const {
  unsigned mask = 0;
  haddr_t address = HADDR_UNDEF;
  hsize_t bytes = 0;
  if (H5Dget_chunk_info_by_coord(dataset.handle.get(), place.data(), &mask, &address, &bytes) < 0 ||
      address == HADDR_UNDEF) {
    return 0;
  }
  const uint64_t end = realBytes();
  return address >= end ? 0 : std::min<uint64_t>(bytes, end - address);
}

/// Whether every chunk that holds a part of the block is in the file, whatever shape chunks have.
bool Salvage::chunksPresent(const Dataset& dataset, const std::vector<int64_t>& offset,
                            const std::vector<int64_t>& count) const {
  const schema::Dataset& description = dataset.description;
  const size_t axes = description.chunk.size();
  std::vector<hsize_t> begin(axes);
  for (size_t axis = 0; axis < axes; ++axis) {
    const hsize_t size = description.chunk[axis];
    begin[axis] = static_cast<hsize_t>(offset[axis]) / size * size;
  }
  for (std::vector<hsize_t> place = begin;;) {
    hsize_t bytes = 0;
    if (H5Dget_chunk_storage_size(dataset.handle.get(), place.data(), &bytes) < 0 || bytes == 0) {
      return false;
    }
    size_t axis = axes;
    while (axis > 0) {
      --axis;
      place[axis] += description.chunk[axis];
      if (place[axis] < static_cast<hsize_t>(offset[axis] + count[axis])) {
        break;
      }
      place[axis] = begin[axis];
      if (axis == 0) {
        return true;
      }
    }
  }
}

int64_t Salvage::rowsPresent(const std::string& dataset, int64_t first, int64_t count) const {
  const auto found = datasets_.find(dataset);
  if (found == datasets_.end()) {
    return 0;
  }
  const schema::Dataset& description = found->second.description;
  const auto chunk_rows = static_cast<int64_t>(description.chunk.front());
  const uint64_t row_bytes = description.rowElements() * description.elementBytes();
  const bool whole_rows = hasPlainRows(description);
  const int64_t end = std::min(first + count, found->second.rows);
  for (int64_t row = first; row < end; row = (row / chunk_rows + 1) * chunk_rows) {
    std::vector<int64_t> offset(description.chunk.size(), 0);
    offset.front() = row / chunk_rows * chunk_rows;
    if (!whole_rows) {
      std::vector<int64_t> block = {1};
      block.insert(block.end(), description.row.begin(), description.row.end());
      if (!chunksPresent(found->second, offset, block)) {
        return row - first;
      }
      continue;
    }
    const uint64_t bytes = chunkBytesPresent(found->second, {offset.begin(), offset.end()});
    const int64_t here = offset.front() + static_cast<int64_t>(bytes / row_bytes);
    if (here < std::min(end, offset.front() + chunk_rows)) {
      return std::max<int64_t>(0, here - first);
    }
  }
  return std::max<int64_t>(0, end - first);
}

/// A chunk that is absent reads as zeros without any error.
void Salvage::requirePresent(const Dataset& dataset, const std::vector<int64_t>& offset,
                             const std::vector<int64_t>& count) const {
  const schema::Dataset& description = dataset.description;
  if (description.chunk.empty()) {
    const haddr_t address = H5Dget_offset(dataset.handle.get());
    const uint64_t bytes =
        description.probe_rows * description.rowElements() * description.elementBytes();
    const uint64_t end = realBytes();
    if (address == HADDR_UNDEF || address > end || bytes > end - address) {
      fail(description.path + " lies beyond the end of the file");
    }
  } else if (hasPlainRows(description)) {
    if (rowsPresent(description.path, offset.front(), count.front()) < count.front()) {
      fail(description.path + ": " + rowsText(offset.front(), count.front()) +
           " are not in the file");
    }
  } else if (!chunksPresent(dataset, offset, count)) {
    fail(description.path + ": a piece is not in the file");
  }
}

size_t Salvage::elementsOf(const std::string& dataset, const std::vector<int64_t>& offset,
                           const std::vector<int64_t>& count, size_t element_bytes) const {
  const auto found = datasets_.find(dataset);
  if (found == datasets_.end()) {
    fail(dataset + " cannot be read");
  }
  const schema::Dataset& description = found->second.description;
  const int64_t limit = description.filter == Filter::None ? 1 : kLargestExpansion;
  const auto real = static_cast<int64_t>(std::min<uint64_t>(realBytes(), uint64_t{1} << 50));
  int64_t elements = 1;
  for (size_t axis = 0; axis < count.size(); ++axis) {
    const int64_t size =
        axis == 0 ? found->second.rows : static_cast<int64_t>(description.row.at(axis - 1));
    if (offset.at(axis) < 0 || count[axis] < 0 || offset[axis] > size - count[axis]) {
      fail(dataset + ": " + rowsText(offset[axis], count[axis]) + " of axis " +
           std::to_string(axis) + " are not in the file");
    }
    if (count[axis] > 0 &&
        elements > limit * real / count[axis] / static_cast<int64_t>(element_bytes)) {
      fail(dataset + " claims more than the file can hold");
    }
    elements *= count[axis];
  }
  if (elements > 0) {
    requirePresent(found->second, offset, count);
  }
  return static_cast<size_t>(elements);
}

void Salvage::readInto(const std::string& dataset, const std::vector<int64_t>& offset,
                       const std::vector<int64_t>& count, void* out) const {
  const Dataset& open = datasets_.at(dataset);
  try {
    hdf5::readBlock(open.handle.get(), open.type.get(), {offset.begin(), offset.end()},
                    {count.begin(), count.end()}, out);
  } catch (const hdf5::Error& error) {
    fail(dataset + ": " + error.what());
  }
}

std::vector<std::string> Salvage::readTexts(const std::string& dataset, int64_t first,
                                            int64_t count, int64_t inner) const {
  if (!has(dataset)) {
    fail(dataset + " cannot be read");
  }
  const size_t bytes = datasets_.at(dataset).description.text_bytes;
  std::vector<int64_t> offset = {first};
  std::vector<int64_t> size = {count};
  if (inner > 0) {
    offset.push_back(0);
    size.push_back(inner);
  }
  std::vector<char> cells(elementsOf(dataset, offset, size, bytes) * bytes);
  if (!cells.empty()) {
    readInto(dataset, offset, size, cells.data());
  }
  return hdf5::unpackTexts(cells, bytes);
}

}  // namespace limoe::probe
