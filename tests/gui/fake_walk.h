// What fakes of RunSource answer to walk(): their own samples, one event loop later. And how fakes
// that hold all samples in one piece give out some of them.
#pragma once

#include <QTimer>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"

namespace limoe::gui {

namespace fake_walk_detail {

template <typename T>
void cut(std::vector<T>& values, int64_t of_samples, int64_t skip, int64_t samples) {
  if (values.empty()) {
    return;
  }
  const auto each = static_cast<int64_t>(values.size()) / of_samples;
  values = std::vector<T>(values.begin() + skip * each, values.begin() + (skip + samples) * each);
}

inline void cut(probe::Decisions& decisions, int64_t of_samples, int64_t skip, int64_t samples) {
  cut(decisions.expert, of_samples, skip, samples);
  cut(decisions.gate, of_samples, skip, samples);
  cut(decisions.kept, of_samples, skip, samples);
  cut(decisions.runner_up, of_samples, skip, samples);
  cut(decisions.margin, of_samples, skip, samples);
  cut(decisions.probability, of_samples, skip, samples);
}

template <typename T>
void join(std::vector<T>& to, const std::vector<T>& piece) {
  to.insert(to.end(), piece.begin(), piece.end());
}

inline void join(probe::Decisions& to, const probe::Decisions& piece) {
  join(to.expert, piece.expert);
  join(to.gate, piece.gate);
  join(to.kept, piece.kept);
  join(to.runner_up, piece.runner_up);
  join(to.margin, piece.margin);
  join(to.probability, piece.probability);
}

/// `piece` follows; `to` begins with the first that is joined.
inline void join(probe::LayerSlice& to, const probe::LayerSlice& piece) {
  to.first_sample = to.samples == 0 ? piece.first_sample : to.first_sample;
  to.samples += piece.samples;
  join(to.image, piece.image);
  join(to.text, piece.text);
  join(to.order, piece.order);
}

inline void visit(RunSource& source, const WalkRequest& request, const WalkItem& item) {
  probe::LayerSlice slice;
  probe::ProbeSet texts;
  for (int64_t n = item.first_sample; n < item.first_sample + item.samples; ++n) {
    if (request.decisions) {
      join(slice, *source.decisions(item.snapshot, item.layer, n));
    }
    if (request.texts) {
      const auto sample = source.sample(n);
      join(texts.captions, sample->captions);
      join(texts.token_ids, sample->token_ids);
      join(texts.pieces, sample->pieces);
      join(texts.labels, sample->labels);
      join(texts.sources, sample->sources);
    }
  }
  request.visit(item, texts, slice);
}

class FakeWalk : public Walk {
 public:
  FakeWalk(RunSource& source, WalkRequest request) : request_(std::move(request)) {
    QTimer::singleShot(0, &receiver_, [this, &source] {
      QString failure;
      try {
        for (const WalkItem& item : request_.items) {
          visit(source, request_, item);
        }
      } catch (const std::exception& error) {
        failure = QString::fromStdString(error.what());
      }
      // What is told may destroy this walk.
      const auto finished = request_.finished;
      if (finished) {
        finished(failure);
      }
    });
  }

 private:
  QObject receiver_;
  WalkRequest request_;
};

}  // namespace fake_walk_detail

/// One sample of a probe of so many.
inline std::shared_ptr<const probe::ProbeSet> sampleOf(const probe::ProbeSet& probe,
                                                       int64_t samples, int64_t sample) {
  auto one = std::make_shared<probe::ProbeSet>(probe);
  fake_walk_detail::cut(one->images, samples, sample, 1);
  fake_walk_detail::cut(one->captions, samples, sample, 1);
  fake_walk_detail::cut(one->token_ids, samples, sample, 1);
  fake_walk_detail::cut(one->pieces, samples, sample, 1);
  fake_walk_detail::cut(one->labels, samples, sample, 1);
  fake_walk_detail::cut(one->sources, samples, sample, 1);
  return one;
}

/// One sample of a slice that begins with sample 0.
inline std::shared_ptr<const probe::LayerSlice> decisionsOf(const probe::LayerSlice& slice,
                                                            int64_t sample) {
  auto one = std::make_shared<probe::LayerSlice>(slice);
  one->first_sample = sample;
  one->samples = 1;
  fake_walk_detail::cut(one->image, slice.samples, sample, 1);
  fake_walk_detail::cut(one->text, slice.samples, sample, 1);
  fake_walk_detail::cut(one->order, slice.samples, sample, 1);
  return one;
}

inline std::unique_ptr<Walk> fakeWalk(RunSource& source, WalkRequest request) {
  return std::make_unique<fake_walk_detail::FakeWalk>(source, std::move(request));
}

}  // namespace limoe::gui
