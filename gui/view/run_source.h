// What the views are fed: immutable pieces of one run, asked for by number.
//
// Everything here happens on the GUI thread and nothing waits: what is not at hand yet is returned
// as nullptr and requested, and pageReady() follows. Who still wants it asks again then: what is
// not asked for again is no longer read. Views draw from these pieces and never see the file.
#pragma once

#include <QObject>
#include <QString>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "model/config.h"
#include "routing_probe/recording/recording.h"
#include "routing_probe/recording/recording_reader.h"

namespace limoe::gui {

/// Recorded scalars as columns: what curves are drawn from.
struct Curves {
  std::vector<double> steps;                 ///< [R]
  std::vector<double> wall;                  ///< [R] seconds
  std::vector<std::vector<double>> scalars;  ///< [scalar_names][R]
  /// Summed over the layers: choices made and kept by modality. [2][R]
  std::vector<std::vector<double>> chosen, kept;
};

/// What is known of a run; replaced as a whole when the recording grows.
struct RunData {
  QString name;  ///< the folder's name
  /// Empty: decisions are as recorded. Otherwise what they were computed with instead, in words;
  /// whoever keeps something made of decisions must make it anew when this changes.
  QString what_if;
  QString folder;  ///< absolute path
  probe::RunState state = probe::RunState::Finished;
  probe::Layout layout;
  probe::Origin origin;
  model::RunConfig config;
  std::vector<int64_t> snapshot_steps;  ///< [S] ascending
  /// [S][metric_names]; the worker's measures at each snapshot.
  std::vector<std::vector<float>> metrics;
  std::shared_ptr<const Curves> curves;
  /// [N] tokens of each probe sample's caption, padding left out.
  std::shared_ptr<const std::vector<int64_t>> text_tokens;
  std::vector<probe::Event> events;
};

/// One layer of one snapshot for some samples.
struct WalkItem {
  int64_t snapshot = 0;
  int64_t layer = 0;
  int64_t first_sample = 0;
  int64_t samples = 0;
};

/// Decisions that are more than fit into the memory, or that no view shows as they are, read one
/// after the other in the background.
struct WalkRequest {
  std::vector<WalkItem> items;  ///< in the order of the visits
  bool decisions = true;        ///< false: slices are empty; snapshot and layer do not matter
  bool probabilities = false;   ///< whole distributions too, where they are recorded
  bool texts = false;           ///< captions, pieces, ids, labels and sources (never the images)
  /// On the reader thread, or any other that is not the GUI's: touches nothing of the views.
  /// `texts` is empty unless asked for.
  std::function<void(const WalkItem&, const probe::ProbeSet& texts, const probe::LayerSlice&)>
      visit;
  std::function<void(double done)> progress;      ///< on the GUI thread, 0 … 1; may be empty
  std::function<void(QString failure)> finished;  ///< on the GUI thread; empty: all were visited
};

/// A walk under way. When it is destroyed (on the GUI thread) it ends after the visit that is
/// running: `progress` and `finished` are not called any more, `visit` may be for a moment.
class Walk {
 public:
  virtual ~Walk() = default;
};

/// Whether gates, runners-up and margins came with the choices.
inline bool hasGates(const probe::Decisions& decisions) {
  return decisions.gate.size() == decisions.expert.size();
}
inline bool hasGates(const probe::LayerSlice& slice) {
  return hasGates(slice.image) && hasGates(slice.text);
}

class RunSource : public QObject {
  Q_OBJECT
 public:
  /// So many neighbouring samples are best walked through at once: they lie together in the file.
  static constexpr int64_t kPageSamples = 64;

  using QObject::QObject;

  /// nullptr until the recording has been opened.
  virtual std::shared_ptr<const RunData> data() const = 0;
  /// Image, caption and labels of one sample.
  virtual std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) = 0;
  /// Decisions of one layer of one snapshot for one sample (without probabilities).
  virtual std::shared_ptr<const probe::LayerSlice> decisions(int64_t snapshot, int64_t layer,
                                                             int64_t sample) = 0;
  /// The same for whoever needs experts and whether they were kept, no more: quicker to read, and
  /// the rest (gate, runner_up, margin, order) may be empty. See hasGates().
  virtual std::shared_ptr<const probe::LayerSlice> choices(int64_t snapshot, int64_t layer,
                                                           int64_t sample) {
    return decisions(snapshot, layer, sample);
  }
  /// Tokens by expert and modality, label counts and metrics of a snapshot.
  virtual std::shared_ptr<const probe::Snapshot> summary(int64_t snapshot) = 0;
  /// Whether it was asked for and cannot be read; until something is done about it (F5), it will
  /// not come.
  virtual bool cannotReadSample(int64_t /*sample*/) const { return false; }
  virtual bool cannotReadDecisions(int64_t /*snapshot*/, int64_t /*layer*/,
                                   int64_t /*sample*/) const {
    return false;
  }
  virtual bool cannotReadChoices(int64_t snapshot, int64_t layer, int64_t sample) const {
    return cannotReadDecisions(snapshot, layer, sample);
  }
  /// Begins and returns before anything is told; samples that are asked for meanwhile come first.
  /// Items that a resumed run took back end it with a failure.
  virtual std::unique_ptr<Walk> walk(WalkRequest request) = 0;

 Q_SIGNALS:
  void dataChanged();            ///< data() has been replaced
  void pageReady();              ///< something asked for earlier has come
  void failed(QString message);  ///< in words for the user; what was shown stays
};

}  // namespace limoe::gui
