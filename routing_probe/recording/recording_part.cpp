#include "routing_probe/recording/recording_part.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "routing_probe/recording/dataset_check.h"
#include "routing_probe/recording/packed_images.h"
#include "routing_probe/recording/parent_attributes.h"

namespace limoe::probe {
namespace {

using hdf5::Element;
using hdf5::Handle;
using schema::Rows;

constexpr auto kOpenPatience = std::chrono::seconds(1);
constexpr auto kOpenInterval = std::chrono::milliseconds(20);
constexpr unsigned kMetadataReadAttempts = 20;
constexpr std::array<unsigned char, 8> kSignature = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
constexpr unsigned char kSuperblock = 3;
constexpr unsigned char kOpenForWriting = 1;
constexpr unsigned char kOpenForSwmr = 4;

// Nothing in a recording comes near these; a damaged file may claim anything.
constexpr size_t kLargestText = 1 << 20;
// What deflate can make of one byte at most; a larger claim is a lie.
constexpr int64_t kLargestExpansion = 1032;

const char* const kRemedy =
    "; choose a recording made by limoe (recording.h5) or the folder of its run";

/// What can be told without the library.
struct FileHead {
  int64_t size = 0;
  bool hdf5 = false;
  unsigned char superblock = 0;  ///< its version
  unsigned char flags = 0;       ///< consistency flags; 0: closed properly
  uint64_t device = 0;
  uint64_t inode = 0;
};

FileHead readHead(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const int error = errno;
    throw RecordingError(path.string() + ": cannot be opened: " + std::strerror(error) +
                         (error == ENOENT ? kRemedy : ""));
  }
  struct stat status {};
  std::array<unsigned char, 12> bytes{};
  const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const ssize_t got = regular ? pread(descriptor, bytes.data(), bytes.size(), 0) : 0;
  const int error = errno;
  ::close(descriptor);
  if (!regular) {
    throw RecordingError(path.string() + ": is not a file" + kRemedy);
  }
  if (got < 0) {
    throw RecordingError(path.string() + ": cannot be read: " + std::strerror(error));
  }
  FileHead head;
  head.size = status.st_size;
  head.hdf5 = got == static_cast<ssize_t>(bytes.size()) &&
              std::equal(kSignature.begin(), kSignature.end(), bytes.begin());
  head.superblock = bytes[8];
  head.flags = head.hdf5 && head.superblock >= 3 ? bytes[11] : 0;
  head.device = status.st_dev;
  head.inode = status.st_ino;
  return head;
}

/// Whether the file system refuses to lock the file at all (some network and FUSE mounts), as
/// opposed to somebody else holding it.
bool cannotBeLocked(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const bool refused = descriptor >= 0 && flock(descriptor, LOCK_SH | LOCK_NB) != 0 &&
                       errno != EWOULDBLOCK && errno != EINTR;
  ::close(descriptor);
  return refused;
}

Handle accessList(bool swmr, bool locking) {
  Handle access = hdf5::own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "set how the file is accessed");
  hdf5::check(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "set how the file closes");
  if (!locking) {
    // The library's own "best effort" passes over ENOSYS alone, not ENOLCK or EOPNOTSUPP. The
    // lock protects a reader from programs that write without SWMR; without it the flags in the
    // file still do. What the user set in HDF5_USE_FILE_LOCKING goes before this.
    hdf5::check(H5Pset_file_locking(access.get(), false, true), "open the file without a lock");
  }
  if (swmr) {
    hdf5::check(H5Pset_metadata_read_attempts(access.get(), kMetadataReadAttempts),
                "set how often metadata is read");
  }
  return access;
}

