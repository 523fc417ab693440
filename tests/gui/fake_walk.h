// What fakes of RunSource answer to walk(): their own pages, cut to what was asked for, one event
// loop later.
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
void cut(std::vector<T>& values, int64_t page_samples, int64_t skip, int64_t samples) {
  if (values.empty()) {
    return;
  }
  const auto each = static_cast<int64_t>(values.size()) / page_samples;
  values.assign(values.begin() + skip * each, values.begin() + (skip + samples) * each);
}

inline void cut(probe::Decisions& decisions, int64_t page_samples, int64_t skip, int64_t samples) {
  cut(decisions.expert, page_samples, skip, samples);
  cut(decisions.gate, page_samples, skip, samples);
  cut(decisions.kept, page_samples, skip, samples);
  cut(decisions.runner_up, page_samples, skip, samples);
  cut(decisions.margin, page_samples, skip, samples);
  cut(decisions.probability, page_samples, skip, samples);
}

inline void visitPage(RunSource& source, const WalkRequest& request, const WalkItem& item) {
  const int64_t page = item.first_sample / RunSource::kPageSamples;
  const int64_t skip = item.first_sample % RunSource::kPageSamples;
  probe::LayerSlice slice;
  if (request.decisions) {
    slice = *source.layerPage(item.snapshot, item.layer, page);
    const int64_t samples = slice.samples;
    slice.first_sample = item.first_sample;
    slice.samples = item.samples;
    cut(slice.image, samples, skip, item.samples);
    cut(slice.text, samples, skip, item.samples);
    cut(slice.order, samples, skip, item.samples);
  }
  probe::ProbeSet texts;
  if (request.texts) {
    texts = *source.probePage(page);
    texts.images.clear();
    const auto samples = static_cast<int64_t>(texts.captions.size());
    cut(texts.captions, samples, skip, item.samples);
    cut(texts.token_ids, samples, skip, item.samples);
    cut(texts.pieces, samples, skip, item.samples);
    cut(texts.labels, samples, skip, item.samples);
    cut(texts.sources, samples, skip, item.samples);
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
          visitPage(source, request_, item);
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

/// Items must each lie within one page.
inline std::unique_ptr<Walk> fakeWalk(RunSource& source, WalkRequest request) {
  return std::make_unique<fake_walk_detail::FakeWalk>(source, std::move(request));
}

}  // namespace limoe::gui
