#include "gui/canvas/wall_pages.h"

#include <algorithm>

namespace limoe::gui {
namespace {

/// Pages kept besides those on the screen: scrolling back and forth asks for nothing.
constexpr std::size_t kSparePages = 4;

}  // namespace

void WallPages::beginFrame(int64_t snapshot, int64_t layer) {
  ++frame_;
  snapshot_ = snapshot;
  layer_ = layer;
  pending_ = false;
}

const WallPage& WallPages::page(int64_t number, RunSource& source, const RunData& run,
                                const WallGeometry& geometry) {
  Held& held = pages_[number];
  WallPage& page = held.page;
  if (held.last_frame == frame_) {
    return page;
  }
  held.last_frame = frame_;
  if (!page.probe) {
    page.probe = source.probePage(number);
    if (page.probe) {
      const auto samples = static_cast<int64_t>(page.probe->captions.size());
      for (int64_t index = 0; index < samples; ++index) {
        page.captions.push_back(
            layoutCaption(geometry, *page.probe, index, run.layout.text_length));
      }
    }
  }
  if (snapshot_ < 0) {
    page.slice.reset();
  } else if (auto slice = source.layerPage(snapshot_, layer_, number)) {
    page.slice = std::move(slice);
    page.snapshot = snapshot_;
    page.step = run.snapshot_steps[static_cast<std::size_t>(snapshot_)];
    page.layer = layer_;
  } else {
    pending_ = true;
  }
  pending_ = pending_ || !page.probe;
  return page;
}

void WallPages::endFrame() {
  while (pages_.size() > kSparePages) {
    const auto oldest = std::min_element(
        pages_.begin(), pages_.end(),
        [](const auto& a, const auto& b) { return a.second.last_frame < b.second.last_frame; });
    if (oldest->second.last_frame == frame_) {
      return;
    }
    pages_.erase(oldest);
  }
}

const WallPage* WallPages::find(int64_t number) const {
  const auto found = pages_.find(number);
  return found == pages_.end() ? nullptr : &found->second.page;
}

}  // namespace limoe::gui
