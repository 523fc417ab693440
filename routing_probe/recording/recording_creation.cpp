#include "routing_probe/recording/recording_creation.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "routing_probe/recording/chunk_packing.h"
#include "routing_probe/recording/parent_attributes.h"
#include "routing_probe/recording/recording_error.h"

namespace limoe::probe {
namespace {

using hdf5::Handle;
using schema::Rows;

constexpr hsize_t kImagePageBytes = 16 << 20;
constexpr hsize_t kPageBytes = 4096;  ///< of memory, on the machines that this runs on

size_t longest(const std::vector<std::string>& texts) {
  size_t bytes = 1;
  for (const std::string& text : texts) {
    bytes = std::max(bytes, text.size());
  }
  return bytes;
}

Handle creationList(const schema::Dataset& dataset) {
  const std::string action = "describe " + dataset.path;
  Handle list = hdf5::own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, action);
  if (dataset.chunk.empty()) {
    return list;
  }
  hdf5::check(
      H5Pset_chunk(list.get(), static_cast<int>(dataset.chunk.size()), dataset.chunk.data()),
      action);
  if (dataset.filter == schema::Filter::ShuffleGzip) {
    hdf5::check(H5Pset_shuffle(list.get()), action);
  }
  if (dataset.filter != schema::Filter::None) {
    hdf5::check(H5Pset_deflate(list.get(), schema::kGzipLevel), action);
  }
  return list;
}

Handle createDataset(hid_t file, const schema::Dataset& dataset) {
  const std::string action = "create " + dataset.path;
  std::vector<hsize_t> size = {dataset.rows == Rows::Probe ? dataset.probe_rows : 0};
  size.insert(size.end(), dataset.row.begin(), dataset.row.end());
  std::vector<hsize_t> most = size;
  if (dataset.rows != Rows::Probe) {
    most.front() = H5S_UNLIMITED;
  }
  const Handle space = hdf5::own(
      H5Screate_simple(static_cast<int>(size.size()), size.data(), most.data()), H5Sclose, action);
  const Handle type = hdf5::typeOf(dataset.element, dataset.text_bytes);
  const Handle creation = creationList(dataset);
  return hdf5::own(H5Dcreate2(file, dataset.path.c_str(), type.get(), space.get(), H5P_DEFAULT,
                              creation.get(), H5P_DEFAULT),
                   H5Dclose, action);
}

class Creation {
 public:
  Creation(const std::filesystem::path& path, const Layout& layout)
      : path_(path), layout_(layout) {}

  void create(const Origin& origin, const ProbeSet& probe, const ImageSource& images,
              const std::filesystem::path& working_path);
  CreatedRecording take() { return std::move(created_); }

 private:
  void writeOrigin(const Origin& origin);
  void writeProbe(const ProbeSet& probe);
  void writeImages(const ImageSource& images);
  void writeFixed(const std::string& name, std::span<const char> bytes);
  void openForAppending(const std::vector<schema::Dataset>& description);

