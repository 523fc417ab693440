// Which probe samples runs have in common: the same source and caption, whatever their places in
// the recordings.
#pragma once

#include <QObject>
#include <QString>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gui/compare/first_choices.h"
#include "gui/view/decisions_stamp.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

/// What a sample is known by. 64-bit hashes: 50,000 samples take 800 KB.
struct SampleKey {
  uint64_t source = 0;  ///< of source and caption
  uint64_t pieces = 0;  ///< of the caption's word pieces
};

std::vector<SampleKey> keysOf(const probe::ProbeSet& texts, int64_t text_length);

/// For each of `others` the places of the samples that all of them and the reference have, in the
/// reference's order; `reference` holds the reference's own. Of samples that are alike (the same
/// source and caption twice) the first is the first's, the second the second's. Others that have
/// none in common with the reference do not count and have none.
struct CommonSamples {
  std::vector<int64_t> reference;
  std::vector<std::vector<int64_t>> others;
  /// [others][common] whether the caption is cut into the same pieces as in the reference.
  std::vector<std::vector<bool>> same_pieces;
};
CommonSamples commonSamples(const std::vector<SampleKey>& reference,
                            const std::vector<const std::vector<SampleKey>*>& others);

/// The keys of one run's probe, read in the background.
class ProbeKeys : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

  void setSource(RunSource* source);
  /// nullptr while they are read.
  std::shared_ptr<const std::vector<SampleKey>> keys() const { return keys_; }
  double progress() const { return progress_; }
  const QString& failure() const { return failure_; }
  void retry();

 Q_SIGNALS:
  void changed();

 private:
  void begin();

  RunSource* source_ = nullptr;
  std::unique_ptr<Walk> walk_;
  std::shared_ptr<const std::vector<SampleKey>> keys_;
  double progress_ = 0;
  QString failure_;
};

}  // namespace limoe::gui
