// The tokens that are routed most like one token, found page by page over the whole probe. Plain
// computation with bounded memory: sums for one page and the best list, nothing per probe token.
//
// Axis letters: L MoE layers · E experts · U positions of the token's modality.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gui/inspect/token_routing.h"
#include "gui/inspect/walk_cache.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// Jensen–Shannon divergence of two distributions over E experts, in nats:
/// H((p + q) / 2) − (H(p) + H(q)) / 2, between 0 and ln 2 (Lin 1991, IEEE Trans. Inf. Theory 37).
double jensenShannon(const float* p, const float* q, int64_t experts);

/// How routing is compared, over the MoE layers in which the token is routed.
enum class SimilarityMeasure {
  Divergence,   ///< mean Jensen–Shannon divergence of the distributions
  FirstChoices  ///< layers with the same first choice, then mean |difference of its gates|
};

struct SimilarToken {
  TokenRef token;
  double divergence = 0;       ///< Divergence: mean over the layers, nats
  int64_t same_layers = 0;     ///< FirstChoices: layers with the same first choice
  double gate_difference = 0;  ///< FirstChoices: mean |difference of the first choice's gates|
};

struct SimilarTokens {
  TokenRef token;        ///< that was compared
  int64_t snapshot = 0;  ///< all in this snapshot
  int64_t layers = 0;    ///< layers that were compared
  SimilarityMeasure measure = SimilarityMeasure::Divergence;
  int64_t compared = 0;               ///< other tokens of its modality, the whole probe over
  std::vector<SimilarToken> nearest;  ///< nearest first; equal ones in the order of the probe
};

class TokenSimilarity {
 public:
  static constexpr std::size_t kNearest = 24;
  static constexpr std::size_t kPerImage = 3;  ///< so that not all come from one picture

  TokenSimilarity(const probe::Layout& layout, int64_t snapshot, const TokenRef& token);

  /// What add() must be given, in this order: the token's own sample in all layers, then page
  /// after page, all layers of each.
  std::vector<WalkItem> items() const;
  /// Distributions are compared where every layer of the token's own sample came with them.
  void add(const WalkItem& item, const probe::LayerSlice& slice);
  /// The result of what was added.
  SimilarTokens result() const;

 private:
  void addOwn(const TokenDecision& decision);
  void beginPage(const WalkItem& item);
  void compare(int64_t layer, const probe::Decisions& decisions);
  void endPage();
  bool nearer(const SimilarToken& a, const SimilarToken& b) const;
  bool isHopeless(const SimilarToken& candidate) const;

  const probe::Layout layout_;
  const int64_t units_;             ///< U
  std::vector<TokenDecision> own_;  ///< [L]
  SimilarTokens result_;            ///< `nearest` is sorted after every page
  int64_t first_sample_ = 0;        ///< of the page
  std::vector<SimilarToken> page_;  ///< [samples of the page, U] sums over the layers
  std::vector<uint8_t> is_routed_;  ///< as many
};

/// Found in the background and kept while they may be asked for again. Another question ends the
/// search for the one before.
class Similars : public WalkCache {
  Q_OBJECT
 public:
  explicit Similars(QObject* parent = nullptr) : WalkCache({Order::NewestFirst, 4, 1}, parent) {}

  static Question question(int64_t snapshot, const TokenRef& token) {
    return {snapshot, 0, {}, 0, token, {}};
  }
  /// nullptr where they are being looked for (ready() follows; ask again then).
  std::shared_ptr<const SimilarTokens> of(const Question& question);

 protected:
  bool isThere(const Question& question, const RunData& run) const override;
  Plan plan(const Question& question, const RunData& run) const override;
};

}  // namespace limoe::gui
