// Which expert takes most of the chosen column, in every MoE layer.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "gui/inspect/digests.h"
#include "gui/inspect/layer_view_find.h"

namespace limoe::gui {

/// Asks for one layer after the other, and only for the column that is looked at. What a layer came
/// to is kept for other columns of the same step and filter.
class BestExperts {
 public:
  BestExperts(ViewState& state, Digests& digests) : state_(state), digests_(digests) {}

  /// A layer and who takes most of the column there.
  struct Part {
    /// "block 3 e0 57 % (8 of 14; 33–79 %) 4.6× chance": of few tokens with the interval. "block 5
    /// …" and "block 5 not counted" where it is not known.
    QString words;
    int64_t layer = 0;
    int64_t expert = -1;  ///< −1: none
  };
  /// Largest share first; only the layer looked at under a filter that each layer answers
  /// differently. `shown` is the digest of the layer looked at.
  std::vector<Part> ofColumn(const RunData& run, const LayerDigest& shown, const KindNames& names);
  /// What ofColumn() is waiting for, or what was stopped.
  std::optional<Question> wanted() const { return wanted_; }
  /// Another recording, or other decisions of it.
  void forget();

 private:
  void lookForOthers(const RunData& run);
  QString bestInWords(const RunData& run, int64_t layer, const LayerBest& best) const;
  bool isRouted(const RunData& run, int64_t layer) const;

  struct Asked {
    DecisionsStamp stamp;
    int64_t snapshot = -1;
    TokenFilter filter;
    KindNames names;
  };

  ViewState& state_;
  Digests& digests_;
  Asked asked_;
  std::map<int64_t, std::shared_ptr<const LayerDigest>> kinds_;  ///< by layer, without its samples
  std::map<int64_t, LayerBest> known_;                           ///< by layer, of names
  std::optional<Question> wanted_;
};

/// What the numbers of a part mean.
QString bestDefinition();

}  // namespace limoe::gui
