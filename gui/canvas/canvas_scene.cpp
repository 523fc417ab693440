#include "gui/canvas/canvas_scene.h"

#include <QPalette>
#include <algorithm>
#include <cmath>
#include <utility>

#include "gui/canvas/imgui_wall_pen.h"
#include "gui/view/decisions_stamp.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

QString tr(const char* text) {
  return QString::fromUtf8(text);
}

/// The end of the scale of counts: 1, 2, 5, 10, 20, … so that it seldom moves.
double scaleEnd(uint16_t most) {
  double end = 1;
  for (int i = 0; end < most; ++i) {
    end *= i % 3 == 1 ? 2.5 : 2;
  }
  return end;
}

}  // namespace

QColor canvasBackground(const QPalette& palette) {
  const QColor window = palette.color(QPalette::Window);
  return window.lightness() < 128 ? window.darker(125) : window.darker(106);
}

void CanvasScene::open(RunSource* source) {
  source_ = source;
  failure_.clear();
  run_ = source ? source->data() : nullptr;
  samples_.clear();
  flips_.setSource(source);
  wall_.forget();
  for (auto& camera : cameras_) {
    camera = {};
  }
  mode_ = CanvasMode::Wall;
  wall_is_new_ = false;
  current_.reset();
  arrange();
}

void CanvasScene::runChanged() {
  const auto before = run_;
  run_ = source_->data();
  flips_.retry();
  if (before && !DecisionsStamp(*before).holdsIn(*run_)) {
    samples_.forgetDecisions();
    flips_.forget();
  }
  arrange();
}

void CanvasScene::arrange() {
  if (!hasWall()) {
    return;
  }
  const SampleViews seen = views();
  const auto change = leader_
                          ? WallArrangement::Change::None
                          : wall_.update(*run_, state_, seen.snapshot(), seen.layer(), digests_);
  const probe::Layout& layout = run_->layout;
  const bool other_mode = mode_ != seen.mode();
  const bool was_in_view = !other_mode && current_ && isInView(*current_);
  if (other_mode) {
    mode_ = seen.mode();
    samples_.clear();
  }
  wall_is_new_ = wall_is_new_ || change == WallArrangement::Change::New;
  const bool on_wall = mode_ == CanvasMode::Wall;
  camera().setShape(seen.shape(), wall_is_new_ || !on_wall, layout, area_);
  camera().areaChanged(layout, area_);
  if (on_wall && wall_is_new_) {
    camera().toTop(layout, area_);
    wall_is_new_ = false;
  }
  followCurrent(other_mode, was_in_view);
  if (!other_mode) {
    askAhead();
  }
}

/// Whether gates and margins are shown or filtered by, not choices alone.
bool CanvasScene::readsGates() const {
  WallStyle style;
  style.visible = state_.overlayVisible();
  style.color = shownColor(state_, run_->layout);
  style.shade = tellsExpert(style.color) ? state_.overlayShade() : OverlayShade::None;
  return needsGates(style) || (mode_ == CanvasMode::Wall && state_.filter().gate_below);
}

/// What the next frame will show of the slots in view is read while that frame, which cannot have
/// it yet, is drawn.
void CanvasScene::askAhead() const {
  const SampleViews seen = views();
  const bool gates = readsGates();
  for (int64_t slot = visible_.first; slot < std::min(visible_.second, seen.count()); ++slot) {
    const PlaceWish wish = seen.at(slot);
    if (wish.snapshot < 0) {
      continue;
    }
    if (gates) {
      source_->decisions(wish.snapshot, wish.layer, wish.sample);
    } else {
      source_->choices(wish.snapshot, wish.layer, wish.sample);
    }
  }
}

/// Once all that is in view is there: the steps before and after it, where the time slider goes
/// next. On a sorted wall reading them takes longer than a step may.
void CanvasScene::askBeside() const {
  const SampleViews seen = views();
  for (int64_t slot = visible_.first; slot < visible_.second; ++slot) {
    const PlaceWish wish = seen.at(slot);
    for (const int64_t snapshot : {wish.snapshot - 1, wish.snapshot + 1}) {
      if (wish.snapshot >= 0 && snapshot >= 0 && snapshot < std::ssize(run_->snapshot_steps)) {
        source_->choices(snapshot, wish.layer, wish.sample);
      }
    }
  }
}

bool CanvasScene::isInView(int64_t slot) const {
  return area_.contains(camera().view().toScreen(geometry().imageRect(slot).center()));
}

