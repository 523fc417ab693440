#include "routing_probe/recording/recording_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "routing_probe/recording/chunk_packing.h"
#include "routing_probe/recording/hdf5.h"
#include "routing_probe/recording/layout_check.h"
#include "routing_probe/recording/recording_creation.h"
#include "routing_probe/recording/schema.h"

namespace limoe::probe {
namespace {

using hdf5::Element;
using hdf5::Handle;
using schema::Rows;

using Clock = std::chrono::steady_clock;
constexpr auto kSyncInterval = std::chrono::seconds(10);

/// Consistency flags of a version 3 superblock: 0 once the file is closed.
constexpr off_t kStatusFlagsOffset = 11;

const char* const kMissing =
    "the file was removed or moved away while it was written. What was recorded before is kept";
constexpr size_t kCopyBytes = 1 << 20;

std::string systemError() {
  return std::strerror(errno);
}

}  // namespace

struct RecordingWriter::State {
  std::filesystem::path path;
  Layout layout;
  int64_t first_step = 0;
  // The order of destruction closes datasets before the file.
  Handle file;
  std::map<std::string, OpenDataset> datasets;
  std::map<Rows, hsize_t> committed = {{Rows::Step, 0}, {Rows::Event, 0}, {Rows::Snapshot, 0}};
  std::map<Rows, int64_t> last_step;
  haddr_t reserved = 0;  ///< up to here the file has its disk blocks
  bool failed = false;
  bool put_back = false;
  bool finished = false;
  Clock::time_point synced = Clock::now();

  void requireUsable() const;
  void requireFits(const LayoutCheck& check, const std::string& what) const;
  void requireAscending(Rows rows, int64_t step) const;
  void attempt(const std::string& what, const std::function<void()>& write);
  bool isInPlace() const;
  void copyTo(const std::filesystem::path& copy) const;

