// Which images the wall shows and in which order: as ViewState wants it, made from the layer's
// digest. While a digest is being made the old order stays.
#pragma once

#include <QString>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gui/inspect/digests.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

class WallArrangement {
 public:
  enum class Change {
    None,
    Moved,  ///< the same wish came to another order: another step of the run
    New     ///< the user wished for another one
  };

  /// Another run was opened.
  void forget();
  /// Orders anew where something that matters has changed. `snapshot` −1: nothing is routed.
  Change update(const RunData& run, const ViewState& state, int64_t snapshot, int64_t layer,
                Digests* digests);
  int64_t count() const { return recorded_ ? samples_ : std::ssize(order_); }
  int64_t sampleAt(int64_t slot) const {
    return recorded_ ? slot : order_[static_cast<std::size_t>(slot)];
  }
  /// Where a sample is; nullopt where the filter leaves it out.
  std::optional<int64_t> slotOf(int64_t sample) const;
  /// Whether all samples stand as recorded.
  bool isRecorded() const { return recorded_; }
  /// What it waits for (of Digests) before the order is what is wished for.
  const std::optional<Question>& waitsFor() const { return waits_for_; }

  /// What the filter does, and what the order is or why it is not what was wished for; "" for
  /// nothing to say. `wait`: how what it waits for stands.
  QString filterWords(const RunData& run, const ViewState& state, const Standing& wait) const;
  QString orderWords(const ViewState& state, int64_t layer, const Standing& wait) const;

 private:
  struct Wish {
    WallOrder order = WallOrder::Recorded;
    QString word;
    std::optional<int64_t> expert;
    TokenFilter filter;
    int64_t layer = 0;
    bool operator==(const Wish&) const = default;
  };

  std::shared_ptr<const LayerDigest> ask(Digests& digests, const Question& question);
  QString problemOf(const RunData& run) const;
  std::vector<int32_t> ordered(const LayerDigest* filtered);
  Change take(std::optional<std::vector<int32_t>> order);

  int64_t samples_ = 0;
  bool recorded_ = true;
  std::vector<int32_t> order_;  ///< sample of each slot; empty where recorded_
  std::vector<int32_t> slots_;  ///< slot of each sample, −1: none
  Wish wish_, applied_;
  std::shared_ptr<const LayerDigest> made_of_, words_of_;  ///< what order_ was made of
  std::optional<Question> waits_for_;
  bool routed_ = true;       ///< tokens have experts to filter and to order by
  int64_t word_images_ = 0;  ///< shown ones whose caption has the word
  QString problem_;          ///< why the order is not what was wished for
};

}  // namespace limoe::gui