/// The layer or step that the other views show comes into view when the user goes to it. A step
/// that has just been recorded does not scroll the canvas away from what the user looks at.
void CanvasScene::followCurrent(bool other_mode, bool was_in_view) {
  const SampleViews seen = views();
  const auto slot =
      mode_ == CanvasMode::Wall ? std::optional<int64_t>() : seen.slotOf(seen.sample());
  const auto before = std::exchange(current_, slot);
  const bool followed = std::exchange(followed_newest_, state_.followsNewest());
  if (!slot || (slot == before && !other_mode)) {
    return;
  }
  const bool by_itself =
      !other_mode && before && mode_ == CanvasMode::Steps && followed && state_.followsNewest();
  if (by_itself ? was_in_view : !(other_mode && isInView(*slot))) {
    reveal(*slot);
  }
}

void CanvasScene::setArea(const QRectF& area, bool fits) {
  const QRectF before = std::exchange(area_, area);
  if (!fits) {
    for (auto& camera : cameras_) {
      camera.keepFit(before.size(), area.size());
    }
  }
  if (hasWall()) {
    camera().areaChanged(run_->layout, area_);
  }
}

void CanvasScene::shift(const QPointF& by) {
  if (!by.isNull() && hasWall()) {
    for (auto& camera : cameras_) {
      camera.shift(by, run_->layout, area_);
    }
  }
}

const WallSample* CanvasScene::sampleAt(int64_t slot) const {
  const SampleViews seen = views();
  return slot >= 0 && slot < seen.count() ? samples_.find(seen.at(slot).id) : nullptr;
}

const Caption* CanvasScene::captionOf(int64_t slot) const {
  const WallSample* sample = sampleAt(slot);
  return sample && sample->probe ? &sample->caption : nullptr;
}

std::optional<CanvasScene::Spot> CanvasScene::spotAt(const QPointF& position) const {
  if (!hasWall() || !area_.contains(position)) {
    return std::nullopt;
  }
  const WallGeometry wall = geometry();
  const QPointF point = camera().view().toWall(position);
  const auto slot = wall.slotAt(point);
  if (!slot || *slot >= views().count()) {
    return std::nullopt;
  }
  Spot spot{*slot, std::nullopt};
  const int64_t sample = views().at(*slot).sample;
  if (const auto patch = wall.patchAt(*slot, point)) {
    spot.token = TokenRef{sample, probe::kImage, *patch};
  } else if (const Caption* caption = captionOf(*slot)) {
    const QPointF inside = point - wall.captionRect(*slot).topLeft();
    for (const auto& word : caption->words) {
      if (word.rect.contains(inside)) {
        spot.token = TokenRef{sample, probe::kText, word.position};
      }
    }
  }
  return spot;
}

std::optional<QRectF> CanvasScene::rectOf(int64_t slot, const TokenRef& token) const {
  if (!hasWall() || slot < 0 || slot >= views().count() ||
      views().at(slot).sample != token.sample) {
    return std::nullopt;
  }
  const WallGeometry wall = geometry();
  const WallView& view = camera().view();
  if (token.modality == probe::kImage) {
    return view.toScreen(wall.patchRect(slot, token.position));
  }
  if (const Caption* caption = captionOf(slot)) {
    for (const auto& word : caption->words) {
      if (word.position == token.position) {
        return view.toScreen(word.rect.translated(wall.captionRect(slot).topLeft()));
      }
    }
  }
  return std::nullopt;
}

int64_t CanvasScene::firstVisible() const {
  const WallGeometry wall = geometry();
  const auto [first, last] = wall.slotsIn(camera().view().toWall(area_));
  for (int64_t slot = first; slot < last; ++slot) {
    if (area_.contains(camera().view().toScreen(wall.imageRect(slot).topLeft()))) {
      return slot;
    }
  }
  return first < last ? first : 0;
}

void CanvasScene::reveal(int64_t slot) {
  const WallGeometry wall = geometry();
  camera().reveal(wall.imageRect(slot).united(wall.captionRect(slot)), run_->layout, area_);
}

