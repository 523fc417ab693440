// Digests of layers, made in the background when a view asks for one and kept while they may be
// asked for again. Shared by all views of a window.
#pragma once

#include <memory>
#include <vector>

#include "gui/inspect/layer_digest.h"
#include "gui/inspect/walk_cache.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

class Digests : public WalkCache {
  Q_OBJECT
 public:
  explicit Digests(QObject* parent = nullptr) : WalkCache({}, parent) {}

  /// nullptr where it is being made (ready() follows; ask again then) or there is no such layer.
  std::shared_ptr<const LayerDigest> layer(int64_t snapshot, int64_t layer,
                                           const TokenFilter& filter);
  static Question question(int64_t snapshot, int64_t layer, const TokenFilter& filter) {
    return {snapshot, layer, filter, 0, {}, {}};
  }

  /// What captions and labels alone tell, of a dense model too: the tokens of each sample that
  /// match word and label (the filter's other parts do not count), and all words. No experts.
  std::shared_ptr<const LayerDigest> texts(const TokenFilter& filter);
  static Question textsQuestion(const TokenFilter& filter) {
    return {kTexts, kTexts, filter.ofTexts(), 0, {}, {}};
  }

  /// To either kind of question.
  std::shared_ptr<const LayerDigest> answer(const Question& question);

 protected:
  bool isThere(const Question& question, const RunData& run) const override;
  Plan plan(const Question& question, const RunData& run) const override;

 private:
  static constexpr int64_t kTexts = -1;  ///< snapshot and layer of what is not routed
};

/// Items that read a layer of a snapshot page by page.
std::vector<WalkItem> pagesOf(const probe::Layout& layout, int64_t snapshot, int64_t layer);

}  // namespace limoe::gui
