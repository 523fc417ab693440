// What one layer of one snapshot comes to over the whole probe: what the wall is sorted by, and
// what galleries and charts of experts are made of. Values only.
//
// Axis letters: N probe samples · P patches · E experts · K choices per token · m modality.
#pragma once

#include <QString>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gui/view/run_source.h"
#include "gui/view/token_filter.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

struct RankedToken {
  TokenRef token;
  float gate = 0;         ///< of the first choice
  std::size_t piece = 0;  ///< index into LayerDigest::pieces; of a word only
};

/// Of the tokens that match the filter.
struct ExpertDigest {
  static constexpr std::size_t kMostTop = 96;

  std::array<uint64_t, 2> chosen{};  ///< [m] choices, over all K
  std::array<uint64_t, 2> kept{};    ///< [m]
  std::array<uint64_t, 2> first{};   ///< [m] first choices, kept or not
  /// Kept first choices with the highest gates: the best of each image, then the others; equal ones
  /// in the order of the probe.
  std::vector<RankedToken> top_patches, top_words;
  std::vector<uint64_t> labels;     ///< [labels] kept choices of patches by label; may be empty
  std::vector<uint64_t> positions;  ///< [P] kept choices of patches by place
  std::vector<uint64_t> pieces;     ///< [LayerDigest::pieces] kept choices of text tokens
  /// [LayerDigest::words] kept choices of patches in images whose caption has the word.
  std::vector<uint64_t> words;
};

struct LayerDigest {
  int64_t snapshot = 0;
  int64_t step = 0;
  int64_t layer = 0;
  TokenFilter filter;

  // By sample, [N]; of the tokens that match.
  std::vector<uint32_t> patches;          ///< how many
  std::vector<uint32_t> text_tokens;      ///< how many
  std::vector<uint32_t> dropped_patches;  ///< first choice had no room
  std::vector<float> entropy;  ///< mean over the patches, nats; NaN: not recorded or none
  std::vector<uint16_t> patches_of_expert;  ///< [N, E] first choices

  std::vector<ExpertDigest> experts;  ///< [E]
  std::vector<std::string> pieces;    ///< word pieces that occur, as recorded ("▁car")
  std::vector<QString> words;         ///< words of captions that occur, in lower case

  // Over the layer, by modality; entropies in nats, NaN where probabilities are not recorded.
  std::array<uint64_t, 2> tokens{};          ///< that match
  std::array<uint64_t, 2> chosen{}, kept{};  ///< choices, over all K
  std::array<double, 2> token_entropy{};     ///< mean over tokens of H(p)
  std::array<double, 2> mean_entropy{};      ///< H of the mean over tokens of p

  /// Samples with a token that matches.
  int64_t matchingSamples() const;
};

/// Adds up pages, in the order of the probe.
class LayerDigestBuilder {
 public:
  LayerDigestBuilder(const probe::Layout& layout, int64_t snapshot, int64_t step, int64_t layer,
                     const TokenFilter& filter);
  ~LayerDigestBuilder();

  /// `texts` holds the same samples as `slice`; its images are not looked at.
  void add(const probe::ProbeSet& texts, const probe::LayerSlice& slice);
  /// The digest of what was added; the builder is spent.
  std::shared_ptr<const LayerDigest> take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest's kept choices as a snapshot's sums, of its layer alone: zero for the others.
std::shared_ptr<const probe::Snapshot> sumsOf(const LayerDigest& digest,
                                              const probe::Layout& layout);

/// Words of a caption, in lower case, each once: letters, digits and what joins them (’ and -).
std::vector<QString> wordsOf(const QString& caption);

/// One thing that an expert takes more often than by chance.
struct Lift {
  QString name;
  uint64_t count = 0;   ///< kept choices of this kind that the expert has
  uint64_t of_all = 0;  ///< kept choices of this kind in the layer
  double lift = 0;      ///< count / expected, where expected = of_all · (expert's part of all)
};

/// Labels of its patches / pieces of its text tokens / caption words of its patches' images, those
/// with lift > 1 and at least `least` choices, most beyond chance (count − expected) first.
std::vector<Lift> labelLifts(const LayerDigest& digest, const probe::Layout& layout, int64_t expert,
                             uint64_t least = 1);
std::vector<Lift> pieceLifts(const LayerDigest& digest, int64_t expert, uint64_t least = 1);
std::vector<Lift> wordLifts(const LayerDigest& digest, int64_t expert, uint64_t least = 1);
/// [E] the first `most` of each expert's pieceLifts().
std::vector<std::vector<Lift>> topPieces(const LayerDigest& digest, std::size_t most);

}  // namespace limoe::gui
