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
  /// A digest could not be made: it is not asked for again before the wish or the run changes.
  void failed(const QString& why);
  void retry() { failure_.clear(); }

  int64_t count() const { return recorded_ ? samples_ : std::ssize(order_); }
  int64_t sampleAt(int64_t slot) const {
    return recorded_ ? slot : order_[static_cast<std::size_t>(slot)];
  }
  /// Where a sample is; nullopt where the filter leaves it out.
  std::optional<int64_t> slotOf(int64_t sample) const;
  bool isPending() const { return pending_; }

  /// What the filter does, and what the order is or why it is not what was wished for; "" for
  /// nothing to say.
  QString filterWords(const RunData& run, const ViewState& state, double progress) const;
  QString orderWords(const ViewState& state, int64_t layer, double progress) const;

 private:
  struct Wish {
    WallOrder order = WallOrder::Recorded;
    QString word;
    std::optional<int64_t> expert;
    TokenFilter filter;
    int64_t layer = 0;
    bool operator==(const Wish&) const = default;
  };
  struct WordSearch {
    QString word;
    int64_t snapshot = 0, layer = 0;  ///< that were asked: any will do
    std::shared_ptr<const LayerDigest> found;
  };

  bool findWord(const RunData& run, int64_t snapshot, int64_t layer, Digests& digests);
  std::vector<int32_t> ordered(const LayerDigest* filtered);
  Change take(std::optional<std::vector<int32_t>> order);
  bool isMadeOf(const std::shared_ptr<const LayerDigest>& digest) const;

  int64_t samples_ = 0;
  bool recorded_ = true;
  std::vector<int32_t> order_;  ///< sample of each slot; empty where recorded_
  std::vector<int32_t> slots_;  ///< slot of each sample, −1: none
  Wish wish_, applied_;
  std::shared_ptr<const LayerDigest> made_of_, words_of_;  ///< what order_ was made of
  WordSearch search_;
  bool pending_ = false;
  bool routed_ = true;       ///< there is something to filter and to order by
  int64_t word_images_ = 0;  ///< shown ones whose caption has the word
  QString problem_;          ///< why the order is not what was wished for
  QString failure_;
};

}  // namespace limoe::gui