  void appendRow(const std::string& name, const void* row);
  void appendIfPresent(const std::string& name, const void* row);
  void appendCompressed(const std::string& name, int64_t layer, std::span<const char> bytes);
  void growForSnapshot();
  void appendDecisions(const std::string& modality, int64_t layer, const Decisions& decisions);
  void appendLayer(int64_t layer, const LayerSlice& slice);
  void appendSnapshot(const Snapshot& summary, const std::function<void(int64_t)>& write_layer);
  void reserveRoom();
  void commit(Rows rows, int64_t step);
  int descriptor() const;
  void syncFile();
};

// ---------------------------------------------------------------------------------------------
// Appending

void RecordingWriter::State::requireUsable() const {
  if (finished) {
    throw RecordingError(path.string() + ": the recording is finished; nothing can be appended");
  }
  if (failed) {
    throw RecordingWriteError(path.string() +
                              ": the last write failed; call recover() before the next one");
  }
}

void RecordingWriter::State::requireFits(const LayoutCheck& check, const std::string& what) const {
  if (!check.passed()) {
    throw RecordingError(path.string() + ": " + what +
                         " does not fit the recording's layout: " + check.text());
  }
}

void RecordingWriter::State::requireAscending(Rows rows, int64_t step) const {
  const auto last = last_step.find(rows);
  if (last != last_step.end() && step <= last->second) {
    throw RecordingError(path.string() + ": " + schema::indexOf(rows) + ": step " +
                         std::to_string(step) + " comes after step " +
                         std::to_string(last->second) + "; steps must ascend");
  }
  // A part may begin with a snapshot of the state that it goes on from.
  const int64_t least = rows == Rows::Snapshot ? first_step - 1 : first_step;
  if (step < least) {
    throw RecordingError(path.string() + ": " + schema::indexOf(rows) + ": step " +
                         std::to_string(step) + " belongs to an earlier part; this one begins at " +
                         std::to_string(least));
  }
}

void RecordingWriter::State::attempt(const std::string& what, const std::function<void()>& write) {
  hdf5::prepareThread();
  failed = true;  // until all of it has succeeded, whichever way it is left
  if (!isInPlace()) {
    throw RecordingWriteError(path.string() + ": " + what + ": " + kMissing);
  }
  try {
    write();
  } catch (const hdf5::Error& error) {
    throw RecordingWriteError(path.string() + ": " + what + ": " + error.what() +
                              ". What was recorded before is intact; make room on the disk");
  }
  failed = false;
}

/// Whether the file is still found under its name. One that is not would take every row and lose
/// all of them at the end.
bool RecordingWriter::State::isInPlace() const {
  struct stat ours {};
  struct stat named {};
  return fstat(descriptor(), &ours) == 0 && stat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

void RecordingWriter::State::copyTo(const std::filesystem::path& copy) const {
  const int out = open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  std::vector<char> buffer(kCopyBytes);
  off_t done = 0;
  ssize_t got = out < 0 ? -1 : pread(descriptor(), buffer.data(), buffer.size(), done);
  while (got > 0) {
    const ssize_t written = pwrite(out, buffer.data(), static_cast<size_t>(got), done);
    done += std::max<ssize_t>(written, 0);
    got = written <= 0 ? -1 : pread(descriptor(), buffer.data(), buffer.size(), done);
  }
  const bool copied = got == 0 && fdatasync(out) == 0;
  const std::string cause = systemError();
  if (out >= 0) {
    close(out);
  }
  if (!copied) {
    std::error_code ignored;
    std::filesystem::remove(copy, ignored);
    throw RecordingError(path.string() + ": was removed or moved away and cannot be put back: " +
                         cause + ". What was recorded before is kept while the run waits");
  }
}

void RecordingWriter::State::appendRow(const std::string& name, const void* row) {
  const OpenDataset& open = datasets.at(name);
  const hsize_t rows = committed.at(open.dataset.rows);
  std::vector<hsize_t> size = {rows + 1};
  std::vector<hsize_t> offset(1 + open.dataset.row.size(), 0);
  std::vector<hsize_t> count = {1};
  offset.front() = rows;
  size.insert(size.end(), open.dataset.row.begin(), open.dataset.row.end());
  count.insert(count.end(), open.dataset.row.begin(), open.dataset.row.end());
  hdf5::check(H5Dset_extent(open.handle.get(), size.data()), "extend " + name);
  hdf5::writeBlock(open.handle.get(), open.type.get(), offset, count, row);
}

/// For datasets that a layout without layers, labels or metrics does not have.
void RecordingWriter::State::appendIfPresent(const std::string& name, const void* row) {
  if (datasets.contains(name)) {
    appendRow(name, row);
  }
}

void RecordingWriter::State::growForSnapshot() {
  for (const auto& [name, open] : datasets) {
    if (open.dataset.isCompressedSnapshot()) {
      std::vector<hsize_t> size = {committed.at(Rows::Snapshot) + 1};
      size.insert(size.end(), open.dataset.row.begin(), open.dataset.row.end());
      hdf5::check(H5Dset_extent(open.handle.get(), size.data()), "extend " + name);
    }
  }
}

/// Writes all samples' part of a snapshot, chunk by chunk; `layer` is −1 for a dataset without a
/// layer axis.
void RecordingWriter::State::appendCompressed(const std::string& name, int64_t layer,
                                              std::span<const char> bytes) {
  const OpenDataset& open = datasets.at(name);
  const size_t sample_axis = layer < 0 ? 1 : 2;
  const hsize_t samples_per_chunk = open.dataset.chunk[sample_axis];
  const auto samples = static_cast<hsize_t>(layout.samples);
  const size_t sample_bytes = bytes.size() / samples;
  std::vector<hsize_t> offset(open.dataset.chunk.size(), 0);
  offset[0] = committed.at(Rows::Snapshot);
  if (layer >= 0) {
    offset[1] = static_cast<hsize_t>(layer);
  }
  for (hsize_t first = 0; first < samples; first += samples_per_chunk) {
    const hsize_t count = std::min(samples_per_chunk, samples - first);
    const std::vector<unsigned char> chunk =
        packChunk(bytes.subspan(first * sample_bytes, count * sample_bytes),
                  samples_per_chunk * sample_bytes, open.dataset.elementBytes());
    offset[sample_axis] = first;
    hdf5::check(H5Dwrite_chunk(open.handle.get(), H5P_DEFAULT, 0, offset.data(), chunk.size(),
                               chunk.data()),
                "write " + name);
  }
}

void RecordingWriter::State::appendDecisions(const std::string& modality, int64_t layer,
                                             const Decisions& decisions) {
  const std::string prefix = "snapshots/" + modality;
  const Element expert = schema::expertElement(layout.experts);
  appendCompressed(prefix + "_expert", layer, bytesOfExperts(decisions.expert, expert));
  appendCompressed(prefix + "_gate", layer, bytesOfHalves(decisions.gate));
  appendCompressed(prefix + "_kept", layer, bytesOf(decisions.kept));
  appendCompressed(prefix + "_runner_up", layer, bytesOfExperts(decisions.runner_up, expert));
  appendCompressed(prefix + "_margin", layer, bytesOfHalves(decisions.margin));
  if (layout.probabilities) {
    appendCompressed(prefix + "_probability", layer, bytesOf(decisions.probability));
  }
}

void RecordingWriter::State::appendLayer(int64_t layer, const LayerSlice& slice) {
  appendDecisions("image", layer, slice.image);
  appendDecisions("text", layer, slice.text);
  appendCompressed("snapshots/order", layer, bytesOf(slice.order));
}

void RecordingWriter::State::appendSnapshot(const Snapshot& summary,
                                            const std::function<void(int64_t)>& write_layer) {
  requireUsable();
  requireAscending(Rows::Snapshot, summary.step);
  LayoutCheck check(layout);
  check.checkSummary(summary);
  requireFits(check, "the snapshot of step " + std::to_string(summary.step));
  attempt("the snapshot of step " + std::to_string(summary.step) + " was not recorded", [&] {
    growForSnapshot();
    for (int64_t layer = 0; layer < layout.layers; ++layer) {
      write_layer(layer);
    }
    if (layout.embeddings) {
      appendCompressed("snapshots/embeddings", -1, bytesOfHalves(summary.embeddings));
    }
    appendIfPresent("snapshots/tokens", summary.tokens.data());
    appendIfPresent("snapshots/label_tokens", summary.label_tokens.data());
    appendIfPresent("snapshots/metrics", summary.metrics.data());
    commit(Rows::Snapshot, summary.step);
  });
}

/// Claims the disk blocks of everything that the library has laid out but not written yet. It
/// survives a data write that fails, but not a flush of metadata that fails: no later flush of that
/// file succeeds. So room is made sure of before every flush.
void RecordingWriter::State::reserveRoom() {
  haddr_t end = 0;
  hdf5::check(H5Fget_eoa(file.get(), &end), "learn the file's size");
  if (end <= reserved) {
    return;
  }
  int result = 0;
  do {
    result = fallocate(descriptor(), 0, static_cast<off_t>(reserved),
                       static_cast<off_t>(end - reserved));
  } while (result != 0 && errno == EINTR);
  // Some file systems cannot promise room; there a full disk can end this part of the recording.
  if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
    throw hdf5::Error(std::string("no room for it: ") + std::strerror(errno));
  }
  reserved = end;
}

/// Payload, then index, then file: a reader that sees the index's new row finds all of it.
void RecordingWriter::State::commit(Rows rows, int64_t step) {
  const std::string index = schema::indexOf(rows);
  reserveRoom();
  for (const auto& [name, open] : datasets) {
    if (open.dataset.rows == rows && name != index) {
      hdf5::check(H5Dflush(open.handle.get()), "flush " + name);
    }
  }
  if (rows != Rows::Event) {
    appendRow(index, &step);
    reserveRoom();
  }
  hdf5::check(H5Dflush(datasets.at(index).handle.get()), "flush " + index);
  hdf5::check(H5Fflush(file.get(), H5F_SCOPE_LOCAL), "flush the file");
  if (rows == Rows::Snapshot || Clock::now() - synced >= kSyncInterval) {
    syncFile();
  }
  ++committed.at(rows);
  last_step[rows] = step;
}

int RecordingWriter::State::descriptor() const {
  void* handle = nullptr;
  hdf5::check(H5Fget_vfd_handle(file.get(), H5P_DEFAULT, &handle), "reach the file");
  return *static_cast<int*>(handle);
}

void RecordingWriter::State::syncFile() {
  int result = 0;
  do {
    result = fdatasync(descriptor());
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    throw hdf5::Error(std::string("could not put the data on the disk: ") + std::strerror(errno));
  }
  synced = Clock::now();
}

// ---------------------------------------------------------------------------------------------
// The public interface

RecordingWriter::RecordingWriter(const std::filesystem::path& path, const Layout& layout,
                                 const Origin& origin, const ProbeSet& probe)
    : RecordingWriter(path, layout, origin, probe, [&](int64_t first, int64_t count) {
        const int64_t bytes = layout.image_height * layout.image_width * 3;
        const auto size = static_cast<int64_t>(probe.images.size());
        // Of a probe with too few images, what there is: it is refused for that.
        return std::vector<uint8_t>(probe.images.begin() + std::min(size, first * bytes),
                                    probe.images.begin() + std::min(size, (first + count) * bytes));
      }) {}

RecordingWriter::RecordingWriter(const std::filesystem::path& path, const Layout& layout,
                                 const Origin& origin, const ProbeSet& probe,
                                 const ImageSource& images)
    : state_(std::make_unique<State>()) {
  // A write beyond RLIMIT_FSIZE or a quota must come back as an error, not end the process.
  std::signal(SIGXFSZ, SIG_IGN);
  hdf5::prepareThread();
  state_->path = path;
  state_->layout = layout;
  state_->first_step = origin.first_step;
  LayoutCheck check(layout);
  check.checkLayout();
  state_->requireFits(check, "a size");
  check.check(probe);
  state_->requireFits(check, "the probe set");
  CreatedRecording created = createRecording(path, layout, origin, probe, images);
  state_->file = std::move(created.file);
  state_->datasets = std::move(created.datasets);
}

RecordingWriter::~RecordingWriter() {
  // Closing would write the half of the row that failed. Everything committed is in the file; it
  // stays as a dead writer leaves it.
  if (state_->failed && !state_->finished) {
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0) {
      dup2(nowhere, state_->descriptor());
      close(nowhere);
    }
  }
}

