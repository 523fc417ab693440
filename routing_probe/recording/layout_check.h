// Whether what is to be recorded fits the recording's layout.
//
// Internal to routing_recording.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "routing_probe/recording/recording.h"

namespace limoe::probe {

/// Collects faults in words: sizes that differ from the layout's, values out of range.
class LayoutCheck {
 public:
  explicit LayoutCheck(const Layout& layout) : layout_(layout) {}

  void checkLayout();                 ///< the layout itself
  void check(const ProbeSet& probe);  ///< all but its images
  void check(const StepRow& row);
  void checkSummary(const Snapshot& snapshot);  ///< all but its layers
  void check(const LayerSlice& layer, int64_t index);

  bool passed() const { return faults_.empty(); }
  std::string text() const;  ///< all faults, "; " between them

 private:
  template <typename T>
  void require(const std::string& name, const std::vector<T>& values, int64_t expected) {
    if (static_cast<int64_t>(values.size()) != expected) {
      faults_.push_back(name + " has " + std::to_string(values.size()) + " values, not " +
                        std::to_string(expected));
    }
  }
  void checkExperts(const std::string& name, const std::vector<uint16_t>& experts);
  void checkDecisions(const std::string& name, const Decisions& decisions, int64_t tokens);

  const Layout& layout_;
  std::vector<std::string> faults_;
};

}  // namespace limoe::probe