std::vector<hsize_t> sizesOf(const std::vector<int64_t>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

RecordingPart::RecordingPart(std::filesystem::path path) : path_(std::move(path)) {
  hdf5::prepareThread();
  try {
    open();
    root_ = hdf5::own(H5Gopen2(file_.get(), "/", H5P_DEFAULT), H5Gclose, "open the root group");
    readOrigin();
    readLayout();
    openDatasets();
    refresh();
  } catch (const hdf5::Error& error) {
    fail(error.what());
  }
}

void RecordingPart::fail(const std::string& what) const {
  throw RecordingError(path_.string() + ": " + what);
}

// ---------------------------------------------------------------------------------------------
// Opening

void RecordingPart::open() {
  const auto deadline = std::chrono::steady_clock::now() + kOpenPatience;
  bool locking = true;
  while (true) {
    const FileHead head = readHead(path_);
    if (head.size > 0 && !head.hdf5) {
      fail(std::string("is not an HDF5 file, so not a recording") + kRemedy);
    }
    if (head.size > 0 && head.superblock != kSuperblock) {
      fail("is stored in another version of HDF5's format (superblock " +
           std::to_string(head.superblock) + ") than a recording (" + std::to_string(kSuperblock) +
           "); if another program copied it, convert the copy: h5repack --low=2 --high=2 OLD NEW");
    }
    const bool creating = head.size == 0 || head.flags == kOpenForWriting;
    swmr_ = (head.flags & kOpenForSwmr) != 0;
    std::string cause =
        head.size == 0 ? "the file is empty" : "its writer never opened it to readers";
    if (!creating) {
      try {
        const Handle access = accessList(swmr_, locking);
        file_ = hdf5::own(
            H5Fopen(path_.c_str(), H5F_ACC_RDONLY | (swmr_ ? H5F_ACC_SWMR_READ : 0u), access.get()),
            H5Fclose, "open the file");
        device_ = head.device;
        inode_ = head.inode;
        return;
      } catch (const hdf5::Error& error) {
        cause = error.what();
        if (locking && cannotBeLocked(path_)) {
          locking = false;
          continue;
        }
      }
    }
    // A file that nobody writes is not going to change.
    if ((!creating && head.flags == 0) || std::chrono::steady_clock::now() >= deadline) {
      fail(cause + (creating ? ": a worker ended while it created it, nothing is recorded in it; "
                               "start the run again"
                             : ". The file is damaged or cut short; take a copy from its source"));
    }
    std::this_thread::sleep_for(kOpenInterval);
  }
}

void RecordingPart::readOrigin() {
  const hid_t root = root_.get();
  if (!hdf5::hasAttribute(root, "format") || !hdf5::hasAttribute(root, "version") ||
      hdf5::readText(root, "format") != schema::kFormat) {
    fail(std::string("is an HDF5 file, but not a recording of routing") + kRemedy);
  }
  const int64_t version = hdf5::readInteger(root, "version");
  if (version > schema::kVersion) {
    throw NewerVersionError(path_.string() + ": has version " + std::to_string(version) +
                            " of the format, and this program reads up to " +
                            std::to_string(schema::kVersion) + "; update the program");
  }
  if (version < 1) {
    fail("the attribute \"version\" is " + std::to_string(version) + "; the file is damaged");
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
}

std::vector<hsize_t> RecordingPart::shapeOf(const char* dataset, size_t rank) const {
  const Handle handle = openDataset(file_.get(), dataset);
  std::vector<hsize_t> shape = hdf5::extentOf(handle.get());
  if (shape.size() != rank) {
    fail(std::string(dataset) + " has " + std::to_string(shape.size()) + " axes, not " +
         std::to_string(rank));
  }
  return shape;
}

/// Sizes come from the datasets that have them; openDatasets() then checks all others against them.
void RecordingPart::readLayout() {
  const auto number = [](hsize_t size) {
    return static_cast<int64_t>(std::min<hsize_t>(size, INT64_MAX));
  };
  const auto exists = [this](const char* dataset) {
    return hdf5::check(H5Lexists(file_.get(), dataset, H5P_DEFAULT), "look for a dataset") > 0;
  };
  for (const char* group : {"probe", "steps", "snapshots"}) {
    if (!exists(group)) {
      fail(std::string("the group ") + group + " is missing; the file is damaged");
    }
  }
  layout_.blocks = hdf5::readIntegers(root_.get(), "blocks");
  layout_.layers = static_cast<int64_t>(layout_.blocks.size());
  const std::vector<int64_t> grid = hdf5::readIntegers(root_.get(), "patch_grid");
  if (grid.size() != 2) {
    fail("the attribute \"patch_grid\" has " + std::to_string(grid.size()) + " values, not 2");
  }
  layout_.patch_rows = grid[0];
  layout_.patch_columns = grid[1];
  const std::vector<hsize_t> images = shapeOf("probe/images", 4);
  layout_.samples = number(images[0]);
  layout_.image_height = number(images[1]);
  layout_.image_width = number(images[2]);
  layout_.text_length = number(shapeOf("probe/token_ids", 2)[1]);
  labelled_ = shapeOf("probe/labels", 2)[0] > 0;
  if (layout_.layers > 0) {
    layout_.experts = number(shapeOf("snapshots/tokens", 4)[3]);
    layout_.top_k = number(shapeOf("snapshots/image_expert", 5)[4]);
    layout_.probabilities =
        exists("snapshots/image_probability") || exists("snapshots/text_probability");
  }
  layout_.embeddings = exists("snapshots/embeddings");
  if (layout_.embeddings) {
    layout_.embed_dim = number(shapeOf("snapshots/embeddings", 4)[3]);
  }
  const auto names = [&](const char* dataset, const char* attribute) {
    if (!exists(dataset)) {
      return std::vector<std::string>();
    }
    const Handle handle = openDataset(file_.get(), dataset);
    try {
      return hdf5::readTexts(handle.get(), attribute);
    } catch (const hdf5::Error& error) {
      fail(std::string(dataset) + ": " + error.what());
    }
  };
  layout_.scalar_names = names("steps/scalars", "names");
  layout_.scalar_units = names("steps/scalars", "units");
  layout_.metric_names = names("snapshots/metrics", "names");
  const hsize_t labels = shapeOf("probe/label_names", 1)[0];
  // faultsOf() bounds the number before the names are read.
  layout_.label_names.resize(static_cast<size_t>(std::min<hsize_t>(labels, 65536)));
  if (const std::vector<std::string> faults = schema::faultsOf(layout_); !faults.empty()) {
    fail("cannot be right: " + faults.front() + "; the file is damaged");
  }
}

void RecordingPart::openDatasets() {
  const auto textBytes = [this](const char* name) {
    const Handle dataset = openDataset(file_.get(), name);
    const Handle type = hdf5::own(H5Dget_type(dataset.get()), H5Tclose, "read a type");
    const size_t bytes = H5Tget_size(type.get());
    if (H5Tget_class(type.get()) != H5T_STRING || bytes == 0 || bytes > kLargestText) {
      fail(std::string(name) + " is not text of a fixed length; the file is damaged");
    }
    return bytes;
  };
  texts_ = {textBytes("probe/captions"), textBytes("probe/source")};
  for (schema::Dataset& expected : schema::datasetsOf(layout_, texts_, labelled_)) {
    Handle handle = openDataset(file_.get(), expected.path);
    if (const std::string fault = faultOf(expected, handle.get()); !fault.empty()) {
      fail(expected.path + fault);
    }
    Handle type = hdf5::typeOf(expected.element, expected.text_bytes);
    const std::string name = expected.path;
    auto packed = expected.isCompressedSnapshot()
                      ? std::make_unique<PackedChunks>(handle.get(), expected)
                      : nullptr;
    datasets_[name] = {std::move(expected), std::move(handle), std::move(type), 0,
                       std::move(packed)};
  }
  for (auto& [name, dataset] : datasets_) {
    if (dataset.description.rows == Rows::Probe) {
      dataset.rows = dataset.description.probe_rows;
    }
  }
  for (const Rows rows : {Rows::Step, Rows::Event, Rows::Snapshot}) {
    indices_[rows];
  }
  const int64_t labels = static_cast<int64_t>(layout_.label_names.size());
  if (labels > 0) {
    layout_.label_names = readTexts("probe/label_names", {0}, {labels});
  }
}

// ---------------------------------------------------------------------------------------------
// Following

bool RecordingPart::replaced() const {
  struct stat status {};
  return stat(path_.c_str(), &status) != 0 || status.st_dev != device_ || status.st_ino != inode_;
}

hsize_t RecordingPart::rowsOf(const schema::Dataset& description, hid_t dataset) const {
  const std::vector<hsize_t> shape = hdf5::extentOf(dataset);
  // Packed rows take at least a byte.
  const hsize_t bytes =
      description.filter == schema::Filter::None ? description.elementBytes() : hsize_t{1};
  std::error_code ignored;
  const auto file_bytes = static_cast<hsize_t>(std::filesystem::file_size(path_, ignored));
  if (shape.empty() || shape.front() > file_bytes / bytes) {
    fail(description.path + " claims more rows than the file has bytes for; the file is damaged");
  }
  return shape.front();
}

/// Reads the steps of rows that came. In a file that is not complete, rows whose steps do not
/// ascend are not committed yet.
bool RecordingPart::refreshIndex(Rows rows) {
  const std::string name = schema::indexOf(rows);
  Dataset& index = datasets_.at(name);
  std::vector<int64_t>& steps = indices_.at(rows);
  if (swmr_) {
    hdf5::check(H5Drefresh(index.handle.get()), "refresh " + name);
  }
  index.rows = rowsOf(index.description, index.handle.get());
  const size_t before = steps.size();
  if (index.rows < steps.size()) {
    steps.clear();  // the writer took rows back after a failed write
  }
  const auto first = static_cast<int64_t>(steps.size());
  const auto count = static_cast<int64_t>(index.rows) - first;
  if (count > 0 && rows == Rows::Event) {
    for (const hdf5::EventRow& event : read<hdf5::EventRow>(name, {first}, {count})) {
      steps.push_back(event.step);
    }
  } else if (count > 0) {
    for (const int64_t step : read<int64_t>(name, {first}, {count})) {
      if (!steps.empty() && step <= steps.back()) {
        if (complete_) {
          fail(name + ": step " + std::to_string(step) + " comes after step " +
               std::to_string(steps.back()) + "; the file is damaged");
        }
        break;
      }
      steps.push_back(step);
    }
  }
  return steps.size() != before;
}

/// After the indices, so that payload is at least as new as the rows to be read.
void RecordingPart::refreshPayload() {
  for (auto& [name, dataset] : datasets_) {
    const Rows rows = dataset.description.rows;
    if (rows == Rows::Probe || name == schema::indexOf(rows)) {
      continue;
    }
    if (swmr_) {
      hdf5::check(H5Drefresh(dataset.handle.get()), "refresh " + name);
    }
    dataset.rows = rowsOf(dataset.description, dataset.handle.get());
    if (dataset.packed) {
      dataset.packed->forget();
    }
    if (dataset.rows < indices_.at(rows).size()) {
      fail(name + " has " + std::to_string(dataset.rows) + " rows, but " +
           std::to_string(indices_.at(rows).size()) + " are committed; the file is damaged");
    }
  }
}

void RecordingPart::readComplete() {
  if (swmr_) {
    hdf5::check(H5Grefresh(root_.get()), "refresh the attributes");
  }
  complete_ = hdf5::readInteger(root_.get(), "complete") == 1 && readHead(path_).flags == 0;
}

bool RecordingPart::refresh() {
  if (complete_) {
    return false;
  }
  hdf5::prepareThread();
  try {
    readComplete();
    bool changed = complete_;
    for (const Rows rows : {Rows::Step, Rows::Event, Rows::Snapshot}) {
      changed = refreshIndex(rows) || changed;
    }
    if (changed) {
      refreshPayload();
    }
    return changed;
  } catch (const hdf5::Error& error) {
    fail(error.what());
  }
}

// ---------------------------------------------------------------------------------------------
// Reading

int64_t RecordingPart::checkedBytes(const std::string& dataset, const std::vector<int64_t>& offset,
                                    const std::vector<int64_t>& count, size_t element_bytes) const {
  const auto found = datasets_.find(dataset);
  if (found == datasets_.end()) {
    return 0;
  }
  const schema::Dataset& description = found->second.description;
  std::vector<hsize_t> shape = {found->second.rows};
  shape.insert(shape.end(), description.row.begin(), description.row.end());
  if (offset.size() != shape.size() || count.size() != shape.size()) {
    throw std::invalid_argument(dataset + ": a block of another rank was asked for");
  }
  std::error_code ignored;
  const auto limit =
      static_cast<int64_t>(std::min<uintmax_t>(std::filesystem::file_size(path_, ignored),
                                               INT64_MAX / (2 * kLargestExpansion)) *
                           kLargestExpansion);
  auto bytes = static_cast<int64_t>(element_bytes);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const auto size = static_cast<int64_t>(shape[axis]);
    if (offset[axis] < 0 || count[axis] < 0 || offset[axis] > size - count[axis]) {
      fail(dataset + ": " + std::to_string(offset[axis]) + " … " +
           std::to_string(offset[axis] + count[axis]) + " was asked for of axis " +
           std::to_string(axis) + ", which has " + std::to_string(size));
    }
    if (count[axis] > 0 && bytes > limit / count[axis]) {
      fail(dataset + " claims more than the file can hold; the file is damaged");
    }
    bytes *= count[axis];
  }
  return bytes;
}

void RecordingPart::readInto(const std::string& dataset, const std::vector<int64_t>& offset,
                             const std::vector<int64_t>& count,
                             std::span<unsigned char> out) const {
  hdf5::prepareThread();
  const Dataset& open = datasets_.at(dataset);
  try {
    if (open.packed && open.packed->read(open.handle.get(), offset, count, out)) {
      return;
    }
    hdf5::readBlock(open.handle.get(), open.type.get(), sizesOf(offset), sizesOf(count),
                    out.data());
  } catch (const hdf5::Error& error) {
    fail(dataset + ": " + error.what() + "; the file is damaged");
  }
}

std::vector<uint8_t> RecordingPart::readImages(int64_t first, int64_t count) const {
  const std::string name = "probe/images";
  const std::vector<int64_t> offset = {first, 0, 0, 0};
  const std::vector<int64_t> block = {count, layout_.image_height, layout_.image_width, 3};
  std::vector<uint8_t> pixels(static_cast<size_t>(checkedBytes(name, offset, block, 1)));
  hdf5::prepareThread();
  try {
    const bool read = readPackedImages(datasets_.at(name).handle.get(), first, count, pixels);
    if (!read && !pixels.empty()) {
      readInto(name, offset, block, pixels);
    }
  } catch (const hdf5::Error& error) {
    fail(name + ": " + error.what() + "; the file is damaged");
  }
  return pixels;
}

std::vector<std::string> RecordingPart::readTexts(const std::string& dataset,
                                                  const std::vector<int64_t>& offset,
                                                  const std::vector<int64_t>& count) const {
  const size_t bytes = datasets_.at(dataset).description.text_bytes;
  std::vector<char> cells(static_cast<size_t>(checkedBytes(dataset, offset, count, bytes)));
  if (!cells.empty()) {
    readInto(dataset, offset, count,
             {reinterpret_cast<unsigned char*>(cells.data()), cells.size()});
  }
  return hdf5::unpackTexts(cells, bytes);
}

}  // namespace limoe::probe
