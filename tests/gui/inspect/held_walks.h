// A run in memory whose walks go on only as the test says.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "gui/view/run_source.h"
#include "tests/gui/fake_walk.h"

namespace limoe::gui::testing {

template <typename Run>
class HeldWalks : public Run {
 public:
  struct Held {
    WalkRequest request;
    std::size_t next = 0;  ///< item to be visited
    bool alive = true;
  };

  using Run::Run;

  bool holds_walks = false;
  std::vector<std::shared_ptr<Held>> walks;  ///< that were asked for, in that order

  std::unique_ptr<Walk> walk(WalkRequest request) override {
    walks.push_back(std::make_shared<Held>(Held{request}));
    if (!holds_walks) {
      return fakeWalk(*this, std::move(request));
    }
    class Handle : public Walk {
     public:
      explicit Handle(std::shared_ptr<Held> held) : held_(std::move(held)) {}
      ~Handle() override { held_->alive = false; }
      Handle(const Handle&) = delete;
      Handle& operator=(const Handle&) = delete;

     private:
      std::shared_ptr<Held> held_;
    };
    return std::make_unique<Handle>(walks.back());
  }

  /// The next items of a walk, also of one that was ended: a visit may be under way then.
  virtual void visit(std::size_t number, std::size_t items) {
    Held& held = *walks[number];
    for (std::size_t i = 0; i < items && held.next < held.request.items.size(); ++i) {
      fake_walk_detail::visit(*this, held.request, held.request.items[held.next++]);
    }
  }
  void tellProgress(std::size_t number, double done) { walks[number]->request.progress(done); }
  /// Visits the rest and says so, or says the failure.
  void finishWalk(std::size_t number, const QString& failure = {}) {
    const auto held = walks[number];
    if (failure.isEmpty()) {
      visit(number, held->request.items.size());
    }
    const auto finished = held->request.finished;
    finished(failure);
  }
};

}  // namespace limoe::gui::testing