void CanvasScene::draw(ImDrawList& list, const QPalette& palette,
                       const std::optional<Spot>& hovered) {
  const SampleViews seen = views();
  const WallGeometry wall = geometry();
  const WallView& view = camera().view();
  list.PushClipRect({static_cast<float>(area_.left()), static_cast<float>(area_.top())},
                    {static_cast<float>(area_.right()), static_cast<float>(area_.bottom())});
  textures_.beginFrame(view.zoom * static_cast<double>(host_.pixelRatio()));
  const QColor back = canvasBackground(palette);
  WallStyle style = wallStyle(state_, run_->layout, back, palette.color(QPalette::WindowText));
  const bool counts = style.color == OverlayColor::Flips && style.visible;
  const auto [first, last] = wall.slotsIn(view.toWall(area_));
  visible_ = {first, last};

  samples_.beginFrame();
  flips_.beginFrame();
  std::vector<const WallSample*> shown;
  uint16_t most = 0;
  // The filter chooses images for the wall. Of one image all is shown: what was dropped at one step
  // was kept at another, and e3 of one layer is not e3 of the next.
  const TokenFilter filter = seen.mode() == CanvasMode::Wall ? state_.filter() : TokenFilter();
  const bool gates = readsGates();
  for (int64_t slot = first; slot < last; ++slot) {
    PlaceWish wish = seen.at(slot);
    wish.gates = gates;
    shown.push_back(&samples_.at(wish, *source_, *run_, wall, filter, counts ? &flips_ : nullptr));
    most = std::max(most, shown.back()->flips ? shown.back()->flips->most : uint16_t{0});
  }
  if (counts) {
    flips_.endFrame();
  }
  // No token can have changed more often than there were steps.
  const int64_t steps = seen.mode() == CanvasMode::Steps ? seen.count() - 1 : seen.snapshot();
  flips_end_ = style.flips_end =
      std::min(scaleEnd(most), static_cast<double>(std::max<int64_t>(steps, 1)));

  ImGuiWallPen pen(list, host_, textures_, view, run_->layout,
                   back.lightness() < 128 ? back.lighter(140) : back.darker(108));
  const WallContent content{run_->layout, [&, begin = first](int64_t slot) -> const WallSample& {
                              return *shown[static_cast<std::size_t>(slot - begin)];
                            }};
  drawWall(pen, wall, style, content, first, last);
  samples_.endFrame();
  // (A what-if routes whole pages anew.)
  if (!samples_.isPending() && !gates && seen.mode() != CanvasMode::Steps &&
      run_->what_if.isEmpty()) {
    askBeside();
  }
  if (seen.mode() != CanvasMode::Wall) {
    drawTitles(list, palette, first, last);
  }
  if (hovered && hovered->token) {
    drawFrames(list, *hovered->token, 1);
  }
  if (state_.selectedToken()) {
    drawFrames(list, *state_.selectedToken(), 2.5F);
  }
  list.PopClipRect();
}

void CanvasScene::drawFrames(ImDrawList& list, const TokenRef& token, float thickness) const {
  const SampleViews seen = views();
  if (seen.mode() == CanvasMode::Wall) {
    const auto slot = seen.slotOf(token.sample);
    const auto rect = slot ? rectOf(*slot, token) : std::nullopt;
    if (rect) {
      drawTokenFrame(list, *rect, thickness);
    }
    return;
  }
  for (int64_t slot = visible_.first; slot < visible_.second; ++slot) {
    if (const auto rect = rectOf(slot, token)) {
      drawTokenFrame(list, *rect, thickness);
    }
  }
}

void CanvasScene::drawTitles(ImDrawList& list, const QPalette& palette, int64_t first,
                             int64_t last) const {
  const SampleViews seen = views();
  const WallGeometry wall = geometry();
  const TitleColors colors{palette.color(QPalette::WindowText), palette.color(QPalette::Highlight),
                           palette.color(QPalette::HighlightedText)};
  for (int64_t slot = first; slot < last; ++slot) {
    const bool current = seen.isCurrent(slot);
    drawTitle(list, host_, camera().view().toScreen(wall.headerRect(slot)), seen.title(slot),
              seen.note(slot), current, colors);
    if (current) {
      const QRectF image = camera().view().toScreen(wall.imageRect(slot));
      drawOutline(list, image, colors.accent);
    }
  }
}

std::optional<TokenReadout> CanvasScene::readout(const Spot& spot) const {
  const WallSample* sample = sampleAt(spot.slot);
  if (!spot.token || !sample || !sample->probe) {
    return std::nullopt;
  }
  if (!sample->slice || hasGates(*sample->slice)) {
    return describeToken(*run_, *sample, *spot.token, &state_);
  }
  // The wall is drawn without gates; they are read for the image that is pointed at.
  WallSample whole = *sample;
  const bool same_step =
      whole.snapshot >= 0 && whole.snapshot < std::ssize(run_->snapshot_steps) &&
      run_->snapshot_steps[static_cast<std::size_t>(whole.snapshot)] == whole.step;
  auto slice = same_step ? source_->decisions(whole.snapshot, whole.layer, whole.sample) : nullptr;
  if (slice) {
    whole.slice = std::move(slice);
    return describeToken(*run_, whole, *spot.token, &state_);
  }
  TokenReadout readout = describeToken(*run_, whole, *spot.token, &state_);
  if (readout.expert >= 0) {
    const bool cannot_be_read =
        source_->cannotReadDecisions(whole.snapshot, whole.layer, whole.sample);
    readout.lines.append(
        {tr("Gate"), cannot_be_read ? tr("cannot be read; F5 tries again") : tr("reading …")});
  }
  return readout;
}

