// Which expert takes most of the chosen column, in every MoE layer.
#pragma once

#include <map>
#include <optional>

#include "gui/inspect/digests.h"
#include "gui/inspect/layer_view_find.h"

namespace limoe::gui {

/// Asks for one layer after the other, and only for the column that is looked at.
class BestExperts {
 public:
  BestExperts(ViewState& state, Digests& digests) : state_(state), digests_(digests) {}

  /// "Takes most of it: block 3 e0 57 % (8 of 14); block 1 e2 = e6 21 % (3 of 14); block 5 …",
  /// largest share first; only the layer looked at under a filter that each layer answers
  /// differently. `shown` is the digest of the layer looked at.
  QString inWords(const RunData& run, const LayerDigest& shown, MapKind kind,
                  const QStringList& titles);
  /// What inWords() is waiting for, or what was stopped.
  std::optional<Question> wanted() const { return wanted_; }

 private:
  void lookForOthers(const RunData& run);
  QString bestInWords(const RunData& run, int64_t layer, const LayerBest& best) const;
  bool isRouted(const RunData& run, int64_t layer) const;

  struct Asked {
    DecisionsStamp stamp;
    int64_t snapshot = -1;
    TokenFilter filter;
    MapKind kind = MapKind::Labels;
    QStringList titles;
  };

  ViewState& state_;
  Digests& digests_;
  Asked asked_;
  std::map<int64_t, LayerBest> known_;  ///< by layer
  std::optional<Question> wanted_;
};

}  // namespace limoe::gui