  const std::filesystem::path& path_;
  const Layout& layout_;
  CreatedRecording created_;
};

void Creation::create(const Origin& origin, const ProbeSet& probe, const ImageSource& images,
                      const std::filesystem::path& working_path) {
  const std::vector<schema::Dataset> description = schema::datasetsOf(
      layout_, {longest(probe.captions), longest(probe.sources)}, !probe.labels.empty());
  const Handle access =
      hdf5::own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "set how the file is accessed");
  hdf5::check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110),
              "set the file format");
  hdf5::check(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "set how the file closes");
  const Handle creation =
      hdf5::own(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "set how the file is created");
  // All attributes stay in the object's header: fewer structures that a crash can tear.
  hdf5::check(H5Pset_attr_phase_change(creation.get(), 64, 0), "set how attributes are stored");
  // A kill can end a write between two pages of memory. Metadata that lay on both would be torn,
  // and readers other than ours wait for it for ever: in a paged file none does that is smaller.
  hdf5::check(
      H5Pset_file_space_strategy(creation.get(), H5F_FSPACE_STRATEGY_PAGE, false, hsize_t{1}),
      "set how space is used");
  hdf5::check(H5Pset_file_space_page_size(creation.get(), kPageBytes), "set how space is used");
  created_.file =
      hdf5::own(H5Fcreate(working_path.c_str(), H5F_ACC_EXCL, creation.get(), access.get()),
                H5Fclose, "create the file");
  for (const char* group : {"steps", "probe", "snapshots"}) {
    hdf5::own(H5Gcreate2(created_.file.get(), group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
              H5Gclose, std::string("create the group ") + group);
  }
  for (const schema::Dataset& dataset : description) {
    created_.datasets[dataset.path] = {dataset, createDataset(created_.file.get(), dataset),
                                       hdf5::typeOf(dataset.element, dataset.text_bytes)};
  }
  writeOrigin(origin);
  writeProbe(probe);
  writeImages(images);
  created_.datasets.clear();
  hdf5::check(H5Fflush(created_.file.get(), H5F_SCOPE_LOCAL), "write the file");
  hdf5::check(H5Fstart_swmr_write(created_.file.get()), "open the file to readers");
  openForAppending(description);
}

void Creation::writeOrigin(const Origin& origin) {
  const hid_t root = created_.file.get();
  hdf5::writeAttribute(root, "format", std::string(schema::kFormat));
  hdf5::writeAttribute(root, "version", schema::kVersion);
  hdf5::writeAttribute(root, "complete", int64_t{0});
  hdf5::writeAttribute(root, "program", origin.program);
  hdf5::writeAttribute(root, "created", origin.created);
  hdf5::writeAttribute(root, "run_id", origin.run_id);
  hdf5::writeAttribute(root, "part", origin.part);
  hdf5::writeAttribute(root, "first_step", origin.first_step);
  hdf5::writeAttribute(root, "config", origin.config_json);
  hdf5::writeAttribute(root, "probe_capacity_factor", origin.probe_capacity_factor);
  hdf5::writeAttribute(root, "probe_group_pairs", origin.probe_group_pairs);
  if (origin.parent) {
    writeParent(root, *origin.parent);
  }
  hdf5::writeAttribute(root, "blocks", layout_.blocks);
  hdf5::writeAttribute(root, "patch_grid",
                       std::vector<int64_t>{layout_.patch_rows, layout_.patch_columns});
  if (!layout_.scalar_names.empty()) {
    const hid_t scalars = created_.datasets.at("steps/scalars").handle.get();
    hdf5::writeAttribute(scalars, "names", layout_.scalar_names);
    hdf5::writeAttribute(scalars, "units", layout_.scalar_units);
  }
  if (!layout_.metric_names.empty()) {
    hdf5::writeAttribute(created_.datasets.at("snapshots/metrics").handle.get(), "names",
                         layout_.metric_names);
  }
}