void RecordingWriter::append(const StepRow& row) {
  State& s = *state_;
  s.requireUsable();
  s.requireAscending(Rows::Step, row.step);
  LayoutCheck check(s.layout);
  check.check(row);
  s.requireFits(check, "step " + std::to_string(row.step));
  s.attempt("step " + std::to_string(row.step) + " was not recorded", [&] {
    s.appendRow("steps/wall", &row.wall);
    s.appendIfPresent("steps/scalars", row.scalars.data());
    s.appendIfPresent("steps/chosen", row.chosen.data());
    s.appendIfPresent("steps/kept", row.kept.data());
    s.appendIfPresent("steps/entropy", row.entropy.data());
    s.commit(Rows::Step, row.step);
  });
}

void RecordingWriter::append(const Snapshot& snapshot) {
  State& s = *state_;
  const auto layers = static_cast<int64_t>(snapshot.layers.size());
  if (layers != s.layout.layers) {
    throw RecordingError(s.path.string() + ": the snapshot of step " +
                         std::to_string(snapshot.step) + " has " + std::to_string(layers) +
                         " layers, not " + std::to_string(s.layout.layers));
  }
  LayoutCheck check(s.layout);
  for (int64_t layer = 0; layer < layers; ++layer) {
    check.check(snapshot.layers[static_cast<size_t>(layer)], layer);
  }
  s.requireFits(check, "the snapshot of step " + std::to_string(snapshot.step));
  s.appendSnapshot(snapshot, [&](int64_t layer) {
    s.appendLayer(layer, snapshot.layers[static_cast<size_t>(layer)]);
  });
}

