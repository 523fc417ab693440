// A run in memory with a known answer for every token, so that tests can say which colour must be
// where.
#pragma once

#include <QString>
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"
#include "tests/gui/fake_walk.h"

namespace limoe::gui {

/// Experts follow a rule that is written down here once and not taken from the code under test:
/// token u of sample n, layer l, snapshot s chooses (n + u / 2 + 3·l + 2·s) mod E, text five more.
/// Where tokens settle, s stops at u mod 4. Probabilities of sample n are even over the first
/// n mod E + 1 experts.
class FakeRunSource : public RunSource {
 public:
  struct Shape {
    int64_t samples = 6;
    int64_t layers = 2;
    int64_t experts = 8;
    int64_t top_k = 1;
    int64_t image_size = 32;
    int64_t patch_size = 8;
    int64_t text_length = 8;
    int64_t snapshots = 3;
    bool settle = false;
    bool probabilities = false;
    bool two_towers = false;
  };

  explicit FakeRunSource(const Shape& shape) : shape_(shape) {
    auto run = std::make_shared<RunData>();
    run->name = QStringLiteral("fake");
    probe::Layout& layout = run->layout;
    layout.layers = shape.layers;
    layout.experts = shape.experts;
    layout.top_k = shape.top_k;
    layout.samples = shape.samples;
    layout.patch_rows = layout.patch_columns = shape.image_size / shape.patch_size;
    layout.text_length = shape.text_length;
    layout.image_height = layout.image_width = shape.image_size;
    layout.label_names = {"sky", "grass", "house"};
    layout.probabilities = shape.probabilities;
    run->config.model.towers = shape.two_towers ? model::Towers::Two : model::Towers::One;
    for (int64_t l = 0; l < shape.layers; ++l) {
      layout.blocks.push_back(2 * l + 1);
    }
    for (int64_t s = 0; s < shape.snapshots; ++s) {
      run->snapshot_steps.push_back(100 * s);
    }
    data_ = run;
  }

  int64_t expertOf(int modality, int64_t sample, int64_t position, int64_t layer,
                   int64_t snapshot) const {
    const int64_t text = modality == probe::kText ? 5 : 0;
    const int64_t moves = shape_.settle ? std::min(snapshot, position % 4) : snapshot;
    return (sample + position / 2 + 3 * layer + 2 * moves + text) % shape_.experts;
  }
  /// Two towers: the first half of the layers is the image tower's.
  bool routes(int modality, int64_t layer) const {
    return !shape_.two_towers || (modality == probe::kImage) == (layer < shape_.layers / 2);
  }
  /// The run was trained on.
  void addSnapshot() {
    auto run = std::make_shared<RunData>(*data_);
    run->snapshot_steps.push_back(100 * std::ssize(run->snapshot_steps));
    data_ = run;
    Q_EMIT dataChanged();
  }
  /// Every seventh token is dropped.
  static bool isKept(int64_t sample, int64_t position) { return (sample + position) % 7 != 6; }
  static double gateOf(int64_t position) { return position % 2 == 0 ? 1.0 : 0.25; }

  /// Training went on from before that snapshot: it and those after it are other steps now.
  void resumeBefore(std::size_t snapshot) {
    auto run = std::make_shared<RunData>(*data_);
    for (std::size_t s = snapshot; s < run->snapshot_steps.size(); ++s) {
      run->snapshot_steps[s] += 50;
    }
    data_ = run;
    Q_EMIT dataChanged();
  }

  std::shared_ptr<const RunData> data() const override { return data_; }

  std::shared_ptr<const probe::ProbeSet> sample(int64_t n) override {
    sample_requests.insert(n);
    auto probe = std::make_shared<probe::ProbeSet>();
    addImage(*probe, n);
    addCaption(*probe, n);
    probe->sources.push_back("fake " + std::to_string(n));
    for (int64_t p = 0; p < data_->layout.patches(); ++p) {
      probe->labels.push_back(static_cast<uint16_t>(p % 3));
    }
    return probe;
  }

  std::shared_ptr<const probe::LayerSlice> decisions(int64_t snapshot, int64_t layer,
                                                     int64_t sample) override {
    decision_requests.insert({snapshot, layer, sample});
    if (gates_withheld || gates_unreadable || withheld.contains({snapshot, layer}) ||
        unreadable.contains({snapshot, layer})) {
      return nullptr;
    }
    return std::make_shared<probe::LayerSlice>(slice(snapshot, layer, sample, 1));
  }

  std::shared_ptr<const probe::LayerSlice> choices(int64_t snapshot, int64_t layer,
                                                   int64_t sample) override {
    choice_requests.insert({snapshot, layer, sample});
    if (withheld.contains({snapshot, layer}) || unreadable.contains({snapshot, layer})) {
      return nullptr;
    }
    auto one = std::make_shared<probe::LayerSlice>(slice(snapshot, layer, sample, 1));
    for (probe::Decisions* decisions : {&one->image, &one->text}) {
      *decisions = {decisions->expert, {}, decisions->kept, {}, {}, {}};
    }
    one->order.clear();
    return one;
  }