void Creation::writeFixed(const std::string& name, std::span<const char> bytes) {
  const OpenDataset& open = created_.datasets.at(name);
  if (bytes.empty()) {
    return;
  }
  hdf5::check(
      H5Dwrite(open.handle.get(), open.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
      "write " + name);
}

void Creation::writeProbe(const ProbeSet& probe) {
  const auto writeTexts = [this](const std::string& name, const std::vector<std::string>& texts) {
    writeFixed(name, hdf5::packTexts(texts, created_.datasets.at(name).dataset.text_bytes));
  };
  writeFixed("probe/token_ids", bytesOf(probe.token_ids));
  writeFixed("probe/labels", bytesOf(probe.labels));
  writeTexts("probe/captions", probe.captions);
  writeTexts("probe/source", probe.sources);
  writeTexts("probe/pieces", probe.pieces);
  writeTexts("probe/label_names", layout_.label_names);
}

void Creation::writeImages(const ImageSource& images) {
  const OpenDataset& open = created_.datasets.at("probe/images");
  const auto image_bytes = open.dataset.rowElements();
  const auto page = static_cast<int64_t>(std::max<hsize_t>(1, kImagePageBytes / image_bytes));
  for (int64_t first = 0; first < layout_.samples; first += page) {
    const int64_t count = std::min(page, layout_.samples - first);
    const std::vector<uint8_t> pixels = images(first, count);
    if (pixels.size() != static_cast<size_t>(count) * image_bytes) {
      throw RecordingError(path_.string() +
                           ": the probe set does not fit the recording's layout: images has " +
                           std::to_string(pixels.size()) + " values for " + std::to_string(count) +
                           " samples, not " + std::to_string(count * image_bytes));
    }
    // An image is a chunk.
    for (int64_t i = 0; i < count; ++i) {
      const auto image = bytesOf(pixels).subspan(static_cast<size_t>(i) * image_bytes, image_bytes);
      const std::vector<unsigned char> chunk = packChunk(image, image_bytes, 1);
      std::vector<hsize_t> offset(open.dataset.row.size() + 1, 0);
      offset.front() = static_cast<hsize_t>(first + i);
      hdf5::check(H5Dwrite_chunk(open.handle.get(), H5P_DEFAULT, 0, offset.data(), chunk.size(),
                                 chunk.data()),
                  "write probe/images");
    }
  }
}

/// Only what grows stays open, without a chunk cache: a row goes to the file as it is, where the
/// cache would write its whole chunk of 1024 rows again at every flush.
void Creation::openForAppending(const std::vector<schema::Dataset>& description) {
  const Handle access =
      hdf5::own(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose, "set how datasets are accessed");
  hdf5::check(H5Pset_chunk_cache(access.get(), 1, 0, 1.0), "set how datasets are accessed");
  for (const schema::Dataset& dataset : description) {
    if (dataset.rows != Rows::Probe) {
      Handle handle = hdf5::own(H5Dopen2(created_.file.get(), dataset.path.c_str(), access.get()),
                                H5Dclose, "open " + dataset.path);
      created_.datasets[dataset.path] = {dataset, std::move(handle),
                                         hdf5::typeOf(dataset.element, dataset.text_bytes)};
    }
  }
}

std::string existsAlready(const std::filesystem::path& path) {
  return path.string() +
         " exists already; a recording is never overwritten. Choose another folder, or resume the "
         "run";
}

}  // namespace

/// The file gets its name once readers can open it, so that a worker killed while it creates a
/// recording leaves none behind that could not be opened.
void publishRecording(const std::filesystem::path& working_path,
                      const std::filesystem::path& path) {
  if (link(working_path.c_str(), path.c_str()) != 0) {
    const int error = errno;
    if (error == EEXIST || std::filesystem::exists(path)) {
      throw RecordingError(existsAlready(path));
    }
    // A file system without hard links. The run's lock keeps other workers out in between.
    std::error_code code;
    std::filesystem::rename(working_path, path, code);
    if (code) {
      throw RecordingError(path.string() + ": cannot be named so: " + code.message());
    }
    return;
  }
  unlink(working_path.c_str());
}

CreatedRecording createRecording(const std::filesystem::path& path, const Layout& layout,
                                 const Origin& origin, const ProbeSet& probe,
                                 const ImageSource& images) {
  if (std::filesystem::exists(path)) {
    throw RecordingError(existsAlready(path));
  }
  const std::filesystem::path working_path = path.string() + ".creating";
  std::error_code ignored;
  std::filesystem::remove(working_path, ignored);  // left by a worker killed while creating
  try {
    Creation creation(path, layout);
    creation.create(origin, probe, images, working_path);
    publishRecording(working_path, path);
    return creation.take();
  } catch (const hdf5::Error& error) {
    std::filesystem::remove(working_path, ignored);
    throw RecordingError(path.string() + ": the recording cannot be created: " + error.what() +
                         ". Check that the folder exists, is writable and has room");
  } catch (...) {
    std::filesystem::remove(working_path, ignored);
    throw;
  }
}

}  // namespace limoe::probe