void RecordingWriter::append(const Snapshot& summary, const LayerSource& layers) {
  State& s = *state_;
  s.appendSnapshot(summary, [&](int64_t layer) {
    const LayerSlice slice = layers(layer);
    LayoutCheck check(s.layout);
    check.check(slice, layer);
    s.requireFits(check, "the snapshot of step " + std::to_string(summary.step));
    s.appendLayer(layer, slice);
  });
}

void RecordingWriter::append(const Event& event) {
  State& s = *state_;
  s.requireUsable();
  hdf5::EventRow row{event.step, event.wall, {}, {}};
  const std::string kind = hdf5::cutAtCharacter(event.kind, sizeof(row.kind));
  const std::string text = hdf5::cutAtCharacter(event.text, sizeof(row.text));
  std::copy(kind.begin(), kind.end(), row.kind);
  std::copy(text.begin(), text.end(), row.text);
  s.attempt("the event \"" + event.kind + "\" of step " + std::to_string(event.step) +
                " was not recorded",
            [&] {
              s.appendRow("events", &row);
              s.commit(Rows::Event, event.step);
            });
}

void RecordingWriter::recover() {
  State& s = *state_;
  if (!s.failed || s.finished) {
    return;
  }
  hdf5::prepareThread();
  if (!s.isInPlace()) {
    throw RecordingError(s.path.string() + ": " + kMissing);
  }
  s.attempt("what was half written cannot be taken back yet", [&] { s.reserveRoom(); });
  s.failed = true;
  // There is room. What fails now fails for good: after a failed flush of metadata every later one
  // of that file fails, too.
  try {
    for (const auto& [name, open] : s.datasets) {
      std::vector<hsize_t> size = {s.committed.at(open.dataset.rows)};
      size.insert(size.end(), open.dataset.row.begin(), open.dataset.row.end());
      hdf5::check(H5Dset_extent(open.handle.get(), size.data()), "shorten " + name);
    }
    hdf5::check(H5Fflush(s.file.get(), H5F_SCOPE_LOCAL), "flush the file");
  } catch (const hdf5::Error& error) {
    throw RecordingError(s.path.string() + ": cannot be gone on with: " + error.what() +
                         ". What was recorded before is intact");
  }
  s.failed = false;
}

