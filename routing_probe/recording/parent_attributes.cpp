#include "routing_probe/recording/parent_attributes.h"

namespace limoe::probe {
namespace {

constexpr const char* kRunId = "parent_run_id";
constexpr const char* kFolder = "parent_folder";
constexpr const char* kStep = "parent_step";

}  // namespace

void writeParent(hid_t root, const ParentRun& parent) {
  hdf5::writeAttribute(root, kRunId, parent.run_id);
  hdf5::writeAttribute(root, kFolder, parent.folder);
  hdf5::writeAttribute(root, kStep, parent.step);
}

std::optional<ParentRun> readParent(hid_t root) {
  if (!hdf5::hasAttribute(root, kRunId)) {
    return std::nullopt;
  }
  return ParentRun{hdf5::readText(root, kRunId), hdf5::readText(root, kFolder),
                   hdf5::readInteger(root, kStep)};
}

}  // namespace limoe::probe
