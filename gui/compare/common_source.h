// A run as a comparison shows it: only the samples that all runs have, in one order, so that sample
// n is the same image and caption in every column.
#pragma once

#include <QPointer>
#include <cstdint>
#include <memory>
#include <vector>

#include "gui/view/run_source.h"

namespace limoe::gui {

class CommonSource : public RunSource {
  Q_OBJECT
 public:
  /// `run` may die first; nothing is answered then. Until setSamples() there are no samples.
  explicit CommonSource(RunSource* run, QObject* parent = nullptr);

  RunSource* run() const { return run_; }
  /// Sample n is the run's samples[n]. Emits dataChanged().
  void setSamples(std::vector<int64_t> samples);
  const std::vector<int64_t>& samples() const { return samples_; }

  std::shared_ptr<const RunData> data() const override { return data_; }
  std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) override;
  std::shared_ptr<const probe::LayerSlice> decisions(int64_t snapshot, int64_t layer,
                                                     int64_t sample) override;
  std::shared_ptr<const probe::LayerSlice> choices(int64_t snapshot, int64_t layer,
                                                   int64_t sample) override;
  /// Over the whole probe of the run, as it was recorded.
  std::shared_ptr<const probe::Snapshot> summary(int64_t snapshot) override;
  bool cannotReadSample(int64_t sample) const override;
  bool cannotReadDecisions(int64_t snapshot, int64_t layer, int64_t sample) const override;
  bool cannotReadChoices(int64_t snapshot, int64_t layer, int64_t sample) const override;
  std::unique_ptr<Walk> walk(WalkRequest request) override;

 private:
  void takeData();
  bool has(int64_t sample) const { return run_ && sample >= 0 && sample < std::ssize(samples_); }
  int64_t placeOf(int64_t sample) const { return samples_[static_cast<std::size_t>(sample)]; }

  QPointer<RunSource> run_;
  std::vector<int64_t> samples_;
  std::shared_ptr<const RunData> data_;
};

}  // namespace limoe::gui
