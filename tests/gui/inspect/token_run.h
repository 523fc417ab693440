// A run in memory for the token inspector: the experts of FakeRunSource, with distributions, two
// towers, a life of its own and answers that can be held back.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tests/gui/canvas/fake_run_source.h"

namespace limoe::gui {

class TokenRun : public FakeRunSource {
 public:
  explicit TokenRun(const Shape& shape)
      : FakeRunSource(shape), run(std::make_shared<RunData>(*FakeRunSource::data())) {
    for (int64_t s = 0; s < shape.snapshots; ++s) {
      as_in.push_back(s);
    }
  }

  std::shared_ptr<RunData> run;
  /// Snapshot s is routed as FakeRunSource's snapshot as_in[s].
  std::vector<int64_t> as_in;
  std::vector<WalkItem> items;  ///< everything that walks were asked for
  bool holds_walks = false;
  bool holds_samples = false;
  bool routes_nothing = false;  ///< as a what-if without the token's group

  std::shared_ptr<const RunData> data() const override { return run; }

  std::shared_ptr<const probe::ProbeSet> sample(int64_t sample) override {
    return holds_samples ? nullptr : FakeRunSource::sample(sample);
  }

  std::shared_ptr<const probe::LayerSlice> decisions(int64_t snapshot, int64_t layer,
                                                     int64_t sample) override {
    auto slice = std::make_shared<probe::LayerSlice>(
        *FakeRunSource::decisions(as_in.at(static_cast<std::size_t>(snapshot)), layer, sample));
    if (run->config.model.towers == model::Towers::Two) {
      auto& other = layer < run->layout.layers / 2 ? slice->text : slice->image;
      std::fill(other.expert.begin(), other.expert.end(), probe::kNoExpert);
    }
    if (routes_nothing) {
      for (auto* decisions : {&slice->image, &slice->text}) {
        std::fill(decisions->expert.begin(), decisions->expert.end(), probe::kNoExpert);
      }
    }
    if (run->layout.probabilities) {
      addDistributions(slice->image);
      addDistributions(slice->text);
    }
    return slice;
  }

  std::unique_ptr<Walk> walk(WalkRequest request) override {
    items.insert(items.end(), request.items.begin(), request.items.end());
    if (!holds_walks) {
      return FakeRunSource::walk(std::move(request));
    }
    auto held = std::make_shared<Held>(Held{std::move(request), true});
    held_.push_back(held);
    return std::make_unique<HeldWalk>(held);
  }

  /// Answers what was held back and is still wanted. With a failure: after the first item.
  void release(const QString& failure = {}) {
    holds_walks = false;
    for (const auto& held : std::exchange(held_, {})) {
      for (const WalkItem& item : held->request.items) {
        fake_walk_detail::visit(*this, held->request, item);
        if (!failure.isEmpty()) {
          break;
        }
      }
      if (held->is_wanted) {
        const auto finished = held->request.finished;
        finished(failure);
      }
    }
  }

  /// A live run's next snapshot, 100 steps on.
  void grow(int64_t routed_as_in) {
    auto next = std::make_shared<RunData>(*run);
    next->snapshot_steps.push_back(100 * std::ssize(next->snapshot_steps));
    as_in.push_back(routed_as_in);
    run = next;
    Q_EMIT dataChanged();
  }

 private:
  struct Held {
    WalkRequest request;
    bool is_wanted;
  };
  class HeldWalk : public Walk {
   public:
    explicit HeldWalk(std::shared_ptr<Held> held) : held_(std::move(held)) {}
    ~HeldWalk() override { held_->is_wanted = false; }
    HeldWalk(const HeldWalk&) = delete;
    HeldWalk& operator=(const HeldWalk&) = delete;

   private:
    std::shared_ptr<Held> held_;
  };

  /// The first choice gets its gate where that is below 1, else 0.65; the others share the rest.
  void addDistributions(probe::Decisions& decisions) const {
    const auto experts = static_cast<std::size_t>(run->layout.experts);
    const auto top_k = static_cast<std::size_t>(run->layout.top_k);
    for (std::size_t at = 0; at * top_k < decisions.expert.size(); ++at) {
      const float gate = decisions.gate[at * top_k] < 1 ? decisions.gate[at * top_k] : 0.65F;
      for (std::size_t e = 0; e < experts; ++e) {
        decisions.probability.push_back(e == decisions.expert[at * top_k]
                                            ? gate
                                            : (1 - gate) / static_cast<float>(experts - 1));
      }
    }
  }

  std::vector<std::shared_ptr<Held>> held_;
};

}  // namespace limoe::gui
