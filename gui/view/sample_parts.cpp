#include "gui/view/sample_parts.h"

#include <iterator>
#include <vector>

namespace limoe::gui {
namespace {

template <typename T>
std::vector<T> cutValues(const std::vector<T>& values, int64_t of_samples, int64_t skip,
                         int64_t samples) {
  const int64_t each = of_samples > 0 ? std::ssize(values) / of_samples : 0;
  return {values.begin() + skip * each, values.begin() + (skip + samples) * each};
}

probe::Decisions cutDecisions(const probe::Decisions& decisions, int64_t of_samples, int64_t skip,
                              int64_t samples) {
  const auto part = [&](const auto& values) {
    return cutValues(values, of_samples, skip, samples);
  };
  return {part(decisions.expert),    part(decisions.gate),   part(decisions.kept),
          part(decisions.runner_up), part(decisions.margin), part(decisions.probability)};
}

template <typename T>
void appendValues(std::vector<T>& to, const std::vector<T>& piece) {
  to.insert(to.end(), piece.begin(), piece.end());
}

void appendDecisions(probe::Decisions& to, const probe::Decisions& piece) {
  appendValues(to.expert, piece.expert);
  appendValues(to.gate, piece.gate);
  appendValues(to.kept, piece.kept);
  appendValues(to.runner_up, piece.runner_up);
  appendValues(to.margin, piece.margin);
  appendValues(to.probability, piece.probability);
}

}  // namespace

probe::LayerSlice cut(const probe::LayerSlice& slice, int64_t skip, int64_t samples) {
  return {slice.first_sample + skip, samples,
          cutDecisions(slice.image, slice.samples, skip, samples),
          cutDecisions(slice.text, slice.samples, skip, samples),
          cutValues(slice.order, slice.samples, skip, samples)};
}

probe::ProbeSet cut(const probe::ProbeSet& probe, int64_t of_samples, int64_t skip,
                    int64_t samples) {
  const auto part = [&](const auto& values) {
    return cutValues(values, of_samples, skip, samples);
  };
  return {part(probe.images), part(probe.captions), part(probe.token_ids),
          part(probe.pieces), part(probe.labels),   part(probe.sources)};
}

void append(probe::LayerSlice& to, const probe::LayerSlice& piece) {
  if (to.samples == 0) {
    to = piece;
    return;
  }
  to.samples += piece.samples;
  appendDecisions(to.image, piece.image);
  appendDecisions(to.text, piece.text);
  appendValues(to.order, piece.order);
}

void append(probe::ProbeSet& to, const probe::ProbeSet& piece) {
  appendValues(to.images, piece.images);
  appendValues(to.captions, piece.captions);
  appendValues(to.token_ids, piece.token_ids);
  appendValues(to.pieces, piece.pieces);
  appendValues(to.labels, piece.labels);
  appendValues(to.sources, piece.sources);
}

}  // namespace limoe::gui
