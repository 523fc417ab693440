#include "gui/compare/common_source.h"

#include <utility>

#include "gui/view/sample_parts.h"

namespace limoe::gui {
namespace {

/// What a walk over the samples in common reads of the run: neighbours together.
std::vector<WalkItem> readsOf(const WalkItem& item, const std::vector<int64_t>& samples) {
  std::vector<WalkItem> reads;
  for (int64_t n = item.first_sample; n < item.first_sample + item.samples; ++n) {
    const int64_t place = samples[static_cast<std::size_t>(n)];
    if (!reads.empty() && reads.back().first_sample + reads.back().samples == place) {
      ++reads.back().samples;
    } else {
      reads.push_back({item.snapshot, item.layer, place, 1});
    }
  }
  return reads;
}

/// Joins what is read and visits when an item is whole. Lives with the walk, used by its thread.
struct Joiner {
  WalkRequest request;
  std::vector<std::size_t> reads;  ///< of each item
  std::size_t item = 0;
  std::size_t have = 0;
  probe::ProbeSet texts;
  probe::LayerSlice slice;

  void take(const probe::ProbeSet& more_texts, const probe::LayerSlice& more) {
    if (request.texts) {
      append(texts, more_texts);
    }
    if (request.decisions) {
      append(slice, more);
    }
    if (++have < reads[item]) {
      return;
    }
    slice.first_sample = request.items[item].first_sample;
    request.visit(request.items[item], texts, slice);
    texts = {};
    slice = {};
    have = 0;
    ++item;
  }
};

/// Under its number among the samples in common.
std::shared_ptr<const probe::LayerSlice> moved(std::shared_ptr<const probe::LayerSlice> slice,
                                               int64_t sample) {
  if (!slice || slice->first_sample == sample) {
    return slice;
  }
  auto copy = std::make_shared<probe::LayerSlice>(*slice);
  copy->first_sample = sample;
  return copy;
}

}  // namespace

CommonSource::CommonSource(RunSource* run, QObject* parent) : RunSource(parent), run_(run) {
  takeData();
  connect(run, &RunSource::dataChanged, this, [this] {
    takeData();
    Q_EMIT dataChanged();
  });
  connect(run, &RunSource::pageReady, this, &RunSource::pageReady);
  connect(run, &RunSource::failed, this, &RunSource::failed);
}

void CommonSource::setSamples(std::vector<int64_t> samples) {
  samples_ = std::move(samples);
  takeData();
  Q_EMIT dataChanged();
}

void CommonSource::takeData() {
  const auto whole = run_ ? run_->data() : nullptr;
  if (!whole) {
    data_.reset();
    return;
  }
  auto data = std::make_shared<RunData>(*whole);
  data->layout.samples = std::ssize(samples_);
  if (whole->text_tokens) {
    auto tokens = std::make_shared<std::vector<int64_t>>();
    for (const int64_t place : samples_) {
      if (place < std::ssize(*whole->text_tokens)) {
        tokens->push_back((*whole->text_tokens)[static_cast<std::size_t>(place)]);
      }
    }
    data->text_tokens = tokens;
  }
  data_ = data;
}

std::shared_ptr<const probe::ProbeSet> CommonSource::sample(int64_t sample) {
  return has(sample) ? run_->sample(placeOf(sample)) : nullptr;
}

std::shared_ptr<const probe::LayerSlice> CommonSource::decisions(int64_t snapshot, int64_t layer,
                                                                 int64_t sample) {
  return has(sample) ? moved(run_->decisions(snapshot, layer, placeOf(sample)), sample) : nullptr;
}

std::shared_ptr<const probe::LayerSlice> CommonSource::choices(int64_t snapshot, int64_t layer,
                                                               int64_t sample) {
  return has(sample) ? moved(run_->choices(snapshot, layer, placeOf(sample)), sample) : nullptr;
}

std::shared_ptr<const probe::Snapshot> CommonSource::summary(int64_t snapshot) {
  return run_ ? run_->summary(snapshot) : nullptr;
}

bool CommonSource::cannotReadSample(int64_t sample) const {
  return has(sample) && run_->cannotReadSample(placeOf(sample));
}

bool CommonSource::cannotReadDecisions(int64_t snapshot, int64_t layer, int64_t sample) const {
  return has(sample) && run_->cannotReadDecisions(snapshot, layer, placeOf(sample));
}

bool CommonSource::cannotReadChoices(int64_t snapshot, int64_t layer, int64_t sample) const {
  return has(sample) && run_->cannotReadChoices(snapshot, layer, placeOf(sample));
}

std::unique_ptr<Walk> CommonSource::walk(WalkRequest request) {
  auto joiner = std::make_shared<Joiner>();
  WalkRequest inner;
  inner.decisions = request.decisions;
  inner.probabilities = request.probabilities;
  inner.texts = request.texts;
  inner.progress = request.progress;
  inner.finished = request.finished;
  for (const WalkItem& item : request.items) {
    const auto reads = readsOf(item, samples_);
    inner.items.insert(inner.items.end(), reads.begin(), reads.end());
    joiner->reads.push_back(reads.size());
  }
  joiner->request = std::move(request);
  inner.visit = [joiner](const WalkItem&, const probe::ProbeSet& texts,
                         const probe::LayerSlice& slice) { joiner->take(texts, slice); };
  return run_->walk(std::move(inner));
}

}  // namespace limoe::gui
