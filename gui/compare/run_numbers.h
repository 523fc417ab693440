// The numbers of a run's MoE layers that stand side by side: success rate, entropy, modality share.
// Values only.
#pragma once

#include <QString>
#include <array>
#include <cstdint>
#include <vector>

#include "gui/compare/first_choices.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// One layer of one run at one step; [m] image, text. NaN: not recorded, or there is nothing.
struct LayerNumbers {
  QString run;
  int64_t step = 0;
  int64_t layer = 0;                      ///< from 0
  QString place;                          ///< "MoE layer 2 (block 3)"
  std::array<double, 2> success{};        ///< kept choices / choices, over the whole probe
  std::array<double, 2> token_entropy{};  ///< nats, mean over the tokens in common
  double text_share = 0;                  ///< of the kept choices of the whole probe
};

/// `table`: of that layer; nullptr: not counted yet (no entropy then).
LayerNumbers numbersOf(const RunData& run, const probe::Snapshot& summary, int64_t layer,
                       const ChoiceTable* table);

/// With a line of names; "n/a" where there is no number.
QString asTsv(const std::vector<LayerNumbers>& numbers);

}  // namespace limoe::gui
