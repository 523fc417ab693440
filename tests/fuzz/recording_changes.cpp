#include "tests/fuzz/recording_changes.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "routing_probe/recording/hdf5.h"
#include "tests/fuzz/input.h"

namespace limoe::probe::test {
namespace {

using hdf5::Handle;

constexpr std::array<const char*, 34> kObjects = {"probe/images",
                                                  "probe/captions",
                                                  "probe/source",
                                                  "probe/token_ids",
                                                  "probe/pieces",
                                                  "probe/label_names",
                                                  "probe/labels",
                                                  "steps/step",
                                                  "steps/wall",
                                                  "steps/scalars",
                                                  "steps/chosen",
                                                  "steps/kept",
                                                  "steps/entropy",
                                                  "events",
                                                  "snapshots/step",
                                                  "snapshots/metrics",
                                                  "snapshots/image_expert",
                                                  "snapshots/image_gate",
                                                  "snapshots/image_kept",
                                                  "snapshots/image_runner_up",
                                                  "snapshots/image_margin",
                                                  "snapshots/image_probability",
                                                  "snapshots/text_expert",
                                                  "snapshots/text_gate",
                                                  "snapshots/text_kept",
                                                  "snapshots/text_runner_up",
                                                  "snapshots/text_margin",
                                                  "snapshots/text_probability",
                                                  "snapshots/order",
                                                  "snapshots/tokens",
                                                  "snapshots/label_tokens",
                                                  "snapshots/embeddings",
                                                  "probe",
                                                  "snapshots"};
constexpr std::array<const char*, 16> kAttributes = {"format",
                                                     "version",
                                                     "complete",
                                                     "program",
                                                     "created",
                                                     "run_id",
                                                     "part",
                                                     "config",
                                                     "blocks",
                                                     "first_step",
                                                     "patch_grid",
                                                     "probe_capacity_factor",
                                                     "probe_group_pairs",
                                                     "names",
                                                     "units",
                                                     "extra"};
constexpr std::array<hsize_t, 20> kSizes = {0,
                                            1,
                                            2,
                                            3,
                                            4,
                                            5,
                                            6,
                                            7,
                                            8,
                                            16,
                                            24,
                                            255,
                                            1024,
                                            4096,
                                            65536,
                                            1 << 20,
                                            1 << 27,
                                            hsize_t{1} << 31,
                                            hsize_t{1} << 40,
                                            hsize_t{1} << 60};

class Changes {
 public:
  Changes(hid_t file, Input& input) : file_(file), input_(input) {}

  void make() {
    const uint8_t what = input_.byte() % 6;
    const std::string object = kObjects[input_.byte() % kObjects.size()];
    switch (what) {
      case 0:
        H5Ldelete(file_, object.c_str(), H5P_DEFAULT);
        return;
      case 1:
        return makeAgain(object);
      case 2:
        return resize(object);
      case 3:
        return overwrite(object);
      case 4:
        return changeAttribute(object);
      default:
        return replaceByLink(object);
    }
  }

 private:
  hsize_t size() { return kSizes[input_.byte() % kSizes.size()]; }

  /// A type of each class, and of the schema's with another size or order.
  Handle type() {
    const hid_t types[] = {H5T_STD_U8LE,    H5T_STD_U16LE,      H5T_STD_U32LE,  H5T_STD_I32LE,
                           H5T_STD_I64LE,   H5T_STD_I64BE,      H5T_STD_B8LE,   H5T_IEEE_F32LE,
                           H5T_IEEE_F64LE,  H5T_IEEE_F32BE,     H5T_UNIX_D32LE, H5T_C_S1,
                           H5T_STD_REF_OBJ, H5T_STD_REF_DSETREG};
    const uint8_t which = input_.byte() % 20;
    const hsize_t length = std::min<hsize_t>(size(), 1 << 20) + 1;
    if (which < std::size(types)) {
      Handle copy(H5Tcopy(types[which]), H5Tclose);
      if (which == 11) {
        H5Tset_size(copy.get(), input_.byte() % 4 == 0 ? H5T_VARIABLE : length);
      }
      return copy;
    }
    switch (which % 4) {
      case 0:
        return {H5Tcreate(H5T_OPAQUE, length), H5Tclose};
      case 1:
        return {H5Tvlen_create(H5T_STD_I64LE), H5Tclose};
      case 2:
        return {H5Tarray_create2(H5T_STD_U8LE, 1, &length), H5Tclose};
      default:
        return {H5Tenum_create(H5T_STD_U8LE), H5Tclose};
    }
  }