Standing CanvasScene::wallWait() const {
  return digests_ && wall_.waitsFor() ? digests_->standing(*wall_.waitsFor()) : Standing();
}

Notice CanvasScene::notice() const {
  if (!source_) {
    return {tr("No run is open"),
            {tr("Drop a recording or a run’s folder here, or open one with Ctrl+O."),
             tr("Ctrl+N starts a new run and shows it while it learns.")}};
  }
  if (!failure_.isEmpty() && !hasWall()) {
    return {tr("This run cannot be shown"), {failure_}};
  }
  if (!hasWall()) {
    return {run_ ? tr("This recording has no probe images") : tr("Opening …"), {}};
  }
  if (views().mode() == CanvasMode::Steps) {
    return {tr("No step has been recorded yet"),
            {tr("The filmstrip shows this image as soon as there is one.")}};
  }
  if (wall_.waitsFor()) {
    return {wallWait().kind == Standing::Kind::Waiting
                ? tr("Looking for images that match …")
                : tr("The images that match were not looked for to the end"),
            {inWords(state_.filter(), run_->layout)}};
  }
  return {tr("No image matches the filter"),
          {inWords(state_.filter(), run_->layout),
           (views().snapshot() >= 0 ? tr("at this step and in this layer; ") : QString()) +
               tr("clear the filter to see all %1 images again")
                   .arg(countText(static_cast<uint64_t>(run_->layout.samples)))}};
}

Standing CanvasScene::flipsStanding() const {
  const bool shown = state_.overlayVisible() && state_.overlayColor() == OverlayColor::Flips;
  return shown && hasWall() && run_->layout.layers > 0 ? flips_.standing() : Standing();
}

StatusTexts CanvasScene::status() const {
  const SampleViews seen = views();
  StatusTexts texts;
  texts.left = statusWords(*run_, state_);
  QStringList right;
  if (samples_.isPending()) {
    right << tr("reading …");
  }
  if (seen.mode() == CanvasMode::Wall && state_.filter().isEmpty()) {
    right << tr("%1 images").arg(countText(static_cast<uint64_t>(seen.count())));
  }
  if (!isEmpty()) {
    const double zoom = camera().view().zoom * static_cast<double>(host_.pixelRatio());
    right << tr("%1 %").arg(std::lround(zoom * 100));
  }
  texts.right = right.join(tr(" · "));
  const Standing wait = wallWait();
  if (seen.mode() == CanvasMode::Wall) {
    texts.notes << wall_.filterWords(*run_, state_, wait)
                << wall_.orderWords(state_, seen.layer(), wait);
  } else {
    texts.notes << tr(seen.mode() == CanvasMode::Layers ? "image %1 in all MoE layers"
                                                        : "image %1 over the recorded steps")
                       .arg(seen.sample());
    if (!state_.filter().isEmpty()) {
      texts.notes << tr("filter (of the wall): %1").arg(inWords(state_.filter(), run_->layout));
    }
    texts.notes << tr("Backspace: back to the wall");
  }
  if (const Standing flips = flipsStanding(); flips.kind == Standing::Kind::Failed) {
    texts.notes << tr("flips could not be counted: %1").arg(flips.failure);
  } else if (flips.kind == Standing::Kind::Waiting) {
    texts.notes << tr("counting flips … %1 %").arg(std::lround(flips.done * 100));
  } else if (flips.kind == Standing::Kind::Stopped) {
    texts.notes << tr("counting flips: stopped at %1 %").arg(std::lround(flips.done * 100));
  }
  if (samples_.unreadable() > 0) {
    texts.notes << (seen.mode() == CanvasMode::Wall
                        ? tr("%1 of the images on the screen, or their routing, cannot be read; F5 "
                             "tries again")
                        : tr("%1 places on the screen cannot be read; F5 tries again"))
                       .arg(samples_.unreadable());
  }
  texts.notes.removeAll(QString());
  return texts;
}

}  // namespace limoe::gui