  /// Decisions of samples [first, first + count).
  probe::LayerSlice slice(int64_t snapshot, int64_t layer, int64_t first, int64_t count) const {
    probe::LayerSlice slice;
    slice.first_sample = first;
    slice.samples = count;
    for (int64_t n = first; n < first + count; ++n) {
      for (int64_t p = 0; p < data_->layout.patches(); ++p) {
        add(slice.image, probe::kImage, n, p, layer, snapshot, true);
        slice.order.push_back(static_cast<uint32_t>(p));
      }
      for (int64_t t = 0; t < shape_.text_length; ++t) {
        add(slice.text, probe::kText, n, t, layer, snapshot, t < wordCount(n));
        slice.order.push_back(static_cast<uint32_t>(t));
      }
    }
    return slice;
  }

  std::shared_ptr<const probe::Snapshot> summary(int64_t) override { return nullptr; }
  std::unique_ptr<Walk> walk(WalkRequest request) override {
    for (const auto& item : request.items) {
      walked.emplace_back(item.snapshot, item.layer, item.first_sample);
    }
    if (!walk_failure.isEmpty()) {
      request.items.clear();
      request.finished = [finished = request.finished, why = walk_failure](const QString&) {
        finished(why);
      };
    }
    return fakeWalk(*this, std::move(request));
  }

  std::set<int64_t> sample_requests;
  /// Snapshot, layer, sample.
  std::set<std::tuple<int64_t, int64_t, int64_t>> choice_requests, decision_requests;
  QString walk_failure;  ///< what walks end with instead of reading
  std::vector<std::tuple<int64_t, int64_t, int64_t>> walked;  ///< snapshot, layer, first sample
  bool cannotReadDecisions(int64_t snapshot, int64_t layer, int64_t /*sample*/) const override {
    return gates_unreadable || unreadable.contains({snapshot, layer});
  }
  bool cannotReadChoices(int64_t snapshot, int64_t layer, int64_t /*sample*/) const override {
    return unreadable.contains({snapshot, layer});
  }

  std::set<std::pair<int64_t, int64_t>> unreadable;  ///< snapshot and layer that will not come
  std::set<std::pair<int64_t, int64_t>> withheld;    ///< snapshot and layer that have not come yet
  bool gates_withheld = false, gates_unreadable = false;  ///< choices come, decisions do not

 private:
  int64_t wordCount(int64_t sample) const {
    return std::min<int64_t>(shape_.text_length, 5 + sample % 3);
  }

  /// Grey with one pixel in two lighter: colours in the picture come from the overlay alone.
  void addImage(probe::ProbeSet& probe, int64_t) const {
    for (int64_t i = 0; i < shape_.image_size * shape_.image_size; ++i) {
      const auto grey = static_cast<uint8_t>(i % 2 == 0 ? 90 : 130);
      probe.images.insert(probe.images.end(), 3, grey);
    }
  }

  void addCaption(probe::ProbeSet& probe, int64_t sample) const {
    static const std::vector<std::string> kPieces = {
        "\u2581a", "\u2581red", "\u2581house", "\u2581by", "\u2581the", "\u2581lake", "s", "ide"};
    std::string caption;
    for (int64_t t = 0; t < shape_.text_length; ++t) {
      const bool word = t < wordCount(sample);
      probe.pieces.push_back(word ? kPieces[static_cast<std::size_t>(t) % kPieces.size()] : "");
      probe.token_ids.push_back(word ? static_cast<int32_t>(t) : -1);
      caption += probe.pieces.back();
    }
    probe.captions.push_back(caption);
  }

  void add(probe::Decisions& decisions, int modality, int64_t sample, int64_t position,
           int64_t layer, int64_t snapshot, bool in_caption) const {
    const bool is_token = in_caption && routes(modality, layer);
    for (int64_t k = 0; k < shape_.top_k; ++k) {
      const int64_t expert =
          (expertOf(modality, sample, position, layer, snapshot) + k) % shape_.experts;
      decisions.expert.push_back(is_token ? static_cast<uint16_t>(expert) : probe::kNoExpert);
      decisions.gate.push_back(static_cast<float>(gateOf(position)));
      decisions.kept.push_back(isKept(sample, position) ? 1 : 0);
    }
    decisions.runner_up.push_back(static_cast<uint16_t>(
        (expertOf(modality, sample, position, layer, snapshot) + shape_.top_k) % shape_.experts));
    decisions.margin.push_back(static_cast<float>(gateOf(position) / 2));
    for (int64_t e = 0; shape_.probabilities && e < shape_.experts; ++e) {
      const int64_t even = sample % shape_.experts + 1;
      decisions.probability.push_back(e < even ? 1.0F / static_cast<float>(even) : 0.0F);
    }
  }

  Shape shape_;
  std::shared_ptr<const RunData> data_;
};

}  // namespace limoe::gui