void RecordingWriter::putBack() {
  // By another file: this one goes on being missing.
  state_->put_back = rescueTo(state_->path) || state_->put_back;
}

bool RecordingWriter::rescueTo(const std::filesystem::path& to) const {
  const State& s = *state_;
  if (s.put_back || s.isInPlace()) {
    return false;
  }
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(to, ignored))) {
    throw RecordingError(to.string() + ": was removed or moved away, and something else has " +
                         "its name now; move that away. What was recorded before is kept");
  }
  const std::filesystem::path copy = to.string() + ".creating";
  s.copyTo(copy);
  try {
    publishRecording(copy, to);
  } catch (...) {
    std::filesystem::remove(copy, ignored);
    throw;
  }
  return true;
}

bool RecordingWriter::isInPlace() const {
  return state_->isInPlace();
}

const std::filesystem::path& RecordingWriter::path() const {
  return state_->path;
}

void RecordingWriter::sync() {
  State& s = *state_;
  s.requireUsable();
  s.attempt("the newest rows are not safe on the disk", [&] { s.syncFile(); });
}

void RecordingWriter::finish() {
  State& s = *state_;
  s.requireUsable();
  s.attempt("the recording cannot be finished", [&] {
    s.reserveRoom();
    hdf5::check(H5Fflush(s.file.get(), H5F_SCOPE_LOCAL), "flush the file");
    hdf5::overwriteAttribute(s.file.get(), "complete", 1);
    hdf5::check(H5Fflush(s.file.get(), H5F_SCOPE_LOCAL), "flush the file");
    s.syncFile();
  });
  s.finished = true;
  s.datasets.clear();
  const bool released = s.file.reset() >= 0;
  const int descriptor = open(s.path.c_str(), O_RDONLY | O_CLOEXEC);
  unsigned char flags = 0xff;
  const bool closed = released && descriptor >= 0 &&
                      pread(descriptor, &flags, 1, kStatusFlagsOffset) == 1 && flags == 0 &&
                      fdatasync(descriptor) == 0;
  if (descriptor >= 0) {
    close(descriptor);
  }
  if (!closed) {
    throw RecordingError(s.path.string() +
                         ": everything is recorded, but the file was not closed properly; "
                         "it stays readable with SWMR");
  }
}

}  // namespace limoe::probe
