// Where runs send a patch or word elsewhere than the reference does, drawn over a wall.
#pragma once

#include <imgui.h>

#include <QColor>
#include <cstdint>
#include <optional>
#include <vector>

#include "gui/compare/compare_runs.h"

namespace limoe::gui {

class CanvasScene;

/// For one column: of the reference, how many of the matched runs have another expert; of another
/// run, whether it has. Looks at the comparison as it is; made anew for each frame.
class DisagreementMap {
 public:
  static constexpr int kNotCounted = -1;  ///< dropped by one of them, no token, or not read

  DisagreementMap(const CompareRuns& runs, std::size_t column);

  /// Nothing is matched (yet).
  bool isEmpty() const { return runs_.empty(); }
  int most() const { return static_cast<int>(runs_.size()); }  ///< how many can differ
  int differing(int modality, int64_t sample, int64_t position) const;

 private:
  struct Run {
    const ChoiceTable* table;
    const Comparable* comparable;
    std::vector<int64_t> stands_for;  ///< by its expert
  };
  const ChoiceTable* reference_ = nullptr;
  std::vector<Run> runs_;
};

/// Pale where they agree, strong where they differ, grey where it is not counted; words that differ
/// are framed.
void drawDisagreement(ImDrawList& list, const CanvasScene& scene, const DisagreementMap& map,
                      const QColor& background);

}  // namespace limoe::gui