  void makeAgain(const std::string& object) {
    const Handle old(H5Dopen2(file_, object.c_str(), H5P_DEFAULT), H5Dclose);
    if (!old) {
      return;
    }
    std::vector<hsize_t> shape = hdf5::extentOf(old.get());
    Handle creation(H5Dget_create_plist(old.get()), H5Pclose);
    Handle element(H5Dget_type(old.get()), H5Tclose);
    const uint8_t changes = input_.byte();
    if ((changes & 1u) != 0) {
      element = type();
    }
    if ((changes & 2u) != 0) {
      shape.resize(input_.byte() % 6, 2);
    }
    if ((changes & 4u) != 0 && !shape.empty()) {
      shape[input_.byte() % shape.size()] = size();
    }
    std::vector<hsize_t> most(shape.size(), H5S_UNLIMITED);
    if ((changes & 8u) != 0 || (changes & 2u) != 0) {
      std::vector<hsize_t> chunk(shape.size(), 1);
      if (!chunk.empty()) {
        chunk[input_.byte() % chunk.size()] = std::max<hsize_t>(1, size());
      }
      H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
    }
    if ((changes & 16u) != 0) {
      addFilter(creation.get());
    }
    if (H5Pget_layout(creation.get()) != H5D_CHUNKED) {
      most = shape;
    }
    H5Ldelete(file_, object.c_str(), H5P_DEFAULT);
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), most.data()),
                       H5Sclose);
    const Handle made(H5Dcreate2(file_, object.c_str(), element.get(), space.get(), H5P_DEFAULT,
                                 creation.get(), H5P_DEFAULT),
                      H5Dclose);
  }

  void addFilter(hid_t creation) {
    switch (input_.byte() % 5) {
      case 0:
        H5Pset_fletcher32(creation);
        return;
      case 1:
        H5Pset_nbit(creation);
        return;
      case 2:
        H5Pset_scaleoffset(creation, H5Z_SO_INT, input_.byte());
        return;
      case 3:
        H5Pset_szip(creation, H5_SZIP_NN_OPTION_MASK, 8);
        return;
      default:
        H5Pset_deflate(creation, 9);
    }
  }

  void resize(const std::string& object) {
    const Handle dataset(H5Dopen2(file_, object.c_str(), H5P_DEFAULT), H5Dclose);
    if (dataset) {
      std::vector<hsize_t> shape = hdf5::extentOf(dataset.get());
      if (!shape.empty()) {
        shape.front() = size();
        H5Dset_extent(dataset.get(), shape.data());
      }
    }
  }

  /// Up to 64 kB of the dataset's values, the input's bytes over and over.
  void overwrite(const std::string& object) {
    const Handle dataset(H5Dopen2(file_, object.c_str(), H5P_DEFAULT), H5Dclose);
    if (!dataset) {
      return;
    }
    const Handle element(H5Dget_type(dataset.get()), H5Tclose);
    const Handle space(H5Dget_space(dataset.get()), H5Sclose);
    const hssize_t elements = H5Sget_simple_extent_npoints(space.get());
    const size_t bytes = H5Tget_size(element.get());
    if (elements <= 0 || bytes == 0 || elements > static_cast<hssize_t>(65536 / bytes) ||
        H5Tdetect_class(element.get(), H5T_VLEN) != 0 || H5Tis_variable_str(element.get()) != 0 ||
        H5Tdetect_class(element.get(), H5T_REFERENCE) != 0) {
      return;
    }
    std::vector<uint8_t> values(static_cast<size_t>(elements) * bytes);
    H5Dread(dataset.get(), element.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    const size_t count = input_.byte() % 16 + 1u;
    for (size_t i = 0; i < count; ++i) {
      values[input_.number(2) % values.size()] = input_.byte();
    }
    H5Dwrite(dataset.get(), element.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  }

  void changeAttribute(const std::string& object) {
    const char* name = kAttributes[input_.byte() % kAttributes.size()];
    const bool of_root = input_.byte() % 4 != 0;
    const Handle owner(H5Oopen(file_, of_root ? "/" : object.c_str(), H5P_DEFAULT), H5Oclose);
    const uint8_t what = input_.byte() % 3;
    if (what == 0) {
      H5Adelete(owner.get(), name);
      return;
    }
    const Handle old(H5Aopen(owner.get(), name, H5P_DEFAULT), H5Aclose);
    Handle element = what == 1 && old ? Handle(H5Aget_type(old.get()), H5Tclose) : type();
    H5Adelete(owner.get(), name);
    const hsize_t length = std::min<hsize_t>(size(), 8192);
    const Handle space(
        input_.byte() % 2 == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &length, nullptr),
        H5Sclose);
    const Handle made(
        H5Acreate2(owner.get(), name, element.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    std::vector<uint8_t> values(std::max<hsize_t>(1, length) * H5Tget_size(element.get()));
    for (size_t i = 0; i < std::min<size_t>(values.size(), 32); ++i) {
      values[i] = input_.byte();
    }
    if (H5Tdetect_class(element.get(), H5T_VLEN) == 0 && H5Tis_variable_str(element.get()) == 0 &&
        H5Tdetect_class(element.get(), H5T_REFERENCE) == 0) {
      H5Awrite(made.get(), element.get(), values.data());
    }
  }

  void replaceByLink(const std::string& object) {
    H5Ldelete(file_, object.c_str(), H5P_DEFAULT);
    const std::string target = kObjects[input_.byte() % kObjects.size()];
    switch (input_.byte() % 3) {
      case 0:
        H5Lcreate_soft(("/" + target).c_str(), file_, object.c_str(), H5P_DEFAULT, H5P_DEFAULT);
        return;
      case 1:
        H5Lcreate_external("other.h5", "/", file_, object.c_str(), H5P_DEFAULT, H5P_DEFAULT);
        return;
      default:
        H5Lcreate_hard(file_, target.c_str(), file_, object.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    }
  }

  hid_t file_;
  Input& input_;
};

}  // namespace

std::span<const uint8_t> change(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
  Input input(bytes);
  const uint8_t count = input.byte() % 4;
  if (count == 0) {
    return input.rest();
  }
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.get()), H5Fclose);
  Changes changes(file.get(), input);
  for (uint8_t i = 0; i < count && file; ++i) {
    changes.make();
  }
  return input.rest();
}

}  // namespace limoe::probe::test
