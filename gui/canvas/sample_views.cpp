#include "gui/canvas/sample_views.h"

#include <algorithm>

#include "gui/canvas/token_readout.h"
#include "gui/charts/expert_counts.h"

namespace limoe::gui {
namespace {

/// Width of an image, logical pixels, below which many layers or steps are scrolled through.
constexpr double kSmallestView = 150;

}  // namespace

SampleViews::SampleViews(const RunData& run, const ViewState& state, const WallArrangement& wall)
    : run_(run), wall_(wall) {
  const int64_t layers = run.layout.layers;
  mode_ = layers == 0 ? CanvasMode::Wall : state.canvasMode();
  snapshot_ = layers == 0 ? -1 : std::min(state.snapshot(), std::ssize(run.snapshot_steps) - 1);
  layer_ = std::clamp<int64_t>(state.layer(), 0, std::max<int64_t>(layers - 1, 0));
  sample_ =
      std::clamp<int64_t>(state.shownSample(), 0, std::max<int64_t>(run.layout.samples - 1, 0));
}

int64_t SampleViews::count() const {
  switch (mode_) {
    case CanvasMode::Layers:
      return run_.layout.layers;
    case CanvasMode::Steps:
      return std::ssize(run_.snapshot_steps);
    case CanvasMode::Wall:
      break;
  }
  return wall_.count();
}

WallShape SampleViews::shape() const {
  WallShape shape;
  shape.slots = count();
  if (mode_ != CanvasMode::Wall) {
    shape.headers = true;
    shape.smallest = kSmallestView;
  }
  return shape;
}

PlaceWish SampleViews::at(int64_t slot) const {
  switch (mode_) {
    case CanvasMode::Layers:
      return {slot, sample_, snapshot_, slot};
    case CanvasMode::Steps:
      return {slot, sample_, slot, layer_};
    case CanvasMode::Wall:
      break;
  }
  const int64_t sample = wall_.sampleAt(slot);
  return {sample, sample, snapshot_, layer_};
}

std::optional<int64_t> SampleViews::slotOf(int64_t sample) const {
  if (mode_ == CanvasMode::Wall) {
    return wall_.slotOf(sample);
  }
  const int64_t slot = mode_ == CanvasMode::Layers ? layer_ : snapshot_;
  return sample == sample_ && slot >= 0 && slot < count() ? std::optional(slot) : std::nullopt;
}

bool SampleViews::isCurrent(int64_t slot) const {
  return (mode_ == CanvasMode::Layers && slot == layer_) ||
         (mode_ == CanvasMode::Steps && slot == snapshot_);
}

QString SampleViews::title(int64_t slot) const {
  switch (mode_) {
    case CanvasMode::Layers:
      return layerName(run_, slot);
    case CanvasMode::Steps:
      return QString("step %1").arg(run_.snapshot_steps[static_cast<std::size_t>(slot)]);
    case CanvasMode::Wall:
      break;
  }
  return {};
}

QString SampleViews::note(int64_t slot) const {
  if (mode_ == CanvasMode::Wall || run_.config.model.towers == model::Towers::One) {
    return {};
  }
  return isTextTower(run_, at(slot).layer) ? QString("words only") : QString("patches only");
}

}  // namespace limoe::gui
